"""Snapshots of the data: who has access, from when, until when, on what basis."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bench.dialogues.world import PARIS, Platform, snapshot_dossiers
from bot.sandbox.fhir.seed import demo_resources

DOSSIER = "SPH-2024-000137"
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=PARIS)
BOULANGER = f"access/{DOSSIER}/Noël Boulanger"


def snapshot(period: dict[str, Any], bases: dict[tuple[str, str], str] | None = None) -> dict[str, Any]:
    """The snapshot of a fresh sandbox in which Noël Boulanger takes part for a period."""
    platform = Platform()
    for resource in demo_resources():
        platform.resources.setdefault(resource["resourceType"], {})[resource["id"]] = resource
    _, _, team = next(found for found in platform.teams() if found[0] == DOSSIER)
    next(p for p in team["participant"] if p["member"]["display"] == "Noël Boulanger")["period"] = period
    return snapshot_dossiers(platform, bases or {}, NOW)


def test_members_are_known_behind_their_role_and_the_referent_is_told() -> None:
    found = snapshot({"start": "2024-02-11T08:00:00Z"})
    assert found[f"access/{DOSSIER}/Aimée-Pénélope de Saint-Faucheot"]["referent"] is False
    assert found[f"access/{DOSSIER}/Claire Moreau"]["referent"] is True
    assert found[f"dossier/{DOSSIER}"] == {"family": "Durand", "given": "Jeanne", "birth_date": "1948-03-12", "sex": "female"}


@pytest.mark.parametrize(
    ("period", "start", "until"),
    [
        ({"start": "2024-02-11T08:00:00Z"}, None, None),
        ({"start": "2027-02-01T00:00:00+01:00"}, "2027-02-01", None),
        ({"start": "2024-02-11", "end": "2027-03-15T23:59:59+01:00"}, None, "2027-03-15"),
    ],
)
def test_an_access_has_the_days_on_which_it_starts_and_ends(period: dict[str, Any], start: str | None, until: str | None) -> None:
    access = snapshot(period, {(DOSSIER, "Noël Boulanger"): "consent_given"})[BOULANGER]
    assert access == {"from": start, "until": until, "referent": False, "basis": "consent_given"}


def test_an_access_that_ended_is_none() -> None:
    assert BOULANGER not in snapshot({"start": "2024-02-11", "end": "2026-11-30T08:00:00Z"})
