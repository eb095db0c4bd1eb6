"""Whom a question about the past of a team is about, and of which dossier: « le petit Lamy, qui a ajouté Mme Caron ? ».

The model tells a professional's name from an usager's by words alone. Here the names of the user's own dossiers are known, and what stands
behind « a ajouté » is who was added, whatever it was taken for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from actions.flows.dossiers.dossier_slot import DIMINUTIVES, DOSSIER_LISTS, dossier_slots, read_dossier, read_dossier_or_last
from actions.flows.partners.history_question import PAST_ACT, HistoryQuestion
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.own_usagers import CIVILITY, UsagerMention, usager_mentions
from actions.framework.turn import Turn
from bot.core.text_folding import flat, fold, word_set

_NAMES = ("partner_name", "usager_name")
_LEADS_TO_OBJECT = re.compile(
    rf"(?:\W|\b(?:l|le|la|les|un|une|notre|ma|mon|son|sa|cette?|ce|nouvelle|nouveau|nouvel|{CIVILITY}|dr|docteure?|pr|professeure?)\b)*"
)
_LEADS_TO_DOSSIER = re.compile(rf"\b(?:dossiers?(?: (?:de|du|d|des))?|chez|sur)\W+(?:(?:l|le|la|les|{CIVILITY})\b\W*)*\Z")
_FILLERS = word_set("m mr mme mlle monsieur madame le la l de du chez dossier") | DIMINUTIVES
_BEFORE = 60
"""Characters before a name in which the words that lead to it are looked for."""


@dataclass(frozen=True)
class Asked:
    """Whom a question is about; None each where nobody is named. `dossier`: the slots of the dossier, as far as it is known."""

    name: str | None
    profession: str | None
    dossier: Slots


async def read_names(context: Context, question: HistoryQuestion) -> Asked:
    """Return whom the message asks about and of which dossier; where none is named, of the one in hand or spoken of last."""
    turn = context.turn
    own = await context.dossiers.to_compare(await context.linked_account()) if turn.trusted and turn.raw_text else []
    mentions = usager_mentions(turn.raw_text, own)
    named = sorted((e for kind in _NAMES for e in turn.entities(kind)), key=_start)
    objects = [entity for entity in named if _is_object(entity, turn)]
    usagers = [e for e in named if e not in objects and (_mention_of(e, mentions) or _leads_to_dossier(e, turn))]
    speaker = fold((await context.linked_account()).family) if named else ""
    people = objects or [e for e in named if e not in usagers and fold(str(e["value"])) != speaker]
    professions = turn.entities("profession")
    told = [e for e in professions if _is_object(e, turn)] or professions
    return Asked(
        str(people[-1]["value"]) if people else None,
        str(told[-1]["value"]) if told else None,
        await _read_dossier(context, question, [e for e in named if e not in usagers], mentions, objects),
    )


async def _read_dossier(
    context: Context, question: HistoryQuestion, others: list[dict[str, Any]], mentions: list[UsagerMention], objects: list[dict[str, Any]]
) -> Slots:
    """Return the slots of the dossier; `others` are names of no usager."""
    turn = context.turn
    meant = [m for m in mentions if m.is_sure and not any(_overlaps(e, m) for e in objects)]
    meant = [m for m in meant if not any(_overlaps(e, m) and _mention_of(e, [m]) is None for e in others)]
    references = list(dict.fromkeys(mention.reference for mention in meant))
    if references and not turn.entities("dossier_ref"):
        return dossier_slots(references[0]) if len(references) == 1 else {DOSSIER_LISTS[0]: references}
    context.turn = turn.without_entities(others) if others else turn
    try:
        if question.mine:
            return await read_dossier(context, asked=False)
        active = turn.slot("dossier") if turn.active_form else None
        named = turn.entities("dossier_ref") or context.turn.entities("usager_name") or turn.masked
        return dossier_slots(str(active)) if active and not named else await read_dossier_or_last(context)
    finally:
        context.turn = turn


def _start(entity: dict[str, Any]) -> int:
    return int(entity.get("start") or 0)


def _is_object(entity: dict[str, Any], turn: Turn) -> bool:
    """Return whether a name stands right behind an act: « qui a ajouté Mme Caron », « a fait sortir le kiné Noël Boulanger »."""
    words = flat(turn.raw_text)
    for other in turn.entities("profession"):
        if other is not entity and other.get("end"):
            words = words[: _start(other)] + " " * (other["end"] - _start(other)) + words[other["end"] :]
    act = next(reversed([*PAST_ACT.finditer(words, 0, _start(entity))]), None)
    return act is not None and _LEADS_TO_OBJECT.fullmatch(words, act.end(), _start(entity)) is not None


def _leads_to_dossier(entity: dict[str, Any], turn: Turn) -> bool:
    return _LEADS_TO_DOSSIER.search(flat(turn.raw_text), max(_start(entity) - _BEFORE, 0), _start(entity)) is not None


def _mention_of(entity: dict[str, Any], mentions: list[UsagerMention]) -> UsagerMention | None:
    """Return the usager whose name an entity is, with nothing that counts beside it: « le petit Lamy », not « Noël Boulanger »."""
    for mention in mentions:
        if _overlaps(entity, mention):
            start, words = _start(entity), flat(str(entity["value"]))
            rest = words[: max(mention.start - start, 0)] + " " + words[max(mention.end - start, 0) :]
            if set(fold(rest).split()) <= _FILLERS:
                return mention
    return None


def _overlaps(entity: dict[str, Any], mention: UsagerMention) -> bool:
    return bool(_start(entity) < mention.end and mention.start < (entity.get("end") or 0))
