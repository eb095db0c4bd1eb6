"""Tasks: what starts, listens, is put aside, resumed, finished and dropped. A task is a form and its slots.

Life of a task (see docs/dev/dialogue.md): *begin* reads the sentence that started it; the form asks
for what is missing; *hear* reads each answer (or declares it a digression, which Rasa's rules then
serve, coming back to the form); the submit action carries it out and *finishes*, which resumes the
task that was put aside for it, if any.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import AssistantAction, Context, Events, LinkEnded, stay
from actions.turn import Turn
from bot.fhir import FhirUnavailable

STACK = "task_stack"
"""Slot: tasks put aside, oldest first: [{"task": name, "slots": {…}}]."""
ELSEWHERE = "elsewhere"
"""In an entry of the stack: the task needs to know who an usager is, and waits for the trusted web chat."""
LINKING = "link_account"
"""The task that others wait for while nobody knows who is speaking."""
WITHOUT_ACCOUNT = "request_account"
"""What somebody who cannot be linked for want of an account asks for."""
STACK_DEPTH = 5
"""More than that and nobody remembers what the oldest one was about."""

NAMES_A_DOSSIER = frozenset({"find_dossier", "list_partners", "list_dossiers"})
"""Intents that « au dossier de Mme Durand » may be taken for; when a dossier was asked for, it is the answer."""
ALWAYS_HEARD = frozenset({"emergency", "cancel", "help"})
"""Intents that are never taken for an answer, whatever was asked."""
SURE = 0.75
"""Confidence under which a reading gives way to the question that was asked, where its answer may be any words."""
WORDS = 12
"""A longer sentence is not an answer to « quel est son nom ? »."""

Slots = dict[str, Any]


class Abort(Exception):
    """Raised while listening when the task cannot go on; what was said already says why."""


class Task(ABC):
    """One thing a user can have done."""

    name: ClassVar[str]
    """Name of the task and of the intent that starts it."""
    required: ClassVar[tuple[str, ...]] = ()
    """Slots that its form asks for, in the domain's order; a task without any is carried out at once."""
    slots: ClassVar[tuple[str, ...]] = ()
    """Slots that belong to it: emptied when it ends, kept when it is put aside."""
    needs_link: ClassVar[bool] = True
    """Whether the chat must be linked to an account."""
    takes: ClassVar[frozenset[str]] = frozenset({"inform", "choose", "correct", "affirm", "deny"})
    """Intents that are answers to its questions; its own intent is always one."""
    confirmed_by: ClassVar[str | None] = None
    """Slot of the confirmation: asked again when carrying out failed for a passing reason."""
    free_text: ClassVar[frozenset[str]] = frozenset()
    """Slots whose answer may be any words, so that a misunderstood sentence is still the answer."""

    @property
    def form(self) -> str:
        """Name of its Rasa form."""
        return f"{self.name}_form"

    @property
    def submit_action(self) -> str:
        """Name of the action that carries it out."""
        return f"action_{self.name}"

    async def begin(self, context: Context) -> Slots:
        """What the starting sentence says already. May raise Abort. Needs a linked chat if `needs_link`."""
        return {}

    @abstractmethod
    async def hear(self, context: Context) -> Slots:
        """Slots changed by an answer to the requested slot; empty: the question is asked again. May raise Abort."""

    def names_usager(self, turn: Turn) -> bool:
        """Whether this very message needs to tell who an usager is: then the task goes on in the trusted web chat only."""
        return False

    def must_link(self, turn: Turn) -> bool:
        """Whether this very wish needs a linked chat."""
        return self.needs_link

    def is_answer(self, turn: Turn) -> bool:
        """Whether the message answers the question that was asked, rather than being about something else."""
        if turn.is_button:  # one that starts this very task starts it over
            return turn.intent in self.takes
        if turn.intent == self.name or turn.intent in self.takes:
            return True
        if turn.intent == "cancel":  # « c'est à Tours finalement » brings something new: it corrects
            return bool(turn.message.get("entities"))
        if turn.requested == "dossier" and turn.intent in NAMES_A_DOSSIER and (turn.entity("dossier_ref") or turn.entity("usager_name")):
            return True
        if turn.requested not in self.free_text or turn.intent in ALWAYS_HEARD:
            return False
        unsure = turn.intent in {"nlu_fallback", "out_of_scope"} or turn.confidence < SURE
        return unsure and 0 < len(turn.text.split()) <= WORDS and any(c.isalnum() for c in turn.text)


TASKS: dict[str, Task] = {}
"""Every task by name; filled by `register`."""


def register(task: Task) -> Task:
    """Make a task known to begin, cancel and resume."""
    TASKS[task.name] = task
    return task


def running(turn: Turn) -> Task | None:
    """The task whose form is active."""
    form = turn.active_form
    return TASKS.get(form.removesuffix("_form")) if form else None


def set_slots(values: Slots) -> Events:
    """Events that set slots."""
    return [SlotSet(name, value) for name, value in values.items()]


def clear(task: Task) -> Events:
    """Events that end a task's form and empty its slots."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *set_slots(dict.fromkeys(task.slots))]


def start_form(task: Task, slots: Slots) -> Events:
    """Events that run a task's form with these slots filled, or carry it out where nothing is left to ask."""
    complete = all(slots.get(name) is not None for name in task.required)
    return [*set_slots(slots), FollowupAction(task.submit_action if complete else task.form)]


def offer_next(context: Context, name: str, slots: Slots) -> None:
    """Propose another task as soon as this one is finished, before those put aside."""
    stack = context.turn.slot(STACK) or []
    context.turn.tracker.slots[STACK] = [*stack, {"task": name, "slots": slots, "offered": True}]


def snapshot(task: Task, turn: Turn) -> dict[str, Any]:
    """What must be kept of a task to take it up again."""
    return {"task": task.name, "slots": {name: turn.slot(name) for name in task.slots if turn.slot(name) is not None}}


async def begin(task: Task, context: Context) -> Events:
    """Start a task: what runs is put aside; an unlinked chat is linked first and the task then goes on."""
    turn, speech = context.turn, context.speech
    events: Events = []
    stack = list(turn.slot(STACK) or [])
    current = running(turn)
    linking = current is not None and current.name == LINKING
    if task.must_link(turn) and await context.person() is None:
        stack = [entry for entry in stack if "message" not in entry or entry["task"] != task.name]  # said twice, done once
        aside = [snapshot(current, turn)] if current is not None and not linking else []
        stack = [*stack, *aside, {"task": task.name, "slots": {}, "message": turn.message}][-STACK_DEPTH:]
        if linking:
            speech.say("utter_link_first")
            return [SlotSet(STACK, stack), FollowupAction(TASKS[LINKING].form)]
        speech.say("utter_link_needed")
        return [*(clear(current) if current else []), SlotSet(STACK, stack), *start_form(TASKS[LINKING], {})]
    if current is not None:
        if linking and task.name == WITHOUT_ACCOUNT:  # nobody can be linked who has no account yet: what waited for it is given up
            stack = [entry for entry in stack if "message" not in entry]
            speech.say("utter_task_dropped", task=speech.phrase(f"utter_task_{current.name}"))
        elif current.name != task.name:
            stack = [*stack, snapshot(current, turn)][-STACK_DEPTH:]
            speech.say("utter_task_set_aside", task=speech.phrase(f"utter_task_{current.name}"))
        events += clear(current)
    if not turn.trusted and task.names_usager(turn):
        await elsewhere(context, "utter_identity_elsewhere")
        kept = [*stack, {"task": task.name, "slots": {}, ELSEWHERE: True}][-STACK_DEPTH:]
        return [*events, SlotSet(STACK, kept), FollowupAction("action_listen")]
    try:
        slots = await task.begin(context)
    except Abort:
        return [*events, SlotSet(STACK, stack), *_resume(stack, context)]
    return [*events, SlotSet(STACK, stack), *set_slots(dict.fromkeys(task.slots)), *start_form(task, slots)]


async def finish(task: Task, context: Context) -> Events:
    """End a task and take up the one that was put aside for it, if any."""
    stack = list(context.turn.slot(STACK) or [])
    if stack and "message" in stack[-1]:
        return [*clear(task), *await _begin_deferred(stack, context)]
    return [*clear(task), *_resume(stack, context)]


async def elsewhere(context: Context, response: str) -> None:
    """Say why something is not done on an external channel, with a link that goes on in the trusted web chat."""
    context.speech.say(response)
    title = context.speech.phrase("utter_title_continue")
    context.speech.link(title, await context.services.continuations.make(context.turn.conversation_id))


async def tell_home(context: Context, task: Task, response: str, dossier: str | None = None) -> None:
    """Tell the chat that a task was taken up from how it ended, by reference alone."""
    turn = context.turn
    if turn.channel == turn.home:
        return
    text = context.speech.phrase(response, task=context.speech.phrase(f"utter_task_{task.name}"))
    if dossier:
        text += " " + context.speech.phrase("utter_dossier_elsewhere", reference=dossier)
    await context.services.continuations.tell(turn.conversation_id, text, key=f"elsewhere:{turn.key}:{task.name}")


def go_on(context: Context) -> Events | None:
    """In the web chat that was opened to go on: take up what waits; None where nothing does."""
    stack = list(context.turn.slot(STACK) or [])
    if not stack:
        return None
    *rest, last = stack
    return [SlotSet(STACK, rest), *start_form(TASKS[last["task"]], last["slots"])]


def drop_all(task: Task | None) -> Events:
    """Events that end the running task and forget those put aside."""
    return [*(clear(task) if task else []), SlotSet(STACK, []), FollowupAction("action_listen")]


def _resume(stack: list[dict[str, Any]], context: Context) -> Events:
    if not stack or (stack[-1].get(ELSEWHERE) and not context.turn.trusted):
        return [SlotSet(STACK, stack), FollowupAction("action_listen")]
    *rest, last = stack
    task, speech = TASKS[last["task"]], context.speech
    if last.get("offered"):
        speech.say(f"utter_offer_{task.name}")
    else:
        speech.say("utter_task_resumed", task=speech.phrase(f"utter_task_{task.name}"))
    return [SlotSet(STACK, rest), *start_form(task, last["slots"])]


async def _begin_deferred(stack: list[dict[str, Any]], context: Context) -> Events:
    """Begin the task that the user had asked for before linking, from the very sentence that asked for it."""
    *rest, last = stack
    task = TASKS[last["task"]]
    context.turn.tracker.latest_message = last["message"]
    context.forget_person()
    try:
        if not context.turn.trusted and task.names_usager(context.turn):
            await elsewhere(context, "utter_identity_elsewhere")
            return [SlotSet(STACK, [*rest, {"task": task.name, "slots": {}, ELSEWHERE: True}]), FollowupAction("action_listen")]
        slots = await task.begin(context)
    except Abort:
        return [SlotSet(STACK, rest), *_resume(rest, context)]
    except FhirUnavailable:
        context.speech.say("utter_platform_down")
        slots = {}
    return [SlotSet(STACK, rest), *start_form(task, slots)]


class BeginTask(AssistantAction):
    """Starts the task that the intent names."""

    action_name = "action_begin_task"

    async def act(self, context: Context) -> Events:
        """Begin it, or offer to try again when the platform does not answer."""
        turn = context.turn
        try:
            return await begin(TASKS[turn.intent], context)
        except FhirUnavailable:
            said = {entity["entity"]: entity["value"] for entity in turn.message.get("entities") or []}
            context.speech.say("utter_platform_down", buttons=[context.speech.button("utter_title_retry", turn.intent, **said)])
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
            kept = [*(turn.slot(STACK) or []), snapshot(self.task, turn) | {ELSEWHERE: True}]
            return [SlotSet(STACK, kept), SlotSet("requested_slot", None), SlotSet("aborted", True)]
        try:
            if self.task.needs_link:
                await context.speaker()
            heard = await self.task.hear(context)
        except LinkEnded:
            context.speech.say("utter_link_expired")
            return [SlotSet("requested_slot", None), SlotSet("aborted", True)]
        except Abort:
            return [SlotSet("requested_slot", None), SlotSet("aborted", True)]
        if not context.speech.said_something and all(turn.slot(name) == value for name, value in heard.items()):
            context.speech.say("utter_not_an_answer")
        return [SlotSet("heard", turn.key), *set_slots(heard)]

    def after_failure(self, turn: Turn) -> Events:
        """The question is asked again: what was said is not taken as heard."""
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
                context.speech.say("utter_link_expired")
            except FhirUnavailable:
                context.speech.say("utter_platform_down")
                if self.task.confirmed_by is not None:  # nothing was done: what was gathered is kept, and confirmed again
                    return start_form(self.task, {self.task.confirmed_by: None})
        dossier = next((event["value"] for event in events if event.get("name") == "last_dossier"), None)
        await tell_home(context, self.task, "utter_dropped_elsewhere" if aborted else "utter_done_elsewhere", dossier)
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
        task = running(turn)
        if task is None:
            speech.say("utter_nothing_to_cancel")
            return [SlotSet(STACK, []), *stay(turn)]
        speech.say("utter_later" if turn.slot("offered") else "utter_task_dropped", task=speech.phrase(f"utter_task_{task.name}"))
        await tell_home(context, task, "utter_dropped_elsewhere")
        stack = [entry for entry in turn.slot(STACK) or [] if "message" not in entry]
        return [*clear(task), *_resume(stack, context)]
