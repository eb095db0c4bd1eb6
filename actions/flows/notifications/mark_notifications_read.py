"""The flow that marks notifications as read."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, AskDossier
from actions.flows.notifications.list_notifications import parse_id
from actions.flows.notifications.notification_page import EVERYTHING, means_everything, read_scope
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow


class MarkNotificationsRead(Flow):
    """Collect the dossier if it is not clear which one was named; a button, or no dossier, means others."""

    name = "mark_notifications_read"
    required_slots = ("dossier",)
    slots = (*required_slots, *DOSSIER_LISTS)

    async def start(self, context: Context) -> Slots:
        """Return the dossier that the message names, else everything."""
        turn = context.turn
        if turn.entity("message") or turn.entity("notices"):
            return {"dossier": EVERYTHING}
        return await read_scope(context, asked=False)

    async def collect(self, context: Context) -> Slots:
        """Return the dossier."""
        return await read_scope(context, asked=True)


MARK_NOTIFICATIONS_READ = register_flow(MarkNotificationsRead())


class AskMarkNotificationsReadDossier(AskDossier):
    """Ask of which dossier notifications are marked."""

    action_name = "action_ask_mark_notifications_read_form_dossier"


class SubmitMarkNotificationsRead(SubmitFlow):
    """Mark notifications as read, in every channel, and say how many are left."""

    flow = MARK_NOTIFICATIONS_READ

    async def submit(self, context: Context) -> Events:
        """Mark those that are meant; if it is not clear which, ask with buttons."""
        utterances, service = context.utterances, context.services.notifications
        account_id = (await context.account_reference()).id
        selection = self._selection(context)
        if selection is None:
            unread = (await service.page(account_id, size=0)).unread
            if unread > 1:
                mark_all = utterances.button("utter_title_mark_all_read", self.flow.name, everything="1")
                show = utterances.button("utter_title_notices_list", "list_notifications")
                context.utter_unchanged("utter_mark_which", [show, mark_all], count=unread)
                return []
            selection = {}
        marked = await service.mark_read(account_id, **selection)
        left = (await service.page(account_id, size=0)).unread
        marked_text = utterances.text(f"utter_notices_marked_{_plural(marked)}", count=marked)
        buttons = [utterances.button("utter_title_notices_list", "list_notifications")] if left else []
        left_text = utterances.text(f"utter_notices_left_{_plural(left)}", count=left)
        utterances.utter_lines([f"{marked_text} {left_text}"], buttons)
        return [SlotSet("notices_shown", None)]

    @staticmethod
    def _selection(context: Context) -> dict[str, Any] | None:
        """Return what `mark_read` is to select: those of a button, of a dossier, all, or those shown last. None: it is not clear."""
        turn = context.turn
        message, notices, shown = parse_id(turn.entity("message")), turn.entity("notices"), turn.slot("notices_shown")
        if message is not None:
            return {"message": message}
        if notices is not None:
            return {"notices": [int(each) for each in notices.split(",") if each.isdecimal()]}
        if turn.slot("dossier"):
            return {"dossier": turn.slot("dossier")}
        if turn.entity("everything") or means_everything(turn.text):
            return {}
        return {"notices": shown} if shown else None


def _plural(count: int) -> str:
    return "none" if count == 0 else "one" if count == 1 else "some"
