"""Validation of the activities that the bot sends: whether Teams would show them."""

from __future__ import annotations

from typing import Any

from bot.http.body import parse_json
from bot.sandbox.teams.card_validation import InvalidCard, validate_card
from bot.sandbox.teams.content_types import ADAPTIVE_CARD
from bot.sandbox.teams.errors import bad_argument, bad_syntax, message_too_big
from bot.sandbox.teams.state import Conversation, Json

MAX_BYTES = 28 * 1024
"""Bytes of a message with its attachments."""
TYPES = frozenset({"message", "typing"})
FORMATS = frozenset({"plain", "markdown", "xml"})
MAX_CARDS, MAX_SUGGESTED_ACTIONS = 10, 6
_OTHER_CARDS = tuple(
    f"application/vnd.microsoft.{name}"
    for name in ("card.hero", "card.thumbnail", "card.signin", "card.oauth", "card.receipt", "teams.card.list", "teams.card.o365connector")
)
_FILES = ("application/vnd.microsoft.teams.card.file.consent", "application/vnd.microsoft.teams.card.file.info")


def parse_object(raw: bytes) -> Json:
    """Return the JSON object in a request body. Raises ConnectorError 400."""
    try:
        body = parse_json(raw, nul=True)
    except ValueError:
        raise bad_syntax("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise bad_syntax("The request body is not an object.")
    return body


def validate_activity(raw: bytes, conversation: Conversation, *, update: bool = False) -> Json:
    """Return the activity in a request body. Raises ConnectorError 400 or 413 where Teams would not show it."""
    if len(raw) > MAX_BYTES:
        raise message_too_big()
    activity = parse_object(raw)
    kind = activity.get("type")
    if not isinstance(kind, str) or kind not in TYPES or (update and kind == "typing"):
        raise bad_syntax(f"Activity of type {kind!r} cannot be sent.")
    if kind == "typing":
        return activity
    text, attachments = activity.get("text"), activity.get("attachments")
    if text is not None and not isinstance(text, str):
        raise bad_syntax("text must be a string.")
    if activity.get("textFormat") not in (None, *FORMATS):
        raise bad_syntax("textFormat must be plain, markdown or xml.")
    _check_attachments(attachments if attachments is not None else [])
    _check_suggested(activity.get("suggestedActions"), conversation)
    _check_mentions(activity.get("entities"), text or "")
    if not (text or "").strip() and not attachments:
        raise bad_syntax("A message must have a text or an attachment.")
    return activity


def is_split_in_two(activity: Json) -> bool:
    """Return whether Teams splits a message in two, without an id in its answer: it has a text and a card."""
    return bool((activity.get("text") or "").strip()) and any(_is_card(one) for one in activity.get("attachments") or [])


def _is_card(attachment: Json) -> bool:
    return attachment["contentType"] == ADAPTIVE_CARD or attachment["contentType"] in _OTHER_CARDS


def _check_attachments(attachments: Any) -> None:
    if not isinstance(attachments, list):
        raise bad_syntax("attachments must be a list.")
    for one in attachments:
        kind = one.get("contentType") if isinstance(one, dict) else None
        if not isinstance(kind, str):
            raise bad_syntax("Each attachment needs a contentType.")
        if kind == ADAPTIVE_CARD:
            try:
                validate_card(one.get("content"))
            except InvalidCard as error:
                raise bad_syntax(f"The Adaptive Card is invalid: {error}") from None
        elif kind in _OTHER_CARDS or kind in _FILES:
            if not isinstance(one.get("content"), dict):
                raise bad_syntax("A card needs its content.")
        elif not (kind.startswith("image/") and isinstance(one.get("contentUrl"), str)):
            raise bad_argument(f"Unknown attachment type {kind!r}.")
    if sum(_is_card(one) for one in attachments) > MAX_CARDS:
        raise bad_syntax(f"A message shows at most {MAX_CARDS} cards.")


def _check_suggested(suggested: Any, conversation: Conversation) -> None:
    if suggested is None:
        return
    actions = suggested.get("actions") if isinstance(suggested, dict) else None
    if not isinstance(actions, list) or len(actions) > MAX_SUGGESTED_ACTIONS:
        raise bad_syntax(f"suggestedActions needs at most {MAX_SUGGESTED_ACTIONS} actions.")
    if conversation.kind != "personal":
        raise bad_argument("suggestedActions are shown in personal chats only.")


def _check_mentions(entities: Any, text: str) -> None:
    if entities is not None and not isinstance(entities, list):
        raise bad_syntax("entities must be a list.")
    for entity in entities or []:
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise bad_syntax("Each entity needs a type.")
        if entity["type"] == "mention" and text and str(entity.get("text")) not in text:
            raise bad_argument("The text of a mention must be in the text of the message.")
