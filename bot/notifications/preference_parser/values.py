"""What is read from, and what comes out of reading: requests, and questions where a request can be taken in two ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.notifications.kinds import DeliveryChannel
from bot.notifications.preference_changes import Change
from bot.notifications.preferences import Preferences

Changes = tuple[Change, ...]


@dataclass(frozen=True)
class Span:
    """An entity that the model found in a text: `text[start:end]`."""

    entity: str
    start: int
    end: int


@dataclass(frozen=True)
class Context:
    """What a request is read against."""

    preferences: Preferences
    ways: frozenset[DeliveryChannel]
    """Ways that the person has now."""
    now: datetime
    dossier: str | None = None
    """Reference of the dossier that « ce dossier » is, or that was found for the one the text names by its usager."""
    here: DeliveryChannel | None = None
    """The way that is being written on: « ici »."""


class About(StrEnum):
    """What is asked."""

    WAY = "way"
    """By which way: choices `way`, `every_way`."""
    ALSO_OR_ONLY = "also_or_only"
    """Besides the other channels, or in their place: choices `also`, `only`."""
    NO_SUCH_WAY = "no_such_way"
    """SMS, a call, …: not offered; `value` is the word. No choices."""
    NOT_LINKED = "not_linked"
    """Only by a way that the person does not have (`value`): first it must be linked. No choices."""
    MEANING = "meaning"
    """An hour, a part of the day, days, of which was not said what shall be then (`value`: the hour, if it is one): choices of
    `digest_at`, `not_before`, `not_after`, `only_then`, `quiet`."""
    EVENING = "evening"
    """From what hour the evening is quiet, or at what hour its digest leaves: choices `hour`."""
    HALF = "half"
    """« après 8h »: of the morning or of the evening: choices `hour`."""
    HOURS = "hours"
    """At what hours so many digests a day (`value`). No choices."""
    DAY = "day"
    """On which day the weekly digest: choices `day`."""
    DAYS = "days"
    """On which days so many digests a week (`value`). No choices."""
    NO_DIGEST = "no_digest"
    """No digests any more: at once then, or nothing: choices `now`, `never`."""
    RHYTHM = "rhythm"
    """A rhythm that is not offered (monthly, hourly): choices `daily`; `weekly` asks for the day."""
    ONCE_OR_ALWAYS = "once_or_always"
    """« samedi »: the next, or every: choices `once`, `always`."""
    UNTIL = "until"
    """A mute until when: choices `until_undone`, `one_week`, `two_weeks`."""
    LESS = "less"
    """Fewer notices, but how: choices `digest`, `quiet_evening`, `quiet_weekend`, `never` (where it was about a way)."""
    AWAY = "away"
    """« je suis en congés du 3 au 17 »: shall there be a mute: choices `mute`."""
    QUIET = "quiet"
    """Quiet hours, but when? No choices."""
    URGENT = "urgent"
    """Only what is urgent: choices `digest` (urgent ones still come at once)."""
    URGENT_THEN = "urgent_then"
    """Only what is urgent, at some times: choices `pause` (a mute, of what is urgent too), `quiet` (every week; urgent ones come)."""
    LAST_DAY = "last_day"
    """A leave until a day of the week: choices `included`, `excluded`."""
    CONFIRM = "confirm"
    """The text holds words (`value`) that were not read: shall the rest be done: choices `yes`."""
    DOSSIER = "dossier"
    """Which dossier is meant: the caller finds out, and reads again with `Context.dossier`. No choices."""
    DOSSIER_MODE = "dossier_mode"
    """A dossier has no channels and no rhythm of its own: choices `mute` where it was about less."""
    FOR_ALL = "for_all"
    """Quiet hours and mutes hold for every channel and category: choices `all`, `never` (this channel or category, at any time)."""
    RESUME = "resume"
    """Which of several mutes: choices `dossier`, `all`."""
    UNCLEAR = "unclear"
    """Something could not be read: `value` holds these words, "" the sentence as a whole. No choices."""


class Choice(BaseModel):
    """One way to take a request."""

    model_config = ConfigDict(frozen=True)

    name: str
    """As listed at `About`."""
    value: str = ""
    """What makes it this one: a way, an hour (`19:00`), a day (`0` is Monday), a dossier's reference."""


class PreferenceRequest(BaseModel):
    """What is requested, without doubt."""

    model_config = ConfigDict(frozen=True)

    changes: tuple[Change, ...]


class Given(BaseModel):
    """What was answered to a question about a clause of the request."""

    model_config = ConfigDict(frozen=True)

    clause: int
    about: About
    choice: Choice


class Question(BaseModel):
    """What must be known first. It holds all that is known already, so that it can be kept as JSON until the answer comes."""

    model_config = ConfigDict(frozen=True)

    about: About
    choices: tuple[Choice, ...] = ()
    value: str = ""
    text: str = ""
    """The request as it was typed, to be read again together with the answer."""
    spans: tuple[Span, ...] = ()
    clause: int = 0
    given: tuple[Given, ...] = ()


class Unclear(Exception):
    """Raised inside the reader where a question must be asked: about what, between what, about which words."""

    def __init__(self, about: About, choices: tuple[Choice, ...] = (), value: str = "") -> None:
        super().__init__(about.value)
        self.about, self.choices, self.value = about, choices, value


@dataclass(frozen=True)
class Asking:
    """What a clause is read against: the context, and what was answered about this clause before."""

    context: Context
    given: Mapping[About, Choice]

    def between(self, about: About, options: Mapping[Choice, Changes], value: str = "") -> Changes:
        """Return the changes of the option that was chosen. Raises Unclear while none was."""
        chosen = self.given.get(about)
        if chosen is None or chosen not in options:
            raise Unclear(about, tuple(options), value)
        return options[chosen]
