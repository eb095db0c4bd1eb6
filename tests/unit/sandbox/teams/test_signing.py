"""What the fake posts to the bot is signed as the Bot Framework signs, or wrong in the very way that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from joserfc import jwk
from joserfc import jwt as jose

from bot.fake_channels import TEAMS_APP_ID, TEAMS_TENANT_ID
from bot.sandbox.teams import FakeTeams, TeamsUser
from bot.sandbox.teams.flaws import FLAWS
from tests.unit.sandbox.teams.microsoft_sdk import PUBLIC, TokenValidator, with_overrides
from tests.unit.sandbox.teams.recording_bot import RecordingBot, recording_bot

IN_THE_ACTIVITY = {"other_tenant", "other_channel", "other_service_url_in_activity"}
TAKEN_BY_SDK = {"not_endorsed", "no_expiry", *IN_THE_ACTIVITY} - {"other_service_url_in_activity"}
"""What the SDK's own check lets pass: the bot has to see to it."""


@pytest.fixture(scope="module")
def bot() -> Iterator[RecordingBot]:
    with recording_bot() as running:
        yield running


@pytest.fixture(scope="module")
def teams(bot: RecordingBot) -> Iterator[FakeTeams]:
    with FakeTeams(bot.url) as running:
        yield running


@pytest.fixture
def claire(teams: FakeTeams, bot: RecordingBot) -> TeamsUser:
    user = teams.add_user("Claire Moreau", installed=True)
    bot.requests.clear()
    return user


def test_metadata_and_keys_are_where_the_bot_framework_has_them(teams: FakeTeams) -> None:
    metadata = httpx.get(teams.settings["TEAMS_OPENID_URL"]).json()
    assert metadata["issuer"] == teams.issuer == "https://api.botframework.com"
    assert metadata["jwks_uri"] == f"{teams.url}/v1/.well-known/keys"
    keys = httpx.get(metadata["jwks_uri"]).json()["keys"]
    assert [key["endorsements"] for key in keys] == [["msteams"], ["directline", "webchat"]]
    assert all(key["kty"] == "RSA" and key["kid"] and "d" not in key for key in keys)


def test_a_good_token_holds_for_an_independent_library(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    claire.send("bonjour")
    [(activity, authorization)] = bot.requests
    assert authorization is not None
    keys = jwk.KeySet.import_key_set(httpx.get(f"{teams.url}/v1/.well-known/keys").json())
    token = jose.decode(authorization.removeprefix("Bearer "), keys, algorithms=["RS256"])
    registry = jose.JWTClaimsRegistry(iss={"essential": True, "value": teams.issuer}, aud={"essential": True, "value": TEAMS_APP_ID})
    registry.validate(token.claims)
    assert token.claims["serviceurl"] == activity["serviceUrl"] == teams.service_url
    assert type(token.claims["exp"]) is int
    assert token.header["kid"] == "fake-teams"


async def sdk_takes(teams: FakeTeams, activity: dict[str, Any], authorization: str | None) -> bool:
    """Whether the SDK's check lets a request pass."""
    settings = teams.settings
    cloud = with_overrides(PUBLIC, openid_metadata_url=settings["TEAMS_OPENID_URL"], token_issuer=settings["TEAMS_ISSUER"])
    validator = TokenValidator.for_service(TEAMS_APP_ID, cloud=cloud)
    if authorization is None or not authorization.startswith("Bearer "):
        return False
    try:
        await validator.validate_token(authorization.removeprefix("Bearer "), activity["serviceUrl"])
    except jwt.PyJWTError:
        return False
    return True


async def test_the_sdk_takes_a_good_token(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    claire.send("bonjour")
    assert await sdk_takes(teams, *bot.requests[0])


@pytest.mark.parametrize("flaw", sorted(FLAWS - TAKEN_BY_SDK))
async def test_the_sdk_refuses_every_flaw(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot, flaw: str) -> None:
    claire.send("bonjour", flaw=flaw)
    assert not await sdk_takes(teams, *bot.requests[0])


@pytest.mark.parametrize("flaw", sorted(TAKEN_BY_SDK))
async def test_what_only_the_bot_itself_can_refuse(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot, flaw: str) -> None:
    claire.send("bonjour", flaw=flaw)
    assert await sdk_takes(teams, *bot.requests[0])


def test_flaws_of_the_activity(claire: TeamsUser, bot: RecordingBot) -> None:
    for flaw in ("other_tenant", "other_channel"):
        claire.send("bonjour", flaw=flaw)
    tenant, channel = bot.activities
    assert tenant["conversation"]["tenantId"] == tenant["channelData"]["tenant"]["id"] != TEAMS_TENANT_ID
    assert channel["channelId"] == "directline"


def test_issuer_and_ids_can_be_chosen() -> None:
    with recording_bot() as bot, FakeTeams(bot.url, app_id="a" * 8, tenant_id="t" * 8, issuer="http://127.0.0.1:1") as teams:
        teams.add_user(installed=True)
        activity, authorization = bot.requests[0]
        claims = jwt.decode(str(authorization).removeprefix("Bearer "), options={"verify_signature": False})
        assert (claims["iss"], claims["aud"]) == ("http://127.0.0.1:1", "a" * 8)
        assert activity["conversation"]["tenantId"] == "t" * 8
        assert activity["recipient"]["id"] == f"28:{'a' * 8}"
