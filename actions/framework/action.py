"""The base of every action: it never raises, and reports each failure to the user.

When an action raises, Rasa logs the whole tracker and says nothing to the user (measured on 3.6.21): nothing may leave `run`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.framework.action_metrics import CALLS, FAILED, OK, PLATFORM_DOWN, REFUSED, SECONDS, SPAN
from actions.framework.agenda import AGENDA, keep_after_failure, keep_agenda, rejoin_acts, take_agenda, tell_lost
from actions.framework.context import Context
from actions.framework.dialogue_stack import frames_of
from actions.framework.events import Events, wait_for_user
from actions.framework.letters import without_letter_parts
from actions.framework.lifecycle import flow_of_whole_message, start_flow
from actions.framework.offered_handover import take_up_handover
from actions.framework.refusals import utter_refusal
from actions.framework.services import get_services
from actions.framework.turn import Turn
from actions.framework.usager_names import tell_usagers
from actions.framework.utterances import Utterances
from bot.core.errors import log_error
from bot.dossiers.errors import LimitReached, NotAMember
from bot.fhir.errors import FhirUnavailable


class AssistantAction(Action, ABC):
    """An action of the assistant. Subclasses implement `act`; those with an `action_name` are served."""

    action_name: ClassVar[str] = ""

    def name(self) -> str:
        """Return the name by which domain and rules call the action."""
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Act and return the events. Say that the platform is down if it is; tell the user the id of any other error."""
        with SPAN.begun(action=self.name()) as span, SECONDS.measured(action=self.name()):
            events, outcome = await self._run(dispatcher, tracker, domain)
            span.note(outcome=outcome)
        CALLS.add(action=self.name(), outcome=outcome)
        return events

    async def _run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> tuple[Events, str]:
        turn = Turn(tracker)
        utterances = Utterances(dispatcher, dict(domain), external=not turn.trusted)
        context = Context(turn, utterances, get_services())
        before = frames_of(turn)
        try:
            return await self.answer(context), OK
        except FhirUnavailable:
            outcome = PLATFORM_DOWN
            utterances.utter("utter_platform_down")
        except (NotAMember, LimitReached) as refusal:
            outcome = REFUSED
            utter_refusal(utterances, refusal, turn.slot("dossier") or turn.slot("last_dossier") or "")
        except Exception as error:
            outcome = FAILED
            settings, error_id = get_services().settings, log_error(error)
            contact = {"phone": settings.support_phone, "email": settings.support_email}
            support = utterances.button("utter_title_support", "contact_support", reason="failed", error_id=error_id)
            utterances.utter("utter_action_failed", buttons=[support], error_id=error_id, **contact)
        return keep_after_failure(self.events_after_failure(turn), context, [*before, *reversed(context.agenda)]), outcome

    def events_after_failure(self, turn: Turn) -> Events:
        """Return the events after a failure: the active form stays where it is."""
        return wait_for_user(turn)

    async def answer(self, context: Context) -> Events:
        """Act, within the time that the turn has for the platform.

        Where the action is the first to take up a message, what that asks besides is put on the agenda.
        """
        with context.services.turn_budgets.of(context.turn.key, context.turn.play).applied():
            return await self._answer(context)

    async def _answer(self, context: Context) -> Events:
        if not self.takes_up(context.turn):
            before = frames_of(context.turn)
            events = await self.act(context)
            tell_lost(before, events, context)
            return events
        if (claimed := flow_of_whole_message(context.turn)) is not None:
            context.turn.tracker.latest_message = context.turn.whole.message
            return await start_flow(claimed, context)
        acts = rejoin_acts([context.turn.message, *(context.turn.message.get(AGENDA) or [])])
        read = [without_letter_parts(act) for act in acts]
        context.turn.tracker.latest_message = {**read[0], AGENDA: read[1:]} if AGENDA in read[0] else read[0]
        await tell_usagers(context)
        if (handed_over := await take_up_handover(context)) is not None:
            return handed_over
        taken, before = take_agenda(context), frames_of(context.turn)
        events = await self.act(context)
        events = await keep_agenda(events, context) if taken else events
        tell_lost(before, events, context)
        return events

    def takes_up(self, turn: Turn) -> bool:
        """Return whether the action is the first one to take up the user's message."""
        return turn.user_just_spoke and not self.name().startswith("action_ask_")

    @abstractmethod
    async def act(self, context: Context) -> Events:
        """Do what the action is for and return its events."""
