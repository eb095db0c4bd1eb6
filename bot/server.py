"""Serves an ASGI application until the process is told to stop: drains first, then ends event streams, requests and work in order."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

BACKLOG = 2048
"""Connections that may wait to be accepted."""
STOP_SECONDS = 4
"""How long requests may take to end at a stop: as long as the turns in hand, which go on meanwhile."""


def serve_app(app: FastAPI, listener: socket.socket, drain_seconds: float) -> None:
    """Serve on a socket until SIGINT or SIGTERM, and for `drain_seconds` after it; the process ends where it cannot start.

    The application's state has `begin_drain`, called at the signal, and `begin_stop`, called once it is drained.
    """
    server = Server(server_config(app), app.state.begin_stop, app.state.begin_drain, drain_seconds)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)


def server_config(app: FastAPI) -> uvicorn.Config:
    """Return how the application is served."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # TRUSTED_PROXIES says who is believed
        timeout_graceful_shutdown=STOP_SECONDS,
        backlog=BACKLOG,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises OSError, whose `filename` is the address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, protocol)  # asyncio sets TCP_NODELAY only where the protocol is named
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "the port is in use by another program; set PORT to another one" if in_use else (error.strerror or type(error).__name__)
        raise OSError(error.errno, reason, f"{host}:{port}") from None
    return listener


class Server(uvicorn.Server):
    """Drains at the first signal, and stops after that or at the second one.

    It ends the event streams as soon as it stops: it waits for every connection before the application hears of it.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        before_exit: Callable[[], None],
        before_drain: Callable[[], None] = lambda: None,
        drain_seconds: float = 0.0,
    ) -> None:
        super().__init__(config)
        self._before_exit, self._before_drain, self._drain_seconds = before_exit, before_drain, drain_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop that the streams live on."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT and SIGTERM."""
        if self._loop is None or self._draining or not self._drain_seconds:
            self._exit(sig, frame)
            return
        self._draining = True
        self._loop.call_soon_threadsafe(self._drain, sig, frame)

    def _drain(self, sig: int, frame: FrameType | None) -> None:
        self._before_drain()
        asyncio.get_running_loop().call_later(self._drain_seconds, self._exit, sig, frame)

    def _exit(self, sig: int, frame: FrameType | None) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._before_exit)
        super().handle_exit(sig, frame)
