"""The national numbers of professionals as they are written: RPPS, ADELI, and the national identifier (IDNPS) with its leading digit.

The IDNPS (ANS, *identifiant national des personnes*) is 8 and the RPPS, or 0 and the ADELI.
"""

from __future__ import annotations

import re

_GAP = re.compile(r"[ .\-/_]")
_LABEL = re.compile(
    r"\A(?:(?:mon|son|le|ce|un|est|c'est|numero|numéro|num|n[°o]|rpps|adeli|idnps|idnat(?:_?ps)?|:|=)[ .:=]*)+(?=\d)", re.IGNORECASE
)


def read_rpps(text: str) -> str | None:
    """Return an RPPS in its one form, 11 digits, from a plain text that is one, with or without the 8 before it; None for any other."""
    digits = _number(text)
    found = re.fullmatch(r"8?([0-9]{11})", digits)
    return found[1] if found else None


def read_adeli(text: str) -> str | None:
    """Return an ADELI in its one form, 9 characters (Corsican ones begin with 2A and 2B), with or without the 0 before it; or None."""
    found = re.fullmatch(r"0?([0-9][0-9AB][0-9]{7})", _number(text))
    return found[1] if found else None


def _number(text: str) -> str:
    return _GAP.sub("", _LABEL.sub("", text.strip(" !?;,.«»\"'()"))).upper()
