"""What the assistant says in one turn, from Rasa's shape to the gateway's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from rasa.core.channels.channel import OutputChannel

from nlu.pii_masking import Mask

Reply = dict[str, Any]
_PAYLOAD = re.compile(r"/(?P<intent>[\w/-]+)\s*(?:\?(?P<query>.*)|(?P<entities>\{.*\})?)\s*\Z", re.DOTALL)


class InvalidReply(Exception):
    """A button or a link of the domain or of an action has not the agreed shape."""


class TurnOutputChannel(OutputChannel):
    """Keeps the messages of a turn whole and in order, and what must be known of the user's message beside it."""

    def __init__(self, masks: Sequence[Mask] | None = None) -> None:
        self.messages: list[Mapping[str, Any]] = []
        self.masks = masks
        """Parts of the text that identify an usager; None where nothing is to be masked. Never stored."""
        self.masked_text = ""
        self.intent: str | None = None
        """What the user's message was understood as, without the topic of a question."""

    @classmethod
    def name(cls) -> str:
        """The channel's name, which responses may be conditioned on."""
        return "gateway"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Takes one message of the bot."""
        self.messages.append(dict(message))


def replies(messages: Iterable[Mapping[str, Any]]) -> list[Reply]:
    """Rasa's bot messages as `{"text", "buttons": [{"title", "intent", "entities"}], "link"}`.

    A link that comes alone (`custom: {"link": …}`) joins the text before it, where that has none. That a person is asked for
    (`custom: {"handover": {…}}`) is a reply without text, with what the dialogue knows as `handover`. Raises `InvalidReply`.
    """
    turn: list[Reply] = []
    for message in messages:
        custom = message.get("custom") or {}
        link = _link(custom)
        if (handover := custom.get("handover")) is not None:
            turn.append({"text": "", "buttons": [], "link": None, "handover": _handover(handover)})
        text = message.get("text")
        buttons = [_button(button) for button in message.get("buttons") or [] if button]
        if text or buttons:
            turn.append({"text": text or "", "buttons": buttons, "link": link})
        elif link and turn and turn[-1]["link"] is None:
            turn[-1]["link"] = link
        elif link:
            turn.append({"text": link["title"], "buttons": [], "link": link})
    return turn


def _button(button: Mapping[str, Any]) -> dict[str, Any]:
    match = _PAYLOAD.match(str(button.get("payload", "")))
    if match is None or not button.get("title"):
        raise InvalidReply("a button's payload is not /intent, /intent?name=value or /intent{json}")
    if match.group("query") is not None:  # in the domain: Rasa takes braces there for placeholders and logs an error each time
        return {"title": str(button["title"]), "intent": match.group("intent"), "entities": dict(parse_qsl(match.group("query")))}
    try:
        entities = json.loads(match.group("entities") or "{}")
    except ValueError as error:
        raise InvalidReply("a button's entities are not JSON") from error
    return {"title": str(button["title"]), "intent": match.group("intent"), "entities": entities}


def _handover(known: Any) -> dict[str, Any]:
    if not isinstance(known, Mapping):
        raise InvalidReply("what is known when a person is asked for is not a mapping")
    return dict(known)


def _link(custom: Mapping[str, Any]) -> dict[str, str] | None:
    link = custom.get("link")
    if link is None:
        return None
    if not isinstance(link, Mapping) or not link.get("title") or not link.get("url"):
        raise InvalidReply("a link has no title or no url")
    return {"title": str(link["title"]), "url": str(link["url"])}
