"""The audit trail as FHIR R4 `AuditEvent` resources.

After IHE Basic Audit Log Patterns (which type, subtype and action an event has) and the ANS' *Traçabilité d'évènements* (one subtype,
`period.start`, two agents at most, each with `who`). What stands for a patient is the reference of the dossier, never a name.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.core.audit import AuditEvent
from bot.core.audit_strangers import MORE

Resource = dict[str, Any]
HASH_URL, PREVIOUS_URL = "urn:sphere:audit-hash", "urn:sphere:audit-previous"
"""Extensions: the hash of the event, and that of the event before (`bot.core.audit.chain_hash`)."""
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = {"system": f"{_TERMINOLOGY}/audit-event-type", "code": "rest", "display": "RESTful Operation"}
_AUTHENTICATION = {"system": _DICOM, "code": "110114", "display": "User Authentication"}
_ALERT = {"system": _DICOM, "code": "110113", "display": "Security Alert"}
_EXPORT = {"system": _DICOM, "code": "110106", "display": "Export"}
_LOGIN = {"system": _DICOM, "code": "110122", "display": "Login"}
_LOGOUT = {"system": _DICOM, "code": "110123", "display": "Logout"}
_ATTRIBUTES = {"system": _DICOM, "code": "110137", "display": "User Security Attributes Changed"}


def _rest(code: str) -> Resource:
    return {"system": "http://hl7.org/fhir/restful-interaction", "code": code, "display": code}


_KINDS: dict[str, tuple[Resource, Resource | None, str]] = {
    "dossiers.read": (_REST, _rest("read"), "R"),
    "dossiers.list": (_REST, _rest("search-type"), "E"),
    "dossiers.search": (_REST, _rest("search-type"), "E"),
    "dossiers.create": (_REST, _rest("create"), "C"),
    "dossiers.flag": (_REST, _rest("create"), "C"),
    "dossiers.limit": (_ALERT, None, "E"),
    "dossiers.": (_REST, _rest("update"), "U"),
    "partners.list": (_REST, _rest("read"), "R"),
    "partners.history": (_REST, _rest("read"), "R"),
    "partners.": (_REST, _rest("update"), "U"),
    "identity.unlink": (_AUTHENTICATION, _LOGOUT, "E"),
    "identity.": (_AUTHENTICATION, _LOGIN, "E"),
    "accounts.create": (_REST, _rest("create"), "C"),
    "accounts.request": (_REST, _rest("create"), "C"),
    "accounts.": (_REST, _rest("update"), "U"),
    "support.sign_in": (_AUTHENTICATION, _LOGIN, "E"),
    "support.read": (_REST, _rest("read"), "R"),
    "support.names": (_REST, _rest("read"), "R"),
    "support.export": (_EXPORT, None, "R"),
    "support.refused": (_ALERT, None, "E"),
    "support.agent": (_ALERT, _ATTRIBUTES, "U"),
    "audit.export": (_EXPORT, None, "R"),
    "keys.rotate": (_ALERT, _ATTRIBUTES, "U"),
    "notifications.": (_REST, _rest("update"), "U"),
}
"""Type, subtype and action, by the longest beginning of an event's action; of any other, a RESTful operation without subtype."""
_ALWAYS_SUCCESSFUL = frozenset({"identity.unlink"})
_FAILED = frozenset(
    {
        "account_closed",
        "cannot_add_self",
        "cannot_leave",
        "elsewhere",
        "end_before_start",
        "failed",
        "gave_up",
        "limited",
        "locked",
        "missing_basis",
        "no_account",
        "not_a_member",
        "not_allowed",
        "period_over",
        "refused",
        "unknown",
        "unknown_dossier",
    }
)
"""Outcomes of what was not done: a minor failure of FHIR. A serious one is `error`, a fault of ours."""
_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")


def resource_of(event: AuditEvent) -> Resource:
    """Return the resource of an event."""
    kind, subtype, action = _kind_of(event.action)
    at = _instant(event.at)
    resource: Resource = {
        "resourceType": "AuditEvent",
        "id": str(event.id),
        "extension": [
            {"url": url, "valueString": value} for url, value in ((HASH_URL, event.hash), (PREVIOUS_URL, event.previous)) if value
        ],
        "type": kind,
        "subtype": [subtype] if subtype else [],
        "action": action,
        "period": {"start": at, "end": at},
        "recorded": at,
        "outcome": _outcome(event),
        "outcomeDesc": f"{event.action}: {event.outcome}",
        "purposeOfEvent": [{"text": event.basis}] if event.basis else [],
        "agent": [_agent(event)],
        "source": {
            "site": event.channel or "service",
            "observer": {
                "type": "Device",
                "identifier": {"system": "urn:sphere:application", "value": "assistant"},
                "display": "Assistant SPHERE",
            },
            "type": [{"system": f"{_TERMINOLOGY}/security-source-type", "code": "4", "display": "Application Server"}],
        },
        "entity": _entities(event),
    }
    return {name: value for name, value in resource.items() if value not in ([], None)}


def _kind_of(action: str) -> tuple[Resource, Resource | None, str]:
    beginnings = [beginning for beginning in _KINDS if action.startswith(beginning)]
    return _KINDS[max(beginnings, key=len)] if beginnings else (_REST, None, "E")


def _outcome(event: AuditEvent) -> str:
    if event.action in _ALWAYS_SUCCESSFUL:
        return "0"
    return "8" if event.outcome == "error" else "4" if event.outcome in _FAILED or event.outcome.startswith(MORE) else "0"


def _agent(event: AuditEvent) -> Resource:
    """Return who did it: an account, an agent of support, the chat where nobody is known, else the assistant itself."""
    kind, system, value = "Device", "urn:sphere:application", "assistant"
    if event.actor and event.actor.startswith("agent:"):
        kind, system, value = "Practitioner", "urn:sphere:agent", event.actor.removeprefix("agent:")
    elif event.actor:
        kind, system, value = "Practitioner", "urn:sphere:account", event.actor
    elif event.conversation:
        kind, system, value = "Device", "urn:sphere:conversation", event.conversation
    agent: Resource = {"who": {"type": kind, "identifier": {"system": system, "value": value}}, "requestor": True}
    return agent | ({"altId": event.conversation} if event.conversation else {})


def _entities(event: AuditEvent) -> list[Resource]:
    found: list[Resource] = []
    if event.dossier:
        found.append(
            {
                "what": {"type": "Patient", "identifier": {"system": "urn:sphere:dossier", "value": event.dossier}},
                "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "1", "display": "Person"},
                "role": {"system": f"{_TERMINOLOGY}/object-role", "code": "1", "display": "Patient"},
            }
        )
    if event.subject and event.subject != event.conversation:
        is_reference = _REFERENCE.fullmatch(event.subject)
        what: Resource = {"reference": event.subject} if is_reference else {"identifier": {"value": event.subject}}
        entity: Resource = {"what": what, "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "2", "display": "System Object"}}
        found.append(entity | ({"detail": [{"type": "period", "valueString": event.period}]} if event.period else {}))
    return found


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
