"""Who is talking: the link between a chat and a SPHERE account."""
