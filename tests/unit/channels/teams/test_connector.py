"""What is asked of the connector, and what its errors mean."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from bot.channels.teams import create
from bot.channels.teams.connector import PER_CHAT
from bot.channels.teams.registration import Registration
from bot.channels.teams.sdk import PUBLIC, with_overrides
from bot.channels.teams.tokens import BotTokens
from bot.messaging.channel import (
    ChannelContext,
    ChannelError,
    ChannelUnavailable,
    Chat,
    ChatClosed,
    MessageRefused,
    OutboundMessage,
    QuickReply,
    RateLimited,
)
from bot.settings import Settings, SettingsError, load_settings
from tests.unit.channels.teams.running_channel import APP_ID, BOT, CHAT, TENANT, RecordingGateway, RunningChannel, running_channel

METADATA = "/v1/.well-known/openidconfiguration"
ASKED = OutboundMessage("Voulez-vous ajouter ce partenaire ?", (QuickReply("Oui", "t1"), QuickReply("Non", "t2")))


async def chat_of(teams: RunningChannel) -> Chat:
    """The chat that a message came from."""
    await teams.say()
    _, address, reference = teams.gateway.entered[-1]
    return Chat(address, reference)


async def test_a_text_is_sent_as_plain_text(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        sent = await teams.channel.send(await chat_of(teams), OutboundMessage("Bonjour *Jean* <b>\nça va ?"))
        [call] = teams.microsoft.calls
        assert (sent, call.method, call.path) == ("sent-1", "POST", f"/emea/v3/conversations/{CHAT}/activities")
        assert call.body == {
            "type": "message",
            "text": "Bonjour *Jean* <b>\nça va ?",
            "textFormat": "plain",
            "locale": "fr-FR",
            "from": {"id": BOT},
            "conversation": {"id": CHAT},
        }


async def test_buttons_are_sent_as_a_card_with_a_notification(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.channel.send(await chat_of(teams), ASKED)
        [call] = teams.microsoft.calls
        [attachment] = call.body["attachments"]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert [action["data"] for action in attachment["content"]["actions"]] == [{"token": "t1"}, {"token": "t2"}]
        assert call.body["summary"] == ASKED.text
        assert "text" not in call.body


async def test_the_bots_token_is_well_formed_and_for_the_bot(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.channel.send(await chat_of(teams), OutboundMessage("x"))
        scheme, _, token = teams.microsoft.calls[0].headers["authorization"].partition(" ")
        assert scheme == "Bearer"
        assert jwt.decode(token, options={"verify_signature": False})["appid"] == APP_ID


async def test_a_used_card_is_replaced_by_one_without_actions(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        await teams.channel.replace(chat, "sent-1", OutboundMessage(ASKED.text + "\n\n→ Oui"))
        await teams.channel.replace(chat, "", OutboundMessage("x"))
        [call] = teams.microsoft.calls
        assert (call.method, call.path) == ("PUT", f"/emea/v3/conversations/{CHAT}/activities/sent-1")
        assert call.body["id"] == "sent-1"
        assert "actions" not in call.body["attachments"][0]["content"]


async def test_typing_and_deleting(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        await teams.channel.typing(chat)
        await teams.channel.delete(chat, "sent-1")
        await teams.channel.delete(chat, "")
        typing, deleted = teams.microsoft.calls
        assert (typing.method, typing.body["type"]) == ("POST", "typing")
        assert (deleted.method, deleted.path.rsplit("/", 1)[1]) == ("DELETE", "sent-1")


async def test_ids_do_not_lead_elsewhere(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        odd = Chat(chat.address, {**chat.reference, "conversation": "19:a@thread.tacv2;messageid=1/../../x?y#z"})
        await teams.channel.replace(odd, "1/2?3", OutboundMessage("x"))
        path = teams.microsoft.calls[0].path
        assert path == "/emea/v3/conversations/19:a@thread.tacv2;messageid=1%2F..%2F..%2Fx%3Fy%23z/activities/1%2F2%3F3"


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "…"}}


ERRORS = [
    (400, error("BadSyntax"), MessageRefused),
    (413, error("MessageSizeTooBig"), MessageRefused),
    (401, {}, ChannelUnavailable),
    (403, error("MessageWritesBlocked"), ChatClosed),
    (403, error("BotNotInConversationRoster"), ChatClosed),
    (403, "<html>", ChatClosed),
    (404, error("ConversationNotFound"), ChatClosed),
    (409, {}, ChannelUnavailable),
    (412, error("PreconditionFailed"), ChannelUnavailable),
    (500, {}, ChannelUnavailable),
    (502, "<html>", ChannelUnavailable),
    (503, {}, ChannelUnavailable),
    (504, "", ChannelUnavailable),
    (302, {}, ChannelUnavailable),
]


@pytest.mark.parametrize(("status", "body", "expected"), ERRORS)
async def test_each_refusal_has_its_meaning(tmp_path: Path, status: int, body: Any, expected: type[ChannelError]) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        teams.microsoft.answers = [(status, {"location": "http://127.0.0.1:9/"}, body)]
        with pytest.raises(expected):
            await teams.channel.send(chat, ASKED)
        assert len(teams.microsoft.calls) == 1  # trying again is the delivery worker's


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(404, error("ActivityNotFound"), None), (410, {}, None), (403, error("MessageWritesBlocked"), ChatClosed), (403, {}, MessageRefused)],
)
async def test_a_message_that_is_gone_is_no_error(tmp_path: Path, status: int, body: Any, expected: type[ChannelError] | None) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        calls: tuple[Callable[[], Any], ...] = (lambda: teams.channel.replace(chat, "1", ASKED), lambda: teams.channel.delete(chat, "1"))
        for call in calls:
            teams.microsoft.answers = [(status, {}, body)]
            if expected is None:
                await call()
            else:
                with pytest.raises(expected):
                    await call()


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("0", 1, 1), ("1.5", 1.5, 1.5), ("99999", 3600, 3600), ("-3", 1, 1), ("nan", 1, 1), ("soon", 2, 5), (None, 2, 5)],
)
async def test_too_many_requests_say_how_long_to_wait(tmp_path: Path, header: str | None, least: float, most: float) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        teams.microsoft.answers = [(429, {} if header is None else {"retry-after": header}, {})]
        with pytest.raises(RateLimited) as slow:
            await teams.channel.send(chat, ASKED)
        assert least <= slow.value.seconds <= most


async def test_a_wait_may_be_told_as_a_date(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        at = format_datetime(teams.clock.now() + timedelta(seconds=20), usegmt=True)
        teams.microsoft.answers = [(429, {"retry-after": at}, {})]
        with pytest.raises(RateLimited) as slow:
            await teams.channel.send(chat, ASKED)
        assert slow.value.seconds == 20


async def test_a_refused_token_is_logged_and_another_one_got(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        teams.microsoft.answers = [(401, {}, {})]
        with pytest.raises(ChannelUnavailable):
            await teams.channel.send(chat, ASKED)
        assert "authenticating to Teams" in caplog.text
        assert CHAT not in caplog.text
        assert await teams.channel.send(chat, ASKED)


async def test_nobody_listening_is_unavailable(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        nowhere = Chat(chat.address, {**chat.reference, "service_url": "http://127.0.0.1:9/"})
        with pytest.raises(ChannelUnavailable):
            await teams.channel.send(nowhere, ASKED)


@pytest.mark.parametrize("reference", [{}, {"conversation": "a:1", "service_url": "http://192.0.2.1/"}, {"service_url": "https://x.test"}])
async def test_a_chat_without_a_usable_reference_is_closed(tmp_path: Path, reference: dict[str, str]) -> None:
    async with running_channel(tmp_path) as teams:
        with pytest.raises(ChatClosed):
            await teams.channel.send(Chat("a", reference), ASKED)


@pytest.mark.parametrize("body", ["", "{", {}, {"id": None}])
async def test_a_success_that_tells_no_id_is_a_success(tmp_path: Path, body: Any) -> None:
    async with running_channel(tmp_path) as teams:
        chat = await chat_of(teams)
        teams.microsoft.answers = [(200, {}, body)]
        assert await teams.channel.send(chat, ASKED) == ""


async def test_healthy_while_who_signs_answers(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        assert await teams.channel.healthy()
        teams.microsoft.openid_status = 503
        assert not await teams.channel.healthy()


async def test_the_limits_are_those_of_teams(tmp_path: Path) -> None:
    assert [(item.amount, item.get_expiry()) for item in PER_CHAT] == [(7, 1), (8, 2), (60, 30), (1800, 3600)]
    async with running_channel(tmp_path) as teams:
        means = teams.channel.capabilities
        assert (means.name, means.trusted, means.can_edit, means.can_delete) == ("teams", False, True, False)


async def test_making_the_channel_does_not_let_httpx_write_addresses(tmp_path: Path) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with running_channel(tmp_path) as teams:
        await teams.channel.send(await chat_of(teams), ASKED)
        assert logging.getLogger("httpx").level == logging.WARNING


def wiring(tmp_path: Path, **values: Any) -> ChannelContext:
    loaded: Settings = load_settings(DATA=tmp_path, **values)
    nothing: Any = None
    gateway: Any = RecordingGateway()
    return ChannelContext(loaded, gateway, nothing, nothing)


def test_without_an_app_id_there_is_no_teams(tmp_path: Path) -> None:
    assert create(wiring(tmp_path)) is None


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"TEAMS_APP_PASSWORD": "p"}, "TEAMS_TENANT_ID"),
        ({"TEAMS_TENANT_ID": TENANT}, "TEAMS_APP_PASSWORD"),
        ({"TEAMS_TENANT_ID": TENANT, "TEAMS_OPENID_URL": f"https://login.test{METADATA}"}, "TEAMS_APP_PASSWORD"),
        ({"TEAMS_TENANT_ID": TENANT, "TEAMS_APP_PASSWORD": "p", "TEAMS_OPENID_URL": f"http://login.test{METADATA}"}, "TEAMS_OPENID_URL"),
        ({"TEAMS_OPENID_URL": "http://127.0.0.1:1/metadata"}, "TEAMS_OPENID_URL"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, values: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        create(wiring(tmp_path, TEAMS_APP_ID=APP_ID, **values))


async def test_a_token_that_cannot_be_had_is_unavailable(caplog: pytest.LogCaptureFixture) -> None:
    away = with_overrides(PUBLIC, login_endpoint="http://127.0.0.1:9")
    tokens = BotTokens(Registration(APP_ID, TENANT, "a secret", away, loopback=False))
    with pytest.raises(ChannelUnavailable):
        await tokens.get(PUBLIC.bot_scope)
    tokens.close()
    assert "getting a token" in caplog.text
    assert "a secret" not in caplog.text


async def test_with_a_real_registration_only_https_is_written_to(tmp_path: Path) -> None:
    channel = create(wiring(tmp_path, TEAMS_APP_ID=APP_ID, TEAMS_TENANT_ID=TENANT, TEAMS_APP_PASSWORD="p"))
    assert channel is not None
    with pytest.raises(ChatClosed):
        await channel.send(Chat("a", {"conversation": CHAT, "service_url": "http://127.0.0.1:9/"}), ASKED)
    await channel.stop()
