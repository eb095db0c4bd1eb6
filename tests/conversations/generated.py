"""Conversations made up from a seed: what people type about usagers, partners and dossiers, in any order, with any button pressed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"]
PRESS = ""
"""A step that presses one of the buttons that are shown, instead of typing."""
_PLAIN = (
    *("bonjour", "merci", "mes dossiers", "annuler", "oui", "non", "2", "la première", "c'est quoi le ROR ?", "qui suis-je ?", "aide"),
    *("passer", "nouveau dossier", "retrouver un dossier", "ajoute un partenaire", "asdf qsdf", "🏥👍", "je veux parler à quelqu'un"),
    *("où en est ma demande de compte ?", "active les notifications", "même équipe de soins, usager informé", "tu es sûr ?"),
)
_OF_PARTNERS = (
    "ajoute {partner} au dossier {dossier}",
    "tu connais {partner} ?",
    "retire {partner} du dossier {dossier}",
    "demande un compte pour {partner}",
    "qui suit le dossier {dossier} ?",
)
_PARTNERS = ("Paul Martin, kiné à Vierzon", "le Dr Leïla Benali", "Nathalie Martin de Blois", "Sophie Leroux", "Zorglub Inconnu")
_DOSSIERS = ("SPH-2024-000137", "SPH-2024-000142", "SPH-2024-000205", "137")
_ANYWHERE = (
    "retrouve le dossier de {civility} {family}",
    "dossier de {given} {family}",
    "crée un dossier pour {given} {family} né le {birth}",
    "nouveau dossier : {civility} {family} {given}, née le {birth}",
    "ajoute {partner} au dossier de {civility} {family}",
    "retrouve le dossier du patient {initials}",
    "mon patient {civility} {family} est né le {birth}",
    "qui suit {civility} {family} ?",
    "né le {birth}",
    "dossier {family} {birth}",
)
"""What tells by itself that an usager is meant."""
_WHEN_KNOWN = (
    "{given} {family} va mieux",
    "{family} {given}",
    "ajoute {partner} pour {given} {family}",
    "{initials} est hospitalisée depuis hier",
    "pour {family} c'est fait, j'ai vu {partner}",
    "{given} {FAMILY}, {birth}",
    "et {fa_mily} ?",
)
"""What only who knows the usagers of the speaker's dossiers can tell."""
_BY_AGENTS = (
    "C'est fait pour {given} {family}.",
    "Bonjour, je vois le dossier de {civility} {family}, née le {birth}.",
    "La patiente {given} {family} est bien enregistrée.",
    "J'ai retrouvé {family} {given}, {birth}.",
    "{civility} {family} habite 12 rue des Lilas, 41000 Blois.",
    "Vous pouvez appeler {civility} {family} au 06 12 34 56 78.",
    "Pour {given} {family} et {other_given} {other_family}, tout est en ordre.",
    "Le patient {given} {FAMILY}, NIR 1 48 03 41 012 345 67, est là.",
    "Rappelez-nous au 05 57 96 59 47, nous sommes là jusqu'à 17h30.",
)
"""What agents write in words of their own."""
NOBODYS = ("rue des lilas", "06 12 34 56 78", "012 345")
"""What agents write that leads to somebody: not of any usager in particular, and on no external channel either."""
ASK = "je veux parler à quelqu'un de l'équipe"
DESK, GROUP = "desk", "group"


@dataclass(frozen=True)
class AgentStep:
    """A member of the team takes the conversation, or writes in it; nothing is written where they close it."""

    by: str
    """`DESK` or `GROUP`."""
    text: str = ""
    note: bool = False
    takes: bool = False


@dataclass(frozen=True)
class Someone:
    """An usager as the platform knows them."""

    family: str
    given: str
    birth: str
    """ISO date."""
    female: bool

    @classmethod
    def of(cls, patient: dict[str, Any]) -> Someone:
        """From a FHIR Patient."""
        name = patient["name"][0]
        return cls(name["family"], name["given"][0], patient["birthDate"], patient.get("gender") == "female")


def conversation(seed: int, own_now: Callable[[], Sequence[Someone]], others: Sequence[Someone]) -> Iterator[str | AgentStep]:
    """The steps of one conversation: texts, `PRESS`, and in one of three what a member of the team does, who was asked for.

    Args:
        own_now: usagers of the speaker's dossiers; none while the chat is linked to nobody.
        others: everybody else that there is.
    """
    chance = random.Random(seed)
    if chance.random() < 1 / 3:
        yield from _with_agent(chance, own_now, others)
        return
    for _ in range(chance.randint(3, 6)):
        kind, own = chance.random(), own_now()
        if kind < 0.2:
            yield PRESS
        elif kind < 0.4:
            yield chance.choice(_PLAIN)
        elif kind < 0.55:
            yield _filled(chance, chance.choice(_OF_PARTNERS), chance.choice(others))
        elif own and kind < 0.85:
            yield _filled(chance, chance.choice(_ANYWHERE + _WHEN_KNOWN), chance.choice(own))
        else:
            yield _filled(chance, chance.choice(_ANYWHERE), chance.choice(others))


def _with_agent(chance: random.Random, own_now: Callable[[], Sequence[Someone]], others: Sequence[Someone]) -> Iterator[str | AgentStep]:
    """A person is asked for, joins, and both name usagers, of the user's dossiers or not."""
    by = chance.choice((DESK, GROUP))
    yield ASK
    yield _filled(chance, chance.choice(_ANYWHERE), chance.choice(others))
    yield AgentStep(by, takes=True)
    for _ in range(chance.randint(1, 2)):
        someone = chance.choice(own_now() or others) if chance.random() < 0.5 else chance.choice(others)
        yield AgentStep(by, _filled(chance, chance.choice(_BY_AGENTS), someone, chance.choice(others)), note=chance.random() < 0.2)
    yield _filled(chance, chance.choice(_ANYWHERE), chance.choice(others))
    yield AgentStep(by)


def _filled(chance: random.Random, template: str, someone: Someone, other: Someone | None = None) -> str:
    year, month, day = someone.birth.split("-")
    births = (f"{day}/{month}/{year}", f"{day}.{month}.{year}", f"{int(day)} {MONTHS[int(month) - 1]} {year}", f"{day}-{month}-{year[2:]}")
    text = template.format(
        civility=chance.choice(("Mme", "madame") if someone.female else ("M.", "monsieur")),
        family=someone.family,
        FAMILY=someone.family.upper(),
        fa_mily=someone.family.lower(),
        given=someone.given,
        other_family=(other or someone).family,
        other_given=(other or someone).given,
        initials=f"{someone.given[0]}.{someone.family[0]}.",
        birth=chance.choice(births),
        partner=chance.choice(_PARTNERS),
        dossier=chance.choice(_DOSSIERS),
    )
    return text.lower() if chance.random() < 0.15 and "{initials}" not in template else text
