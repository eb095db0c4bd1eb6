"""Notification preferences in the dialogue: changes are applied or asked about, read back, undone; no dossier is taken for another."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.messaging.tables import Conversation
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import Mute, Preferences, Window
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, KARIMS_DOSSIER, Harness

EVERY_DAY = frozenset(range(7))


class Settings:
    """Claire's preferences as they are stored."""

    def __init__(self, harness: Harness, claire: Dialogue, account_id: str) -> None:
        self.harness, self.account_id, self._service = harness, account_id, claire.services.notifications

    async def now(self) -> Preferences:
        return await self._service.preferences(self.account_id)

    async def mute(self, *dossiers: str | None) -> None:
        mutes = tuple(Mute(dossier=dossier, since=self.harness.clock.now()) for dossier in dossiers)
        await self._service.change(self.account_id, lambda held: held.model_copy(update={"mutes": mutes}), channel="web")

    async def muted(self) -> list[str | None]:
        return [mute.dossier for mute in (await self.now()).mutes]


@pytest.fixture
async def settings(harness: Harness, claire: Dialogue) -> Settings:
    now = harness.clock.now()
    async with harness.database.writing() as session:
        session.add(Conversation(id=claire.id, channel="telegram", address="1", created_at=now, last_seen_at=now))
    return Settings(harness, claire, (await harness.account(CLAIRE)).id)


async def test_a_change_is_applied_at_once_and_read_back(claire: Dialogue, settings: Settings) -> None:
    answer = await claire.say("plus rien après 19h", "manage_notifications")
    assert (await settings.now()).quiet == (Window(days=EVERY_DAY, start=time(19), end=time(7)),)
    assert answer.text.splitlines() == [
        "C’est réglé\u00a0:",
        "• Heures calmes\u00a0: de 19h à 7h, tous les jours. Ce qui arrive alors attend, sauf urgence",
        "Prochain résumé aujourd’hui à 14h.",
    ]
    (event,) = await settings.harness.trail("notifications.change")
    assert (event.actor, event.channel, event.subject) == (settings.account_id, "telegram", claire.id)


async def test_a_button_undoes_its_own_change_only(claire: Dialogue, settings: Settings) -> None:
    first = await claire.say("plus rien après 19h", "manage_notifications")
    second = await claire.say("pas de notifs le week-end", "manage_notifications")
    held = await settings.now()
    assert "n’est plus le dernier" in (await claire.press("manage_notifications", **first.entities_of("Annuler ce changement"))).text
    assert await settings.now() == held
    undone = await claire.press("manage_notifications", **second.entities_of("Annuler ce changement"))
    assert undone.text.startswith("C’est annulé")
    assert len((await settings.now()).quiet) == 1


async def test_annule_undoes_the_change_of_the_turn_before_only(claire: Dialogue, settings: Settings) -> None:
    await claire.say("plus rien après 19h", "manage_notifications")
    assert "C’est annulé" in (await claire.say("annule", "cancel")).text
    assert await settings.now() == Preferences()
    await claire.say("plus rien après 19h", "manage_notifications")
    await claire.say("merci", "thank")
    assert "Il n’y a rien en cours" in (await claire.say("annule", "cancel")).text
    assert len((await settings.now()).quiet) == 1
    assert "C’est annulé" in (await claire.say("annule ce changement", "cancel")).text
    await claire.say("plus rien après 19h", "manage_notifications")
    assert "C’est annulé" in (await claire.say("remets mes notifications comme avant", "resume_notifications")).text


async def test_a_change_that_changes_nothing_is_said_so(claire: Dialogue, settings: Settings) -> None:
    await claire.say("plus rien après 19h", "manage_notifications")
    again = await claire.say("plus rien après 19h", "manage_notifications")
    assert again.text.startswith("C’est déjà réglé ainsi")
    assert again.titles == ["Voir mes réglages"]


async def test_a_question_is_answered_by_button_words_or_position(claire: Dialogue, settings: Settings) -> None:
    asked = await claire.say("pas de notification le soir", "manage_notifications")
    await claire.press("choose", **asked.entities_of("20h"))
    assert (await settings.now()).quiet[0].start == time(20)
    await claire.say("pas de notification le soir", "manage_notifications")
    await claire.say("21h", "inform")
    assert (await settings.now()).quiet[0].start == time(21)
    await claire.say("je pars en congé maternité, arrêtez les notifications", "mute_notifications")
    await claire.say("le deuxième", "choose", ordinal="2")
    (mute,) = (await settings.now()).mutes
    assert mute.until is not None
    assert mute.until - settings.harness.clock.now() >= timedelta(days=6)


async def test_the_button_of_an_earlier_question_is_no_answer(claire: Dialogue, settings: Settings) -> None:
    old = await claire.say("pas de notification le soir", "manage_notifications")
    await claire.say("annuler", "cancel")
    await claire.say("je suis en congés, coupe tout", "mute_notifications")
    answer = await claire.press("choose", **old.entities_of("20h"))
    assert "Je n’ai pas compris votre réponse" in answer.text
    assert await settings.now() == Preferences()


async def test_no_drops_the_flow(claire: Dialogue, settings: Settings) -> None:
    await claire.say("pas de notification le soir", "manage_notifications")
    assert "C’est abandonné" in (await claire.say("non", "deny")).text
    assert claire.form is None
    assert await settings.now() == Preferences()


async def test_another_request_replaces_the_question(claire: Dialogue, settings: Settings) -> None:
    await claire.say("pas de notification le soir", "manage_notifications")
    answer = await claire.say("en fait stop notifs jusqu'à lundi", "mute_notifications", time="lundi")
    assert "toutes vos notifications, jusqu’au lundi 30 novembre" in answer.text
    assert (await settings.now()).quiet == ()


async def test_presets(claire: Dialogue, settings: Settings) -> None:
    shown = await claire.press("manage_notifications")
    assert shown.text.startswith("Vos réglages\u00a0:")
    assert shown.links[0]["url"].startswith("http")
    for title in ("Un seul résumé à 8h", "Rien de 19h à 8h", "Pas le week-end"):
        assert "C’est réglé" in (await claire.press("manage_notifications", **shown.entities_of(title))).text
    held = await settings.now()
    assert held.digest_hours == (time(8),)
    assert {held.mode(category, DeliveryChannel.TELEGRAM) for category in Category} == {Mode.DIGEST}
    assert held.mode(Category.ACCOUNT, DeliveryChannel.MAIL) is Mode.NOW
    assert held.mode(Category.TEAM, DeliveryChannel.MAIL) is Mode.NEVER
    assert {window.days for window in held.quiet} == {EVERY_DAY, frozenset({5, 6})}


async def test_a_week_without_a_free_moment_is_refused(claire: Dialogue, settings: Settings) -> None:
    await claire.press("manage_notifications", preset="evenings")
    answer = await claire.say("pas de notifications entre 8h et 19h", "manage_notifications")
    assert "aucun moment dans la semaine" in answer.text
    assert len((await settings.now()).quiet) == 1


@pytest.mark.parametrize("offered", [True, False])
async def test_a_way_that_is_missing_is_said_so_and_nothing_changes(claire: Dialogue, settings: Settings, offered: bool) -> None:
    if offered:
        own = claire.services.settings.model_copy(update={"teams_app_id": "5a3c"})
        claire.services.settings = own
    answer = await claire.say("tout sur Teams uniquement", "manage_notifications", channel="Teams")
    assert ("Teams n’est pas encore relié" if offered else "ce n’est pas disponible ici") in answer.text
    assert ("Relier cette messagerie" in answer.titles) is offered
    assert claire.form is None
    assert await settings.now() == Preferences()


async def test_the_button_under_a_notification_mutes_its_dossier(claire: Dialogue, settings: Settings) -> None:
    answer = await claire.press("mute_notifications", dossier_ref=CLAIRES_DOSSIER)
    assert f"dossier {CLAIRES_DOSSIER}, jusqu’à nouvel ordre" in answer.text
    assert await settings.muted() == [CLAIRES_DOSSIER]
    ended = await claire.press("mute_notifications", **answer.entities_of("Jusqu’à demain 8h"))
    assert f"dossier {CLAIRES_DOSSIER}, jusqu’à demain à 8h" in ended.text
    assert (await settings.now()).mutes[0].until == datetime(2026, 11, 24, 7, tzinfo=UTC)


async def test_this_dossier_is_the_one_talked_about(claire: Dialogue, settings: Settings) -> None:
    await claire.press("list_partners", dossier_ref=CLAIRES_OTHER)
    await claire.say("mets ce dossier en sourdine", "mute_notifications")
    assert await settings.muted() == [CLAIRES_OTHER]


async def test_a_dossier_of_others_is_not_muted(claire: Dialogue, settings: Settings) -> None:
    answer = await claire.say(f"coupe les notifs de {KARIMS_DOSSIER}", "mute_notifications", dossier_ref=KARIMS_DOSSIER)
    assert "ne faites pas partie" in answer.text
    assert await settings.muted() == []
    await claire.say("le 142", "inform")
    assert await settings.muted() == [CLAIRES_OTHER]


async def test_bare_words_are_asked_about(claire: Dialogue, settings: Settings) -> None:
    asked = await claire.say("sourdine", "mute_notifications")
    assert asked.titles[0] == "Toutes mes notifications"
    assert CLAIRES_DOSSIER in asked.titles
    assert await settings.muted() == []
    await claire.press("inform", everything="1")
    assert await settings.muted() == [None]


@pytest.mark.parametrize("words", ["mets [usager] en sourdine", "plus d'alertes pour Mme [usager]", "mets mlle [usager] en sourdine"])
async def test_a_masked_name_is_a_dossier_never_everything(claire: Dialogue, settings: Settings, words: str) -> None:
    answer = await claire.say(words, "mute_notifications", usager_name="[usager]")
    assert "je ne les nomme pas ici" in answer.text
    assert await settings.muted() == []
    await claire.say("le 142", "inform")
    assert await settings.muted() == [CLAIRES_OTHER]


async def test_in_the_web_chat_an_usager_names_the_dossier(claire: Dialogue, settings: Settings) -> None:
    await claire.say("mets Durand en sourdine", "mute_notifications", WEB, usager_name="Durand")
    assert await settings.muted() == [CLAIRES_DOSSIER]
    answer = await claire.say("mets Zorglub en sourdine", "mute_notifications", WEB, partner_name="Zorglub")
    assert await settings.muted() == [CLAIRES_DOSSIER]
    assert "ou de celles d’un dossier" in answer.text


async def test_a_mute_is_ended(claire: Dialogue, settings: Settings) -> None:
    assert "Rien n’est en sourdine" in (await claire.say("réactive les notifications", "resume_notifications")).text
    await settings.mute(None, CLAIRES_DOSSIER)
    answer = await claire.say("réactive les notifications", "resume_notifications")
    assert await settings.muted() == [CLAIRES_DOSSIER]
    assert f"En sourdine\u00a0: dossier {CLAIRES_DOSSIER}" in answer.text
    await claire.say("réactive tout", "resume_notifications")
    assert await settings.muted() == []


async def test_of_several_mutes_the_user_chooses(claire: Dialogue, settings: Settings) -> None:
    await settings.mute(CLAIRES_DOSSIER, CLAIRES_OTHER)
    asked = await claire.say("réactive les notifications", "resume_notifications")
    assert await settings.muted() == [CLAIRES_DOSSIER, CLAIRES_OTHER]
    assert {CLAIRES_DOSSIER, CLAIRES_OTHER} < set(asked.titles)
    await claire.press("choose", **asked.entities_of(CLAIRES_OTHER))
    assert await settings.muted() == [CLAIRES_DOSSIER]


async def test_the_mute_of_a_dossier_that_the_user_left_is_ended(claire: Dialogue, settings: Settings) -> None:
    await settings.mute(KARIMS_DOSSIER, CLAIRES_DOSSIER)
    await claire.say(f"réactive {KARIMS_DOSSIER}", "resume_notifications", dossier_ref=KARIMS_DOSSIER)
    assert await settings.muted() == [CLAIRES_DOSSIER]


async def test_a_link_that_ended_changes_nothing(claire: Dialogue, settings: Settings, harness: Harness) -> None:
    await claire.say("pas de notification le soir", "manage_notifications")
    assert await harness.identity.unlink(claire.id)
    answer = await claire.say("20h", "inform")
    assert "n’est plus reliée" in answer.text
    assert await settings.now() == Preferences()


async def test_with_the_platform_down_nothing_changes(claire: Dialogue, settings: Settings, harness: Harness) -> None:
    harness.network.cut_after(0, losing=False)
    answer = await claire.say("plus rien après 19h", "manage_notifications")
    assert "SPHERE ne répond pas" in answer.text
    assert set(answer.titles) == {"Réessayer", "Joindre l’équipe SPHERE"}
    assert await settings.now() == Preferences()


async def test_inside_another_flow_nothing_changes_without_a_yes(claire: Dialogue, settings: Settings) -> None:
    await claire.say("ajoute quelqu'un au 137", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("coupez toutes les notifications", "mute_notifications", WEB)
    assert "Voici ce qui serait réglé" in answer.text
    assert await settings.muted() == []
    await claire.say("oui", "affirm", WEB)
    assert await settings.muted() == [None]
    assert claire.form == "add_partner_form"


async def test_a_doubtful_reading_changes_nothing_without_a_yes(claire: Dialogue, settings: Settings) -> None:
    answer = await claire.say("silence la nuit", "manage_notifications", WEB, confidence=0.4)
    assert "Voici ce qui serait réglé" in answer.text


async def test_a_plain_wish_replaces_one_that_was_not_understood(claire: Dialogue, settings: Settings) -> None:
    asked = await claire.say("plus rien après 19h pour les zinzins", "manage_notifications")
    assert "« zinzins » : rien n’a changé" in asked.text.replace("\u00a0", " ")
    again = await claire.say("plus rien après 19h", "manage_notifications")
    assert "Je n’ai pas compris" not in again.text
    assert "Rien n’a changé" in again.text
    assert "Oui, réglez cela" in again.titles
    assert (await settings.now()).quiet == ()
    assert "C’est réglé" in (await claire.say("plus rien après 20h", "manage_notifications")).text
    assert (await settings.now()).quiet == (Window(days=EVERY_DAY, start=time(20), end=time(7)),)


@pytest.mark.parametrize("intent", ["manage_notifications", "mute_notifications", "resume_notifications"])
async def test_settings_are_shown_and_nothing_changes(claire: Dialogue, settings: Settings, intent: str) -> None:
    held = await settings.now()
    shown = await claire.say("montrez-moi mes sourdines et mes réglages, sans rien modifier", intent)
    assert "Vos réglages" in shown.text
    await claire.say("plus de mails pour les zinzins", "manage_notifications")
    assert "Vos réglages" in (await claire.say("voir comment sont réglées mes notifications", intent)).text
    assert await settings.now() == held
