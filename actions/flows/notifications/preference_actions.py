"""The actions of the flows of the notification preferences: their questions and their submission."""

from __future__ import annotations

from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.flows.notifications.current_mutes import current_mutes, muted_dossiers
from actions.flows.notifications.preference_flows import (
    MANAGE_NOTIFICATIONS,
    MUTE_NOTIFICATIONS,
    RESUME_NOTIFICATIONS,
)
from actions.flows.notifications.preference_request import ask_question, changes_of, open_question, would_change
from actions.flows.notifications.preferences import apply_changes, proposed_lines, show_passing, show_preferences, undo_change
from actions.framework.action import AssistantAction
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.utterances import MAX_SHOWN, make_button
from bot.notifications.preference_parser import About, Question


class AskManageNotificationsDossier(AssistantAction):
    """Ask which dossier is meant, or whether it is everything."""

    action_name = "action_ask_manage_notifications_form_dossier"
    question: ClassVar[str] = "utter_mute_which"

    async def act(self, context: Context) -> Events:
        """Show a button for everything and one for each dossier, five in all."""
        utterances = context.utterances
        shown = (await self._dossiers(context))[: MAX_SHOWN - 1]
        everything = utterances.button("utter_title_all_notifications", "inform", everything="1")
        utterances.utter(self.question, [everything, *(make_button(label, "inform", dossier_ref=reference) for reference, label in shown)])
        return [SlotSet("dossier_shown", [reference for reference, _ in shown])]

    async def _dossiers(self, context: Context) -> list[tuple[str, str]]:
        """Return reference and label of each dossier to show."""
        choices = context.turn.slot("dossier_choices") or []
        own = await context.dossiers.own(await context.linked_account())
        return [(d.reference, d.label) for d in own if not choices or d.reference in choices]


class AskMuteNotificationsDossier(AskManageNotificationsDossier):
    """Ask what is to be muted."""

    action_name = "action_ask_mute_notifications_form_dossier"


class AskResumeNotificationsDossier(AskManageNotificationsDossier):
    """Ask which mute is to end."""

    action_name = "action_ask_resume_notifications_form_dossier"
    question: ClassVar[str] = "utter_resume_which"

    async def _dossiers(self, context: Context) -> list[tuple[str, str]]:
        labels = {dossier.reference: dossier.label for dossier in await context.dossiers.own(await context.linked_account())}
        return [(reference, labels.get(reference, reference)) for reference in muted_dossiers(await current_mutes(context))]


class AskManageNotificationsWish(AssistantAction):
    """Ask about what the request leaves open."""

    action_name = "action_ask_manage_notifications_form_wish"

    async def act(self, context: Context) -> Events:
        """Ask the open question, with its choices."""
        question = open_question(context) or Question(about=About.UNCLEAR)
        proposed: list[str] = []
        if question.about is About.CONFIRM:
            changes = await would_change(context, question, context.turn.slot("dossier") or None)
            proposed = await proposed_lines(context, changes)
        ask_question(context, question, proposed)
        return []


class AskMuteNotificationsWish(AskManageNotificationsWish):
    """Ask about what the request leaves open."""

    action_name = "action_ask_mute_notifications_form_wish"


class AskResumeNotificationsWish(AskManageNotificationsWish):
    """Ask about what the request leaves open."""

    action_name = "action_ask_resume_notifications_form_wish"


class SubmitManageNotifications(SubmitFlow):
    """Apply the changes, undo the last one, or show the preferences."""

    flow: ClassVar[Flow] = MANAGE_NOTIFICATIONS

    async def submit(self, context: Context) -> Events:
        """Do what the slot `wish` holds."""
        wish = context.turn.slot("wish")
        if "changes" in wish:
            return await apply_changes(context, changes_of(wish))
        if "passing" in wish:
            return await show_passing(context)
        return await undo_change(context, wish["undo"]) if "undo" in wish else await show_preferences(context)


class SubmitMuteNotifications(SubmitManageNotifications):
    """Apply the changes, undo the last one, or show the preferences."""

    flow = MUTE_NOTIFICATIONS


class SubmitResumeNotifications(SubmitManageNotifications):
    """Apply the changes, undo the last one, or show the preferences."""

    flow = RESUME_NOTIFICATIONS
