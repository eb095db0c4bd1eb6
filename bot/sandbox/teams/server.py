"""Serves the fake Teams: as a process, or in a test from a thread with its own loop."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import uvicorn

from bot.fake_channels import TEAMS_APP_ID, TEAMS_TENANT_ID
from bot.sandbox.hidden_path import HiddenPath
from bot.sandbox.teams.app import REGION, create_app
from bot.sandbox.teams.control_client import ControlClient
from bot.sandbox.teams.rate_limits import RateLimits
from bot.sandbox.teams.signing import REAL_ISSUER

LOOPBACK = "127.0.0.1"


class _Server(uvicorn.Server):
    """A server that ends long polls before it waits for requests to end."""

    def __init__(self, config: uvicorn.Config, release: Callable[[], None]) -> None:
        super().__init__(config)
        self._release = release

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End long polls, then shut down."""
        self._release()
        await super().shutdown(sockets)


def _build_server(app: Any, release: Callable[[], None], **more: Any) -> uvicorn.Server:
    # Ending a connection without an answer is one of the faults: uvicorn must not log it as an error.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing response" not in record.getMessage())
    config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1, timeout_keep_alive=75, **more)
    return _Server(config, release)


def bot_environment(url: str, app_id: str, tenant_id: str, issuer: str) -> dict[str, str]:
    """Return the environment of a bot that speaks to the fake at `url`."""
    return {
        "TEAMS_APP_ID": app_id,
        "TEAMS_TENANT_ID": tenant_id,
        "TEAMS_OPENID_URL": f"{url}/v1/.well-known/openidconfiguration",
        "TEAMS_ISSUER": issuer,
        "TEAMS_LINK_URL": url,
    }


def run(port: int, bot_url: str, app_id: str, tenant_id: str, *, path: str = "", limits: RateLimits, **names: str) -> None:
    """Run below `path` until SIGINT or SIGTERM, with the people of the demo. `names`: issuer, bot_name, support_channel."""
    app = create_app(f"http://{LOOPBACK}:{port}{path}", bot_url, app_id, tenant_id, limits=limits, demo=True, **names)
    _build_server(HiddenPath(app, path), app.state.release, host=LOOPBACK, port=port).run()


class FakeTeams:
    """A running fake, for tests: `with FakeTeams(bot_url) as teams: claire = teams.add_user("Claire Moreau")`.

    `settings` is the bot's environment; `control` is the client of the control API. The fake has its own loop, so that it answers
    while the test's loop is busy. `bot_url` may be given later: `teams.control.configure(bot_url=…)`.
    """

    def __init__(
        self,
        bot_url: str = "http://127.0.0.1:9/teams/messages",
        *,
        app_id: str = TEAMS_APP_ID,
        tenant_id: str = TEAMS_TENANT_ID,
        issuer: str = REAL_ISSUER,
        bot_name: str = "SPHERE",
        limits: RateLimits | None = None,
        demo: bool = False,
        support_channel: str | None = None,
    ) -> None:
        self.app_id, self.tenant_id, self.issuer = app_id, tenant_id, issuer
        self._listener = socket.create_server((LOOPBACK, 0), backlog=512)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self.service_url = f"{self.url}{REGION}/"
        app = create_app(
            self.url,
            bot_url,
            app_id,
            tenant_id,
            limits=limits,
            demo=demo,
            issuer=issuer,
            bot_name=bot_name,
            support_channel=support_channel,
        )
        self._server = _build_server(app, app.state.release)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, name="fake-teams", daemon=True)
        self.control = ControlClient(self.url)
        self.add_user = self.control.add_user

    @property
    def settings(self) -> dict[str, str]:
        """Environment of a bot that speaks to this fake."""
        return bot_environment(self.url, self.app_id, self.tenant_id, self.issuer)

    def start(self) -> FakeTeams:
        """Start to serve; a client that connected before only waits."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop; requests that hang are cut."""
        self.control.close()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> FakeTeams:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
