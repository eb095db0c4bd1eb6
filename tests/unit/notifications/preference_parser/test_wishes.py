"""Wishes in many registers: none is read wrong, hardly any is passed over, and those that are sure are recognised as wishes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.notifications.preference_changes import StartMute
from bot.notifications.preference_parser import About, Choice, PreferenceRequest, Question, answer, asks_to_see, choose, is_wish, read
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH, EXPECTED, paris

MOST_PASSED_OVER = 0.02
NAMES = ("mended", "figure", "beside", "unseen")
SETS = {name: tomllib.loads((Path(__file__).parent / f"wishes_{name}.toml").read_text(encoding="utf-8")) for name in NAMES}
WISHES = [(text, right) for wishes in SETS.values() for text, right in wishes.items()]


@pytest.mark.parametrize(("text", "right"), WISHES)
def test_nothing_is_read_wrong(text: str, right: str) -> None:
    result = read(text, [], BOTH)
    assert result is None or isinstance(result, Question) or notation(result) == right


@pytest.mark.parametrize("name", SETS)
def test_hardly_any_wish_is_passed_over(name: str) -> None:
    wishes = [text for text, right in SETS[name].items() if right != "nothing"]
    assert sum(read(text, [], BOTH) is None for text in wishes) <= MOST_PASSED_OVER * len(wishes)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("arrête de me spammer", About.LESS),
        ("laisse juste les urgences", About.URGENT),
        ("toutes les 2 heures", About.RHYTHM),
        ("en congés jusqu'à vendredi, coupe tout", About.LAST_DAY),
        ("coupe tout jusqu'à lundi sauf urgences", About.URGENT_THEN),
        ("plus de mails pendant le ramadan", About.UNTIL),
        ("pas de mail pour les zinzins", About.CONFIRM),
    ],
)
def test_what_cannot_be_held_is_asked_about(text: str, about: About) -> None:
    result = read(text, [], BOTH)
    assert isinstance(result, Question)
    assert result.about is about


@pytest.mark.parametrize(
    "text",
    [
        "coupe tout, c'est la folie et mes enfants dorment",
        "COUPEZ TOUT SVP JE N'EN PEUX PLUS",
        "Bonjour Claire, merci de couper les mails. Cordialement, Karim Benali",
        "silence stp jusqu'à 15h, je suis au bloc",
        "stop les mails, je regarde sur sphere direct",
        "Ma boîte déborde : plus aucun e-mail, la liste dans SPHERE me suffit.",
        "je veux plus de mail pour souffler un peu",
    ],
)
def test_what_stands_beside_a_wish_stops_nothing(text: str) -> None:
    assert isinstance(read(text, [], BOTH), PreferenceRequest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("coupe Doctolib", "Doctolib"),
        ("mets Durand en sourdine", "Durand"),
        ("pas de notifs pour Olivier", "Olivier"),
        ("plus de notifs venant de la clinique", "clinique"),
        ("je suis de garde, coupe tout", "garde"),
        ("pas de notifs mes jours off", "jours off"),
        ("pas de notifs en voiture", "voiture"),
        ("Labo : plus rien, coupez les notifs", "Labo"),
        ("remets le dossier 137 en notification normale", "normale"),
    ],
)
def test_what_a_change_may_turn_on_is_asked_about(text: str, words: str) -> None:
    result = read(text, [], BOTH)
    assert isinstance(result, Question)
    assert (result.about, result.value) == (About.CONFIRM, words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Notifications du lundi au vendredi uniquement, ni samedi ni dimanche, toutes les semaines.", "quiet weekend@0h-0h"),
        ("pas de notifs samedi, chaque semaine", "quiet sa@0h-0h"),
        ("Et le samedi non plus.", "quiet sa@0h-0h"),
        ("silence de 20h à 7h30, tous les jours, le reste inchangé", "quiet daily@20h-7h30"),
        ("Tout, sur tous mes dossiers et tous les moyens : en sourdine jusqu'à nouvel ordre.", "mute →"),
        ("Fin de sourdine, tous dossiers, tous moyens, dès maintenant.", "unmute all"),
        ("plus de mail sur tous mes dossiers", "dossiers·mail=never"),
        ("plus rien dans ma boîte de réception", "all·mail=never"),
        ("la liste dans SPHERE me suffit", "all·sphere=on, all·mail+teams+telegram=never"),
        ("pas de notifs ce jour-là", "? until"),
        ("j'aimerais avoir plus de notifications", "? unclear « avoir plus de notif »"),
        ("mets pas les notifs en sourdine", "? unclear « mets pas »"),
    ],
)
def test_what_the_rest_of_a_text_settles(text: str, expected: str) -> None:
    assert notation(read(text, [], BOTH)).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "Mail, Teams, horaires, sourdines : montrez-moi tous mes réglages de notification, sans rien modifier.",
        "Voir comment sont réglées mes notifications.",
        "je ne sais plus ce que j'avais choisi comme réglages pour les notifications, vous me les affichez ?",
        "sourdine sur tout, ça ferait quoi ? ne changez rien",
    ],
)
def test_the_settings_are_asked_for(text: str) -> None:
    assert asks_to_see(text)
    assert read(text, [], BOTH) is None


@pytest.mark.parametrize(
    "text", ["je veux voir mes réglages et couper les mails", "sans rien changer d'autre, coupe les mails", "quels sont mes dossiers ?"]
)
def test_what_is_no_question_about_the_settings(text: str) -> None:
    assert not asks_to_see(text)


def test_words_that_were_not_read_are_confirmed() -> None:
    question = read("plus de mails pour les zinzins", [], BOTH)
    assert isinstance(question, Question)
    assert question.value == "zinzins"
    for yes in (choose(question, Choice(name="yes"), BOTH), answer(question, "oui", [], BOTH)):
        assert notation(yes) == "all·mail=never"


def test_the_dates_of_what_is_urgent_are_kept() -> None:
    question = read("je pars en formation jeudi et vendredi, juste l'urgent", [], BOTH)
    assert isinstance(question, Question)
    muted = choose(question, Choice(name="pause"), BOTH)
    assert isinstance(muted, PreferenceRequest)
    starts = [change.since for change in muted.changes if isinstance(change, StartMute)]
    assert starts == [paris(2026, 11, 26), paris(2026, 11, 27)]


@pytest.mark.parametrize(("answered", "expected"), [("included", "mute →2026-11-28"), ("excluded", "mute →2026-11-27")])
def test_the_last_day_of_a_leave(answered: str, expected: str) -> None:
    question = read("en congés jusqu'à vendredi, coupe tout", [], BOTH)
    assert isinstance(question, Question)
    assert notation(choose(question, Choice(name=answered), BOTH)) == expected


def test_that_day_in_a_week_is_asked_about_when_said_on_that_day() -> None:
    tuesday = replace(BOTH, now=paris(2026, 11, 24, 9))
    assert notation(read("plus rien jusqu'à lundi en huit", [], tuesday)) == "mute →2026-12-07"
    assert isinstance(read("plus rien jusqu'à lundi en huit", [], BOTH), Question)


@pytest.mark.parametrize(
    "text",
    [
        "laisse juste les urgences",
        "toutes les 2 heures",
        "jamais de mail sauf pour mon compte",
        "oublie la sourdine du dossier 137",
        "arrête de me spammer",
        "plus de notifs svp",
        "un résumé le matin",
        "je ne veux recevoir que le dossier de Mme Leclercq, pas les autres",
        "pour Mme Leclercq je veux être prévenue même la nuit",
    ],
)
def test_sure_wishes_are_recognised(text: str) -> None:
    assert is_wish(text)


@pytest.mark.parametrize(
    "text",
    [
        "c'est une urgence",
        "juste une urgence",
        "c'est juste urgent",
        "le numéro des urgences ?",
        "il faut appeler les urgences seulement",
        "je n'ai pas de mail",
        "son mail uniquement",
        "un résumé du dossier 137 ce matin",
        "horaires du support",
        "je voudrais un compte pour ma collègue",
        "je n'ai plus de notifs depuis hier",
        "comment couper les notifs",
        "les notifs n'arrivent pas",
        "prévenez seulement Mme Durand",
    ],
)
def test_what_is_no_sure_wish_is_left_to_the_model(text: str) -> None:
    assert not is_wish(text)


def test_what_requests_nothing_is_no_wish() -> None:
    nothing = [text for text, right in [*EXPECTED, *WISHES] if right == "nothing"]
    assert not [text for text in nothing if is_wish(text)]
