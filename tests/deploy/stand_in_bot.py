"""Bots behind a proxy, as far as a proxy sees them: they say whether they are ready, and what they were asked."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class StandInBot:
    """A server on loopback that tells, as JSON, which one it is and the headers that it was sent; `/chat/events` is a stream."""

    def __init__(self, name: str) -> None:
        self.name, self.ready, self.asked = name, True, 0
        self._connections: set[socket.socket] = set()
        self.goes_on = threading.Event()
        """A stream sends its second part once this is set."""
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                bot._connections.add(self.connection)

            def do_GET(self) -> None:
                if self.path == "/health/ready":
                    self._answer(200 if bot.ready else 503, {})
                elif self.path == "/chat/events":
                    self._stream()
                else:
                    bot.asked += 1
                    self._answer(200, {"bot": bot.name, "headers": {name.lower(): value for name, value in self.headers.items()}})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _stream(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(b"data: first\n\n")
                bot.goes_on.wait(60)
                self.wfile.write(b"data: second\n\n")
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop answering, and close what is open, as a process does that ends."""
        self.goes_on.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
