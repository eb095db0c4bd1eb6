"""The wrapper of every action: it never raises, and what went wrong is told with an id.

Rasa answers a raising action by logging the whole tracker and saying nothing to the user
(measured on 3.6.21), so nothing may leave `run`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.seen import SeenDossiers
from actions.services import Services, services
from actions.speech import Button, Speech
from actions.turn import Turn
from bot.accounts.registry import Account
from bot.core.errors import log_error
from bot.fhir.errors import FhirUnavailable

Events = list[dict[str, Any]]

IDENTITY_FORMS: set[str] = set()
"""Forms whose questions are about who an usager is: never asked on an external channel. Filled by `actions.tasks.register`."""


class Ending(StrEnum):
    """How a task ended, as the response that tells it to the chat that the task was taken up from."""

    DONE = "utter_done_elsewhere"
    UNCHANGED = "utter_unchanged_elsewhere"
    PENDING = "utter_pending_elsewhere"
    FAILED = "utter_failed_elsewhere"


@dataclass(frozen=True)
class Speaker:
    """A person of the platform of whom only the account is known."""

    id: str
    name: str = ""
    profession: str = ""

    @property
    def reference(self) -> str:
        """The FHIR reference of the account."""
        return f"Practitioner/{self.id}"


@dataclass
class Context:
    """What an action works with: the turn, the voice, the capabilities, and who is speaking."""

    turn: Turn
    speech: Speech
    services: Services
    ending: Ending = Ending.DONE
    """How the task that is being carried out ends, unless it says otherwise."""
    _person: Account | None = None
    _asked: bool = False

    @property
    def dossiers(self) -> SeenDossiers:
        """The dossiers, as far as they may be told of by this turn's channel: the only way to them."""
        return SeenDossiers(self.services.dossiers, trusted=self.turn.trusted)

    def unchanged(self, response: str, buttons: list[Button] | None = None, **values: Any) -> None:
        """Say why the task ends without anything done."""
        self.ending = Ending.UNCHANGED
        self.speech.say(response, buttons, **values)

    async def is_linked(self) -> bool:
        """Whether the chat is linked to an account, from our own database."""
        return await self.services.identity.linked_account_id(self.turn.conversation_id) is not None

    async def person(self) -> Account | None:
        """The account that the chat is linked to at this moment, asked for once a turn. Raises FhirUnavailable."""
        if not self._asked:
            self._person = await self.services.identity.person_of(self.turn.conversation_id)
            self._asked = True
        return self._person

    async def member(self) -> Account:
        """The speaker's account, where the task has made sure that there is one."""
        person = await self.person()
        if person is None:
            raise LinkEnded
        return person

    async def speaker(self) -> Speaker:
        """Who speaks, from our own database: enough where the act itself checks the account on the platform. Raises LinkEnded."""
        account_id = await self.services.identity.linked_account_id(self.turn.conversation_id)
        if account_id is None:
            raise LinkEnded
        return Speaker(account_id)

    def forget_person(self) -> None:
        """Ask again who is speaking: the chat has just been linked or unlinked."""
        self._asked = False


class LinkEnded(Exception):
    """The chat's link to an account ended while a task was running."""


class AssistantAction(Action, ABC):
    """An action of the assistant: subclasses say what to `act`; those with an `action_name` are served."""

    action_name: ClassVar[str] = ""

    def name(self) -> str:
        """The name that domain and rules call it by."""
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Act; on failure say so. What passes (platform down) is told as such, what is ours gets an id."""
        turn = Turn(tracker)
        speech = Speech(dispatcher, dict(domain), external=not turn.trusted)
        try:
            return await self.act(Context(turn, speech, services()))
        except FhirUnavailable:
            speech.say("utter_platform_down")
        except Exception as error:
            support, error_id = services().settings, log_error(error)
            people = speech.button("utter_title_support", "contact_support", reason="failed", error_id=error_id)
            contact = {"phone": support.support_phone, "email": support.support_email}
            speech.say("utter_action_failed", buttons=[people], error_id=error_id, **contact)
        return self.after_failure(turn)

    def after_failure(self, turn: Turn) -> Events:
        """Events after a failure: the running form stays where it is."""
        return stay(turn)

    @abstractmethod
    async def act(self, context: Context) -> Events:
        """Do what the action is for and return its events."""


def stay(turn: Turn) -> Events:
    """Events that leave the dialogue where it is and wait for the user, whatever was going on.

    Setting the loop again lifts the "rejected" flag that Rasa keeps on a form after a digression:
    without it the form would not be taken up at the next message.
    """
    listen = {"event": "followup", "name": "action_listen"}
    if turn.active_form is None:
        return [listen]
    return [{"event": "active_loop", "name": turn.active_form}, SlotSet("requested_slot", turn.requested), listen]


def back_to_task(turn: Turn) -> Events:
    """After a digression: the running form asks its question again, otherwise wait for the user.

    A form that was begun in the trusted web chat and asks who an usager is asks nothing elsewhere: it waits to be gone on with there.
    """
    if turn.active_form is None:
        return stay(turn)
    if not turn.trusted and turn.active_form in IDENTITY_FORMS:
        return [FollowupAction("action_wait_elsewhere")]
    return [FollowupAction(turn.active_form)]
