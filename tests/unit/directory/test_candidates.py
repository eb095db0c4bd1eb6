"""Who is looked at among many namesakes: people of compound names, mistyped or not; and nobody is looked for long."""

from __future__ import annotations

import pytest
import tantivy

from bot.directory import Professional, Query
from bot.directory.candidates import understand
from bot.directory.index import document, schema
from bot.directory.search import CANDIDATES, Opened, find

MANY = CANDIDATES + 20


def crowd(*names: tuple[str, str]) -> list[Professional]:
    """So many people of each name that not all of them are looked at."""
    return [
        Professional(f"8{place:03d}{number:08d}", family, given) for place, (given, family) in enumerate(names) for number in range(MANY)
    ]


ONE_OF_TWO = {
    name: Professional(f"8999{number:08d}", name.split(" ", 1)[1], name.split(" ", 1)[0])
    for number, name in enumerate(
        [
            "Aimé FONTAINE-THOMAS",
            "Adèle VINCENT-RICHARD",
            "Denise VASSEUR-DAVID",
            "Françoise-Chantal ROUSSEL",
            "Jean-Paul LE GOFF",
            "Anne-Laure ROBERT",
            "Patrick-Richard VAN DEN GUINIROT",
            "Robert DOMINIC",
        ]
    )
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A crowd in which each of `ONE_OF_TWO` has namesakes of half their name."""
    givens = ("Aimé", "Adèle", "Denise", "Chantal", "Françoise", "Jean", "Paul", "Laure", "Anne", "Patrick", "Thomas", "Richard", "Vincent")
    people = crowd(
        *((given, family) for given in givens[:4] for family in ("THOMAS", "RICHARD", "DAVID", "ROUSSEL")),
        *((given, "LE GOFF") for given in ("Jean", "Paul")),
        *((given, "ROBERT") for given in ("Anne", "Laure", "David")),
        *((given, "RICHARD") for given in ("Patrick", "Richard")),
        *((given, "VINCENT") for given in ("Françoise", "Vincent", "Thomas", "Richard", "David")),
    )
    folder = tmp_path_factory.mktemp("index")
    index = tantivy.Index(schema(), path=str(folder))
    writer = index.writer(20_000_000, 1)
    for person in [*people, *ONE_OF_TWO.values()]:
        writer.add_document(document(person))
    writer.commit()
    writer.wait_merging_threads()
    return Opened(folder)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Aimé Fontaaine-Thomas", "Aimé FONTAINE-THOMAS"),
        ("aime fontane thomas", "Aimé FONTAINE-THOMAS"),
        ("Fontaine-Tohmas Aimé", "Aimé FONTAINE-THOMAS"),
        ("Adèle vincent-richrad", "Adèle VINCENT-RICHARD"),
        ("adele vincnt richard", "Adèle VINCENT-RICHARD"),
        ("Denise Vaswseur-David", "Denise VASSEUR-DAVID"),
        ("Françoise-Chantal ruossel", "Françoise-Chantal ROUSSEL"),
        ("Françoise Chantal Roussel", "Françoise-Chantal ROUSSEL"),
        ("roussell françoise chantal", "Françoise-Chantal ROUSSEL"),
        ("Jean-Paul Le Goff", "Jean-Paul LE GOFF"),
        ("jean paul le gof", "Jean-Paul LE GOFF"),
        ("Anne-Laure Robert", "Anne-Laure ROBERT"),
        ("Robert Anne-Laure", "Anne-Laure ROBERT"),
        ("Patrick-Richard van den Gkuinirot", "Patrick-Richard VAN DEN GUINIROT"),
        ("Robert Dominic", "Robert DOMINIC"),
        ("dominci robert", "Robert DOMINIC"),
    ],
)
def test_both_halves_of_a_name_count_where_many_bear_one_of_them(opened: Opened, typed: str, meant: str) -> None:
    assert ONE_OF_TWO[meant] in [match.professional for match in find(opened, Query(typed), 5)]


@pytest.mark.parametrize(
    "typed", ["Robert Zwartkowski", "Zwartkowska Françoise Chantal", "Richard Zwartkowski", "Françoise-Chantal Zwartkowski"]
)
def test_nobody_is_found_where_many_bear_half_of_the_name(opened: Opened, typed: str) -> None:
    assert find(opened, Query(typed), 5) == []


@pytest.mark.parametrize(
    ("typed", "given"), [("Robert D", "David"), ("Robert Dav", "David"), ("robert davdi", "David"), ("L. Robert", "Laure")]
)
def test_a_given_name_cut_short_or_mistyped_behind_a_common_family_name(opened: Opened, typed: str, given: str) -> None:
    matches = find(opened, Query(typed), 5)
    assert {match.professional.given.partition("-")[0] for match in matches if match.full} == {given}


@pytest.mark.parametrize("typed", ["Robert Zwartkowski", "Goff Zwartkowski", "Roussel Zwartkowski"])
def test_the_bearers_of_a_common_name_are_not_gone_through_for_another(opened: Opened, typed: str) -> None:
    asked = understand(Query(typed), opened.terms.frequency)
    assert not [people for _, query in opened.candidates.named(asked) if (people := opened.people(query))]
