"""The actions that Rasa calls to begin a task, to let it hear an answer, to carry it out and to drop it."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Ending, Events, LinkEnded, stay
from actions.elsewhere import elsewhere, tell_home
from actions.notifications_change import takes_back, undo
from actions.tasks import (
    ELSEWHERE,
    STACK,
    TASKS,
    Abort,
    Task,
    begin,
    clear,
    drop_all,
    finish,
    keep_elsewhere,
    resume,
    running,
    set_contradictions_aside,
    set_slots,
    snapshot,
    start_form,
)
from actions.turn import Turn
from bot.fhir.errors import FhirUnavailable


class BeginTask(AssistantAction):
    """Starts the task that the intent names."""

    action_name = "action_begin_task"

    async def act(self, context: Context) -> Events:
        """Begin it, or offer to try again when the platform does not answer."""
        turn = context.turn
        try:
            return await begin(TASKS[turn.intent], context)
        except FhirUnavailable:
            retry = context.speech.button("utter_title_retry", turn.intent, **turn.values)
            context.speech.say("utter_platform_down", buttons=[retry])
            return stay(turn)


class ValidateTask(AssistantAction):
    """Base of the form validations: lets the running task hear the message."""

    task: ClassVar[Task]

    def __init_subclass__(cls) -> None:
        """Name it `validate_<form>`, which Rasa calls after each answer."""
        super().__init_subclass__()
        cls.action_name = f"validate_{cls.task.form}"

    async def act(self, context: Context) -> Events:
        """Slots heard. No event at all tells Rasa that the message is about something else."""
        turn = context.turn
        if not turn.user_just_spoke or turn.requested is None or not self.task.is_answer(turn):
            return []
        if not turn.trusted and self.task.names_usager(turn):  # begun in the web chat: to be gone on with there
            await elsewhere(context, "utter_identity_elsewhere")
            return self._wait_elsewhere(turn)
        try:
            if self.task.needs_link:
                await context.speaker()
            set_contradictions_aside(self.task, context)
            heard = await self.task.hear(context)
        except LinkEnded:
            context.speech.say("utter_link_expired")
            return [SlotSet("requested_slot", None), SlotSet("aborted", True)]
        except Abort:
            return [SlotSet("requested_slot", None), SlotSet("aborted", True)]
        if not context.speech.said_something and all(turn.slot(name) == value for name, value in heard.items()):
            if not turn.trusted and turn.masked:  # what was masked was the answer, or the name of somebody who is called like an usager
                await elsewhere(context, "utter_identity_elsewhere")
            else:
                context.speech.say("utter_not_an_answer")
        return [SlotSet("heard", turn.key), *set_slots(heard)]

    def _wait_elsewhere(self, turn: Turn) -> Events:
        kept = keep_elsewhere(snapshot(self.task, turn), turn.slot(STACK) or [])
        return [SlotSet(STACK, kept), SlotSet("requested_slot", None), SlotSet("aborted", True)]

    def after_failure(self, turn: Turn) -> Events:
        """The question is asked again: what was said is not taken as heard."""
        if not turn.trusted and self.task.asks_identity:
            return self._wait_elsewhere(turn)
        return [SlotSet("heard", turn.key)]


class SubmitTask(AssistantAction):
    """Base of the actions that carry a task out once its form is filled."""

    task: ClassVar[Task]

    async def act(self, context: Context) -> Events:
        """Carry it out unless it was aborted, then finish."""
        events: Events = []
        aborted = bool(context.turn.slot("aborted"))
        if not aborted:
            try:
                events = await self.submit(context)
            except LinkEnded:
                context.unchanged("utter_link_expired")
            except FhirUnavailable:
                context.unchanged("utter_platform_down")
                if self.task.confirmed_by is not None:  # nothing was done: what was gathered is kept, and confirmed again
                    return start_form(self.task, {self.task.confirmed_by: None})
            except Exception:
                await tell_home(context, self.task.name, Ending.FAILED, context.turn.slot("dossier"))
                raise
        dossier = next((event["value"] for event in events if event.get("name") == "last_dossier"), context.turn.slot("dossier"))
        await tell_home(context, self.task.name, Ending.UNCHANGED if aborted else context.ending, dossier)
        return [SlotSet("aborted", None), *events, *await finish(self.task, context)]

    @abstractmethod
    async def submit(self, context: Context) -> Events:
        """Do it and say what was done, or not and why; events to add."""

    def after_failure(self, turn: Turn) -> Events:
        """A task whose carrying out failed is over: nothing must be done twice by a later answer."""
        return [SlotSet("aborted", None), *drop_all(self.task)]


class CancelTask(AssistantAction):
    """Drops the running task and goes back to the one put aside, saying which."""

    action_name = "action_cancel"

    async def act(self, context: Context) -> Events:
        """Drop it."""
        turn, speech = context.turn, context.speech
        task, stack = running(turn), list(turn.slot(STACK) or [])
        dropped = task or next((TASKS[entry["task"]] for entry in reversed(stack) if entry.get(ELSEWHERE)), None)
        if dropped is None and (version := takes_back(turn)) is not None:  # « annule » said of what was just done
            return [SlotSet(STACK, []), *await undo(context, version), *stay(turn)]
        if dropped is None:
            speech.say("utter_nothing_to_cancel")
            return [SlotSet(STACK, []), *stay(turn)]
        speech.say("utter_later" if turn.slot("offered") else "utter_task_dropped", task=speech.phrase(f"utter_task_{dropped.name}"))
        await tell_home(context, dropped.name, Ending.UNCHANGED, turn.slot("dossier"))
        if task is None:
            return [SlotSet(STACK, []), *stay(turn)]
        return [*clear(task), *await resume([entry for entry in stack if "message" not in entry], context)]
