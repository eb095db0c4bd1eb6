"""The dossier that a correction right after a change of notices puts in the place of the first: « non, pas celui-là, le 142 »."""

from __future__ import annotations

import re

from actions.flows.dossiers.dossier_slot import find_by_reference, read_reference
from actions.flows.notifications.named_dossiers import with_references
from actions.framework.context import Context

_REFERENCE = re.compile(r"\bSPH[\s-]?\d{4}[\s-]?\d{6}\b|\bdossiers? (?:n°? ?|num[ée]ro )?\d{1,6}\b", re.IGNORECASE)


async def corrected_dossier(context: Context, dossier: str | None) -> str | None:
    """Return the one other dossier of the user that the message names, None where it names none, or the change was of no dossier."""
    turn = context.turn
    if dossier is None or turn.is_button:
        return None
    named: list[str] = [one for one in (await with_references(context, frozenset())).references if one != dossier]
    if not named and (given := read_reference(turn)) is not None:
        named = [str(found["dossier"])] if (found := await find_by_reference(context, given)) else []
    return named[0] if len(named) == 1 and named[0] != dossier else None


def about_dossier(request: str, reference: str) -> str:
    """Return the words of a request with another reference in the place of the first."""
    return _REFERENCE.sub(reference, request)
