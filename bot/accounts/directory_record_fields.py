"""Fields of the directory record (*fiche annuaire*): validation and normalization of each value.

Sources: code lists of the ANS (TRE_R11, R81, R23), SPHERE's fiche annuaire. The French texts for the reasons are in the domain.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from email_validator import EmailNotValidError, validate_email

from bot.accounts.phones import read_phone
from bot.accounts.professional_numbers import read_adeli, read_rpps
from bot.accounts.professions import recognize_profession
from bot.core.text_folding import fold
from bot.core.typed_text import plain_text

REQUIRED = ("family", "given", "profession")
"""Fields that every fiche has. The e-mail is needed before the account is created: the SPHERE team completes it where it is missing."""
REQUIRED_ONE_OF = ("organization", "city")
"""One of these is required too, to tell homonyms apart, except for a person with an RPPS or ADELI number."""
OPTIONAL = ("civility", "speciality", "rpps", "adeli", "mode", "organization", "address", "postal_code", "city", "email", "phone")
"""Fields that may be skipped."""
ORDER = (
    "civility",
    "given",
    "family",
    "profession",
    "speciality",
    "rpps",
    "adeli",
    "mode",
    "organization",
    "address",
    "postal_code",
    "city",
    "email",
    "phone",
)
"""The order in which a fiche is asked for, shown and mailed."""

NAME_LENGTH = 80
"""Characters of a name at most."""
TEXT_LENGTH = 120
"""Characters of any other text at most."""

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[-' .](?=[^\W\d_])|(?<=[^\W\d_])\.)*")
_SPACED_SIGN = re.compile(r"\s*([-'])\s*")
"""« Martin - Dubois », « d' Arc »: a hyphen or an apostrophe with spaces around it."""
_NAME_END = re.compile(r"[\s,;:!?]+\Z|(?<=[^\W\d_]{3})[\s.]+\Z")
"""What closes a sentence; the full stop of « J. » is of the name."""
_BRETON = re.compile(r"\Al(?=(?:e|a|es) )")
"""« le Gall » is « Le Gall »: only « de » and its like keep their small letter where they begin a name."""
_TEXT = re.compile(r"(?:[^\W_]|[ '&(),./°:+-])+")
_CIVILITIES = {
    "m": "M",
    "mr": "M",
    "monsieur": "M",
    "homme": "M",
    "mme": "Mme",
    "madame": "Mme",
    "mlle": "Mme",
    "mademoiselle": "Mme",
    "femme": "Mme",
    "dr": "Dr",
    "docteur": "Dr",
    "docteure": "Dr",
    "pr": "Pr",
    "professeur": "Pr",
    "professeure": "Pr",
}
_MODES = {
    "l": "libéral",
    "liberal": "libéral",
    "liberale": "libéral",
    "en liberal": "libéral",
    "s": "salarié",
    "salarie": "salarié",
    "salariee": "salarié",
    "b": "bénévole",
    "benevole": "bénévole",
}
_PARTICLES = frozenset({"de", "du", "des", "d", "van", "von", "der", "den"})


class FieldError(ValueError):
    """The value of a field is not valid; `field` says which, `reason` is a short code such as "email_invalid"."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def validate_field(name: str, raw: str) -> str:
    """Return the normalized value of field `name`: "+33247051234", "claire.moreau@sphere.example", "Dr", "libéral".

    Raises FieldError with the reason "<field>_missing", "<field>_too_long" or "<field>_invalid", and KeyError for an unknown field.
    """
    check = _CHECKS[name]
    text = plain_text(raw)
    if not text:
        raise FieldError(name, f"{name}_missing")
    value = check(name, text)
    if value is None:
        raise FieldError(name, f"{name}_invalid")
    return value


def _name(field: str, text: str) -> str | None:
    if len(text) > NAME_LENGTH:
        raise FieldError(field, f"{field}_too_long")
    # Combining marks that NFC could not join to their letter (in many scripts) count as part of that letter.
    text = _BRETON.sub("L", _NAME_END.sub("", _SPACED_SIGN.sub(r"\1", text)))
    letters = "".join("a" if unicodedata.category(c) in {"Mn", "Mc"} else c for c in text)
    if not _NAME.fullmatch(letters):
        return None
    return _capitalize(text) if text == text.lower() else text


def _capitalize(name: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda m: m[0] if m[0] in _PARTICLES else m[0][0].upper() + m[0][1:], name)


def _text(field: str, text: str) -> str | None:
    if len(text) > TEXT_LENGTH:
        raise FieldError(field, f"{field}_too_long")
    # Neither markup nor anything that a mail reader would turn into a link.
    letters = "".join("a" if unicodedata.category(c) in {"Mn", "Mc"} else c for c in text)
    if not _TEXT.fullmatch(letters) or not any(c.isalpha() for c in letters) or re.search(r"//|\bwww\.|https?:", letters, re.IGNORECASE):
        return None
    return text


def _profession(field: str, text: str) -> str | None:
    cleaned = _text(field, text)
    if cleaned is None:
        return None
    profession = recognize_profession(cleaned)
    if profession is not None and profession.speciality is None:
        return profession.label
    return cleaned[0].upper() + cleaned[1:]


def _rpps(_field: str, text: str) -> str | None:
    return read_rpps(text)


def _adeli(_field: str, text: str) -> str | None:
    return read_adeli(text)


def _postal_code(_field: str, text: str) -> str | None:
    digits = text.replace(" ", "")
    return digits if re.fullmatch(r"(?!00)[0-9]{5}", digits) else None


def _email(_field: str, text: str) -> str | None:
    text = text.strip("<>«»“”\"'!;, ").removeprefix("mailto:")
    try:
        address = validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return None
    return address.lower() if address else None


def _phone(_field: str, text: str) -> str | None:
    return read_phone(text)


def _civility(_field: str, text: str) -> str | None:
    return _CIVILITIES.get(fold(text))


def _mode(_field: str, text: str) -> str | None:
    return _MODES.get(fold(text))


_CHECKS: dict[str, Callable[[str, str], str | None]] = {
    "civility": _civility,
    "family": _name,
    "given": _name,
    "profession": _profession,
    "speciality": _text,
    "rpps": _rpps,
    "adeli": _adeli,
    "mode": _mode,
    "organization": _text,
    "address": _text,
    "postal_code": _postal_code,
    "city": _text,
    "email": _email,
    "phone": _phone,
}
