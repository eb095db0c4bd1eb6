"""SPHERE accounts, and account requests for those who have none."""
