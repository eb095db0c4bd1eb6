"""One turn of a conversation that either succeeds whole or leaves no trace.

Rasa's own processor goes on when an action fails: it answers with nothing and saves the turn. Here a turn whose action
failed, that runs into the limit of predictions or that says nothing is an error, and the tracker stays as it was before it, so
that the gateway may send it again.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from typing import Any

import jsonschema.validators
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from nlu.pii_masking import mask_parse_data
from nlu.replies import Reply, TurnOutputChannel, replies

_failed: ContextVar[list[str] | None] = ContextVar("failed", default=None)


class TurnFailed(Exception):
    """The turn did not come to its end; nothing of it was kept."""

    def __init__(self, reason: str, *, actions: bool) -> None:
        super().__init__(reason)
        self.actions = actions
        """Whether it is the action server that failed, or did not answer."""


class FailureRecordingEndpoint:
    """The action endpoint; remembers a failed call, which Rasa swallows in places."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoint, name)

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Passes the call on. A rejected execution (400) is an answer, not a failure."""
        try:
            return await self._endpoint.request(*args, **kwargs)
        except Exception as error:  # noted and raised again
            rejected = isinstance(error, ClientResponseError) and error.status == 400
            if not rejected:
                _note(f"action server: {type(error).__name__}")
            raise


class FailureRecordingAction(Action):
    """An action; remembers that it raised, which Rasa would log with the message's content and forget."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def name(self) -> str:
        """The action's own name."""
        return str(self._action.name())

    def event_for_successful_execution(self, prediction: Any) -> Any:
        """The action's own event."""
        return self._action.event_for_successful_execution(prediction)

    async def run(self, output_channel: Any, nlg: Any, tracker: Any, domain: Any) -> Any:
        """Runs the action; what it raises is noted, and the turn fails at the next step."""
        try:
            return await self._action.run(output_channel, nlg, tracker, domain)
        except ActionExecutionRejection:
            raise
        except Exception as error:  # answered by TurnFailed, below
            _note(f"{self.name()}: {type(error).__name__}")
            return []


class TurnProcessor(MessageProcessor):
    """Rasa's processor with turns that fail as a whole."""

    @classmethod
    def adopt(cls, processor: MessageProcessor) -> TurnProcessor:
        """A processor with the state (model, stores) of one that Rasa built."""
        adopted = cls.__new__(cls)
        adopted.__dict__.update(processor.__dict__)
        if adopted.action_endpoint is not None:
            adopted.action_endpoint = FailureRecordingEndpoint(adopted.action_endpoint)
        adopted.on_circuit_break = _too_long
        return adopted

    async def answer(self, message: UserMessage) -> list[Reply]:
        """The answer to `message` (its output channel a `TurnOutputChannel`), whose id is the turn's.

        A turn of the current session that was answered before is answered from the tracker, without running anything; another
        is run and saved. Raises `TurnFailed`, `InvalidReply`.
        """
        tracker = await self.get_tracker(message.sender_id)
        output = message.output_channel
        said, text, output.intent = _said_in(tracker, message.message_id)
        output.masked_text = text
        for event in said:
            await output.send_response(message.sender_id, event.message())
        return replies(output.messages) if output.messages else await self._take(message, tracker, output)

    async def _take(self, message: UserMessage, tracker: DialogueStateTracker, output: TurnOutputChannel) -> list[Reply]:
        token = _failed.set([])
        try:
            await self._update_tracker_session(tracker, output, message.metadata)
            if output.masks is not None:  # understood as it was typed, kept as it may be kept
                reading = await self.parse_message(message, tracker)
                message.text, message.parse_data = mask_parse_data(message.text, reading, output.masks)
                output.masked_text = message.text
            await self._handle_message_with_tracker(message, tracker)
            tracker = await self.run_action_extract_slots(output, tracker)
            _raise_if_failed()
            await self._run_prediction_loop(output, tracker)
            answer = replies(output.messages)
            if not answer:
                raise TurnFailed("nothing was said", actions=False)
            output.intent = _said_in(tracker, message.message_id)[2]
            await self.save_tracker(tracker)
        finally:
            _failed.reset(token)
        return answer

    async def _run_action(
        self, action: Action, tracker: DialogueStateTracker, output_channel: OutputChannel, nlg: Any, prediction: Any
    ) -> bool:
        goes_on = await super()._run_action(FailureRecordingAction(action), tracker, output_channel, nlg, prediction)
        _raise_if_failed()
        return bool(goes_on)


def _note(reason: str) -> None:
    failed = _failed.get()
    if failed is not None:
        failed.append(reason)


def _raise_if_failed() -> None:
    if failed := _failed.get():
        raise TurnFailed(failed[0], actions=True)


def _too_long(*_: Any) -> None:
    raise TurnFailed("more predictions than allowed", actions=False)


def _said_in(tracker: DialogueStateTracker, turn: str) -> tuple[list[BotUttered], str, str | None]:
    """What was answered to a turn that was taken before, the user's text as it was kept, and what it was understood as."""
    said: list[BotUttered] = []
    inside, text, intent = False, "", None
    for event in tracker.events:
        if isinstance(event, UserUttered) and event.message_id:
            inside = event.message_id == turn
            text, intent = ((event.text or ""), event.intent_name) if inside else (text, intent)
        elif inside and isinstance(event, BotUttered):
            said.append(event)
    return said, text, intent


def _validate_action_result(_: RemoteAction, result: dict[str, Any]) -> bool:
    _ANSWER.validate(result)
    return True


# Rasa checks its own schema of an action's answer anew at every call, two thirds of a turn's time: here it is prepared once.
_SCHEMA = RemoteAction.action_response_format_spec()
_ANSWER = jsonschema.validators.validator_for(_SCHEMA)(_SCHEMA)
RemoteAction._validate_action_result = _validate_action_result


# Rasa looks an event's class up among all subclasses anew for every event of a conversation that it reads.
Event.resolve_by_type = staticmethod(functools.cache(Event.resolve_by_type))
