"""An `OutboundMessage` as an Adaptive Card: where there is something to press or to confirm; anything else is sent as plain text."""

from __future__ import annotations

import re
from typing import Any

from bot.channels.teams.markdown import escape
from bot.messaging.channel import OutboundMessage, QuickReply

Card = dict[str, Any]

VERSION = "1.5"
"""Of the Adaptive Cards' schema: the highest that Teams shows everywhere; `Action.Execute` needs 1.4."""
MAX_ACTIONS = 6
"""Actions that Teams shows at the foot of a card; more would be hidden behind « … »."""
VERB = "choose"
_MAX_SUMMARY_LENGTH = 1_000
_FACT = re.compile(r"^(?P<label>[^:]{1,60}?)\s?:\s+(?P<value>\S.*)$")
_NO_SSML = str.maketrans(dict.fromkeys("<>&", " "))
"""`speak` may be SSML: what would begin a tag or an entity is left out."""


def needs_card(message: OutboundMessage) -> bool:
    """Return whether a message cannot be sent as plain text."""
    return bool(message.quick_replies or message.link or message.card)


def message_card(message: OutboundMessage) -> Card:
    """Return the Adaptive Card of a message. Its text is escaped; titles of actions are never read as Markdown."""
    lines = [line.rstrip() for line in re.split(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", message.text)]
    actions = [_execute(choice) for choice in message.quick_replies]
    body = _blocks(lines, confirmation=message.card)
    if message.link is not None and len(actions) < MAX_ACTIONS:
        actions.append(_open(*message.link))
    elif message.link is not None:
        body.append({"type": "ActionSet", "actions": [_open(*message.link)]})
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "lang": "fr",
        "fallbackText": summary(message.text),
        "speak": summary(message.text).translate(_NO_SSML),
        "msteams": {"width": "full"},
        "body": body,
        **({"actions": actions} if actions else {}),
    }


def summary(text: str) -> str:
    """Return what stands for a card where it is not shown, shortened: the card must fit in 28 KB with it."""
    return text if len(text) <= _MAX_SUMMARY_LENGTH else f"{text[: _MAX_SUMMARY_LENGTH - 1]}…"


def _blocks(lines: list[str], *, confirmation: bool) -> list[Card]:
    blocks: list[Card] = []
    gap = False
    for line in lines:
        if not line.strip():
            gap = bool(blocks)
            continue
        spacing = "Medium" if gap else "Small"
        gap = False
        if confirmation and not blocks:
            blocks.append(_text(line, spacing) | {"weight": "Bolder", "size": "Medium", "style": "heading"})
        elif confirmation and (found := _FACT.match(line)):
            fact = {"title": escape(found["label"]), "value": escape(found["value"])}
            if blocks[-1]["type"] == "FactSet":
                blocks[-1]["facts"].append(fact)
            else:
                blocks.append({"type": "FactSet", "facts": [fact], "spacing": spacing})
        else:
            blocks.append(_text(line, spacing))
    return blocks or [_text("…", "None")]


def _text(line: str, spacing: str) -> Card:
    return {"type": "TextBlock", "text": escape(line), "wrap": True, "spacing": spacing}


def _execute(choice: QuickReply) -> Card:
    """Return a button that is answered within the card; clients without `Action.Execute` send its data as a message."""
    data = {"token": choice.token}
    fallback = {"type": "Action.Submit", "title": choice.title, "data": data}
    return {"type": "Action.Execute", "title": choice.title, "verb": VERB, "data": data, "fallback": fallback}


def _open(title: str, url: str) -> Card:
    return {"type": "Action.OpenUrl", "title": title, "url": url}
