"""What the sandbox keeps: over restarts and kills, the mails it catches, the events it posts."""

from __future__ import annotations

import asyncio
import signal
import smtplib
import subprocess
import sys
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.fhir.seed import demo_resources
from bot.sandbox.fhir.validation import validate
from tests.unit.sandbox.running import EVENTS_TOKEN, NOWHERE, TOKEN, Sandbox, listening_socket, running_sandbox, served


class Taker:
    """Takes events in, as `/events` does; answers `statuses` first."""

    def __init__(self, *statuses: int) -> None:
        self.events: list[dict[str, Any]] = []
        self._statuses = list(statuses)
        self._more = threading.Condition()
        self.app = Starlette(routes=[Route("/events", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        assert request.headers["authorization"] == f"Bearer {EVENTS_TOKEN}"
        assert request.headers["content-type"] == "application/cloudevents+json"
        if self._statuses:
            return Response(status_code=self._statuses.pop(0))
        body = await request.json()
        with self._more:
            self.events.append(body)
            self._more.notify_all()
        return Response(status_code=202)

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.events) >= count, timeout=60)
            return list(self.events)


def join(sandbox: Sandbox, reference: str, person: dict[str, Any]) -> httpx.Response:
    team = sandbox.team_of(reference)
    entry = {"member": {"reference": f"Practitioner/{person['id']}", "display": "x"}, "period": {"start": "2026-01-01"}}
    claire = sandbox.practitioner("claire.moreau@sphere.example")
    team["participant"].append(entry)
    return sandbox.put(team, **{"If-Match": f'W/"{team["meta"]["versionId"]}"', "X-Sphere-Author": f"Practitioner/{claire['id']}"})


def test_the_seed_is_always_the_same_and_valid() -> None:
    resources = demo_resources()
    assert resources == demo_resources()
    known = {f"{r['resourceType']}/{r['id']}" for r in resources}
    assert len(known) == len(resources)
    for resource in resources:
        validate(resource["resourceType"], resource)
    for team in (r for r in resources if r["resourceType"] == "CareTeam"):
        patient = next(r for r in resources if f"Patient/{r['id']}" == team["subject"]["reference"])
        assert patient["name"][0]["family"] not in team["name"]
        assert {p["member"]["reference"] for p in team["participant"]} <= known


def test_events_of_a_team_and_an_account_are_posted_in_order_and_once(tmp_path: Path) -> None:
    taker = Taker(503, 401, 500)
    with served(taker.app) as url, running_sandbox(tmp_path, f"{url}/events") as sandbox:
        claire, paul = (sandbox.practitioner(f"{name}@sphere.example") for name in ("claire.moreau", "paul.martin"))
        assert join(sandbox, "SPH-2024-000137", paul).status_code == 200
        team = sandbox.team_of("SPH-2024-000137")
        team["participant"][-1]["period"]["end"] = "2026-02-01"
        sandbox.put(team)
        sandbox.put(paul | {"active": False})
        events = taker.wait_for(5)
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
    with running_sandbox(tmp_path, NOWHERE) as sandbox:
        join(sandbox, "SPH-2024-000137", sandbox.practitioner("paul.martin@sphere.example"))
    taker = Taker()
    with served(taker.app) as url, running_sandbox(tmp_path, f"{url}/events"):
        assert [event["type"] for event in taker.wait_for(2)] == ["fr.sphere.access.granted", "fr.sphere.team.joined"]


SERVE = """
import pathlib, socket, sys, uvicorn
from bot.sandbox.server import create_app
app = create_app(pathlib.Path(sys.argv[1]), sys.argv[3], "http://127.0.0.1:9/events", "x")
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[socket.socket(fileno=int(sys.argv[2]))])
"""


def test_a_write_that_was_answered_survives_a_kill(tmp_path: Path) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with listening_socket() as listener, httpx.Client(headers=headers, trust_env=False, timeout=60) as http:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        arguments = [sys.executable, "-c", SERVE, str(tmp_path), str(listener.fileno()), TOKEN]
        with subprocess.Popen(arguments, pass_fds=[listener.fileno()]) as process:
            created = [http.post(f"{url}/fhir/Patient", json={"resourceType": "Patient"}).json() for _ in range(20)]
            process.send_signal(signal.SIGKILL)
    with running_sandbox(tmp_path) as again:
        for body in created:
            assert again.get(f"Patient/{body['id']}").json() == body
        assert len(again.found("Patient", identifier="SPH-2024-000137")) == 1  # not seeded a second time


@pytest.mark.parametrize("cte", ["quoted-printable", "base64"])
def test_mails_are_caught_and_decoded(sandbox: Sandbox, cte: str) -> None:
    sandbox.http.delete(f"{sandbox.url}/mailbox")
    for number in (1, 2):
        message = EmailMessage()
        message["From"] = "Équipe SPHERE <assistant@sphere.example>"
        message["To"] = "claire.moreau@sphere.example"
        message["Subject"] = f"Votre code à usage unique, envoyé n° {number}"
        message.set_content(f"Voici l’accès demandé :\n<b>{number}</b>\n", cte=cte)
        with smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
            smtp.send_message(message)
    mails = httpx.get(f"{sandbox.url}/mailbox", trust_env=False).json()["mails"]
    assert [mail["subject"][-1] for mail in mails] == ["2", "1"]
    assert mails[0]["subject"] == "Votre code à usage unique, envoyé n° 2"
    assert mails[0]["text"] == "Voici l’accès demandé :\n<b>2</b>\n"
    assert (mails[0]["from"], mails[0]["to"]) == ("assistant@sphere.example", ["claire.moreau@sphere.example"])
    page = httpx.get(f"{sandbox.url}/mailbox/", headers={"Accept": "text/html"}, trust_env=False)
    assert "&lt;b&gt;2&lt;/b&gt;" in page.text
    assert "<b>" not in page.text
    assert httpx.delete(f"{sandbox.url}/mailbox", trust_env=False).status_code == 204
    assert httpx.get(f"{sandbox.url}/mailbox", trust_env=False).json() == {"mails": []}


def test_mails_are_kept_over_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox, smtplib.SMTP("127.0.0.1", sandbox.smtp_port) as smtp:
        smtp.sendmail("a@sphere.example", ["b@sphere.example"], "Subject: garde\r\n\r\ntexte\r\n")
    with running_sandbox(tmp_path) as again:
        assert [mail["subject"] for mail in again.http.get(f"{again.url}/mailbox").json()["mails"]] == ["garde"]


async def test_a_slow_platform_answers_in_the_end(sandbox: Sandbox) -> None:
    sandbox.fault("slow", seconds=0.3, count=1)
    async with httpx.AsyncClient(timeout=0.05, trust_env=False, headers={"Authorization": f"Bearer {TOKEN}"}) as impatient:
        with pytest.raises(httpx.ReadTimeout):
            await impatient.get(f"{sandbox.fhir}/Patient")
    assert (await asyncio.to_thread(sandbox.get, "Patient")).status_code == 200
