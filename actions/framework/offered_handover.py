"""Words that take up the offer to ask the SPHERE team: « oui demandez-leur », « transmettez », right under its button."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.reservation import names_condition
from actions.framework.turn import BUTTON_EXTRACTOR, Turn, last_utterance
from bot.core.text_folding import fold

HANDOVER = "contact_support"
ON_HANDOVER: list[Callable[[Context], Awaitable[Events]]] = []
"""What hands over, with the facts that the button carries (`actions.flows.support`)."""
_MOST_WORDS = 40
_PASS_ON = re.compile(
    r"\b(?:demand(?:ez|e|er)|transmett(?:ez|re)|transmets|preven(?:ez|ir)|previens|envo(?:yez|ie|yer)|dites|joign(?:ez|ons)|joindre"
    r"|contact(?:ez|e|er)|signal(?:ez|e|er)|pass(?:ez|e))\b(?: \w+){0,4} (?:leur|lui|les|equipe|sphere|support|eux)\b"
    r"|\b(?:demandez|transmettez|prevenez|joignez|contactez) (?:leur|les|moi cela|moi ca)\b|\btransmettez\b"
)
"""An order to tell the team, of a folded text."""
_YES = re.compile(
    r"(?:oui|ouais|volontiers|avec plaisir|je veux bien)"
    r"(?: (?:svp|stp|merci|beaucoup|bcp|s il vous plait|volontiers|je veux bien|allez y|faites(?: le)?|bien sur|oui))*"
)
"""A text that is nothing but a yes; « ok », « d'accord » only take note of what was said."""
_NOT = re.compile(r"\b(?:non|pas|ne|rien|attend\w*|annul\w*|laiss\w+|inutile|plus tard|moi meme|appeller\w+|appelerai)\b")

_INSISTS = re.compile(r"^\W*(?:(?:ben|bah|mais|si),? )+si\b", re.IGNORECASE)
"""« ben si », which is no condition."""


def offered_handover(turn: Turn) -> dict[str, Any] | None:
    """Return the message that the button of the last answer would have sent, where the typed words take its offer up; else None.

    A refusal, a condition, a question or a long letter takes up nothing.
    """
    words = fold(turn.text[:600].replace("’", "'").replace("-", " "))
    if turn.is_button or turn.active_form is not None or len(words.split()) > _MOST_WORDS or _NOT.search(words):
        return None
    if not (_PASS_ON.search(words) or _YES.fullmatch(words)) or names_condition(_INSISTS.sub("", turn.text)):
        return None
    message, _ = last_utterance(turn)
    for button in ((message or {}).get("data") or {}).get("buttons") or []:
        name, brace, values = str(button.get("payload", "")).removeprefix("/").partition("{")
        facts = json.loads(brace + values) if brace else {}
        if name == HANDOVER and facts.get("topic"):
            entities = [{"entity": entity, "value": value, "extractor": BUTTON_EXTRACTOR} for entity, value in facts.items()]
            return {"text": "", "said": "", "intent": {"name": HANDOVER, "confidence": 1.0}, "entities": entities}
    return None


async def take_up_handover(context: Context) -> Events | None:
    """Hand over as the button would, where the typed words take its offer up; return the events, None where they do not."""
    pressed = offered_handover(context.turn) if ON_HANDOVER else None
    if pressed is None:
        return None
    context.turn.tracker.latest_message = {**context.turn.message, **pressed}
    return await ON_HANDOVER[0](context)
