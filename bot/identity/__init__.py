"""Identity: the link between a chat and a SPHERE account, and the ways to make it."""
