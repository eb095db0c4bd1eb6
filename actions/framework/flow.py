"""A flow: one thing that a user can have done, its Rasa form and its slots; and the registry of all flows.

The life of a flow is in `actions.framework.lifecycle`, its diagram in docs/dev/dialogue.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.turn import Turn

DOSSIER_INTENTS = frozenset({"find_dossier", "list_partners", "list_dossiers"})
"""Intents that « au dossier de Mme Durand » may be read as: an answer if a dossier was asked for."""
NEVER_AN_ANSWER = frozenset({"emergency", "cancel", "help"})
"""Intents that are no answer to a question that any words may answer."""
MIN_CONFIDENCE = 0.75
"""Confidence of an intent below which a message counts as the answer to a question that any words may answer."""
MAX_ANSWER_WORDS = 12
"""A longer message is no answer to « quel est son nom ? »."""

Slots = dict[str, Any]


class FlowAborted(Exception):
    """The flow cannot go on; the user was told why."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Flow(ABC):
    """One thing that a user can have done."""

    name: ClassVar[str]
    """Name of the flow and of the intent that starts it."""
    required_slots: ClassVar[tuple[str, ...]] = ()
    """Slots that its form asks for, in the order of the domain; a flow without any is submitted at once."""
    slots: ClassVar[tuple[str, ...]] = ()
    """Slots that belong to it: emptied when it ends, kept in its frame when it is put on the dialogue stack."""
    needs_link: ClassVar[bool] = True
    """Whether the chat must be linked to an account."""
    changes: ClassVar[bool] = True
    """Whether it changes anything. What only reads may, on an external channel, go without a new proof: no usager is named there."""
    answer_intents: ClassVar[frozenset[str]] = frozenset({"inform", "choose", "correct", "affirm", "deny"})
    """Intents that answer its questions; its own intent always does."""
    confirmation_slot: ClassVar[str | None] = None
    """Slot of the confirmation: asked for again if submitting failed for a passing reason."""
    correctable: ClassVar[bool] = False
    """Whether a correction said right after it ended runs it again: it changes nothing, or what it changes can be undone."""
    free_text_slots: ClassVar[frozenset[str]] = frozenset()
    """Slots that any words may fill, so that a misunderstood message is still the answer."""
    single_value_entities: ClassVar[frozenset[str]] = frozenset()
    """Entities of which it can use one value: of several that contradict each other none is taken."""
    claims_replies: ClassVar[bool] = False
    """Whether it may claim, too, what the model took for a yes, a no, bare facts or a cancellation while no flow is active."""
    claims_amid: ClassVar[bool] = False
    """Whether a message that is wholly such words (`claims_whole`) is taken up while another flow is active too: it only reads."""
    asks_identity: ClassVar[bool] = False
    """Whether its questions are about the identity of an usager: they are asked on a trusted channel only."""
    of_one_person: ClassVar[bool] = False
    """Whether it is about one professional: a wish that names several is a wish for each."""
    names_usagers: ClassVar[bool] = False
    """Whether it is about people and dossiers: a name in its messages may be that of the usager of a dossier of the user."""
    gathers: ClassVar[frozenset[str]] = frozenset()
    """Intents whose acts of one message it may take together (`gather`), in the place of the flows of these intents; it has no intent
    of its own then."""

    reads_exceptions: ClassVar[bool] = False
    """Whether « sauf ce qui est urgent » after its wish belongs to the words that it reads."""
    keeps_wishes: ClassVar[bool] = False
    """Whether it keeps wishes that are said with it or with an answer (`takes_along`), and has them follow once it is done."""

    @property
    def form(self) -> str:
        """Name of its Rasa form."""
        return f"{self.name}_form"

    @property
    def submit_action(self) -> str:
        """Name of the action that carries it out."""
        return f"action_{self.name}"

    async def start(self, context: Context) -> Slots:
        """Return the slots that the starting message fills. The chat is linked if `needs_link`. Raise FlowAborted to end the flow."""
        return {}

    async def resume(self, context: Context, slots: Slots) -> Slots:
        """Return the slots with which the flow goes on after it was set aside: something may have been told to it in between."""
        return slots

    @abstractmethod
    async def collect(self, context: Context) -> Slots:
        """Return the slots that the answer to a question changes; none: the question is asked again. Raise FlowAborted to end the flow."""

    async def correct(self, context: Context, slots: Slots) -> Slots:
        """Return the slots of the flow that just ended as a correction changes them (« non, à Blois »); none: it is no correction.

        Called if the flow is `correctable`.
        """
        return {}

    def takes_unknown_of(self, turn: Turn) -> bool:
        """Return whether « je ne sais pas » answers the question that was asked; otherwise the user is told what would help."""
        return False

    def gather(self, acts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the acts of a message, those that belong together as one act of this flow in the place of the first of them."""
        return acts

    def takes_along(self, turn: Turn, act: dict[str, Any]) -> bool:
        """Return whether a further act of the message that answers its question changes what it is about, and does not wait."""
        return False

    def takes_over(self, flow: Flow, turn: Turn) -> bool:
        """Return whether this flow, as it starts, takes the place of an active one, which is then not put aside."""
        return flow.name == self.name

    def claims(self, turn: Turn) -> bool:
        """Return whether typed words surely ask for this flow, whatever intent the model gave them."""
        return False

    def claims_whole(self, turn: Turn) -> bool:
        """Return whether a typed message, with all its acts, asks for nothing but this flow."""
        return False

    def needs_identity(self, turn: Turn) -> bool:
        """Return whether the flow cannot go on after this message without the identity of an usager."""
        return self.asks_identity

    def needs_link_for(self, turn: Turn) -> bool:
        """Return whether this message can start the flow only if the chat is linked."""
        return self.needs_link

    def needs_proof_for(self, turn: Turn) -> bool:
        """Return whether a linked chat that was silent for long must prove whose it is before the flow goes on."""
        return self.needs_link_for(turn) and (self.changes or turn.trusted)

    def is_answer(self, turn: Turn) -> bool:
        """Return whether the message answers the question that was asked. If not, it is a digression."""
        if turn.is_button:  # a button that starts this flow starts it over
            return turn.intent in self.answer_intents
        if turn.intent == "deny" and turn.says.get("forbids") not in {None, self.name}:  # what is not to be done is something else
            return False
        if turn.intent == self.name or turn.intent in self.answer_intents:
            return True
        if turn.intent == "cancel":  # « c'est à Tours finalement » has a new value: it corrects
            return bool(turn.message.get("entities"))
        names_dossier = turn.entity("dossier_ref") or turn.entity("usager_name") or turn.masked
        if turn.requested_slot == "dossier" and turn.intent in DOSSIER_INTENTS and names_dossier:
            return True
        if turn.requested_slot not in self.free_text_slots or turn.intent in NEVER_AN_ANSWER:
            return False
        unsure = turn.intent in {"nlu_fallback", "out_of_scope"} or turn.confidence < MIN_CONFIDENCE
        return unsure and 0 < len(turn.text.split()) <= MAX_ANSWER_WORDS and any(c.isalnum() for c in turn.text)


FLOWS: dict[str, Flow] = {}
"""Every flow by name, filled by `register_flow`."""


def register_flow(flow: Flow) -> Flow:
    """Add a flow to the registry and return it."""
    FLOWS[flow.name] = flow
    return flow


def active_flow(turn: Turn) -> Flow | None:
    """Return the flow whose form is active."""
    form = turn.active_form
    return FLOWS.get(form.removesuffix("_form")) if form else None


def set_slots(values: Slots) -> Events:
    """Return events that set slots."""
    return [SlotSet(name, value) for name, value in values.items()]
