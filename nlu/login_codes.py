"""One-time codes that users type: read by the action, then kept by nobody; the tracker holds bullets in their place."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

CODE_SLOT = "login_code"
"""The slot that is asked for when a code is awaited."""
BULLET = "•"
_GAP = r"[\s.,\-_/\u2010-\u2015\u2212]"
_CODE = re.compile(rf"(?<!\d)(?<!\d-)\d(?:{_GAP}{{0,3}}\d){{5}}(?!{_GAP}?\d)")
_REFERENCE = re.compile(r"\bSPH\b", re.IGNORECASE)
"""A message that names a dossier: its number has six digits too."""


def awaits_code(tracker: DialogueStateTracker) -> bool:
    """Return whether the dialogue asked for a code."""
    return bool(tracker.get_slot("requested_slot") == CODE_SLOT)


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
    codes = [] if _REFERENCE.search(said.text or "") else _CODE.findall(said.text or "")
    if not codes:
        return None
    said.text, said.entities = _hidden(said.text, codes), _hidden(said.entities, codes)
    said.parse_data = _hidden(said.parse_data, codes)
    for event in events[number:]:
        if isinstance(event, SlotSet):
            event.value = _hidden(event.value, codes)
    return str(said.text)


def is_hidden(text: str) -> bool:
    """Return whether a kept text had a code."""
    return BULLET * 2 in re.sub(_GAP, "", text)


def _hidden(value: Any, codes: list[str]) -> Any:
    """Return a value with the digits of the codes in all its texts replaced, also where they stand without spaces."""
    if isinstance(value, str):
        for code in codes:
            for written in {code, (digits := re.sub(r"\D", "", code)), unicodedata.normalize("NFKC", digits)}:
                value = value.replace(written, re.sub(r"\d", BULLET, written))
        return value
    if isinstance(value, dict):
        return {name: _hidden(part, codes) for name, part in value.items()}
    return [_hidden(part, codes) for part in value] if isinstance(value, list) else value
