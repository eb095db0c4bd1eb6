"""People whom only the Annuaire Santé has, looked up live: by number, by name, with their places, within the time of a turn."""

from __future__ import annotations

import pytest

from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.core.time_budget import TimeBudget
from bot.directory import Query
from bot.directory.live.lookup import KEPT_SECONDS, LiveLookup, NotLookedUp
from bot.http.health import AccessRefused
from bot.live_directories import LiveDirectories
from bot.settings import Settings
from tests.unit.directory.live.annuaire_server import KEY, Annuaire, organization, practitioner, role
from tests.unit.directory.live.conftest import BRUNO, GOFF, HERMISSANGE, ZOE


@pytest.fixture
def lookup(live: LiveDirectories) -> LiveLookup:
    assert live.lookup is not None
    return live.lookup


async def test_a_person_by_number_is_told_as_the_imported_list_tells_one(lookup: LiveLookup) -> None:
    (match,) = await lookup.search(Query(rpps="99 900 000 022"))
    bruno = match.professional
    assert (bruno.key, bruno.rpps, bruno.display) == (f"8{BRUNO}", BRUNO, "Dr Bruno Quintrelle")
    assert (bruno.profession_code, bruno.profession, bruno.speciality) == ("10", "Médecin", "Cardiologie et maladies vasculaires")
    (practice,) = bruno.practices  # the other activity is over
    assert (practice.structure, practice.finess, practice.city, practice.departement) == (
        "CENTRE HOSPITALIER INVENTE",
        "410000099",
        "BLOIS",
        "41",
    )
    assert (practice.mode, practice.phone, practice.address) == ("S", "0247000000", ("12 R DES INVENTIONS",))
    assert bruno.email == "bruno.quintrelle@invente.mssante.fr"
    assert match.full


@pytest.mark.parametrize(
    ("name", "rpps"),
    [
        ("Zwartkowski", ZOE),
        ("zoé zwartkowski", ZOE),
        ("Mme Zwartkowski Zoé", ZOE),
        ("Dr Bruno Quintrelle", BRUNO),
        ("Le Goffrinec", GOFF),
        ("Anne-Laure Goffrinec", GOFF),
        ("goffrinec anne laure", GOFF),
        ("D'Hermissange", HERMISSANGE),
        ("Mme. d’Hermissange", HERMISSANGE),
        ("M.Quintrelle", BRUNO),
        ("Dr B.Quintrelle", BRUNO),
    ],
)
async def test_people_by_name_in_any_order(lookup: LiveLookup, name: str, rpps: str) -> None:
    matches = await lookup.search(Query(name=name))
    assert [match.professional.rpps for match in matches] == [rpps]
    assert matches[0].full


async def test_other_criteria_say_who_is_meant(lookup: LiveLookup, annuaire: Annuaire) -> None:
    annuaire.add(practitioner("99900000044", "ZWARTKOWSKI", "ZELIE", profession="10", skill="SM04"), role("99900000044", "org-blois"))
    first = (await lookup.search(Query(name="Zwartkowski", profession="cardiologue", place="Blois")))[0]
    assert (first.professional.given, first.full) == ("ZELIE", True)
    nurse = (await lookup.search(Query(name="Zwartkowski", profession="infirmière", place="Tours")))[0]
    assert (nurse.professional.given, nurse.full) == ("ZOE", True)


@pytest.mark.parametrize(
    "query", [Query(name="Personne Inventée"), Query(name="Jean Zwartkowski"), Query(rpps="99900000099"), Query(name="Dr")]
)
async def test_nobody_is_nobody(lookup: LiveLookup, query: Query) -> None:
    assert not [match for match in await lookup.search(query) if match.full]


async def test_without_a_name_or_a_number_nobody_is_asked(lookup: LiveLookup, annuaire: Annuaire) -> None:
    assert await lookup.search(Query(profession="cardiologue", place="Tours")) == []
    assert annuaire.asked == []


async def test_names_are_in_no_url_and_only_active_people_are_asked_for(lookup: LiveLookup, annuaire: Annuaire) -> None:
    await lookup.search(Query(name="Zoé Zwartkowski"))
    assert {(method, path.rpartition("/")[2]) for method, path, _ in annuaire.asked} == {("POST", "_search")}
    assert all(("active", "true") in parameters for _, _, parameters in annuaire.asked)
    assert not any(name == "_total" for _, _, parameters in annuaire.asked for name, _ in parameters)


async def test_who_was_shown_is_found_by_key_and_asked_for_once(lookup: LiveLookup, annuaire: Annuaire) -> None:
    await lookup.search(Query(name="Zwartkowski"))
    calls = len(annuaire.asked)
    assert (await lookup.search(Query(name="Zwartkowski")))[0].professional.rpps == ZOE
    person = await lookup.get(f"8{ZOE}")
    assert person is not None
    assert person.city == "Tours"
    assert len(annuaire.asked) == calls
    assert (await lookup.get(f"8{BRUNO}")) is not None  # another process showed them
    assert await lookup.get("899900000099") is None


async def test_a_common_name_is_asked_for_one_page_and_the_places_of_few(lookup: LiveLookup, annuaire: Annuaire) -> None:
    for number in range(120):
        rpps = f"998{number:08d}"
        annuaire.add(
            practitioner(rpps, "MARTINOVIC", f"PRENOM{number}"),
            role(rpps, f"org-{number}"),
            organization(f"org-{number}", f"CABINET {number}", "TOURS", "37000"),
        )
    matches = await lookup.search(Query(name="Martinovic"))
    assert len(matches) == 10
    assert len(annuaire.asked) == 2
    assert all(match.professional.city for match in matches)


async def test_a_service_that_is_down_is_left_alone_for_a_while(lookup: LiveLookup, annuaire: Annuaire) -> None:
    annuaire.down = True
    with pytest.raises(NotLookedUp):
        await lookup.search(Query(name="Zwartkowski"))
    calls = len(annuaire.asked)
    with pytest.raises(NotLookedUp):
        await lookup.search(Query(name="Quintrelle"))
    assert await lookup.get(f"8{ZOE}") is None
    assert len(annuaire.asked) == calls


@pytest.mark.parametrize("word", ["Zwartkowski", "O'Zwart%"])
async def test_words_that_it_refuses_are_no_reason_to_leave_it_alone(lookup: LiveLookup, annuaire: Annuaire, word: str) -> None:
    annuaire.minds = word
    with pytest.raises(NotLookedUp):
        await lookup.search(Query(name=word))
    assert [match.professional.rpps for match in await lookup.search(Query(name="Quintrelle"))] == [BRUNO]


async def test_a_turn_does_not_wait_for_a_slow_service(annuaire: Annuaire, annuaire_url: str, database: Database) -> None:
    annuaire.stalls = 30.0
    settings = Settings(secret="s" * 32, annuaire_sante_url=annuaire_url, annuaire_sante_key=KEY, annuaire_sante_seconds=0.2)
    parts = LiveDirectories(settings, database, SystemClock())
    assert parts.lookup is not None
    with pytest.raises(NotLookedUp):
        await parts.lookup.search(Query(name="Zwartkowski"))
    await parts.aclose()


async def test_a_turn_keeps_time_for_the_platform(lookup: LiveLookup, annuaire: Annuaire) -> None:
    with TimeBudget(KEPT_SECONDS).applied(), pytest.raises(NotLookedUp):
        await lookup.search(Query(name="Zwartkowski"))
    assert annuaire.asked == []
    with TimeBudget(60).applied():
        assert await lookup.search(Query(name="Zwartkowski"))


async def test_a_wrong_key_is_no_answer(annuaire_url: str, database: Database) -> None:
    settings = Settings(secret="s" * 32, annuaire_sante_url=annuaire_url, annuaire_sante_key="another-key", annuaire_sante_seconds=20)
    parts = LiveDirectories(settings, database, SystemClock())
    assert parts.lookup is not None
    with pytest.raises(NotLookedUp):
        await parts.lookup.search(Query(name="Zwartkowski"))
    (check,) = parts.health_checks().values()
    assert check is not None
    with pytest.raises(AccessRefused):
        await check()
    await parts.aclose()


async def test_the_health_report_has_a_line_where_it_is_configured(live: LiveDirectories, annuaire: Annuaire, database: Database) -> None:
    checks = live.health_checks()
    assert list(checks) == ["annuaire_sante"]
    check = checks["annuaire_sante"]
    assert check is not None
    assert await check()
    assert await check()
    assert len(annuaire.asked) == 1
    assert LiveDirectories(Settings(secret="s" * 32), database, SystemClock()).health_checks() == {}
