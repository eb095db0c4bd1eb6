"""The page by itself: what it asks for, what it complains about, whether everybody can use it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from .accessibility import violations
from .chat_page import PHONE, ChatPage


def test_page_speaks_to_its_own_host_only_and_complains_of_nothing(chat: ChatPage) -> None:
    chat.say("bonjour")
    chat.page.reload()
    chat.answered("bonjour")

    assert chat.hosts == {urlsplit(chat.page.url).netloc}
    assert chat.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(open_chat: Callable[..., ChatPage], scheme: str) -> None:
    chat = open_chat(color_scheme=scheme, reduced_motion="reduce")
    assert violations(chat.page) == []

    chat.page.get_by_role("button", name="Menu").click()
    assert violations(chat.page) == []
    chat.page.get_by_role("button", name="Aide").click()
    chat.answered("aide")
    chat.write("un\n<b>deux</b>")
    chat.answered("deux")
    assert violations(chat.page) == []

    chat.page.get_by_role("button", name="Menu").click()
    chat.page.get_by_role("button", name="Nouvelle conversation").click()
    assert violations(chat.page) == []


# 640 × 400 and 320 × 256: a desktop window zoomed to 200 % and 400 %.
@pytest.mark.parametrize("size", [(320, 640), (640, 400), (320, 256), (1920, 1080)])
def test_nothing_is_cut_off_at_any_size(open_chat: Callable[..., ChatPage], size: tuple[int, int]) -> None:
    chat = open_chat(viewport={"width": size[0], "height": size[1]})
    chat.write("mot " * 60 + "anticonstitutionnellement" * 8)
    chat.answered("mot")

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert chat.page.locator("#scroll").evaluate("area => area.scrollWidth - area.clientWidth") == 0
    for control in (chat.field, chat.page.get_by_role("button", name="Envoyer"), chat.page.get_by_role("button", name="Menu")):
        control.scroll_into_view_if_needed()
        box = control.bounding_box()
        assert box is not None
        assert box["width"] >= 24
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]


def test_letters_are_large_enough_to_read(chat: ChatPage) -> None:
    chat.say("bonjour")

    smallest = chat.page.evaluate(
        """() => Math.min(...[...document.querySelectorAll("body *")]
            .filter((element) => element.checkVisibility() && element.textContent.trim())
            .map((element) => parseFloat(getComputedStyle(element).fontSize)))"""
    )
    assert smallest >= 16


def test_same_page_at_both_addresses(open_chat: Callable[..., ChatPage]) -> None:
    chat = open_chat(viewport=PHONE)
    chat.page.goto(chat.page.url.removesuffix("chat"))
    assert chat.page.title() == "Assistant SPHERE"
