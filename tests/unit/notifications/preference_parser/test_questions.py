"""What a wish leaves open: what is asked, and what becomes of the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import apply
from bot.notifications.preference_parser import About, Choice, PreferenceRequest, Question, answer, choose, read
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH, NOW, SENTENCES, after


@pytest.mark.parametrize(
    ("text", "choice", "expected"),
    [
        ("un récap par jour", Choice(name="way", value="mail"), "all·mail=digest, digest 8h"),
        ("un récap par jour", Choice(name="every_way"), "all·mail+telegram=digest, digest 8h"),
        ("envoi moi les notif par mail", Choice(name="also"), "all·mail=on"),
        ("envoi moi les notif par mail", Choice(name="only"), "all·mail=on, all·teams+telegram=never"),
        ("pas de notif le soir", Choice(name="hour", value="20:00"), "quiet daily@20h-7h"),
        ("rien après 8h", Choice(name="hour", value="20:00"), "quiet daily@20h-7h"),
        ("rien après 8h", Choice(name="hour", value="08:00"), "quiet daily@8h-7h"),
        ("pas de notifs samedi", Choice(name="once"), "mute 2026-11-28→2026-11-29"),
        ("pas de notifs samedi", Choice(name="always"), "quiet sa@0h-0h"),
        ("plus de mails après 19h", Choice(name="all"), "quiet daily@19h-7h"),
        ("plus de mails après 19h", Choice(name="never"), "all·mail=never"),
        ("moins de notifications", Choice(name="quiet_weekend"), "quiet weekend@0h-0h"),
        ("je reçois trop de mails", Choice(name="digest"), "all·mail=digest"),
        ("suspension des notifications pendant mes congés", Choice(name="until_undone"), "mute →"),
        ("suspension des notifications pendant mes congés", Choice(name="one_week"), "mute →2026-11-30 11h"),
        ("à 8h", Choice(name="not_before"), "quiet daily@0h-8h"),
        ("entre 21h et 7h", Choice(name="quiet"), "quiet daily@21h-7h"),
        ("entre 8h et 18h", Choice(name="only_then"), "quiet daily@18h-8h"),
        ("je suis en congés du 3 au 17 août", Choice(name="pause"), "mute 2027-08-03→2027-08-18"),
        ("plus de mails pour le dossier SPH-2024-000137", Choice(name="mute"), "mute SPH-2024-000137 →"),
        ("mets moi en hebdo", Choice(name="day", value="2"), "all·telegram=digest, account·mail=digest, digest 8h we"),
    ],
)
def test_a_question_answered_by_a_choice(text: str, choice: Choice, expected: str) -> None:
    question = read(text, [], BOTH)
    assert isinstance(question, Question)
    assert choice in question.choices
    kept = Question.model_validate_json(question.model_dump_json())
    assert notation(choose(kept, choice, BOTH)) == expected


def test_two_doubts_are_asked_about_one_after_the_other_and_nothing_is_lost() -> None:
    first = read("un résumé le soir par mail, et rien le dimanche", [], BOTH)
    assert isinstance(first, Question)
    assert first.about is About.EVENING
    second = choose(first, Choice(name="hour", value="19:00"), BOTH)
    assert isinstance(second, Question)
    assert second.about is About.ALSO_OR_ONLY
    wish = choose(Question.model_validate_json(second.model_dump_json()), Choice(name="only"), BOTH)
    assert notation(wish) == "all·mail=digest, all·teams+telegram=never, digest 19h, quiet su@0h-0h"


@pytest.mark.parametrize("text", SENTENCES)
def test_every_choice_leads_to_a_wish_or_to_another_question(text: str) -> None:
    def follow(result: PreferenceRequest | Question | None, depth: int) -> None:
        assert depth < 5
        if not isinstance(result, Question):
            assert result is not None
            apply(BOTH.preferences, result.changes, NOW)
            return
        assert len(set(result.choices)) == len(result.choices)
        for choice in result.choices:
            follow(choose(result, choice, BOTH), depth + 1)

    result = read(text, [], BOTH)
    if result is not None:
        follow(result, 0)


def test_every_question_and_every_choice_has_words() -> None:
    domain = YAML(typ="safe").load(Path("domain/notifications.yml"))["responses"]
    assert {f"utter_wish_{about}" for about in About} <= domain.keys()
    found = [result for text in SENTENCES if isinstance(result := read(text, [], BOTH), Question)]
    named = {(question.about, choice.name) for question in found for choice in question.choices}
    assert len({about for about, _ in named}) > 10
    assert [pair for pair in named if not {f"utter_choice_{pair[1]}", f"utter_choice_{pair[0]}_{pair[1]}"} & domain.keys()] == []


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("un récap par jour", "par mail", "all·mail=digest, digest 8h"),
        ("un récap par jour", "sur telegram", "all·telegram=digest, digest 8h"),
        ("un récap par jour", "les deux", "all·mail+telegram=digest, digest 8h"),
        ("envoi moi les notif par mail", "en plus", "all·mail=on"),
        ("envoi moi les notif par mail", "à la place", "all·mail=on, all·teams+telegram=never"),
        ("pas de notif le soir", "20h", "quiet daily@20h-7h"),
        ("pas de notif le soir", "à partir de 20h30", "quiet daily@20h30-7h"),
        ("pas de notif le soir", "8", "quiet daily@20h-7h"),
        ("rien après 8h", "20h", "quiet daily@20h-7h"),
        ("mets moi en hebdo", "le vendredi", "all·telegram=digest, account·mail=digest, digest 8h fr"),
        ("deux fois par semaine par mail aussi", "le mardi et le jeudi", "all·mail=digest, digest 8h tu+th"),
        ("pas de notifs samedi", "tous les samedis", "quiet sa@0h-0h"),
        ("pas de notifs samedi", "juste cette fois", "mute 2026-11-28→2026-11-29"),
        ("plus de mails après 19h", "non, tous", "quiet daily@19h-7h"),
        ("suspension des notifications pendant mes congés", "jusqu'au 4 janvier", "mute →2027-01-04"),
        ("suspension des notifications pendant mes congés", "le 4 janvier", "mute →2027-01-04"),
        ("suspension des notifications pendant mes congés", "lundi", "mute →2026-11-30"),
        ("suspension des notifications pendant mes congés", "10 jours", "mute →2026-12-03 11h"),
        ("je voudrais régler mes heures calmes", "de 22h à 6h", "quiet daily@22h-6h"),
        ("moins de notifications", "un résumé", "all·mail+telegram=digest"),
        ("moins de notifications", "rien le soir après 20h", "quiet daily@20h-7h"),
        ("à 8h", "un résumé", "? way telegram mail every_way"),
        ("je préfère les SMS", "par mail alors, en plus", "all·mail=on"),
        # something else
        ("un récap par jour", "non, plutôt rien après 21h", "quiet daily@21h-7h"),
        ("un récap par jour", "quel temps fait-il", "nothing"),
    ],
)
def test_a_question_answered_in_words(text: str, typed: str, expected: str) -> None:
    question = read(text, [], BOTH)
    assert isinstance(question, Question)
    assert notation(answer(question, typed, [], BOTH)) == expected


TEAMS = replace(BOTH, ways=frozenset({DeliveryChannel.TEAMS, DeliveryChannel.MAIL, DeliveryChannel.SPHERE}), here=DeliveryChannel.TEAMS)


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("par mail alors", "par teams uniquement", "all·teams=on, all·mail+telegram=never"),
        ("par mail alors", "plutôt par teams", "all·teams=on, all·mail+telegram=never"),
        ("par mail alors", "par mail uniquement", "all·mail=on, all·teams+telegram=never"),
        ("par mail alors", "teams aussi", "all·mail=on"),
        ("par mail alors", "mail et teams", "all·mail+teams=on"),
        ("par mail alors", "telegram seulement", "? not_linked « telegram »"),
        ("un résumé le matin par mail", "par teams uniquement", "all·teams=digest, all·mail+telegram=never, digest 8h"),
        ("les messages par mail", "par teams uniquement", "messages·teams=on, messages·mail+telegram=never"),
    ],
)
def test_another_way_is_no_answer_about_the_one_that_was_asked_about(text: str, typed: str, expected: str) -> None:
    question = read(text, [], TEAMS)
    assert isinstance(question, Question)
    assert question.about is About.ALSO_OR_ONLY
    assert notation(answer(question, typed, [], TEAMS)) == expected


def test_a_wish_replaces_the_one_to_be_confirmed() -> None:
    question = read("plus de mails pour les zinzins", [], BOTH)
    assert isinstance(question, Question)
    assert notation(answer(question, "un résumé le matin sur Telegram", [], BOTH)) == "all·telegram=digest, digest 8h"
    again = answer(question, "Ne plus m'envoyer de notifications par e-mail.", [], BOTH)
    assert isinstance(again, Question)
    assert (again.about, again.value) == (About.CONFIRM, "")
    assert notation(choose(again, again.choices[0], BOTH)) == "all·mail=never"


def test_what_goes_on_with_a_wish_to_be_confirmed_loses_nothing() -> None:
    question = read("plus de mails pour les zinzins", [], BOTH)
    assert isinstance(question, Question)
    longer = answer(question, "et rien après 21h", [], BOTH)
    assert isinstance(longer, Question)
    assert notation(choose(longer, longer.choices[0], BOTH)) == "all·mail=never, quiet daily@21h-7h"


def test_until_further_notice_answers_whether_all_is_meant() -> None:
    question = read("coupe telegram jusqu'à lundi", [], BOTH)
    assert isinstance(question, Question)
    assert question.about is About.FOR_ALL
    assert notation(answer(question, "jusqu'à nouvel ordre", [], BOTH)) == "mute →"


def test_one_way_after_another_leaves_the_last_one_alone() -> None:
    said = after("un résumé le matin par mail, le reste sur Telegram", "telegram uniquement", context=BOTH)
    assert {said.mode(category, DeliveryChannel.MAIL) for category in Category} == {Mode.NEVER}
    assert said.mode(Category.MESSAGES, DeliveryChannel.TELEGRAM) is Mode.NOW
