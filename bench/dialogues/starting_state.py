"""The data as every dialogue finds them: those of a fresh sandbox, and what the goal says was there before."""

from __future__ import annotations

import json
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.dialogues.goals import Given, GivenRequest
from bench.dialogues.world import Platform, Resource, rows
from bot.accounts.directory_record import Fiche
from bot.accounts.duplicates import person_key
from tests.stack import Stack, wait_for

EMPTIED = (
    "account_decisions", "account_request_askers", "account_requests", "account_request_numbers",
    "support_moves", "support_notes", "support_viewers", "support_sentences", "support_tickets",
    "notice_sends", "notice_messages", "notices", "notification_people", "page_links",
    "dossier_probes", "possible_duplicates", "limit_counters", "login_codes", "login_guards", "chat_links",
)  # fmt: skip
"""Tables that hold nothing in a fresh installation and that dialogues fill; rows that refer to others come first."""
LINK_DAYS = 90


class StartingState:
    """Puts the data of an installation back after each dialogue. The platform is put back by its own API, the rest in the database.

    Args:
        stack: a running installation, nobody having used it yet.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._fresh = Platform.read(stack.data)
        self._token = {"Authorization": f"Bearer {stack.run['fhir_token']}"}

    def restore(self) -> None:
        """Undo whatever dialogues did."""
        now = Platform.read(self._stack.data)
        for kind in ("CareTeam", "Practitioner", "Patient"):
            for identity, resource in now.resources.get(kind, {}).items():
                before = self._fresh.resources[kind].get(identity) or _closed(resource)
                if _content(before) != _content(resource):
                    self._put(before, resource)
        self._wait_told()
        with closing(sqlite3.connect(self._stack.data / "sphere.db", timeout=60)) as database, database:
            for table in EMPTIED:
                database.execute(f"DELETE FROM {table}")

    def prepare(self, given: Given, user: str) -> None:
        """Make what the goal says was there before: accesses, requests, preferences, notifications of `user` (an e-mail address)."""
        platform = Platform.read(self._stack.data)
        for reference, emails in given.access.items():
            _, _, team = next(found for found in platform.teams() if found[0] == reference)
            added = [_participant(platform, platform.account_named(email)) for email in emails]
            self._put({**team, "participant": [*team["participant"], *added]}, team)
        self._wait_told()
        with closing(sqlite3.connect(self._stack.data / "sphere.db", timeout=60)) as database, database:
            for table in ("notice_sends", "notice_messages", "notices"):
                database.execute(f"DELETE FROM {table}")
            for number, request in enumerate(given.requests, 1):
                _insert_request(database, platform, request, number)
            if given.preferences:
                account = platform.account_named(user)
                _insert(database, "notification_people", account_id=account, preferences=json.dumps(given.preferences), version=1,
                        changed_at=_stamp(), email="", unsubscribe_token=uuid.uuid4().hex)  # fmt: skip
        self._tell(given, platform.account_named(user) if given.notices else "")

    def link(self, conversation: str, email: str) -> None:
        """Link a conversation to the account of an address, as a code of a mail would."""
        account = Platform.read(self._stack.data).account_named(email)
        with closing(sqlite3.connect(self._stack.data / "sphere.db", timeout=60)) as database, database:
            now = datetime.now(UTC)
            _insert(database, "chat_links", conversation_id=conversation, account_id=account, linked_at=_stamp(now),
                    expires_at=_stamp(now + timedelta(days=LINK_DAYS)), used_at=_stamp(now))  # fmt: skip

    def _tell(self, given: Given, account: str) -> None:
        token = {"Authorization": f"Bearer {self._stack.run['events_token']}"}
        for notice in given.notices:
            event = {
                "specversion": "1.0",
                "id": uuid.uuid4().hex,
                "source": "urn:sphere:dialogues",
                "type": f"fr.sphere.{notice.kind}",
                "subject": notice.dossier,
                "data": {"recipients": [account], **({"title": notice.title} if notice.title else {})},
            }
            self._stack.http.post(self._stack.run["events"], json=event, headers=token, timeout=60).raise_for_status()
        query = "SELECT count(*) FROM notices WHERE account_id = ?"
        wait_for("the notices", lambda: rows(self._stack.data / "sphere.db", query, account)[0][0] == len(given.notices))

    def _put(self, wanted: Resource, present: Resource) -> None:
        url = f"{self._stack.run['fhir']}/{present['resourceType']}/{present['id']}"
        version = {"If-Match": f'W/"{present["meta"]["versionId"]}"'}
        self._stack.http.put(url, json=wanted, headers={**self._token, **version}, timeout=60).raise_for_status()

    def _wait_told(self) -> None:
        """Wait until the bot has told everybody of what the platform changed, so that nothing arrives in the next dialogue."""
        data = self._stack.data
        wait_for("the platform's events to be posted", lambda: not rows(data / "sandbox.db", "SELECT 1 FROM events LIMIT 1"))
        query = "SELECT 1 FROM events WHERE fanned_out_at IS NULL LIMIT 1"
        wait_for("the events to be told", lambda: not rows(data / "sphere.db", query))


def _content(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key != "meta"}


def _closed(resource: Resource) -> Resource:
    """Return what a dialogue created, taken out of use: nothing is ever deleted on the platform."""
    return {**resource, "status": "entered-in-error"} if resource["resourceType"] == "CareTeam" else {**resource, "active": False}


def _participant(platform: Platform, account: str) -> Resource:
    person = platform.resources["Practitioner"][account]
    return {
        "role": [{"text": person["qualification"][0]["code"]["text"]}],
        "member": {"reference": f"Practitioner/{account}", "display": platform.name_of(account)},
        "period": {"start": "2025-09-01T08:00:00Z"},
    }


def _insert_request(database: sqlite3.Connection, platform: Platform, request: GivenRequest, number: int) -> None:
    said, now = Fiche.of(request.record), _stamp()
    reference, record = f"DC-{datetime.now(UTC).year}-{number:06d}", json.dumps(said.model_dump())
    _insert(database, "account_requests", id=number, reference=reference, state=request.state, state_since=now, created_at=now,
            fiche=record, rpps=said.rpps, email=said.email, person=person_key(said), reason=request.reason)  # fmt: skip
    account = platform.account_named(request.by)
    _insert(database, "account_request_askers", request_id=number, key=uuid.uuid4().hex, at=now, joined=False,
            conversation_id=uuid.uuid4().hex, requester_id=account, requester=platform.name_of(account), dossier=request.dossier,
            basis=request.basis, fiche=record)  # fmt: skip
    database.execute("INSERT OR REPLACE INTO account_request_numbers (year, last) VALUES (?, ?)", (datetime.now(UTC).year, number))


def _insert(database: sqlite3.Connection, table: str, **values: Any) -> None:
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def _stamp(at: datetime | None = None) -> str:
    return (at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S.%f")
