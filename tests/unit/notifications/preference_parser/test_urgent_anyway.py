"""What holds already of the urgent, who stands in, and a calm day, are read in any words; an emergency is never taken for them."""

from __future__ import annotations

import pytest

from bot.notifications.preference_parser import calms_a_day, excepts_urgent, hands_over, stands_in, urgent_anyway
from tests.unit.notifications.preference_notation import notation
from tests.unit.notifications.preference_parser.examples import wish


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("plus rien après 20h. par contre le dossier de Mme Durand je veux tout de suite meme la nuit si c urgent", "plus rien après 20h."),
        ("et mme durand si c urgent la nuit je l'ai quand meme, c ca ?", ""),
        ("non les notifs. garde le dossier 137 meme la nuit si urgent, c deja le cas ou pas", ""),
        ("rien le dimanche mais préviens-moi en cas d'urgence le week-end", "rien le dimanche"),
    ],
)
def test_the_urgent_that_comes_anyway_is_taken_out(text: str, rest: str) -> None:
    assert urgent_anyway(text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "rien la nuit sauf si c'est urgent",
        "je ne veux rien la nuit, même si c'est urgent",
        "si c'est urgent la nuit, qui j'appelle ?",
        "la nuit si c'est urgent j'appelle le samu",
        "préviens-moi même la nuit pour le 137",
        "mme Durand a fait un AVC, en cas d'urgence la nuit j'ai personne",
        "En cas d'urgence vitale cette nuit je veux un médecin tout de suite",
        "convulsions cette nuit, s'il y a urgence vitale je préviens qui tout de suite",
        "arrêt cardiaque ce soir, en cas d'urgence vitale j'ai quoi comme numéro",
        "mon patient s'étouffe, quand c'est urgent la nuit qui prévenir",
    ],
)
def test_what_is_a_change_or_an_emergency_stays(text: str) -> None:
    assert urgent_anyway(text) is None


@pytest.mark.parametrize("text", ["toutes, sauf urgences", "tout sauf si c'est urgent", "hors urgence", "que l'urgent"])
def test_an_exception_of_the_urgent(text: str) -> None:
    assert excepts_urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "c'est une urgence",
        "sauf urgence, mme Durand est tombée",
        "j'ai une urgence",
        "sauf urgence ?",
        "mon patient est au plus mal, dites-leur que c'est urgent",
        "elle s'étouffe, faites vite, que c'est urgent",
        "je dis juste que c'est urgent",
    ],
)
def test_no_exception_of_the_urgent(text: str) -> None:
    assert not excepts_urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "je veux rien recevoir et pendant ce temps c'est Clémence Muller qui regarde pour moi",
        "je veux clemence muller comme remplaçante de mes notifs",
        "juste qu'elle recoive mes notifs a ma place",
        "Paul Martin me remplace pour mes notifications",
    ],
)
def test_somebody_else_is_to_be_told(text: str) -> None:
    assert hands_over(text)


@pytest.mark.parametrize(
    "text",
    ["coupe mes notifs", "ajoutez Paul Martin qui remplace le Dr Petit", "je regarde mes notifs le soir", "elle me remplace d'habitude"],
)
def test_nobody_else_is(text: str) -> None:
    assert not hands_over(text)


def test_who_stands_in_needs_no_word_of_notices() -> None:
    assert stands_in("et clemence muller me remplace")
    assert not stands_in("Martin remplace Durand")
    assert not stands_in("je regarde pour moi")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("mettez le dimanche toute la journee en calme", "quiet su@0h-0h"),
        ("je veux que le samedi soit calme", "quiet sa@0h-0h"),
        ("tous les dimanches au calme sauf urgence", "quiet su@0h-0h"),
        ("plus rien après 20h jusqu'à 7h et le dimanche pas du tout", "quiet daily@20h-7h, quiet su@0h-0h"),
    ],
)
def test_a_calm_day(text: str, read: str) -> None:
    assert notation(wish(text)) == read


def test_a_day_that_is_told_to_be_calm_is_no_wish() -> None:
    assert calms_a_day("mettez le dimanche toute la journée en calme")
    assert calms_a_day("dimanche : calme toute la journée, sauf urgent")
    assert not calms_a_day("le dimanche est calme au cabinet")
    assert not calms_a_day("mettez le dimanche en calme ?")
