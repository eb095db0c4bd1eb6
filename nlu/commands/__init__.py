"""Dialogue understanding: from a message and the question on the table to a list of commands (docs/dev/commands.md)."""
