"""Whose messaging account is whose in the team's groups: agents link theirs by a code that the desk or the command line gives them."""

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
"""How long a code may be shown."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Of a code: none that is taken for another."""
_GROUPS, _GROUP = 3, 4
"""Twelve letters are 59 bits: nobody guesses one in a quarter of an hour."""


@dataclass(frozen=True)
class AgentLink:
    """A messaging account of an agent."""

    channel: str
    linked_at: datetime


class AgentLinks:
    """Makes and redeems codes; says who an account of a group is."""

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
            over = (LinkCodeRow.agent_id == agent_id) | (LinkCodeRow.expires_at <= now)
            await session.execute(delete(LinkCodeRow).where(over))
            session.add(LinkCodeRow(code_hash=self._hash(code), agent_id=agent_id, expires_at=now + CODE_LIFETIME))
        return code

    async def redeem(self, channel: str, person: str, code: str) -> Agent | None:
        """Link an account to the agent whose code it shows; None where the code is no good. Any link of either to another ends."""
        now = self._clock.now()
        async with self._database.writing() as session:
            row = await session.get(LinkCodeRow, self._hash(code), with_for_update=True)
            agent = await session.get(SupportAgent, row.agent_id) if row is not None else None
            if row is None or agent is None or row.expires_at <= now or not agent.active:
                return None
            await session.delete(row)
            mine = (AgentLinkRow.agent_id == agent.id) | (AgentLinkRow.person == person)
            await session.execute(delete(AgentLinkRow).where(AgentLinkRow.channel == channel, mine))
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
        """The agent with an open account of the desk whose messaging account this is."""
        wanted = select(SupportAgent).join(AgentLinkRow, AgentLinkRow.agent_id == SupportAgent.id)
        mine = (AgentLinkRow.channel == channel, AgentLinkRow.person == person, SupportAgent.active.is_(True))
        async with self._database.reading() as session:
            row = await session.scalar(wanted.where(*mine))
        return _agent(row) if row is not None else None

    async def links_of(self, agent_id: str) -> list[AgentLink]:
        """The messaging accounts of an agent, by channel."""
        wanted = select(AgentLinkRow).where(AgentLinkRow.agent_id == agent_id).order_by(AgentLinkRow.channel)
        async with self._database.reading() as session:
            return [AgentLink(row.channel, row.linked_at) for row in await session.scalars(wanted)]

    async def unlink(self, agent_id: str, by: str, channel: str | None = None) -> int:
        """Take an agent's messaging account of a channel away, or all of them, with any code of theirs; how many there were."""
        mine = [AgentLinkRow.agent_id == agent_id, *([AgentLinkRow.channel == channel] if channel else [])]
        async with self._database.writing() as session:
            gone = list(await session.scalars(delete(AgentLinkRow).where(*mine).returning(AgentLinkRow.channel)))
            await session.execute(delete(LinkCodeRow).where(LinkCodeRow.agent_id == agent_id))
            for name in gone:
                told = {"action": "support.agent_link", "subject": agent_id, "outcome": "unlinked", "channel": name}
                await audit.record(session, now=self._clock.now(), actor=f"agent:{by}", **told)
        return len(gone)

    def _hash(self, code: str) -> str:
        letters = "".join(letter for letter in code.upper() if letter.isalnum())
        return keyed_hash(self._secret, "desk-link", letters)


def _agent(row: SupportAgent) -> Agent:
    return Agent(row.id, row.name, row.role == SUPERVISOR)
