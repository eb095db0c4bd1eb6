from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.directory import codes
from bot.directory.professions import TRADES, trades_by_text, trades_of
from bot.directory.records import Professional


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kiné", "kinesitherapeute"),
        ("KINE", "kinesitherapeute"),
        ("kinés", "kinesitherapeute"),
        ("masseuse kinésithérapeute", "kinesitherapeute"),
        ("kinesiterapeute", "kinesitherapeute"),
        ("infirmière libérale", "infirmier"),
        ("infirmière", "infirmier infirmier_psychiatrique"),
        ("IDE", "infirmier"),
        ("infirmière en pratique avancée", "ipa"),
        ("IPA", "ipa"),
        ("AS", "aide_soignant assistant_social"),
        ("assistante sociale", "assistant_social"),
        ("aide-soignante", "aide_soignant"),
        ("ortho", "orthophoniste orthoptiste orthodontiste orthoprothesiste orthopediste chirurgien_orthopediste"),
        ("orthofoniste", "orthophoniste"),
        ("psy", "psychologue psychiatre psychotherapeute"),
        ("toubib", "medecin"),
        ("généraliste", "generaliste"),
        ("médecin traitant", "generaliste"),
        ("médecin cardiologue", "cardiologue"),
        ("cardio", "cardiologue"),
        ("cardiologue à domicile", "cardiologue"),
        ("gériatre", "geriatre"),
        ("sage femme", "sage_femme"),
        ("podologue", "podologue"),
        ("dentiste", "dentiste"),
        ("pharmacienne", "pharmacien"),
        ("auxiliaire de vie", "auxiliaire_vie aide_domicile"),
        ("urologue", "urologue"),
        ("neurologue", "neurologue"),
        ("astronaute", ""),
        ("", ""),
    ],
)
def test_what_people_say(text: str, expected: str) -> None:
    assert trades_by_text(text) == frozenset(expected.split())


def test_every_word_of_the_table_finds_its_trade() -> None:
    lost = [(trade.id, word) for trade in TRADES.values() for word in trade.words if trade.id not in trades_by_text(word)]
    assert lost == []


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    trades_by_text(text)
    codes.profession_by_text(text)


def person(code: str, profession: str, speciality: str = "") -> Professional:
    return Professional(key="8", family="X", profession_code=code, profession=profession, speciality=speciality)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (person("10", "Médecin", "Neurologie"), "medecin neurologue"),
        (person("10", "Médecin", "Spécialiste en Médecine Générale"), "medecin generaliste"),
        (person("40", "Chirurgien-Dentiste"), "dentiste"),
        (person("60", "Infirmier", "Infirmier en pratique avancée psychiatrie et santé mentale"), "infirmier ipa"),
        (person("", "Auxiliaire de vie sociale"), "auxiliaire_vie"),
    ],
)
def test_trades_of_a_person(who: Professional, expected: str) -> None:
    assert trades_of(who) == frozenset(expected.split())


def test_codes_of_the_fiche() -> None:
    assert codes.profession_by_text("kiné") == [("70", "Masseur-Kinésithérapeute")]
    assert codes.profession_by_text("AS") == [("35", "Aide-soignant"), ("41", "Assistant de service social")]
    assert codes.profession_by_text("cardiologue") == [("10", "Médecin")]
    assert codes.speciality_by_text("cardiologue") == [("SM04", "Cardiologie et maladies vasculaires")]
    assert codes.label_of(codes.MODES, "L") == "Libéral"
    assert codes.label_of(codes.TITLES, "?") == ""


def test_profession_codes_are_unique() -> None:
    numbers = [entry.code for entry in codes.PROFESSIONS]
    assert len(numbers) == len(set(numbers))
