"""SPHERE accounts: who has one, and the requests for those who have none."""
