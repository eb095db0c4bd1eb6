"""Running it: as a process, or in a test from a thread with a loop of its own."""

from __future__ import annotations

import logging
import socket
import threading
from types import TracebackType
from typing import Any

import uvicorn

from bot.sandbox.teams.client import Control
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.server import REGION, create_app
from bot.sandbox.teams.signing import REAL_ISSUER

LOOPBACK = "127.0.0.1"
APP_ID = "8f2c7a4e-1b6d-4d0a-9c35-5e0a7d1b2f60"
TENANT_ID = "3d9b1e57-6c24-4f8a-a1d0-2b7f4c8e9a13"


class _Server(uvicorn.Server):
    """Ends long polls before it waits for requests to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.release()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def _configured(app: Any, **more: Any) -> uvicorn.Server:
    # Ending a connection without an answer is one of the faults that are asked for: uvicorn need not complain.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing response" not in record.getMessage())
    return _Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1, timeout_keep_alive=75, **more))


def settings_of(url: str, app_id: str, tenant_id: str, issuer: str) -> dict[str, str]:
    """Environment with which the bot speaks to this fake."""
    return {
        "TEAMS_APP_ID": app_id,
        "TEAMS_TENANT_ID": tenant_id,
        "TEAMS_OPENID_URL": f"{url}/v1/.well-known/openidconfiguration",
        "TEAMS_ISSUER": issuer,
        "TEAMS_LINK_URL": url,
    }


def run(port: int, bot_url: str, app_id: str, tenant_id: str, *, limits: Limits, **names: str) -> None:
    """Run until SIGINT or SIGTERM, with its page and people of the demo. `names`: issuer, bot_name, support_channel."""
    app = create_app(f"http://{LOOPBACK}:{port}", bot_url, app_id, tenant_id, limits=limits, demo=True, **names)
    _configured(app, host=LOOPBACK, port=port).run()


class FakeTeams:
    """A running fake, for tests: `with FakeTeams(bot_url) as teams: claire = teams.user("Claire Moreau")`.

    `settings` is the bot's environment; `control` acts as people and looks. It has a loop of its own, so that it also answers while
    the test's loop is busy. `bot_url` may be given later: `teams.control.set(bot_url=…)`.
    """

    def __init__(
        self,
        bot_url: str = "http://127.0.0.1:9/teams/messages",
        *,
        app_id: str = APP_ID,
        tenant_id: str = TENANT_ID,
        issuer: str = REAL_ISSUER,
        bot_name: str = "SPHERE",
        limits: Limits | None = None,
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
        self._server = _configured(app)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, name="fake-teams", daemon=True)
        self.control = Control(self.url)
        self.user = self.control.user

    @property
    def settings(self) -> dict[str, str]:
        """Environment with which the bot speaks to this fake."""
        return settings_of(self.url, self.app_id, self.tenant_id, self.issuer)

    def start(self) -> FakeTeams:
        """Serve; who connects before it does only waits."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; requests that hang are cut."""
        self.control.close()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    def __enter__(self) -> FakeTeams:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
