"""Phonetic codes of French words, so that phonetic spelling (« kelkun », « resu ») matches the standard one (« quelqu'un », « reçu »)."""

from __future__ import annotations

import re
from functools import lru_cache

from nlu.components.folding import strip_accents

# Applied in order. Upper-case letters stand for sounds (A an, E é, I in, O on, U ou, S ch). The input is in lower case without
# accents, with « ç » already replaced by « s ».
_RULES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"['-]", ""),
        (r"(?:ees|ee|es?t|er|ez|aits?|ais|aient)\b(?<=..)", "E"),
        (r"(?<=\w)([bdflmnprst])\1+", r"\1"),
        (r"ient\b", "iA"),
        (r"x(?=\w)", "ks"),
        (r"(?<=m)en[ts]?\b", "A"),
        (r"(?<=\w\w)ent\b", ""),
        (r"tion", "sion"),
        (r"ph", "f"),
        (r"sch|ch|sh", "S"),
        (r"e?au[xt]?\b|e?au", "o"),
        (r"cc(?=[eiy])", "ks"),
        (r"qu?|ck|cc", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"g(?=[eiy])", "j"),
        (r"gu(?=[eiy])", "g"),
        (r"(?:ain|aim|ein|[iyu][nm])(?![aeiouyhnmAEIOU])", "I"),
        (r"[ae][nm](?![aeiouyhnmAEIOU])", "A"),
        (r"o[nm](?![aeiouyhnmAEIOU])", "O"),
        (r"ou", "U"),
        (r"oi", "wa"),
        (r"oeu|eu", "e"),
        (r"[ae][iy]", "E"),
        (r"y", "i"),
        (r"h", ""),
        (r"z", "s"),
        (r"x\b", ""),
        (r"(\w)\1+", r"\1"),
        (r"(?<=\w\w)(?:es?|[stdp]+)\b", ""),
    )
]
_FINAL_E_ACUTE = re.compile(r"é(?:e?s?)\b")


@lru_cache(maxsize=16384)
def phonetic_code(word: str) -> str:
    """Return the phonetic code of `word`, in letters; two words that sound alike mostly have the same code."""
    text = strip_accents(_FINAL_E_ACUTE.sub("E", word.lower().replace("ç", "s").replace("œ", "oe")))
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
