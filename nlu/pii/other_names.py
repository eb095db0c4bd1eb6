"""Words after which another name of the same person stands: « née Petit », « épouse Durand »."""

from __future__ import annotations

_MARRIED = ("epouse", "ep", "epse", "vve", "veuve", "veuf", "divorcee", "divorce", "div", "mariee", "marital", "usage")
OTHER_NAME_WORDS = frozenset(("nee", "fille", "naissance", *_MARRIED))
"""Folded. The reader of identities (`bot.core.person_names.MARKERS`) knows the same ones, which a test keeps."""
