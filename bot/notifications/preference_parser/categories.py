"""The kinds of tokens that a request is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto


class Kind(StrEnum):
    """What a token is."""

    DOSSIER = auto()
    """Value: reference, or None for one that is named otherwise."""
    WAY = auto()
    """Value: `Way`, "here", "all", or the word of one that is not offered."""
    CATEGORY = auto()
    DIGEST = auto()
    COUNT = auto()
    """Value: (how many, per "day", "week", "other")."""
    NOW = auto()
    RANGE = auto()
    """Value: (start, end)."""
    AFTER = auto()
    BEFORE = auto()
    AT = auto()
    """Value of the three: the local time."""
    DAYS = auto()
    """Value: `Days`."""
    PART = auto()
    """Value: the part's name."""
    SINCE = auto()
    """« à partir de lundi »."""
    UNTIL = auto()
    DURATION = auto()
    ONCE = auto()
    """Value of the four: the words."""
    DATES = auto()
    """Value: the match."""
    NEVER = auto()
    """« pas », « coupe »: what follows is not wanted. Value: whether it says so alone."""
    PAUSE = auto()
    """« sourdine », « mute »: a word for quiet."""
    QUIET = auto()
    """« heures calmes »."""
    RESUME = auto()
    LIFT = auto()
    """« enlève », « annule »: of a mute or quiet hours, their end; else not wanted."""
    ON = auto()
    """« active », « garde »."""
    TELL = auto()
    """« envoie », « préviens », « je veux »: what follows is wanted."""
    CONVERT = auto()
    """« passe … en », « regroupe »: what is told already is told otherwise."""
    ONLY = auto()
    PREFER = auto()
    """« je préfère », « suffit »: this way, and no other."""
    ALSO = auto()
    INSTEAD = auto()
    """« plutôt que »: what follows is not wanted, what came before is."""
    REST = auto()
    EXCEPT = auto()
    OUTSIDE = auto()
    EVEN = auto()
    """« même la nuit », « jour et nuit »: quiet hours do not hold."""
    WAITS = auto()
    """« le reste attend 7h »."""
    URGENT = auto()
    FEWER = auto()
    AWAY = auto()
    """« congés », « absente »."""
    UNREADABLE = auto()
    """« quand je dors », « par défaut », « je ne reçois rien »: conditions, resets and complaints that no change answers."""
    BEYOND = auto()
    """« un jour sur deux », « n'arrête pas », « pour toute l'équipe »: what no change can hold. Value: the words."""
    THING = auto()
    """« notifs », « rien », « déranger »: that it is about notices at all."""
    THEN = auto()
    """« ce jour-là »: at the time that is named elsewhere."""
    OWN_LIST = auto()
    """« je regarde sur SPHERE », « la liste de SPHERE me suffit »."""
    BREAK = auto()
    """Where a new clause may begin."""
    BUT = auto()
    """Where one begins."""


ALONE = "alone"
"""Value of « que », as in « que les documents »: nothing else is wanted."""
UNCHANGED = "unchanged"
"""Value of a break that says that what is not named stays as it is."""
TIMES = frozenset(
    {
        *(Kind.RANGE, Kind.AFTER, Kind.BEFORE, Kind.AT, Kind.DAYS, Kind.PART),
        *(Kind.SINCE, Kind.UNTIL, Kind.DURATION, Kind.ONCE, Kind.DATES),
    }
)
"""What says when."""


@dataclass(frozen=True)
class Days:
    """Days of the week that were named together."""

    days: frozenset[int]
    bare: bool = False
    """« samedi » without an article: the next, or every."""
    part: str | None = None
    """« le mercredi après-midi »."""


DAY_SPANS = (Kind.SINCE, Kind.UNTIL, Kind.DURATION, Kind.ONCE, Kind.DATES)
"""From and until which day something holds."""
