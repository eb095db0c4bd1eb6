"""Finds secret codes that users type: login codes of six digits and first-use codes, however they are grouped.

The transcript, and whoever reads it, gets a mask; the dialogue gets the code.
"""

from __future__ import annotations

import re

CODE_MASK = "[code]"
_GAP = r"[\s.\-–—_]"
_LOGIN = re.compile(
    rf"(?<![\w.\-–+/])(?<!\d\s)(?<!dossier\s)(?:\d{{6}}|\d{{3}}{_GAP}+\d{{3}}|\d(?:{_GAP}+\d){{5}})(?!\w)(?![.\-–/]\d)(?!\s\d)",
    re.IGNORECASE,
)
"""Six digits that belong to no longer number, nor are a dossier's."""
_ALONE = re.compile(rf"\W*(?P<code>\d(?:{_GAP}*\d){{5}})\W*")
"""Six digits, grouped in whatever way, that are the whole message."""
_CUED = re.compile(rf"\bcode(?=\W|\d)(?:[^\w\n]|\b[^\W\d_]+\b){{0,12}}(?P<code>\d(?:{_GAP}*\d){{5}})(?!\d)", re.IGNORECASE)
"""Six digits, grouped in whatever way, a few words after « code »."""
_LETTER = "A-HJ-NP-Z2-9"
"""Of first-use codes (`bot.accounts.first_use_code`)."""
_FIRST_USE = re.compile(
    rf"(?<!\w)[{_LETTER}]{{4}}(?P<mark>[\-–—_.]|\s[\-–—]\s|\s|)[{_LETTER}]{{4}}(?P=mark)[{_LETTER}]{{4}}(?!\w)", re.IGNORECASE
)


def mask_codes(text: str) -> str:
    """Return the text with `CODE_MASK` in the place of each code."""
    if alone := _ALONE.fullmatch(text):
        return f"{text[: alone.start('code')]}{CODE_MASK}{text[alone.end('code') :]}"
    text = _CUED.sub(lambda found: found[0][: found.start("code") - found.start()] + CODE_MASK, text)
    text = _LOGIN.sub(CODE_MASK, text)
    return _FIRST_USE.sub(lambda found: CODE_MASK if _is_first_use(found) else found[0], text)


def holds_code(text: str) -> bool:
    """Return whether a text holds a code."""
    return mask_codes(text) != text


def _is_first_use(found: re.Match[str]) -> bool:
    """Return whether twelve letters and digits are a code rather than words: « avec elle dans », « remplacement »."""
    return found["mark"].strip() != "" or any(letter.isdigit() for letter in found[0]) or found[0].isupper()
