"""Signing in to the desk with an OpenID Connect issuer, through the pages and a real provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.unit.web.desk.running_desk import AgentBrowser, RunningDesk, running_desk
from tests.unit.web.openid_provider import Provider, running_provider

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # the provider's own
INES = "ines@sphere.example"


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with running_provider() as running:
        running.know("ines", email=INES.upper(), email_verified=True)
        running.know("unsure", email=INES, email_verified=False)
        running.know("other", email="autre@sphere.example", email_verified=True)
        yield running


@asynccontextmanager
async def signing_in(folder: Path, issuer: Provider) -> AsyncIterator[RunningDesk]:
    """An office at the present: the provider has the machine's clock."""
    registered = {"OIDC_ISSUER": issuer.url, "OIDC_CLIENT_ID": "sphere", "OIDC_CLIENT_SECRET": "s" * 32, "OIDC_SCOPE": "openid email"}
    async with running_desk(folder, at=datetime.now(UTC), **registered) as desk:
        await desk.agents.add(INES, "Inès", "agent", None)
        yield desk


async def leave(browser: AgentBrowser, path: str = "/desk/oidc?next=/desk/requests") -> str:
    answer = await browser.open(path)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def sign_in(address: str, sub: str) -> str:
    """At the issuer; the path that it sends the browser back to."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(address, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return "/desk/oidc/callback?" + str(answer.headers["location"]).partition("?")[2]


async def test_an_agent_signs_in_and_is_led_on(tmp_path: Path, issuer: Provider) -> None:
    async with signing_in(tmp_path, issuer) as desk:
        browser = desk.browser()
        assert "/desk/oidc?next=/desk" in (await browser.open("/desk/sign-in")).text
        back = await sign_in(await leave(browser), "ines")
        answer = await browser.open(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/requests")
        assert "Inès" in (await browser.open()).text
        assert "incorrect" in (await desk.browser().sign_in(INES, "n'importe quoi")).text


@pytest.mark.parametrize("sub", ["unsure", "other"])
async def test_whoever_has_no_account_of_the_desk_stays_out(tmp_path: Path, issuer: Provider, sub: str) -> None:
    async with signing_in(tmp_path, issuer) as desk:
        browser = desk.browser()
        answer = await browser.open(await sign_in(await leave(browser), sub))
        assert answer.status_code == 403
        assert "n’a pas confirmé votre identité" in answer.text
        assert (await browser.open()).status_code == 401


async def test_what_comes_back_is_this_browsers_and_recent(tmp_path: Path, issuer: Provider) -> None:
    async with signing_in(tmp_path, issuer) as desk:
        browser, thief = desk.browser(), desk.browser()
        back = await sign_in(await leave(browser), "ines")
        await thief.open("/desk/sign-in")
        for path in (back, back.replace("state=", "state=x"), "/desk/oidc/callback", "/desk/oidc/callback?error=access_denied"):
            assert (await thief.open(path)).status_code == 403
        desk.support_bot.clock.advance(timedelta(minutes=11))
        assert (await browser.open(back)).status_code == 403
        issuer.away.add("/.well-known/openid-configuration")
        assert (await browser.open("/desk/oidc")).status_code == 503


async def test_signing_in_leads_nowhere_else(tmp_path: Path, issuer: Provider) -> None:
    async with signing_in(tmp_path, issuer) as desk:
        browser = desk.browser()
        back = await sign_in(await leave(browser, "/desk/oidc?next=https://ailleurs.example"), "ines")
        assert (await browser.open(back)).headers["location"] == "/desk"
