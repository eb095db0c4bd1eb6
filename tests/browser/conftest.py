"""A real Chromium for the browser tests; they are skipped, and say so, where there is none."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from .chat_page import CHROMIUM_FLAGS, CHROMIUM_NAMES, ChatPage

# Four browsers may share two cores with as many installations.
expect.set_options(timeout=60_000)


class Stack(Protocol):
    """What of the running processes (tests/conftest.py) a browser test needs."""

    chat_url: str


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the machine's Chromium."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    missing = f"no Chromium on this machine (looked for {', '.join(CHROMIUM_NAMES)})"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for each file: Playwright's event loop must not outlive it, other files have asynchronous tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_chat(browser: Browser, stack: Stack) -> Iterator[Callable[..., ChatPage]]:
    """Opens the chat as somebody who was never there; keyword arguments are those of `Browser.new_context`."""
    opened: list[ChatPage] = []

    def open_one(**context_options: object) -> ChatPage:
        chat = ChatPage.open(browser, stack.chat_url, **context_options)
        opened.append(chat)
        return chat

    yield open_one
    for chat in opened:
        chat.context.close()


@pytest.fixture
def chat(open_chat: Callable[..., ChatPage]) -> ChatPage:
    return open_chat()
