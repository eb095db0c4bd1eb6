"""A stateful, strict stand-in for Telegram's Bot API on loopback. See README.md beside it."""
