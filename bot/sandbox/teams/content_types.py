"""Content types of attachments, and of a bot's answer to an `adaptiveCard/action` invoke."""

from __future__ import annotations

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
"""An Adaptive Card, as an attachment or as the answer."""
ACTIVITY_MESSAGE = "application/vnd.microsoft.activity.message"
"""An answer that the client shows as one line of text."""
ERROR = "application/vnd.microsoft.error"
"""An answer that reports an error."""
