"""A running bot on loopback, a client of its chat API, and a stand-in for Rasa.

The stand-in speaks the protocol of Rasa's input channel over real HTTP, deterministically, and
understands nothing: conversations with the real Rasa are tested in tests/conversations.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bot.app import create_app
from bot.bot_container import BotContainer
from bot.core.clock import Clock, SystemClock
from bot.core.tls import ssl_context
from bot.messaging.pii.spans import Span, mask_text
from bot.settings import Settings
from tests.databases import newest_sqlite
from tests.signed_answers import SignedAnswers

RASA_TOKEN = "token-of-the-stand-in"


async def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait for a condition, which may be a coroutine function, with a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        met = condition()
        if asyncio.iscoroutine(met):
            met = await met
        if met:
            return
        assert time.monotonic() < deadline, "the condition was not met in time"
        await asyncio.sleep(0.01)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the tests keep their own signal handlers


@asynccontextmanager
async def served(app: Any, port: int = 0) -> AsyncIterator[str]:
    """Serve an ASGI application on loopback; gives its base URL."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only where the protocol is named
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, lifespan="on", proxy_headers=False)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started or task.done())
    if task.done():
        task.result()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def buttons(*intents: str, **entities: Any) -> list[dict[str, Any]]:
    return [{"title": f"Bouton {intent}", "intent": intent, "entities": entities} for intent in intents]


class StandInRasa:
    """Answers « dit <texte> », or with what `answers` holds for a text or an intent; a turn is answered once and replayed."""

    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = []
        """Each turn that was taken, in the order in which it was taken."""
        self.requests = 0
        self.traces: list[str | None] = []
        """The header `traceparent` of each request."""
        self.statuses: list[int] = []
        """Statuses to fail the next requests with."""
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.intents: dict[str, str] = {}
        """What a text is understood as, where that is said."""
        self.gates: dict[str, asyncio.Event] = {}
        """A text or intent is answered only once its gate is open."""
        self.most_at_once = 0
        self._answered: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._at_once = 0
        self.app = FastAPI()
        self.app.add_middleware(SignedAnswers, key=RASA_TOKEN)
        self.app.add_api_route("/webhooks/gateway/messages", self._take, methods=["POST"])
        self.usagers: list[str] = []
        """What is read as an usager's name in a text that is not for the dialogue."""
        self.masks_nothing = False
        """Whether the request to read who is named in a text fails."""
        self.app.add_api_route("/webhooks/gateway/masks", self._mask, methods=["POST"])
        self.app.add_api_route("/webhooks/gateway/health", lambda: {"status": "ready"}, methods=["GET"])

    def said(self) -> list[str]:
        return [turn.get("text") or turn["intent"] for turn in self.turns]

    async def _mask(self, request: Request) -> JSONResponse:
        if self.masks_nothing:
            return JSONResponse({"status": 503}, 503)
        asked = await request.json()
        text = mask_text(asked["text"], [Span(**mask) for mask in asked["masks"]])
        for name in self.usagers:
            text = text.replace(name, "[usager]")
        intent = {"name": self.intents.get(asked["text"]), "confidence": 1.0}
        return JSONResponse({"text": text, "intent": intent})

    async def _take(self, request: Request) -> JSONResponse:
        self.requests += 1
        self.traces.append(request.headers.get("traceparent"))
        if self.statuses:
            return JSONResponse({"status": self.statuses[0], "detail": "Jeanne Durand"}, self.statuses.pop(0))
        turn = await request.json()
        key = (turn["conversation"], turn["turn"])
        if key not in self._answered:
            content = turn.get("text") or turn["intent"]
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                if gate := self.gates.get(content):
                    await gate.wait()
            finally:
                self._at_once -= 1
            if key not in self._answered:
                self.turns.append(turn)
                self._answered[key] = self.answers.get(content, [{"text": f"dit {content}", "buttons": [], "link": None}])
        return JSONResponse({"messages": self._answered[key], "intent": turn.get("intent") or self.intents.get(turn["text"])})


SLOW_MACHINE_TRIES = 20


class Chat:
    """One web chat: its token and the calls of the API."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http, self.token = http, token
        self.headers = {"Authorization": f"Bearer {token}"}
        self._sent = 0

    async def post(self, body: Any, *, wait: bool = True) -> httpx.Response:
        return await self.http.post("/chat/messages", params={"wait": "true"} if wait else {}, json=body, headers=self.headers)

    def next_id(self) -> str:
        self._sent += 1
        return f"m{self._sent}"

    async def replies(self, body: Any) -> list[dict[str, Any]]:
        """Send a message and wait for the replies of its turn.

        A machine that is slow for the bot's own limits on waiting is asked again with the same id, which sends nothing twice.
        """
        answer = await self.post(body)
        for _ in range(SLOW_MACHINE_TRIES):
            if answer.status_code != 202:
                break
            answer = await self.post(body)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"]

    async def say(self, text: str, *, wait: bool = True) -> list[dict[str, Any]]:
        """Send a text; the replies of the turn, none where they are not waited for."""
        body = {"id": self.next_id(), "text": text}
        if wait:
            return await self.replies(body)
        answer = await self.post(body, wait=False)
        assert answer.status_code == 202, answer.text
        return []

    async def press(self, token: str) -> list[dict[str, Any]]:
        return await self.replies({"id": self.next_id(), "button": token})

    async def history(self, after: str | None = None) -> list[dict[str, Any]]:
        answer = await self.http.get("/chat/messages", params={"after": after} if after else {}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"]

    async def texts(self) -> list[str]:
        return [message["text"] for message in await self.history()]

    @asynccontextmanager
    async def events(self, last_id: str | None = None) -> AsyncIterator[AsyncIterator[tuple[str, str | None, Any]]]:
        """Server-sent events as (event, id, data)."""
        headers = self.headers | ({"Last-Event-ID": last_id} if last_id else {})
        async with self.http.stream("GET", "/chat/events", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _parsed(answer.aiter_lines())


async def _parsed(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str | None, Any]]:
    fields: dict[str, str] = {}
    async for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and "data" in fields:
            yield fields.get("event", "message"), fields.get("id"), json.loads(fields["data"])
            fields = {}


async def take(events: AsyncIterator[tuple[str, str | None, Any]], count: int, kind: str = "message") -> list[Any]:
    """The next `count` events of a kind: (id, data)."""
    found: list[Any] = []
    async with asyncio.timeout(60):
        async for event, event_id, data in events:
            if event == kind:
                found.append((event_id, data))
                if len(found) == count:
                    return found
    raise AssertionError(f"the stream ended after {len(found)} events")


def settings_for(folder: Path, rasa_url: str, **changes: Any) -> Settings:
    """Settings of a bot whose other dependencies are nowhere, and an empty database in its folder unless there is one."""
    values: dict[str, Any] = {
        "DATA": folder,
        "RASA_URL": f"{rasa_url}/webhooks/gateway/messages",
        "RASA_TOKEN": RASA_TOKEN,
        "PLATFORM_URL": "http://127.0.0.1:9/fhir",
        "PLATFORM_TOKEN": "token-of-the-platform",
        "PLATFORM_POLL_SECONDS": 0,
        "EVENTS_TOKEN": "token-of-events",
        "SECRET": "secret-of-the-tests-of-the-gateway",
        "CHAT_MESSAGES_PER_MINUTE": 100_000,
        "LIMITS": "test",
        "DIGEST_SPREAD_MINUTES": 0,
    }
    settings = Settings(**(values | changes))
    if not (file := folder / "sphere.db").exists():
        file.write_bytes(newest_sqlite())
    return settings


class Bot:
    """A running bot and its stand-in Rasa."""

    def __init__(self, url: str, http: httpx.AsyncClient, rasa: StandInRasa, app: FastAPI, settings: Settings) -> None:
        self.url, self.http, self.rasa, self.app, self.settings = url, http, rasa, app, settings
        self.parts: BotContainer = app.state.parts

    async def chat(self) -> Chat:
        return await open_chat(self.http)


async def open_chat(http: httpx.AsyncClient) -> Chat:
    answer = await http.post("/chat/sessions")
    assert answer.status_code == 200, answer.text
    return Chat(http, answer.json()["token"])


def client(url: str) -> httpx.AsyncClient:
    """Lets an idle connection go before the server does (uvicorn, 5 s), which would close it under a request."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=2)
    return httpx.AsyncClient(base_url=url, timeout=120, trust_env=False, verify=ssl_context(), limits=limits)


@asynccontextmanager
async def running_bot(
    folder: Path, *, rasa: StandInRasa | None = None, rasa_url: str | None = None, clock: Clock | None = None, **changes: Any
) -> AsyncIterator[Bot]:
    """A bot, with a stand-in Rasa of its own unless `rasa_url` says where there is one."""
    rasa = rasa or StandInRasa()
    if rasa_url is None:
        async with served(rasa.app) as url, running_bot(folder, rasa=rasa, rasa_url=url, clock=clock, **changes) as bot:
            yield bot
        return
    settings = settings_for(folder, rasa_url, **changes)
    app = create_app(settings, clock or SystemClock())
    async with served(app) as url, client(url) as http:
        yield Bot(url, http, rasa, app, settings)
