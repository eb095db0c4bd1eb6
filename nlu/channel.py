"""The input channel through which the gateway talks to Rasa.

Every request needs the token: signed with it (`nlu.message_signatures`), as the gateway does, whose answers are then signed too, or as
a bearer token. `POST /webhooks/gateway/messages` takes a text or a button (`{"conversation", "turn"?, "text"}` or
`{"conversation", "turn"?, "intent", "entities"?}`) and answers with the messages of that turn or with an error, never with an
empty success. `POST /webhooks/gateway/masks` masks a text that is not a turn. `GET /webhooks/gateway/health` tells whether a model is
loaded. Nothing else of the server answers.
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
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from nlu import trace_context
from nlu.commands.second_reader_settings import SecondReaderSettings
from nlu.components.intent_classifier import build_response_selector
from nlu.log_redaction import configure_logging
from nlu.login_codes import is_hidden
from nlu.message_signatures import ANSWER_HEADER, MessageSigner, route_of
from nlu.pii.message_masks import ASKED, find_masks, load_in_background
from nlu.pii_masking import PLACEHOLDERS, Mask, collect_masks, is_masked, mask_parse_data
from nlu.replies import InvalidReply, TurnOutputChannel
from nlu.tracker_store import TurnOvertaken
from nlu.turn_processor import TurnFailed, TurnProcessor

logger = logging.getLogger(__name__)

MAX_TEXT_LENGTH = 4000  # characters
MAX_ID_LENGTH = 200  # characters, of a conversation's or a turn's id
TURN_TIMEOUT = float(os.environ.get("RASA_TURN_SECONDS", "45"))  # seconds
_LOCK_POLL_SECONDS = 0.02
_PAYLOAD_GUARD = ". "
"""Stands before a text that Rasa would take for a payload."""
DEFAULT_ORIGIN = {"channel": "web", "home": "web", "trusted": True}
"""The origin of a turn whose request names none."""


class ProblemError(Exception):
    """A request that is answered by a problem (RFC 9457) with this status and title."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


@dataclass(frozen=True)
class TurnRequest:
    """A valid request: a text, or an intent with its entities.

    Attributes:
        conversation: the conversation's id.
        turn: the turn's id.
        text: what the user typed; None for a button.
        intent: the button's intent under its full name; None for a text.
        entities: the button's entities and their values.
        origin: the channel by which the turn comes, the conversation's own (`home`), and whether an usager may be named (`trusted`).
        masks: the spans of the text that are known to identify an usager.
    """

    conversation: str
    turn: str
    text: str | None = None
    intent: str | None = None
    entities: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_ORIGIN))
    masks: tuple[Mask, ...] = ()


class GatewayInput(InputChannel):
    """Rasa's input channel for the gateway, protected by a token."""

    def __init__(self, token: str) -> None:
        if not token or token.startswith("${"):
            raise ValueError("RASA_TOKEN is not set: the gateway channel needs a token")
        self._token = token
        self._signer = MessageSigner(token)

    @classmethod
    def name(cls) -> str:
        """Return `gateway`, the prefix of the channel's routes."""
        return "gateway"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> GatewayInput:
        """Return the channel with the `token` of credentials.yml; redact the process's logs, and make its files private, from here on.

        Raises:
            ValueError: the token, or a setting of the second reader, is missing or wrong.
        """
        os.umask(0o077)
        configure_logging()
        SecondReaderSettings.from_environment(os.environ)
        load_in_background()
        return cls(str((credentials or {}).get("token") or ""))

    def blueprint(self, on_new_message: Any) -> Blueprint:
        """Return the three routes, which close the rest of the server when they are registered."""
        gateway = _ClosingBlueprint(self)

        @gateway.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            ready = agent is not None and agent.is_ready()
            return response.json({"status": "ready" if ready else "loading"}, status=200 if ready else 503)

        @gateway.route("/messages", methods=["POST"])
        async def messages(request: Request) -> HTTPResponse:
            try:
                processor = _get_processor(request.app.ctx)
                turn_request = parse_request(_read_body(request), processor)
                answer = await _answer(request.app.ctx.agent.lock_store, processor, turn_request)
            except ProblemError as error:
                return to_problem_response(error.status, error.title)
            return response.json(answer)

        @gateway.route("/masks", methods=["POST"])
        async def masks(request: Request) -> HTTPResponse:
            try:
                answer = await _mask_text(_get_processor(request.app.ctx), _read_body(request))
            except ProblemError as error:
                return to_problem_response(error.status, error.title)
            return response.json(answer)

        return gateway

    def authenticate(self, request: Request) -> HTTPResponse | None:
        """Return a 401 unless the request is signed with the token or shows it; of a signed one, the context keeps the nonce."""
        trace_context.adopt(request.headers.get(trace_context.HEADER))
        authorization = request.headers.get("authorization", "")
        request.ctx.nonce = self._signer.verify_request(route_of(request.path), request.body, authorization)
        scheme, _, token = authorization.partition(" ")
        shown = hmac.compare_digest(token.strip().encode(), self._token.encode()) and scheme.lower() == "bearer"
        return None if request.ctx.nonce or shown else to_problem_response(401, "Unknown token")

    def sign(self, request: Request, answer: HTTPResponse) -> None:
        """Sign the answer to a signed request."""
        nonce = getattr(request.ctx, "nonce", None)
        if nonce:
            answer.headers[ANSWER_HEADER] = self._signer.sign_answer(nonce, answer.status, answer.body or b"")


class _ClosingBlueprint(Blueprint):
    """Has every request to the server authenticated, whichever route it is for: Rasa's own say its version to anybody."""

    def __init__(self, channel: GatewayInput) -> None:
        super().__init__(GatewayInput.name())
        self.ctx.channel = channel

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """Register the routes, and the checks before and after every route."""
        app.request_middleware.appendleft(self.ctx.channel.authenticate)  # before that which answers OPTIONS
        app.register_middleware(self.ctx.channel.sign, "response")
        super().register(app, options)


def to_problem_response(status: int, title: str) -> HTTPResponse:
    """Return an RFC 9457 problem with a new `id`; a server error is logged with it."""
    body = {"type": "about:blank", "title": title, "status": status, "id": uuid.uuid4().hex}
    if status >= 500:
        logger.error("Turn failed: %s (id %s)", title, body["id"])
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return response.json(body, status=status, headers=headers, content_type="application/problem+json")


def _get_processor(context: Any) -> TurnProcessor:
    agent = getattr(context, "agent", None)
    if agent is None or not agent.is_ready():
        raise ProblemError(503, "The model is not loaded yet")
    if not isinstance(agent.processor, TurnProcessor):
        agent.processor = TurnProcessor.from_processor(agent.processor)
    return agent.processor


def _read_body(request: Request) -> dict[str, Any]:
    if len(request.body) > 64 * 1024:
        raise ProblemError(413, "The message is too long")
    try:
        body = request.json
    except Exception as error:  # Sanic wraps whatever its JSON reader raises
        raise ProblemError(422, "The body is not JSON") from error
    if not isinstance(body, dict):
        raise ProblemError(422, "The body is not a JSON object")
    return body


def parse_request(body: dict[str, Any], processor: TurnProcessor) -> TurnRequest:
    """Return the request in `body`, validated against the domain.

    Raises:
        ProblemError: with 413 where the text is too long, 422 where the request is malformed.
    """
    conversation = _read_id(body, "conversation")
    turn = _read_id(body, "turn") if body.get("turn") is not None else uuid.uuid4().hex
    if ("text" in body) == ("intent" in body):
        raise ProblemError(422, "Either text or intent is needed")
    origin = _read_origin(body)
    if "text" in body:
        text = _clean_text(body["text"])
        return TurnRequest(conversation, turn, text=text, origin=origin, masks=() if origin["trusted"] else _locate_masks(body, text))
    intent, entities = body["intent"], body.get("entities") or {}
    if not isinstance(intent, str) or not _is_known_intent(intent, processor):
        raise ProblemError(422, "The intent is unknown")
    if not isinstance(entities, dict) or not set(entities) <= set(processor.domain.entities):
        raise ProblemError(422, "An entity is unknown")
    return TurnRequest(conversation, turn, intent=intent, entities=entities, origin=origin)


def _read_origin(body: dict[str, Any]) -> dict[str, Any]:
    origin = {name: body.get(name, default) for name, default in DEFAULT_ORIGIN.items()}
    if not all(isinstance(origin[name], type(default)) for name, default in DEFAULT_ORIGIN.items()):
        raise ProblemError(422, "channel, home or trusted is malformed")
    return origin


def _locate_masks(body: dict[str, Any], text: str) -> tuple[Mask, ...]:
    """Return the request's masks as spans of `text`; the request's offsets are those of its raw text, which cleaning may have moved."""
    raw, masks = body["text"], []
    for mask in body.get("masks") or []:
        try:
            words, entity = raw[int(mask["start"]) : int(mask["end"])], mask["entity"]
        except (TypeError, KeyError, ValueError) as error:
            raise ProblemError(422, "A mask is malformed") from error
        words = unicodedata.normalize("NFC", words.replace("\x00", "")).strip()
        if entity not in PLACEHOLDERS or not words:
            raise ProblemError(422, "A mask is malformed")
        # A short word (an initial) is not looked for inside of others.
        pattern = rf"(?<!\w){re.escape(words)}(?!\w)" if len(words) < 3 else re.escape(words)
        found = list(re.finditer(pattern, text)) or list(re.finditer(re.escape(words), text))
        masks += [Mask(*match.span(), entity) for match in found]
    return tuple(masks)


async def _mask_text(processor: TurnProcessor, body: dict[str, Any]) -> dict[str, Any]:
    """Return a text that is not a turn as it may be stored where no usager may be named; nothing of it is kept.

    `asked` may say what the user answers to (`ASKED`). The answer's `masks` are the spans of the given text, with their kinds
    (`PLACEHOLDERS`); its `intent` is what the text would be understood as (`name`, `confidence`).
    """
    text = body.get("text")
    if not isinstance(text, str):
        raise ProblemError(422, "text is not a string")
    if len(text) > MAX_TEXT_LENGTH:
        raise ProblemError(413, "The message is too long")
    stripped = text.strip()
    if not stripped:
        return {"text": text, "masks": []}
    guard = _PAYLOAD_GUARD if stripped.startswith("/") else ""
    read = guard + stripped
    asked = body.get("asked", "")
    if asked not in ASKED:
        raise ProblemError(422, "asked is unknown")
    parse_data, known, found = await processor.parse_message(UserMessage(read)), _locate_masks(body, read), find_masks(read, asked)
    shift = text.index(stripped) - len(guard)
    masks = [
        {"start": max(mask.start + shift, 0), "end": mask.end + shift, "entity": mask.entity}
        for mask in collect_masks(read, parse_data, known, found)
    ]
    understood = parse_data.get("intent") or {}
    intent = {"name": understood.get("name"), "confidence": float(understood.get("confidence") or 0.0)}
    masked = mask_parse_data(read, parse_data, known, found)[0].removeprefix(guard)
    return {"text": masked, "masks": masks, "intent": intent}


def _read_id(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_LENGTH:
        raise ProblemError(422, f"{name} is missing or malformed")
    return value


def _clean_text(text: Any) -> str:
    """Return the text with composed accents, and without anything in front that Rasa would take for a payload."""
    if not isinstance(text, str):
        raise ProblemError(422, "text is not a string")
    if len(text) > MAX_TEXT_LENGTH:
        raise ProblemError(413, "The message is too long")
    cleaned = unicodedata.normalize("NFC", text.replace("\x00", "")).lstrip("/\\ \t\r\n\u00a0\u200b\u202f\ufeff").strip()
    while cleaned[:1] == "/" or cleaned[:1].isspace():
        cleaned = cleaned[1:]
    if not cleaned:
        raise ProblemError(422, "text is empty")
    return cleaned


def _is_known_intent(intent: str, processor: TurnProcessor) -> bool:
    base, _, topic = intent.partition("/")
    if base in (USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START):
        return False  # Rasa's own intents are in every domain
    if topic:
        return base in processor.domain.retrieval_intents and f"utter_{intent}" in processor.domain.responses
    return base in processor.domain.intents and base not in processor.domain.retrieval_intents


def to_user_message(request: TurnRequest) -> UserMessage:
    """Return the message that Rasa handles: a text to understand, or a button's intent as parse data."""
    metadata = {"turn": request.turn, **request.origin}
    parse_data = _build_parse_data(request, metadata) if request.intent else None
    text = parse_data["text"] if parse_data else request.text
    return UserMessage(
        text,
        TurnOutputChannel(masks=request.masks if parse_data is None and not request.origin["trusted"] else None),
        request.conversation,
        parse_data=parse_data,
        input_channel=GatewayInput.name(),
        message_id=request.turn,
        metadata=metadata,
    )


def _build_parse_data(request: TurnRequest, metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the parse data of a button."""
    assert request.intent is not None
    name = request.intent.split("/")[0]
    entities = [
        {"entity": entity, "value": value, "extractor": "button"} for entity, value in request.entities.items() if value is not None
    ]
    data = {
        # A button has no text: the user did not say it.
        "text": "",
        "intent": {"name": name, "confidence": 1.0},
        "entities": entities,
        "intent_ranking": [{"name": request.intent, "confidence": 1.0}],
        "message_id": request.turn,
        "metadata": metadata,
    }
    if "/" in request.intent:
        data["response_selector"] = build_response_selector(request.intent)
    return data


async def _answer(lock_store: Any, processor: TurnProcessor, request: TurnRequest) -> dict[str, Any]:
    """Return the messages and the intent of a turn, and the text as it is kept where that is not what was typed.

    A conversation has one turn at a time.
    """
    try:
        async with lock_store.lock(request.conversation, wait_time_in_seconds=_LOCK_POLL_SECONDS):
            message = to_user_message(request)
            answer: dict[str, Any] = {"messages": await asyncio.wait_for(processor.answer(message), TURN_TIMEOUT)}
            answer["intent"] = message.output_channel.intent
            masked_text = message.output_channel.masked_text
            if message.output_channel.masks is not None or is_hidden(masked_text):
                answer |= {"text": masked_text, "masked": is_masked(masked_text)}
            return answer
    except TurnFailed as error:
        logger.error("Turn dropped: %s", error)
        title = "An action failed" if error.actions else "The turn could not be answered"
        raise ProblemError(502 if error.actions else 500, title) from error
    except TurnOvertaken as error:
        raise ProblemError(409, "Another turn of this conversation was saved meanwhile") from error
    except SQLAlchemyError as error:
        logger.error("Turn dropped: %s", type(error).__name__)
        raise ProblemError(503, "The tracker store is away") from error
    except (TimeoutError, LockError) as error:
        raise ProblemError(504, "The turn took too long") from error
    except InvalidReply as error:
        logger.error("Turn dropped: %s", error)
        raise ProblemError(500, "An answer is malformed") from error
    except Exception as error:
        logger.exception("Turn dropped")
        raise ProblemError(500, "The turn could not be processed") from error
