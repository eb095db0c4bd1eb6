"""A fake Telegram on loopback: a stateful and strict Bot API, and the users behind it."""
