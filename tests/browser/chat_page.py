"""The chat page as somebody uses it: what the browser tests and the screenshots share."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Locator, expect

from tests.browser.watched import WatchedPage

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Alone with the page: no update, no telemetry, no protocol that the loopback servers do not speak.
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ANSWER_MS = 120_000
PHONE = {"width": 390, "height": 800}


class ChatPage(WatchedPage):
    """One visit of the chat."""

    @classmethod
    def open(cls, browser: Browser, url: str, **context_options: Any) -> ChatPage:
        chat = cls.visit(browser, url, **{"viewport": PHONE, **context_options})
        expect(chat.page.locator("#welcome")).to_be_visible()
        return chat

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Votre message")

    @property
    def mine(self) -> Locator:
        return self.page.locator("article.from-user")

    @property
    def answers(self) -> Locator:
        return self.page.locator("article.from-assistant")

    @property
    def banner(self) -> Locator:
        return self.page.locator("#banner")

    def write(self, text: str) -> None:
        """Sends without waiting for anything."""
        self.field.fill(text)
        self.field.press("Enter")

    def say(self, text: str) -> None:
        """Sends, and waits until an answer to it has come and the assistant has stopped writing."""
        self.write(text)
        self.answered(text)

    def answered(self, text: str) -> None:
        """Waits for an answer after the last message of that text."""
        said = self.mine.filter(has_text=text).last
        following = "xpath=following-sibling::article[contains(@class,'from-assistant')]"
        expect(said.locator(following).first).to_be_visible(timeout=ANSWER_MS)
        expect(self.page.locator("#typing")).to_be_hidden(timeout=ANSWER_MS)

    def texts(self) -> list[str]:
        """Every message in sight, oldest first."""
        return self.page.locator("article .bubble").all_inner_texts()
