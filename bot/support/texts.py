"""The texts of the system's messages around a conversation with agents (texts.yml), and the words that ask to end it."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from ruamel.yaml import YAML

from bot.core.clock import PARIS, french_hour
from bot.settings import Settings
from bot.support.opening_hours import OpeningHours
from bot.support.queue import ROUNDING_STEPS

_FILE = Path(__file__).with_name("texts.yml")
_LISTS = ("wishes_to_end", "wishes_to_leave", "wishes_to_give_up", "wishes_for_transcript")
_NAMES = ("reference", "place", "wait", "agent", "former", "count", "minutes", "hour", "date", "opening", "text", "task", "since")
_SAMPLE = dict.fromkeys((*_NAMES, "support_phone", "support_email"), "x")
"""Every placeholder that there is."""

_ASKS_TEAM = re.compile(
    r"(?:(?:oui|ok|d accord|bon|alors|volontiers|je veux bien|merci(?: de)?|allez y|vas y|svp|stp|s il vous plait|pouvez vous"
    r"|tu peux|vous pouvez"
    r"|peux tu|il faut|faut) )*(?:le |la |leur |lui |les )?"
    r"(?:demand(?:e|ez|er)|previen(?:s|t)|preven(?:ez|ir)|signal(?:e|ez|er)|transmet(?:s|tez|tre)|dis|dites|dire|inform(?:e|ez|er)|avert(?:is|issez|ir)"
    r"|fai(?:s|tes)(?: le)?(?: leur)? savoir)(?: leur|lui| le| moi)?(?: ca| cela)?(?: alors)?"
    r" (?:a |au |aupres de )?(?:l |votre |vos )?(?:equipe(?: sphere| support| d assistance)?|support(?: sphere)?|collegues|sphere)"
    r"(?: (?:pour moi|svp|stp|s il (?:vous|te) plait|merci|alors|du deces|de ca|de cela|oui))*"
)
"""Of normalized texts."""


class SupportTexts:
    """Texts by name. Raises KeyError when made from a file with an unknown placeholder."""

    def __init__(self, settings: Settings, hours: OpeningHours, file: Path = _FILE) -> None:
        raw = _read(file)
        wishes = (frozenset(normalized(wish) for wish in raw[name]) for name in _LISTS)
        self._end, self._leave, self._give_up, self._transcript = wishes
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

    def since(self, moment: datetime, now: datetime) -> str:
        """Return when something began: « 14h05 », « le 28/11 à 9h »."""
        local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
        hour = french_hour(local.time())
        return hour if local.date() == today else self.render("since_day", date=f"{local:%d/%m}", hour=hour)

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
        wishes = self._end if with_agent else self._end | self._leave | self._give_up
        return not wishes.isdisjoint(_readings(text))

    @staticmethod
    def asks_team(text: str) -> bool:
        """Return whether a whole message asks to tell the team what was just spoken of: « merci de prévenir l'équipe »."""
        return _ASKS_TEAM.fullmatch(normalized(text).replace(",", " ").replace("  ", " ")) is not None

    def gives_up(self, text: str) -> bool:
        """Return whether a whole message that ends a wait gives the request up, too."""
        return not self._give_up.isdisjoint(_readings(text))

    def wants_transcript(self, text: str) -> bool:
        """Return whether a whole message asks for the transcript of the conversation with the team."""
        return normalized(text) in self._transcript


def _readings(text: str) -> set[str]:
    """Return a message normalized, as it is and without the politeness at its end: « fin, s'il vous plaît » → "fin"."""
    wish = normalized(text)
    return {wish, re.sub(r"(?:[ ,]+(?:s il (?:vous|te) plait|svp|stp|merci|en fait))+$", "", wish)}


@cache
def _read(file: Path) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(file.read_text("utf-8")))


def normalized(text: str) -> str:
    """Return the text in lower case, without accents, apostrophes, hyphens and end punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    for mark in "'’-":
        bare = bare.replace(mark, " ")
    return " ".join(bare.split()).strip(" .!…")
