"""Notifications in the browser: the page of settings and the bell of the chat, with everything behind them running."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conversations.talk import CLAIRE, SOPHIE, Talk, as_user
from tests.stack import Stack

from .accessibility import violations
from .chat_page import ANSWER_MS, PHONE, ChatPage
from .settings_page import account_id, open_settings, page_link, post_event

DOSSIER = "SPH-2024-000142"
"""Sophie is its referent. What follows another event on it within a minute is announced at once only where it is urgent."""


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a profile of its own; keyword arguments are those of `Browser.new_context`."""
    contexts = []

    def open_one(**options: Any) -> Page:
        contexts.append(browser.new_context(**{"locale": "fr-FR", "viewport": PHONE, **options}))
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


def settings(stack: Stack, page: Page, email: str = CLAIRE) -> Page:
    open_settings(page, page_link(stack.data, stack.run, email))
    return page


def saved(page: Page, text: str = "Vos réglages sont enregistrés.") -> None:
    expect(page.get_by_role("status")).to_contain_text(text)


# --- the page ------------------------------------------------------------------------------------


def test_the_page_is_reached_from_the_chat_and_says_what_a_choice_means(stack: Stack, open_page: Callable[..., Page]) -> None:
    talk = as_user(stack, CLAIRE)
    talk.say("gérer mes notifications")
    link = next(message["link"]["url"] for message in talk.last if message["link"])
    page = open_page()
    open_settings(page, link)
    expect(page.get_by_text("Réglages de Claire Moreau")).to_be_visible()
    page.get_by_role("group", name="Messages", exact=True).get_by_label("E-mail").select_option("résumé")
    page.get_by_role("button", name="Enregistrer").last.click()
    saved(page)
    expect(page.locator(".meaning")).to_contain_text(re.compile(r"Prochain résumé (aujourd’hui|demain) à \d+h"))
    expect(page.get_by_role("group", name="Messages", exact=True).get_by_label("E-mail")).to_have_value("digest")

    page.goto(link)  # used up, but its page is open in this browser
    expect(page.get_by_role("heading", name="Ce qui vous est envoyé")).to_be_visible()
    other = open_page()
    other.goto(link)
    expect(other.get_by_role("heading", level=1)).to_have_text("Ce lien n’est plus valable")
    assert violations(other) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(stack: Stack, open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "422" not in message.text else None)
    page.goto(page_link(stack.data, stack.run, CLAIRE))
    assert violations(page) == []
    page.get_by_role("button", name="Ouvrir mes réglages").click()
    assert violations(page) == []
    for summary in page.locator("summary").all():
        summary.click()
    assert violations(page) == []
    page.get_by_label("Référence du dossier").fill("Mme Durand")
    page.get_by_role("button", name="Ajouter la sourdine").click()
    expect(page.get_by_role("alert")).to_contain_text("Rien n’a été enregistré.")
    assert violations(page) == []
    assert complaints == []


# 640 × 400 and 320 × 256: a desktop window zoomed to 200 % and 400 %.
@pytest.mark.parametrize("size", [(320, 640), (640, 400), (320, 256), (1920, 1080)])
def test_nothing_is_cut_off_at_any_size(stack: Stack, open_page: Callable[..., Page], size: tuple[int, int]) -> None:
    page = settings(stack, open_page(viewport={"width": size[0], "height": size[1]}))
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    controls: list[Locator] = page.locator("main :is(button, select, input, summary, a):visible").all()
    assert len(controls) > 30
    for control in controls:
        box = control.bounding_box()
        assert box is not None
        if box["width"] <= 1:  # what the Enter key presses
            continue
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0] + 0.5


def test_it_is_filled_in_by_keyboard_alone(stack: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(page_link(stack.data, stack.run, SOPHIE))
    keyboard = page.keyboard
    page.get_by_role("button", name="Ouvrir mes réglages").focus()
    keyboard.press("Enter")
    page.locator("summary", has_text="Ajouter des heures calmes").focus()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(page.get_by_role("group", name="Nouvelles heures calmes").get_by_label("lundi")).to_be_focused()
    keyboard.press("Space")
    page.get_by_role("group", name="Nouvelles heures calmes").get_by_label("De").fill("22:00")
    page.get_by_role("group", name="Nouvelles heures calmes").get_by_label("à", exact=True).fill("06:00")
    page.get_by_role("group", name="Nouvelles heures calmes").get_by_label("De").press("Enter")  # saves all
    saved(page)
    expect(page.get_by_role("group", name="Heures calmes 1").get_by_label("lundi")).to_be_checked()
    page.get_by_role("button", name="Supprimer les heures calmes 1").press("Enter")
    saved(page, "Les heures calmes sont supprimées")
    expect(page.get_by_role("group", name="Heures calmes 1")).to_have_count(0)


def test_it_works_without_scripts(stack: Stack, open_page: Callable[..., Page]) -> None:
    page = settings(stack, open_page(java_script_enabled=False), SOPHIE)
    page.locator("summary", has_text="Ajouter une sourdine").click()
    page.get_by_label("un dossier").check()
    page.get_by_label("Référence du dossier").fill("sph-2025-000018")
    page.get_by_role("button", name="Ajouter la sourdine").click()
    saved(page, "La sourdine est ajoutée")
    page.get_by_role("button", name="Réactiver le dossier SPH-2025-000018").click()
    saved(page, "Les notifications sont réactivées")
    page.get_by_role("button", name="Fermer cette page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("La page est fermée")


def test_the_second_of_two_tabs_is_told(stack: Stack, open_page: Callable[..., Page]) -> None:
    first = settings(stack, open_page(), SOPHIE)
    second = first.context.new_page()
    second.goto(first.url)
    messages = "Rendez-vous"
    first.get_by_role("group", name=messages).get_by_label("E-mail").select_option("jamais")
    first.get_by_role("button", name="Enregistrer").last.click()
    saved(first)
    second.get_by_role("group", name=messages).get_by_label("SPHERE").select_option("jamais")
    second.get_by_role("button", name="Enregistrer").last.click()
    expect(second.get_by_role("alert")).to_contain_text("vos réglages ont été changés entre-temps")
    expect(second.get_by_role("group", name=messages).get_by_label("SPHERE")).to_have_value("never")
    assert violations(second) == []
    second.get_by_role("link", name="reprenez les réglages en vigueur").click()
    expect(second.get_by_role("group", name=messages).get_by_label("E-mail")).to_have_value("never")
    expect(second.get_by_role("group", name=messages).get_by_label("SPHERE")).to_have_value("now")


def test_the_page_of_a_link_to_nowhere_says_how_to_get_one(stack: Stack, open_page: Callable[..., Page]) -> None:
    page = open_page(viewport={"width": 320, "height": 640}, color_scheme="dark")
    for address, heading in ((stack.run["account"], "Demandez d’abord un lien"), (f"{stack.api}/notifications/stop?t=x", "pas reconnu")):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        expect(page.locator("main")).to_contain_text("gérer mes notifications")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


# --- the bell ------------------------------------------------------------------------------------


class BellOf:
    """The chat page of somebody who is linked, and its bell."""

    def __init__(self, chat: ChatPage, talk: Talk) -> None:
        self.chat, self.page = chat, chat.page
        self.page.evaluate("token => localStorage.setItem('sphere-chat-token', token)", talk.token)
        self.page.reload()
        expect(self.button(0)).to_be_visible(timeout=ANSWER_MS)

    def button(self, unread: int) -> Locator:
        name = {0: "Notifications", 1: "Notifications, 1 non lue"}.get(unread, f"Notifications, {unread} non lues")
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def lines(self) -> Locator:
        return self.page.locator("#bell li")


@pytest.fixture
def sophie(stack: Stack) -> Talk:
    """Linked, with everything read."""
    talk = as_user(stack, SOPHIE)
    talk.request("POST", "/chat/notifications/read", json={"all": True}).raise_for_status()
    return talk


def test_the_bell_counts_tells_and_marks_on_every_tab(stack: Stack, open_chat: Callable[..., ChatPage], sophie: Talk) -> None:
    bell, other = BellOf(open_chat(), sophie), BellOf(open_chat(), sophie)
    claire = account_id(stack.run, CLAIRE)
    post_event(stack.run, "document.added", DOSSIER, author=claire, title="Bilan de M. Garnier")
    expect(bell.button(1)).to_be_visible(timeout=ANSWER_MS)
    post_event(stack.run, "message.received", DOSSIER, author=claire, urgent=True, url="https://sphere.example/messages/1")
    expect(bell.button(2)).to_be_visible(timeout=ANSWER_MS)
    expect(other.button(2)).to_be_visible(timeout=ANSWER_MS)

    bell.button(2).click()
    expect(bell.lines.first).to_contain_text("Claire Moreau a écrit un message dans le dossier")
    expect(bell.lines.first).to_contain_text("Urgent")
    expect(bell.lines.nth(1)).to_contain_text("Bilan de M. Garnier")
    expect(bell.lines.first.get_by_role("link", name="Voir dans SPHERE")).to_have_attribute("href", "https://sphere.example/messages/1")
    assert violations(bell.page) == []

    bell.lines.nth(1).get_by_role("button", name="Marquer comme lu").click()
    expect(bell.lines.nth(1).get_by_role("button", name="Marquer comme lu")).to_have_count(0)
    expect(other.button(1)).to_be_visible(timeout=ANSWER_MS)
    bell.page.get_by_role("button", name="Tout marquer comme lu").click()
    expect(other.button(0)).to_be_visible(timeout=ANSWER_MS)
    assert violations(bell.page) == []
    assert bell.chat.complaints == []


def test_the_bell_by_keyboard(stack: Stack, open_chat: Callable[..., ChatPage], sophie: Talk) -> None:
    bell = BellOf(open_chat(viewport={"width": 320, "height": 640}, color_scheme="dark", reduced_motion="reduce"), sophie)
    post_event(stack.run, "note.added", DOSSIER, author=account_id(stack.run, CLAIRE), urgent=True)
    keyboard = bell.page.keyboard
    bell.button(1).focus(timeout=ANSWER_MS)
    keyboard.press("Enter")
    expect(bell.page.get_by_role("heading", name="Notifications")).to_be_focused()
    expect(bell.lines.first).to_be_visible()
    assert bell.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(bell.page) == []
    keyboard.press("Tab")
    expect(bell.page.get_by_role("button", name="Tout marquer comme lu")).to_be_focused()
    keyboard.press("Enter")
    expect(bell.page.get_by_role("heading", name="Notifications")).to_be_focused()
    expect(bell.button(0)).to_be_visible()
    keyboard.press("Escape")
    expect(bell.lines.first).to_be_hidden()
    expect(bell.button(0)).to_be_focused()


def test_a_dossier_is_muted_from_the_bell(stack: Stack, open_chat: Callable[..., ChatPage], sophie: Talk) -> None:
    bell = BellOf(open_chat(), sophie)
    post_event(stack.run, "note.added", DOSSIER, author=account_id(stack.run, CLAIRE), urgent=True)
    bell.button(1).click(timeout=ANSWER_MS)
    bell.lines.first.get_by_role("button", name=f"Sourdine du dossier {DOSSIER}").click()
    said = f"Mets le dossier {DOSSIER} en sourdine"
    bell.chat.answered(said)
    expect(bell.lines.first).to_be_hidden()
    expect(bell.chat.answers.last).to_contain_text(re.compile("sourdine|jusqu", re.IGNORECASE))


def test_a_chat_that_is_nobody_has_no_bell(chat: ChatPage) -> None:
    chat.say("bonjour")
    expect(chat.page.locator("#bell-button")).to_be_hidden()
