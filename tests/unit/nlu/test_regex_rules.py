"""The rules: values, spans in the user's own text, and what is not matched."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import TEXTS

from nlu.components.birth_dates import EARLIEST_YEAR, expand_year
from nlu.components.regex_rules import RULE_ENTITIES, find_entities

TODAY = datetime.date(2024, 6, 15)


def extract(text: str) -> list[tuple[str, str, str]]:
    """Return the entity, the text and the value of each match in `text`."""
    return [(match.entity, text[match.start : match.end], match.value) for match in find_entities(text, TODAY)]


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("12/03/1948", "12/03/1948", "1948-03-12"),
        ("12.03.48", "12.03.48", "1948-03-12"),
        ("né le 5-6-30 à Tours", "5-6-30", "1930-06-05"),
        ("1948-03-12", "1948-03-12", "1948-03-12"),
        ("née le 12031948", "12031948", "1948-03-12"),
        ("Mme Durand née le 12 03 1948", "12 03 1948", "1948-03-12"),
        ("12 mars 1948", "12 mars 1948", "1948-03-12"),
        ("né le 1er fév. 52", "1er fév. 52", "1952-02-01"),
        ("douze mars quarante-huit", "douze mars quarante-huit", "1948-03-12"),
        ("premier janvier deux mille", "premier janvier deux mille", "2000-01-01"),
        ("le vingt et un AOÛT mille neuf cent soixante-dix-sept", "vingt et un AOÛT mille neuf cent soixante-dix-sept", "1977-08-21"),
        (
            "trente et un decembre dix neuf cent quatre vingt dix neuf",
            "trente et un decembre dix neuf cent quatre vingt dix neuf",
            "1999-12-31",
        ),
        ("née un jeudi 2 mars 2023", "2 mars 2023", "2023-03-02"),
        ("le 03/02/2024", "03/02/2024", "2024-02-03"),
    ],
)
def test_birth_dates(text: str, span: str, value: str) -> None:
    assert extract(text) == [("birth_date", span, value)]


@pytest.mark.parametrize(
    "text",
    ["30/02/1948", "31 avril 1950", "12/13/1948", "12 mars", "jusqu'au 24/12/2024", "pas de notif avant le 02/02/2024",
     "01/01/1850", "IP 12.03.48.10",
     "du 24 décembre au 2 janvier", "quatre-vingt-dix ans", "mars 1948", "12/03/2048"],
)  # fmt: skip
def test_no_birth_date(text: str) -> None:
    assert not [f for f in extract(text) if f[0] == "birth_date"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rpps 10 00 12 34 567", [("rpps", "10 00 12 34 567", "10001234567")]),
        ("10.001.234.567", [("rpps", "10.001.234.567", "10001234567")]),
        ("06 12 34 56 78", [("phone", "06 12 34 56 78", "0612345678")]),
        ("tel: 06.12.34.56.78.", [("phone", "06.12.34.56.78", "0612345678")]),
        ("+33 6 12 34 56 78", [("phone", "+33 6 12 34 56 78", "0612345678")]),
        ("+33612345678", [("phone", "+33612345678", "0612345678")]),
        ("tel 0612345678 rpps 10001234567", [("phone", "0612345678", "0612345678"), ("rpps", "10001234567", "10001234567")]),
        ("RPPS 899700000039", [("rpps", "99700000039", "99700000039")]),
        ("899700000039", [("rpps", "99700000039", "99700000039")]),
        ("rpps : 8 997 0000 0039", [("rpps", "997 0000 0039", "99700000039")]),
        ("rpps 997-0000-0039", [("rpps", "997-0000-0039", "99700000039")]),
        ("adeli 2B 1 23456 7", [("adeli", "2B 1 23456 7", "2B1234567")]),
        ("adeli 0371234567", [("adeli", "371234567", "371234567")]),
        ("adeli n° 37 1234567", [("adeli", "37 1234567", "371234567")]),
        ("mon adeli c 371234567", [("adeli", "371234567", "371234567")]),
        ("FINESS : 2a0001234", [("finess", "2a0001234", "2A0001234")]),
        ("371234567", []),
        ("1 85 05 78 006 084 36", []),
        ("100012345678", []),
        ("Mail : Claire.Moreau@Sphere.example.", [("email", "Claire.Moreau@Sphere.example", "claire.moreau@sphere.example")]),
        ("SPH-2024-000137", [("dossier_ref", "SPH-2024-000137", "SPH-2024-000137")]),
        ("sph 2024 137 svp", [("dossier_ref", "sph 2024 137", "SPH-2024-000137")]),
        ("sph2024000137", [("dossier_ref", "sph2024000137", "SPH-2024-000137")]),
        ("sphère 2024 000137", [("dossier_ref", "sphère 2024 000137", "SPH-2024-000137")]),
        ("le dossier n° 137", [("dossier_ref", "137", "137")]),
        ("dossier 2024 137", [("dossier_ref", "2024 137", "SPH-2024-000137")]),
        ("2024-137", [("dossier_ref", "2024-137", "SPH-2024-000137")]),
        ("sph 137", [("dossier_ref", "137", "137")]),
        ("retire quelqu'un du 137", [("dossier_ref", "137", "137")]),
        ("ajoute Karim au 000142", [("dossier_ref", "000142", "000142")]),
        ("retire l'accès du kiné sur 137", [("dossier_ref", "137", "137")]),
        ("et le 142 ?", [("dossier_ref", "142", "142")]),
        ("non plutôt le 1204", [("dossier_ref", "1204", "1204")]),
        ("zoé@ortho.example", []),
        ("zoe@hôpital.example", []),
        ("dossier 12/03/1948", [("birth_date", "12/03/1948", "1948-03-12")]),
    ],
)
def test_identifiers(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert extract(text) == expected


@pytest.mark.parametrize(
    ("text", "span", "value"),
    [
        ("le deuxième", "deuxième", "2"),
        ("la 3e svp", "3e", "3"),
        ("le 2", "2", "2"),
        ("n°3", "3", "3"),
        ("le dernier", "dernier", "-1"),
        ("l'avant-dernier", "avant-dernier", "-2"),
        ("L AVANT DERNIERE", "AVANT DERNIERE", "-2"),
        ("ajoute le premier au dossier", "premier", "1"),
    ],
)
def test_ordinals(text: str, span: str, value: str) -> None:
    assert extract(text) == [("ordinal", span, value)]


@pytest.mark.parametrize("text", ["le 37", "la première fois", "le dernier message", "le 2 mars", "le 2 rue de Tours", "deux mille"])
def test_no_ordinal(text: str) -> None:
    assert not extract(text)


@pytest.mark.parametrize(
    "text",
    ["ajoute un kiné dans le 37", "ajoute un kiné sur 37000", "ajoute le deux", "le 112", "appelle le 3114", "suivi sur 150 patients",
     "retire le partenaire du 137 rue des Lilas", "notifications du 2024", "retire quelqu'un du 37"],
)  # fmt: skip
def test_no_dossier(text: str) -> None:
    assert not [f for f in extract(text) if f[0] == "dossier_ref"]


@given(st.dates(datetime.date(EARLIEST_YEAR, 1, 1), TODAY))
def test_every_possible_birth_date_is_read(date: datetime.date) -> None:
    written = date.strftime("%d/%m/%Y")
    assert extract(f"né le {written}") == [("birth_date", written, date.isoformat())]


@given(st.integers(0, 99))
def test_two_digits_are_never_a_year_to_come(year: int) -> None:
    assert expand_year(year, TODAY) <= TODAY.year
    assert expand_year(year, TODAY) % 100 == year


@settings(max_examples=300)
@given(TEXTS)
def test_spans_lie_within_any_text_and_apart(text: str) -> None:
    end = 0
    for match in find_entities(text, TODAY):
        assert match.entity in RULE_ENTITIES
        assert end <= match.start < match.end <= len(text)
        assert match.value
        assert text[match.start : match.end].strip()
        end = match.end
