"""Everything that rules find in a text, without overlap."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from nlu.components.birth_dates import find_birth_dates
from nlu.components.dossier_references import find_dossier_references
from nlu.components.folding import fold
from nlu.components.identifiers import EntityMatch, find_adeli_and_finess, find_emails, find_phones, find_rpps
from nlu.components.ordinals import find_ordinals

RULE_ENTITIES = ("email", "adeli", "finess", "dossier_ref", "phone", "rpps", "birth_date", "ordinal")


def find_entities(text: str, today: datetime.date | None = None) -> list[EntityMatch]:
    """What rules find in `text`, in order, never overlapping; where two claim a piece the more specific finder has it.

    `today` (default: this day) bounds dates of birth.
    """
    today = today or datetime.date.today()
    folded = fold(text)
    has_digit = any(c in "0123456789" for c in folded)
    finders: list[Iterable[EntityMatch]] = [find_emails(text)]
    if has_digit:
        finders += [find_adeli_and_finess(folded), find_dossier_references(folded), _find_phones_and_rpps(folded)]
    finders += [find_birth_dates(folded, today), find_ordinals(folded)]
    taken: list[EntityMatch] = []
    for finder in finders:
        for found in finder:
            if all(found.end <= other.start or other.end <= found.start for other in taken):
                taken.append(found)
    return sorted(taken, key=lambda found: found.start)


def _find_phones_and_rpps(folded: str) -> list[EntityMatch]:
    """Phones first where both could be: « +33 6 12 34 56 78 » is eleven digits too."""
    return [*find_phones(folded), *find_rpps(folded)]
