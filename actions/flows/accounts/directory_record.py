"""The directory record (*fiche annuaire*) in slots: one for each field, and the words by which a message names them."""

from __future__ import annotations

from bot.core.text_folding import fold, word_set

ASKED_FIELDS = ("civility", "given", "family", "profession", "rpps", "mode", "organization", "city", "email", "phone")
"""Fields that the dialogue asks for; the others (address, speciality…) come from the directory or a correction."""
OPTIONAL_FIELDS = frozenset({"civility", "rpps", "mode", "organization", "phone"})
"""Fields that may be left out, and are where the directory does not give them."""
UNKNOWN_FIELDS = OPTIONAL_FIELDS | {"email"}
"""Fields that the user need not know: the SPHERE team completes the e-mail."""
WORDED_FIELDS = frozenset({"given", "family", "profession", "organization", "city"})
"""Fields that any words may be the answer to."""
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

_ASKING_WORDS = word_set(
    "corriger corrige corrigez changer changez modifier modifiez le la l les son sa ses de famille e c est il faut numero d mode pro"
)


def field_slot(field: str) -> str:
    """Return the name of the slot that holds a field."""
    return f"fiche_{field}"


def find_field(text: str) -> str | None:
    """Return the field that a text names: « corriger le prénom » → "given"."""
    return next(iter(find_fields(text)), None)


def find_fields(text: str) -> list[str]:
    """Return the fields that a text names, in its order: « ni son RPPS ni son mail » → "rpps", "email"."""
    return list(dict.fromkeys(_FIELD_WORDS[word] for word in fold(text).split() if word in _FIELD_WORDS))


def asked_field(text: str) -> str | None:
    """Return the field that a text names and gives nothing of: « le nom de famille » → "family"."""
    words = set(fold(text).split())
    return find_field(text) if words and not words - _ASKING_WORDS - _FIELD_WORDS.keys() else None
