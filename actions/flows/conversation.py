"""What belongs to no single flow: replies, yes and no, cancellation, help, repetition, unexpected facts, a new session."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from rasa_sdk.events import ActionExecuted, ActiveLoop, SessionStarted, SlotSet

from actions.flows.directory.search import read_criteria
from actions.flows.notifications.preference_flows import MANAGE_NOTIFICATIONS
from actions.flows.notifications.preferences import undo_change, undoable_version
from actions.flows.partners.last_acts import LAST_ACTS
from actions.flows.partners.undo_act import UNDO_ACT, UNDO_BUTTON
from actions.flows.partners.undo_request import REQUEST_BUTTON
from actions.framework.action import AssistantAction
from actions.framework.agenda import agenda_entry
from actions.framework.answers import holds_more_than_yes
from actions.framework.context import Context, FlowOutcome
from actions.framework.dialogue_stack import (
    flow_of,
    frame_of,
    frames_of,
    is_on_agenda,
    next_frame,
    set_stack,
    waits_for_web_chat,
    without_waiting_for_link,
)
from actions.framework.events import Events, wait_for_user
from actions.framework.flow import active_flow, set_slots
from actions.framework.lifecycle import (
    LINK_FLOW,
    claiming_flow,
    correct_last_flow,
    reset_flow,
    resume_flow,
    resume_next,
    return_to_flow,
    start_flow,
)
from actions.framework.turn import Turn, last_utterance
from actions.framework.unexpected_input import SUPPORT_AFTER_FAILURES, UnexpectedInput, failures_in_a_row, utter_readings
from actions.framework.utterances import Button
from actions.framework.web_continuation import report_outcome, utter_continuation_link
from bot.core.text_folding import fold
from bot.notifications.preference_parser import asks_what_passes

_REST = re.compile(r"\b(?:le|du|tout le) reste\b|\bla suite\b", re.IGNORECASE)
"""Words for what waits on the agenda."""
SILENT_AFTER = frozenset({"emergency", "goodbye"})
"""Intents after which the question of the active flow is not asked again: nothing else is to be read."""


class Reply(AssistantAction):
    """Answer what needs no more than a response: `utter_<intent>`."""

    action_name = "action_reply"

    async def act(self, context: Context) -> Events:
        """Utter the response and return to the active flow."""
        turn, utterances, settings = context.turn, context.utterances, context.services.settings
        if (claimed := claiming_flow(turn)) is not None:
            return await start_flow(claimed, context)
        if turn.intent == "emergency" and asks_what_passes(turn.raw_text) and await context.is_linked():
            return await start_flow(MANAGE_NOTIFICATIONS, context)  # « une urgence à 3h, je la reçois ? »
        response = f"utter_{turn.intent}"
        if turn.intent == "greet" and turn.active_form is not None:
            response = "utter_greet_again"
        if turn.intent == "out_of_scope" and failures_in_a_row(turn) >= SUPPORT_AFTER_FAILURES:
            response = "utter_fallback_support"
        utterances.utter(response, phone=settings.support_phone, email=settings.support_email, days=settings.retention_days)
        if turn.intent in SILENT_AFTER:
            return wait_for_user(turn)
        frame = next_frame(frames_of(turn), turn)
        if turn.active_form is None and frame is not None and turn.intent == "greet":
            utterances.utter("utter_task_waiting", task=utterances.text(f"utter_task_{frame['task']}"))
        return return_to_flow(turn)


def _speaks_of(forbidden: str, turn: Turn) -> bool:
    """Return whether what is forbidden is under way, or an order stands in the words: « rien du tout » alone forbids nothing."""
    under_way = {frame["task"] for frame in frames_of(turn)}
    if (flow := active_flow(turn)) is not None:
        under_way.add(flow.name)
    order = _REMOVAL if forbidden == "remove_partner" else _ORDER
    return forbidden in under_way or order.search(fold(turn.text.replace("’", "'"))) is not None


class AffirmOrDeny(AssistantAction):
    """Answer « oui » or « non » when no question was asked: it can only be about a flow of the stack."""

    action_name = "action_yes_no"

    async def act(self, context: Context) -> Events:
        """Resume the flow, or drop it. « non, à Blois » corrects the flow that just ended."""
        turn, utterances = context.turn, context.utterances
        frames = frames_of(turn)
        frame = next_frame([one for one in frames if one not in context.agenda], turn)  # what the same message asks is not what it answers
        if (claimed := claiming_flow(turn, reply=True)) is not None:
            return await start_flow(claimed, context)
        if (forbidden := turn.says.get("forbids")) and _speaks_of(forbidden, turn):
            known = utterances.has_response(title := f"utter_task_{forbidden}")
            utterances.utter("utter_forbidden_task" if known else "utter_forbidden", task=utterances.text(title) if known else "")
            return return_to_flow(turn)
        if turn.active_form is None and turn.message.get("entities") and (events := await correct_last_flow(context)) is not None:
            return events
        nothing_asked = turn.active_form is None and frame is None and not context.agenda
        if nothing_asked and turn.intent == "affirm" and holds_more_than_yes(turn):
            return utter_readings(context)
        if turn.active_form is not None or frame is None:
            idle = "utter_all_right" if turn.intent == "affirm" else "utter_nothing_asked"
            if turn.active_form is not None or not context.agenda:
                utterances.utter(idle if turn.active_form is None else "utter_not_an_answer")
            return return_to_flow(turn)
        if turn.intent == "deny":
            context.settled.append(frame)
            utterances.utter("utter_task_dropped", task=utterances.text(f"utter_task_{frame['task']}"))
            await report_outcome(context, frame["task"], FlowOutcome.UNCHANGED)
            return [set_stack([other for other in frames if other != frame]), *wait_for_user(turn)]
        return await resume_flow(frame, context)


_REMOVAL = re.compile(r"\b(?:retir|enlev|supprim|vir|ot(?:e|er|ez)\b|dissoci|radi|deli|coup|sort|eject|desinscri)")
_ORDER = re.compile(
    r"\b(?:r?ajout|retir|enlev|supprim|invit|partag|associ|inscri|cre|ouvr|ferm|clotur|demand|envo|touch|chang|modifi|coup|arret|activ"
    r"|desactiv|r?e?donn|r?e?met|fai|fass|lanc|appel|contact|delie|boug|annul|valid|prolong)|\bsurtout pas\b"
)
"""Words of what may be ordered, of folded text."""


class CancelFlow(AssistantAction):
    """Cancel the active flow and resume the one that it interrupted, saying which."""

    action_name = "action_cancel"

    async def act(self, context: Context) -> Events:
        """Cancel the agenda alone (« le reste »); the active flow, else one that waits for the web chat, else undo what was just done."""
        turn, utterances = context.turn, context.utterances
        active, frames = active_flow(turn), frames_of(turn)
        if turn.is_button and (turn.entity(UNDO_BUTTON) or turn.entity(REQUEST_BUTTON)):
            return await start_flow(UNDO_ACT, context)
        rest = [frame for frame in frames if is_on_agenda(frame) and frame not in context.agenda]
        if rest and _REST.search(turn.text):
            dropped = utterances.text("utter_agenda_separator").join(agenda_entry(frame, utterances) for frame in reversed(rest))
            utterances.utter("utter_agenda_dropped", tasks=dropped)
            context.settled += rest
            return [set_stack([frame for frame in frames if frame not in rest]), *return_to_flow(turn)]
        cancelled = active or next((flow_of(frame) for frame in reversed(frames) if waits_for_web_chat(frame)), None)
        if cancelled is None and (version := undoable_version(turn)) is not None and not await context.needs_proof():
            return [set_stack(context.agenda), *await undo_change(context, version), *wait_for_user(turn)]
        if cancelled is None and (claimed := claiming_flow(turn, reply=True)) is not None:
            return await start_flow(claimed, context)
        if cancelled is None:
            if not context.agenda:
                utterances.utter("utter_nothing_to_cancel")
            return [set_stack(context.agenda), *wait_for_user(turn)]
        response = "utter_later" if turn.slot("offered") else "utter_task_dropped"
        utterances.utter(response, task=utterances.text(f"utter_task_{cancelled.name}"))
        await report_outcome(context, cancelled.name, FlowOutcome.UNCHANGED, turn.slot("dossier"))
        if active is None:
            return [set_stack(context.agenda), *wait_for_user(turn)]
        return [*reset_flow(active), *await resume_next(without_waiting_for_link(frames, given_up=active.name == LINK_FLOW), context)]


class UnexpectedFacts(UnexpectedInput):
    """Answer facts that nothing asked for."""

    action_name = "action_orphan"

    def suggest_flows(self, context: Context) -> list[Button]:
        """Return buttons for a professional who was named, else for a dossier."""
        turn, utterances = context.turn, context.utterances
        if read_criteria(turn):
            return [
                utterances.button("utter_reading_find_professional", "find_professional", **turn.entity_values),
                utterances.button("utter_reading_add_partner", "add_partner", **turn.entity_values),
            ]
        if reference := turn.entity("dossier_ref"):
            return [
                utterances.button("utter_reading_list_partners", "list_partners", dossier_ref=reference),
                utterances.button("utter_reading_add_partner", "add_partner", dossier_ref=reference),
            ]
        return []


class Help(AssistantAction):
    """Say what can be done, or what to do now."""

    action_name = "action_help"

    async def act(self, context: Context) -> Events:
        """Utter the help of the active flow and of its question; without one, that of a linked or an unlinked chat."""
        turn, utterances = context.turn, context.utterances
        flow = active_flow(turn)
        if flow is not None:
            question_help = f"utter_help_{turn.requested_slot}"
            utterances.utter("utter_help_task", task=utterances.text(f"utter_task_{flow.name}"))
            if utterances.has_response(question_help):
                utterances.utter(question_help)
            return return_to_flow(turn)
        linked = await context.services.identity.linked_account_id(turn.conversation_id)
        utterances.utter("utter_help_linked" if linked else "utter_help_unlinked")
        return wait_for_user(turn)


class Repeat(AssistantAction):
    """Say the last message again."""

    action_name = "action_repeat"

    async def act(self, context: Context) -> Events:
        """Ask the question of the active flow again, else utter the last text again with its buttons and its link."""
        turn, utterances = context.turn, context.utterances
        if turn.entity("continued") and turn.trusted:
            return await self._continue(context)
        if turn.active_form is not None:
            return return_to_flow(turn)
        message, link = last_utterance(turn)
        if message is None:
            utterances.utter("utter_nothing_to_repeat")
            return wait_for_user(turn)
        utterances.utter_lines([str(message["text"])], (message.get("data") or {}).get("buttons"))
        if link and link["title"] == utterances.text("utter_title_continue"):
            await utter_continuation_link(context)  # the one before may have been used, or have expired
        elif link:
            utterances.utter_link(link["title"], link["url"])
        return wait_for_user(turn)

    async def _continue(self, context: Context) -> Events:
        """Continue in the web chat, where the conversation was just opened: the active flow, or the next one of the stack."""
        turn, utterances = context.turn, context.utterances
        frame = next_frame(frames_of(turn), turn)
        if turn.active_form is None and frame is None:
            utterances.utter("utter_welcome_here")
            utterances.utter("utter_what_next")
            return wait_for_user(turn)
        utterances.utter("utter_continued_here")
        if turn.active_form is not None or frame is None:
            return return_to_flow(turn)
        return await resume_flow(frame, context)


MAX_SILENCE = timedelta(hours=24)
"""A flow goes on after a shorter silence; after a longer one it is dropped, and the user is told so."""


class SessionStart(AssistantAction):
    """Start a session after an hour of silence: the active flow goes on where it was, so that no answer is lost without a word."""

    action_name = "action_session_start"

    async def act(self, context: Context) -> Events:
        """Keep the active flow, the stack and the dossier talked about last; drop the flows after a day, and say so."""
        turn = context.turn
        flow, frames = active_flow(turn), frames_of(turn)
        kept: Events = [SlotSet(name, turn.slot(name)) for name in ("last_dossier", "last_partner", LAST_ACTS)]
        if _silence(context) > MAX_SILENCE:
            dropped = flow or (flow_of(frames[-1]) if frames else None)
            if dropped is not None:
                context.utterances.utter("utter_task_expired", task=context.utterances.text(f"utter_task_{dropped.name}"))
        elif flow is not None:
            kept += [set_stack(frames), *set_slots(frame_of(flow, turn)["slots"])]
            kept += [ActiveLoop(turn.active_form), SlotSet("requested_slot", turn.requested_slot)]
        else:
            kept.append(set_stack(frames))
        return [SessionStarted(), *kept, ActionExecuted("action_listen")]

    def events_after_failure(self, turn: Turn) -> Events:
        """Return events that start the session in any case."""
        return [SessionStarted(), ActionExecuted("action_listen")]


def _silence(context: Context) -> timedelta:
    """Return how long ago the user wrote last; none where they never did."""
    said = [event["timestamp"] for event in context.turn.tracker.events if event.get("event") == "user" and event.get("timestamp")]
    return context.services.clock.now() - datetime.fromtimestamp(max(said), UTC) if said else timedelta(0)
