"""The SPHERE support team: when it answers."""
