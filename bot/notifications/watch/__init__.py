"""Watching the platform: what changed in care teams, by its subscriptions' notifications and by asking (docs/dev/notifications.md)."""
