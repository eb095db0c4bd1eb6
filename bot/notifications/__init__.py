"""Notifications: what happens on dossiers, from the platform's events to the people it concerns."""
