"""Who may speak: each way in which a request is not of Teams, for this bot and this tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from tests.unit.channels.teams.running_channel import OTHER_KEY, TENANT, Change, FakeMicrosoft, assert_problem, running_channel


def _past(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def _unsigned(teams: FakeMicrosoft) -> str:
    return jwt.encode({"iss": "https://issuer.test"}, "", algorithm="none", headers={"kid": "k1"})


FORGED: dict[str, Change] = {
    "no token": lambda teams: None,
    "not a token": lambda teams: "a.b",
    "not base64": lambda teams: "é.è.à".encode().hex(),
    "unsigned": _unsigned,
    "signed with another key under a known name": lambda teams: teams.token(OTHER_KEY),
    "signed with an unknown key": lambda teams: teams.token(OTHER_KEY, kid="k2"),
    "signed without naming the key": lambda teams: teams.token(kid=None),
    "signed with the public key as a secret": lambda teams: jwt.encode(
        {"iss": "https://issuer.test"}, "x" * 32, algorithm="HS256", headers={"kid": "k1"}
    ),
    "expired": lambda teams: teams.token(exp=_past(1), nbf=_past(2)),
    "not valid yet": lambda teams: teams.token(nbf=_past(-1)),
    "without expiry": lambda teams: teams.token(without="exp"),
    "for another bot": lambda teams: teams.token(aud="11111111-2222-4333-8444-555555555555"),
    "for nobody": lambda teams: teams.token(without="aud"),
    "of another issuer": lambda teams: teams.token(iss="https://api.botframework.com"),
    "of no issuer": lambda teams: teams.token(without="iss"),
    "for another connector": lambda teams: teams.token(serviceurl="https://smba.trafficmanager.net/teams/"),
    "for no connector": lambda teams: teams.token(without="serviceurl"),
    "for a connector that is no text": lambda teams: teams.token(serviceurl=["x"]),
    "far too long": lambda teams: teams.token() + "a" * 20_000,
}


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED)
async def test_what_is_not_signed_for_this_bot_is_refused(tmp_path: Path, make: Change) -> None:
    async with running_channel(tmp_path) as teams:
        answer = await teams.post(teams.microsoft.activity(), token=make(teams.microsoft))
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (teams.gateway.entered, teams.gateway.received) == ([], [])


async def test_what_is_signed_for_this_bot_is_taken(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say()
        assert teams.gateway.only.text == "bonjour"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token"])
async def test_another_scheme_is_refused(tmp_path: Path, header: str) -> None:
    async with running_channel(tmp_path) as teams:
        assert_problem(await teams.post(teams.microsoft.activity(), token=None, Authorization=header), 401)


@pytest.mark.parametrize(
    "url", [None, 5, "", "https://evil.test/", "http://192.0.2.1/", "http://[", "https://smba.trafficmanager.net/teams/"]
)
async def test_the_connector_is_that_of_the_token(tmp_path: Path, url: object) -> None:
    async with running_channel(tmp_path) as teams:
        assert_problem(await teams.post(teams.microsoft.activity(serviceUrl=url)), 401)
        assert teams.gateway.entered == []


async def test_a_connector_without_tls_is_refused_even_when_it_is_signed(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        plain = "http://192.0.2.1/"
        answer = await teams.post(teams.microsoft.activity(serviceUrl=plain), token=teams.microsoft.token(serviceurl=plain))
        assert_problem(answer, 401)


OTHER = "99999999-6b5a-4c3d-8e1f-123456789abc"


@pytest.mark.parametrize(
    ("conversation", "data"), [(OTHER, OTHER), (OTHER, TENANT), (TENANT, OTHER), (None, OTHER), (OTHER, None), (None, None)]
)
async def test_other_tenants_are_refused(tmp_path: Path, conversation: str | None, data: str | None) -> None:
    async with running_channel(tmp_path) as teams:
        activity = teams.microsoft.activity(channelData={"tenant": {"id": data}} if data else {})
        activity["conversation"] = {"id": "a:1", "conversationType": "personal", "tenantId": conversation}
        assert_problem(await teams.post(activity), 403)
        assert teams.gateway.entered == []


async def test_the_tenant_may_be_written_in_capitals_and_in_one_place(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.say(channelData={"tenant": {"id": TENANT.upper()}}, conversation={"id": "a:1", "conversationType": "personal"})
        assert teams.gateway.only.text == "bonjour"


async def test_other_channels_of_the_same_bot_are_refused(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for channel in ("directline", "webchat", "emulator", None):
            assert_problem(await teams.post(teams.microsoft.activity(channelId=channel)), 403)
        assert teams.gateway.entered == []


async def test_keys_that_cannot_be_fetched_are_told_so_that_teams_asks_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running_channel(tmp_path) as teams:
        teams.microsoft.keys_status = 500
        assert_problem(await teams.post(teams.microsoft.activity()), 503)
        assert "fetching the keys" in caplog.text
        teams.microsoft.keys_status = 200
        await teams.say()


async def test_keys_are_fetched_once_for_each_check(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        for number in range(4):
            await teams.say(id=str(number))
        assert teams.microsoft.keys_fetched == 2  # by the check of the SDK, and by that of endorsements


async def test_refusals_write_nothing_of_the_request_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.post(teams.microsoft.activity(), token=teams.microsoft.token(serviceurl="https://leak.test/"))
        await teams.post(teams.microsoft.activity(serviceUrl="https://leak.test/\nforged line"))
        assert "leak" not in caplog.text
        assert "forged" not in caplog.text


async def test_a_channel_that_is_stopping_takes_nothing(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as teams:
        await teams.channel.stop_receiving()
        assert_problem(await teams.post(teams.microsoft.activity()), 503)
        assert teams.gateway.entered == []
