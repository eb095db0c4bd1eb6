"""The day on which an access is to end, however it is said: never a removal of today."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.flows.partners.access_dates import UNTIL, read_dates
from actions.flows.partners.date_wish import ends_later
from bot.notifications.preference_parser import disowns
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.flows.partners.test_undo_act import PAUL, add_paul

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "end"),
    [
        ("rien à voir avec un code. je veux quitter le dossier à partir du 19 décembre", "2026-12-19"),
        ("son accès finit le 3 janvier, pas le 2", "2027-01-03"),
        ("mon accès s'arrête le 18 au soir", "2026-12-18"),
        ("je m'en vais du dossier au 18 décembre", "2026-12-18"),
        ("vous m'enlevez au 18 du coup", "2026-12-18"),
        ("elle part le 20", "2026-12-20"),
        ("Je vous remercie. Son remplacement finira le 9 janvier.", "2027-01-09"),
    ],
)
def test_a_day_ahead_is_the_end(words: str, end: str) -> None:
    assert read_dates(ends_later(words), NOW).slots[UNTIL] == end


@pytest.mark.parametrize(
    "words",
    [
        "retirez le 2",
        "enlevez le 142",
        "elle est partie le 18",
        "c'est fini le 3 janvier ?",
        "retirez-le du 137",
        "je pars à 18h",
        "son contrat a fini le 3 novembre",
        "supprime-le, il a 18 ans",
    ],
)
def test_other_numbers_are_no_end(words: str) -> None:
    assert not ends_later(words)


@pytest.mark.parametrize(
    "words",
    [
        "non, pas mes notifications. Paul Martin, jusqu'au 3 janvier",
        "stop les notifs j'en ai pas parlé",
        "je n'ai pas parlé de notifications",
    ],
)
def test_what_disowns_notices(words: str) -> None:
    assert disowns(words)


@pytest.mark.parametrize("words", ["non, pas de notifications le dimanche", "pas mes notifications la nuit", "non, pas de notifications"])
def test_what_asks_for_fewer_notices_disowns_nothing(words: str) -> None:
    assert not disowns(words)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("ah non zut, c'est jusqu'au 4 janvier, enfin le 4 c'est un lundi, donc jusqu'au dimanche 3", "mute_notifications"),
        ("mince en fait je rentre plus tôt, donc plutôt jusqu'au 3 janvier", "nlu_fallback"),
        ("pardon, jusqu'au 3 janvier, je rentre le 4", "mute_notifications"),
    ],
)
async def test_dates_right_after_an_act_are_of_the_act_not_of_notices(claire: Dialogue, words: str, intent: str) -> None:
    await add_paul(claire)
    answer = await claire.say(words, intent, WEB)
    assert claire.form == "undo_act_form"
    assert PAUL in answer.text
    assert "notifications" not in answer.text


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        (f"changez la date de fin de l'accès de {PAUL} : 3 janvier 2027", "remove_partner"),
        (f"changez la fin de l'accès de {PAUL} au 3 janvier 2027", "add_partner"),
        (f"repoussez au 3 janvier la fin de l'accès de {PAUL}", "remove_partner"),
    ],
)
async def test_a_change_of_dates_is_one_while_notices_are_asked_about(claire: Dialogue, words: str, intent: str) -> None:
    await add_paul(claire)
    await claire.say("blip blop zut", "mute_notifications", WEB)
    card = await claire.say(words, intent, WEB, partner_name=PAUL)
    assert "jusqu’au 3 janvier 2027 inclus" in card.text
    assert claire.form == "undo_act_form"
