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

from actions.base import IDENTITY_FORMS, Context, Events
from actions.elsewhere import elsewhere
from actions.turn import Turn
from bot.fhir.errors import FhirUnavailable

STACK = "task_stack"
"""Slot: tasks put aside, oldest first: [{"task": name, "slots": {…}}]."""
ELSEWHERE = "elsewhere"
"""In an entry of the stack: the task waits for the trusted web chat, and the user was told so, with a link."""
AMENDABLE = "amendable"
"""Slot: the task that ended in the turn before and may be done again, amended: {"task", "slots", "turn": key of its turn}."""
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
Entry = dict[str, Any]
"""An entry of the stack."""


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
    amendable: ClassVar[bool] = False
    """Whether it can be done again, otherwise, by a correction said right after it: it changes nothing, or what can be taken back."""
    free_text: ClassVar[frozenset[str]] = frozenset()
    """Slots whose answer may be any words, so that a misunderstood sentence is still the answer."""
    one_only: ClassVar[frozenset[str]] = frozenset()
    """Entities of which it has room for one value: where two are said that contradict each other, neither is taken."""
    asks_identity: ClassVar[bool] = False
    """Whether its questions are about who an usager is: then they are asked in the trusted web chat only."""

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

    async def amend(self, context: Context, slots: Slots) -> Slots:
        """What becomes of its slots by words said right after it ended (« non, à Blois »); empty: nothing. Where `amendable` only."""
        return {}

    def names_usager(self, turn: Turn) -> bool:
        """Whether, after this very message, the task cannot go on without that identity."""
        return self.asks_identity

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
        names = turn.entity("dossier_ref") or turn.entity("usager_name") or turn.masked
        if turn.requested == "dossier" and turn.intent in NAMES_A_DOSSIER and names:
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
    if task.asks_identity:
        IDENTITY_FORMS.add(task.form)
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


def snapshot(task: Task, turn: Turn) -> Entry:
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
        return [*events, *await _wait_elsewhere({"task": task.name, "slots": {}}, stack, context)]
    stack = [entry for entry in stack if entry["task"] != task.name or not entry.get(ELSEWHERE)]  # it need not wait any more
    set_contradictions_aside(task, context)
    try:
        slots = await task.begin(context)
    except Abort:
        return [*events, *await resume(stack, context)]
    return [*events, SlotSet(STACK, stack), *set_slots(dict.fromkeys(task.slots)), *start_form(task, slots)]


async def finish(task: Task, context: Context) -> Events:
    """End a task and take up the one that was put aside for it, if any."""
    stack = list(context.turn.slot(STACK) or [])
    if stack and stack[-1]["task"] == task.name and stack[-1].get(ELSEWHERE) and not context.turn.trusted:
        return [*clear(task), SlotSet(STACK, stack), FollowupAction("action_listen")]  # it did not end: it waits, and only now
    kept = {"task": task.name, "turn": context.turn.key, "slots": snapshot(task, context.turn)["slots"]} if task.amendable else None
    return [*clear(task), SlotSet(AMENDABLE, kept), *await resume(stack, context)]


def just_ended(context: Context, *names: str) -> Slots | None:
    """The slots of one of these tasks, if it ended in the turn before; None where none of them did."""
    held = context.turn.slot(AMENDABLE)
    return held["slots"] if held and held["task"] in names and context.turn.follows(held["turn"]) else None


async def amend_last(context: Context) -> Events | None:
    """Do the task of the turn before again as these words amend it; None where there is none, or they do not."""
    held = context.turn.slot(AMENDABLE)
    if held is None or not context.turn.follows(held["turn"]):
        return None
    task = TASKS[held["task"]]
    if task.needs_link and not await context.is_linked():
        return None
    set_contradictions_aside(task, context)
    slots = await task.amend(context, held["slots"])
    return start_form(task, slots) if slots else None


def waiting(stack: list[Entry], turn: Turn) -> Entry | None:
    """The task put aside that comes next: on an external channel one that may go on there, as long as there is one."""
    here = [entry for entry in stack if turn.trusted or "message" in entry or not TASKS[entry["task"]].asks_identity]
    return next(reversed(here or stack), None)


async def take_up(entry: Entry, context: Context) -> Events:
    """Go on with a task put aside, or begin it where it was not begun yet. Nothing is said but what stands in its way."""
    turn, task = context.turn, TASKS[entry["task"]]
    rest = [other for other in turn.slot(STACK) or [] if other != entry]
    if not turn.trusted and task.asks_identity and "message" not in entry:
        return await _wait_elsewhere(entry, rest, context)
    if (task.needs_link or "message" in entry) and not await context.is_linked():
        said = {"text": "", "intent": {"name": task.name, "confidence": 1.0}, "entities": []}
        context.speech.say("utter_link_needed")
        return [SlotSet(STACK, [*rest, {"message": said, **entry}]), *start_form(TASKS[LINKING], {})]
    if "message" in entry:
        return await _begin_deferred(entry, rest, context)
    return [SlotSet(STACK, rest), *start_form(task, entry["slots"])]


def set_contradictions_aside(task: Task, context: Context) -> None:
    """Two values for what has but one: the rest of the message is heard, and the user is told that neither was taken."""
    for name in sorted(task.one_only):
        said = context.turn.different(name)
        if len(said) > 1:
            context.speech.say("utter_contradiction", first=said[0], second=said[1])
            context.turn = context.turn.without(name)


def drop_all(task: Task | None) -> Events:
    """Events that end the running task and forget those put aside."""
    return [*(clear(task) if task else []), SlotSet(STACK, []), FollowupAction("action_listen")]


def keep_elsewhere(entry: Entry, stack: list[Entry]) -> list[Entry]:
    """The stack with a task on it that waits for the trusted web chat; asked for twice, it is done once."""
    others = [other for other in stack if other["task"] != entry["task"]]
    return [*others, entry | {ELSEWHERE: True}][-STACK_DEPTH:]


async def _wait_elsewhere(entry: Entry, stack: list[Entry], context: Context) -> Events:
    await elsewhere(context, "utter_identity_elsewhere")
    return [SlotSet(STACK, keep_elsewhere(entry, stack)), FollowupAction("action_listen")]


async def resume(stack: list[Entry], context: Context) -> Events:
    """Come back to what was put aside; what waits for the trusted web chat is said once, then waits in silence."""
    turn, speech = context.turn, context.speech
    linking = any(entry["task"] == LINKING for entry in stack)  # it was put aside itself: what waits for it goes on waiting
    if not linking and any("message" in entry for entry in stack) and not await context.is_linked():
        stack = [entry for entry in stack if "message" not in entry]  # the linking that they waited for was given up
    turn.tracker.slots[STACK] = stack
    entry = waiting(stack, turn)
    if entry is None or (entry.get(ELSEWHERE) and not turn.trusted):
        return [SlotSet(STACK, stack), FollowupAction("action_listen")]
    task = TASKS[entry["task"]]
    if entry.get("offered"):
        speech.say(f"utter_offer_{task.name}")
    elif "message" not in entry and (turn.trusted or not task.asks_identity):
        speech.say("utter_task_resumed", task=speech.phrase(f"utter_task_{task.name}"))
    return await take_up(entry, context)


async def _begin_deferred(entry: Entry, rest: list[Entry], context: Context) -> Events:
    """Begin the task that the user had asked for before linking, from the very sentence that asked for it.

    Where it is answered is this turn's matter, not that sentence's.
    """
    turn, task = context.turn, TASKS[entry["task"]]
    turn.tracker.latest_message = {**entry["message"], "metadata": turn.message.get("metadata")}
    context.forget_person()
    if not turn.trusted and task.names_usager(turn):
        return await _wait_elsewhere({"task": task.name, "slots": {}}, rest, context)
    set_contradictions_aside(task, context)
    slots: Slots = dict(entry["slots"])
    try:
        slots |= await task.begin(context)
    except Abort:
        return await resume(rest, context)
    except FhirUnavailable:
        context.speech.say("utter_platform_down")
    return [SlotSet(STACK, rest), *start_form(task, slots)]
