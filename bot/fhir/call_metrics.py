"""Calls to FHIR servers (the platform, the directories) and to their token endpoints, by kind and by what came of them."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.core.metrics import Count, Duration
from bot.core.tracing import SpanPoint
from bot.fhir.errors import FhirConflict, FhirError, FhirNotFound, FhirRejected, FhirUnauthorized

SERVERS = ("platform", "annuaire_sante", "ror")
CALLS = ("read", "search", "create", "update", "metadata")
OUTCOMES = ("ok", "not_found", "conflict", "unauthorized", "rejected", "unavailable")
"""`unavailable`: too slow, 5xx, no connection, or a pause that it asks for; `unauthorized`: it does not take our access."""
_LABELS = {"server": SERVERS, "call": CALLS}
CALLED = Count("sphere_fhir_calls", "Calls to FHIR servers, each counted once however often it was sent.", _LABELS | {"outcome": OUTCOMES})
SECONDS = Duration("sphere_fhir_call_seconds", "How long a call takes, its retries included.", _LABELS)
RETRIES = Count("sphere_fhir_retries", "Requests that were sent once more.", {"server": SERVERS})
TOKENS = Count("sphere_access_token_requests", "Requests to token endpoints.", {"outcome": ("ok", "unauthorized", "unavailable")})
SPAN = SpanPoint("fhir", "client", _LABELS | {"outcome": OUTCOMES})


def kind_of_call(method: str, url: str, base_url: str) -> str:
    """Return which of `CALLS` a request is; its URL may hold ids and what is searched, of which nothing is said."""
    path, parts = urlsplit(base_url).path, urlsplit(url)
    segments = [segment for segment in parts.path.removeprefix(path).split("/") if segment]
    if method == "PUT":
        return "update"
    if method == "POST":
        return "search" if segments[-1:] == ["_search"] else "create"
    if segments[-1:] == ["metadata"]:
        return "metadata"
    return "read" if len(segments) == 2 and not parts.query else "search"


def outcome_of(error: FhirError) -> str:
    """Return which of `OUTCOMES` an error is."""
    kinds = ((FhirNotFound, "not_found"), (FhirConflict, "conflict"), (FhirUnauthorized, "unauthorized"), (FhirRejected, "rejected"))
    return next((outcome for kind, outcome in kinds if isinstance(error, kind)), "unavailable")
