"""The directory record (*fiche annuaire*) in slots: one for each field, and what a message gives of them."""

from __future__ import annotations

from actions.framework.flow import Slots
from actions.framework.turn import Turn
from bot.accounts.directory_record import FieldError, validate_field
from bot.core.text_folding import fold

ASKED_FIELDS = ("civility", "given", "family", "profession", "rpps", "mode", "organization", "city", "email", "phone")
"""Fields that the dialogue asks for; the others (address, speciality…) come from the directory or a correction."""
OPTIONAL_FIELDS = frozenset({"civility", "rpps", "mode", "organization", "phone"})
SKIPPED = "-"
"""Value of an optional field that the user skipped: it is not asked for again."""
FIELD_ENTITIES = {
    "given": None,
    "family": None,
    "profession": "profession",
    "rpps": "rpps",
    "adeli": "adeli",
    "organization": "organization",
    "city": "city",
    "email": "email",
    "phone": "phone",
}
"""The entity that gives each field; names are read in another way."""
_PRACTICE_MODES = {"liberal": "libéral", "liberale": "libéral", "salarie": "salarié", "salariee": "salarié", "benevole": "bénévole"}
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


def field_slot(field: str) -> str:
    """Return the name of the slot that holds a field."""
    return f"fiche_{field}"


def find_field(text: str) -> str | None:
    """Return the field that a text names: « corriger le prénom » → "given"."""
    return next((_FIELD_WORDS[word] for word in fold(text).split() if word in _FIELD_WORDS), None)


def valid_value(field: str, raw: str) -> str | None:
    """Return the value of a field as it is stored, None if it is not valid."""
    try:
        return validate_field(field, raw) if raw else None
    except FieldError:
        return None


def read_civility_and_mode(turn: Turn) -> Slots:
    """Return the slots of the civility and of the mode of practice that the words give: « le Dr Martin », « infirmière libérale »."""
    mode = next((_PRACTICE_MODES[word] for word in fold(turn.text).split() if word in _PRACTICE_MODES), None)
    slots: Slots = {field_slot("mode"): mode} if mode else {}
    names = turn.affirmed_entities("partner_name")
    before = turn.raw_text[: names[-1].get("start") or 0].split() if names else turn.text.split()
    civility = valid_value("civility", before[-1].strip(".,")) if before and (names or len(before) == 1) else None
    return slots | ({field_slot("civility"): civility} if civility else {})
