"""Words that take up the offer to ask the SPHERE team: « oui demandez-leur », « transmettez », right under its button."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from actions.framework.agenda import AGENDA
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.reservation import names_condition
from actions.framework.turn import BUTTON_EXTRACTOR, Turn, last_utterance
from bot.core.text_folding import fold

HANDOVER = "contact_support"
ON_HANDOVER: list[Callable[[Context], Awaitable[Events]]] = []
"""What hands over, with the facts that the button carries (`actions.flows.support`)."""
_MOST_WORDS = 40
_LEAD = r"(?:(?:oui|ok|ouais|bon|ben|bah|si|alors|bien|super|merci|svp|stp|donc|et|d accord|volontiers|s il vous plait) )*"
_TEAM = r"(?:(?:(?:ma|la|cette) demande )?(?:a l equipe|l equipe|au support|le support)\b)"
_PASS_ON = re.compile(
    rf"{_LEAD}(?:je (?:veux|voudrais) (?:bien )?que vous (?:preveniez|transmettiez|demandiez|joigniez|contactiez)"
    rf"|demandez|transmettez|prevenez|signalez|joignez|contactez|joindre|transmettre|demander|dites) (?:leur\b|{_TEAM})"
    rf"|{_LEAD}(?:prevenez|joignez|contactez) les\b|{_LEAD}(?:transmettez|demandez)(?: (?:svp|stp|merci|alors|donc))*$"
)
"""An order to the assistant, at the beginning of a folded text, to tell the team."""
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

    A refusal, a condition, a question, a message that orders something else too, or a long letter takes up nothing.
    """
    if "?" in turn.text or turn.message.get(AGENDA):
        return None
    words = fold(turn.text[:600].replace("’", "'").replace("-", " "))
    if turn.is_button or turn.active_form is not None or len(words.split()) > _MOST_WORDS or _NOT.search(words):
        return None
    if not (_PASS_ON.match(words) or _YES.fullmatch(words)) or names_condition(_INSISTS.sub("", turn.text)):
        return None
    message, _ = last_utterance(turn)
    for button in ((message or {}).get("data") or {}).get("buttons") or []:
        name, brace, values = str(button.get("payload", "")).removeprefix("/").partition("{")
        facts = json.loads(brace + values) if brace else {}
        if name == HANDOVER and facts.get("topic"):
            entities = [{"entity": entity, "value": value, "extractor": BUTTON_EXTRACTOR} for entity, value in facts.items()]
            return {"text": "", "said": "", "intent": {"name": HANDOVER, "confidence": 1.0}, "entities": entities}
    return None


def _asked_after_giving_up(turn: Turn) -> dict[str, Any] | None:
    """Return the wish for a person of a message that gives up what is under way and asks for nothing else; None for any other."""
    acts = turn.message.get(AGENDA) or []
    alone = turn.intent == "cancel" and len(acts) == 1 and acts[0]["full_intent"] == HANDOVER
    return acts[0] if alone and not turn.is_button and not acts[0]["says"].get("doubt") else None


async def take_up_handover(context: Context) -> Events | None:
    """Hand over as the button would, where the typed words take its offer up; return the events, None where they do not.

    « laissez tomber, passez-moi quelqu'un du support » is taken up at once too.
    """
    if ON_HANDOVER and (asked := _asked_after_giving_up(context.turn)) is not None:
        message = context.turn.message
        context.turn.tracker.latest_message = {**message, **asked, "text": message.get("text"), "said": asked["text"], AGENDA: []}
        return await ON_HANDOVER[0](context)
    pressed = offered_handover(context.turn) if ON_HANDOVER else None
    if pressed is None:
        return None
    context.turn.tracker.latest_message = {**context.turn.message, **pressed}
    return await ON_HANDOVER[0](context)
