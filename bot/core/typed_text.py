"""What people type and paste, made plain: typographic signs as on a keyboard, invisible ones gone, an address out of its wrapping."""

from __future__ import annotations

import re
import unicodedata

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u2032\u0060\u00b4\uff07"
_SIGNS = str.maketrans(dict.fromkeys(_DASHES, "-") | dict.fromkeys(_APOSTROPHES, "'"))
_SPACES = {"Zs", "Zl", "Zp", "Cc"}
_INVISIBLE = {"Cf", "Cs", "Co"}
_ARROBA = re.compile(r"\s*[(\[{<]\s*(?:arobase|arobas|arrobase|at)\s*[)\]}>]\s*|\s+(?:arobase|arobas|arrobase)\s+", re.IGNORECASE)
_DOT = re.compile(r"\s*[(\[{<]\s*(?:point|dot)\s*[)\]}>]\s*|(?<=\w)\s+point\s+(?=\w)", re.IGNORECASE)
_SPACED_ARROBA = re.compile(r"(?<=[\w.+-])\s*@\s*(?=\w)")
_WRAPPED = re.compile(r"[^\s<>()\[\]{}«»“”„\"|,;:?]*@[^\s<>()\[\]{}«»“”„\"|,;:?/]*")
_AROUND = "'.!…*~_`"


def plain_text(raw: str) -> str:
    """Return a text on one line as a keyboard would give it.

    Every dash is « - », every apostrophe « ' », every space a plain one; accents are joined to their letter, full-width letters and
    digits are ordinary ones; what cannot be seen (soft hyphens, directions, zero widths) is gone.
    """
    narrow = "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in raw)
    text = unicodedata.normalize("NFC", narrow).translate(_SIGNS)
    spaced = "".join(" " if unicodedata.category(c) in _SPACES else c for c in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in _INVISIBLE).split())


def unwrap_emails(text: str) -> str:
    """Return a plain text with its spelt addresses written as such: « s.leroux (arobase) sphere.example », « s @ sphere.example »."""
    plain = plain_text(text)
    joined = _ARROBA.sub("@", plain)
    return _SPACED_ARROBA.sub("@", _DOT.sub(".", joined) if joined != plain else joined)


def email_words(text: str) -> list[tuple[str, int, int]]:
    """Return each word of a text of `unwrap_emails` that is meant as an e-mail address, out of its wrapping, with its offsets.

    The wrapping is « … », <…>, quotes, `mailto:`, Markdown, and what closes a sentence.
    """
    found = ((match[0].lstrip("'.!…*~`").rstrip(_AROUND), match.start(), match.end()) for match in _WRAPPED.finditer(text))
    return [word for word in found if "@" in word[0]]
