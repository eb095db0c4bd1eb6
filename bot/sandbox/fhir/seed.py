"""The demo data: accounts and dossiers, all invented, the same in every installation."""

from __future__ import annotations

import random
from datetime import date, timedelta

from faker.providers.person.fr_FR import Provider as FrenchNames

from bot.core.text_folding import fold
from bot.directory.records import Practice, Professional
from bot.sandbox.demo_directory import DEMO_PEOPLE, SEED, demo_rows, is_reserved
from bot.sandbox.fhir.resources import Resource, account_resources, care_team, participant, patient

OTHER_ACCOUNTS = 40
"""Number of partners with an account besides those known by name; all are in the demo directory."""
OTHER_DOSSIERS = 20
_DIRECTORY_SIZE = 5_000
_REGION = {"18", "28", "36", "37", "41", "45"}

_KNOWN = {
    "Claire Moreau": "Infirmière libérale",
    "Karim Benali": "Médecin généraliste",
    "Sophie Leroux": "Assistante sociale",
    "Paul Martin": "Masseur-kinésithérapeute",
}


def demo_resources() -> list[Resource]:
    """Return every resource of a fresh sandbox, those that are referenced first."""
    rng = random.Random(SEED)
    known = {name: account_resources(DEMO_PEOPLE[name], DEMO_PEOPLE[name].email, profession) for name, profession in _KNOWN.items()}
    others = [account_resources(person, person.email, person.speciality or person.profession) for person in _others()]
    resources = [resource for group in (*known.values(), *others) for resource in group]
    claire, karim, sophie = (known[name][0] for name in ("Claire Moreau", "Karim Benali", "Sophie Leroux"))
    # Some members are a PractitionerRole, as the profile of the ANS wants; some are a Practitioner.
    partners = [group[2] if number % 3 == 0 else group[0] for number, group in enumerate(others)]
    resources += _dossier(
        "SPH-2024-000137", ("Durand", "Jeanne", date(1948, 3, 12), "female"), [claire, partners[0], partners[1]], date(2024, 2, 5)
    )
    resources += _dossier(
        "SPH-2024-000142", ("Garnier", "Marcel", date(1939, 11, 2), "male"), [sophie, claire, partners[2]], date(2024, 2, 19)
    )
    resources += _dossier("SPH-2025-000018", ("Lemaitre", "Odette", date(1944, 7, 28), "female"), [partners[4], claire], date(2025, 1, 13))
    resources += _dossier(
        "SPH-2024-000205", ("Fontaine", "Robert", date(1951, 5, 30), "male"), [karim, partners[5], partners[6]], date(2024, 4, 8)
    )
    families = [
        name for name in FrenchNames.last_names if fold(name) not in ("durand", "garnier", "lemaitre", "fontaine") and not is_reserved(name)
    ]
    for number in range(OTHER_DOSSIERS):
        woman = rng.random() < 0.6
        given = rng.choice(list(FrenchNames.first_names_female if woman else FrenchNames.first_names_male))
        born = date(1928, 1, 1) + timedelta(days=rng.randrange(25_000))
        opened = date(2024, 3, 1) + timedelta(days=rng.randrange(400))
        members = rng.sample(partners[1:], rng.randrange(1, 6))
        reference = f"SPH-{opened.year}-{300 + 13 * number:06d}"
        resources += _dossier(reference, (rng.choice(families), given, born, "female" if woman else "male"), members, opened)
    return resources


def _dossier(reference: str, identity: tuple[str, str, date, str], members: list[Resource], opened: date) -> list[Resource]:
    participants = [participant(member, opened + timedelta(days=3 * number), referent=number == 0) for number, member in enumerate(members)]
    return [patient(reference, *identity), care_team(reference, participants, opened)]


def _others() -> list[Professional]:
    known = {person.key for person in DEMO_PEOPLE.values()}
    found: dict[str, Professional] = {}
    for row in demo_rows(_DIRECTORY_SIZE):
        if row.key in known or row.key in found or row.departement not in _REGION:
            continue
        email = row.email or f"{fold(row.given)}.{fold(row.family)}@sphere.example".replace(" ", "-")
        found[row.key] = Professional(
            key=row.key,
            family=row.family,
            given=row.given,
            rpps=row.key[1:] if row.key[0] == "8" else "",
            adeli=row.key[1:] if row.key[0] == "0" else "",
            title=row.title,
            civility=row.civility,
            profession_code=row.profession_code,
            profession=row.profession,
            speciality=row.speciality,
            practices=(
                Practice(
                    structure=row.structure,
                    address=tuple(row.address.split("\n")),
                    postal_code=row.postal_code,
                    city=row.city,
                    phone=row.phone,
                    email=email,
                ),
            ),
        )
        if len(found) == OTHER_ACCOUNTS:
            break
    return list(found.values())
