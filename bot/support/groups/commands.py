"""The commands that agents write in the team's groups."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.support.records import Outcome
from bot.support.texts import normalized


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
class ParsedCommand:
    """A command with its argument; `command` is None for one that does not exist."""

    command: Command | None
    argument: str


def parse_command(text: str) -> ParsedCommand | None:
    """Return the command that a text is; None where it is words for the user."""
    text = text.strip()
    if not text.startswith("/"):
        return None
    word, _, argument = text[1:].replace("\n", " \n", 1).partition(" ")
    name = normalized(word)
    known = Command(name) if name in set(Command) else _ALIASES.get(name)
    return ParsedCommand(known, argument.strip())


def parse_outcome(text: str) -> Outcome | None:
    """Return the outcome that an agent names in a word, or a form by its value; None where it is no outcome."""
    return Outcome(text) if text in set(Outcome) else _OUTCOMES.get(normalized(text))
