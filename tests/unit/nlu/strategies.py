"""Hypothesis strategies for messages."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = st.sampled_from(
    ["SPH-2024-000137", "10001234567", "06 12 34 56 78", "12/03/1948", "douze mars", "dossier ", "le 2", "deuxième", "@", "a@b.fr",
     " ", "-", "é", "\u0301", "İ",
     "ﬁ",
     "adeli 371234567", "finess", "né le", "2024", "+33", "😀", "١٢", "\x00", "l'"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=10).map("".join), st.lists(_PIECES, max_size=10).map(" ".join))
"""Any text, and texts composed of identifiers, parts of them and unusual characters."""
