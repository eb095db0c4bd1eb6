"""The support desk out of hours, in a real browser with everything behind it: a message is left, and answered where it was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from bot.core.clock import PARIS
from tests.stack import Stack

from .chat_page import ChatPage
from .desk_page import SECONDS, DeskPage

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.timeout(400)]


@pytest.fixture
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The team is away, whenever this is run: its one working day is in three days."""
    day = (datetime.now(PARIS) + timedelta(days=3)).isoweekday()
    running = Stack(tmp_path_factory.mktemp("closed") / "var", SUPPORT_DAYS=str(day), SUPPORT_HOLIDAYS="none")
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_a_message_is_left_and_answered(browser: Browser, closed: Stack) -> None:
    chat = ChatPage.open(browser, closed.chat_url)
    chat.write("je veux parler à quelqu'un de l'équipe")
    bubbles = chat.page.locator("article.from-system .bubble")
    expect(bubbles.filter(has_text="n’est pas joignable en ce moment")).to_be_visible(timeout=SECONDS)
    chat.page.get_by_role("button", name="Laisser un message").click()
    expect(bubbles.filter(has_text="Écrivez votre message")).to_be_visible(timeout=SECONDS)
    chat.write("je n'arrive plus à ouvrir mon espace")
    expect(bubbles.filter(has_text="Votre message est enregistré")).to_be_visible(timeout=SECONDS)
    chat.say("bonjour")  # the assistant has the word again

    desk = DeskPage.open(browser, str(closed.run["desk"]))
    desk.sign_in(closed.run["desk_user"], closed.run["desk_password"])
    row = desk.page.locator("[data-row]", has_text="je n'arrive plus").or_(desk.page.locator("[data-row]", has_text="bonjour"))
    expect(row).to_contain_text("message laissé")
    row.click()
    desk.take()
    expect(desk.items.filter(has_text="je n'arrive plus à ouvrir mon espace")).to_be_visible()
    desk.reply("Votre espace est rouvert.")
    expect(chat.page.locator("article.from-agent .bubble").filter(has_text="rouvert")).to_be_visible(timeout=SECONDS)
    desk.close("résolu")
    expect(bubbles.filter(has_text="L’assistant reprend").last).to_be_visible(timeout=SECONDS)
    assert chat.complaints == desk.complaints == []
    for context in (chat.context, desk.context):
        context.close()
