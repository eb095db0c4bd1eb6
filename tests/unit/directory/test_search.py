from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.directory import Directory, Professional, Query
from bot.directory.names import Typed, fit, typed_words
from bot.sandbox.demo_directory import DEMO_PEOPLE

LEILA, KARIM, PAUL = DEMO_PEOPLE["Leïla Benali"], DEMO_PEOPLE["Karim Benali"], DEMO_PEOPLE["Paul Martin"]
SOPHIE, NATHALIE = DEMO_PEOPLE["Sophie Leroux"], DEMO_PEOPLE["Nathalie Martin"]


@pytest.mark.parametrize(
    ("query", "person"),
    [
        (Query("Leïla Benali", "cardiologue", "Tours"), LEILA),
        (Query("Dr BENALI Leila", "cardio", "à tours"), LEILA),
        (Query("benalli", "cardiologue"), LEILA),
        (Query("L. Benali"), LEILA),
        (Query("benali l"), LEILA),
        (Query("Benaly Karim", "toubib"), KARIM),
        (Query("Benali", "médecin traitant", "41000"), KARIM),
        (Query("Paul Martin", "kiné", "Vierzon"), PAUL),
        (Query("matrin paul"), PAUL),
        (Query("Martin", "kiné", "dans le Cher", "cabinet de kinésithérapie du Cher"), PAUL),
        (Query("P Martin"), PAUL),
        (Query("Martin", None, "Blois"), NATHALIE),
        (Query("Mme Leroux", "AS", "Chateauroux"), SOPHIE),
        (Query("leroux", organization="CCAS de Chateauroux"), SOPHIE),
        (Query(rpps=LEILA.rpps), LEILA),
        (Query(rpps=f"{LEILA.rpps[:5]} {LEILA.rpps[5:]}"), LEILA),
        (Query(rpps=SOPHIE.adeli), SOPHIE),
        (Query("Nobody", rpps=LEILA.rpps), LEILA),
    ],
    ids=str,
)
def test_the_person_meant_comes_first(demo: Directory, query: Query, person: Professional) -> None:
    assert demo.search(query)[0].professional == person


@pytest.mark.parametrize(
    "query",
    [
        Query("Zwartkowski"),
        Query("zwartkowsky"),
        Query("Jean Zwartkowski"),
        Query("Zwartkowski Jean"),
        Query("Marie Zwartkowski", "infirmière", "Tours"),
        Query(rpps="10000000000"),
        Query(),
        Query("", " ", "?!"),
        Query("🙂"),
    ],
    ids=str,
)
def test_nobody(demo: Directory, query: Query) -> None:
    assert demo.search(query) == []


def test_the_four_martins(demo: Directory) -> None:
    matches = demo.search(Query("Martin"))
    assert len(matches) == 4
    assert all(match.full for match in matches)
    assert len({(match.professional.profession, match.practice.city) for match in matches}) == 4


def test_only_what_fits_is_full(demo: Directory) -> None:
    first, *others = demo.search(Query("Leïla Benali", "cardiologue", "Tours"))
    assert first.full
    assert first.matched == {"name", "given_name", "profession", "place"}
    assert first.score == pytest.approx(1)
    assert [match.professional for match in others] == [KARIM]
    assert others[0].missed == {"given_name", "profession", "place"}


def test_what_is_not_so_is_visible(demo: Directory) -> None:
    match = demo.search(Query("Karim Benali", "généraliste", "Tours"))[0]
    assert match.professional == KARIM
    assert match.missed == {"place"}


def test_another_given_name_ranks_below_whatever_else_fits(demo: Directory) -> None:
    assert [match.professional for match in demo.search(Query("Leïla Benali", "généraliste", "Blois"))] == [
        LEILA,
        KARIM,
    ]


def test_without_a_name_everybody_meets_all_of_it(demo: Directory) -> None:
    matches = demo.search(Query(profession="orthophoniste", place="Blois"), 50)
    assert matches
    assert all(match.full and match.practice.city == "Blois" for match in matches)


def test_the_practice_shown_is_the_one_asked_for(demo: Directory) -> None:
    matches = demo.search(Query(place="Saint-Cyr-sur-Loire"), 60)
    assert any(match.professional.practice.city != "Saint-Cyr-sur-Loire" for match in matches)
    assert {match.practice.city for match in matches} == {"Saint-Cyr-sur-Loire"}


def test_an_unknown_profession_still_finds_the_name(demo: Directory) -> None:
    assert demo.search(Query("Leïla Benali", "astronaute"))[0].missed == {"profession"}


def test_by_key_and_rpps(demo: Directory) -> None:
    assert demo.get(PAUL.key) == PAUL
    assert demo.get(PAUL.rpps) is None
    assert demo.by_rpps(f" {PAUL.rpps} ") == PAUL
    assert demo.by_rpps("") is demo.by_rpps("12") is demo.get("") is None


def test_limit(demo: Directory) -> None:
    assert len(demo.search(Query(profession="infirmier"), 5)) == 5


@pytest.mark.parametrize(
    ("typed", "family", "given"),
    [
        ("de la Rochefoucauld", "DE LA ROCHEFOUCAULD", "Anne"),
        ("rochefoucault", "DE LA ROCHEFOUCAULD", "Anne"),
        ("anne rochefoucauld", "DE LA ROCHEFOUCAULD", "Anne"),
        ("Jean Paul Petit", "PETIT", "Jean-Paul"),
        ("petit jean-paul", "PETIT", "JEAN PAUL"),
        ("jeanpaul petit", "PETIT", "Jean-Paul"),
        ("JP Petit", "PETIT", "Jean-Paul"),
        ("J.-P. Petit", "PETIT", "Jean-Paul"),
        ("Lefèbvre", "LEFEBVRE", "Luc"),
        ("Lefèvre", "LEFEBVRE", "Luc"),
        ("Le Goff", "LEGOFF", "Yann"),
        ("legoff", "LE GOFF", "Yann"),
        ("d'Ormesson", "ORMESSON", "Guy"),
        ("dormesson", "D'ORMESSON", "Guy"),
        ("St Exupéry", "DE SAINT-EXUPERY", "Guy"),
        ("Dupont", "DUPONT-DURAND", "Luc"),
        ("Durand Dupont", "DUPONT-DURAND", "Luc"),
        ("roche", "ROCHEFORT", "Luc"),
        ("van der meer", "VANDERMEER", "Luc"),
        ("Docteur Lefebvre Luc", "LEFEBVRE", "Luc"),
        ("Li", "LI", "Wei"),
        ("Æbi", "AEBI", "Luc"),
    ],
)
def test_a_name_is_recognised(typed: str, family: str, given: str) -> None:
    found = fit(Typed(tuple(typed_words(typed))), family, given)
    assert found is not None
    assert found.given is not False


@pytest.mark.parametrize(
    ("typed", "family", "given"),
    [
        ("Martin", "MORIN", "Luc"),
        ("Petit", "PETITJEAN-LEROY", "Luc"),
        ("Li", "LE", "Wei"),
        ("Roy", "ROUX", "Luc"),
        ("Durand", "BERTRAND", "Luc"),
        ("P. Roy", "PROY", "Luc"),
    ],
)
def test_another_name_is_not(typed: str, family: str, given: str) -> None:
    found = fit(Typed(tuple(typed_words(typed))), family, given)
    assert found is None or found.quality < 0.75


def test_the_name_as_typed_comes_before_a_near_one() -> None:
    typed = Typed(("marchand",))
    qualities = [found.quality for family in ("MARCHAND", "MARCHANT", "MARCHANDEAU") if (found := fit(typed, family, "Luc"))]
    assert qualities == sorted(qualities, reverse=True)
    assert len(set(qualities)) == 3


texts = st.one_of(st.none(), st.text(max_size=60), st.sampled_from(["Benali", "le 37", "kiné", "d'", "St", "99", "CHU de Tours"]))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts, texts, texts, texts, texts)
def test_no_text_is_too_strange(
    demo: Directory,
    name: str | None,
    profession: str | None,
    place: str | None,
    organization: str | None,
    rpps: str | None,
) -> None:
    for match in demo.search(Query(name, profession, place, organization, rpps), 5):
        assert 0 < match.score <= 1
        assert match.matched <= match.asked
