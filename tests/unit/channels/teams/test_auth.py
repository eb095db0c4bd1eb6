"""Who may speak: each way in which a request is not of Teams, for this bot and this tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from tests.unit.channels.teams.world import OTHER_KEY, TENANT, Change, Microsoft, assert_problem, running


def _past(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def _unsigned(world: Microsoft) -> str:
    return jwt.encode({"iss": "https://issuer.test"}, "", algorithm="none", headers={"kid": "k1"})


FORGED: dict[str, Change] = {
    "no token": lambda world: None,
    "not a token": lambda world: "a.b",
    "not base64": lambda world: "é.è.à".encode().hex(),
    "unsigned": _unsigned,
    "signed with another key under a known name": lambda world: world.token(OTHER_KEY),
    "signed with an unknown key": lambda world: world.token(OTHER_KEY, kid="k2"),
    "signed without naming the key": lambda world: world.token(kid=None),
    "signed with the public key as a secret": lambda world: jwt.encode(
        {"iss": "https://issuer.test"}, "x" * 32, algorithm="HS256", headers={"kid": "k1"}
    ),
    "expired": lambda world: world.token(exp=_past(1), nbf=_past(2)),
    "not valid yet": lambda world: world.token(nbf=_past(-1)),
    "without expiry": lambda world: world.token(without="exp"),
    "for another bot": lambda world: world.token(aud="11111111-2222-4333-8444-555555555555"),
    "for nobody": lambda world: world.token(without="aud"),
    "of another issuer": lambda world: world.token(iss="https://api.botframework.com"),
    "of no issuer": lambda world: world.token(without="iss"),
    "for another connector": lambda world: world.token(serviceurl="https://smba.trafficmanager.net/teams/"),
    "for no connector": lambda world: world.token(without="serviceurl"),
    "for a connector that is no text": lambda world: world.token(serviceurl=["x"]),
    "far too long": lambda world: world.token() + "a" * 20_000,
}


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED)
async def test_what_is_not_signed_for_this_bot_is_refused(tmp_path: Path, make: Change) -> None:
    async with running(tmp_path) as world:
        answer = await world.post(world.microsoft.activity(), token=make(world.microsoft))
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (world.gateway.entered, world.gateway.received) == ([], [])


async def test_what_is_signed_for_this_bot_is_taken(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.say()
        assert world.gateway.only.text == "bonjour"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token"])
async def test_another_scheme_is_refused(tmp_path: Path, header: str) -> None:
    async with running(tmp_path) as world:
        assert_problem(await world.post(world.microsoft.activity(), token=None, Authorization=header), 401)


@pytest.mark.parametrize(
    "url", [None, 5, "", "https://evil.test/", "http://192.0.2.1/", "http://[", "https://smba.trafficmanager.net/teams/"]
)
async def test_the_connector_is_that_of_the_token(tmp_path: Path, url: object) -> None:
    async with running(tmp_path) as world:
        assert_problem(await world.post(world.microsoft.activity(serviceUrl=url)), 401)
        assert world.gateway.entered == []


async def test_a_connector_without_tls_is_refused_even_when_it_is_signed(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        plain = "http://192.0.2.1/"
        answer = await world.post(world.microsoft.activity(serviceUrl=plain), token=world.microsoft.token(serviceurl=plain))
        assert_problem(answer, 401)


OTHER = "99999999-6b5a-4c3d-8e1f-123456789abc"


@pytest.mark.parametrize(
    ("conversation", "data"), [(OTHER, OTHER), (OTHER, TENANT), (TENANT, OTHER), (None, OTHER), (OTHER, None), (None, None)]
)
async def test_other_tenants_are_refused(tmp_path: Path, conversation: str | None, data: str | None) -> None:
    async with running(tmp_path) as world:
        activity = world.microsoft.activity(channelData={"tenant": {"id": data}} if data else {})
        activity["conversation"] = {"id": "a:1", "conversationType": "personal", "tenantId": conversation}
        assert_problem(await world.post(activity), 403)
        assert world.gateway.entered == []


async def test_the_tenant_may_be_written_in_capitals_and_in_one_place(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.say(channelData={"tenant": {"id": TENANT.upper()}}, conversation={"id": "a:1", "conversationType": "personal"})
        assert world.gateway.only.text == "bonjour"


async def test_other_channels_of_the_same_bot_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        for channel in ("directline", "webchat", "emulator", None):
            assert_problem(await world.post(world.microsoft.activity(channelId=channel)), 403)
        assert world.gateway.entered == []


async def test_keys_that_cannot_be_fetched_are_told_so_that_teams_asks_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(tmp_path) as world:
        world.microsoft.keys_status = 500
        assert_problem(await world.post(world.microsoft.activity()), 503)
        assert "fetching the keys" in caplog.text
        world.microsoft.keys_status = 200
        await world.say()


async def test_keys_are_fetched_once_for_each_check(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        for number in range(4):
            await world.say(id=str(number))
        assert world.microsoft.keys_fetched == 2  # by the check of the SDK, and by that of endorsements


async def test_refusals_write_nothing_of_the_request_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running(tmp_path) as world:
        await world.post(world.microsoft.activity(), token=world.microsoft.token(serviceurl="https://leak.test/"))
        await world.post(world.microsoft.activity(serviceUrl="https://leak.test/\nforged line"))
        assert "leak" not in caplog.text
        assert "forged" not in caplog.text


async def test_a_channel_that_is_stopping_takes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as world:
        await world.channel.stop_receiving()
        assert_problem(await world.post(world.microsoft.activity()), 503)
        assert world.gateway.entered == []
