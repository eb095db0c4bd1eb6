"""Talking with the assistant in the page, with everything behind it running."""

from collections.abc import Callable

from playwright.sync_api import expect

from .chat_page import ANSWER_MS, PHONE, ChatPage


def test_conversation_by_keyboard_only(chat: ChatPage) -> None:
    page, keyboard = chat.page, chat.page.keyboard
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller à la saisie du message")).to_be_focused()
    keyboard.press("Enter")
    expect(chat.field).to_be_focused()
    keyboard.type("bonjour")
    keyboard.press("Shift+Enter")
    keyboard.type("à vous")
    assert chat.field.input_value() == "bonjour\nà vous"
    keyboard.press("Enter")
    chat.answered("bonjour")
    expect(chat.field).to_have_value("")
    expect(chat.field).to_be_focused()

    page.get_by_role("button", name="Menu").focus()
    keyboard.press("Enter")
    expect(page.get_by_role("button", name="Nouvelle conversation")).to_be_focused()
    keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    expect(page.get_by_role("button", name="Menu")).to_be_focused()


def test_button_is_pressed_once(chat: ChatPage) -> None:
    chat.say("aide")
    choices = chat.answers.last.get_by_role("group", name="Réponses proposées").get_by_role("button")
    expect(choices.first).to_be_enabled()
    title = choices.first.inner_text()
    group = choices.first.locator("xpath=..").element_handle()
    choices.first.click()

    chat.answered(title)
    assert group is not None
    assert group.eval_on_selector_all("button", "buttons => buttons.every(button => button.disabled)")
    assert "choisi" in group.inner_text()
    expect(chat.mine.last.locator(".bubble")).to_have_text(title)


def test_suggestion_starts_the_conversation(chat: ChatPage) -> None:
    chat.page.get_by_role("button", name="Ajouter un partenaire").click()

    chat.answered("Ajouter un partenaire")
    expect(chat.page.locator("#welcome")).to_be_hidden()


def test_reload_keeps_the_conversation_and_the_draft(chat: ChatPage) -> None:
    chat.say("bonjour")
    chat.say("aide")
    before = chat.texts()
    chat.field.fill("un brouillon")
    chat.page.reload()
    chat.answered("aide")

    assert chat.texts() == before
    expect(chat.field).to_have_value("un brouillon")


def test_offline_then_online_loses_nothing_and_doubles_nothing(chat: ChatPage) -> None:
    chat.say("bonjour")
    chat.context.set_offline(True)
    expect(chat.banner).to_have_text("Connexion perdue, nouvel essai…")
    chat.write("merci")
    chat.write("au revoir")
    expect(chat.mine.filter(has_text="Envoi…")).to_have_count(2)
    chat.context.set_offline(False)

    expect(chat.banner).to_be_hidden(timeout=ANSWER_MS)
    chat.answered("au revoir")
    expect(chat.page.locator("article.from-user[data-status=received]").filter(has_text="merci")).to_have_count(1)
    chat.page.reload()
    chat.answered("au revoir")
    assert chat.mine.locator(".bubble").all_inner_texts() == ["bonjour", "merci", "au revoir"]


def test_unsent_message_survives_a_reload(chat: ChatPage) -> None:
    chat.say("bonjour")
    chat.context.route("**/chat/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    chat.write("aide")
    expect(chat.mine.filter(has_text="Envoi…")).to_have_count(1)
    chat.context.unroute("**/chat/messages")
    chat.page.reload()

    chat.answered("aide")
    assert chat.mine.locator(".bubble").all_inner_texts() == ["bonjour", "aide"]


def test_markup_typed_shows_as_text(chat: ChatPage) -> None:
    typed = '<img src=x onerror="document.title=1"> <b>gras</b> **étoiles** &amp;\n  deux espaces'
    chat.write(typed)
    chat.answered("gras")

    expect(chat.mine.last.locator(".bubble")).to_have_text(typed)
    assert chat.page.locator("#log img, #log b, #log script").count() == 0
    assert chat.page.title() == "Assistant SPHERE"
    assert chat.complaints == []


def test_text_too_long_is_counted_before_it_is_sent(chat: ChatPage) -> None:
    chat.field.fill("é" * 3_700)
    expect(chat.page.locator("#composer-count")).to_have_text("3\u202f700 / 4\u00a0000 caractères")
    chat.field.fill("é" * 4_001)
    expect(chat.page.locator("#composer-count")).to_have_text("1 caractère de trop")
    chat.field.press("Enter")

    expect(chat.field).to_have_value("é" * 4_001)
    expect(chat.mine).to_have_count(0)


def test_too_many_messages_wait_their_turn(chat: ChatPage) -> None:
    refusals = iter([True])

    def busy(route) -> None:  # type: ignore[no-untyped-def]
        if route.request.method == "POST" and next(refusals, False):
            route.fulfill(status=429, headers={"Retry-After": "1"}, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    chat.context.route("**/chat/messages", busy)
    chat.write("bonjour")

    expect(chat.mine.last).to_contain_text("nouvel envoi automatique dans 1\u00a0s")
    chat.answered("bonjour")


def test_forgotten_session_is_said_and_a_new_one_begins(chat: ChatPage) -> None:
    chat.say("bonjour")
    chat.page.evaluate("localStorage.setItem('sphere-chat-token', 'inconnu')")
    chat.page.reload()

    expect(chat.page.locator("article.from-system")).to_contain_text("une nouvelle conversation commence")
    expect(chat.page.locator("#welcome")).to_be_visible()
    chat.say("bonjour")


def test_new_conversation_is_asked_before_and_leaves_nothing(chat: ChatPage) -> None:
    chat.say("bonjour")
    for answer, left in (("Annuler", 1), ("Commencer", 0)):
        chat.page.get_by_role("button", name="Menu").click()
        chat.page.get_by_role("button", name="Nouvelle conversation").click()
        chat.page.get_by_role("dialog").get_by_role("button", name=answer).click()
        expect(chat.mine).to_have_count(left)
    assert chat.page.evaluate("localStorage.getItem('sphere-chat-token')") is None


def test_newest_message_stays_in_sight(open_chat: Callable[..., ChatPage]) -> None:
    chat = open_chat(viewport={**PHONE, "height": 560})
    for text in ("bonjour", "aide", "merci"):
        chat.say(text)

    expect(chat.answers.last).to_be_in_viewport(ratio=0.2)
    chat.page.locator("#scroll").evaluate("area => area.scrollTo(0, 0)")
    chat.page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(chat.page.locator("#to-end")).to_be_hidden()
