"""The work of a bot by its roles: `serve` (ways in, turns, answers) and `deliver` (mails, notifications, all that is done on time)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.bot_container import BotContainer
from bot.channels.web.session_watch import SessionWatch
from bot.jobs.listener import Listener
from bot.messaging import retention
from bot.messaging.outbox_wake import OutboxWake
from bot.messaging.retention_job import RetentionJob
from bot.personal_data import purge
from bot.support import retention as support_retention


@dataclass(frozen=True)
class Roles:
    """What a process does; both by default."""

    serves: bool = True
    delivers: bool = True


class Work:
    """Begins and ends what a process does by its roles."""

    def __init__(self, parts: BotContainer, roles: Roles) -> None:
        """Raise SettingsError or TextsError where the installation is not complete."""
        database, clock, settings = parts.database, parts.clock, parts.settings
        self._parts, self._roles = parts, roles
        self._gateway, self._support, self._channels = parts.gateway, parts.support, parts.channels
        self._groups = parts.groups
        self._local, self._delivery = parts.local_workers, parts.delivery_workers
        self.session_watch = SessionWatch(database, parts.chat_sessions)
        self._listener = Listener(database)
        erasures = (*retention.ERASURES, *support_retention.ERASURES, *purge.erasures(settings))
        self._retention = RetentionJob(retention.Retention(database, clock, settings, erasures), database, clock)
        self._gateway.set_turn_listener(OutboxWake(database).after_turn)

    async def start(self) -> None:
        """Begin, once the database has the newest schema."""
        roles = self._roles
        self._listener.start()
        self._support.start(serves=roles.serves, delivers=roles.delivers)
        await self._gateway.start(serves=roles.serves, delivers=roles.delivers)
        for local in self._local:
            local.start()
        if roles.serves:
            self.session_watch.start()
        if roles.delivers:
            for worker in self._delivery:
                worker.start()
            self._groups.start()
            self._retention.start()

    def begin_stop(self) -> None:
        """End the event streams, and begin no turn any more."""
        self._gateway.begin_stop()
        self._support.begin_stop()

    async def stop(self) -> None:
        """End all in order; what is not done is left to other processes, or the next start."""
        self._retention.stop()
        await self._groups.stop()
        self.begin_stop()
        await self.session_watch.stop()
        await asyncio.gather(self._gateway.stop(), *(worker.stop() for worker in (*self._local, *self._delivery)))
        await self._support.stop()
        await self._listener.stop()
