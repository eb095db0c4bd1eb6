"""The flow that lists the user's notifications."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, AskDossier
from actions.flows.notifications.notification_page import format_lines, read_scope, scope_text, visible_page
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.utterances import Button
from bot.notifications.notification_list import Page


class ListNotifications(Flow):
    """Collect the dossier if it is not clear which one was named; then list five notifications at a time."""

    name = "list_notifications"
    changes = False
    required_slots = ("dossier",)
    slots = (*required_slots, *DOSSIER_LISTS)

    async def start(self, context: Context) -> Slots:
        """Return the dossier that the message names, else everything."""
        return await read_scope(context, asked=False)

    async def collect(self, context: Context) -> Slots:
        """Return the dossier."""
        return await read_scope(context, asked=True)


LIST_NOTIFICATIONS = register_flow(ListNotifications())


class AskListNotificationsDossier(AskDossier):
    """Ask which dossier the notifications are about."""

    action_name = "action_ask_list_notifications_form_dossier"


class SubmitListNotifications(SubmitFlow):
    """Show the unread notifications; if there are none, the latest."""

    flow = LIST_NOTIFICATIONS

    async def submit(self, context: Context) -> Events:
        """Show five lines, and buttons for what can be done with them."""
        turn, utterances = context.turn, context.utterances
        dossier, before = turn.slot("dossier") or None, parse_id(turn.entity("before"))
        with_read = turn.entity("with_read") is not None
        page = await visible_page(context, dossier=dossier, with_read=with_read, before=before)
        if not page.lines and before is None and not with_read:
            with_read = True
            page = await visible_page(context, dossier=dossier, with_read=True, before=None)
        if not page.lines:
            utterances.utter("utter_notices_none", about=scope_text(context, dossier))
            return [SlotSet("notices_shown", None)]
        head = _head(context, page, dossier, with_read=with_read, first=before is None)
        lines = format_lines(context, page.lines, mark_unread=with_read)
        utterances.utter_lines([head, *lines], _buttons(context, page, dossier, with_read=with_read))
        own_url = page.lines[0].url if len(page.lines) == 1 and turn.trusted else None
        utterances.utter_link(utterances.text("utter_title_see_in_sphere"), own_url or context.services.settings.own_url)
        dossiers = {line.dossier for line in page.lines}
        last_dossier = dossiers.pop() if len(dossiers) == 1 else None
        shown = SlotSet("notices_shown", [line.id for line in page.lines if not line.read])
        return [shown, SlotSet("last_dossier", last_dossier)] if last_dossier else [shown]


def parse_id(text: str | None) -> int | None:
    """Return the id of a notification or of a message that a button carries."""
    return int(text) if text and text.isdecimal() else None


def _head(context: Context, page: Page, dossier: str | None, *, with_read: bool, first: bool) -> str:
    if not first:
        return context.utterances.text("utter_notices_following")
    if page.unread == 0:
        return context.utterances.text("utter_notices_nothing_new", about=scope_text(context, dossier))
    if with_read:
        return context.utterances.text("utter_notices_latest", about=scope_text(context, dossier))
    response = "utter_notices_unread" if page.unread > 1 else "utter_notices_unread_one"
    return context.utterances.text(response, about=scope_text(context, dossier), count=page.unread)


def _buttons(context: Context, page: Page, dossier: str | None, *, with_read: bool) -> list[Button]:
    utterances = context.utterances
    scope = {"dossier_ref": dossier} if dossier else {}
    unread = [str(line.id) for line in page.lines if not line.read]
    buttons: list[Button] = []
    if page.more:
        next_page = {"before": str(page.lines[-1].id), **({"with_read": "1"} if with_read else {}), **scope}
        buttons.append(utterances.button("utter_title_notices_more", "list_notifications", **next_page))
    if unread:
        buttons.append(utterances.button("utter_title_mark_read", "mark_notifications_read", notices=",".join(unread)))
    if page.unread > len(unread):
        buttons.append(utterances.button("utter_title_mark_all_read", "mark_notifications_read", **(scope or {"everything": "1"})))
    if not with_read and not page.more and page.total > page.unread:
        buttons.append(utterances.button("utter_title_notices_read_too", "list_notifications", with_read="1", **scope))
    return buttons
