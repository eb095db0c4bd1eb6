"""A simulated user: reads the assistant's answer and answers from what they know, in their manner, the same each time."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.dialogues import cards
from bench.dialogues.cards import CARDS, Flaw, Seen, look_at, person_named, targets_of
from bench.dialogues.goals import Goal, Manner, Person
from bench.dialogues.judge import Expected
from bench.dialogues.phrases import Phrases, facts_of
from bench.dialogues.replies import Button, Reply

MOST_REPEATED = 2
"""How often the same wish, or the same correction, is said before the user gives it up."""
_BASES = {"care_team_informed": "meme equipe", "consent_given": "accord de l'usager", "neither": "ni l'un"}
"""Words of the button of each basis."""
_YES = {cards.REMOVE: "oui", cards.TEAM: "oui", cards.REQUEST: "envoyer la demande", cards.CREATE: "oui"}
_READINGS = {
    "access": "ajouter un partenaire",
    "removal": "retirer un partenaire",
    "request": "demander un compte",
    "dossier": "créer un dossier",
    "settings": "notifications",
    "read": "comme lues",
    "link": "compte",
    "tickets": "joindre l'équipe",
}
"""Words of the button of a reading by the beginning of what is wanted."""
_SEXES = {"female": "féminin", "male": "masculin", "unknown": "non précisé"}
_USAGER_FACTS = {"usager_family": "family", "usager_given": "given", "usager_birth_date": "birth_date"}
_TASKS = (
    (("member",), {"removal"}),
    (("partner", "choose_person", "not_found"), {"access", "request"}),
    (("record_", "which_name"), {"request"}),
)
"""Kinds of questions, by their beginnings, and what must be wanted for them to be answered."""
_ANSWERED_BY_GOALS = ("wish_", "mute_which", "resume_which", "mark_which")
"""Kinds that belong to notifications: answered by goals about them, from `knows.answers`."""
_PEOPLE = ("partner", "professional")


@dataclass(frozen=True)
class Act:
    """What the user does: types a text, or presses a button."""

    text: str
    button: Button | None = None
    may_change: bool = True
    """Whether it may be followed by an act: false for words that are no yes yet."""


class SimulatedUser:
    """Somebody with a goal.

    Args:
        goal: what they want and know.
        manner: how they write.
        code: gives the login code that was mailed to an address.
    """

    def __init__(self, goal: Goal, manner: Manner, code: Callable[[str], str]) -> None:
        self._goal, self._knows, self._wording = goal, goal.knows, goal.wordings[manner]
        self._phrases = Phrases(manner, random.Random(zlib.crc32(f"{goal.id}/{manner.value}".encode())))
        self._manner, self._code = manner, code
        self._script = list(self._wording.then)
        self._hesitates = self._wording.hesitates
        self._repeated: dict[str, int] = {}
        self._correction: str | None = None
        self._told: set[str] = set()
        self._confirmed: set[str] = set()
        self._unknown_said: set[str] = set()

    def open(self) -> Act:
        """Return the first message."""
        return Act(self._wording.opening)

    @property
    def has_more_to_say(self) -> bool:
        """Whether something is still to be said, whatever the answer."""
        return bool(self._script)

    def answer(self, reply: Reply, unmet: Sequence[Expected], *, unsaid: bool = False) -> Act | None:
        """Return what the user does next; None where they have nothing to say any more, or give up.

        Args:
            reply: the assistant's answer.
            unmet: what they want and does not hold yet.
            unsaid: whether an answer that they wait for is missing.
        """
        if self._script:
            return Act(self._script.pop(0))
        kind, wants = reply.question, bool(unmet) or unsaid
        if kind in CARDS:
            return self._answer_card(reply, unmet)
        if not wants and (self._goal.agrees or self._goal.says):
            return None
        if kind is None or kind == "next_partner":
            return self._wish_again(unmet) if wants else None
        if kind in self._knows.answers:
            return self._press_or_type(reply, self._knows.answers[kind])
        if kind in ("not_understood", "readings"):
            return (self._choose_reading(reply, unmet) or self._wish_again(unmet)) if wants else None
        return self._answer_question(kind, reply, unmet)

    def _answer_question(self, kind: str, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        if self._is_about_something_else(kind, unmet):
            return self._wish_again(unmet)
        if kind == "reservation" and self._knows.period and not self._is_tired("period"):
            return self._say("not_period", period=self._knows.period.said)
        if kind in ("basis", "reservation"):
            return self._confirm_basis(reply) if self._goal.agrees else self._no()
        if kind == "resume":
            return self._say("yes") if unmet else self._no()
        if kind in ("dossier", "usager_query"):
            return self._name_dossier(reply, unmet)
        if kind in _PEOPLE or kind == "member":
            person = self._person(unmet)
            return self._say("name" if kind == "member" else "person", **facts_of(person)) if person else self._unknown()
        if kind == "choose_person":
            return self._choose(reply, unmet)
        if kind == "not_found":
            return self._not_found(reply, unmet)
        if kind == "what_to_correct":
            return Act(self._correction or self._phrases.write(self._goal.plainly))
        if kind.startswith("login_"):
            email = self._knows.email or self._goal.user
            return Act(email if kind == "login_email" else self._code(email))
        if kind.startswith("usager_"):
            return self._answer_usager(kind, reply)
        if kind == "which_name" or kind == "partner_email" or kind.startswith("record_"):
            return self._answer_record(kind, reply, unmet)
        return self._unknown()

    def _is_about_something_else(self, kind: str, unmet: Sequence[Expected]) -> bool:
        """Tell whether a question belongs to a task that the user does not want: they say again what they do want."""
        heads = {("removal" if one.path.startswith("access/") and one.value is None else one.path.partition("/")[0]) for one in unmet}
        for kinds, needed in _TASKS:
            if kind.startswith(kinds):
                return not heads & needed if self._goal.is_change else not self._knows.people
        return kind.startswith(_ANSWERED_BY_GOALS)

    def _answer_card(self, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        kind = str(reply.question)
        if not self._goal.agrees:
            return self._hesitate() or self._no()
        if self._knows.basis == "neither":
            return self._refuse_basis(reply) if kind in (cards.ADD, cards.TEAM) else self._no()
        seen = look_at(reply, self._knows, unmet)
        who = seen.person.name if seen.person else kind
        if self._wording.confirms and seen.flaw in (None, Flaw.PERIOD) and who not in self._confirmed:
            self._confirmed.add(who)
            return Act(self._wording.confirms)
        if seen.flaw is not None:
            return self._correct(seen)
        hesitation = self._hesitate()
        if hesitation is not None:
            return hesitation
        if kind == cards.ADD or (kind == cards.TEAM and self._knows.basis):
            return self._confirm_basis(reply)
        button = reply.button(_YES[kind])
        return self._press(button) if button and self._phrases.presses() else self._say("yes")

    def _refuse_basis(self, reply: Reply) -> Act | None:
        """Say that no basis holds, the right outcome being that nothing is done."""
        return Act(self._wording.confirms) if self._wording.confirms else self._confirm_basis(reply)

    def _correct(self, seen: Seen) -> Act | None:
        said: Act | None = None
        if seen.flaw is Flaw.PERSON and seen.person:
            said = self._say("not_person", **facts_of(seen.person))
        elif seen.flaw is Flaw.DOSSIER:
            said = self._say("not_dossier", dossier=self._knows.dossier, usager=self._knows.usager.name if self._knows.usager else None)
        elif seen.flaw is Flaw.PERIOD and self._knows.period:
            said = self._say("not_period", period=self._knows.period.said)
        elif seen.flaw is Flaw.FACT:
            said = self._say("not_fact", label=seen.label, value=seen.value)
        if said is None or self._is_tired(f"{seen.flaw} {seen.label}"):
            return self._no() if not self._is_tired("no") else None
        self._correction = said.text
        return said

    def _confirm_basis(self, reply: Reply) -> Act | None:
        if self._knows.basis is None:
            return self._unknown()
        button = reply.button(_BASES[self._knows.basis])
        return self._press(button) if button and self._phrases.presses() else self._say(self._knows.basis)

    def _hesitate(self) -> Act | None:
        if self._hesitates is None:
            return None
        said, self._hesitates = self._hesitates, None
        return Act(said, may_change=False)

    def _name_dossier(self, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        usager = self._knows.usager
        wanted = [one.path.split("/")[1] for one in unmet if one.path.startswith("access/")]
        dossier = wanted[0] if self._knows.dossier and wanted else self._knows.dossier
        button = reply.button(dossier or "") or (reply.button(usager.family) if usager else None)
        if self._is_tired("dossier"):
            return None
        if button and self._phrases.presses():
            return self._press(button)
        if dossier:
            return self._say("dossier", dossier=dossier, usager=usager.name if usager else None)
        return self._say("usager", usager=usager.name) if usager else self._unknown()

    def _choose(self, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        person = self._person(unmet)
        if person is None or self._is_tired("choice"):
            return self._no() if not self._is_tired("no") else None
        for more in (person.organization, person.city, ""):
            button = reply.button(person.family, person.given or "", more or "")
            if button is not None:
                return self._press(button) if self._phrases.presses() else self._say("person", **facts_of(person))
        nobody = reply.button("personne ne correspond")
        return self._press(nobody) if nobody else self._say("not_person", **facts_of(person))

    def _not_found(self, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        button = reply.button("demander un compte")
        if button and any(one.path.startswith("request/") for one in unmet):
            return self._press(button)
        person = self._person(unmet)
        if person is None or self._is_tired("not found"):
            return None
        return self._say("person", **facts_of(person))

    def _answer_usager(self, kind: str, reply: Reply) -> Act | None:
        usager = self._knows.usager
        if usager is None:
            return self._unknown()
        if kind == "usager_sex":
            return self._press_or_type(reply, _SEXES[usager.sex]) if usager.sex else self._press_or_type(reply, _SEXES["unknown"])
        value = getattr(usager, _USAGER_FACTS[kind])
        return Act(self._phrases.write(value)) if value else self._unknown()

    def _answer_record(self, kind: str, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        person = self._person(unmet)
        if person is None:
            return self._unknown()
        if kind == "which_name":
            return self._say("which_name", **facts_of(person))
        if self._manner is Manner.MANY and kind.startswith("record_") and person.name not in self._told:
            self._told.add(person.name)
            return Act(self._phrases.all_facts(person))
        value = getattr(person, kind.removeprefix("record_").removeprefix("partner_"))
        if value:
            return self._press_or_type(reply, value)
        skip = reply.button("passer")
        asked_again = kind in self._unknown_said
        self._unknown_said.add(kind)
        return self._press(skip) if skip and (asked_again or self._phrases.presses()) else self._unknown()

    def _choose_reading(self, reply: Reply, unmet: Sequence[Expected]) -> Act | None:
        """Press what was meant, where the assistant offers what it may have understood."""
        one = unmet[0] if unmet else None
        head = one.path.partition("/")[0] if one else ""
        title = _READINGS.get("removal" if one and head == "access" and one.value is None else head)
        button = reply.button(title) if title and reply.question == "readings" else None
        return self._press(button) if button and not self._is_tired("reading") else None

    def _wish_again(self, unmet: Sequence[Expected]) -> Act | None:
        """Say the wish that is left in plain words, as often as somebody would."""
        for kind, phrase in ((cards.ADD, "add"), (cards.REMOVE, "remove")):
            for person, reference in targets_of(kind, self._knows, [one for one in unmet if one.path.startswith("access/")]):
                if self._is_tired(f"{phrase} {person.name}"):
                    return None
                usager = self._knows.usager.name if self._knows.usager else None
                said = self._say(phrase, **facts_of(person), dossier=reference if self._knows.dossier else None, usager=usager)
                return said or Act(self._phrases.write(self._goal.plainly))
        return None if self._is_tired("wish") else Act(self._phrases.write(self._goal.plainly))

    def _person(self, unmet: Sequence[Expected]) -> Person | None:
        """Return the person whom the next question is about: the first who is still wanted."""
        for one in unmet:
            person = person_named(self._knows, one.path.rpartition("/")[2])
            if person is not None:
                return person
        return self._knows.people[0] if self._knows.people else None

    def _press_or_type(self, reply: Reply, value: str) -> Act:
        button = reply.button(value)
        return self._press(button) if button and self._phrases.presses() else Act(self._phrases.write(value))

    def _say(self, kind: str, **facts: str | None) -> Act | None:
        said = self._phrases.say(kind, **facts)
        return Act(said) if said is not None else None

    def _unknown(self) -> Act | None:
        return None if self._is_tired("unknown", 8) else self._say("unknown")

    def _no(self) -> Act | None:
        return self._say("no")

    def _press(self, button: Button) -> Act:
        return Act(button.title, button)

    def _is_tired(self, what: str, most: int = MOST_REPEATED) -> bool:
        self._repeated[what] = self._repeated.get(what, 0) + 1
        return self._repeated[what] > most
