"""Reading one's notifications, and marking them as read."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, AskDossier
from actions.flows.notifications.notification_page import EVERYTHING, about, read_about, says_all, shown_page, worded
from actions.framework.action import Context, Events
from actions.framework.flow_actions import SubmitTask, ValidateTask
from actions.framework.lifecycle import Slots, Task, register
from actions.framework.utterances import Button
from bot.notifications.reading import Page


class ListNotifications(Task):
    """About which dossier, where the one that was named is not clear; then five at a time."""

    name = "list_notifications"
    required = ("dossier",)
    slots = (*required, *DOSSIER_LISTS)

    async def begin(self, context: Context) -> Slots:
        """The dossier, where one was named."""
        return await read_about(context, asked=False)

    async def hear(self, context: Context) -> Slots:
        """Which dossier."""
        return await read_about(context, asked=True)


LIST = register(ListNotifications())


class ValidateListNotifications(ValidateTask):
    """Hears which dossier."""

    task = LIST


class AskListNotificationsDossier(AskDossier):
    """Asks about which dossier."""

    action_name = "action_ask_list_notifications_form_dossier"


class SubmitListNotifications(SubmitTask):
    """Shows what is unread; where nothing is, what came last."""

    action_name = "action_list_notifications"
    task = LIST

    async def submit(self, context: Context) -> Events:
        """Five lines, and what can be done with them."""
        turn, speech = context.turn, context.speech
        dossier, before, with_read = turn.slot("dossier") or None, _number(turn.entity("before")), turn.entity("with_read") is not None
        page = await shown_page(context, dossier=dossier, with_read=with_read, before=before)
        if not page.lines and before is None and not with_read:
            with_read = True
            page = await shown_page(context, dossier=dossier, with_read=True, before=None)
        if not page.lines:
            speech.say("utter_notices_none", about=about(context, dossier))
            return [SlotSet("notices_shown", None)]
        head = _head(context, page, dossier, with_read=with_read, first=before is None)
        speech.say_parts([head, *worded(context, page.lines, mark=with_read)], _buttons(context, page, dossier, with_read=with_read))
        alone = page.lines[0].url if len(page.lines) == 1 and turn.trusted else None
        speech.link(speech.phrase("utter_title_see_in_sphere"), alone or context.services.settings.own_url)
        dossiers = {line.dossier for line in page.lines}
        talked_about = dossiers.pop() if len(dossiers) == 1 else None
        shown = SlotSet("notices_shown", [line.id for line in page.lines if not line.read])
        return [shown, SlotSet("last_dossier", talked_about)] if talked_about else [shown]


def _number(text: str | None) -> int | None:
    """A notice's or a message's id in a button."""
    return int(text) if text and text.isdecimal() else None


def _head(context: Context, page: Page, dossier: str | None, *, with_read: bool, first: bool) -> str:
    if not first:
        return context.speech.phrase("utter_notices_following")
    if page.unread == 0:
        return context.speech.phrase("utter_notices_nothing_new", about=about(context, dossier))
    if with_read:
        return context.speech.phrase("utter_notices_latest", about=about(context, dossier))
    response = "utter_notices_unread" if page.unread > 1 else "utter_notices_unread_one"
    return context.speech.phrase(response, about=about(context, dossier), count=page.unread)


def _buttons(context: Context, page: Page, dossier: str | None, *, with_read: bool) -> list[Button]:
    speech = context.speech
    which = {"dossier_ref": dossier} if dossier else {}
    unread = [str(line.id) for line in page.lines if not line.read]
    buttons: list[Button] = []
    if page.more:
        going_on = {"before": str(page.lines[-1].id), **({"with_read": "1"} if with_read else {}), **which}
        buttons.append(speech.button("utter_title_notices_more", "list_notifications", **going_on))
    if unread:
        buttons.append(speech.button("utter_title_mark_read", "mark_notifications_read", notices=",".join(unread)))
    if page.unread > len(unread):
        buttons.append(speech.button("utter_title_mark_all_read", "mark_notifications_read", **(which or {"everything": "1"})))
    if not with_read and not page.more and page.total > page.unread:
        buttons.append(speech.button("utter_title_notices_read_too", "list_notifications", with_read="1", **which))
    return buttons


class MarkNotificationsRead(Task):
    """Those of a button, of a dossier, those shown last, or all."""

    name = "mark_notifications_read"
    required = ("dossier",)
    slots = (*required, *DOSSIER_LISTS)

    async def begin(self, context: Context) -> Slots:
        """The dossier, where one was named."""
        turn = context.turn
        if turn.entity("message") or turn.entity("notices"):
            return {"dossier": EVERYTHING}
        return await read_about(context, asked=False)

    async def hear(self, context: Context) -> Slots:
        """Which dossier."""
        return await read_about(context, asked=True)


MARK = register(MarkNotificationsRead())


class ValidateMarkNotificationsRead(ValidateTask):
    """Hears which dossier."""

    task = MARK


class AskMarkNotificationsReadDossier(AskDossier):
    """Asks of which dossier."""

    action_name = "action_ask_mark_notifications_read_form_dossier"


class SubmitMarkNotificationsRead(SubmitTask):
    """Marks them, in every channel, and says how many are left."""

    action_name = "action_mark_notifications_read"
    task = MARK

    async def submit(self, context: Context) -> Events:
        """Mark what is meant; where it is not clear what, ask with buttons."""
        speech, service = context.speech, context.services.notifications
        account_id = (await context.speaker()).id
        which = self._which(context)
        if which is None:
            unread = (await service.page(account_id, size=0)).unread
            if unread > 1:
                every = speech.button("utter_title_mark_all_read", self.task.name, everything="1")
                context.unchanged(
                    "utter_mark_which", [speech.button("utter_title_notices_list", "list_notifications"), every], count=unread
                )
                return []
            which = {}
        done = await service.mark_read(account_id, **which)
        left = (await service.page(account_id, size=0)).unread
        said = speech.phrase(f"utter_notices_marked_{_many(done)}", count=done)
        buttons = [speech.button("utter_title_notices_list", "list_notifications")] if left else []
        rest = speech.phrase(f"utter_notices_left_{_many(left)}", count=left)
        speech.say_parts([f"{said} {rest}"], buttons)
        return [SlotSet("notices_shown", None)]

    @staticmethod
    def _which(context: Context) -> dict[str, Any] | None:
        """What `mark_read` is to be told; None where the words do not say."""
        turn = context.turn
        message, notices, shown = _number(turn.entity("message")), turn.entity("notices"), turn.slot("notices_shown")
        if message is not None:
            return {"message": message}
        if notices is not None:
            return {"notices": [int(each) for each in notices.split(",") if each.isdecimal()]}
        if turn.slot("dossier"):
            return {"dossier": turn.slot("dossier")}
        if turn.entity("everything") or says_all(turn.text):
            return {}
        return {"notices": shown} if shown else None


def _many(count: int) -> str:
    return "none" if count == 0 else "one" if count == 1 else "some"
