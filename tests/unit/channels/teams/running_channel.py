"""A running Teams channel: Microsoft's side on loopback (signing keys, connector), and a gateway that records what it is given."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI

from bot.channels.teams import create
from bot.channels.teams.channel import TeamsChannel
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.messaging.channel import ChannelContext
from bot.messaging.messages import Incoming
from bot.settings import load_settings

APP_ID = "6e3a1f0c-52b7-4a40-9f5d-0a1b2c3d4e5f"
TENANT = "0f9e8d7c-6b5a-4c3d-8e1f-123456789abc"
ISSUER = "https://issuer.test"
BOT = f"28:{APP_ID}"
USER = "29:1bQ9zC-kxEz"
CHAT = "a:1p2DdcPYnVv0cVe9Wp7wRaP"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
Answer = tuple[int, Mapping[str, str], Any]


@dataclass
class Call:
    """A request to the connector."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class FakeMicrosoft:
    """Microsoft's signing keys and connector on one loopback server; a test may set the connector's next answers."""

    url: str
    calls: list[Call] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    keys_fetched: int = 0
    keys_status: int = 200
    openid_status: int = 200
    keys: list[dict[str, Any]] = field(default_factory=list)

    @property
    def openid_url(self) -> str:
        return f"{self.url}/v1/.well-known/openidconfiguration"

    @property
    def service_url(self) -> str:
        return f"{self.url}/emea/"

    def token(self, key: rsa.RSAPrivateKey = KEY, kid: str | None = "k1", without: str = "", **claims: Any) -> str:
        """Return a token as the Bot Framework signs it, with other claims where given."""
        now = datetime.now(UTC)
        usual: dict[str, Any] = {"iss": ISSUER, "aud": APP_ID, "serviceurl": self.service_url, "nbf": now, "exp": now + timedelta(hours=1)}
        signed = {name: value for name, value in (usual | claims).items() if name != without}
        return jwt.encode(signed, key, algorithm="RS256", headers={"kid": kid} if kid else None)

    def activity(self, **other: Any) -> dict[str, Any]:
        """Return a message of a personal chat, as Teams posts it, with other fields where given; None takes a field out."""
        usual: dict[str, Any] = {
            "type": "message",
            "id": "1485983408511",
            "timestamp": "2026-03-02T09:00:00.123Z",
            "localTimestamp": "2026-03-02T10:00:00.123+01:00",
            "serviceUrl": self.service_url,
            "channelId": "msteams",
            "from": {"id": USER, "name": "Claire Petit", "aadObjectId": "7b1d2c3e-0000-4000-8000-000000000001"},
            "recipient": {"id": BOT, "name": "Assistant SPHERE"},
            "conversation": {"conversationType": "personal", "tenantId": TENANT, "id": CHAT},
            "channelData": {"tenant": {"id": TENANT}},
            "entities": [{"type": "clientInfo", "locale": "fr-FR", "country": "FR", "platform": "Windows", "timezone": "Europe/Paris"}],
            "locale": "fr-FR",
            "textFormat": "plain",
            "text": "bonjour",
        }
        return {name: value for name, value in (usual | other).items() if value is not None}


@contextmanager
def fake_microsoft() -> Iterator[FakeMicrosoft]:
    """Run the loopback server, as long as the test."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.path.endswith("/keys"):
                teams.keys_fetched += 1
                self._say(teams.keys_status, {}, {"keys": teams.keys})
            elif self.path.endswith("/openidconfiguration"):
                self._say(teams.openid_status, {}, {"issuer": ISSUER})
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                teams.calls.append(Call(self.command, self.path, headers, json.loads(body) if body else None))
                self._say(*(teams.answers.pop(0) if teams.answers else (201, {}, {"id": f"sent-{len(teams.calls)}"})))

        do_GET = do_POST = do_PUT = do_DELETE = _any

        def _say(self, status: int, headers: Mapping[str, str], body: Any) -> None:
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    teams = FakeMicrosoft(
        f"http://127.0.0.1:{server.server_port}", keys=[public | {"kid": "k1", "use": "sig", "endorsements": ["msteams"]}]
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield teams
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class RecordingGateway:
    """A gateway that records what it is given; the same client id is recorded once."""

    entered: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    received: list[tuple[str, Incoming]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    async def find_or_open(self, channel: str, address: str, reference: dict[str, Any] | None = None) -> str:
        if self.broken:
            raise ConnectionError
        self.entered.append((channel, address, dict(reference or {})))
        return f"c-{address[:8]}"

    async def receive(self, conversation_id: str, incoming: Incoming, channel: str | None = None) -> None:
        if (conversation_id, incoming.client_id) not in [(known, seen.client_id) for known, seen in self.received]:
            self.received.append((conversation_id, incoming))

    async def find(self, channel: str, address: str) -> str | None:
        return f"c-{address[:8]}"

    async def mark_closed(self, channel: str, address: str) -> None:
        self.gone.append((channel, address))

    @property
    def incoming(self) -> list[Incoming]:
        return [incoming for _, incoming in self.received]

    @property
    def only(self) -> Incoming:
        [incoming] = self.incoming
        return incoming


@dataclass
class RunningChannel:
    """A channel, the gateway behind it and Microsoft before it."""

    microsoft: FakeMicrosoft
    gateway: RecordingGateway
    channel: TeamsChannel
    http: httpx.AsyncClient
    clock: ManualClock

    async def post(self, activity: Any, token: str | None = "", **headers: str) -> httpx.Response:
        """Post an activity (or bytes) with a good token, another one, or (None) without."""
        content = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.microsoft.token()}"
        return await self.http.post("/teams/messages", content=content, headers=headers)

    async def say(self, **fields: Any) -> httpx.Response:
        """Post an activity of Teams that must be taken."""
        answer = await self.post(self.microsoft.activity(**fields))
        assert answer.status_code == 200, answer.text
        return answer


@asynccontextmanager
async def running_channel(tmp_path: Path, **settings: Any) -> AsyncIterator[RunningChannel]:
    """Run a channel with a recording gateway, on a loopback Microsoft."""
    with fake_microsoft() as fake:
        values = {"TEAMS_APP_ID": APP_ID, "TEAMS_TENANT_ID": TENANT, "TEAMS_OPENID_URL": fake.openid_url, "TEAMS_ISSUER": ISSUER}
        loaded = load_settings(DATA=tmp_path, **{name: value for name, value in (values | settings).items() if value is not None})
        gateway, clock = RecordingGateway(), ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        channel = create(ChannelContext(loaded, cast(Any, gateway), clock, cast(Database, None)))
        assert isinstance(channel, TeamsChannel)
        app = FastAPI()
        assert channel.routes is not None
        app.include_router(channel.routes)
        await channel.start()
        try:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
                yield RunningChannel(fake, gateway, channel, http, clock)
        finally:
            await channel.stop_receiving()
            await channel.stop()


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Assert that the answer is a problem of that status; return its members."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    return found


Change = Callable[[FakeMicrosoft], Any]
