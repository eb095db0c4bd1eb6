"""Listing notifications: five at a time, unread first, usagers named on a trusted channel only."""

from __future__ import annotations

import re

import pytest

from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, KARIMS_DOSSIER, Harness
from tests.unit.notifications.stored_notifications import StoredNotifications


async def test_nothing_yet(claire: Dialogue, desk: StoredNotifications) -> None:
    answer = await claire.say("j'ai du nouveau ?", "list_notifications")
    assert answer.text == "Vous n’avez aucune notification."
    assert answer.titles == []


async def test_five_at_a_time_the_unread_ones_alone(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(7):
        await desk.notice(ago=minutes, author=f"Auteur {minutes}")
    await desk.notice(ago=-1, author="Déjà lu", read=True)
    first = await claire.say("j'ai du nouveau ?", "list_notifications")
    assert first.text.splitlines()[0] == "Vous avez 7 notifications non lues\u00a0:"
    assert re.findall(r"Auteur \d", first.text) == [f"Auteur {n}" for n in range(5)]
    assert "Déjà lu" not in first.text
    assert "Auteur 0 a écrit une note de liaison dans le dossier\u00a0SPH-2024-000137 – aujourd’hui à 10h" in first.text
    assert first.titles == ["La suite", "Marquer comme lu", "Tout marquer comme lu"]
    assert [link["title"] for link in first.links] == ["Voir dans SPHERE"]
    rest = await claire.press("list_notifications", **first.entities_of("La suite"))
    assert rest.text.splitlines()[0] == "La suite\u00a0:"
    assert re.findall(r"Auteur \d", rest.text) == ["Auteur 5", "Auteur 6"]
    assert "Voir aussi les lues" in rest.titles


async def test_if_nothing_is_unread_the_latest_are_shown(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(6):
        await desk.notice(ago=minutes, read=True)
    answer = await claire.say("mes notifs", "list_notifications")
    assert answer.text.startswith("Rien de nouveau. Vos dernières notifications\u00a0:")
    assert answer.titles == ["La suite"]
    rest = await claire.press("list_notifications", **answer.entities_of("La suite"))
    assert len(rest.text.splitlines()) == 2


async def test_read_and_unread_are_told_apart(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice(ago=1, author="Lue", read=True)
    await desk.notice(ago=2, author="Neuve", urgent=True)
    answer = await claire.press("list_notifications", with_read="1")
    assert [line.split()[1] for line in answer.text.splitlines()[1:]] == ["Lue", "Urgent,"]
    assert "• Urgent, non lue\u00a0: Neuve" in answer.text


async def test_of_one_dossier(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice(author="Ici")
    await desk.notice(author="Ailleurs", dossier=CLAIRES_OTHER)
    answer = await claire.say(f"du neuf sur {CLAIRES_DOSSIER} ?", "list_notifications", dossier_ref=CLAIRES_DOSSIER)
    assert answer.text.startswith(f"Vous avez 1 notification non lue sur le dossier {CLAIRES_DOSSIER}\u00a0:")
    assert "Ailleurs" not in answer.text
    assert claire.slots["last_dossier"] == CLAIRES_DOSSIER
    refused = await claire.say(f"du neuf sur {KARIMS_DOSSIER} ?", "list_notifications", dossier_ref=KARIMS_DOSSIER)
    assert "ne faites pas partie" in refused.text
    assert claire.form == "list_notifications_form"
    assert "Ailleurs" in (await claire.say("le 142", "inform")).text


@pytest.mark.parametrize("channel", [TELEGRAM, WEB])
async def test_the_title_of_an_event_is_shown_on_a_trusted_channel_only(
    claire: Dialogue, desk: StoredNotifications, channel: dict[str, object]
) -> None:
    await desk.notice(title="Compte rendu de Mme Durand", url="https://sphere.example/d/7")
    await desk.notice(ago=1, kind="service.notice", dossier=None, title="Maintenance ce soir", author="")
    answer = await claire.say("du nouveau ?", "list_notifications", channel)
    assert ("Mme Durand" in answer.text) is bool(channel["trusted"])
    assert "Maintenance ce soir" in answer.text
    await claire.press("mark_notifications_read", channel, everything="1")
    one = await desk.notice(title="Ordonnance de Mme Durand", url="https://sphere.example/d/8")
    alone = await claire.press("list_notifications", channel)
    assert (alone.links[0]["url"] == "https://sphere.example/d/8") is bool(channel["trusted"])
    assert alone.entities_of("Marquer comme lu") == {"notices": str(one)}


async def test_no_title_of_a_dossier_that_the_user_left(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice(dossier=KARIMS_DOSSIER, title="Compte rendu de M. Petit", url="https://sphere.example/d/9")
    answer = await claire.say("du nouveau ?", "list_notifications", WEB)
    assert KARIMS_DOSSIER in answer.text
    assert "Petit" not in answer.text
    assert "/d/9" not in answer.links[0]["url"]


async def test_the_interrupted_flow_is_resumed(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice()
    await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("j'ai du nouveau ?", "list_notifications")
    assert "Je mets de côté" in answer.texts[0]
    assert "Vous avez 1 notification non lue" in answer.text
    assert "nom du professionnel" in answer.texts[-1]
    assert claire.form == "add_partner_form"


async def test_an_unlinked_chat_is_linked_first(stranger: Dialogue, desk: StoredNotifications, harness: Harness) -> None:
    await desk.notice()
    assert "je dois savoir qui vous êtes" in (await stranger.say("mes notifs", "list_notifications")).text
    await harness.link(stranger.id, CLAIRE)
    assert "Vous avez 1 notification non lue" in (await stranger.press("link_account", linked="1")).text
