"""Who there is: people and dossiers by their number, all of it computed, so that every process says the same without being told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]
FIRST_CHAT = 500_000
_STEP = 181
"""Members of a team are that far apart: a prime, so that teams overlap without being the same."""


@dataclass(frozen=True)
class Population:
    """`people` people with an account and a chat, `dossiers` dossiers with `members` of them each."""

    people: int
    dossiers: int
    members: int

    def account(self, person: int) -> str:
        """Id of a person's account."""
        return f"p-{person}"

    def chat(self, person: int) -> int:
        """Id of a person's Telegram chat."""
        return FIRST_CHAT + person

    def person_of_chat(self, chat: int) -> int:
        """Whose chat it is."""
        return chat - FIRST_CHAT

    def reference(self, dossier: int) -> str:
        """Reference of a dossier."""
        return f"SPH-2026-{dossier + 1:06d}"

    def dossier_of(self, reference: str) -> int | None:
        """The dossier of a reference; None where there is none."""
        number = int(reference[-6:]) - 1 if reference.startswith("SPH-2026-") and reference[-6:].isdecimal() else -1
        return number if 0 <= number < self.dossiers else None

    def team(self, dossier: int) -> list[int]:
        """The people of a dossier."""
        start = dossier * self.people // self.dossiers
        return [(start + number * _STEP) % self.people for number in range(self.members)]

    def event(self, dossier: int, number: int, at: datetime, kind: str = "note.added") -> Json:
        """The `number`th event of a dossier: another member did it each time."""
        return {
            "specversion": "1.0",
            "id": f"{dossier}-{number}",
            "source": "urn:sphere:population",
            "type": f"fr.sphere.{kind}",
            "subject": self.reference(dossier),
            "time": at.isoformat(),
            "data": {"author": self.account(self.author(dossier, number))},
        }

    def author(self, dossier: int, number: int) -> int:
        """Who did it."""
        return self.team(dossier)[number % self.members]

    def recipients(self, dossier: int, number: int) -> list[int]:
        """Whom an event concerns."""
        return [person for person in self.team(dossier) if person != self.author(dossier, number)]


# --- as FHIR ------------------------------------------------------------------------------------


def practitioner(population: Population, person: int) -> Json:
    """The account of a person."""
    return {
        "resourceType": "Practitioner",
        "id": population.account(person),
        "meta": {"versionId": "1"},
        "active": True,
        "name": [{"family": f"Nom{person}", "given": [f"Prénom{person}"]}],
        "telecom": [{"system": "email", "value": f"p{person}@population.example"}],
    }


def patient(population: Population, dossier: int) -> Json:
    """The usager of a dossier."""
    return {
        "resourceType": "Patient",
        "id": f"u-{dossier}",
        "meta": {"versionId": "1"},
        "identifier": [{"system": "urn:sphere:dossier", "value": population.reference(dossier)}],
        "name": [{"family": f"Zorglub{dossier}", "given": ["Jeanne"]}],
        "birthDate": "1948-03-12",
    }


def care_team(population: Population, dossier: int) -> Json:
    """The care team of a dossier."""
    participants = [
        {
            "member": {"reference": f"Practitioner/{population.account(person)}", "display": f"Prénom{person} Nom{person}"},
            "period": {"start": "2026-01-05"},
        }
        for person in population.team(dossier)
    ]
    return {
        "resourceType": "CareTeam",
        "id": f"t-{dossier}",
        "meta": {"versionId": "1"},
        "identifier": [{"system": "urn:sphere:team", "value": population.reference(dossier)}],
        "status": "active",
        "subject": {"reference": f"Patient/u-{dossier}"},
        "period": {"start": "2026-01-05"},
        "participant": participants,
    }
