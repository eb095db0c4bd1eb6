"""What an issuer may get wrong, or somebody in its place: nothing is linked, the page says so, the log holds no value."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable

import httpx
import jwt
import pytest

from tests.unit.harness import CLAIRE, Harness
from tests.unit.web.openid_provider import Claims, Provider, forged
from tests.unit.web.sign_in_site import SignInSite, sign_in_site

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # the provider's own


@pytest.fixture(autouse=True)
def claire(issuer: Provider) -> None:
    issuer.know("claire", email=CLAIRE, email_verified=True)


async def through(site: SignInSite, sub: str = "claire") -> httpx.Response:
    page = await site.browser().go_through(await site.link(), sub)
    if page.status_code != 200:
        assert await site.linked() is None
        assert site.linked_chats == []
        assert "Rien n’a été relié" in page.text
    return page


async def test_without_misbehaviour_it_works(site: SignInSite) -> None:
    assert (await through(site)).status_code == 200


def by_the_secret(claims: Claims) -> str:
    return jwt.encode(claims, "very secret" * 4, algorithm="HS256")


def unsigned(claims: Claims) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)]
    return ".".join([*parts, ""])


def nonsense(_claims: Claims) -> str:
    return "no.token.atall"


@pytest.mark.parametrize("signs", [forged, by_the_secret, unsigned, nonsense])
async def test_a_forged_id_token_is_refused(issuer: Provider, site: SignInSite, signs: Callable[[Claims], str]) -> None:
    issuer.signs = signs
    page = await through(site)
    assert page.status_code == 403
    assert "E-" in page.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"nonce": "another"}, 403),
        ({"nonce": None}, 403),
        ({"iss": "https://another.example"}, 403),
        ({"aud": "another"}, 403),
        ({"aud": ["another", "sphere"]}, 403),
        ({"aud": ["another", "sphere"], "azp": "sphere"}, 200),
        ({"azp": "another"}, 403),
        ({"exp": int(time.time()) - 3600}, 403),
        ({"exp": None}, 403),
        ({"iat": int(time.time()) + 86_400}, 403),
        ({"iat": "now"}, 403),
        ({"exp": True}, 403),
        ({"exp": float("nan")}, 403),
        ({"nbf": int(time.time()) - 3600}, 200),
        ({"nbf": int(time.time()) + 86_400}, 403),
        ({"sub": "another"}, 403),
        ({"sub": ""}, 403),
        ({"acr": "eidas0"}, 403),
        ({"acr": None}, 403),
    ],
)
async def test_each_claim_is_checked(issuer: Provider, site: SignInSite, changes: Claims, status: int) -> None:
    """Signed by the provider's own key."""
    issuer.signs = lambda claims: issuer.sign({name: value for name, value in (claims | changes).items() if value is not None})
    assert (await through(site)).status_code == status


async def test_userinfo_of_somebody_else_is_refused(issuer: Provider, site: SignInSite) -> None:
    issuer.userinfo = {"sub": "another", "email": CLAIRE, "email_verified": True}
    assert (await through(site)).status_code == 403


async def test_too_little_assurance_is_said(issuer: Provider, site: SignInSite) -> None:
    issuer.know("weak", acr="eidas0", email=CLAIRE, email_verified=True)
    page = await through(site, "weak")
    assert page.status_code == 403
    assert "pas assez sûr" in page.text


@pytest.mark.parametrize("acr", ["", "none", "eidas0 eidas1"])
async def test_assurance_as_it_is_set(harness: Harness, issuer: Provider, acr: str) -> None:
    site = await sign_in_site(harness, issuer, oidc_acr=acr)
    assert (await through(site)).status_code == 200
    assert issuer.authorized[0].get("acr_values") == (acr if " " in acr else None)


@pytest.mark.parametrize(
    ("method", "secret", "form"),
    [
        ("none", None, {"client_id"}),
        ("client_secret_post", "very secret", {"client_id", "client_secret"}),
        ("client_secret_basic", "x", set()),
    ],
)
async def test_each_way_of_showing_who_we_are(
    harness: Harness, issuer: Provider, monkeypatch: pytest.MonkeyPatch, method: str, secret: str | None, form: set[str]
) -> None:
    monkeypatch.setattr("oidc_provider_mock._app.AuthorizationCodeGrant.TOKEN_ENDPOINT_AUTH_METHODS", [method])
    issuer.metadata["token_endpoint_auth_methods_supported"] = [method]
    site = await sign_in_site(harness, issuer, oidc_client_secret=secret)
    assert (await through(site)).status_code == 200
    assert set(issuer.exchanged[0]) & {"client_id", "client_secret"} == form


@pytest.mark.parametrize("wrong", [{"token_endpoint": None}, {"jwks_uri": "nowhere"}, {"token_endpoint": "http://[::1"}])
async def test_metadata_without_sense(issuer: Provider, site: SignInSite, wrong: Claims) -> None:
    browser = site.browser()
    back = await browser.sign_in(await browser.leave(await site.link()), "claire")
    issuer.metadata |= wrong
    assert (await browser.http.get(back)).status_code == 503


async def test_an_issuer_that_is_away_before(issuer: Provider, site: SignInSite) -> None:
    issuer.away.add("/.well-known/openid-configuration")
    link, browser = await site.link(), site.browser()
    page = await browser.press(await browser.open(link))
    assert page.status_code == 503
    assert "ne répond pas" in page.text
    issuer.away.clear()
    assert (await browser.go_through(link, "claire")).status_code == 200


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks", "/userinfo"])
async def test_an_issuer_that_is_away_after(issuer: Provider, site: SignInSite, path: str) -> None:
    link, browser = await site.link(), site.browser()
    back = await browser.sign_in(await browser.leave(link), "claire")
    issuer.away.add(path)
    assert (await browser.http.get(back)).status_code == 503
    assert await site.linked() is None
    issuer.away.clear()
    assert (await browser.go_through(link, "claire")).status_code == 200


async def test_an_issuer_that_nobody_answers_for(harness: Harness, issuer: Provider) -> None:
    site = await sign_in_site(harness, issuer, oidc_issuer="http://127.0.0.1:9")
    browser = site.browser()
    assert (await browser.press(await browser.open(await site.link()))).status_code == 503


async def test_metadata_of_another_issuer_is_not_believed(harness: Harness, issuer: Provider) -> None:
    site = await sign_in_site(harness, issuer, oidc_issuer=issuer.url.replace("127.0.0.1", "localhost") + "/x/..")
    browser = site.browser()
    assert (await browser.press(await browser.open(await site.link()))).status_code == 503


async def test_an_answer_of_another_issuer_is_refused(issuer: Provider, site: SignInSite) -> None:
    browser = site.browser()
    back = await browser.sign_in(await browser.leave(await site.link()), "claire")
    assert (await browser.http.get(f"{back}&iss=https%3A%2F%2Fanother.example")).status_code == 403
    assert issuer.exchanged == []


async def test_a_platform_that_is_away_leaves_the_link_good(harness: Harness, site: SignInSite) -> None:
    link, browser = await site.link(), site.browser()
    back = await browser.sign_in(await browser.leave(link), "claire")
    harness.network.cut_after(0, losing=False)
    page = await browser.http.get(back)
    assert page.status_code == 503
    assert "SPHERE ne répond pas" in page.text
    harness.network.restore()
    assert (await browser.go_through(link, "claire")).status_code == 200


async def test_logs_hold_no_value(issuer: Provider, site: SignInSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    issuer.signs = forged
    link = await site.link()
    await site.browser().go_through(link, "claire")
    (record,) = [record for record in caplog.records if record.name == "bot.core.errors"]
    said = record.getMessage()
    assert said.startswith("E-")
    (exchanged,), (asked,) = issuer.exchanged, issuer.authorized
    values = (link.partition("t=")[2], exchanged["code"], exchanged["code_verifier"], asked["state"], asked["nonce"], "claire", "moreau")
    assert not any(value in said for value in values)
