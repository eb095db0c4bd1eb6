"""The wrapper of every action: it never raises, and what went wrong is told with an id.

Rasa answers a raising action by logging the whole tracker and saying nothing to the user
(measured on 3.6.21), so nothing may leave `run`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.services import Services, services
from actions.speech import Speech
from actions.turn import Turn
from bot.accounts.registry import Account
from bot.errors import log_error
from bot.fhir import FhirUnavailable

Events = list[dict[str, Any]]


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
    _person: Account | None = None
    _asked: bool = False

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
        turn, speech = Turn(tracker), Speech(dispatcher, dict(domain))
        try:
            return await self.act(Context(turn, speech, services()))
        except FhirUnavailable:
            speech.say("utter_platform_down")
        except Exception as error:
            support = services().settings
            speech.say("utter_action_failed", error_id=log_error(error), phone=support.support_phone, email=support.support_email)
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
    """After a digression: the running form asks its question again, otherwise wait for the user."""
    if turn.active_form is None:
        return stay(turn)
    return [FollowupAction(turn.active_form)]
