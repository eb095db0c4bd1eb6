"""The page that posts an event by hand: what it posts is what the assistant takes, and nobody but the page posts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.notifications.cloudevents import KINDS, parse
from bot.sandbox import event_page
from tests.unit.sandbox.events_receiver import EventsReceiver
from tests.unit.sandbox.sandbox_server import UNREACHABLE_URL, Sandbox, running_sandbox, serve_app


@pytest.fixture
def receiver() -> EventsReceiver:
    return EventsReceiver()


@pytest.fixture
def sandbox(tmp_path: Path, receiver: EventsReceiver) -> Iterator[Sandbox]:
    with serve_app(receiver.app) as url, running_sandbox(tmp_path, f"{url}/events") as running:
        yield running


def page_of(sandbox: Sandbox) -> httpx.Response:
    return httpx.get(f"{sandbox.url}/sandbox/events", trust_env=False)


def post(sandbox: Sandbox, **form: str) -> httpx.Response:
    seal = re.search(r'name="seal" value="([^"]+)"', page_of(sandbox).text)
    assert seal
    return httpx.post(f"{sandbox.url}/sandbox/events", data={"seal": seal[1], **form}, trust_env=False, timeout=60)


def text_of(answer: httpx.Response) -> str:
    return html.unescape(answer.text)


def test_every_kind_can_be_posted_and_is_well_formed(sandbox: Sandbox, receiver: EventsReceiver) -> None:
    assert set(event_page.EVENT_TYPES) == set(KINDS)
    claire = sandbox.practitioner("claire.moreau@sphere.example")["id"]
    for kind in KINDS:
        recipient = claire if kind.startswith("account.") else ""
        answer = post(sandbox, kind=kind, dossier="SPH-2024-000137", author=claire, recipient=recipient, title="Bilan", urgent="1")
        assert answer.status_code == 200
        assert "Pris en compte" in text_of(answer)
    events = receiver.wait_for(len(KINDS))
    assert [event["type"] for event in events] == [f"fr.sphere.{kind}" for kind in KINDS]
    for event in events:
        parsed, wrong = parse(event)
        assert wrong == []
        assert parsed is not None
        assert parsed.data is not None
        assert (parsed.data.author, parsed.data.title, parsed.data.urgent) == (claire, "Bilan", True)
        assert parsed.time is not None
    subjects = {event["type"].split(".")[2]: event.get("subject") for event in events}
    assert (subjects["note"], subjects["account"], subjects["service"]) == ("SPH-2024-000137", claire, None)


def test_what_is_refused_is_said_and_the_form_keeps_what_was_chosen(tmp_path: Path) -> None:
    with serve_app(EventsReceiver(400).app) as url, running_sandbox(tmp_path, f"{url}/events") as sandbox:
        answer = post(sandbox, kind="message.received", dossier="SPH-2024-000142", title='<b>"x"</b>')
    assert "Refusé" in text_of(answer)
    assert "réponse 400" in text_of(answer)
    assert '<option value="message.received" selected>' in answer.text
    assert "<option selected>SPH-2024-000142</option>" in answer.text
    assert "<b>" not in answer.text
    assert '<b>"x"</b>' in text_of(answer)


def test_an_assistant_that_is_away_is_said(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, UNREACHABLE_URL) as sandbox:
        answer = post(sandbox, kind="note.added", dossier="SPH-2024-000142")
    assert answer.status_code == 502
    assert "L’assistant n’a pas répondu." in text_of(answer)


@pytest.mark.parametrize("form", [{}, {"seal": "x"}, {"seal": "é"}])
def test_only_the_page_itself_posts(sandbox: Sandbox, receiver: EventsReceiver, form: dict[str, Any]) -> None:
    answer = httpx.post(f"{sandbox.url}/sandbox/events", data={**form, "kind": "note.added"}, trust_env=False)
    assert answer.status_code == 403
    assert receiver.events == []
    assert httpx.get(f"{sandbox.url}/sandbox/events", headers={"Host": "evil.example"}, trust_env=False).status_code == 400
    assert httpx.post(f"{sandbox.url}/sandbox/events", content=b"a" * 300_000, trust_env=False).status_code == 413


def test_the_page_is_whole(sandbox: Sandbox) -> None:
    page = page_of(sandbox)
    assert page.headers["x-frame-options"] == "DENY"
    assert '<html lang="fr">' in page.text
    assert "<option selected>SPH-2024-000137</option>" in page.text
    assert "Moreau Claire" in page.text
    assert "Durand" not in re.sub(r"<select name=\"(author|recipient)\">.*?</select>", "", page.text, flags=re.DOTALL)
    assert not re.search(r"<script|\son\w+=|{{", page.text)
