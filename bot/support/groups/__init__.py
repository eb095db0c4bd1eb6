"""The team's groups: a forum in Telegram, a channel in Teams. Views of the tickets that the desk shows, driven by the same `Desk`."""
