"""Finds in a text what leads to somebody without naming them: addresses, phones, e-mails, national health identifiers, years of birth.

Looked for in what people write in their own words (`bot.messaging.pii.outgoing_filter`), not in what the assistant says: the directory's
professionals have addresses and phones too, and users ask for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.core.text_folding import fold
from bot.messaging.pii.spans import ADDRESS, BIRTH, MAIL, NUMBER, PHONE, Span, merge_spans

_PHONE = re.compile(
    r"(?<![\d+])(?:(?:\+|00)33[\s.\-]?(?:\(0\)[\s.\-]?)?|0)[1-9]"
    r"(?:(?P<mark>[\s.\-/]?)\d{2}(?:(?P=mark)\d{2}){3}|(?:[\s.]?\d){8})(?!\d)"
)
_DATE_FIRST = re.compile(r"\d{1,2}[./\s-]\d{1,2}[./\s-](?:19|20)\d{2}")
_NOBODYS_PHONE = ("08", "03000")
"""Beginnings of numbers that are no person's: special rates."""
_MAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_INS = re.compile(r"(?<![\d\-])[1-478](?:[\s.\-]?\d){4}[\s.\-]?(?:\d[\s.\-]?\d|2\s?[ABab])(?:[\s.\-]?\d){6}(?:[\s.\-]?\d[\s.\-]?\d)?(?!\d)")
"""INS and NIR: 13 characters, and a key of two digits."""
_BIRTH_YEAR = re.compile(r"\bn[ée]+(?:\(e\)|e)?s?\s+(?:en|vers)\s+(?P<year>(?:19|20)\d{2})(?!\d)", re.IGNORECASE)
_STREET = r"(?:rue|avenue|boulevard|bd|impasse|all[ée]e|faubourg|fbg?|lotissement|lieu[- ]dit|hameau)"
_OTHER_STREET = (
    r"(?:r\.|av\.?|ave\.?|boul\.?|place|pl\.?|chemin|ch\.?|route|rte\.?|quai|cours|square"
    r"|passage|mont[ée]e|sentier|r[ée]sidence|cit[ée]|villa)"
)
"""Words that mean a street only after a number."""
_OF = r"(?:(?:des?|du|la|les?)\s+|[dl]['’]\s*)"
"""What may stand before a name in a street's; each in one way only, so that no text takes long to search."""
_STREET_WORD = r"[^\W\d_]+(?:[-'’][^\W\d_]+)*"
_CAPITAL_WORD = r"(?-i:[A-ZÀ-ÖØ-ÞŒ])[^\W\d_]*(?:[-'’][^\W\d_]+)*"
_STREET_NAME = rf"{_OF}*(?:\d{{1,2}}(?:er)?\s+)?{_STREET_WORD}(?:\s+{_OF}*{_CAPITAL_WORD})*"
_TOWN = rf"(?:\s*+(?:,\s*+)?(?:[àa]\s++)?\d{{5}}(?:\s+{_STREET_WORD}(?:[\s-]+{_CAPITAL_WORD})*)?)"
_ADDRESS = re.compile(
    rf"\b\d{{1,4}}(?:\s*+(?:bis|ter|quater|[a-d])\b|\b)\s*+(?:,\s*+)?(?:{_STREET}|{_OTHER_STREET})\s+{_STREET_NAME}{_TOWN}?"
    rf"|\b{_STREET}\s+{_STREET_NAME}{_TOWN}?",
    re.IGNORECASE,
)
_POSTCODE = re.compile(rf"(?<![\w\-/.])\d{{5}}\s+{_CAPITAL_WORD}(?:[\s-]+{_CAPITAL_WORD})*")
"""A postal code with its town."""


@dataclass(frozen=True)
class OwnContacts:
    """How support itself is reached: nobody's secret."""

    phones: frozenset[str] = frozenset()
    """Digits of its phones, beginning with 0."""
    mail_domains: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, *contacts: str) -> OwnContacts:
        """Read phones and e-mail addresses."""
        domains = {contact.rpartition("@")[2].casefold() for contact in contacts if "@" in contact}
        return cls(frozenset(_digits(contact) for contact in contacts if "@" not in contact), frozenset(domains))

    def holds(self, words: str) -> bool:
        """Return whether these words are a phone or an e-mail address of support's."""
        words = words.strip()
        return _digits(words) in self.phones if "@" not in words else words.rpartition("@")[2].casefold() in self.mail_domains


def detect_contact_details(text: str, own: OwnContacts) -> list[Span]:
    """Return the spans that lead to somebody, in order and without overlap; support's own phones and addresses are none."""
    return merge_spans([*_phones(text, own), *_mails(text, own), *_others(text)])


def _phones(text: str, own: OwnContacts) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        digits = _digits(match[0])
        if not _DATE_FIRST.match(match[0]) and digits not in own.phones and not digits.startswith(_NOBODYS_PHONE):
            yield Span(*match.span(), PHONE)


def _mails(text: str, own: OwnContacts) -> Iterator[Span]:
    for match in _MAIL.finditer(text):
        if match[0].rpartition("@")[2].casefold() not in own.mail_domains:
            yield Span(*match.span(), MAIL)


def _others(text: str) -> Iterator[Span]:
    for match in _INS.finditer(text):
        yield Span(*match.span(), NUMBER)
    for match in _BIRTH_YEAR.finditer(text):
        yield Span(*match.span("year"), BIRTH)
    for match in _ADDRESS.finditer(text):
        if fold(match[0].split()[-1]) not in _UNNAMED:
            yield Span(*match.span(), ADDRESS)
    for match in _POSTCODE.finditer(text):
        yield Span(*match.span(), ADDRESS)


_UNNAMED = frozenset("est ou et a dans sur qui que".split())  # noqa: SIM905
"""Last words of what only looks like an address: « la rue est… »."""


def _digits(phone: str) -> str:
    """Return the digits of a phone as they are dialled in France."""
    digits = "".join(letter for letter in phone if letter.isdigit()).removeprefix("00")
    if digits.startswith("33") and len(digits) > 10:
        digits = digits.removeprefix("33").removeprefix("0")
        return f"0{digits}"
    return digits
