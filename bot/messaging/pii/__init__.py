"""Personally identifiable information: detection in texts, and redaction of all that goes to an external channel."""
