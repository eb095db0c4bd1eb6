"""Dates of searches are compared as ranges of time."""

from __future__ import annotations

import pytest

from bot.sandbox.fhir.search_dates import date_predicate
from tests.unit.sandbox.fhir.responses import PATIENT, outcome
from tests.unit.sandbox.sandbox_server import Sandbox

INSTANT = "2026-03-29T10:30:15.123Z"


@pytest.mark.parametrize(
    ("wanted", "value", "matches"),
    [
        ("gt2026-03-29T10:30:15.122Z", INSTANT, True),
        ("gt2026-03-29T10:30:15.123Z", INSTANT, False),
        ("ge2026-03-29T10:30:15.123Z", INSTANT, True),
        ("ge2026-03-29T12:30:15.123+02:00", INSTANT, True),
        ("ge2026-03-29T12:30:15.124+02:00", INSTANT, False),
        ("lt2026-03-29T05:30:16-05:00", INSTANT, True),
        ("lt2026-03-29T10:30:15.123Z", INSTANT, False),
        ("le2026-03-29T10:30:15.123Z", INSTANT, True),
        ("le2026-03-29", INSTANT, True),
        ("gt2026-03-29", INSTANT, False),
        ("sa2026-03-28", INSTANT, True),
        ("eb2026-03-29", INSTANT, False),
        ("2026-03", INSTANT, True),
        ("ne2026", INSTANT, False),
        ("ge2026-03-29T10:30:15.123456Z", INSTANT, True),
        ("2026-12", {"start": "2026-12-01", "end": "2026-12-31"}, True),
        ("ge2032", {"start": "2013-01-12", "end": "2032-12-18T13:48:19.342+01:00"}, True),
        ("ge2033", {"start": "2013-01-12", "end": "2032-12-18T13:48:19.342+01:00"}, False),
        ("gt2100", {"start": "2013-01-12"}, True),
        ("lt1900", {}, True),
        ("gt2026", "9999-12-31", True),
        ("9999", "9999-12-31", True),
        ("9999-12", "9999-12-31", True),
    ],
)
def test_ranges_are_compared(wanted: str, value: object, matches: bool) -> None:
    assert date_predicate(wanted)(value) is matches


@pytest.mark.parametrize("wanted", ["hier", "2026-13", "2026-02-30", "ge", "2026-03-29T25:00Z", "2026-3-1", "xx2026"])
def test_what_is_no_date_is_refused(sandbox: Sandbox, wanted: str) -> None:
    assert outcome(sandbox.get("Patient", _lastUpdated=wanted)) == (400, "value")


def test_what_changed_since_is_found(sandbox: Sandbox) -> None:
    first = sandbox.post("Patient", PATIENT).json()
    since = first["meta"]["lastUpdated"]
    second = sandbox.post("Patient", PATIENT).json()
    assert [one["id"] for one in sandbox.found("Patient", _lastUpdated=f"ge{since}")][-1] == second["id"]
    assert first["id"] in [one["id"] for one in sandbox.found("Patient", _lastUpdated=f"ge{since.replace('Z', '+00:00')}")]
    assert first["id"] not in [one["id"] for one in sandbox.found("Patient", _lastUpdated=f"gt{since}")]
    assert sandbox.found("Patient", _lastUpdated=f"lt{since}")
