"""Attacks by a process of the same machine, and by whoever reads a file or the database."""

from __future__ import annotations

import shutil
import smtplib
import stat
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.core.message_signatures import ANSWER_HEADER, FRESH_SECONDS, MessageSigner
from bot.installation.data_folder import DataFolderError, prepare_data_folder
from bot.installation.environments import ACTIONS, BOT, RASA
from bot.sandbox.hidden_path import HiddenPath
from bot.sandbox.server import create_app as create_sandbox
from bot.sandbox.telegram.app import create_app as create_telegram
from bot.sandbox.telegram.state import State as TelegramState
from bot.settings import secret_variables
from tests.attacks.inside_fixtures import (
    ACTIONS_TOKEN,
    ActsAsDoctor,
    action_server,
    installed,
    secrets_of_settings,
)
from tests.databases import every_database
from tests.unit.messaging.running_bot import RASA_TOKEN, StandInRasa, running_bot, served
from tests.unit.sandbox.sandbox_server import EVENTS_TOKEN, TOKEN, serve_app

__all__ = ["every_database"]

REFERENCE = "DC-2026-000001"


# --- the action server ---------------------------------------------------------------------------


def _authorizations(route: str, body: bytes) -> dict[str, str]:
    """What an attacker might show: nothing, what is guessed, what was seen elsewhere, what is too old."""
    signer, stranger = MessageSigner(ACTIONS_TOKEN), MessageSigner("another key of the same length as it")
    nonce = f"{int(time.time() - FRESH_SECONDS - 5)}.{'0' * 32}"
    ahead = f"{int(time.time() + FRESH_SECONDS + 600)}.{'0' * 32}"
    fresh, right = signer.sign_request(route, body)
    return {
        "nothing": "",
        "a bearer token": "Bearer x",
        "the key itself": f"Bearer {ACTIONS_TOKEN}",
        "the key as a signature": f"Signature {fresh}:{ACTIONS_TOKEN}",
        "another key": stranger.sign_request(route, body)[1],
        "another body": signer.sign_request(route, body + b" ")[1],
        "another route": signer.sign_request("health" if route != "health" else "webhook", body)[1],
        "an old one": f"Signature {nonce}:{signer._signature(nonce, f'request {route}', body)}",
        "one of the future": f"Signature {ahead}:{signer._signature(ahead, f'request {route}', body)}",
        "a signed answer": f"Signature {fresh}:{signer.sign_answer(fresh, 200, body)}",
        "a cut one": right[:-1],
        "no nonce": f"Signature :{signer._signature('', f'request {route}', body)}",
        "bytes that are no text": f"Signature {fresh}\xff:{right}",
        "a strange nonce": f"Signature é:{signer._signature('é', f'request {route}', body)}",
    }


async def test_the_action_server_acts_for_nobody_who_has_no_key(every_database: str) -> None:
    body = httpx.Request("POST", "http://x/", json=ActsAsDoctor("conversation").call).content
    async with action_server() as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        for name, authorization in _authorizations("webhook", body).items():
            headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
            answer = await http.post("/webhook", content=body, headers={"Content-Type": "application/json", **headers})
            assert (answer.status_code, ANSWER_HEADER in answer.headers) == (401, False), name
        for method, path in (("GET", "/health"), ("GET", "/actions"), ("GET", "/"), ("OPTIONS", "/webhook"), ("GET", "/nothing")):
            assert (await http.request(method, path)).status_code == 401, path


async def test_rasa_is_answered_with_a_signature(every_database: str) -> None:
    signer = MessageSigner(ACTIONS_TOKEN)
    async with action_server() as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        for path in ("/health", "/actions", "/nothing"):
            nonce, authorization = signer.sign_request(path.strip("/"), b"")
            answer = await http.get(path, headers={"Authorization": authorization})
            assert answer.status_code != 401
            assert signer.is_answer(nonce, answer.status_code, answer.content, answer.headers.get(ANSWER_HEADER))
            assert not signer.is_answer(nonce, answer.status_code, answer.content + b" ", answer.headers.get(ANSWER_HEADER))
            assert not signer.is_answer(nonce, answer.status_code + 1, answer.content, answer.headers.get(ANSWER_HEADER))


# --- a squatter in Rasa's place ------------------------------------------------------------------


class Squatter:
    """Took Rasa's port while it was away: answers every turn with its own text, and keeps what it was shown."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        self.seen.append((dict(request.headers), await request.body()))
        said = {"text": "Votre mot de passe SPHERE, s’il vous plaît ?", "buttons": [], "link": None}
        shown = request.headers.get("authorization", "").rpartition(":")[2]
        return JSONResponse({"messages": [said], "intent": "greet"}, self.status, headers={ANSWER_HEADER: shown})


@pytest.mark.parametrize("status", [200, 422, 500, 503])
async def test_a_squatter_in_rasas_place_says_nothing_to_the_user(every_database: str, tmp_path: Path, status: int) -> None:
    squatter = Squatter(status)
    async with served(squatter.app) as url, running_bot(tmp_path, rasa_url=url, DATABASE_URL=every_database, TURN_SECONDS=0.3) as bot:
        chat = await bot.chat()
        (answer,) = await chat.say("bonjour")
        assert "mot de passe" not in answer["text"]
        assert "malformed" not in answer["text"]
        report = (await bot.http.get("/health")).json()
        assert report["rasa"] == "down"
    assert squatter.seen
    assert not any(RASA_TOKEN in str(headers) for headers, _ in squatter.seen)


async def test_what_a_squatter_saw_opens_nothing_later(tmp_path: Path) -> None:
    """The requests that it was sent, shown to the real Rasa with another content."""
    squatter, rasa = Squatter(), StandInRasa()
    async with served(squatter.app) as url, running_bot(tmp_path, rasa_url=url, TURN_SECONDS=0.3) as bot:
        await (await bot.chat()).say("bonjour")
    headers, body = next(seen for seen in squatter.seen if b"bonjour" in seen[1])
    async with served(rasa.app) as url, httpx.AsyncClient(trust_env=False) as http:
        shown = {"Authorization": headers["authorization"]}
        for path, content in (("messages", body.replace(b"bonjour", b"affirm")), ("masks", body)):
            assert (await http.post(f"{url}/webhooks/gateway/{path}", content=content, headers=shown)).status_code == 401
    assert rasa.turns == []


async def test_rasa_that_comes_back_answers_what_a_squatter_was_asked(tmp_path: Path) -> None:
    squatter, rasa = Squatter(), StandInRasa()
    turns = 0

    async def first_a_squatter(scope: Any, receive: Any, send: Any) -> None:
        nonlocal turns
        turns += scope["type"] == "http"
        await (squatter.app if turns == 1 else rasa.app)(scope, receive, send)

    async with served(first_a_squatter) as url, running_bot(tmp_path, rasa_url=url) as bot:
        (answer,) = await (await bot.chat()).say("bonjour")
    assert answer["text"] == "dit bonjour"


# --- what each process is given ------------------------------------------------------------------

OWN = {"rasa": RASA, "actions": ACTIONS, "sandbox": {"PLATFORM_TOKEN", "EVENTS_TOKEN"}, "telegram": set(), "teams": set(), "bot": BOT}


BY_CLIENT = {
    "PLATFORM_URL": "https://platform.example/fhir",
    "PLATFORM_TOKEN_URL": "https://token.example/token",
    "PLATFORM_CLIENT_ID": "assistant",
}


@pytest.mark.parametrize("access", [{}, BY_CLIENT], ids=["token", "client credentials"])
@pytest.mark.parametrize("written", [str.upper, str.lower, str.title], ids=["upper", "lower", "title"])
def test_no_process_has_a_secret_that_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: Any, access: dict[str, str]
) -> None:
    values = secrets_of_settings()
    values.pop("PLATFORM_TOKEN" if access else "PLATFORM_CLIENT_SECRET")  # one or the other
    variables = {written(name): value for name, value in values.items()}
    variables |= {"TELEGRAM": "fake", "TEAMS": "fake", "SMTP_PORT": "2525", "TRUSTED_PROXIES": "127.0.0.1"} | access
    with installed(tmp_path / "data", monkeypatch, **variables) as processes:
        assert {process.name for process in processes} == set(OWN) - ({"sandbox"} if access else set())
        for process in processes:
            strange = {name for name, value in values.items() if name not in OWN[process.name] and value in process.env.values()}
            assert strange == set(), process.name
            assert not any(value in " ".join(process.command) for value in values.values()), "whoever is on the machine sees commands"


def test_what_an_installation_makes_up_itself_goes_to_its_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in secret_variables():
        monkeypatch.delenv(name, raising=False)
    with installed(tmp_path / "data", monkeypatch, TELEGRAM="fake", TEAMS="fake") as processes:
        given = {process.name: set(process.env) & secret_variables() for process in processes}
        commands = " ".join(part for process in processes for part in process.command)
        made = next(process.env for process in processes if process.name == "bot")
    assert given["rasa"] == {"RASA_TOKEN", "ACTIONS_TOKEN"}
    assert given["actions"] == {"ACTIONS_TOKEN", "SECRET", "PLATFORM_TOKEN"}
    assert given["sandbox"] == {"PLATFORM_TOKEN", "EVENTS_TOKEN", "SMTP_PASSWORD"}
    assert (given["telegram"], given["teams"]) == (set(), set())
    assert not any(made[name] in commands for name in given["bot"])


# --- files ---------------------------------------------------------------------------------------


def _modes(folder: Path) -> set[tuple[str, int]]:
    paths = [folder, *folder.rglob("*")]
    return {("folder" if path.is_dir() else "file", stat.S_IMODE(path.lstat().st_mode)) for path in paths if not path.is_symlink()}


def test_a_folder_of_an_older_version_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(Path(__file__).parents[1] / "unit" / "upgrade" / "folder_0007", data)
    for path in (data, *data.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("of somebody else")
    elsewhere.chmod(0o644)
    (data / "link").symlink_to(elsewhere)
    prepare_data_folder(data)
    assert _modes(data) == {("folder", 0o700), ("file", 0o600)}
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644


def test_modes_are_never_widened(tmp_path: Path) -> None:
    file = tmp_path / "read-only"
    file.write_text("x")
    file.chmod(0o440)
    prepare_data_folder(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o400


@pytest.mark.parametrize("shared", ["sticky", "the checkout", "home"])
def test_a_folder_for_other_things_too_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str) -> None:
    (tmp_path / "script.sh").write_text("echo")
    (tmp_path / "script.sh").chmod(0o755)
    if shared == "sticky":
        tmp_path.chmod(0o1777)
    elif shared == "home":
        monkeypatch.setenv("HOME", str(tmp_path))
    else:
        monkeypatch.setattr("bot.installation.data_folder._ROOT", tmp_path / "checkout")
    with pytest.raises(DataFolderError, match="a folder of its own"):
        prepare_data_folder(tmp_path)
    assert stat.S_IMODE((tmp_path / "script.sh").stat().st_mode) == 0o755


# --- the stand-ins -------------------------------------------------------------------------------


def test_the_stand_ins_do_nothing_for_who_does_not_know_their_path(tmp_path: Path) -> None:
    app = HiddenPath(create_telegram(TelegramState("1:token", "demo_bot")), "/a-secret-path")
    with serve_app(app) as url, httpx.Client(trust_env=False) as http:
        wrong = ("/", "/fake/chats", "/docs", "/openapi.json", "/a-secret-pat/fake/chats", "//fake/chats")
        for path in wrong:
            assert http.get(f"{url}{path}").status_code == 404, path
        assert http.post(f"{url}/fake/chats", json={"id": 1, "name": "x"}).status_code == 404
        assert http.get(f"{url}/a-secret-path/fake/chats").json() == []
        assert http.get(f"{url}/a-secret-path", follow_redirects=True).status_code == 200
        assert http.get(f"{url}/a-secret-path/openapi.json").status_code == 404


def _send(port: int, login: tuple[str, str] | None) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
        if login:
            smtp.login(*login)
        smtp.sendmail("a@sphere.example", ["b@sphere.example"], "Subject: x\n\nx")


def test_nobody_posts_events_or_mails_through_the_sandbox(tmp_path: Path) -> None:
    login = ("sandbox", "password-of-the-mailbox")
    app = create_sandbox(
        tmp_path, TOKEN, "http://127.0.0.1:9/events", EVENTS_TOKEN, smtp_port=0, smtp_login=login, control_path="/a-secret-path"
    )
    with serve_app(app) as url, httpx.Client(trust_env=False) as http:
        for method, path in (("GET", "/sandbox/events"), ("POST", "/sandbox/events"), ("POST", "/a-secret/sandbox/events")):
            assert http.request(method, f"{url}{path}").status_code == 404
        assert http.get(f"{url}/a-secret-path/sandbox/events").status_code == 200
        assert http.post(f"{url}/sandbox/faults", json={"mode": "down"}).status_code == 401
        assert http.get(f"{url}/fhir/Patient").status_code == 401
        for given in (None, ("sandbox", "wrong"), ("other", login[1])):
            with pytest.raises(smtplib.SMTPException):
                _send(app.state.smtp_port, given)
        _send(app.state.smtp_port, login)
        assert len(http.get(f"{url}/mailbox").json()["mails"]) == 1
