"""The actions that Rasa calls in the life of a flow: start it, validate an answer, submit it, wait for the trusted web chat."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from actions.framework.action import AssistantAction
from actions.framework.agenda import answer_first, gathers_anew
from actions.framework.answers import is_yes_with_courtesy
from actions.framework.context import Context, FlowOutcome, LinkEnded
from actions.framework.dialogue_stack import (
    Frame,
    frame_of,
    frames_of,
    is_unproven,
    push,
    push_for_web_chat,
    push_unproven,
    set_stack,
    waiting_act,
)
from actions.framework.events import Events, wait_for_user
from actions.framework.flow import FLOWS, Flow, FlowAborted, Slots, active_flow, set_slots
from actions.framework.lifecycle import (
    ACCOUNT_REQUEST_FLOW,
    LINK_FLOW,
    claiming_flow,
    discard_contradictions,
    drop_all_flows,
    finish_flow,
    flow_of_whole_message,
    must_prove,
    prove_first,
    reset_flow,
    run_flow,
    start_flow,
)
from actions.framework.refusals import utter_refusal
from actions.framework.turn import Turn
from actions.framework.web_continuation import refer_to_web_chat, report_outcome
from bot.dossiers.errors import LimitReached, NotAMember
from bot.fhir.errors import FhirUnavailable

ABORTED = "aborted"
"""Slot: a form was left early; the submit action then does nothing but finish the flow."""
ANSWERED_TURN = "heard"
"""Slot: key of the last turn that a form took as an answer. The event tells Rasa that it was one, even if it changes nothing else."""

_COURTESIES = frozenset({"goodbye", "thank", "greet", "nlu_fallback", "out_of_scope"})
"""Intents that a yes with thanks or goodbyes may have been taken for."""


class StartFlow(AssistantAction):
    """Start the flow that the intent names."""

    action_name = "action_begin_task"

    async def act(self, context: Context) -> Events:
        """Start it; if the platform is down, offer to try again."""
        turn = context.turn
        try:
            return await start_flow(claiming_flow(turn, interrupting=True) or FLOWS[turn.intent], context)
        except FhirUnavailable:
            if FLOWS[turn.intent].gathers:  # no button can carry it: it waits, and a yes resumes it
                context.utterances.utter("utter_platform_down", buttons=[context.utterances.button("utter_title_retry", "affirm")])
                return [set_stack(push(frames_of(turn), waiting_act(FLOWS[turn.intent], turn.message))), *wait_for_user(turn)]
            retry = context.utterances.button("utter_title_retry", turn.intent, **turn.entity_values)
            context.utterances.utter("utter_platform_down", buttons=[retry])
            return wait_for_user(turn)


class ValidateFlow(AssistantAction):
    """Validation of a flow's form, which Rasa calls after each message while the form is active: let the flow collect the answer."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def name(self) -> str:
        """Return `validate_<form>`."""
        return f"validate_{self.flow.form}"

    def takes_up(self, turn: Turn) -> bool:
        """Return whether the message answers the form's question: no digression takes the agenda here, nor does another flow's start."""
        if turn.user_just_spoke and flow_of_whole_message(turn) is not None:
            return False
        if turn.user_just_spoke and turn.requested_slot is not None:
            self._hear_yes(turn)
            answer_first(turn, self.flow)
        answers = turn.user_just_spoke and turn.requested_slot is not None and self.flow.is_answer(turn)
        return answers and (bool(self.flow.gathers) or self.flow.keeps_wishes or not gathers_anew(turn))

    def _hear_yes(self, turn: Turn) -> None:
        """Let « voilà oui merci bonne journée » at a card be the yes that it is, whatever courtesy it was taken for."""
        social = turn.intent in _COURTESIES and turn.requested_slot == self.flow.confirmation_slot
        held = any(turn.says.get(said) for said in ("doubt", "condition", "forbids", "unknown"))
        if social and not turn.is_button and not held and is_yes_with_courtesy(turn.text):
            heard = {"intent": {"name": "affirm", "confidence": turn.confidence}, "response_selector": {}}
            turn.tracker.latest_message = {**turn.message, **heard}

    async def act(self, context: Context) -> Events:
        """Return the slots that the answer changes. No event at all tells Rasa that the message is a digression."""
        turn = context.turn
        if not self.takes_up(turn):
            return []
        if not turn.trusted and self.flow.needs_identity(turn):  # begun on a trusted channel: it goes on there
            await refer_to_web_chat(context, "utter_identity_elsewhere")
            return self._wait_for_web_chat(turn)
        try:
            if self.flow.needs_link:
                await context.account_reference()
            if await must_prove(self.flow, context):  # the answer is not taken: the question is asked again once that is done
                frames = push_unproven(frames_of(turn), frame_of(self.flow, turn))
                return [set_stack(frames), SlotSet("requested_slot", None), SlotSet(ABORTED, True)]
            if turn.says.get("unknown") and turn.intent == "deny" and not self.flow.takes_unknown_of(turn):
                if self.flow.name == LINK_FLOW and any(frame["task"] == ACCOUNT_REQUEST_FLOW for frame in frames_of(turn)):
                    context.utterances.utter("utter_task_dropped", task=context.utterances.text(f"utter_task_{LINK_FLOW}"))
                    raise FlowAborted  # « je n'ai pas de compte, je voudrais en demander un »
                _utter_unknown(context)
                return [SlotSet(ANSWERED_TURN, turn.key)]
            discard_contradictions(self.flow, context)
            collected = await self.flow.collect(context)
        except LinkEnded:
            context.utterances.utter("utter_link_expired")
            return [SlotSet("requested_slot", None), SlotSet(ABORTED, True)]
        except FlowAborted:  # what it proposed instead is on the stack
            return [set_stack(frames_of(turn)), SlotSet("requested_slot", None), SlotSet(ABORTED, True)]
        if not context.utterances.has_uttered and all(turn.slot(name) == value for name, value in collected.items()):
            if not turn.trusted and turn.masked:  # the answer was masked, or the name of a professional who is called like an usager
                await refer_to_web_chat(context, "utter_identity_elsewhere")
            else:
                context.utterances.utter("utter_not_an_answer")
        return [SlotSet(ANSWERED_TURN, turn.key), *set_slots(collected)]

    def _wait_for_web_chat(self, turn: Turn) -> Events:
        frames = push_for_web_chat(frames_of(turn), frame_of(self.flow, turn))
        return [set_stack(frames), SlotSet("requested_slot", None), SlotSet(ABORTED, True)]

    def events_after_failure(self, turn: Turn) -> Events:
        """Return events that ask the question again: nothing of the message was collected."""
        if not turn.trusted and self.flow.asks_identity:
            return self._wait_for_web_chat(turn)
        return [SlotSet(ANSWERED_TURN, turn.key)]


def _utter_unknown(context: Context) -> None:
    """Say what helps who does not know the answer; the second time, who else may help. The question is asked again."""
    utterances, settings = context.utterances, context.services.settings
    if context.turn.said_before("unknown"):
        buttons = [utterances.button("utter_title_cancel", "cancel"), utterances.button("utter_title_support", "contact_support")]
        utterances.utter("utter_unknown_again", buttons, phone=settings.support_phone)
        return
    utterances.utter("utter_unknown")
    hint = f"utter_help_{context.turn.requested_slot}"
    if context.utterances.has_response(hint):
        context.utterances.utter(hint)


class SubmitFlow(AssistantAction):
    """Base of the actions that carry a flow out once its form is filled. Subclasses name their `flow`, which names the action."""

    flow: ClassVar[Flow]

    def __init_subclass__(cls) -> None:
        """Take the name of the flow's submit action."""
        super().__init_subclass__()
        cls.action_name = cls.flow.submit_action

    async def act(self, context: Context) -> Events:
        """Submit the flow unless it was aborted, report its outcome, then finish it."""
        events: Events = []
        aborted, frames = bool(context.turn.slot(ABORTED)), frames_of(context.turn)
        if not aborted and await must_prove(self.flow, context):
            return [*reset_flow(self.flow), *await prove_first(self._unconfirmed(context.turn), frames, context)]
        if aborted and frames and is_unproven(frames[-1]):  # it goes on, once the chat has proven whose it is
            return [SlotSet(ABORTED, None), *await finish_flow(self.flow, context)]
        if not aborted:
            try:
                events = await self.submit(context)
            except LinkEnded:
                context.utter_unchanged("utter_link_expired")
            except (NotAMember, LimitReached) as refusal:
                utter_refusal(context.utterances, refusal, context.turn.slot("dossier") or "")
                context.outcome = FlowOutcome.UNCHANGED
            except FhirUnavailable:
                context.utter_unchanged("utter_platform_down")
                if self.flow.confirmation_slot is not None:  # nothing was done: the slots are kept, and confirmed again
                    return run_flow(self.flow, {self.flow.confirmation_slot: None})
            except Exception:
                await report_outcome(context, self.flow.name, FlowOutcome.FAILED, context.turn.slot("dossier"))
                raise
        dossier = next((event["value"] for event in events if event.get("name") == "last_dossier"), context.turn.slot("dossier"))
        await report_outcome(context, self.flow.name, FlowOutcome.UNCHANGED if aborted else context.outcome, dossier)
        further = None if aborted else await self._further(context)
        if further is not None:
            return [SlotSet(ABORTED, None), *events, *set_slots(dict.fromkeys(self.flow.slots)), *run_flow(self.flow, further)]
        return [SlotSet(ABORTED, None), *events, *await finish_flow(self.flow, context)]

    async def _further(self, context: Context) -> Slots | None:
        """Return `next_slots`; where they cannot be had, say so: what was carried out stays."""
        try:
            return await self.next_slots(context)
        except (LinkEnded, NotAMember, LimitReached, FhirUnavailable):
            context.utterances.utter("utter_further_dossiers_left")
            return None

    async def next_slots(self, context: Context) -> Slots | None:
        """Return the slots with which the flow goes on once it was carried out: one message asked for several of it. None: it ends."""
        return None

    def _unconfirmed(self, turn: Turn) -> Frame:
        """Return the frame of the flow as it was before it was confirmed: that is asked again."""
        frame = frame_of(self.flow, turn)
        frame["slots"].pop(self.flow.confirmation_slot, None)
        return frame

    @abstractmethod
    async def submit(self, context: Context) -> Events:
        """Carry the flow out, utter what was done or why not, and return further events."""

    def events_after_failure(self, turn: Turn) -> Events:
        """Return events that drop the flow: a later answer must not carry it out twice."""
        return [SlotSet(ABORTED, None), *drop_all_flows(self.flow)]


class WaitForWebChat(AssistantAction):
    """Put a flow that asks for the identity of an usager on the stack until it is continued in the trusted web chat."""

    action_name = "action_wait_elsewhere"

    async def act(self, context: Context) -> Events:
        """Utter why, with a link, and keep the slots."""
        await refer_to_web_chat(context, "utter_identity_elsewhere")
        return self._push_flow(context.turn)

    def events_after_failure(self, turn: Turn) -> Events:
        """Return the same events: with or without the link, the form asks nothing here."""
        return self._push_flow(turn)

    def _push_flow(self, turn: Turn) -> Events:
        flow = active_flow(turn)
        if flow is None:
            return wait_for_user(turn)
        frames = push_for_web_chat(frames_of(turn), frame_of(flow, turn))
        return [*reset_flow(flow), set_stack(frames), FollowupAction("action_listen")]
