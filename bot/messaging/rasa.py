"""Client of Rasa's input channel (nlu/channel.py): hands a turn over and gets its answer, or an error.

The channel does a turn once however often it is sent, so a request that failed for a passing reason is simply sent again. Requests are
signed, and an answer that is not signed is not Rasa's: nothing that it says is used, and Rasa is waited for as while it is away.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from bot.core import tracing
from bot.core.errors import log_error
from bot.core.message_signatures import ANSWER_HEADER, MessageSigner, route_of
from bot.core.tls import ssl_context
from bot.messaging import rasa_metrics as measured
from bot.messaging.messages import Reply, RoutedMessage
from bot.messaging.pii.spans import Span
from bot.messaging.ports import AssistantUnavailable, IntentReading

CONNECTIONS = 100
KEEPALIVE_SECONDS = 4.0
"""Below Sanic's own 5 s (KEEP_ALIVE_TIMEOUT), so that a connection is not reused at the moment the server closes it."""
CONNECT_SECONDS = 2.0
MIN_WAIT, MAX_WAIT = 0.1, 2.0
MIN_SECONDS = 5.0
"""A turn whose time is already over, because it had to wait for earlier ones, is still tried once for this long."""
_WILL_PASS = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.CONFLICT, HTTPStatus.BAD_GATEWAY})
"""502 is the action server being started again: actions do not raise, and an unfinished turn leaves no trace in the tracker."""
_MAY_HAVE_ACTED = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.CONFLICT})
"""409 is said when the turn is saved: its actions have run by then."""
_REFUSED = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY})
_ONCE_MORE = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.GATEWAY_TIMEOUT})


class RasaError(AssistantUnavailable):
    """Rasa gave no answer to a turn. `reached` says whether it may have acted on it all the same."""

    def __init__(self, reason: str, *, reached: bool) -> None:
        super().__init__(f"Rasa gave no answer: {reason}")
        self.reached = reached


class RasaRefused(RasaError):
    """Rasa's channel finds nothing to understand in the message (only slashes, say): the user has to write something else."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}", reached=False)


class ForeignAnswer(httpx.TransportError):
    """Something else than Rasa, such as a proxy, answered at its address."""

    def __init__(self, status: int) -> None:
        """Keep the status; 0 where the answer could not even be read."""
        super().__init__((self.__doc__ or "").strip())
        self.status = status


class _Answer(BaseModel):
    messages: Annotated[list[Reply], Field(max_length=100)]
    text: str | None = None
    masked: bool = False
    intent: Annotated[str, Field(max_length=100)] | None = None


class _Intent(BaseModel):
    name: Annotated[str, Field(max_length=100)] | None = None
    confidence: float = 0.0


class _Masked(BaseModel):
    text: str
    intent: _Intent = _Intent()


@dataclass(frozen=True)
class Answer:
    """What Rasa answers to a turn."""

    replies: tuple[Reply, ...]
    text: str | None = None
    """The user's text as it is kept: on an untrusted turn, with what identifies an usager masked; on any, without a login code."""
    masked: bool = False
    """Whether anything was masked in it."""
    handover: dict[str, Any] | None = None
    """Set where a person is asked for (`Reply.handover`)."""
    intent: str | None = None
    """The intent that the message was understood as."""


@dataclass(frozen=True)
class TurnContext:
    """The channel that a turn comes by, and the parts of its text that are known to identify an usager."""

    channel: str
    """The channel that the message came by."""
    home: str
    """The conversation's own channel."""
    trusted: bool
    """Whether an usager may be named on the channel."""
    masks: Sequence[Span] = ()


MASKING_SECONDS = 5.0
"""How long a message for the agents waits for what is to be masked in it."""


class RasaClient:
    """One client with keep-alive connections for a process."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._signer = MessageSigner(token)
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEPALIVE_SECONDS),
            trust_env=False,
            verify=ssl_context(),
        )

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def deliver(self, conversation_id: str, turn: int, content: RoutedMessage, context: TurnContext, *, seconds: float) -> Answer:
        """Return Rasa's answer to a turn, with at least one reply or a request for a person.

        Args:
            conversation_id: the conversation, which Rasa knows by this id alone.
            turn: id of the turn.
            content: what the router made of the message.
            context: where the turn comes from.
            seconds: how long to go on trying while Rasa is down, busy or silent.

        Raises:
            RasaRefused: the message is nothing that it could take.
            RasaError: it answered with another error, or not in time.
        """
        body = _request(conversation_id, turn, content, context)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        wait, errors, reached, attempts = MIN_WAIT, 0, False, 0
        while True:
            left = deadline - loop.time()
            attempts += 1
            try:
                answer = await self._post(body, max(left, MIN_SECONDS) if attempts == 1 else left)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                reason = "no connection"
            except ForeignAnswer as error:
                log_error(error, "asking Rasa")
                reason, reached = f"foreign answer, status {error.status}", reached or error.status in _MAY_HAVE_ACTED
            except httpx.TransportError as error:
                reason, reached = type(error).__name__, True
            else:
                if answer.status_code == HTTPStatus.OK:
                    return _parsed_answer(answer)
                if answer.status_code in _REFUSED:
                    raise RasaRefused(answer.status_code)
                reason = f"status {answer.status_code}"
                reached = reached or answer.status_code in _MAY_HAVE_ACTED
                errors += answer.status_code in _ONCE_MORE
                if errors > 1 or answer.status_code not in _WILL_PASS | _ONCE_MORE:
                    raise RasaError(reason, reached=reached)
            pause = wait * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
            wait = min(wait * 2, MAX_WAIT)
            if loop.time() + pause >= deadline:
                raise RasaError(reason, reached=reached)
            await asyncio.sleep(pause)

    async def mask_names(self, text: str, known: Sequence[Span] = ()) -> str:
        """Return a text without the usagers that Rasa reads in it, and without the `known` spans. Rasa keeps nothing of it.

        Raises:
            RasaError: it is not there, or did not say.
        """
        return (await self._read(text, known)).text

    async def read_intent(self, text: str) -> IntentReading:
        """Return what Rasa understands a text as, without the topic of a question. It keeps nothing of it, and no dialogue moves on.

        Raises:
            RasaError: it is not there, or did not say.
        """
        intent = (await self._read(text)).intent
        return IntentReading(intent.name, intent.confidence)

    async def _read(self, text: str, known: Sequence[Span] = ()) -> _Masked:
        body = {"text": text, "masks": [{"start": span.start, "end": span.end, "entity": span.entity} for span in known]}
        url = f"{self._url.rpartition('/')[0]}/masks"
        try:
            response = await self._post(body, MASKING_SECONDS, url)
            return _Masked.model_validate_json(response.raise_for_status().content)
        except httpx.HTTPStatusError as error:
            raise RasaError(f"status {error.response.status_code}", reached=True) from None
        except httpx.HTTPError as error:
            raise RasaError(type(error).__name__, reached=False) from None
        except ValidationError as error:  # hide the cause: it quotes what was received
            raise RasaError(f"answer malformed in {error.error_count()} places", reached=True) from None

    async def _post(self, body: dict[str, Any], left: float, url: str = "") -> httpx.Response:
        """Return Rasa's own answer. Raises httpx.TransportError, ForeignAnswer among them."""
        call, outcome = route_of(url or self._url), "error"
        with measured.SPAN.begun(call=call) as span, measured.SECONDS.measured(call=call):
            try:
                answer = await self._send(body, left, url)
                outcome = measured.outcome_of_status(answer.status_code)
            except httpx.HTTPError as error:
                outcome = measured.outcome_of_error(error)
                raise
            finally:
                measured.REQUESTS.add(call=call, outcome=outcome)
                span.note(outcome=outcome)
        return answer

    async def _send(self, body: dict[str, Any], left: float, url: str) -> httpx.Response:
        seconds, url, content = min(self._timeout_seconds, left), url or self._url, json.dumps(body).encode()
        timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        nonce, authorization = self._signer.sign_request(route_of(url), content)
        headers = {"Authorization": authorization, "Content-Type": "application/json", **tracing.headers()}
        try:
            async with asyncio.timeout(seconds + 0.5):  # httpx's own limits start again with every byte
                answer = await self._client.post(url, content=content, headers=headers, timeout=timeout)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time") from error
        except httpx.DecodingError:
            raise ForeignAnswer(0) from None
        if not self._signer.is_answer(nonce, answer.status_code, answer.content, answer.headers.get(ANSWER_HEADER)):
            raise ForeignAnswer(answer.status_code)
        return answer


def _request(conversation_id: str, turn: int, content: RoutedMessage, context: TurnContext) -> dict[str, Any]:
    body: dict[str, Any] = {"conversation": conversation_id, "turn": str(turn)}
    body |= {"channel": context.channel, "home": context.home, "trusted": context.trusted}
    if content.intent is not None:
        return body | {"intent": content.intent, "entities": content.entities}
    if not context.trusted:
        body["masks"] = [{"start": span.start, "end": span.end, "entity": span.entity} for span in context.masks]
    return body | {"text": content.text}


def _parsed_answer(response: httpx.Response) -> Answer:
    try:
        answer = _Answer.model_validate_json(response.content)
    except ValidationError as error:  # hide the cause: it quotes what was received
        raise RasaError(f"answer malformed in {error.error_count()} places", reached=True) from None
    replies = tuple(reply for reply in answer.messages if not reply.blank)
    handover = next((reply.handover for reply in answer.messages if reply.handover is not None), None)
    if not replies and handover is None:
        raise RasaError("empty answer", reached=True)
    return Answer(replies, answer.text, answer.masked, handover, answer.intent)
