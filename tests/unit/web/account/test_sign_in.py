"""Linking a chat by OpenID Connect, through the pages and a real provider."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.web.assets import HERE
from tests.unit.harness import CLAIRE, KARIM, Harness
from tests.unit.web.openid_provider import Provider
from tests.unit.web.sign_in_site import BASE_URL, SignInSite, sign_in_site

pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")  # the provider's own


async def test_found_by_rpps_as_pro_sante_connect_gives_it(harness: Harness, issuer: Provider, site: SignInSite) -> None:
    claire = await harness.account(CLAIRE)
    issuer.know("psc", SubjectNameID=f"8{claire.rpps}")
    page = await site.browser().go_through(await site.link(), "psc")
    assert page.status_code == 200
    assert "Claire Moreau" in page.text
    assert "Votre discussion Telegram" in page.text
    assert "Revenez à la discussion" in page.text
    assert await site.linked() == claire.id
    assert site.linked_chats == [("chat", "linked")]
    assert [(e.actor, e.outcome) for e in await harness.trail("identity.sign_in")] == [(claire.id, "linked")]
    assert [e.outcome for e in await harness.trail("identity.link")] == ["linked"]


@pytest.mark.parametrize(
    "claims",
    [
        {"SubjectNameID": "{rpps}"},
        {"SubjectNameID": "nothing", "otherIds": [{"identifiant": "8{rpps}", "origine": "RPPS"}]},
        {"email": f" {CLAIRE.upper()} ", "email_verified": True},
        {"SubjectNameID": "899700999999", "otherIds": "nothing", "email": KARIM, "email_verified": False, "sub": "x"},
    ],
)
async def test_other_ways_of_saying_who_it_is(harness: Harness, issuer: Provider, site: SignInSite, claims: dict[str, Any]) -> None:
    claire = await harness.account(CLAIRE)
    issuer.know("psc", **_filled(claims, claire.rpps))
    await site.browser().go_through(await site.link(), "psc")
    assert await site.linked() == (None if claims.get("email_verified") is False else claire.id)


def _filled(value: Any, rpps: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(part, rpps) for name, part in value.items() if name != "sub"}
    if isinstance(value, list):
        return [_filled(part, rpps) for part in value]
    return value.replace("{rpps}", rpps) if isinstance(value, str) else value


async def test_an_address_of_somebody_with_another_number_is_not_believed(harness: Harness, issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", SubjectNameID="899700999999", email=CLAIRE, email_verified=True)
    page = await site.browser().go_through(await site.link(), "psc")
    assert "aucun compte SPHERE" in page.text
    assert await site.linked() is None


async def test_what_goes_to_the_issuer(issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    link, browser = await site.link(), site.browser()
    await browser.go_through(link, "psc")
    (asked,), (exchanged,) = issuer.authorized, issuer.exchanged
    assert asked["acr_values"] == "eidas1"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == exchanged["redirect_uri"] == f"{BASE_URL}/link/callback"
    assert 43 <= len(exchanged["code_verifier"]) <= 128
    secrets = {parse_qs(urlsplit(link).query)["t"][0], asked["state"], asked["nonce"], exchanged["code_verifier"]}
    assert len(secrets) == 4
    assert "very secret" not in str(exchanged)


async def test_the_provider_checks_the_verifier(issuer: Provider, site: SignInSite) -> None:
    """The test's own check: without it, the others would prove nothing of PKCE."""
    issuer.know("psc", email=CLAIRE, email_verified=True)
    browser = site.browser()
    address = re.sub(r"code_challenge=[^&]+", "code_challenge=another", await browser.leave(await site.link()))
    page = await browser.http.get(await browser.sign_in(address, "psc"))
    assert page.status_code == 403
    assert await site.linked() is None


async def test_no_account_is_said_on_the_page_and_in_the_chat(harness: Harness, issuer: Provider, site: SignInSite) -> None:
    issuer.know("nobody", SubjectNameID="899700999999")
    link, browser = await site.link(), site.browser()
    page = await browser.go_through(link, "nobody")
    assert "demander un compte" in page.text
    assert site.linked_chats == [("chat", "no_account")]
    assert await site.linked() is None
    assert [(e.actor, e.outcome) for e in await harness.trail("identity.sign_in")] == [(None, "no_account")]
    assert (await browser.open(link)).status_code == 410


async def test_a_closed_account_is_none(harness: Harness, issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    harness.close_account(CLAIRE)
    await site.browser().go_through(await site.link(), "psc")
    assert site.linked_chats == [("chat", "no_account")]


async def test_the_page_says_which_chat_and_warns(site: SignInSite) -> None:
    page = await site.browser().open(await site.link())
    assert "votre discussion Telegram" in page.text
    assert re.search(r"ouverte le \d\d/\d\d/\d{4} à \d+h\d*", page.text)
    assert "Si vous n’avez pas demandé ce lien vous-même, fermez cette page" in page.text
    assert "<script" not in page.text
    assert "{{" not in page.text


async def test_headers_and_cookie(site: SignInSite) -> None:
    page = await site.browser().open(await site.link())
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-frame-options"] == "DENY"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    cookie = page.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


async def test_over_https_the_cookie_is_of_this_host_alone(harness: Harness, issuer: Provider) -> None:
    site = await sign_in_site(harness, issuer, public_url="https://sphere.example")
    cookie = (await site.browser().open(await site.link())).headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "Path=/;" in cookie


async def test_opening_the_page_uses_nothing_up(issuer: Provider, site: SignInSite) -> None:
    """Chat platforms open links to preview them."""
    issuer.know("psc", email=CLAIRE, email_verified=True)
    link = await site.link()
    for _ in range(3):
        assert (await site.browser().open(link)).status_code == 200
    assert (await site.browser().go_through(link, "psc")).status_code == 200


async def test_a_link_works_once_and_for_ten_minutes(harness: Harness, issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    used, old, browser = await site.link(), await site.link("other"), site.browser()
    page = await browser.open(old)
    await browser.go_through(used, "psc")
    assert (await browser.open(used)).status_code == 410
    harness.clock.advance(timedelta(minutes=10))
    assert (await browser.press(page)).status_code == 410
    assert (await browser.open(old)).status_code == 410
    assert (await browser.open("/link?t=unknown")).status_code == 410
    assert (await browser.open("/link")).status_code == 410
    assert await site.linked("other") is None


async def test_a_state_works_once(issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    browser = site.browser()
    back = await browser.sign_in(await browser.leave(await site.link()), "psc")
    assert (await browser.http.get(back)).status_code == 200
    assert (await browser.http.get(back)).status_code == 410
    assert site.linked_chats == [("chat", "linked")]


async def test_a_state_lives_ten_minutes(harness: Harness, issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    browser = site.browser()
    back = await browser.sign_in(await browser.leave(await site.link()), "psc")
    harness.clock.advance(timedelta(minutes=10))
    assert (await browser.http.get(back)).status_code == 410
    assert await site.linked() is None


async def test_only_the_browser_that_left_may_come_back(issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    browser, thief, other = site.browser(), site.browser(), site.browser()
    back = await browser.sign_in(await browser.leave(await site.link()), "psc")
    assert (await thief.http.get(back)).status_code == 403
    await other.open(await site.link("other"))
    assert (await other.http.get(back)).status_code == 410
    assert await site.linked() is None
    assert (await browser.http.get(back)).status_code == 200


async def test_no_other_site_can_press_the_button(site: SignInSite) -> None:
    """Without the cookie, or with one's own cookie but not the page's CSRF token."""
    link, victim = await site.link(), site.browser()
    page = await site.browser().open(link)
    assert (await victim.press(page)).status_code == 403
    await victim.open(await site.link("other"))
    assert (await victim.press(page)).status_code == 410
    assert (await victim.http.post("/link", data={"t": "é", "seal": "é"})).status_code == 410
    assert (await victim.http.post("/link", content=b"a" * 10_000)).status_code == 410
    assert (await victim.http.post("/link", content="&".join(f"a{i}=1" for i in range(99)))).status_code == 410


async def test_the_last_of_two_browsers_counts(issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    link, first, second = await site.link(), site.browser(), site.browser()
    early = await first.sign_in(await first.leave(link), "psc")
    late = await second.sign_in(await second.leave(link), "psc")
    assert (await first.http.get(early)).status_code == 410
    assert (await second.http.get(late)).status_code == 200


async def test_a_refusal_at_the_issuer_leaves_the_link_good(issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    link, browser = await site.link(), site.browser()
    state = parse_qs(urlsplit(await browser.leave(link)).query)["state"][0]
    page = await browser.http.get("/link/callback", params={"error": "access_denied", "state": state})
    assert page.status_code == 403
    assert "annulée" in page.text
    assert (await browser.go_through(link, "psc")).status_code == 200


async def test_an_error_with_a_wrong_state_is_nothing(site: SignInSite) -> None:
    browser = site.browser()
    await browser.leave(await site.link())
    assert (await browser.http.get("/link/callback", params={"error": "access_denied", "state": "x"})).status_code == 410
    assert (await browser.http.get("/link/callback")).status_code == 410


async def test_the_link_stands_when_the_chat_cannot_be_told(issuer: Provider, site: SignInSite) -> None:
    issuer.know("psc", email=CLAIRE, email_verified=True)
    site.on_linked_error = RuntimeError("Claire Moreau")
    assert (await site.browser().go_through(await site.link(), "psc")).status_code == 200
    assert await site.linked() is not None


async def test_too_many_visits_are_put_off(harness: Harness, issuer: Provider) -> None:
    site = await sign_in_site(harness, issuer, chat_sessions_per_minute=2)
    browser = site.browser()
    answers = [await browser.open("/link?t=x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [410, 410, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert "Réessayez" in answers[-1].text


async def test_no_issuer_no_pages(harness: Harness, issuer: Provider) -> None:
    site = await sign_in_site(harness, issuer, oidc_client_id=None)
    assert await site.identity.new_sign_in_link("chat") is None
    assert (await site.browser().open("/link?t=x")).status_code == 404


@pytest.mark.parametrize(("issuer_url", "allowed"), [("https://issuer.example", "https:"), ("http://127.0.0.1:9", "http:")])
async def test_the_button_may_lead_to_the_issuer(harness: Harness, issuer: Provider, issuer_url: str, allowed: str) -> None:
    site = await sign_in_site(harness, issuer, oidc_issuer=issuer_url)
    policy = (await site.browser().open("/link?t=x")).headers["content-security-policy"]
    assert f"form-action 'self' {allowed};" in policy
    assert "unsafe" not in policy


async def test_every_page_is_whole(site: SignInSite) -> None:
    """Each state of the template: a title, one heading, French spaces, nothing inline."""
    template = (HERE / "templates/link.html").read_text()
    titles = re.findall(r'^  "(\w+)": ', template, re.MULTILINE)
    assert set(titles) == set(re.findall(r'page == "(\w+)"', template))
    page = (await site.browser().open("/link?t=x")).text
    assert '<html lang="fr">' in page
    assert page.count("<h1>") == 1
    assert not re.search(r"<style|style=|<script|\son\w+=", page)
    assert not re.search(r" [?!;:»]|« ", re.sub(r"<[^>]*>|{[{%].*?[%}]}", "", template))
