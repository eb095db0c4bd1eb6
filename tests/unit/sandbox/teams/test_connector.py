"""The connector refuses what the real one refuses: asked with plain HTTP, not with the bot's own code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from bot.fake_channels import TEAMS_APP_ID, TEAMS_TENANT_ID
from bot.sandbox.teams import FakeTeams, RateLimits, TeamsUser
from tests.unit.sandbox.teams.recording_bot import RecordingBot, recording_bot

Json = dict[str, Any]
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Bonjour"}]}
HELLO = {"type": "message", "text": "Bonjour"}


@pytest.fixture(scope="module")
def bot() -> Iterator[RecordingBot]:
    with recording_bot() as running:
        yield running


@pytest.fixture(scope="module")
def teams(bot: RecordingBot) -> Iterator[FakeTeams]:
    with FakeTeams(bot.url, limits=RateLimits(enforced=False)) as running:
        yield running


@pytest.fixture
def claire(teams: FakeTeams) -> TeamsUser:
    return teams.add_user("Claire Moreau", installed=True)


def bearer(**claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode({'appid': TEAMS_APP_ID, **claims}, 'k' * 40, algorithm='HS256')}"}


@pytest.fixture
def api(teams: FakeTeams) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=teams.service_url, headers=bearer(), trust_env=False) as client:
        yield client


def attachment_message(content: Any, kind: str = "application/vnd.microsoft.card.adaptive") -> Json:
    return {"type": "message", "attachments": [{"contentType": kind, "content": content}]}


def error_of(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert set(error) == {"code", "message"}
    return answer.status_code, error["code"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer abc"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic YTpi"},
        bearer(exp=1),
        bearer(exp="soon"),
    ],
)
def test_no_well_formed_token(api: httpx.Client, claire: TeamsUser, headers: dict[str, str]) -> None:
    answer = api.post(f"v3/conversations/{claire.chat}/activities", json=HELLO, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Authorization has been denied for this request."}
    assert claire.control.messages(claire.chat) == []


def test_a_token_of_another_bot(api: httpx.Client, claire: TeamsUser) -> None:
    answer = api.post(f"v3/conversations/{claire.chat}/activities", json=HELLO, headers=bearer(appid="another"))
    assert error_of(answer) == (401, "BotNotRegistered")


def test_send_update_delete(api: httpx.Client, claire: TeamsUser) -> None:
    path = f"v3/conversations/{claire.chat}/activities"
    sent = api.post(path, json=HELLO)
    assert sent.status_code == 201
    own = f"{path}/{sent.json()['id']}"
    assert (api.put(own, json=HELLO | {"text": "Bonsoir"}).json(), api.put(own, json=attachment_message(CARD)).status_code) == (
        sent.json(),
        200,
    )
    [seen] = claire.receive()
    assert (seen.text, seen.edited, [old["text"] for old in seen.raw["history"]]) == ("Bonjour", True, ["Bonjour", "Bonsoir"])
    gone = api.delete(own)
    assert (gone.status_code, gone.content) == (200, b"")
    assert claire.receive()[0].deleted
    assert error_of(api.put(own, json=HELLO)) == (404, "ActivityNotFoundInConversation")
    assert error_of(api.delete(own)) == (404, "ActivityNotFoundInConversation")


def test_a_reply_is_a_message(api: httpx.Client, claire: TeamsUser) -> None:
    own = claire.send("bonjour")["message"]["id"]
    assert api.post(f"v3/conversations/{claire.chat}/activities/{own}", json=HELLO).status_code == 201
    assert claire.receive()[0].raw["content"]["replyToId"] == own


def test_typing_is_no_message(api: httpx.Client, claire: TeamsUser, teams: FakeTeams) -> None:
    answer = api.post(f"v3/conversations/{claire.chat}/activities", json={"type": "typing"})
    assert (answer.status_code, answer.json()) == (202, {})
    assert claire.control.messages(claire.chat) == []
    [chat] = [one for one in teams.control.request("GET", "/state")["conversations"] if one["id"] == claire.chat]
    assert chat["typing"]


def test_unknown_places(api: httpx.Client, claire: TeamsUser) -> None:
    for unknown in ("a:unknown", f"{claire.chat};messageid=1", "19:0@thread.tacv2"):
        assert error_of(api.post(f"v3/conversations/{unknown}/activities", json=HELLO)) == (404, "ConversationNotFound")
    for unknown, status in (("1485983408511", 404), ("abc", 400)):
        assert api.put(f"v3/conversations/{claire.chat}/activities/{unknown}", json=HELLO).status_code == status


def test_what_people_wrote_is_not_the_bots(api: httpx.Client, claire: TeamsUser) -> None:
    own = f"v3/conversations/{claire.chat}/activities/{claire.send('bonjour')['message']['id']}"
    assert error_of(api.put(own, json=HELLO)) == (403, "NotEnoughPermissions")
    assert error_of(api.delete(own)) == (403, "NotEnoughPermissions")


BAD_MESSAGES: dict[str, Any] = {
    "no object": [HELLO],
    "no type": {"text": "Bonjour"},
    "other type": {"type": "trace"},
    "type is no text": HELLO | {"type": ["message"]},
    "empty": {"type": "message"},
    "blank": {"type": "message", "text": "  "},
    "text is no text": {"type": "message", "text": 3},
    "format": HELLO | {"textFormat": "html"},
    "format is no text": HELLO | {"textFormat": ["plain"]},
    "attachments": HELLO | {"attachments": {}},
    "attachment without type": {"type": "message", "attachments": [{"content": CARD}]},
    "unknown attachment": attachment_message({}, "application/pdf"),
    "card": attachment_message(CARD | {"version": "1.6"}),
    "eleven cards": {"type": "message", "attachments": attachment_message(CARD)["attachments"] * 11},
    "hero without content": attachment_message(None, "application/vnd.microsoft.card.hero"),
    "entities": HELLO | {"entities": {}},
    "mention elsewhere": HELLO | {"entities": [{"type": "mention", "text": "<at>Claire</at>", "mentioned": {"id": "29:1"}}]},
    "suggested": HELLO | {"suggestedActions": {"actions": [{}] * 7}},
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_messages_that_are_not_shown(api: httpx.Client, claire: TeamsUser, name: str) -> None:
    status, code = error_of(api.post(f"v3/conversations/{claire.chat}/activities", json=BAD_MESSAGES[name]))
    assert (status, code) in {(400, "BadSyntax"), (400, "Bad Argument")}
    assert claire.control.messages(claire.chat) == []


def test_bodies_that_are_no_json(api: httpx.Client, claire: TeamsUser) -> None:
    path = f"v3/conversations/{claire.chat}/activities"
    as_json = {"Content-Type": "application/json"}
    assert error_of(api.post(path, content=b"{", headers=as_json)) == (400, "BadSyntax")
    assert error_of(api.post(path, content=b"")) == (400, "BadSyntax")
    assert error_of(api.post(path, content=json.dumps(HELLO).encode(), headers={"Content-Type": "text/plain"})) == (400, "BadSyntax")


def test_28_kilobytes_and_no_more(api: httpx.Client, claire: TeamsUser) -> None:
    path, around = f"v3/conversations/{claire.chat}/activities", len(httpx.Request("POST", "http://a", json=HELLO | {"text": ""}).content)
    fits = 28 * 1024 - around
    assert api.post(path, json=HELLO | {"text": "a" * fits}).status_code == 201
    assert error_of(api.post(path, json=HELLO | {"text": "a" * (fits + 1)})) == (413, "MessageSizeTooBig")
    assert error_of(api.post(path, json=HELLO | {"text": "é" * fits})) == (413, "MessageSizeTooBig")


def test_text_and_card_are_split_and_their_ids_lost(api: httpx.Client, claire: TeamsUser) -> None:
    answer = api.post(f"v3/conversations/{claire.chat}/activities", json=attachment_message(CARD) | {"text": "Voici"})
    assert (answer.status_code, answer.json()) == (201, {})
    assert [(seen.text, seen.raw["card"]) for seen in claire.receive(2)] == [("Voici", None), ("Bonjour", CARD)]


def test_uninstalled_and_blocked(api: httpx.Client, claire: TeamsUser) -> None:
    path = f"v3/conversations/{claire.chat}/activities"
    sent = api.post(path, json=HELLO).json()["id"]
    claire.block()
    assert error_of(api.post(path, json=HELLO)) == (403, "MessageWritesBlocked")
    claire.block("BotDisabledByAdmin")
    assert error_of(api.post(path, json={"type": "typing"})) == (403, "BotDisabledByAdmin")
    claire.unblock()
    assert api.post(path, json=HELLO).status_code == 201
    claire.uninstall()
    assert error_of(api.put(f"{path}/{sent}", json=HELLO)) == (403, "MessageWritesBlocked")
    assert error_of(api.post(path, json=HELLO)) == (403, "MessageWritesBlocked")
    claire.install()
    assert api.post(path, json=HELLO).status_code == 201


def test_a_chat_that_the_bot_begins(api: httpx.Client, teams: FakeTeams) -> None:
    paul = teams.add_user("Paul Girard")
    asked: Json = {"bot": {"id": f"28:{TEAMS_APP_ID}"}, "members": [{"id": paul.id}], "tenantId": TEAMS_TENANT_ID, "activity": HELLO}
    assert error_of(api.post("v3/conversations", json=asked)) == (403, "ForbiddenOperationException")
    paul.install()
    made = api.post("v3/conversations", json=asked)
    assert (made.status_code, made.json()["id"], made.json()["activityId"]) == (201, paul.chat, paul.receive()[0].id)
    by_directory = {"members": [{"id": paul.aad_object_id}], "channelData": {"tenant": {"id": TEAMS_TENANT_ID}}}
    assert api.post("v3/conversations", json=by_directory).json() == {"id": paul.chat}
    for wrong in ({"tenantId": "x"}, {"members": []}, {"members": [{"id": "29:x"}]}, {"isGroup": True}, {"activity": {}}):
        assert error_of(api.post("v3/conversations", json=asked | wrong))[0] == 400


def test_too_many_are_told_when_to_come_again(bot: RecordingBot) -> None:
    now = [100.0]
    with (
        FakeTeams(bot.url, limits=RateLimits(clock=lambda: now[0])) as teams,
        httpx.Client(base_url=teams.service_url, headers=bearer()) as api,
    ):
        claire = teams.add_user(installed=True)
        answers = [api.post(f"v3/conversations/{claire.chat}/activities", json=HELLO) for _ in range(8)]
        assert [answer.status_code for answer in answers] == [201] * 7 + [429]
        assert (error_of(answers[-1])[1], answers[-1].headers["retry-after"]) == ("Throttled", "1")
        assert len(claire.receive(7)) == 7
        calls = teams.control.calls(status=429)
        assert [(call["operation"], call["code"]) for call in calls] == [("send", "Throttled")]
        teams.control.configure(limits=False)
        assert api.post(f"v3/conversations/{claire.chat}/activities", json=HELLO).status_code == 201


@pytest.mark.parametrize("status", [403, 412, 429, 500, 502, 503, 504])
def test_errors_on_demand(api: httpx.Client, teams: FakeTeams, claire: TeamsUser, status: int) -> None:
    teams.control.inject_fault(status, conversation=claire.chat, operation="send", retry_after=7)
    path = f"v3/conversations/{claire.chat}/activities"
    answer = api.post(path, json=HELLO)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert claire.control.messages(claire.chat) == []
    assert api.post(path, json=HELLO).status_code == 201


def test_no_answer_on_demand(api: httpx.Client, teams: FakeTeams, claire: TeamsUser) -> None:
    path = f"v3/conversations/{claire.chat}/activities"
    for kind in ("drop", "lost"):
        teams.control.inject_fault(kind, count=None)
        with pytest.raises(httpx.RemoteProtocolError):
            api.post(path, json=HELLO | {"text": kind})
        teams.control.clear_faults()
    assert [seen.text for seen in claire.receive()] == ["lost"]
    teams.control.inject_fault("hang")
    with pytest.raises(httpx.ReadTimeout):
        api.post(path, json=HELLO, timeout=httpx.Timeout(60, read=1))
    assert [call["status"] for call in teams.control.calls(conversation=claire.chat)] == [None, None, None]
