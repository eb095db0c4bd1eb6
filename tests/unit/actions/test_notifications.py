"""Reading and marking notifications in the dialogue: five at a time, unread first, usagers named in the trusted web chat alone."""

from __future__ import annotations

import json
import re

import pytest

from bot.notifications.tables import HANDED
from tests.unit.accounts.world import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, KARIMS_DOSSIER, World
from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue, Said
from tests.unit.notifications.stored_notifications import StoredNotifications


@pytest.fixture
async def desk(world: World) -> StoredNotifications:
    """What was told to Claire: `notice` without account is hers."""
    desk = StoredNotifications(world.database, world.clock)
    desk.account = (await world.account(CLAIRE)).id
    return desk


def values(said: Said, title: str) -> dict[str, str]:
    """What the button of that title carries."""
    payload = said.payloads[said.titles.index(title)]
    return dict(json.loads(payload[payload.index("{") :])) if "{" in payload else {}


async def test_nothing_yet(claire: Dialogue, desk: StoredNotifications) -> None:
    said = await claire.say("j'ai du nouveau ?", "list_notifications")
    assert said.text == "Vous n'avez aucune notification."
    assert said.titles == []


async def test_five_at_a_time_the_unread_ones_alone(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(7):
        await desk.notice(ago=minutes, author=f"Auteur {minutes}")
    await desk.notice(ago=-1, author="Déjà lu", read=True)
    first = await claire.say("j'ai du nouveau ?", "list_notifications")
    assert first.text.splitlines()[0] == "Vous avez 7 notifications non lues\u00a0:"
    assert re.findall(r"Auteur \d", first.text) == [f"Auteur {n}" for n in range(5)]
    assert "Déjà lu" not in first.text
    assert "Auteur 0 a écrit une note de liaison dans le dossier\u00a0SPH-2024-000137 – aujourd'hui à 10h" in first.text
    assert first.titles == ["La suite", "Marquer comme lu", "Tout marquer comme lu"]
    assert [link["title"] for link in first.links] == ["Voir dans SPHERE"]
    rest = await claire.press("list_notifications", **values(first, "La suite"))
    assert rest.text.splitlines()[0] == "La suite\u00a0:"
    assert re.findall(r"Auteur \d", rest.text) == ["Auteur 5", "Auteur 6"]
    assert "Voir aussi les lues" in rest.titles


async def test_where_nothing_is_unread_the_last_ones_are_shown(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(6):
        await desk.notice(ago=minutes, read=True)
    said = await claire.say("mes notifs", "list_notifications")
    assert said.text.startswith("Rien de nouveau. Vos dernières notifications\u00a0:")
    assert said.titles == ["La suite"]
    rest = await claire.press("list_notifications", **values(said, "La suite"))
    assert len(rest.text.splitlines()) == 2


async def test_read_and_unread_are_told_apart_where_both_are_shown(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice(ago=1, author="Lue", read=True)
    await desk.notice(ago=2, author="Neuve", urgent=True)
    said = await claire.press("list_notifications", with_read="1")
    assert [line.split()[1] for line in said.text.splitlines()[1:]] == ["Lue", "Urgent,"]
    assert "• Urgent, non lue\u00a0: Neuve" in said.text


async def test_of_one_dossier(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice(author="Ici")
    await desk.notice(author="Ailleurs", dossier=CLAIRES_OTHER)
    said = await claire.say(f"du neuf sur {CLAIRES_DOSSIER} ?", "list_notifications", dossier_ref=CLAIRES_DOSSIER)
    assert said.text.startswith(f"Vous avez 1 notification non lue sur le dossier {CLAIRES_DOSSIER}\u00a0:")
    assert "Ailleurs" not in said.text
    assert claire.slots["last_dossier"] == CLAIRES_DOSSIER
    refused = await claire.say(f"du neuf sur {KARIMS_DOSSIER} ?", "list_notifications", dossier_ref=KARIMS_DOSSIER)
    assert "ne faites pas partie" in refused.text
    assert claire.form == "list_notifications_form"
    assert "Ailleurs" in (await claire.say("le 142", "inform")).text


@pytest.mark.parametrize("door", [TELEGRAM, WEB])
async def test_what_an_event_is_called_is_shown_in_the_trusted_web_chat_alone(
    claire: Dialogue, desk: StoredNotifications, door: dict[str, object]
) -> None:
    await desk.notice(title="Compte rendu de Mme Durand", url="https://sphere.example/d/7")
    await desk.notice(ago=1, kind="service.notice", dossier=None, title="Maintenance ce soir", author="")
    said = await claire.say("du nouveau ?", "list_notifications", door)
    assert ("Mme Durand" in said.text) is bool(door["trusted"])
    assert "Maintenance ce soir" in said.text
    await claire.press("mark_notifications_read", door, everything="1")
    one = await desk.notice(title="Ordonnance de Mme Durand", url="https://sphere.example/d/8")
    alone = await claire.press("list_notifications", door)
    assert (alone.links[0]["url"] == "https://sphere.example/d/8") is bool(door["trusted"])
    assert values(alone, "Marquer comme lu") == {"notices": str(one)}


async def test_of_a_dossier_that_one_left_nobody_is_named(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice(dossier=KARIMS_DOSSIER, title="Compte rendu de M. Petit", url="https://sphere.example/d/9")
    said = await claire.say("du nouveau ?", "list_notifications", WEB)
    assert KARIMS_DOSSIER in said.text
    assert "Petit" not in said.text
    assert "/d/9" not in said.links[0]["url"]


async def test_marking_what_is_shown_then_the_rest(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(7):
        await desk.notice(ago=minutes)
    first = await claire.press("list_notifications")
    said = await claire.press("mark_notifications_read", **values(first, "Marquer comme lu"))
    assert said.text == "C'est fait\u00a0: 5 notifications marquées comme lues. Il en reste 2 non lues."
    assert said.titles == ["Voir mes notifications"]
    said = await claire.say("marque tout comme lu", "mark_notifications_read")
    assert said.text == "C'est fait\u00a0: 2 notifications marquées comme lues. Vous êtes à jour."
    assert (await claire.say("marque tout comme lu", "mark_notifications_read")).text == "C'était déjà lu. Vous êtes à jour."


async def test_marking_by_the_button_under_what_was_told(claire: Dialogue, desk: StoredNotifications) -> None:
    told = await desk.message(await desk.notice(), await desk.notice())
    await desk.notice()
    said = await claire.press("mark_notifications_read", message=str(told))
    assert said.text == "C'est fait\u00a0: 2 notifications marquées comme lues. Il en reste 1 non lue."


async def test_typed_words_mark_what_was_shown_last_and_are_asked_about_otherwise(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(6):
        await desk.notice(ago=minutes)
    asked = await claire.say("c'est lu", "mark_notifications_read")
    assert asked.text.startswith("Vous avez 6 notifications non lues.")
    assert asked.titles == ["Voir mes notifications", "Tout marquer comme lu"]
    await claire.press("list_notifications")
    assert "5 notifications marquées" in (await claire.say("marque-les comme lues", "mark_notifications_read")).text
    assert "1 notification marquée" in (await claire.say("c'est lu", "mark_notifications_read")).text


async def test_marking_those_of_a_dossier(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice()
    await desk.notice(dossier=CLAIRES_OTHER)
    said = await claire.say(f"marque {CLAIRES_OTHER} comme lu", "mark_notifications_read", dossier_ref=CLAIRES_OTHER)
    assert said.text == "C'est fait\u00a0: 1 notification marquée comme lue. Il en reste 1 non lue."


async def test_a_task_under_way_is_taken_up_again(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice()
    await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    said = await claire.say("j'ai du nouveau ?", "list_notifications")
    assert "Je mets de côté" in said.texts[0]
    assert "Vous avez 1 notification non lue" in said.text
    assert "nom du professionnel" in said.texts[-1]
    assert claire.form == "add_partner_form"


async def test_a_chat_that_is_linked_to_nobody_is_linked_first(stranger: Dialogue, desk: StoredNotifications, world: World) -> None:
    await desk.notice()
    assert "je dois savoir qui vous êtes" in (await stranger.say("mes notifs", "list_notifications")).text
    await world.link(stranger.id, CLAIRE)
    assert "Vous avez 1 notification non lue" in (await stranger.press("link_account", linked="1")).text


async def test_somebody_elses_button_marks_nothing(claire: Dialogue, desk: StoredNotifications) -> None:
    theirs = await desk.notice("karim")
    told = await desk.message(theirs, account="karim")
    await desk.send(theirs, "teams", HANDED, "karim", told)  # type: ignore[arg-type]
    assert "C'était déjà lu" in (await claire.press("mark_notifications_read", message=str(told))).text
    assert (await desk.service.page("karim")).unread == 1
