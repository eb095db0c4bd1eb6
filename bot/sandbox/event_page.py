"""A page to post an event of the platform by hand and see what the assistant answers.

Whoever knows its address may post, so the address holds a secret (`run.json` gives it); a CSRF token (the field `seal`) keeps other web
pages from posting.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.core.tls import ssl_context
from bot.sandbox.fhir.api import read_body
from bot.sandbox.fhir.event_publisher import SOURCE
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.store import Resource, Store

PATH = "/sandbox/events"
EVENT_TYPES = (
    "document.added",
    "note.added",
    "message.received",
    "appointment.set",
    "access.granted",
    "access.ended",
    "team.joined",
    "team.left",
    "account.updated",
    "service.notice",
)
"""Event types of the contract, the most usual first."""
TIMEOUT = 10.0
"""Seconds that the assistant has to answer."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class EventPage:
    """`GET` shows the form; `POST` posts the event that it describes."""

    def __init__(self, store: Store, url: str, token: str, prefix: str = "") -> None:
        """Take where events are posted, with which token, and the path before the page's own: `/` and a secret."""
        self._store, self._url, self._path = store, url, prefix + PATH
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        self._csrf_token = secrets.token_urlsafe(16)
        self._template = _TEMPLATES.get_template("event.html")

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [Route(self._path, self._handle, methods=["GET", "POST"])]

    async def _handle(self, request: Request) -> Response:
        if request.method != "POST":
            return self._page({}, None)
        try:
            fields = parse_qs((await read_body(request)).decode("utf-8", "replace"))
        except OperationOutcomeError as error:
            return error.response()
        form = {name: values[0].strip() for name, values in fields.items()}
        if not hmac.compare_digest(form.get("seal", "").encode(), self._csrf_token.encode()):
            return self._page(form, {"error": "seal"}, 403)
        event = _event(form)
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, verify=ssl_context()) as client:
                response = await client.post(self._url, json=event, headers=self._headers)
        except httpx.HTTPError:
            return self._page(form, {"error": "away", "event": event}, 502)
        return self._page(form, {"error": "", "event": event, "status": response.status_code, "body": response.text})

    def _page(self, form: dict[str, str], answer: dict[str, Any] | None, status: int = 200) -> Response:
        people = sorted((_name(person), person["id"]) for _, person in self._store.all("Practitioner") if person.get("active"))
        dossiers = sorted(filter(None, (_reference(patient) for _, patient in self._store.all("Patient"))))
        values = {"form": form, "answer": answer, "kinds": EVENT_TYPES, "people": people, "dossiers": dossiers, "seal": self._csrf_token}
        headers = {"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY", "Cache-Control": "no-store"}
        return Response(self._template.render(values), status, media_type="text/html; charset=utf-8", headers=headers)


def _event(form: dict[str, str]) -> Resource:
    """Build the event as typed, unchecked: the assistant says what it refuses."""
    event_type = form.get("kind", "")
    data: Resource = {name: form[name] for name in ("author", "title", "url") if form.get(name)}
    if form.get("urgent"):
        data["urgent"] = True
    if form.get("recipient"):
        data["recipients"] = [form["recipient"]]
    event: Resource = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": SOURCE,
        "type": f"fr.sphere.{event_type}",
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }
    subject = form.get("recipient") if event_type.startswith("account.") else form.get("dossier")
    return event if event_type.startswith("service.") or not subject else event | {"subject": subject}


def _reference(patient: Resource) -> str:
    values = (str(identifier.get("value", "")) for identifier in patient.get("identifier", []))
    return next((value for value in values if value.startswith("SPH-")), "")


def _name(person: Resource) -> str:
    name: Resource = next(iter(person.get("name") or []), {})
    return f"{name.get('family', '')} {' '.join(name.get('given') or [])}".strip()
