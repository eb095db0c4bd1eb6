"""The gateway's own texts (texts.yml), loaded and checked once, when the bot starts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_FILE = Path(__file__).with_name("texts.yml")
_SUPPORT = frozenset({"support_phone", "support_email"})
_PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "button_used": frozenset(),
    "button_expired": frozenset(),
    "button_stale": frozenset(),
    "button_unknown": frozenset(),
    "button_unknown_title": frozenset(),
    "unread_message": frozenset(),
    "not_text": frozenset(),
    "edited": frozenset(),
    "group": frozenset(),
    "masked": frozenset(),
    "masked_deleted": frozenset(),
    "nothing_kept": frozenset(),
    "link_invalid": frozenset(),
    "link_locked": frozenset(),
    "link_closed": _SUPPORT,
    "link_other_account": frozenset(),
    "link_unavailable": frozenset(),
    "unknown_continuation": frozenset(),
    "unavailable": _SUPPORT | {"error_id"},
    "failed": _SUPPORT | {"error_id"},
    "too_long": frozenset({"limit"}),
    "flooded": frozenset(),
    "malformed": frozenset(),
    "too_many_messages": frozenset({"seconds"}),
    "too_many_sessions": frozenset({"seconds"}),
    "unknown_session": frozenset(),
    "session_idle": frozenset(),
    "session_expired": frozenset(),
    "session_signed_out": frozenset(),
    "session_renewed": frozenset(),
    "not_linked": frozenset(),
    "not_proven": frozenset(),
    "database_unavailable": frozenset(),
    "internal": _SUPPORT | {"error_id"},
}
"""Every text that there must be, with the placeholders that it may use."""


class TextsError(Exception):
    """texts.yml is wrong; the message names the text at fault."""


class Texts:
    """The gateway's texts, by name."""

    def __init__(self, raw: Mapping[str, object], *, support_phone: str, support_email: str) -> None:
        """Raise TextsError when a text is missing, unknown, empty or uses a placeholder that it may not."""
        if set(raw) != set(_PLACEHOLDERS):
            raise TextsError(f"missing or unknown texts: {', '.join(sorted(set(raw) ^ set(_PLACEHOLDERS)))}")
        self._texts = {name: _checked(name, raw[name]) for name in _PLACEHOLDERS}
        self._support = {"support_phone": support_phone, "support_email": support_email}

    def render(self, name: str, **values: object) -> str:
        """Return text `name` with its placeholders filled in."""
        return self._texts[name].format(**self._support, **values)


@cache
def load_texts(*, support_phone: str, support_email: str, file: Path = _FILE) -> Texts:
    """Read and check `file`, once in a process. Raise TextsError."""
    try:
        raw = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    except (OSError, YAMLError) as error:
        raise TextsError(f"{file.name} cannot be read") from error
    if not isinstance(raw, dict):
        raise TextsError(f"{file.name} is not a mapping of names to texts")
    return Texts(raw, support_phone=support_phone, support_email=support_email)


def _checked(name: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise TextsError(f"{name} is empty or not a text")
    try:
        used = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError:
        raise TextsError(f"{name} has an unpaired brace") from None
    if not used <= _PLACEHOLDERS[name]:
        raise TextsError(f"{name} uses unknown placeholders: {', '.join(sorted(used - _PLACEHOLDERS[name]))}")
    return text
