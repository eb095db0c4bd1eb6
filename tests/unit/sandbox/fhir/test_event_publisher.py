"""Events of writes are posted in order and once, over refusals and restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.unit.sandbox.events_receiver import EventsReceiver
from tests.unit.sandbox.sandbox_server import UNREACHABLE_URL, Sandbox, running_sandbox, serve_app


def add_to_care_team(sandbox: Sandbox, reference: str, person: dict[str, Any]) -> httpx.Response:
    team = sandbox.team_of(reference)
    entry = {"member": {"reference": f"Practitioner/{person['id']}", "display": "x"}, "period": {"start": "2020-01-01"}}
    claire = sandbox.practitioner("claire.moreau@sphere.example")
    team["participant"].append(entry)
    return sandbox.put(team, **{"If-Match": f'W/"{team["meta"]["versionId"]}"', "X-Sphere-Author": f"Practitioner/{claire['id']}"})


def test_events_of_a_team_and_an_account_are_posted_in_order_and_once(tmp_path: Path) -> None:
    receiver = EventsReceiver(503, 401, 500)
    with serve_app(receiver.app) as url, running_sandbox(tmp_path, f"{url}/events") as sandbox:
        claire, paul = (sandbox.practitioner(f"{name}@sphere.example") for name in ("claire.moreau", "paul.martin"))
        assert add_to_care_team(sandbox, "SPH-2024-000137", paul).status_code == 200
        team = sandbox.team_of("SPH-2024-000137")
        team["participant"][-1]["period"]["end"] = "2020-02-01"
        sandbox.put(team)
        sandbox.put(paul | {"active": False})
        events = receiver.wait_for(5)
    kinds = [event["type"].removeprefix("fr.sphere.") for event in events]
    assert kinds == ["access.granted", "team.joined", "access.ended", "team.left", "account.updated"]
    assert {event["subject"] for event in events[:4]} == {"SPH-2024-000137"}
    assert events[0]["data"] == {"author": claire["id"], "recipients": [paul["id"]]}
    assert claire["id"] not in events[1]["data"]["recipients"]
    assert len(events[1]["data"]["recipients"]) == 2
    assert events[4]["subject"] == paul["id"]
    assert len({event["id"] for event in events}) == 5
    assert "Durand" not in str(events)


def test_events_wait_for_the_assistant_over_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, UNREACHABLE_URL) as sandbox:
        add_to_care_team(sandbox, "SPH-2024-000137", sandbox.practitioner("paul.martin@sphere.example"))
    receiver = EventsReceiver()
    with serve_app(receiver.app) as url, running_sandbox(tmp_path, f"{url}/events"):
        assert [event["type"] for event in receiver.wait_for(2)] == ["fr.sphere.access.granted", "fr.sphere.team.joined"]


def test_dates_to_come_tell_of_no_arrival_and_no_departure(tmp_path: Path) -> None:
    receiver = EventsReceiver()
    with serve_app(receiver.app) as url, running_sandbox(tmp_path, f"{url}/events") as sandbox:
        paul, sophie = (sandbox.practitioner(f"{name}@sphere.example") for name in ("paul.martin", "sophie.leroux"))
        team = sandbox.team_of("SPH-2024-000137")
        members = (({"start": "2999-01-01"}, paul), ({"start": "2020-01-01", "end": "2999-01-01"}, sophie))
        team["participant"] += [{"member": {"reference": f"Practitioner/{who['id']}"}, "period": period} for period, who in members]
        sandbox.put(team).raise_for_status()
        events = receiver.wait_for(2)
    assert [(event["type"], event["data"]["recipients"]) for event in events[:1]] == [("fr.sphere.access.granted", [sophie["id"]])]
    assert len(events) == 2
