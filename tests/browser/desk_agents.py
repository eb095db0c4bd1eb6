"""An installation with two agents at its desk and users in its web chat, for the tests of the desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.channels import ALWAYS_OPEN, TELEGRAM
from tests.stack import Stack

from .accessibility import violations
from .chat_page import ChatPage
from .desk_page import SECONDS, DeskPage

SETTINGS = {**ALWAYS_OPEN, **TELEGRAM, "TELEGRAM_MODE": "polling", "DESK_UNDO": "2"}
PASSWORD = "un mot de passe de test"
ASK = "je veux parler à quelqu'un de l'équipe"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("desk") / "var", **SETTINGS)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def team(browser: Browser, installation: Stack) -> None:
    """Two agents, added by the supervisor whom a fresh sandbox has."""
    boss = DeskPage.open(browser, str(installation.run["desk"]))
    boss.sign_in(installation.run["desk_user"], installation.run["desk_password"])
    boss.page.get_by_role("link", name="Équipe").click()
    for login, name in (("ines", "Inès"), ("paul", "Paul")):
        boss.page.get_by_label("Identifiant").fill(login)
        boss.page.get_by_label("Nom, tel que").fill(name)
        boss.page.locator("#password").fill(PASSWORD)
        boss.page.get_by_role("button", name="Ajouter", exact=True).click()
        expect(boss.page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    assert violations(boss.page) == []
    boss.context.close()


@pytest.fixture
def at_desk(browser: Browser, installation: Stack, team: None) -> Iterator[Callable[..., DeskPage]]:
    """Opens the desk as one of the agents; keyword arguments are those of `Browser.new_context`."""
    opened: list[DeskPage] = []

    def open_one(login: str, **options: object) -> DeskPage:
        desk = DeskPage.open(browser, str(installation.run["desk"]), **options)
        opened.append(desk)
        desk.sign_in(login, PASSWORD)
        return desk

    yield open_one
    for desk in opened:
        desk.context.close()


@pytest.fixture
def user(browser: Browser, installation: Stack) -> Iterator[Callable[[], ChatPage]]:
    """Opens the chat as somebody new."""
    opened: list[ChatPage] = []

    def open_one() -> ChatPage:
        opened.append(ChatPage.open(browser, installation.chat_url))
        return opened[-1]

    yield open_one
    for chat in opened:
        chat.context.close()


def ask(chat: ChatPage) -> str:
    """Ask for a person; the reference that the user is told."""
    chat.write(ASK)
    notice = chat.page.locator("article.from-system").filter(has_text=re.compile(r"SUP-\d{6}")).last
    expect(notice).to_be_visible(timeout=SECONDS)
    found = re.search(r"SUP-\d{6}", notice.inner_text())
    assert found
    return found[0]


def wait_for_text(chat: ChatPage, text: str) -> None:
    """Wait until this stands in the chat."""
    expect(chat.page.locator("article .bubble").filter(has_text=text).last).to_be_visible(timeout=SECONDS)
