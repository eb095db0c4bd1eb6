"""A neutral `OutboundMessage` as Teams shows it: an Adaptive Card where there is something to press or to confirm, else a plain text."""

from __future__ import annotations

import re
from typing import Any

from bot.channels.teams.markdown import escape
from bot.messaging.channel import OutboundMessage, QuickReply

Card = dict[str, Any]

VERSION = "1.5"
"""Of the Adaptive Cards' schema: the highest that Teams shows everywhere; `Action.Execute` needs 1.4."""
MOST_ACTIONS = 6
"""Actions that Teams shows at the foot of a card; the others would hide behind « … »."""
VERB = "choose"
_SHORT = 1_000
_FACT = re.compile(r"^(?P<label>[^:]{1,60}?)\s?:\s+(?P<value>\S.*)$")
_UNSPOKEN = str.maketrans(dict.fromkeys("<>&", " "))
"""`speak` may be SSML: what would begin a tag is left out."""


def needs_card(part: OutboundMessage) -> bool:
    """Whether the part cannot be said as a plain text."""
    return bool(part.quick_replies or part.link or part.card)


def card(part: OutboundMessage) -> Card:
    """The Adaptive Card of a part. Its text is escaped; titles of actions are never read as Markdown."""
    lines = [line.rstrip() for line in re.split(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", part.text)]
    actions = [_execute(choice) for choice in part.quick_replies]
    body = _blocks(lines, confirmation=part.card)
    if part.link is not None and len(actions) < MOST_ACTIONS:
        actions.append(_open(*part.link))
    elif part.link is not None:
        body.append({"type": "ActionSet", "actions": [_open(*part.link)]})
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "lang": "fr",
        "fallbackText": shortened(part.text),
        "speak": shortened(part.text).translate(_UNSPOKEN),
        "msteams": {"width": "full"},
        "body": body,
        **({"actions": actions} if actions else {}),
    }


def shortened(text: str) -> str:
    """What stands for the whole card where it is not shown: the card must fit in 28 KB with it."""
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _blocks(lines: list[str], *, confirmation: bool) -> list[Card]:
    blocks: list[Card] = []
    parted = False
    for line in lines:
        if not line.strip():
            parted = bool(blocks)
            continue
        spacing = "Medium" if parted else "Small"
        parted = False
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
    """A button that is answered within the card; clients that do not know it send its data as a message."""
    data = {"token": choice.token}
    fallback = {"type": "Action.Submit", "title": choice.title, "data": data}
    return {"type": "Action.Execute", "title": choice.title, "verb": VERB, "data": data, "fallback": fallback}


def _open(title: str, url: str) -> Card:
    return {"type": "Action.OpenUrl", "title": title, "url": url}
