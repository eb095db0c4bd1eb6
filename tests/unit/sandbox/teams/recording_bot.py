"""A bot that accepts and records every activity, for tests of the fake Teams."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Answer = tuple[int, Any]


@dataclass
class RecordingBot:
    """Its URL, the activities that it got with their Authorization headers, and the function that makes its answers."""

    url: str
    requests: list[tuple[Json, str | None]] = field(default_factory=list)
    respond: Callable[[Json], Answer] = field(default=lambda _activity: (200, None))

    @property
    def activities(self) -> list[Json]:
        """The activities without the headers."""
        return [activity for activity, _ in self.requests]

    def of_type(self, kind: str) -> list[Json]:
        """Return the activities of a type."""
        return [activity for activity in self.activities if activity["type"] == kind]


@contextmanager
def recording_bot() -> Iterator[RecordingBot]:
    """Run a recording bot on loopback inside of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            activity = json.loads(self.rfile.read(int(self.headers["content-length"])))
            bot.requests.append((activity, self.headers.get("authorization")))
            status, body = bot.respond(activity)
            raw = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    bot = RecordingBot(f"http://127.0.0.1:{server.server_port}/teams/messages")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield bot
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
