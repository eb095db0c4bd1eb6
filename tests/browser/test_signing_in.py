"""A chat of Telegram linked by signing in, as its user sees it: the stand-in's page, ours, the issuer's, and back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.channels import TELEGRAM
from tests.conversations.talk import CLAIRE
from tests.stack import Stack
from tests.unit.web.openid_provider import Provider, running_provider

from .accessibility import violations

pytestmark = [
    pytest.mark.xdist_group("signing in"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # the provider's own
]
SECONDS = 60_000


@pytest.fixture(scope="module")
def issuer() -> Iterator[Provider]:
    with running_provider() as running:
        running.know("claire", email=CLAIRE, email_verified=True)
        running.know("inconnue", email="personne@ailleurs.example", email_verified=True)
        yield running


@pytest.fixture(scope="module")
def signing_in(tmp_path_factory: pytest.TempPathFactory, issuer: Provider) -> Iterator[Stack]:
    registered = {"OIDC_ISSUER": issuer.url, "OIDC_CLIENT_ID": "sphere", "OIDC_CLIENT_SECRET": "s" * 32, "OIDC_SCOPE": "openid email"}
    running = Stack(tmp_path_factory.mktemp("signing-in") / "var", **TELEGRAM, **registered)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def telegram(browser: Browser, signing_in: Stack) -> Iterator[Page]:
    """The stand-in's page, as somebody new."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(str(signing_in.run["telegram"]))
    page.get_by_role("button", name="Nouvelle personne").click()
    yield page
    context.close()


def say(telegram: Page, text: str) -> None:
    telegram.get_by_label("Message").fill(text)
    telegram.get_by_role("button", name="Envoyer", exact=True).click()


def heard(telegram: Page, text: str | re.Pattern[str]) -> str:
    """The last message that says this."""
    found = telegram.locator(".m:not(.me)").filter(has_text=text).last
    expect(found).to_be_visible(timeout=SECONDS)
    return found.inner_text()


def link_of(telegram: Page) -> str:
    say(telegram, "je veux m'identifier")
    found = re.search(r"https?://\S+/link\?t=\S+", heard(telegram, "/link?t="))
    assert found
    return found[0]


def sign_in(page: Page, sub: str) -> None:
    """On the issuer's own page."""
    page.locator("input[name=sub]").fill(sub)
    page.locator("button[type=submit], input[type=submit]").first.click()


def test_signing_in_links_the_chat_and_the_link_is_used_up(telegram: Page) -> None:
    link = link_of(telegram)
    page = telegram.context.new_page()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Relier votre discussion")
    assert violations(page) == []
    page.get_by_role("button", name="Me connecter").click()
    sign_in(page, "claire")
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est fait")
    expect(page.get_by_role("status")).to_contain_text("Claire Moreau")
    assert violations(page) == []
    heard(telegram, "Claire Moreau")

    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce lien n’est plus valable")
    assert violations(page) == []

    say(telegram, "mes dossiers")
    heard(telegram, "SPH-2024-000137")
    telegram.get_by_role("button", name=re.compile("000137")).last.click()
    heard(telegram, "Partenaires")


def test_whoever_has_no_account_is_offered_to_ask_for_one(telegram: Page) -> None:
    page = telegram.context.new_page()
    page.goto(link_of(telegram))
    page.get_by_role("button", name="Me connecter").click()
    sign_in(page, "inconnue")
    expect(page.get_by_role("heading", level=1)).to_have_text("Aucun compte SPHERE trouvé")
    assert violations(page) == []
    assert "compte" in heard(telegram, re.compile("demander un compte", re.IGNORECASE))


def test_a_link_opened_by_somebody_else_tells_whose_chat_it_is(telegram: Page, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, color_scheme="dark")
    page = context.new_page()
    page.goto(link_of(telegram))
    expect(page.locator(".warning")).to_contain_text("fermez cette page")
    expect(page.get_by_text("votre discussion Telegram")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
    context.close()
