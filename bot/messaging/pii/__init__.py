"""Personally identifiable information: its detection in texts, and the redaction of what goes to an external channel."""
