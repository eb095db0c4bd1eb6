"""All entities that rules find in a text, without overlap."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from nlu.components.birth_dates import find_birth_dates
from nlu.components.dossier_references import find_dossier_references
from nlu.components.entity_match import EntityMatch
from nlu.components.folding import fold
from nlu.components.identifiers import find_adeli_and_finess, find_emails, find_phones, find_rpps
from nlu.components.ordinals import find_ordinals

RULE_ENTITIES = ("email", "adeli", "finess", "dossier_ref", "phone", "rpps", "birth_date", "ordinal")
"""The entities that rules find; no model is trained on them."""


def find_entities(text: str, today: datetime.date | None = None) -> list[EntityMatch]:
    """Return the entities that rules find in `text`, in order and without overlap.

    Where two rules match the same piece, the more specific one has it. `today` (default: the current day) is the latest date of birth.
    """
    today = today or datetime.date.today()
    folded = fold(text)
    has_digit = any(c in "0123456789" for c in folded)
    # Specific rules first. A number may be read as a phone or as RPPS (« +33 6 12 34 56 78 » has eleven digits too): phones first.
    finders: list[Iterable[EntityMatch]] = [find_emails(text)]
    if has_digit:
        finders += [find_adeli_and_finess(folded), find_dossier_references(folded), find_phones(folded), find_rpps(folded)]
    finders += [find_birth_dates(folded, today), find_ordinals(folded)]
    accepted: list[EntityMatch] = []
    for finder in finders:
        for match in finder:
            if all(match.end <= other.start or other.end <= match.start for other in accepted):
                accepted.append(match)
    return sorted(accepted, key=lambda match: match.start)
