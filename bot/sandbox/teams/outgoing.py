"""Whether what the bot sends is a message that Teams would show."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.teams.cards import BadCard, check_card
from bot.sandbox.teams.plain_text import CARD
from bot.sandbox.teams.problems import bad_argument, bad_syntax, too_big
from bot.sandbox.teams.state import Conversation, Json

LARGEST = 28 * 1024
"""Bytes of a message, with all that is attached."""
TYPES = frozenset({"message", "typing"})
FORMATS = frozenset({"plain", "markdown", "xml"})
MOST_CARDS, MOST_SUGGESTED = 10, 6
_OTHER_CARDS = tuple(
    f"application/vnd.microsoft.{name}"
    for name in ("card.hero", "card.thumbnail", "card.signin", "card.oauth", "card.receipt", "teams.card.list", "teams.card.o365connector")
)
_FILES = ("application/vnd.microsoft.teams.card.file.consent", "application/vnd.microsoft.teams.card.file.info")


def parse(raw: bytes) -> Json:
    """The JSON object of a request. Raises ConnectorProblem."""
    try:
        body = json.loads(raw)
    except ValueError:
        raise bad_syntax("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise bad_syntax("The request body is not an object.")
    return body


def check_activity(raw: bytes, conversation: Conversation, *, update: bool = False) -> Json:
    """The activity of a request, if it would be shown. Raises ConnectorProblem."""
    if len(raw) > LARGEST:
        raise too_big()
    activity = parse(raw)
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


def is_split(activity: Json) -> bool:
    """Whether Teams makes two messages of it, and tells the id of neither: it has a text and a card."""
    return bool((activity.get("text") or "").strip()) and any(_is_card(one) for one in activity.get("attachments") or [])


def _is_card(attachment: Json) -> bool:
    return attachment["contentType"] == CARD or attachment["contentType"] in _OTHER_CARDS


def _check_attachments(attachments: Any) -> None:
    if not isinstance(attachments, list):
        raise bad_syntax("attachments must be a list.")
    for one in attachments:
        kind = one.get("contentType") if isinstance(one, dict) else None
        if not isinstance(kind, str):
            raise bad_syntax("Each attachment needs a contentType.")
        if kind == CARD:
            try:
                check_card(one.get("content"))
            except BadCard as problem:
                raise bad_syntax(f"The Adaptive Card is invalid: {problem}") from None
        elif kind in _OTHER_CARDS or kind in _FILES:
            if not isinstance(one.get("content"), dict):
                raise bad_syntax("A card needs its content.")
        elif not (kind.startswith("image/") and isinstance(one.get("contentUrl"), str)):
            raise bad_argument(f"Unknown attachment type {kind!r}.")
    if sum(_is_card(one) for one in attachments) > MOST_CARDS:
        raise bad_syntax(f"A message shows at most {MOST_CARDS} cards.")


def _check_suggested(suggested: Any, conversation: Conversation) -> None:
    if suggested is None:
        return
    actions = suggested.get("actions") if isinstance(suggested, dict) else None
    if not isinstance(actions, list) or len(actions) > MOST_SUGGESTED:
        raise bad_syntax(f"suggestedActions needs at most {MOST_SUGGESTED} actions.")
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
