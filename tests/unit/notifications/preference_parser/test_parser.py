"""Wishes as professionals type them: what is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preference_changes import CHANGES, apply
from bot.notifications.preference_parser import About, Context, PreferenceRequest, Question, Span, read
from bot.notifications.preferences import Mute, Preferences
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import BOTH, CHAT, DOSSIER, EXPECTED, NO_CHAT, NOW, SENTENCES, applied, wish
from tests.unit.notifications.strategies import unhurried


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_what_is_read(text: str, expected: str) -> None:
    assert notation(read(text, [], BOTH)) == expected


def careless(text: str) -> Iterator[str]:
    """The same as it comes from a phone: without accents or capitals, shouted, with the other apostrophe, with more around it."""
    bare = str.maketrans("éèêëàâîïôûùçÉÀ", "eeeeaaiiouucEA")
    yield text.translate(bare)
    yield text.upper()
    yield text.replace("'", "’")
    yield f"  {text} !!"
    yield f"Bonjour, {text}, merci"


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_careless_typing_changes_nothing(text: str, expected: str) -> None:
    for same in careless(text):
        if expected != "nothing" or not same.startswith("Bonjour"):
            assert notation(read(same, [], BOTH)) == expected, same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("un récap par jour", "all·telegram=digest, digest 8h"),
        ("une fois par semaine le lundi", "all·telegram=digest, digest 8h mo"),
        ("tout de suite", "all·telegram=now"),
        ("j'aimerais un digest à 14h", "all·telegram=digest, digest 14h"),
        ("un résumé tous les jours sauf le week-end", "all·telegram=digest, digest 8h mo-fr"),
        ("un résumé en semaine à 18h", "all·telegram=digest, digest 18h mo-fr"),
        ("un résumé le soir à 7h", "all·telegram=digest, digest 19h"),
        ("un bilan chaque matin à 7h45", "all·telegram=digest, digest 7h45"),
        ("deux récaps par jour", "all·telegram=digest"),
        ("préviens-moi sur telegram", "all·telegram=on"),
        ("par mail", "? also_or_only also only"),
    ],
)
def test_with_a_chat_alone_no_way_is_asked_for(text: str, expected: str) -> None:
    assert notation(read(text, [], CHAT)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("un résumé le matin", "all·mail=digest, digest 8h"),
        ("par mail", "all·mail=on"),
        ("tout de suite", "all·mail=now"),
        ("que sur telegram", "? not_linked « telegram »"),
        ("sur telegram aussi", "all·telegram=on"),
    ],
)
def test_without_a_chat(text: str, expected: str) -> None:
    assert notation(read(text, [], NO_CHAT)) == expected


def spanned(text: str, entity: str, words: str) -> list[Span]:
    start = text.index(words)
    return [Span(entity, start, start + len(words))]


@pytest.mark.parametrize(
    ("text", "entity", "words", "expected"),
    [
        # what the model found and the reader cannot make anything of is asked about
        ("plus de notifs à la Saint-Glinglin", "time", "la Saint-Glinglin", "? unclear « la Saint-Glinglin »"),
        ("pas de notif pendant la relève de 14h", "time", "la relève de 14h", "? unclear"),
        ("préviens-moi par pigeon", "channel", "pigeon", "? unclear « pigeon »"),
        ("un résumé bimestriel par mail", "frequency", "bimestriel", "? unclear « bimestriel »"),
        ("mets le XYZ-12 en sourdine", "dossier_ref", "XYZ-12", "? unclear « XYZ-12 »"),
        # a usager that the model found is a dossier
        ("plus de notifs pour durand", "usager_name", "durand", f"mute {DOSSIER} →"),
        ("coupe les notifs de jeanne durand jusqu'à lundi", "usager_name", "jeanne durand", f"mute {DOSSIER} →2026-11-30"),
        # what it found as the reader does changes nothing
        ("pas de notif après 18h", "time", "18h", "quiet daily@18h-7h"),
        ("plus de mails", "channel", "mails", "all·mail=never"),
    ],
)
def test_entities_help_and_guard(text: str, entity: str, words: str, expected: str) -> None:
    assert notation(read(text, spanned(text, entity, words), BOTH)) == expected


@pytest.mark.parametrize(
    "text", ["pas de notif 3712", "rien après 25h", "pas de notif à 27h", "plus rien jusqu'au 31 février", "un résumé à 12h75"]
)
def test_numbers_that_mean_nothing_are_asked_about(text: str) -> None:
    result = read(text, [], BOTH)
    assert isinstance(result, Question)
    assert result.about in (About.UNCLEAR, About.UNTIL)


def test_a_dossier_that_nobody_knows_is_asked_for() -> None:
    nowhere = replace(BOTH, dossier=None)
    for text in ("mets ce dossier en sourdine", "plus de notifs pour Mme Durand", "réactive les notifs du dossier"):
        assert notation(read(text, [], nowhere)) == "? dossier"
    assert notation(read("mets le dossier SPH-2024-000137 en sourdine", [], nowhere)) == "mute SPH-2024-000137 →"


def test_which_pause_ends() -> None:
    def muted(*dossiers: str | None) -> Context:
        mutes = tuple(Mute(dossier=dossier, since=NOW - timedelta(days=1)) for dossier in dossiers)
        return replace(BOTH, preferences=Preferences(mutes=mutes))

    text = "réactive les notifications"
    assert notation(read(text, [], muted(None))) == "unmute everything"
    assert notation(read(text, [], muted(None, "SPH-2024-000137"))) == "unmute everything"
    assert notation(read(text, [], muted("SPH-2024-000137"))) == "unmute all"
    assert notation(read(text, [], muted("SPH-2024-000137", DOSSIER))) == f"? resume SPH-2024-000137 {DOSSIER} all"
    assert notation(read("réactive tout", [], muted(None, DOSSIER))) == "unmute all"
    never = Preferences(
        matrix={category: {DeliveryChannel.TELEGRAM: Mode.NEVER, DeliveryChannel.MAIL: Mode.NEVER} for category in Category}
    )
    assert notation(read(text, [], replace(BOTH, preferences=never))) == "all·telegram=on"


def test_the_end_of_a_quiet_evening_is_that_of_the_quiet_morning() -> None:
    late = replace(BOTH, preferences=apply(Preferences(), wish("pas avant 9h").changes, NOW))
    assert notation(read("plus rien après 19h", [], late)) == "quiet daily@19h-9h"


def test_questions_about_how_it_works_wish_nothing() -> None:
    for text in ("comment désactiver les mails ?", "où changer l'heure du résumé ?", "pourquoi je reçois des mails la nuit ?"):
        assert read(text, [], BOTH) is None


def test_what_is_longer_than_any_wish_is_not_read_in_part() -> None:
    result = read("plus de mails " + "et " * 250 + "non en fait continue", [], BOTH)
    assert isinstance(result, Question)
    assert result.about is About.UNCLEAR


@unhurried
@given(st.text(max_size=80) | st.lists(st.sampled_from(" ".join(SENTENCES).split()), max_size=12).map(" ".join))
def test_any_text_can_be_read_and_its_changes_applied(text: str) -> None:
    result = read(text, [], BOTH)
    if isinstance(result, PreferenceRequest):
        assert CHANGES.validate_json(CHANGES.dump_json(result.changes)) == result.changes
        applied(BOTH.preferences, result)
    elif isinstance(result, Question):
        assert Question.model_validate_json(result.model_dump_json()) == result
