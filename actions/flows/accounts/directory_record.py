"""Reading what a message says of the *fiche annuaire*: which field, how somebody practises, by what title they go."""

from __future__ import annotations

from actions.framework.lifecycle import Slots
from actions.framework.turn import Turn
from bot.accounts.fiche import FieldError, validate_field
from bot.directory.folding import fold

ASKED = ("civility", "given", "family", "profession", "rpps", "mode", "organization", "city", "email", "phone")
"""Fields that the chat asks for; the others (address, speciality…) come from the directory or a correction."""
SKIPPABLE = frozenset({"civility", "rpps", "mode", "organization", "phone"})
SKIPPED = "-"
"""Value of a field that was passed over: asked, and not to be asked again."""
MODES = {"liberal": "libéral", "liberale": "libéral", "salarie": "salarié", "salariee": "salarié", "benevole": "bénévole"}
ENTITIES = {"given": None, "family": None, "profession": "profession", "rpps": "rpps", "adeli": "adeli", "organization": "organization"}
ENTITIES |= {"city": "city", "email": "email", "phone": "phone"}


def slot_of(field: str) -> str:
    """Name of the slot that holds a field of the fiche."""
    return f"fiche_{field}"


_FIELD_WORDS = {
    "prenom": "given",
    "nom": "family",
    "civilite": "civility",
    "profession": "profession",
    "metier": "profession",
    "rpps": "rpps",
    "adeli": "rpps",
    "exercice": "mode",
    "structure": "organization",
    "ville": "city",
    "commune": "city",
    "mail": "email",
    "email": "email",
    "adresse": "email",
    "telephone": "phone",
    "tel": "phone",
}


def field_named(text: str) -> str | None:
    """« corriger le prénom » → "given"."""
    return next((_FIELD_WORDS[word] for word in fold(text).split() if word in _FIELD_WORDS), None)


def valid(field: str, raw: str) -> str | None:
    """The value of a field as it is kept; None where it cannot be taken."""
    try:
        return validate_field(field, raw) if raw else None
    except FieldError:
        return None


def manner_said(turn: Turn) -> Slots:
    """Civility and manner of practice, where the words tell them: « le Dr Martin », « infirmière libérale »."""
    said = next((MODES[word] for word in fold(turn.text).split() if word in MODES), None)
    slots: Slots = {slot_of("mode"): said} if said else {}
    names = turn.meant("partner_name")
    before = str(turn.message.get("text") or "")[: names[-1].get("start") or 0].split() if names else turn.text.split()
    title = valid("civility", before[-1].strip(".,")) if before and (names or len(before) == 1) else None
    return slots | ({slot_of("civility"): title} if title else {})
