"""« Oui, et Caron aussi »: a clean yes with a wish of its own after it, about somebody else.

The yes counts: what follows changes nothing of what was asked, and has its own card once that is done.
"""

from __future__ import annotations

import re
from typing import Any

from actions.framework.dialogue_stack import frames_of, push, waiting_act
from actions.framework.flow import Flow
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, fold

_YES_AND = re.compile(
    r"\W{0,9}(?:(?:oui|ouais|ok|okay|d['’]accord|parfait|c['’]est bon|c['’]est [çc]a|voil[àa]|tr[eè]s bien|merci"
    r"|je confirme|exactement)\W{1,9}){1,4}(?:et|puis|ensuite)\b\s{0,9}",
    re.IGNORECASE,
)
_YES = re.compile(r"\b(?:oui|ouais|ok|okay|d accord|c est bon|c est ca|je confirme|exactement)\b")
_CHANGES = re.compile(
    r"\b(?:pas|non|ni|sauf|plutot|a la place|a sa place|au lieu|mais|attend\w*|si|seulement|uniquement|quand|apres|avant|des qu\w*"
    r"|une fois|lorsqu\w*|condition|remplac\w*|chang\w*|corrig\w*|modif\w*|c est|en fait|finalement|stop|annul\w*|laiss\w*|gard\w*"
    r"|reste\w*|refus\w*|verifi\w*|demand\w*|hesit\w*|reviens|previens|voir|vois|avis|merci|bonne|qui|quoi|pourquoi|comment|ou est)\b"
)
"""Words that may change, or hold back, what the yes is about, or that are no wish."""


def further_wish(turn: Turn) -> int | None:
    """Return where a wish begins that a typed message adds to a clean yes; None where there is none, or it may change what was asked."""
    text = turn.raw_text
    held = any(turn.says.get(said) for said in ("doubt", "condition", "forbids", "unknown"))
    if turn.is_button or len(text) > MAX_CHARACTERS or "?" in text or held:
        return None
    found = _YES_AND.match(text)
    if found is None or not _YES.search(fold(found[0].replace("’", "'"))) or not text[found.end() :].strip():
        return None
    return None if _CHANGES.search(fold(text[found.end() :].replace("’", "'"))) else found.end()


def stack_with_wish(turn: Turn, flow: Flow, begin: int, **entities: str) -> list[dict[str, Any]]:
    """Return the dialogue stack with the words from an offset on as a wish for a flow, with further entities that it does not say."""
    text = turn.raw_text
    said = " " * begin + text[begin:]
    found = [e for e in turn.message.get("entities") or [] if (e.get("start") or 0) >= begin and e["entity"] not in entities]
    added = [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in entities.items()]
    wish = {"text": text, "said": said, "intent": {"name": flow.name, "confidence": 1.0}, "entities": [*found, *added]}
    return push(frames_of(turn), waiting_act(flow, wish))
