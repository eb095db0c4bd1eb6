"""How a word sounds, roughly: what is spelt by ear (« kelkun », « resu ») meets what is spelt well (« quelqu'un », « reçu »)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# In order; upper-case letters stand for sounds (A an, E é, I in, O on, U ou, S ch). Written on lower case without accents,
# « ç » already « s ».
_RULES = [
    (re.compile(pattern), instead)
    for pattern, instead in (
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
_ACCENTED_END = re.compile(r"é(?:e?s?)\b")


@lru_cache(maxsize=16384)
def phonetic_code(word: str) -> str:
    """The sound of `word` in letters; two words that sound alike mostly give the same."""
    text = _ACCENTED_END.sub("E", word.lower().replace("ç", "s").replace("œ", "oe"))
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text
