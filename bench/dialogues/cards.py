"""Whether a card shows what the user wants, and what on it is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.dialogues.goals import Knowledge, Person
from bench.dialogues.judge import Expected, fold_said
from bench.dialogues.replies import Reply

ADD, REMOVE, TEAM, REQUEST, CREATE = "card_add", "card_remove", "card_team", "card_request", "card_create"
CARDS = (ADD, REMOVE, TEAM, REQUEST, CREATE)
_TEAM_LINE = re.compile(r"^• a (ajouter|retirer)[^:\n]*: (.+)$", re.MULTILINE)
"""A line of a team's card, folded: what is to become of the person, and the person."""
_SHOWN = {
    "structure": "organization",
    "ville": "city",
    "e-mail": "email",
    "telephone": "phone",
    "exercice": "mode",
    "prenom": "given",
    "nom": "family",
}
"""Field of a person by its label on the card of a request."""
_SHOWN_OF_USAGER = {"nom de naissance": "family", "prenoms": "given", "date de naissance": "birth_date"}


class Flaw(StrEnum):
    """What is wrong on a card."""

    KIND = "kind"
    """It is about something that nobody asked for."""
    PERSON = "person"
    DOSSIER = "dossier"
    PERIOD = "period"
    """The day from which or until which access is wanted is not on it."""
    FACT = "fact"


@dataclass(frozen=True)
class Seen:
    """A card as the user understands it: what is wrong, and whom it should be about."""

    flaw: Flaw | None
    person: Person | None = None
    label: str = ""
    value: str = ""


def look_at(reply: Reply, knows: Knowledge, unmet: Sequence[Expected]) -> Seen:
    """Compare the card of a reply with what the user wants and does not have yet."""
    kind = str(reply.question)
    if kind == CREATE:
        return _look_at_usager(reply, knows, unmet)
    if kind == TEAM:
        return _look_at_team(reply, knows, unmet)
    targets = targets_of(kind, knows, unmet)
    if not targets:
        return Seen(Flaw.KIND)
    shown = [(person, reference) for person, reference in targets if names(reply.asking, person)]
    if not shown or any(re.search(rf"\b{re.escape(fold_said(other))}\b", reply.asking) for other in knows.others):
        return Seen(Flaw.PERSON, targets[0][0])
    person, reference = shown[0]
    if kind != REQUEST and reference and fold_said(reference) not in reply.asking:
        return Seen(Flaw.DOSSIER, person)
    if kind == ADD and knows.period and not any(fold_said(day) in reply.asking for day in knows.period.shown):
        return Seen(Flaw.PERIOD, person)
    wrong = _wrong_fact(reply, person, _SHOWN) if kind in (REQUEST, ADD) else None
    return Seen(Flaw.FACT, person, *wrong) if wrong else Seen(None, person)


def _look_at_team(reply: Reply, knows: Knowledge, unmet: Sequence[Expected]) -> Seen:
    """Compare a card with several lines: everybody who is wanted is on one that does what is wanted, and nobody else is on any."""
    wanted = {"ajouter": targets_of(ADD, knows, unmet), "retirer": targets_of(REMOVE, knows, unmet)}
    every = [target for targets in wanted.values() for target in targets]
    if not every:
        return Seen(Flaw.KIND)
    lines = _TEAM_LINE.findall(reply.asking)
    for change, targets in wanted.items():
        for person, _ in targets:
            if not any(kind == change and names(line, person) for kind, line in lines):
                return Seen(Flaw.PERSON, person)
    if any(not any(names(line, person) for person, _ in wanted[change]) for change, line in lines):
        return Seen(Flaw.PERSON, every[0][0])
    person, reference = every[0]
    if reference and fold_said(reference) not in reply.asking:
        return Seen(Flaw.DOSSIER, person)
    if wanted["ajouter"] and knows.period and not any(fold_said(day) in reply.asking for day in knows.period.shown):
        return Seen(Flaw.PERIOD, person)
    return Seen(None)


def targets_of(kind: str, knows: Knowledge, unmet: Sequence[Expected]) -> list[tuple[Person, str | None]]:
    """Return whom a card of this kind may be about, with the dossier's reference: what is wanted and does not hold yet."""
    found: list[tuple[Person, str | None]] = []
    for one in unmet:
        head, _, rest = one.path.partition("/")
        reference, _, name = rest.partition("/") if head == "access" else (None, "", rest)
        if not _is_about(kind, head, one):
            continue
        dossier = reference or (knows.dossier if kind == ADD else None)
        person = person_named(knows, name)
        if person is not None:
            found.append((person, dossier))
    return found


def _is_about(kind: str, head: str, one: Expected) -> bool:
    if kind == REMOVE:
        return head == "access" and one.value is None
    if kind == ADD:
        return (head == "access" and one.value is not None) or head == "request"
    return head == "request"


def person_named(knows: Knowledge, name: str) -> Person | None:
    """Return the person of whom a path of the snapshot speaks, as the user knows them."""
    folded = fold_said(name)
    return next((person for person in knows.people if names(folded, person)), None)


def names(folded: str, person: Person) -> bool:
    """Tell whether a folded text names the person: the family name, and the given name where it is known."""
    wanted = [person.family, *([person.given] if person.given else [])]
    return all(re.search(rf"\b{re.escape(fold_said(word))}\b", folded) for word in wanted)


def _wrong_fact(reply: Reply, known: object, labels: dict[str, str]) -> tuple[str, str] | None:
    for label, name in labels.items():
        shown, value = reply.facts.get(label), getattr(known, name, None)
        if shown is not None and value is not None and not _alike(shown, value):
            return label, str(value)
    return None


def _alike(shown: str, value: str) -> bool:
    one, other = (re.sub(r"[^a-z0-9@]", "", fold_said(text)) for text in (shown, value))
    return one == other or other in one or one in other


def _look_at_usager(reply: Reply, knows: Knowledge, unmet: Sequence[Expected]) -> Seen:
    if knows.usager is None or not any(one.path.startswith("dossier/") for one in unmet):
        return Seen(Flaw.KIND)
    wrong = _wrong_fact(reply, knows.usager, _SHOWN_OF_USAGER)
    return Seen(Flaw.FACT, None, *wrong) if wrong else Seen(None)
