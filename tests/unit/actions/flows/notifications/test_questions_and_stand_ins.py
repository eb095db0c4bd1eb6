"""What is asked about notices at night, and a colleague who should receive them: answered from the settings, nothing is changed."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from bot.notifications.preferences import Preferences, Window
from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue, an_act
from tests.unit.actions.flows.notifications.test_preference_flows import EVERY_DAY, Settings
from tests.unit.actions.flows.notifications.test_preference_flows import settings as settings
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER

SAMU = "appelez le 15"


async def test_a_question_about_an_urgent_notice_is_answered_from_the_settings(claire: Dialogue, settings: Settings) -> None:
    answer = await claire.say("une urgence à 3h, je la reçois ?", "emergency")
    assert answer.text.startswith("En cas d’urgence vitale, appelez le 15 (SAMU) ou le 112.")
    assert "Vous n’avez pas d’heures calmes" in answer.text
    await claire.say("plus rien après 21h", "manage_notifications")
    asked = await claire.say("si ça chauffe la nuit je suis prévenu ?", "manage_notifications")
    assert asked.text.startswith("Pendant vos heures calmes (de 21h à 7h, tous les jours), une notification que SPHERE marque urgente")
    assert SAMU not in asked.text
    await claire.say("coupez toutes les notifications", "mute_notifications")
    assert "Une sourdine retient aussi ce qui est urgent" in (await claire.say("la nuit je reçois les urgences ?", "out_of_scope")).text


async def test_in_another_flow_it_is_answered_and_the_flow_goes_on(claire: Dialogue, settings: Settings) -> None:
    await claire.say("ajoute quelqu'un au 137", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("une urgence à 3h, je la reçois ?", "emergency", WEB)
    assert "heures calmes" in answer.text
    assert claire.form == "add_partner_form"


@pytest.mark.parametrize(
    "text", ["j'ai une urgence, il est 3h, qui j'appelle ?", "Mme Durand est tombée cette nuit, je suis prévenue trop tard ?"]
)
async def test_an_emergency_gets_the_emergency_text(claire: Dialogue, settings: Settings, text: str) -> None:
    assert (await claire.say(text, "emergency")).text.startswith("Urgence vitale")


async def test_notices_go_to_nobody_else_and_nothing_changes_unasked(claire: Dialogue, settings: Settings) -> None:
    answer = await claire.say("je suis absent du 3 au 10, c'est Sophie qui reçoit mes notifs", "mute_notifications", partner_name="Sophie")
    assert "Vos notifications ne peuvent aller qu’à vous" in answer.text
    assert "Faut-il mettre toutes vos notifications en sourdine pendant ce temps" in answer.text
    assert await settings.now() == Preferences()
    assert answer.entities_of("Ajouter un partenaire") == {"partner_name": "Sophie"}
    assert "C’est abandonné" in (await claire.say("non", "deny")).text
    assert await settings.now() == Preferences()


@pytest.mark.parametrize(
    "text", ["envoyez mes notifications à ma collègue", "mes alertes doivent aller à mon remplaçant", "envoie mes notifs à Sophie"]
)
async def test_what_says_no_dates_is_only_answered(claire: Dialogue, settings: Settings, text: str) -> None:
    assert "ne peuvent aller qu’à vous" in (await claire.say(text, "manage_notifications")).text
    assert claire.form is None
    assert await settings.now() == Preferences()


async def test_a_rule_and_its_exception_are_shown_in_another_flow_and_both_done(claire: Dialogue, settings: Settings) -> None:
    await claire.say("ajoute quelqu'un au 142", "add_partner", WEB, dossier_ref=CLAIRES_OTHER)
    text = "préviens-moi pour Mme Durand même la nuit, le reste rien entre 21h et 7h"
    card = await claire.say(text, "manage_notifications", WEB, usager_name="Durand")
    assert f"de 21h à 7h, tous les jours, sauf le dossier {CLAIRES_DOSSIER}" in card.text
    await claire.say("oui", "affirm", WEB)
    night = Window(days=EVERY_DAY, start=time(21), end=time(7), passing=frozenset({CLAIRES_DOSSIER}))
    assert (await settings.now()).quiet == (night,)


@pytest.mark.parametrize("channel", [TELEGRAM, WEB])
async def test_numbers_name_several_dossiers(claire: Dialogue, settings: Settings, channel: dict[str, Any]) -> None:
    await claire.say("rien entre 21h et 7h sauf pour les dossiers 137 et 142", "manage_notifications", channel)
    (window,) = (await settings.now()).quiet
    assert window.passing == {CLAIRES_DOSSIER, CLAIRES_OTHER}


async def test_an_usager_who_is_not_known_beside_one_who_is_is_asked_about(claire: Dialogue, settings: Settings) -> None:
    text = "préviens-moi pour Mme Durand et Mme Zorglub même la nuit, le reste rien entre 21h et 7h"
    answer = await claire.say(text, "manage_notifications", WEB, usager_name="Zorglub")
    assert "« Mme Zorglub »" in answer.text.replace("\u00a0", " ")
    assert await settings.now() == Preferences()


@pytest.mark.parametrize("exception", ["sauf ce qui est urgent", "hors urgence", "sauf si c'est urgent"])
async def test_an_exception_that_was_read_as_an_act_of_its_own_is_part_of_the_wish(
    claire: Dialogue, settings: Settings, exception: str
) -> None:
    wish = "je voudrais couper mes notifications du 19 décembre au 4 janvier,"
    forbidden = an_act(exception, "deny", {"forbids": "mute_notifications"})
    asked = await claire.ask(f"{wish} {exception}", an_act(wish, "mute_notifications"), forbidden)
    assert "Une sourdine fait taire aussi l’urgent" in asked.text
    assert await settings.now() == Preferences()


@pytest.mark.parametrize(
    "text",
    [
        "en congés du 19 au 3 janvier je veux rien recevoir sauf si c'est urgent, et c'est Sophie Muller qui regarde pour moi",
        "congés du 19 décembre au 3 janvier, rien recevoir sauf urgences, Sophie Muller me remplace",
        "mes notifs : congés du 19 décembre au 3 janvier, sauf urgent. c'est Sophie Muller qui les reçoit à ma place",
    ],
)
async def test_a_leave_with_a_stand_in_gives_access_to_nobody(claire: Dialogue, settings: Settings, text: str) -> None:
    answer = await claire.say(text, "add_partner", WEB, partner_name="Sophie Muller")
    assert "ne peuvent aller qu’à vous" in answer.text
    assert "Une sourdine fait taire aussi l’urgent" in answer.text
    assert "Le reste en résumé, dès maintenant et sans date de fin" in answer.titles
    assert claire.form == "manage_notifications_form"
    assert await settings.now() == Preferences()


@pytest.mark.parametrize(
    "text",
    [
        "je veux Sophie Muller comme remplaçante de mes notifs",
        "non surtout pas lui donner accès aux dossiers, laissez tomber. juste qu'elle reçoive mes notifs à ma place",
        "c'est Sophie qui regarde mes notifs pour moi",
    ],
)
async def test_amid_an_addition_nobody_is_added(claire: Dialogue, settings: Settings, text: str) -> None:
    await claire.say("ajoute quelqu'un au 137", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say(text, "deny", WEB)
    assert "ne peuvent aller qu’à vous" in answer.text
    assert "Je reprends" not in answer.text
    assert claire.form is None
    assert not claire.slots.get("task_stack")


@pytest.mark.parametrize("words", ["toutes, sauf urgences", "tout, hors urgence", "sauf ce qui est urgent"])
async def test_the_dates_that_were_said_are_kept_beside_an_exception(claire: Dialogue, settings: Settings, words: str) -> None:
    await claire.say("c'est mes notifs pendant mes congés, du 19 décembre au 3 janvier", "mute_notifications", WEB)
    asked = await claire.say(words, "emergency", WEB)
    assert SAMU not in asked.text
    assert "Une sourdine fait taire aussi l’urgent" in asked.text
    await claire.press("choose", WEB, **asked.entities_of("En sourdine, urgent compris"))
    (mute,) = (await settings.now()).mutes
    assert mute.since is not None
    assert (mute.since.date().isoformat(), mute.until.date().isoformat() if mute.until else "") == ("2026-12-18", "2027-01-03")


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("annulez le réglage des résumés que vous venez de faire", "unlink_account"),
        ("remettez tout comme c'était avant svp", "resume_notifications"),
        ("annulez ce réglage", "cancel"),
        ("revenez à mes anciens réglages", "nlu_fallback"),
    ],
)
async def test_the_last_change_is_undone_by_words_at_any_time(claire: Dialogue, settings: Settings, words: str, intent: str) -> None:
    await claire.say("passe tout en résumé", "manage_notifications", WEB)
    await claire.say("merci", "thank", WEB)
    await claire.say("ajoute quelqu'un au 137", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "vos réglages d’avant sont de retour" in (await claire.say(words, intent, WEB)).text
    assert await settings.now() == Preferences()


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("et mme durand si c'est urgent la nuit je l'ai quand même, c'est ça ?", "list_partners"),
        ("garde le dossier 137 même la nuit si urgent, c'est déjà le cas ou pas", "manage_notifications"),
        ("le dossier de Mme Durand, en cas d'urgence le week-end je le reçois quand même ?", "nlu_fallback"),
    ],
)
async def test_what_holds_of_the_urgent_of_one_dossier_is_said(claire: Dialogue, settings: Settings, words: str, intent: str) -> None:
    await claire.say("plus rien après 20h", "manage_notifications", WEB)
    answer = await claire.say(words, intent, WEB)
    assert "une notification que SPHERE marque urgente vous parvient quand même" in answer.text
    assert SAMU not in answer.text
