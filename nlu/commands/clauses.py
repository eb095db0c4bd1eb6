"""The clauses of a message: which commands stand in one of their own, and which words are whose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from nlu.commands.command import Command, Place

WITH_CARD = frozenset(["add_partner", "remove_partner", "create_dossier", "request_account"])
MIN_WITH_CARD = 0.6
"""Intents that are carried out after a confirmation alone, and the confidence from which two such wishes are two acts: as one, the people
of one would be taken for the other's."""
MIN_CLAUSE = 0.4
"""The same where each of them stands in a clause of its own."""
_SEPARATOR = re.compile(
    r"([.;!?\n]+\s*|,\s+|\s+)(?:et|puis|mais|ensuite|sinon|aussi|par contre)\b(?:\s+(?:aussi|ensuite|puis))?|([.;!?\n]+\s*|,\s+)",
    re.IGNORECASE,
)
"""Between two acts: what stands before a conjunction belongs to the earlier one."""


def is_apart(one: Command, other: Command, text: str) -> bool:
    """Return whether a mark or a conjunction stands between two commands."""
    first, last = sorted((one.at, other.at))
    return first[1] <= last[0] and _SEPARATOR.search(text, first[1], last[0]) is not None


def cards_apart(commands: Sequence[Command], text: str) -> list[Command]:
    """Return the wishes that are done after a confirmation alone, where there are several of them: two that are sure, or stand apart."""
    cards = [command for command in commands if _shows_card(command, MIN_CLAUSE)]
    sure = [command for command in cards if _shows_card(command, MIN_WITH_CARD)]
    apart = [one for one in cards if all(one is other or is_apart(one, other, text) for other in cards)]
    found = [command for command in cards if command in sure or command in apart]
    return found if len(found) > 1 else []


def _shows_card(command: Command, confidence: float) -> bool:
    """Return whether a command may be a wish that is done after a confirmation alone: two of them are kept apart sooner."""
    return command.head == "start" and command.intent in WITH_CARD and command.confidence >= confidence


def split_text(text: str, groups: Sequence[Sequence[Command]]) -> list[Place]:
    """Return the part of the text that each group stands in: a mark or a conjunction between two of them, else the later one's words."""
    cuts = [0]
    for before, after in pairwise(groups):
        earlier, later = _own_places(before, after), _own_places(after, before)
        begin = min([place[0] for place in later if place[0] >= anchor_of(before)] or [anchor_of(after)])
        end = max([place[1] for place in earlier if place[1] <= begin] or [cuts[-1]])
        found = [*_SEPARATOR.finditer(text, end, begin)]
        cut = max(found[-1].end(1), found[-1].end(2)) if found else begin
        cuts.append(max(cuts[-1], cut))
    return list(zip(cuts, [*cuts[1:], len(text)], strict=True))


def anchor_of(group: Sequence[Command]) -> int:
    """Return where the first of some commands stands."""
    return group[0].at[0]


def _own_places(group: Sequence[Command], other: Sequence[Command]) -> list[Place]:
    """Return where a group stands: its commands, and the values that the other does not share."""
    shared = {place for command in other for places in command.places.values() for place in places}
    values = [place for command in group for places in command.places.values() for place in places if place not in shared]
    return [*(command.at for command in group), *values]
