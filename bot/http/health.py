"""Whether what the assistant needs answers, and whether people are told in time: a line each, nothing about how it is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from urllib.parse import urljoin

import httpx
from sqlalchemy import text

from bot.core.database import Database
from bot.core.tls import ssl_context
from bot.core.ttl_cache import TtlCache
from bot.directory.index import current_folder
from bot.messaging.channel import Channel
from bot.notifications.delivery_metrics import Figures
from bot.settings import Settings

CHECK_SECONDS = 2.0
REMEMBER_SECONDS = 1.0
"""However often it is asked, the others are asked once in this time."""
OK, DOWN, NONE, LATE = "ok", "down", "not configured", "late"
NEEDED = frozenset({"rasa", "actions", "database", "directory", "platform"})
"""Without one of these the assistant cannot do its main job. Mails wait in the outbox until SMTP is back."""

Check = Callable[[], Awaitable[bool]]


class Health:
    """Checks every dependency, in parallel, each for at most two seconds."""

    def __init__(self, settings: Settings, database: Database, channels: Sequence[Channel], figures: TtlCache[Figures]) -> None:
        self._settings, self._database, self._channels, self._figures = settings, database, channels, figures
        self._http = httpx.AsyncClient(timeout=CHECK_SECONDS, trust_env=False, verify=ssl_context())
        self._found = TtlCache(self._check_all, REMEMBER_SECONDS)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def report(self) -> tuple[HTTPStatus, dict[str, str]]:
        """200 or 503, `ok`, `down` or `not configured` for `status`, each dependency and each channel, and how notifications are doing."""
        found = await self._found.get()
        down = [name for name in NEEDED if found[name] == DOWN]
        return (HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK), {"status": DOWN if down else OK, **found}

    async def _check_all(self) -> dict[str, str]:
        checks: dict[str, Check | None] = {
            "rasa": self._get(self._settings.rasa_url, "health"),
            "actions": self._get(self._settings.actions_url, "health"),
            "database": self._ask_database,
            "directory": self._look_at_directory,
            "platform": self._get(f"{self._settings.platform_url}/" if self._settings.platform_url else None, "metadata"),
            "smtp": self._greet_smtp if self._settings.smtp_port else None,
        }
        checks |= {channel.means.name: channel.healthy for channel in self._channels}
        results, told = await asyncio.gather(asyncio.gather(*(_outcome(check) for check in checks.values())), self._notifications())
        return dict(zip(checks, results, strict=True)) | {"web": OK} | told

    async def _notifications(self) -> dict[str, str]:
        """Whether people are told in time. Late is no reason for 503: what waits is kept, and another process would not be faster."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                figures = await self._figures.get()
        except Exception:  # the line of the database says it as well
            return {"notifications": DOWN}
        share = figures.on_time_ratio("1h")
        return {
            "notifications": LATE if figures.late else OK,
            "notifications_on_time_1h": "nothing was due" if share is None else f"{share:.4f}",
            "notifications_waiting": str(sum(waiting.count for waiting in figures.waiting)),
            "events_waiting": str(figures.events),
            "outbox_waiting": str(sum(queue.open for queue in figures.queues)),
            "dead_letters": str(sum(figures.dead.values())),
        }

    def _get(self, base: str | None, path: str) -> Check | None:
        if base is None:
            return None

        async def answers() -> bool:
            token = self._settings.platform_token if path == "metadata" else None
            headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
            return (await self._http.get(urljoin(base, path), headers=headers)).status_code == HTTPStatus.OK

        return answers

    async def _ask_database(self) -> bool:
        async with self._database.reading() as session:
            return bool(await session.scalar(text("SELECT 1")))

    async def _look_at_directory(self) -> bool:
        return await asyncio.to_thread(current_folder, self._settings.directory_index) is not None

    async def _greet_smtp(self) -> bool:
        reader, writer = await asyncio.open_connection(self._settings.smtp_host, self._settings.smtp_port)
        try:
            greeting = await reader.readline()
            writer.write(b"QUIT\r\n")
            await writer.drain()
            return greeting.startswith(b"220")
        finally:
            writer.close()


async def _outcome(check: Check | None) -> str:
    if check is None:
        return NONE
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return OK if await check() else DOWN
    except Exception:  # whatever it is, the dependency does not answer: that is the report
        return DOWN
