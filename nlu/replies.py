"""The replies of one turn: collected from Rasa and converted to the gateway's format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from rasa.core.channels.channel import OutputChannel

from nlu.pii_masking import Mask

Reply = dict[str, Any]
"""`{"text", "buttons": [{"title", "intent", "entities"}], "link": {"title", "url"} | None}`; a handover has `handover` too."""
_PAYLOAD = re.compile(r"/(?P<intent>[\w/-]+)\s*(?:\?(?P<query>.*)|(?P<entities>\{.*\})?)\s*\Z", re.DOTALL)


class InvalidReply(Exception):
    """A button, a link or a handover of the domain or of an action is malformed."""


class TurnOutputChannel(OutputChannel):
    """Collects the messages of a turn in order, and holds what must be known of the user's message beside them.

    Attributes:
        messages: Rasa's bot messages.
        masks: the spans of the user's text that identify an usager; None where nothing is to be masked. Never stored.
        masked_text: the user's text as it is stored, where that is not as it was typed.
        intent: the intent of the user's message, without the topic of a question.
    """

    def __init__(self, masks: Sequence[Mask] | None = None) -> None:
        self.messages: list[Mapping[str, Any]] = []
        self.masks = masks
        self.masked_text = ""
        self.intent: str | None = None

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, on which responses may be conditioned."""
        return "gateway"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Collect one message of the bot."""
        self.messages.append(dict(message))


def to_replies(messages: Iterable[Mapping[str, Any]]) -> list[Reply]:
    """Return Rasa's bot messages in the gateway's format.

    A link that comes alone (`custom: {"link": …}`) joins the text before it, unless that has one. A request for a person
    (`custom: {"handover": {…}}`) is a reply without text, whose `handover` is what the dialogue knows.

    Raises:
        InvalidReply: a button, a link or a handover is malformed.
    """
    replies: list[Reply] = []
    for message in messages:
        custom = message.get("custom") or {}
        link = _to_link(custom)
        if (handover := custom.get("handover")) is not None:
            replies.append({"text": "", "buttons": [], "link": None, "handover": _to_handover(handover)})
        text = message.get("text")
        buttons = [_to_button(button) for button in message.get("buttons") or [] if button]
        if text or buttons:
            replies.append({"text": text or "", "buttons": buttons, "link": link})
        elif link and replies and replies[-1]["link"] is None:
            replies[-1]["link"] = link
        elif link:
            replies.append({"text": link["title"], "buttons": [], "link": link})
    return replies


def _to_button(button: Mapping[str, Any]) -> dict[str, Any]:
    match = _PAYLOAD.match(str(button.get("payload", "")))
    if match is None or not button.get("title"):
        raise InvalidReply("a button's payload is not /intent, /intent?name=value or /intent{json}")
    if match.group("query") is not None:  # the domain's form: Rasa takes braces there for placeholders and logs an error each time
        return {"title": str(button["title"]), "intent": match.group("intent"), "entities": dict(parse_qsl(match.group("query")))}
    try:
        entities = json.loads(match.group("entities") or "{}")
    except ValueError as error:
        raise InvalidReply("a button's entities are not JSON") from error
    return {"title": str(button["title"]), "intent": match.group("intent"), "entities": entities}


def _to_handover(context: Any) -> dict[str, Any]:
    if not isinstance(context, Mapping):
        raise InvalidReply("the context of a handover is not a mapping")
    return dict(context)


def _to_link(custom: Mapping[str, Any]) -> dict[str, str] | None:
    link = custom.get("link")
    if link is None:
        return None
    if not isinstance(link, Mapping) or not link.get("title") or not link.get("url"):
        raise InvalidReply("a link has no title or no url")
    return {"title": str(link["title"]), "url": str(link["url"])}
