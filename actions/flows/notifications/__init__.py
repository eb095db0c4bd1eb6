"""Notifications: list them, mark them as read, change the preferences."""
