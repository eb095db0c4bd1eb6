"""A message processor whose turns either succeed as a whole or leave no trace.

Rasa's own processor goes on when an action fails: it answers with nothing and saves the turn. Here a turn is an error where an action
fails, the limit of predictions is reached or nothing is said; its tracker is not saved, so the gateway may send the turn again.
"""

from __future__ import annotations

import functools
import json as json_module
from contextvars import ContextVar
from typing import Any

import aiohttp
import jsonschema.validators
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from sqlalchemy.exc import SQLAlchemyError

from nlu import trace_context
from nlu.commands.component import ASKED, SECOND, take_first_act
from nlu.commands.questions import question_of
from nlu.commands.second_reader import SecondReader, load_second_reader
from nlu.login_codes import awaits_code, hide_code, holds_code
from nlu.message_signatures import ANSWER_HEADER, MessageSigner, route_of
from nlu.pii.message_masks import asked_for, find_masks
from nlu.pii_masking import mask_parse_data
from nlu.replies import Reply, TurnOutputChannel, to_replies
from nlu.tracker_store import begin_session

SESSION_EVENTS = 80
"""A session with so many events ends between two flows: each turn reads, replays and writes all events of its session."""
SESSION_TURNS = 5
"""Turns that go on in the next session: what was shown last can still be pressed and spoken of."""
_failures: ContextVar[list[str] | None] = ContextVar("failures", default=None)
"""What failed in the current turn; None outside of one."""


class TurnFailed(Exception):
    """The turn did not come to its end; nothing of it was saved."""

    def __init__(self, reason: str, *, actions: bool) -> None:
        """Keep the reason; `actions` tells whether the action server failed or did not answer."""
        super().__init__(reason)
        self.actions = actions


class ForeignAnswer(aiohttp.ClientError):
    """Something else than the action server answered at its address: what it says counts for nothing."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class ActionEndpoint:
    """The action server: calls are signed, answers verified, and failed calls recorded, which Rasa swallows in places."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        key = str(endpoint.kwargs.get("key") or "")
        if not key or key.startswith("${"):
            raise ValueError("ACTIONS_TOKEN is not set: the action server answers signed requests alone")
        self._endpoint, self._signer = endpoint, MessageSigner(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoint, name)

    async def request(self, *, json: Any, timeout: float, method: str = "post", compress: bool = False) -> Any:
        """Call an action and return the JSON of its answer; record a failure. A rejected execution (400) is an answer, not a failure.

        Raises:
            ForeignAnswer: the answer is not the action server's.
            ClientResponseError: it is an error.
            aiohttp.ClientError, TimeoutError: there is none.
        """
        try:
            return await self._call(method, json_module.dumps(json).encode(), timeout)
        except Exception as error:  # recorded and raised again
            rejected = isinstance(error, ClientResponseError) and error.status == 400
            if not rejected:
                _record_failure(f"action server: {type(error).__name__}")
            raise

    async def _call(self, method: str, body: bytes, seconds: float) -> Any:
        url = str(self._endpoint.url)
        nonce, authorization = self._signer.sign_request(route_of(url), body)
        headers = {"Content-Type": "application/json", "Authorization": authorization, **trace_context.headers()}
        options: dict[str, Any] = {"data": body, "headers": headers, "timeout": aiohttp.ClientTimeout(total=seconds)}
        # A redirect would lead the request to whoever stands at the address.
        async with self._endpoint.session() as session, session.request(method, url, allow_redirects=False, **options) as response:
            answer = await response.read()
        if not self._signer.is_answer(nonce, response.status, answer, response.headers.get(ANSWER_HEADER)):
            raise ForeignAnswer
        if response.status >= 400:
            raise ClientResponseError(response.status, str(response.reason), answer.decode("utf-8", "replace"))
        return json_module.loads(answer)


class FailureRecordingAction(Action):
    """An action; records that it raised, which Rasa would log with the message's content and forget."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def name(self) -> str:
        """Return the action's own name."""
        return str(self._action.name())

    def event_for_successful_execution(self, prediction: Any) -> Any:
        """Return the action's own event."""
        return self._action.event_for_successful_execution(prediction)

    async def run(self, output_channel: Any, nlg: Any, tracker: Any, domain: Any) -> Any:
        """Run the action; an exception is recorded, and the turn fails at the next step."""
        try:
            return await self._action.run(output_channel, nlg, tracker, domain)
        except ActionExecutionRejection:
            raise
        except Exception as error:  # `_raise_if_failed` answers it
            _record_failure(f"{self.name()}: {type(error).__name__}")
            return []


class TurnProcessor(MessageProcessor):
    """Rasa's processor with turns that fail as a whole.

    Attributes:
        second_reader: who reads the messages of the web chat as well, if anybody.
    """

    second_reader: SecondReader | None = None

    @classmethod
    def from_processor(cls, processor: MessageProcessor) -> TurnProcessor:
        """Return a processor with the state (model, stores) of one that Rasa built."""
        turn_processor = cls.__new__(cls)
        turn_processor.__dict__.update(processor.__dict__)
        if turn_processor.action_endpoint is not None:
            turn_processor.action_endpoint = ActionEndpoint(turn_processor.action_endpoint)
        turn_processor.on_circuit_break = _raise_prediction_limit
        if isinstance(turn_processor.tracker_store, FailSafeTrackerStore):
            # Rasa's guard goes on with an empty conversation in memory where the store fails.
            turn_processor.tracker_store = turn_processor.tracker_store._tracker_store
        turn_processor.second_reader = load_second_reader()
        return turn_processor

    async def answer(self, message: UserMessage) -> list[Reply]:
        """Return the replies to `message`, whose output channel is a `TurnOutputChannel` and whose id is the turn's.

        A turn of the current session that was answered before is answered from the tracker, and nothing runs; any other is run and
        saved.

        Raises:
            TurnFailed: the turn did not come to its end.
            InvalidReply: a reply is malformed.
        """
        tracker = await self.get_tracker(message.sender_id)
        output = message.output_channel
        utterances, text, output.intent = _find_turn(tracker, message.message_id)
        output.masked_text = text
        for event in utterances:
            await output.send_response(message.sender_id, event.message())
        return to_replies(output.messages) if output.messages else await self._run_turn(message, tracker, output)

    async def _run_turn(self, message: UserMessage, tracker: DialogueStateTracker, output: TurnOutputChannel) -> list[Reply]:
        token = _failures.set([])
        try:
            tracker = self._with_short_history(tracker)
            await self._update_tracker_session(tracker, output, message.metadata)
            code_awaited = awaits_code(tracker)
            parse_data = message.parse_data
            if parse_data is None:
                parse_data = message.parse_data = await self.parse_message(await self._with_question(message, tracker), tracker)
                take_first_act(parse_data)
            if output.masks is not None:  # understood as typed, stored masked
                found = find_masks(message.text, asked_for(tracker))
                message.text, message.parse_data = mask_parse_data(message.text, parse_data, output.masks, found)
                output.masked_text = message.text
            await self._handle_message_with_tracker(message, tracker)
            tracker = await self.run_action_extract_slots(output, tracker)
            _raise_if_failed()
            await self._run_prediction_loop(output, tracker)
            replies = to_replies(output.messages)
            if not replies:
                raise TurnFailed("nothing was said", actions=False)
            output.intent = _find_turn(tracker, message.message_id)[2]
            if code_awaited:
                output.masked_text = hide_code(tracker, message.message_id) or output.masked_text
            try:
                await self.save_tracker(tracker)
            except SQLAlchemyError as error:  # the actions ran: it is not tried again and again
                raise TurnFailed(f"not saved: {type(error).__name__}", actions=False) from None
        finally:
            _failures.reset(token)
        return replies

    def _with_short_history(self, tracker: DialogueStateTracker) -> DialogueStateTracker:
        """Return the tracker, or where its session grew long that of a new one, which begins between two flows with all that was known.

        Every slot keeps its value, and the last turns are the first of the new session.
        """
        between_flows = tracker.active_loop_name is None and tracker.latest_action_name == ACTION_LISTEN_NAME
        if len(tracker.events) < SESSION_EVENTS or not between_flows:
            return tracker
        kept = [SlotSet(slot.name, slot.value) for slot in tracker.slots.values() if slot.value != slot.initial_value]
        beginning = [SessionStarted(), *kept, ActionExecuted(ACTION_LISTEN_NAME)]
        return begin_session(tracker, beginning, SESSION_TURNS, self.domain.slots)

    async def _with_question(self, message: UserMessage, tracker: DialogueStateTracker) -> UserMessage:
        """Return the message with what commands are read by in its metadata: the question on the table, and the second reading."""
        asked = question_of(tracker.active_loop_name, tracker.get_slot("requested_slot"))
        metadata = {**(message.metadata or {}), ASKED: asked}
        if self.second_reader is not None and _is_of_web_chat(message) and not awaits_code(tracker) and not holds_code(message.text):
            second = await self.second_reader.read(message.text, asked)
            if second is not None:
                metadata[SECOND] = [command.to_dict() for command in second]
        return UserMessage(message.text, None, message.sender_id, metadata=metadata)

    async def _run_action(
        self, action: Action, tracker: DialogueStateTracker, output_channel: OutputChannel, nlg: Any, prediction: Any
    ) -> bool:
        continues = await super()._run_action(FailureRecordingAction(action), tracker, output_channel, nlg, prediction)
        _raise_if_failed()
        return bool(continues)


def _is_of_web_chat(message: UserMessage) -> bool:
    """Return whether a message came by the web chat, where an usager may be named: no other is shown to the second reader."""
    origin = message.metadata or {}
    return origin.get("channel") == "web" and origin.get("trusted") is True and message.output_channel.masks is None


def _record_failure(reason: str) -> None:
    failures = _failures.get()
    if failures is not None:
        failures.append(reason)


def _raise_if_failed() -> None:
    if failures := _failures.get():
        raise TurnFailed(failures[0], actions=True)


def _raise_prediction_limit(*_: Any) -> None:
    raise TurnFailed("more predictions than allowed", actions=False)


def _find_turn(tracker: DialogueStateTracker, turn: str) -> tuple[list[BotUttered], str, str | None]:
    """Return what the bot said in an earlier turn, the user's text as it was stored, and its intent."""
    utterances: list[BotUttered] = []
    inside, text, intent = False, "", None
    for event in tracker.events:
        if isinstance(event, UserUttered) and event.message_id:
            inside = event.message_id == turn
            text, intent = ((event.text or ""), event.intent_name) if inside else (text, intent)
        elif inside and isinstance(event, BotUttered):
            utterances.append(event)
    return utterances, text, intent


def _validate_action_result(_: RemoteAction, result: dict[str, Any]) -> bool:
    _ACTION_RESULT_VALIDATOR.validate(result)
    return True


# Rasa checks its own schema of an action's answer at every call, two thirds of a turn's time: here the validator is prepared once.
_ACTION_RESULT_SCHEMA = RemoteAction.action_response_format_spec()
_ACTION_RESULT_VALIDATOR = jsonschema.validators.validator_for(_ACTION_RESULT_SCHEMA)(_ACTION_RESULT_SCHEMA)
RemoteAction._validate_action_result = _validate_action_result


# Rasa looks up an event's class among all subclasses for every event of a conversation that it reads: here the lookup is cached.
Event.resolve_by_type = staticmethod(functools.cache(Event.resolve_by_type))
