"""People of the sandbox whom no other test knows: each has their own notifications, and nobody else's in the way."""

from __future__ import annotations

import itertools
import re
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from sqlite3 import connect
from typing import Any

from tests.conversations.external import ExternalTalk
from tests.conversations.talk import Talk
from tests.stack import Stack, wait_for

_SHARED = {"claire.moreau", "karim.benali", "sophie.leroux", "paul.martin"}
_numbers = itertools.count(1)
_free: dict[int, list[Member]] = {}


@dataclass
class Member:
    """An account that takes part in dossiers."""

    stack: Stack
    id: str
    email: str
    dossiers: list[str] = field(default_factory=list)

    def post(self, kind: str = "note.added", *, dossier: str | None = None, **data: Any) -> None:
        """Let the platform say that something happened, for this person alone."""
        subject = None if kind.startswith("service") else self.id if kind.startswith("account") else dossier or self.dossiers[0]
        event = {
            "specversion": "1.0",
            "id": f"told-{next(_numbers)}-{self.id}",
            "source": "urn:sphere:conversations",
            "type": f"fr.sphere.{kind}",
            "data": {"recipients": [self.id], **data},
            **({"subject": subject} if subject else {}),
        }
        token = {"Authorization": f"Bearer {self.stack.run['events_token']}"}
        self.stack.http.post(self.stack.run["events"], json=event, headers=token, timeout=60).raise_for_status()

    def wait_notification(self, talk: Talk, pattern: str) -> str:
        """Wait until something that matches is sent to a chat, whose buttons are then the last; the text."""
        text = talk.wait_said(pattern)
        if isinstance(talk, ExternalTalk):
            message = next(m for m in reversed(talk.messages()) if m.text == text)
            talk.last = [{"text": text, "buttons": list(message.buttons), "author": "assistant", "links": message.links}]
        else:
            talk.last = [next(m for m in reversed(talk.history()) if m["text"] == text)]
        return text

    def sends(self, way: str) -> list[tuple[str, str | None]]:
        """What became of each notice by one way, oldest first: state and why."""
        query = "SELECT state, why FROM notice_sends WHERE account_id = ? AND way = ? ORDER BY id"
        with closing(connect(self.stack.data / "sphere.db", timeout=60)) as database:
            return [(state, why) for state, why in database.execute(query, (self.id, way))]

    def wait_sends(self, way: str, *expected: str) -> None:
        """Wait until the notices by one way stand so, oldest first."""
        wait_for(f"{expected} by {way}", lambda: [state for state, _ in self.sends(way)] == list(expected))

    @property
    def was_notified(self) -> bool:
        """Whether something was ever told to them: other tests add people to teams."""
        with closing(connect(self.stack.data / "sphere.db", timeout=60)) as database:
            return database.execute("SELECT 1 FROM notices WHERE account_id = ? LIMIT 1", (self.id,)).fetchone() is not None

    def wait_listed(self, many: int) -> None:
        """Wait until so many notices are in the list."""

        def listed() -> bool:
            with closing(connect(self.stack.data / "sphere.db", timeout=60)) as database:
                found = database.execute("SELECT count(*) FROM notices WHERE account_id = ?", (self.id,)).fetchone()
            return bool(found[0] == many)

        wait_for(f"{many} notices", listed)

    def let_time_pass(self, by: timedelta) -> None:
        """Make everything that was told or wished that much older, so that what falls due within that time falls due now."""
        moved = f"-{int(by.total_seconds())} seconds"
        with closing(connect(self.stack.data / "sphere.db", timeout=60)) as database, database:
            for table, column in (("notices", "created_at"), ("notice_sends", "due_at"), ("notification_people", "changed_at")):
                database.execute(
                    f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f000', {column}, ?) WHERE account_id = ?", (moved, self.id)
                )
            database.execute("UPDATE notification_people SET look_at = '2000-01-01 00:00:00.000000' WHERE account_id = ?", (self.id,))


def fresh_member(stack: Stack, dossiers: int = 1) -> Member:
    """Somebody whom no test of this installation had before, with so many dossiers at least."""
    free = _free.setdefault(stack.port, []) or _members(stack)
    _free[stack.port] = free
    found = next(member for member in free if len(member.dossiers) >= dossiers and not member.was_notified)
    free.remove(found)
    return found


def _members(stack: Stack) -> list[Member]:
    found: dict[str, Member] = {}
    teams = [entry["resource"] for entry in stack.fhir("CareTeam?status=active&_count=100")["entry"]]
    for team in teams:
        patient = stack.fhir(team["subject"]["reference"])
        reference = next(i["value"] for i in patient["identifier"] if i["value"].startswith("SPH-"))
        for seat in team.get("participant", []):
            who = seat["member"]["reference"]
            if who.startswith("PractitionerRole/"):
                who = stack.fhir(who)["practitioner"]["reference"]
            if who not in found:
                person = stack.fhir(who)
                mails = [t["value"] for t in person.get("telecom", []) if t["system"] in ("email", "other") and "@" in t["value"]]
                found[who] = Member(stack, person["id"], mails[0] if mails else "")
            found[who].dossiers.append(reference)
    chosen = [m for m in found.values() if m.email and m.email.split("@")[0] not in _SHARED]
    return sorted(chosen, key=lambda member: (len(member.dossiers), member.email))


def deep_link_token(mail: dict[str, Any]) -> str:
    """The token that an invitation links a Telegram chat with."""
    found = re.search(r"\?start=([\w-]+)", mail["text"])
    assert found, mail["text"]
    return found[1]
