"""What agents read in the team's groups (texts.yml), and the commands that they write there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

from ruamel.yaml import YAML

from bot.support.records import Outcome
from bot.support.texts import folded

_FILE = Path(__file__).with_name("texts.yml")
_NAMES = ("reference", "person", "reason", "chat", "agent", "text", "to", "outcome", "dossier", "tags", "help", "error_id")


class Command(StrEnum):
    """What an agent may write behind a slash."""

    TAKE = "prendre"
    TAKE_OVER = "reprendre"
    RELEASE = "rendre"
    NOTE = "note"
    CLOSE = "fermer"
    LINK = "relier"
    HELP = "aide"


_ALIASES = {"clore": Command.CLOSE, "start": Command.HELP, "help": Command.HELP}
_OUTCOMES = {
    "": Outcome.SOLVED,
    "resolu": Outcome.SOLVED,
    "explique": Outcome.EXPLAINED,
    "transmis": Outcome.PASSED_ON,
    "injoignable": Outcome.UNREACHABLE,
    "autre": Outcome.NOT_FOR_US,
}


@dataclass(frozen=True)
class Order:
    """A command with what stands behind it; None: one that there is not."""

    command: Command | None
    rest: str


def order_of(text: str) -> Order | None:
    """The command that a text is; None where it is words for the user."""
    text = text.strip()
    if not text.startswith("/"):
        return None
    word, _, rest = text[1:].replace("\n", " \n", 1).partition(" ")
    name = folded(word)
    known = Command(name) if name in set(Command) else _ALIASES.get(name)
    return Order(known, rest.strip())


def outcome_of(text: str) -> Outcome | None:
    """How a ticket ended, as an agent says it in a word, or as forms do; None: that is no outcome."""
    return Outcome(text) if text in set(Outcome) else _OUTCOMES.get(folded(text))


class GroupTexts:
    """Texts by name, filled in. Raises KeyError when made from a file with an unknown placeholder."""

    def __init__(self, file: Path = _FILE) -> None:
        self._texts = _read(file)
        for text in self._texts.values():
            Formatter().vformat(text, (), dict.fromkeys(_NAMES, "x"))

    def say(self, name: str, **values: str) -> str:
        """Text `name`. Raises KeyError where there is none, or a placeholder has no value."""
        return self._texts[name].format(**values)

    def either(self, *names: str, **values: str) -> str:
        """The first of these texts that there is. Raises KeyError."""
        return self.say(next((name for name in names if name in self._texts), names[-1]), **values)

    def named(self, kind: str, name: str) -> str:
        """What agents call it: `reason`, `chat`, `outcome`; something new by its own name."""
        return self._texts.get(f"{kind}_{name}", name)


@cache
def _read(file: Path) -> dict[str, str]:
    return dict(YAML(typ="safe", pure=True).load(file.read_text("utf-8")))
