"""The questions and the acts of the tasks about notification settings."""

from __future__ import annotations

from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import SHOWN
from actions.flows.notifications.preference_flows import MANAGE, MUTE, RESUME, held, muted_dossiers
from actions.flows.notifications.preference_request import ask, changes_of, open_question
from actions.flows.notifications.preferences import make, overview, undo
from actions.framework.action import AssistantAction, Context, Events
from actions.framework.flow_actions import SubmitTask, ValidateTask
from actions.framework.lifecycle import Task
from actions.framework.utterances import titled
from bot.notifications.wishes import About, Question


class ValidateManageNotifications(ValidateTask):
    """Hears the answers of the task."""

    task = MANAGE


class ValidateMuteNotifications(ValidateTask):
    """Hears the answers of the task."""

    task = MUTE


class ValidateResumeNotifications(ValidateTask):
    """Hears the answers of the task."""

    task = RESUME


class AskManageNotificationsDossier(AssistantAction):
    """Asks which dossier is meant, or whether it is everything."""

    action_name = "action_ask_manage_notifications_form_dossier"
    question: ClassVar[str] = "utter_mute_which"

    async def act(self, context: Context) -> Events:
        """A button for everything, and one for each dossier, five in all."""
        shown = (await self._dossiers(context))[: SHOWN - 1]
        everything = context.speech.button("utter_title_all_notifications", "inform", everything="1")
        context.speech.say(self.question, [everything, *(titled(label, "inform", dossier_ref=reference) for reference, label in shown)])
        return [SlotSet("dossier_shown", [reference for reference, _ in shown])]

    async def _dossiers(self, context: Context) -> list[tuple[str, str]]:
        found = context.turn.slot("dossier_choices") or []
        own = await context.dossiers.own(await context.member())
        return [(d.reference, d.label) for d in own if not found or d.reference in found]


class AskMuteNotificationsDossier(AskManageNotificationsDossier):
    """Asks what is to be muted."""

    action_name = "action_ask_mute_notifications_form_dossier"


class AskResumeNotificationsDossier(AskManageNotificationsDossier):
    """Asks which of the mutes is to end."""

    action_name = "action_ask_resume_notifications_form_dossier"
    question: ClassVar[str] = "utter_resume_which"

    async def _dossiers(self, context: Context) -> list[tuple[str, str]]:
        labels = {seen.reference: seen.label for seen in await context.dossiers.own(await context.member())}
        return [(reference, labels.get(reference, reference)) for reference in muted_dossiers(await held(context))]


class AskManageNotificationsWish(AssistantAction):
    """Asks what the words left open."""

    action_name = "action_ask_manage_notifications_form_wish"

    async def act(self, context: Context) -> Events:
        """The question, with its choices."""
        question = open_question(context) or Question(about=About.UNCLEAR)
        ask(context, question)
        return []


class AskMuteNotificationsWish(AskManageNotificationsWish):
    """The same."""

    action_name = "action_ask_mute_notifications_form_wish"


class AskResumeNotificationsWish(AskManageNotificationsWish):
    """The same."""

    action_name = "action_ask_resume_notifications_form_wish"


class SubmitManageNotifications(SubmitTask):
    """Makes the change, takes it back, or shows the settings."""

    action_name = "action_manage_notifications"
    task: ClassVar[Task] = MANAGE

    async def submit(self, context: Context) -> Events:
        """As wished."""
        wish = context.turn.slot("wish")
        if "changes" in wish:
            return await make(context, changes_of(wish))
        return await undo(context, wish["undo"]) if "undo" in wish else await overview(context)


class SubmitMuteNotifications(SubmitManageNotifications):
    """The same."""

    action_name = "action_mute_notifications"
    task = MUTE


class SubmitResumeNotifications(SubmitManageNotifications):
    """The same."""

    action_name = "action_resume_notifications"
    task = RESUME
