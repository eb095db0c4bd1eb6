"""Which of the acts that are kept a wish to take one back is about: by whom it names, by the dossier, else by how near they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from actions.flows.dossiers.dossier_slot import find_by_usager, read_reference
from actions.flows.partners.last_acts import Act, acts_of, newest_acts, turns_since
from actions.flows.partners.member_names import matching_name
from actions.flows.partners.undo_wish import UndoWish
from actions.framework.context import Context
from actions.framework.turn import Turn
from actions.framework.usager_names import DOSSIERS
from bot.core.text_folding import flat

NEAR = 3
"""Messages after an act in which a bare « annule » is about it."""
UNKNOWN = "?"
"""In the place of the reference of a dossier whose usager has none among those of the user."""
_LEADS_TO_DOSSIER = re.compile(
    r"\b(?:dossiers?|chez|pour|sur)\W+(?:(?:de|du|d|la|le|l|m|mr|mme|mlle|monsieur|madame|mademoiselle)\b\W*){0,4}\Z"
)
_BEFORE = 40
"""Characters before a name in which words that lead to a dossier are looked for."""


@dataclass(frozen=True)
class NamedDossiers:
    """The dossiers that a wish names: references, or the numbers that end them, and usagers who have yet to be looked up."""

    references: tuple[str, ...] = ()
    usagers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether any is named."""
        return bool(self.references or self.usagers)


def is_elsewhere(entity: dict[str, Any], wish: UndoWish) -> bool:
    """Return whether a value stands where the words say where the act should have been done: « c'était pour Durand »."""
    return wish.elsewhere is not None and (entity.get("start") or 0) >= wish.elsewhere


def meant_acts(turn: Turn, wish: UndoWish, references: tuple[str, ...] | None = None) -> list[Act]:
    """Return the kept acts that the words are about: of a dossier that they name no other's.

    `references`: the dossiers that are named, where usagers were looked up; without, those named by a reference alone.
    """
    acts = _of_kind(acts_of(turn), wish)
    if not acts:
        return []
    people = _people(turn, wish, acts_of(turn))
    meant = named_dossiers(turn, wish).references if references is None else references
    if meant:
        acts = [act for act in acts if any(is_act_of(act, reference) for reference in meant)]
        if any(len({act["dossier"] for act in acts if is_act_of(act, reference)}) > 1 for reference in meant):
            return []  # « 142 » ends two references: it is asked
    if people:
        return [act for act in acts if any(matching_name(name, act["name"]) for name in people)][-1:]
    if not acts:
        return []
    newest = newest_acts(acts)
    since = turns_since(turn, newest[-1]["undone"] or newest[-1]["turn"])
    others = {"profession", "city", "organization", "rpps"} & {entity["entity"] for entity in turn.message.get("entities") or []}
    if wish.restores and others:
        return []
    return newest if since is not None and (since <= NEAR or bool(meant)) else []


def is_of_no_act(turn: Turn, wish: UndoWish) -> bool:
    """Return whether a wish that names nobody is about a dossier in which nothing was done, though something else was shortly before."""
    if wish.restores or not named_dossiers(turn, wish).references or _people(turn, wish, acts_of(turn)):
        return False
    acts = _of_kind(acts_of(turn), wish)
    since = turns_since(turn, acts[-1]["turn"]) if acts else None
    return since is not None and since <= NEAR


async def looked_up_dossiers(context: Context, wish: UndoWish) -> tuple[str, ...]:
    """Return the references, or numbers, of the dossiers that the words name, also by their usagers; `UNKNOWN` for one who has none."""
    named = named_dossiers(context.turn, wish)
    if not named.usagers or not context.turn.trusted:
        return named.references
    found = [dossier.reference for usager in named.usagers for dossier in await find_by_usager(context, usager, None)]
    return (*named.references, *found) or (UNKNOWN,)


def named_dossiers(turn: Turn, wish: UndoWish) -> NamedDossiers:
    """Return the dossiers whose act the words are about; not the one where it should have been done."""
    if turn.is_button:
        return NamedDossiers()
    given = [str(entity["value"]) for entity in turn.entities("dossier_ref") if not is_elsewhere(entity, wish)]
    if not given and wish.elsewhere is None and (number := read_reference(turn)):
        given = [number]
    people = _people(turn, wish, acts_of(turn))
    usagers = [e for e in turn.affirmed_entities("usager_name") if not is_elsewhere(e, wish) and str(e["value"]) not in people]
    told = turn.message.get(DOSSIERS) or []
    if told and wish.elsewhere is None:
        return NamedDossiers((*given, *told))
    return NamedDossiers(tuple(given), tuple(str(entity["value"]) for entity in usagers))


def _of_kind(acts: list[Act], wish: UndoWish) -> list[Act]:
    if wish.restores or wish.of_removal:
        return [act for act in acts if act["act"] in {"removed", "left"}]
    return [act for act in acts if act["act"] in {"added", "requested"}] if wish.retracts else acts


def _people(turn: Turn, wish: UndoWish, acts: list[Act]) -> list[str]:
    """Return the people whom the words name: professionals, and who was taken for an usager though an act was about them."""
    names = [str(entity["value"]) for entity in turn.entities("partner_name") if not is_elsewhere(entity, wish)]
    for entity in turn.entities("usager_name"):
        start = entity.get("start") or 0
        led = _LEADS_TO_DOSSIER.search(flat(turn.raw_text)[max(start - _BEFORE, 0) : start])
        if not led and not is_elsewhere(entity, wish) and any(matching_name(str(entity["value"]), act["name"]) for act in acts):
            names.append(str(entity["value"]))
    return names


def is_act_of(act: Act, reference: str) -> bool:
    """Return whether an act was done in the dossier of this reference, or of one that ends with this number."""
    given, dossier = reference.upper(), str(act["dossier"] or "")
    return dossier == given if given.startswith("SPH-") else dossier.endswith(f"-{given.zfill(6)}")
