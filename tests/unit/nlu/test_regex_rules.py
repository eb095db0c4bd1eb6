"""What rules find: values, spans on the user's own text, and what they leave alone."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.components.analysis import has_no_content
from nlu.components.birth_dates import EARLIEST_YEAR, expand_year
from nlu.components.folding import fold, normalise, tokenize
from nlu.components.regex_rules import RULE_ENTITIES, find_entities

TODAY = datetime.date(2024, 6, 15)


def found(text: str) -> list[tuple[str, str, str]]:
    return [(f.entity, text[f.start : f.end], f.value) for f in find_entities(text, TODAY)]


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
    assert found(text) == [("birth_date", span, value)]


@pytest.mark.parametrize(
    "text",
    ["30/02/1948", "31 avril 1950", "12/13/1948", "12 mars", "jusqu'au 24/12/2024", "pas de notif avant le 02/02/2024",
     "01/01/1850", "IP 12.03.48.10",
     "du 24 décembre au 2 janvier", "quatre-vingt-dix ans", "mars 1948", "12/03/2048"],
)  # fmt: skip
def test_no_birth_date(text: str) -> None:
    assert not [f for f in found(text) if f[0] == "birth_date"]


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
    assert found(text) == expected


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
    assert found(text) == [("ordinal", span, value)]


@pytest.mark.parametrize("text", ["le 37", "la première fois", "le dernier message", "le 2 mars", "le 2 rue de Tours", "deux mille"])
def test_no_ordinal(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text",
    ["ajoute un kiné dans le 37", "ajoute un kiné sur 37000", "ajoute le deux", "le 112", "appelle le 3114", "suivi sur 150 patients",
     "retire le partenaire du 137 rue des Lilas", "notifications du 2024", "retire quelqu'un du 37"],
)  # fmt: skip
def test_no_dossier(text: str) -> None:
    assert not [f for f in found(text) if f[0] == "dossier_ref"]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "aaaaaaaa", "…", "😀"])
def test_what_says_nothing(text: str) -> None:
    assert has_no_content(text)


@pytest.mark.parametrize("text", ["oui", "<3 merci", "Jean <jean@ortho.example>", "2", "merciiiiii"])
def test_what_says_something(text: str) -> None:
    assert not has_no_content(text)


@given(st.dates(datetime.date(EARLIEST_YEAR, 1, 1), TODAY))
def test_every_possible_birth_date_is_read(date: datetime.date) -> None:
    written = date.strftime("%d/%m/%Y")
    assert found(f"né le {written}") == [("birth_date", written, date.isoformat())]


@given(st.integers(0, 99))
def test_two_digits_are_never_a_year_to_come(year: int) -> None:
    assert expand_year(year, TODAY) <= TODAY.year
    assert expand_year(year, TODAY) % 100 == year


PIECES = st.sampled_from(
    ["SPH-2024-000137", "10001234567", "06 12 34 56 78", "12/03/1948", "douze mars", "dossier ", "le 2", "deuxième", "@", "a@b.fr",
     " ", "-", "é", "\u0301", "İ",
     "ﬁ",
     "adeli 371234567", "finess", "né le", "2024", "+33", "😀", "١٢", "\x00", "l'"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=10).map("".join), st.lists(PIECES, max_size=10).map(" ".join)))
def test_any_text_gives_sound_spans(text: str) -> None:
    assert len(fold(text)) == len(text)
    entities = find_entities(text, TODAY)
    end = 0
    for entity in entities:
        assert entity.entity in RULE_ENTITIES
        assert end <= entity.start < entity.end <= len(text)
        assert entity.value
        assert text[entity.start : entity.end].strip()
        end = entity.end
    end = 0
    for word in tokenize(text):
        assert end <= word.start < word.end <= len(text)
        assert text[word.start : word.end] == word.text
        assert word.forms
        assert all(word.forms)
        end = word.end


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("G pas reçu mes codes, stp", "j' ai pas recu mes codes , s' il te plait"),
        ("bjr c pr qq1 dc rdv", "bonjour c' est pour quelqu' un donc rendez vous"),
        ("combien en reste-t-il", "combien en reste t il"),
        ("t là ?", "tu es la ?"),
        ("Pr Martin", "professeur martin"),
        ("pr Martin", "professeur martin"),
        ("M. Durand, m. Roux et Dr. Petit.", "monsieur durand , monsieur roux et docteur petit ."),
        ("le pr dupont", "le professeur dupont"),
        ("un compte pr Martin", "un compte pour martin"),
        ("c pr mme Durand", "c' est pour madame durand"),
        ("L’infirmière d'Orléans", "l' infirmiere d' orleans"),
        ("aujourd'hui à Saint-Cyr", "aujourd'hui a saint cyr"),
        ("merciiiii", "merci"),
    ],
)
def test_shorthand_stands_for_full_forms(text: str, full: str) -> None:
    assert normalise(text) == full
