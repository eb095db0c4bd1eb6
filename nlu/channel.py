"""The input channel through which the gateway talks to Rasa.

`POST /webhooks/gateway/messages` with a bearer token takes a text or a button (`{"conversation", "turn"?, "text"}` or
`{"conversation", "turn"?, "intent", "entities"?}`) and answers with the messages of that turn, or with an error: never with an
empty success. `GET /webhooks/gateway/health` tells whether a model is loaded.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import re
import unicodedata
import uuid
from dataclasses import dataclass, field
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.shared.core.constants import USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from nlu.components.intent_classifier import response_selector
from nlu.log_redaction import configure_logging
from nlu.pii_masking import PLACEHOLDERS, Mask, is_masked, mask_parse_data
from nlu.replies import InvalidReply, TurnOutputChannel
from nlu.turn_processor import TurnFailed, TurnProcessor

logger = logging.getLogger(__name__)

MAX_TEXT = 4000  # characters
MAX_ID = 200  # characters, of conversation and turn
TURN_SECONDS = float(os.environ.get("RASA_TURN_SECONDS", "45"))
_LOCK_POLL_SECONDS = 0.02
_NO_PAYLOAD = ". "
"""Before a text that Rasa would take for a payload."""


OWN_DOOR = {"channel": "web", "home": "web", "trusted": True}
"""The door of a turn that names none."""


class ProblemError(Exception):
    """A request that is answered by a problem: status, title."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


@dataclass(frozen=True)
class Incoming:
    """A well-formed request: a text, or an intent with its entities."""

    conversation: str
    turn: str
    text: str | None = None
    intent: str | None = None
    entities: dict[str, Any] = field(default_factory=dict)
    door: dict[str, Any] = field(default_factory=lambda: dict(OWN_DOOR))
    """By which channel the turn comes, the conversation's own, and whether an usager may be named there."""
    masks: tuple[Mask, ...] = ()
    """Parts of the text that are known to identify an usager."""


class GatewayInput(InputChannel):
    """The channel, with the token that the gateway shows."""

    def __init__(self, token: str) -> None:
        if not token or token.startswith("${"):
            raise ValueError("RASA_TOKEN is not set: the gateway channel needs a token")
        self._token = token

    @classmethod
    def name(cls) -> str:
        """`gateway`, the folder of the channel's routes."""
        return "gateway"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        """Reads `token` of credentials.yml; from here on logs hold nothing of what is said."""
        configure_logging()
        return cls(str((credentials or {}).get("token") or ""))

    def blueprint(self, on_new_message: Any) -> Blueprint:
        """The three routes."""
        gateway = Blueprint("gateway")

        @gateway.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            ready = agent is not None and agent.is_ready()
            return response.json({"status": "ready" if ready else "loading"}, status=200 if ready else 503)

        @gateway.route("/messages", methods=["POST"])
        async def messages(request: Request) -> HTTPResponse:
            try:
                self._authenticate(request)
                processor = _processor(request.app.ctx)
                incoming = parse(_body(request), processor)
                answer = await _answer(request.app.ctx.agent.lock_store, processor, incoming)
            except ProblemError as refused:
                return problem(refused.status, refused.title)
            return response.json(answer)

        @gateway.route("/masks", methods=["POST"])
        async def masks(request: Request) -> HTTPResponse:
            try:
                self._authenticate(request)
                text = await _masked(_processor(request.app.ctx), _body(request))
            except ProblemError as refused:
                return problem(refused.status, refused.title)
            return response.json({"text": text})

        return gateway

    def _authenticate(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = hmac.compare_digest(token.strip().encode(), self._token.encode())
        if scheme.lower() != "bearer" or not known:
            raise ProblemError(401, "Unknown token")


def problem(status: int, title: str) -> HTTPResponse:
    """An RFC 9457 problem; errors of ours carry an `id` that stands in the log."""
    body = {"type": "about:blank", "title": title, "status": status, "id": uuid.uuid4().hex}
    if status >= 500:
        logger.error("Turn failed: %s (id %s)", title, body["id"])
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return response.json(body, status=status, headers=headers, content_type="application/problem+json")


def _processor(context: Any) -> TurnProcessor:
    agent = getattr(context, "agent", None)
    if agent is None or not agent.is_ready():
        raise ProblemError(503, "The model is not loaded yet")
    if not isinstance(agent.processor, TurnProcessor):
        agent.processor = TurnProcessor.adopt(agent.processor)
    return agent.processor


def _body(request: Request) -> dict[str, Any]:
    if len(request.body) > 64 * 1024:
        raise ProblemError(413, "The message is too long")
    try:
        body = request.json
    except Exception as error:  # Sanic wraps whatever its JSON reader raises
        raise ProblemError(422, "The body is not JSON") from error
    if not isinstance(body, dict):
        raise ProblemError(422, "The body is not a JSON object")
    return body


def parse(body: dict[str, Any], processor: TurnProcessor) -> Incoming:
    """The request in `body`, checked against the domain. Raises `ProblemError` with 413 or 422."""
    conversation = _identifier(body, "conversation")
    turn = _identifier(body, "turn") if body.get("turn") is not None else uuid.uuid4().hex
    if ("text" in body) == ("intent" in body):
        raise ProblemError(422, "Either text or intent is needed")
    door = _door(body)
    if "text" in body:
        text = _text(body["text"])
        return Incoming(conversation, turn, text=text, door=door, masks=() if door["trusted"] else _masks(body, text))
    intent, entities = body["intent"], body.get("entities") or {}
    if not isinstance(intent, str) or not _is_known(intent, processor):
        raise ProblemError(422, "The intent is unknown")
    if not isinstance(entities, dict) or not set(entities) <= set(processor.domain.entities):
        raise ProblemError(422, "An entity is unknown")
    return Incoming(conversation, turn, intent=intent, entities=entities, door=door)


def _door(body: dict[str, Any]) -> dict[str, Any]:
    door = {name: body.get(name, default) for name, default in OWN_DOOR.items()}
    if not all(isinstance(door[name], type(default)) for name, default in OWN_DOOR.items()):
        raise ProblemError(422, "channel, home or trusted is malformed")
    return door


def _masks(body: dict[str, Any], text: str) -> tuple[Mask, ...]:
    """The parts to mask, whose places are those in the text as it was sent: cleaning it may have moved them."""
    raw, masks = body["text"], []
    for given in body.get("masks") or []:
        try:
            words, entity = raw[int(given["start"]) : int(given["end"])], given["entity"]
        except (TypeError, KeyError, ValueError) as error:
            raise ProblemError(422, "A mask is malformed") from error
        words = unicodedata.normalize("NFC", words.replace("\x00", "")).strip()
        if entity not in PLACEHOLDERS or not words:
            raise ProblemError(422, "A mask is malformed")
        masks += [Mask(*found.span(), entity) for found in re.finditer(re.escape(words), text)]
    return tuple(masks)


async def _masked(processor: TurnProcessor, body: dict[str, Any]) -> str:
    """A text that is not for the dialogue, as it may be kept where no usager may be named: read, masked, and forgotten."""
    text = body.get("text")
    if not isinstance(text, str):
        raise ProblemError(422, "text is not a string")
    if len(text) > MAX_TEXT:
        raise ProblemError(413, "The message is too long")
    read = text.strip()
    if not read:
        return text
    before = _NO_PAYLOAD if read.startswith("/") else ""
    reading = await processor.parse_message(UserMessage(before + read))
    return mask_parse_data(before + read, reading, _masks(body, before + read))[0].removeprefix(before)


def _identifier(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID:
        raise ProblemError(422, f"{name} is missing or malformed")
    return value


def _text(text: Any) -> str:
    if not isinstance(text, str):
        raise ProblemError(422, "text is not a string")
    if len(text) > MAX_TEXT:
        raise ProblemError(413, "The message is too long")
    # Composed accents, and nothing in front that Rasa would take for a payload.
    plain = unicodedata.normalize("NFC", text.replace("\x00", "")).lstrip("/\\ \t\r\n\u00a0\u200b\u202f\ufeff").strip()
    while plain[:1] == "/" or plain[:1].isspace():
        plain = plain[1:]
    if not plain:
        raise ProblemError(422, "text is empty")
    return plain


def _is_known(intent: str, processor: TurnProcessor) -> bool:
    base, _, topic = intent.partition("/")
    if base in (USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START):
        return False  # Rasa's own are in every domain
    if topic:
        return base in processor.domain.retrieval_intents and f"utter_{intent}" in processor.domain.responses
    return base in processor.domain.intents and base not in processor.domain.retrieval_intents


def as_user_message(incoming: Incoming) -> UserMessage:
    """What Rasa handles: a text to understand, or a button already understood."""
    metadata = {"turn": incoming.turn, **incoming.door}
    parse_data = _button(incoming, metadata) if incoming.intent else None
    text = parse_data["text"] if parse_data else incoming.text
    return UserMessage(
        text,
        TurnOutputChannel(masks=incoming.masks if parse_data is None and not incoming.door["trusted"] else None),
        incoming.conversation,
        parse_data=parse_data,
        input_channel=GatewayInput.name(),
        message_id=incoming.turn,
        metadata=metadata,
    )


def _button(incoming: Incoming, metadata: dict[str, Any]) -> dict[str, Any]:
    assert incoming.intent is not None
    name = incoming.intent.split("/")[0]
    entities = [
        {"entity": entity, "value": value, "extractor": "button"} for entity, value in incoming.entities.items() if value is not None
    ]
    data = {
        # No text: a button is not something the user said.
        "text": "",
        "intent": {"name": name, "confidence": 1.0},
        "entities": entities,
        "intent_ranking": [{"name": incoming.intent, "confidence": 1.0}],
        "message_id": incoming.turn,
        "metadata": metadata,
    }
    if "/" in incoming.intent:
        data["response_selector"] = response_selector(incoming.intent)
    return data


async def _answer(lock_store: Any, processor: TurnProcessor, incoming: Incoming) -> dict[str, Any]:
    """The messages of the turn and what it was understood as, on an untrusted one its masked text; played again where it was taken before.

    One turn of a conversation at a time.
    """
    try:
        async with lock_store.lock(incoming.conversation, wait_time_in_seconds=_LOCK_POLL_SECONDS):
            message = as_user_message(incoming)
            answer: dict[str, Any] = {"messages": await asyncio.wait_for(processor.answer(message), TURN_SECONDS)}
            answer["intent"] = message.output_channel.intent
            if message.output_channel.masks is not None:
                masked = message.output_channel.masked_text
                answer |= {"text": masked, "masked": is_masked(masked)}
            return answer
    except TurnFailed as failed:
        logger.error("Turn dropped: %s", failed)
        title = "An action failed" if failed.actions else "The turn could not be answered"
        raise ProblemError(502 if failed.actions else 500, title) from failed
    except (TimeoutError, LockError) as error:
        raise ProblemError(504, "The turn took too long") from error
    except InvalidReply as error:
        logger.error("Turn dropped: %s", error)
        raise ProblemError(500, "An answer is malformed") from error
    except Exception as error:
        logger.exception("Turn dropped")
        raise ProblemError(500, "The turn could not be processed") from error
