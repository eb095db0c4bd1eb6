"""Goals: who the user is, what they know, what must hold at the end, and their first messages by manner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bench.dialogues.yaml_files import read_yaml

FOLDER = Path(__file__).resolve().parent
GOALS = FOLDER / "goals"


class Manner(StrEnum):
    """How somebody writes."""

    FORMAL = "formal"
    """Whole sentences."""
    SMS = "sms"
    """Small letters without accents, abbreviations."""
    MANY = "many"
    """Several facts at once, whatever was asked."""
    CORRECTS = "corrects"
    """Something said first is corrected on the way."""
    COURTEOUS = "courteous"
    """Side remarks, thanks, a yes that is none yet."""


class Strict(BaseModel):
    """What a YAML file says; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Strict):
    """A professional as the user knows them: what is missing they do not know."""

    given: str | None = None
    family: str
    civility: str | None = None
    profession: str | None = None
    city: str | None = None
    organization: str | None = None
    mode: str | None = None
    rpps: str | None = None
    email: str | None = None
    phone: str | None = None

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given or ''} {self.family}".strip()


class Usager(Strict):
    """An usager as the user knows them."""

    family: str
    given: str | None = None
    birth_date: str | None = None
    sex: str | None = None

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given or ''} {self.family}".strip()


class Period(Strict):
    """When an access starts or ends."""

    said: str
    """As the user says it: « jusqu'au 15 mars 2027 »."""
    shown: tuple[str, ...]
    """Ways of writing the day, one of which a right card shows."""


class Knowledge(Strict):
    """The facts that the user answers from."""

    dossier: str | None = None
    usager: Usager | None = None
    people: tuple[Person, ...] = ()
    """The professionals whom the wish is about, in the order of the wish."""
    others: tuple[str, ...] = ()
    """Family names that must not stand on a card: others of whom is spoken."""
    basis: Literal["care_team_informed", "consent_given", "neither"] | None = None
    period: Period | None = None
    email: str | None = None
    """Address of the user's own account, typed to be identified."""
    answers: dict[str, str] = Field(default_factory=dict)
    """What is answered to other questions: by their kind in questions.yml."""


class GivenNotice(Strict):
    """A notification of the user that was told before."""

    kind: str
    dossier: str | None = None
    title: str | None = None


class GivenRequest(Strict):
    """An account request that was made before."""

    by: str
    record: dict[str, str]
    state: str = "received"
    reason: str | None = None
    dossier: str | None = None
    basis: str | None = None


class Given(Strict):
    """What was there before, beside the fresh sandbox."""

    access: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By reference, addresses of accounts that have access as well."""
    requests: tuple[GivenRequest, ...] = ()
    notices: tuple[GivenNotice, ...] = ()
    preferences: dict[str, Any] = Field(default_factory=dict)
    after: str | None = None
    """Id of a goal that somebody reached before, in another conversation."""


class Wording(Strict):
    """What the user says by themself in one manner; answers come from what they know."""

    opening: str
    then: tuple[str, ...] = ()
    """Said after the first answer, whatever it was: a correction, a second thought."""
    hesitates: str | None = None
    """Said to the first right card in the place of a yes: nothing may be done then."""
    passes: tuple[str, ...] = ()
    """Beginnings of paths that may change on the way: what was ordered in so many words, and then corrected."""
    confirms: str | None = None
    """The yes, where it is not one of the manner's."""

    @property
    def added_turns(self) -> int:
        """How many turns more than the goal's least this wording takes by itself."""
        return len(self.then) + bool(self.hesitates)


def _wording(value: object) -> object:
    return {"opening": value} if isinstance(value, str) else value


class Goal(Strict):
    """Something that somebody wants, or an act that must not happen."""

    id: str
    user: str
    """Address of the account; the chat is linked to it unless `linked` is false."""
    linked: bool = True
    knows: Knowledge = Knowledge()
    given: Given = Given()
    agrees: bool = True
    """Whether the user says yes to the card; false where the right outcome is that nothing is done."""
    end: dict[str, Any] = Field(default_factory=dict)
    """The change of the data, in the form that `bench.dialogues.judge` reads; empty: nothing may change."""
    passes: tuple[str, ...] = ()
    """Beginnings of paths of the snapshot that may change on the way."""
    says: tuple[str, ...] = ()
    """Regular expressions, each of which must match something that the assistant said (folded to plain small letters)."""
    never_says: tuple[str, ...] = ()
    least: Annotated[int, Field(ge=1)]
    plainly: str
    """The wish in plain words, said again where it was not understood."""
    wordings: dict[Manner, Annotated[Wording, BeforeValidator(_wording)]]

    @model_validator(mode="after")
    def _is_whole(self) -> Goal:
        if set(self.wordings) != set(Manner):
            raise ValueError(f"{self.id}: a wording is needed for each manner")
        if not self.end and not self.says and self.agrees:
            raise ValueError(f"{self.id}: nothing to judge by: an expected change, words, or that the user does not agree")
        return self

    @property
    def is_change(self) -> bool:
        """Whether data must change."""
        return bool(self.end)


def load_goals(wanted: Iterable[str] = ()) -> list[Goal]:
    """Return the goals, those named by id or by file where any are. Raise KeyError for a name that there is not."""
    by_file = {file.stem: list(_read(file)) for file in sorted(GOALS.glob("*.yml"))}
    every = {goal.id: goal for goals in by_file.values() for goal in goals}
    names = list(wanted)
    if not names:
        return list(every.values())
    return [goal for name in names for goal in (by_file[name] if name in by_file else [every[name]])]


def _read(file: Path) -> Iterator[Goal]:
    for entry in read_yaml(file):
        yield Goal.model_validate(entry)
