"""Marking notifications as read."""

from __future__ import annotations

from bot.notifications.tables import HANDED
from tests.unit.actions.dialogue import Dialogue
from tests.unit.harness import CLAIRES_OTHER
from tests.unit.notifications.stored_notifications import StoredNotifications


async def test_what_is_shown_is_marked_then_the_rest(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(7):
        await desk.notice(ago=minutes)
    first = await claire.press("list_notifications")
    answer = await claire.press("mark_notifications_read", **first.entities_of("Marquer comme lu"))
    assert answer.text == "C’est fait\u00a0: 5 notifications marquées comme lues. Il en reste 2 non lues."
    assert answer.titles == ["Voir mes notifications"]
    answer = await claire.say("marque tout comme lu", "mark_notifications_read")
    assert answer.text == "C’est fait\u00a0: 2 notifications marquées comme lues. Vous êtes à jour."
    assert (await claire.say("marque tout comme lu", "mark_notifications_read")).text == "C’était déjà lu. Vous êtes à jour."


async def test_the_button_under_a_notification_marks_it(claire: Dialogue, desk: StoredNotifications) -> None:
    message = await desk.message(await desk.notice(), await desk.notice())
    await desk.notice()
    answer = await claire.press("mark_notifications_read", message=str(message))
    assert answer.text == "C’est fait\u00a0: 2 notifications marquées comme lues. Il en reste 1 non lue."


async def test_typed_words_mark_what_was_shown_last_else_ask(claire: Dialogue, desk: StoredNotifications) -> None:
    for minutes in range(6):
        await desk.notice(ago=minutes)
    asked = await claire.say("c'est lu", "mark_notifications_read")
    assert asked.text.startswith("Vous avez 6 notifications non lues.")
    assert asked.titles == ["Voir mes notifications", "Tout marquer comme lu"]
    await claire.press("list_notifications")
    assert "5 notifications marquées" in (await claire.say("marque-les comme lues", "mark_notifications_read")).text
    assert "1 notification marquée" in (await claire.say("c'est lu", "mark_notifications_read")).text


async def test_those_of_a_dossier_are_marked(claire: Dialogue, desk: StoredNotifications) -> None:
    await desk.notice()
    await desk.notice(dossier=CLAIRES_OTHER)
    answer = await claire.say(f"marque {CLAIRES_OTHER} comme lu", "mark_notifications_read", dossier_ref=CLAIRES_OTHER)
    assert answer.text == "C’est fait\u00a0: 1 notification marquée comme lue. Il en reste 1 non lue."


async def test_somebody_elses_button_marks_nothing(claire: Dialogue, desk: StoredNotifications) -> None:
    theirs = await desk.notice("karim")
    message = await desk.message(theirs, account="karim")
    await desk.send(theirs, "teams", HANDED, "karim", message)  # type: ignore[arg-type]
    assert "C’était déjà lu" in (await claire.press("mark_notifications_read", message=str(message))).text
    assert (await desk.service.page("karim")).unread == 1
