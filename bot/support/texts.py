"""The texts of the system's messages around a conversation with agents (texts.yml), and the words that ask to end it."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from ruamel.yaml import YAML

from bot.settings import Settings
from bot.support.opening_hours import OpeningHours
from bot.support.queue import ROUNDING_STEPS

_FILE = Path(__file__).with_name("texts.yml")
_LISTS = ("wishes_to_end", "wishes_to_give_up", "wishes_for_transcript")
_NAMES = ("reference", "place", "wait", "agent", "former", "count", "minutes", "hour", "date", "opening", "text", "task")
_SAMPLE = dict.fromkeys((*_NAMES, "support_phone", "support_email"), "x")
"""Every placeholder that there is."""


class SupportTexts:
    """Texts by name. Raises KeyError when made from a file with an unknown placeholder."""

    def __init__(self, settings: Settings, hours: OpeningHours, file: Path = _FILE) -> None:
        raw = _read(file)
        self._end, self._give_up, self._transcript = (frozenset(normalized(wish) for wish in raw[name]) for name in _LISTS)
        self._texts: dict[str, str] = {name: text for name, text in raw.items() if name not in _LISTS}
        for text in self._texts.values():
            Formatter().vformat(text, (), _SAMPLE)
        self._hours = hours
        self._support = {"support_phone": settings.support_phone, "support_email": settings.support_email}

    @property
    def phone(self) -> str:
        """Phone number of the team, as shown."""
        return self._support["support_phone"]

    def render(self, name: str, **values: object) -> str:
        """Return text `name` with its placeholders filled in. Raise KeyError where there is none, or a placeholder has no value."""
        return self._texts[name].format(**self._support, **values)

    def opening(self, now: datetime) -> str:
        """Return when the team answers next: « demain à 9h30 »."""
        moment = self._hours.describe(self._hours.next_opening(now), now)
        return self.render(f"opening_{moment.when}", date=moment.date, hour=moment.hour)

    def place(self, place: int) -> str:
        """Return how many tickets come before."""
        before = place - 1
        return self.render("place_next" if before == 0 else "place_one" if before == 1 else "place_many", count=before)

    def wait(self, minutes: int | None) -> str:
        """Return the estimate of the wait in minutes, or that there is none."""
        if minutes is None:
            return self.render("wait_unknown")
        return self.render("wait_minutes", minutes=minutes) if minutes <= ROUNDING_STEPS[-1] else self.render("wait_long")

    def wants_end(self, text: str, *, with_agent: bool) -> bool:
        """Return whether a whole message asks to end: with an agent, only one that can mean nothing else."""
        wish = normalized(text)
        return wish in self._end or (not with_agent and wish in self._give_up)

    def wants_transcript(self, text: str) -> bool:
        """Return whether a whole message asks for the transcript of the conversation with the team."""
        return normalized(text) in self._transcript


@cache
def _read(file: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(file.read_text("utf-8")))


def normalized(text: str) -> str:
    """Return the text in lower case, without accents, apostrophes, hyphens and end punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    for mark in "'’-":
        bare = bare.replace(mark, " ")
    return " ".join(bare.split()).strip(" .!…")
