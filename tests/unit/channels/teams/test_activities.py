"""What each activity of Teams becomes, and what Teams is answered."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.messaging.messages import Incoming
from tests.unit.channels.teams.running_channel import BOT, CHAT, TENANT, USER, assert_problem, running_channel

ADDRESS = hashlib.sha256(CHAT.encode()).hexdigest()
TEAM = {"conversationType": "channel", "tenantId": TENANT, "isGroup": True, "id": "19:0c6f@thread.tacv2;messageid=1700000000000"}
MENTION = {"type": "mention", "mentioned": {"id": BOT, "name": "Assistant SPHERE"}, "text": "<at>Assistant SPHERE</at>"}
FILE = {"contentType": "application/vnd.microsoft.teams.file.download.info", "name": "ordonnance.pdf", "content": {"fileType": "pdf"}}
HTML = {"contentType": "text/html", "content": "<div>bonjour</div>"}


async def test_a_text_is_given_with_how_its_chat_is_reached(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        answer = await teams.say()
        assert answer.content == b""
        [(channel, address, reference)] = teams.gateway.entered
        assert (channel, address) == ("teams", ADDRESS)
        assert reference == {
            "conversation": CHAT,
            "service_url": teams.microsoft.service_url,
            "tenant": TENANT,
            "bot": BOT,
            "user": USER,
            "aad_object_id": "7b1d2c3e-0000-4000-8000-000000000001",
            "channel_id": "msteams",
            "conversation_type": "personal",
            "locale": "fr-FR",
        }
        assert teams.gateway.only == Incoming("a:1485983408511", text="bonjour")


async def test_the_same_activity_twice_is_done_once(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say()
        await teams.say()
        await teams.say(id="2")
        assert [incoming.client_id for incoming in teams.gateway.incoming] == ["a:1485983408511", "a:2"]


async def test_nothing_is_acknowledged_that_is_not_stored(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        teams.gateway.broken = True
        with pytest.raises(ConnectionError):  # which the application answers with 500, so that Teams asks again
            await teams.say()
        teams.gateway.broken = False
        await teams.say()
        assert teams.gateway.only.text == "bonjour"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"text": "  bonjour \r\n\r\n à tous\xa0! "}, "bonjour\n\nà tous !"),
        ({"text": "a &lt; b &amp;&amp; c&nbsp;&eacute; &#233; &#xE9;"}, "a < b && c é é é"),
        ({"text": "https://x.test/?a=1&copy=2&b"}, "https://x.test/?a=1&copy=2&b"),
        ({"text": "1 < 2 et <b>"}, "1 < 2 et <b>"),
        ({"text": "<at>Assistant SPHERE</at> aide", "entities": [MENTION]}, "aide"),
        ({"text": '<at id="0">Paul Durand</at> est son médecin'}, "Paul Durand est son médecin"),
        (
            {"text": "<p>Bonjour<br>le <b>dossier</b></p><ul><li>un</li><li>deux</li></ul>", "textFormat": "xml"},
            "Bonjour\nle dossier\nun\ndeux",
        ),
        ({"text": "<div>d&eacute;j&agrave; <script>x</script><!-- y --></div>", "textFormat": "html"}, "déjà"),
        ({"text": 'oui <img alt="👍" src="x">', "textFormat": "xml"}, "oui 👍"),
        ({"text": "avec\0nul"}, "avecnul"),
        ({"text": "bonjour", "attachments": [HTML]}, "bonjour"),
        ({"text": "voici", "attachments": [FILE, HTML]}, "voici"),
        ({"text": "/start abc_DEF-123"}, "/start abc_DEF-123"),
        ({"text": "/aide"}, "/aide"),
        ({"text": "x" * 4000}, "x" * 4000),
        ({"entities": ["x", None, {"type": "mention", "mentioned": None}, {"type": "new"}]}, "bonjour"),
        ({"entities": "?", "attachments": 5, "channelData": {"tenant": {"id": TENANT}, "eventType": 7}}, "bonjour"),
    ],
)
async def test_a_text_is_read_as_it_was_seen(tmp_path: Path, fields: dict[str, Any], text: str) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(**fields)
        assert teams.gateway.only.text == text


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"text": "", "attachments": [FILE]}, "not_text"),
        ({"text": None, "attachments": [{"contentType": "image/*", "contentUrl": "https://x.test/"}]}, "not_text"),
        ({"text": " \n ", "attachments": [{"contentType": "audio/mp4"}]}, "not_text"),
        ({"text": "<at>Assistant SPHERE</at>", "entities": [MENTION]}, "not_text"),
        ({"text": 12}, "not_text"),
        ({"text": "x" * 4001}, "too_long"),
    ],
)
async def test_what_is_not_read_is_an_event(tmp_path: Path, fields: dict[str, Any], event: str) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(**fields)
        assert (teams.gateway.only.client_id, teams.gateway.only.event) == ("a:1485983408511", event)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "x" * 4001}, "x" * 4001),
        ({"text": "", "attachments": [{"contentType": "image/png", "name": "ordonnance.png"}]}, "ordonnance.png"),
        ({"text": None, "attachments": [{"contentType": "text/html", "content": "<p>vos&nbsp;horaires</p>"}]}, "vos horaires"),
        ({"text": None, "attachments": [{"contentType": "image/*"}]}, None),
    ],
)
async def test_words_beside_what_is_not_read(tmp_path: Path, fields: dict[str, Any], words: str | None) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(**fields)
        found = teams.gateway.only.text
        assert (found and found.replace("\u00a0", " ")) == words


async def test_an_edit_is_told_once_each_time(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        edit: dict[str, Any] = {"type": "messageUpdate", "channelData": {"tenant": {"id": TENANT}, "eventType": "editMessage"}}
        await teams.say(text="bonjour")
        for text in ("bonsoir", "bonsoir", "bonne nuit"):
            await teams.say(text=text, **edit)
        assert [incoming.event for incoming in teams.gateway.incoming] == [None, "edited", "edited"]


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "messageDelete", "channelData": {"tenant": {"id": TENANT}, "eventType": "softDeleteMessage"}},
        {"type": "messageUpdate", "channelData": {"tenant": {"id": TENANT}, "eventType": "undeleteMessage"}},
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
        {"type": "typing"},
        {"type": "event", "name": "application/vnd.microsoft.readReceipt"},
        {"type": "somethingOfTomorrow", "from": None, "conversation": None},
        {"type": "message", "from": {"id": BOT}},
        {"conversation": TEAM, "text": "entre nous"},
        {"conversation": TEAM, "text": "un autre", "entities": [MENTION | {"mentioned": {"id": "29:other"}}]},
        {"type": "conversationUpdate", "membersAdded": [{"id": "29:somebody"}]},
        {"type": "conversationUpdate", "conversation": TEAM, "membersAdded": [{"id": BOT}]},
        {"type": "installationUpdate", "action": "add", "conversation": TEAM},
        {"type": "installationUpdate", "action": "upgrade"},
    ],
)
async def test_what_concerns_nobody_is_ignored(tmp_path: Path, fields: dict[str, Any]) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(**fields)
        assert (teams.gateway.entered, teams.gateway.received, teams.gateway.gone) == ([], [], [])


@pytest.mark.parametrize("kind", ["channel", "groupChat"])
async def test_in_a_team_it_answers_when_it_is_spoken_to(tmp_path: Path, kind: str) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(
            conversation=TEAM | {"conversationType": kind}, text="<at>Assistant SPHERE</at> le dossier de Jeanne", entities=[MENTION]
        )
        assert teams.gateway.only == Incoming("a:1485983408511", event="group")
        assert teams.gateway.entered[0][2]["conversation"] == TEAM["id"]


ADDED: dict[str, Any] = {"type": "conversationUpdate", "text": None, "id": "f:1", "membersAdded": [{"id": BOT}, {"id": USER}]}
INSTALLED: dict[str, Any] = {"type": "installationUpdate", "text": None, "id": "f:2", "action": "add"}
REMOVED: dict[str, Any] = {"type": "installationUpdate", "text": None, "id": "f:3", "action": "remove"}


async def test_an_installation_greets_once_though_teams_tells_it_twice(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for fields in (ADDED, INSTALLED, INSTALLED, ADDED):
            await teams.say(**fields)
        assert teams.gateway.only.event == "welcome"
        assert teams.gateway.entered[0][2]["conversation"] == CHAT


async def test_who_installs_it_again_is_greeted_again(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for fields in (ADDED, INSTALLED, REMOVED, INSTALLED, ADDED):
            await teams.say(**fields)
        assert [incoming.event for incoming in teams.gateway.incoming] == ["welcome", "welcome"]
        assert teams.gateway.gone == [("teams", ADDRESS)]
        teams.clock.advance(timedelta(days=1))
        await teams.say(**INSTALLED)
        assert len(teams.gateway.incoming) == 3


async def test_the_bot_taken_out_of_a_chat_has_left_it(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(type="conversationUpdate", membersRemoved=[{"id": "29:other"}])
        assert teams.gateway.gone == []
        await teams.say(type="conversationUpdate", membersRemoved=[{"id": BOT}])
        assert teams.gateway.gone == [("teams", ADDRESS)]


def pressed(token: Any = "tok-1", **fields: Any) -> dict[str, Any]:
    """A button of a card, as Teams posts it."""
    action = {"type": "Action.Execute", "title": "Oui", "verb": "choose", "data": {"token": token}}
    value = {"action": action, "trigger": "manual"}
    return {"type": "invoke", "name": "adaptiveCard/action", "text": None, "id": "f:9", "replyToId": "77", "value": value} | fields


async def test_a_pressed_button_is_stored_and_answered_at_once(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for _ in range(2):
            answer = (await teams.say(**pressed())).json()
            assert (answer["statusCode"], answer["type"]) == (200, "application/vnd.microsoft.activity.message")
            assert "noté" in answer["value"]
        assert teams.gateway.only == Incoming("a:f:9", button="tok-1")


async def test_a_button_of_an_older_client_comes_as_a_message(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(text=None, value={"token": "tok-1"}, replyToId="77")
        assert teams.gateway.only == Incoming("a:1485983408511", button="tok-1")


async def test_a_press_without_an_id_is_known_by_its_button(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(**pressed(id=None))
        await teams.say(**pressed(id=None, timestamp="2026-03-02T09:00:05Z"))
        assert teams.gateway.only == Incoming("b:tok-1", button="tok-1")


@pytest.mark.parametrize(
    "fields",
    [
        pressed(token=None),
        pressed(token=7),
        pressed(token=""),
        pressed(token="x" * 101),
        pressed(token="a\nb"),
        pressed(value=None),
        pressed(value={"action": "x"}),
        pressed(value=[1]),
        pressed(conversation=TEAM),
    ],
)
async def test_a_button_that_cannot_be_read_is_told(tmp_path: Path, fields: dict[str, Any]) -> None:
    async with running_channel(tmp_path) as teams:
        answer = (await teams.say(**fields)).json()
        assert (answer["statusCode"], answer["type"]) == (400, "application/vnd.microsoft.error")
        assert answer["value"]["message"].startswith("Ce bouton")
        assert teams.gateway.received == []


@pytest.mark.parametrize("name", ["task/fetch", "composeExtension/query", "signin/verifyState", "message/submitAction", "", None])
async def test_other_invokes_are_not_implemented(tmp_path: Path, name: str | None) -> None:
    async with running_channel(tmp_path) as teams:
        assert_problem(await teams.post(teams.microsoft.activity(**pressed(name=name))), 501)
        assert teams.gateway.received == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        pytest.param(b'{"a": ' + b"1" * 5000 + b"}", id="a long number"),
    ],
)
async def test_malformed_bodies_are_told_to_who_may_know(tmp_path: Path, body: bytes) -> None:
    async with running_channel(tmp_path) as teams:
        assert_problem(await teams.post(body), 400)
        assert_problem(await teams.post(body, token="a.b.c"), 401)
        assert_problem(await teams.post(body, token=None), 401)


async def test_a_body_that_is_nested_too_deeply_is_told_to_who_may_know(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        assert_problem(await teams.post(b"[" * 100_000), 422)
        assert_problem(await teams.post(b"[" * 100_000, token=None), 401)


@pytest.mark.parametrize("missing", ["type", "conversation", "from"])
async def test_an_activity_without_what_is_needed_is_malformed(tmp_path: Path, missing: str) -> None:
    async with running_channel(tmp_path) as teams:
        activity = teams.microsoft.activity()
        del activity[missing]
        assert_problem(await teams.post(activity), 400)
        assert teams.gateway.entered == []


async def test_large_bodies_are_refused(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        assert_problem(await teams.post(teams.microsoft.activity(text="x" * 256 * 1024)), 413)
        answer = await teams.post(b"x", **{"Content-Length": "999999999999999999999"})
        assert_problem(answer, 413)
        fits = teams.microsoft.activity(text="x" * 5000)
        fits["padding"] = "x" * (256 * 1024 - len(json.dumps(fits)) - 20)
        assert (await teams.post(fits)).status_code == 200


async def test_long_ids_and_none_are_kept_short(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for _ in range(2):
            await teams.say(id="f:" + "x" * 500)
            await teams.say(id=None, text="sans id")
        assert len(teams.gateway.incoming) == 2
        assert max(len(incoming.client_id) for incoming in teams.gateway.incoming) <= 128


async def test_conversation_ids_of_any_length_have_an_address(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(conversation={"id": "a:" + "é" * 400, "conversationType": "personal", "tenantId": TENANT})
        [(_, address, _)] = teams.gateway.entered
        assert len(address) == 64
