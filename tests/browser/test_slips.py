"""A hand that slips does nothing, and no word that was typed is lost. Where a button takes presses is up to the test's own clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from .chat_page import PHONE
from .lone_page import Service, message

SEX = message(1, "Quel est son sexe ?", "Féminin", "Masculin")
CARD = message(3, "Voulez-vous créer ce dossier ?", "Oui, créer le dossier", "Corriger")


@pytest.fixture
def play(browser: Browser) -> Iterator[Callable[..., Service]]:
    """The page, with a test that plays the service."""
    playing: list[Service] = []

    def play_one(*history: dict[str, Any]) -> Service:
        playing.append(Service(browser, *history, viewport=PHONE))
        return playing[-1]

    yield play_one
    for service in playing:
        service.chat.context.close()


@pytest.fixture
def asked(play: Callable[..., Service]) -> Service:
    """The page with a question that was just put; its clock stands still."""
    service = play(SEX)
    service.page.clock.install(time=0)
    service.page.clock.pause_at(1_000)
    service.open()
    service.expect_armed("Féminin", "no")
    return service


def settle(service: Service) -> None:
    service.page.clock.run_for(1_500)


def answer(service: Service) -> None:
    """The service takes what was chosen, and asks for the confirmation."""
    chosen = message(2, "Féminin", author="user", client_id=service.posted[0]["id"])
    service.tell(("message", chosen), ("message", CARD))
    service.expect_armed("Corriger", "no")


def test_clicks_in_a_row_choose_once_and_press_nothing_that_comes_after(asked: Service) -> None:
    page = asked.page
    asked.choice("Féminin").click(force=True)
    settle(asked)
    asked.expect_armed("Féminin", "yes")
    with page.expect_response("**/chat/messages"):
        asked.choice("Féminin").dblclick()
    answer(asked)

    box = asked.choice("Oui, créer le dossier").bounding_box()
    assert box is not None
    place = (box["x"] + 30, box["y"] + box["height"] / 2)
    for _ in range(7):  # each click begins the wait again, which is longer under a pointer that stays
        page.clock.run_for(350)
        page.mouse.click(*place)
    page.clock.run_for(1_000)
    asked.expect_armed("Corriger", "no")
    page.mouse.down()
    settle(asked)
    page.mouse.up()  # let go after it was armed: the press had begun before
    assert [each["button"] for each in asked.posted] == ["1-Féminin"]

    asked.expect_armed("Corriger", "yes")
    with page.expect_response("**/chat/messages"):
        page.mouse.click(*place)
    assert [each["button"] for each in asked.posted] == ["1-Féminin", "3-Oui, créer le dossier"]
    assert asked.chat.complaints == []


def test_pointer_that_moved_away_waits_less_than_one_that_stayed(asked: Service) -> None:
    page = asked.page
    asked.choice("Féminin").click(force=True)
    page.clock.run_for(750)
    asked.expect_armed("Féminin", "no")
    page.mouse.move(5, 5)
    asked.expect_armed("Féminin", "yes")
    assert asked.posted == []


def test_keys_press_no_new_button_and_the_focus_stays(asked: Service) -> None:
    page, keyboard, button = asked.page, asked.page.keyboard, asked.choice("Féminin")
    button.focus()
    for key in ("Enter", "Space"):
        keyboard.press(key)
    keyboard.down("Enter")
    settle(asked)
    keyboard.down("Enter")  # held
    keyboard.up("Enter")
    expect(button).to_be_focused()
    assert asked.posted == []

    settle(asked)
    expect(button).to_be_enabled()
    with page.expect_response("**/chat/messages"):
        keyboard.press("Enter")
    assert len(asked.posted) == 1


def test_words_typed_before_the_scripts_are_there_stay_with_the_draft(play: Callable[..., Service]) -> None:
    service = play()
    service.late = []
    service.chat.context.add_init_script("sessionStorage.setItem('sphere-chat-draft', 'Avant,')")
    service.open(wait_until="commit")
    service.chat.field.fill("et après")
    service.page.get_by_role("button", name="Envoyer").click()
    expect(service.chat.field).to_have_value("et après")
    service.let_scripts_in()

    expect(service.chat.field).to_have_value("Avant,\net après")
    assert service.posted == []


def test_enter_that_ends_a_composition_sends_nothing(play: Callable[..., Service]) -> None:
    service = play(SEX)
    service.open()
    service.expect_armed("Féminin", "yes")
    service.chat.field.fill("かな")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        service.chat.field.dispatch_event("keydown", {"key": "Enter", **composing})
    expect(service.chat.field).to_have_value("かな")
    assert service.posted == []


def test_what_was_sent_while_the_network_was_away_waits_and_is_sent_under_one_id(play: Callable[..., Service]) -> None:
    service = play(SEX)
    service.away = True
    service.open()
    service.expect_armed("Féminin", "yes")
    service.chat.write("premier")
    service.chat.write("second")
    expect(service.chat.mine.filter(has_text="en attente du réseau")).to_have_count(2)
    service.chat.field.fill("un brouillon")
    service.away = False
    service.page.evaluate("dispatchEvent(new Event('online'))")

    expect(service.chat.mine.last).to_have_attribute("data-status", "sent")
    ids = {each["text"]: {other["id"] for other in service.posted if other["text"] == each["text"]} for each in service.posted}
    assert [len(ids[text]) for text in ("premier", "second")] == [1, 1]
    assert [each["text"] for each in service.posted][-2:] == ["premier", "second"]
    expect(service.chat.field).to_have_value("un brouillon")


def test_session_that_ends_leaves_what_is_being_typed(play: Callable[..., Service]) -> None:
    service = play(SEX)
    service.open()
    service.expect_armed("Féminin", "yes")
    service.chat.field.fill("je n'ai pas fini")
    service.tell(("session", {"ended": "idle"}))

    expect(service.page.locator("article.from-system")).to_contain_text("Votre session s’est fermée")
    expect(service.chat.field).to_have_value("je n'ai pas fini")
    service.page.reload()
    expect(service.chat.field).to_have_value("je n'ai pas fini")


def test_refused_message_comes_back_before_what_was_typed_since(play: Callable[..., Service]) -> None:
    service = play(SEX)
    service.refusing = 422
    service.open()
    service.expect_armed("Féminin", "yes")
    service.chat.write("refusé")
    service.chat.field.fill("tapé depuis")
    service.page.get_by_role("button", name="Modifier").click()

    expect(service.chat.field).to_have_value("refusé\ntapé depuis")
