"""One-time codes that users type: read by the action, then kept by nobody; the tracker holds bullets in their place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import Any

from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

CODE_SLOT = "login_code"
"""The slot that is asked for when a code is awaited."""
BULLET = "•"
_GAP = r"[\s.,\-_/\u2010-\u2015\u2212]"
_CODE = re.compile(rf"(?<!\d)(?<!\d-)\d(?:{_GAP}{{0,3}}\d){{5}}(?!{_GAP}?\d)")
_FIRST_USE = re.compile(r"(?<!\w)[A-HJ-NP-Z2-9]{4}([-–—_.])[A-HJ-NP-Z2-9]{4}\1[A-HJ-NP-Z2-9]{4}(?!\w)", re.IGNORECASE)
"""A code of first use, as mails write it."""
_LENGTHS = range(21, 5, -1)
"""Of a code as it is written: six digits, and three signs between each two of them at most."""
_DIGIT = re.compile(r"\d")
_REFERENCE = re.compile(r"\bSPH\b", re.IGNORECASE)
"""A message that names a dossier: its number has six digits too."""


def awaits_code(tracker: DialogueStateTracker) -> bool:
    """Return whether the dialogue asked for a code."""
    return bool(tracker.get_slot("requested_slot") == CODE_SLOT)


def holds_code(text: str) -> bool:
    """Return whether a text holds what may be a login code or one of first use, asked for or not."""
    return _holds_login_code(text) or bool(_FIRST_USE.search(text))


def _holds_login_code(text: str) -> bool:
    return not _REFERENCE.search(text) and bool(_CODE.search(text))


def hide_code(tracker: DialogueStateTracker, turn: str) -> str | None:
    """Replace the digits of a code in the events of a turn by bullets; offsets stay right.

    Returns:
        The user's text as it is kept; None where it holds no code.
    """
    events = list(tracker.events)
    number = max((n for n, event in enumerate(events) if isinstance(event, UserUttered) and event.message_id == turn), default=None)
    if number is None:
        return None
    said = events[number]
    found = _CODE.findall(said.text or "") if _holds_login_code(said.text or "") else []
    if not found:
        return None
    codes = frozenset(written for code in found for written in (code, *_bare(code)))
    said.text, said.entities = _hidden(said.text, codes), _hidden(said.entities, codes)
    said.parse_data = _hidden(said.parse_data, codes)
    for event in events[number:]:
        if isinstance(event, SlotSet):
            event.value = _hidden(event.value, codes)
    return str(said.text)


def is_hidden(text: str) -> bool:
    """Return whether a kept text had a code."""
    return BULLET * 2 in re.sub(_GAP, "", text)


def _bare(code: str) -> tuple[str, str]:
    """Return the digits alone, as they were typed and as plain ones."""
    digits = re.sub(r"\D", "", code)
    return digits, unicodedata.normalize("NFKC", digits)


def _hidden(value: Any, codes: Set[str]) -> Any:
    """Return a value with the digits of the codes, as they are written, replaced in all its texts; each place is looked at once."""
    if isinstance(value, str):
        kept, end = [], 0
        for digit in _DIGIT.finditer(value):
            at = digit.start()
            if at < end:
                continue
            written = next((value[at : at + length] for length in _LENGTHS if value[at : at + length] in codes), None)
            if written is not None:
                kept += [value[end:at], _DIGIT.sub(BULLET, written)]
                end = at + len(written)
        return "".join([*kept, value[end:]])
    if isinstance(value, dict):
        return {name: _hidden(part, codes) for name, part in value.items()}
    return [_hidden(part, codes) for part in value] if isinstance(value, list) else value
