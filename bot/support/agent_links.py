"""Links the messaging accounts of agents in the team's groups to their desk accounts, by a code from the desk or the command line."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.core import audit
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.keyed_hash import keyed_hash
from bot.settings import Settings
from bot.support.errors import UnknownAgent
from bot.support.groups.tables import AgentLinkRow, LinkCodeRow
from bot.support.records import Agent
from bot.support.tables import SUPERVISOR, SupportAgent

CODE_LIFETIME = timedelta(minutes=15)
"""How long a code may be used."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters of a code: none that is easily taken for another."""
_GROUPS, _GROUP = 3, 4
"""Twelve letters are 59 bits: nobody guesses one in a quarter of an hour."""


@dataclass(frozen=True)
class AgentLink:
    """A messaging account of an agent."""

    channel: str
    linked_at: datetime


class AgentLinks:
    """Makes and redeems codes, and tells which agent a messaging account belongs to."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database, self._clock = database, clock
        self._secret = settings.required("secret")

    async def new_code(self, agent_id: str) -> str:
        """Return a code that links the messaging account that shows it in `CODE_LIFETIME`; any earlier one ends. Raise UnknownAgent."""
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)]
        code, now = "-".join(groups), self._clock.now()
        async with self._database.writing() as session:
            agent = await session.get(SupportAgent, agent_id)
            if agent is None or not agent.active:
                raise UnknownAgent
            ended = (LinkCodeRow.agent_id == agent_id) | (LinkCodeRow.expires_at <= now)
            await session.execute(delete(LinkCodeRow).where(ended))
            session.add(LinkCodeRow(code_hash=self._hash(code), agent_id=agent_id, expires_at=now + CODE_LIFETIME))
        return code

    async def redeem(self, channel: str, person: str, code: str) -> Agent | None:
        """Link a messaging account to the agent whose code it shows; return None where the code is not valid.

        Any other link of the agent, or of the account, on that channel ends.
        """
        now = self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(LinkCodeRow, self._hash(code), with_for_update=True)
            agent = await session.get(SupportAgent, row.agent_id) if row is not None else None
            if row is None or agent is None or row.expires_at <= now or not agent.active:
                return None
            await session.delete(row)
            replaced = (AgentLinkRow.agent_id == agent.id) | (AgentLinkRow.person == person)
            await session.execute(delete(AgentLinkRow).where(AgentLinkRow.channel == channel, replaced))
            session.add(AgentLinkRow(channel=channel, person=person, agent_id=agent.id, linked_at=now))
            await audit.record(
                session,
                now=now,
                actor=f"agent:{agent.id}",
                action="support.agent_link",
                subject=agent.id,
                outcome="linked",
                channel=channel,
            )
        return _agent(agent)

    async def agent_of(self, channel: str, person: str) -> Agent | None:
        """Return the agent with an active desk account whose messaging account this is, or None."""
        wanted = select(SupportAgent).join(AgentLinkRow, AgentLinkRow.agent_id == SupportAgent.id)
        active_link = (AgentLinkRow.channel == channel, AgentLinkRow.person == person, SupportAgent.active.is_(True))
        async with self._database.reading() as session:
            row = await session.scalar(wanted.where(*active_link))
        return _agent(row) if row is not None else None

    async def links_of(self, agent_id: str) -> list[AgentLink]:
        """Return the messaging accounts of an agent, by channel."""
        wanted = select(AgentLinkRow).where(AgentLinkRow.agent_id == agent_id).order_by(AgentLinkRow.channel)
        async with self._database.reading() as session:
            return [AgentLink(row.channel, row.linked_at) for row in await session.scalars(wanted)]

    async def unlink(self, agent_id: str, by: str, channel: str | None = None) -> int:
        """Remove an agent's messaging account of a channel, or all of them, with any code of theirs, and return how many there were."""
        removed = [AgentLinkRow.agent_id == agent_id, *([AgentLinkRow.channel == channel] if channel else [])]
        async with self._database.writing() as session:
            channels = list(await session.scalars(delete(AgentLinkRow).where(*removed).returning(AgentLinkRow.channel)))
            await session.execute(delete(LinkCodeRow).where(LinkCodeRow.agent_id == agent_id))
            for name in channels:
                entry = {"action": "support.agent_link", "subject": agent_id, "outcome": "unlinked", "channel": name}
                await audit.record(session, now=self._clock.now(), actor=f"agent:{by}", **entry)
        return len(channels)

    def _hash(self, code: str) -> str:
        letters = "".join(letter for letter in code.upper() if letter.isalnum())
        return keyed_hash(self._secret, "desk-link", letters)


def _agent(row: SupportAgent) -> Agent:
    return Agent(row.id, row.name, row.role == SUPERVISOR)
