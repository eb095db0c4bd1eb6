"""The state of the data: what can be changed by a dialogue, as one flat snapshot that can be compared before and after.

Paths and values of a snapshot:

| path | value |
|---|---|
| `access/<reference>/<name>` | `from`, `until` (dates or None), `referent`, `basis` (of an act since the snapshot's start) |
| `dossier/<reference>` | `family`, `given`, `birth_date`, `sex` |
| `account/<name>` | `active`, `email` |
| `request/<name>` | `state`, the fields of the directory record, `asked`: whoever asked, `dossier`, `basis` |
| `settings/<name>/<key>` | a preference that was set |
| `read/<name>` | how many notifications were marked as read |
| `link` | name of the account that the conversation is linked to |
| `tickets` | tickets of the conversation: `reason`, `dossier` |
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Snapshot = Mapping[str, Any]
Resource = dict[str, Any]
PARIS = ZoneInfo("Europe/Paris")
REFERENT = "referent"


@dataclass
class Platform:
    """The resources of the platform by type and id, and the names of its people."""

    resources: dict[str, dict[str, Resource]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> Platform:
        """Read the sandbox's database: what the platform has written down, whatever its server would answer under a fault."""
        platform = cls()
        for kind, body in rows(data / "sandbox.db", "SELECT type, body FROM resources"):
            resource = json.loads(body)
            platform.resources.setdefault(kind, {})[resource["id"]] = resource
        return platform

    def account_of(self, member: str) -> str | None:
        """Return the id of the Practitioner that a participant's `member` is, directly or behind a role."""
        kind, _, identity = member.partition("/")
        if kind == "PractitionerRole":
            role = self.resources.get(kind, {}).get(identity, {})
            return str(role["practitioner"]["reference"]).partition("/")[2] if role else None
        return identity if kind == "Practitioner" else None

    def name_of(self, account: str | None) -> str:
        """Return given and family name of an account, « ? » where there is none."""
        person = self.resources.get("Practitioner", {}).get(account or "")
        return f"{' '.join(person['name'][0].get('given', []))} {person['name'][0]['family']}".strip() if person else "?"

    def account_named(self, email: str) -> str:
        """Return the id of the account of an e-mail address. Raise KeyError where nobody has it."""
        for identity, person in self.resources["Practitioner"].items():
            if any(contact.get("value") == email for contact in person.get("telecom", [])):
                return identity
        raise KeyError(email)

    def teams(self) -> Iterator[tuple[str, Resource, Resource]]:
        """Yield reference, Patient and CareTeam of each open dossier."""
        for team in self.resources.get("CareTeam", {}).values():
            patient = self.resources["Patient"].get(team["subject"]["reference"].partition("/")[2])
            if patient is None or team["status"] != "active" or patient.get("active") is False:
                continue
            yield next(i["value"] for i in patient["identifier"] if i["value"].startswith("SPH-")), patient, team


class WorldReader:
    """Reads snapshots of one installation; what was done before `begin` leaves no basis in them.

    Args:
        data: the installation's data folder.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._audit_start = 0

    def begin(self) -> None:
        """Let what is done from now on count as done in the dialogue."""
        ((last,),) = rows(self._data / "sphere.db", "SELECT coalesce(max(id), 0) FROM audit_events")
        self._audit_start = int(last)

    def read(self, conversation: str) -> dict[str, Any]:
        """Return the snapshot; `link` and `tickets` are those of the conversation of this id."""
        platform = Platform.read(self._data)
        return {
            **snapshot_dossiers(platform, self._bases(platform), datetime.now(PARIS)),
            **self._requests(platform),
            **self._settings(platform),
            **self._conversation(platform, conversation),
        }

    def _query(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return rows(self._data / "sphere.db", query, *values)

    def _bases(self, platform: Platform) -> dict[tuple[str, str], str]:
        query = "SELECT dossier, subject, basis FROM audit_events WHERE id > ? AND basis IS NOT NULL ORDER BY id"
        found = self._query(query, self._audit_start)
        return {(dossier, platform.name_of(platform.account_of(subject or ""))): basis for dossier, subject, basis in found}

    def _requests(self, platform: Platform) -> dict[str, Any]:
        found = {}
        for number, state, record in self._query("SELECT id, state, fiche FROM account_requests"):
            values = {key: value for key, value in json.loads(record).items() if value}
            query = "SELECT requester_id, dossier, basis FROM account_request_askers WHERE request_id = ? ORDER BY id"
            asked = [
                {"by": platform.name_of(account), "dossier": dossier, "basis": basis}
                for account, dossier, basis in self._query(query, number)
            ]
            found[f"request/{values.get('given', '')} {values.get('family', '')}"] = {"state": state, **values, "asked": asked}
        return found

    def _settings(self, platform: Platform) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for account, preferences in self._query("SELECT account_id, preferences FROM notification_people"):
            for key, value in json.loads(preferences).items():
                shown = sorted((_shown_mute(mute) for mute in value), key=str) if key == "mutes" else value
                if shown:
                    found[f"settings/{platform.name_of(account)}/{key}"] = shown
        read = "SELECT account_id, count(*) FROM notices WHERE read_at IS NOT NULL GROUP BY account_id"
        return found | {f"read/{platform.name_of(account)}": count for account, count in self._query(read)}

    def _conversation(self, platform: Platform, conversation: str) -> dict[str, Any]:
        linked = self._query("SELECT account_id FROM chat_links WHERE conversation_id = ?", conversation)
        query = "SELECT reason, context FROM support_tickets WHERE conversation_id = ? ORDER BY id"
        tickets = [
            {"reason": reason, "dossier": json.loads(context).get("dossier")} for reason, context in self._query(query, conversation)
        ]
        return {"link": platform.name_of(linked[0][0]) if linked else None, **({"tickets": tickets} if tickets else {})}


def changes(before: Snapshot, after: Snapshot) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two snapshots: by path, the value before and after; None where there was or is nothing."""
    return {path: (before.get(path), after.get(path)) for path in sorted({*before, *after}) if before.get(path) != after.get(path)}


def rows(file: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a query on a SQLite file, read only."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=60)) as database:
        return database.execute(query, values).fetchall()


def snapshot_dossiers(platform: Platform, bases: Mapping[tuple[str, str], str], now: datetime) -> dict[str, Any]:
    """Return accounts, usagers and accesses as they are at the instant `now`; `bases` by dossier and name."""
    found: dict[str, Any] = {}
    for account, person in platform.resources.get("Practitioner", {}).items():
        mails = [contact["value"] for contact in person.get("telecom", []) if "@" in contact.get("value", "")]
        found[f"account/{platform.name_of(account)}"] = {"active": person.get("active"), "email": mails[0] if mails else None}
    for reference, patient, team in platform.teams():
        name = patient["name"][0]
        found[f"dossier/{reference}"] = {
            "family": name["family"],
            "given": " ".join(name["given"]),
            "birth_date": patient.get("birthDate"),
            "sex": patient.get("gender"),
        }
        for participant in team.get("participant", []):
            period = participant.get("period", {})
            until = _instant(period.get("end"))
            if until is not None and until <= now:
                continue
            start = _instant(period.get("start"))
            who = platform.name_of(platform.account_of(participant["member"]["reference"]))
            found[f"access/{reference}/{who}"] = {
                "from": start.date().isoformat() if start is not None and start > now else None,
                "until": until.date().isoformat() if until is not None else None,
                "referent": any(c.get("code") == REFERENT for role in participant.get("role", []) for c in role.get("coding", [])),
                "basis": bases.get((reference, who)),
            }
    return found


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found.astimezone(PARIS) if found.tzinfo else found.replace(tzinfo=PARIS)


def _shown_mute(mute: Mapping[str, Any]) -> dict[str, Any]:
    until = _instant(mute.get("until"))
    return {"dossier": mute.get("dossier"), "until": until.date().isoformat() if until else None}
