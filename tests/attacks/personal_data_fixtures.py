"""A person put everywhere: a row about them in every table of the schema, and where their traces are looked for afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Integer, String, insert, text
from sqlalchemy import Table as SqlTable

from bot.core.clock import ManualClock
from bot.core.database import Database, UtcDateTime
from bot.core.keyed_hash import keyed_hash
from bot.migrations.tables import metadata
from bot.personal_data.erasure import PersonalData

SECRET = "secret-of-the-tests-of-personal-data"
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
ACCOUNT, EMAIL, NAME, CHAT = "practitioner-zq", "zoe.quentin@chu-exemple.test", "Zoé Quentin", "7700112233"
CONVERSATION, OTHER = "conversation-of-zoe", "conversation-of-another"
WORDS = "ma patiente Mme Zorglub"
FICHE = {"given": "Zoé", "family": "Quentin", "email": EMAIL, "rpps": "10101010101"}
TRACES = (EMAIL, NAME, "Quentin", CHAT, "Zorglub", "10101010101")
"""What must be nowhere once the person is erased."""


def rows_of_person(at: datetime, closed: bool = True) -> dict[str, dict[str, Any]]:
    """Return, for each table, what of a row about the person is theirs; `fill` adds the rest."""
    mac = keyed_hash(SECRET, "address", EMAIL)
    return {
        "conversations": {"id": CONVERSATION, "channel": "telegram", "address": CHAT, "reference": {"thread": CHAT}},
        "inbox": {"conversation_id": CONVERSATION, "client_id": f"u{CHAT}", "text": WORDS, "sent_id": CHAT, "state": "done"},
        "messages": {"conversation_id": CONVERSATION, "text": WORDS, "author": "user", "client_id": CHAT, "sent": [CHAT], "buttons": []},
        "buttons": {"conversation_id": CONVERSATION, "message_id": 1, "title": NAME, "entities": {"name": NAME}},
        "chat_links": {"conversation_id": CONVERSATION, "account_id": ACCOUNT, "expires_at": at + timedelta(days=90)},
        "login_codes": {"conversation_id": CONVERSATION, "account_id": ACCOUNT},
        "login_guards": {"subject": f"account:{mac}"},
        "limit_counters": {"subject": f"codes_chat:{CONVERSATION}"},
        "chat_sources": {"conversation_id": CONVERSATION},
        "chat_sessions": {"conversation_id": CONVERSATION},
        "dossier_probes": {"subject": f"refusals:chat:{CONVERSATION}"},
        "dated_accesses": {"dossier": "SPH-2024-000137", "account_id": ACCOUNT, "added_by": "account-2"},
        "team_acts": {"dossier": "SPH-2024-000137", "member": ACCOUNT, "actor": "account-2", "act": "joined"},
        "known_members": {"team_id": "team-1", "member": f"Practitioner/{ACCOUNT}", "account_id": ACCOUNT},
        "link_tokens": {"account_id": ACCOUNT},
        "sign_ins": {"conversation_id": CONVERSATION},
        "continuations": {"conversation_id": CONVERSATION},
        "page_links": {"account_id": ACCOUNT, "conversation_id": CONVERSATION},
        "account_requests": {"fiche": FICHE, "email": EMAIL, "person": "zoe quentin", "account_id": ACCOUNT, "state": "created",
                             "reason": NAME},
        "account_request_askers": {"request_id": 1, "conversation_id": CONVERSATION, "requester": f"{NAME} {EMAIL}", "fiche": FICHE},
        "account_decisions": {"request_id": 1, "text": f"Bonjour {NAME}", "action": "create"},
        "events": {"source": "s", "event_id": "e1", "kind": "note.added", "subject": "SPH-2024-000137",
                   "data": {"title": f"Note de {NAME} sur Mme Zorglub", "author": ACCOUNT, "recipients": [ACCOUNT, "other"]}},
        "notices": {"event_id": 1, "account_id": ACCOUNT, "author": NAME},
        "notice_messages": {"account_id": ACCOUNT, "conversation_id": CONVERSATION},
        "notice_sends": {"notice_id": 1, "account_id": ACCOUNT, "message_id": 1, "state": "dropped"},
        "notification_people": {"account_id": ACCOUNT, "email": EMAIL, "email_at": at, "preferences": {}},
        "outbox": {"kind": "mail", "payload": {"to": [EMAIL], "subject": "s", "text": f"Bonjour {NAME}"}, "dead_at": at},
        "operations": {"conversation_id": CONVERSATION, "state": "done", "payload": {"who": NAME}, "result": {"name": NAME}, "done_at": at},
        "support_tickets": {"conversation_id": CONVERSATION, "state": "closed" if closed else "waiting",
                            "closed_at": at if closed else None,
                            "live": None if closed else CONVERSATION, "dossier": "SPH-2024-000137",
                            "context": {"task": "t", "dossier": "SPH-2024-000137", "tried": [WORDS]}, "tags": []},
        "support_moves": {"ticket_id": 1},
        "support_notes": {"ticket_id": 1, "text": f"{NAME} rappelle"},
        "support_viewers": {"ticket_id": 1, "agent_name": "Inès"},
        "support_sentences": {"turn": 1},
        "support_threads": {"ticket_id": 1, "thread": f"t{CHAT}"},
        "support_group_inputs": {"thread": f"t{CHAT}", "answer": ""},
        "support_agents": {"id": "agent-1", "login": "ines", "name": "Inès", "active": False},
        "support_agent_sessions": {"agent_id": "agent-1"},
        "support_recovery_codes": {"agent_id": "agent-1"},
        "support_transcript_links": {"ticket_id": 1, "account_id": ACCOUNT},
        "support_agent_links": {"agent_id": "agent-1", "person": "555"},
        "support_link_codes": {"agent_id": "agent-1"},
        "audit_events": {"actor": ACCOUNT, "action": "identity.link", "subject": CONVERSATION, "outcome": "linked"},
    }  # fmt: skip


def fill(table: SqlTable, values: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return a whole row: what is not given is made up, instants are `at`."""
    row = dict(values)
    for column in table.columns:
        if column.name in row or (column.primary_key and column.autoincrement is True):
            continue
        if isinstance(column.type, UtcDateTime):
            if not column.nullable:
                row[column.name] = at
        elif column.nullable or column.default is not None or column.server_default is not None:
            continue
        elif isinstance(column.type, JSON):
            row[column.name] = {}
        elif isinstance(column.type, Boolean):
            row[column.name] = False
        elif isinstance(column.type, Integer):
            row[column.name] = 1
        elif isinstance(column.type, String):
            row[column.name] = "x"
        else:
            raise AssertionError(f"{table.name}.{column.name}")
    return row


async def put_everywhere(database: Database, at: datetime, **more: Any) -> None:
    """Put a row into every table, the person in all that can hold one; and another person's conversation beside."""
    rows = rows_of_person(at, **more)
    async with database.writing() as session:
        for table in metadata.sorted_tables:
            await session.execute(insert(table), fill(table, rows.get(table.name, {}), at))
        other = {"id": OTHER, "channel": "telegram", "address": "880088", "reference": {}}
        conversations, messages = metadata.tables["conversations"], metadata.tables["messages"]
        await session.execute(insert(conversations), fill(conversations, other, NOW))
        said = {"conversation_id": OTHER, "text": "bonjour de quelqu’un d’autre", "author": "user", "buttons": []}
        await session.execute(insert(messages), fill(messages, said, NOW))


@asynccontextmanager
async def database_with_person(url: str, at: datetime = NOW, **more: Any) -> AsyncIterator[tuple[Database, PersonalData]]:
    database = Database(url)
    await database.create_tables()
    await put_everywhere(database, at, **more)
    try:
        yield database, PersonalData(database, ManualClock(NOW), SECRET)
    finally:
        await database.close()


async def content(database: Database, *, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every row of every table as text, by table."""
    found: dict[str, list[str]] = {}
    async with database.reading() as session:
        for table in metadata.sorted_tables:
            if table.name not in without:
                rows = await session.execute(text(f"SELECT * FROM {table.name}"))
                found[table.name] = sorted(repr([str(value) for value in row]) for row in rows)
    return found


async def traces(database: Database, *, without: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """Where a trace of the person is: (table, trace); on SQLite also in the bytes of its files, free pages and logs included."""
    found = {
        (table, trace)
        for table, rows in (await content(database, without=without)).items()
        for trace in TRACES
        for written in (trace, json.dumps(trace)[1:-1])
        if any(written in row.replace("\\\\", "\\") or written in row for row in rows)
    }
    if database.is_sqlite and not without:
        file = Path(str(database.url.database))
        for path in (file, file.with_name(file.name + "-wal")):
            held = path.read_bytes() if path.exists() else b""
            found |= {(path.name, trace) for trace in TRACES if trace.encode() in held or json.dumps(trace)[1:-1].encode() in held}
    return found


def make_trackers(file: Path) -> None:
    """Write a tracker store as Rasa does, with events of the person's conversation and of another."""
    with closing(sqlite3.connect(file)) as connection, connection:
        columns = "conversation TEXT, session INTEGER, version INTEGER, updated FLOAT, events TEXT, PRIMARY KEY (conversation, session)"
        connection.execute(f"CREATE TABLE trackers ({columns})")
        for conversation in (CONVERSATION, OTHER):
            events = json.dumps([{"event": "user", "text": f"{WORDS} de {conversation}"}])
            connection.execute("INSERT INTO trackers VALUES (?, 0, 1, 1.0, ?)", (conversation, events))
