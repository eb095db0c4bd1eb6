"""Whose usagers an agent's words are searched for: readings of dossiers that the conversation is not about are recorded and limited.

An agent sees which words of a reply would be replaced, and so whether a name is that of an usager. For the dossiers that the user talked
about that is the agent's work. An agent who brings another one, by writing its reference or attaching it to the ticket, reads something
of it: that is recorded before anything of it is given, and so many an hour are the most.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.core.audit import AuditEvent, record
from bot.core.database import Database
from bot.core.limits import Hit, Limit, Scope, take
from bot.dossiers.records import normalize_reference, references_in
from bot.support import tickets
from bot.support.errors import TooManyDossiers
from bot.support.records import Agent, Ticket
from bot.support.ticket_span import ticket_messages

BROUGHT = Limit("agent_dossiers", Scope.ACCOUNT, 20, timedelta(hours=1))
"""Dossiers that an agent may bring into conversations that are not about them."""
ACTION = "support.names"


async def named_dossiers(database: Database, ticket: Ticket, agent: Agent, text: str, now: datetime) -> list[str]:
    """Return the references of the dossiers whose usagers `text` is searched for, besides those of the chat's person.

    Raises TooManyDossiers: the agent brought as many as may be, nothing may be told of those in the text.
    """
    async with database.reading() as session:
        row = await tickets.get_ticket(session, ticket.id)
        said = [message.text for message in await ticket_messages(session, row) if message.author in ("user", "assistant")]
    about = _reference(row.context.get("dossier"))
    named = {reference for reference in (about, ticket.dossier, *references_in(text)) if reference is not None}
    if brought := sorted(named - {about, *references_in("\n".join(said))}):
        try:
            until = await _record(database, ticket, agent, brought, now)
        except IntegrityError:  # another request recorded it at the same moment: now it is found
            until = await _record(database, ticket, agent, brought, now)
        if until is not None:
            raise TooManyDossiers(until)
    return sorted(named)


async def _record(database: Database, ticket: Ticket, agent: Agent, dossiers: Collection[str], now: datetime) -> datetime | None:
    """Record the readings, once an hour each; return when more may be read, None where these may."""
    keys = {dossier: f"{ACTION}:{agent.id}:{ticket.id}:{dossier}:{now:%Y%m%d%H}" for dossier in dossiers}
    actor, subject = f"agent:{agent.id}", ticket.reference
    async with database.writing() as session:
        known = {*await session.scalars(select(AuditEvent.key).where(AuditEvent.key.in_(keys.values())))}
        for dossier in dossiers:
            if keys[dossier] in known:
                continue
            if exhausted := await take(session, [Hit(BROUGHT, agent.id)], now):
                key = f"{ACTION}:limited:{agent.id}:{exhausted.until.isoformat()}"
                await record(session, now=now, actor=actor, action=ACTION, subject=subject, outcome="limited", key=key)
                return exhausted.until
            key = keys[dossier]
            await record(session, now=now, actor=actor, action=ACTION, dossier=dossier, subject=subject, outcome="read", key=key)
    return None


def _reference(value: object) -> str | None:
    return normalize_reference(value) if isinstance(value, str) else None
