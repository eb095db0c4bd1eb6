"""The support desk in a real browser, with everything behind it running: two agents, users in the web chat, one of them unlucky."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.conversations.talk import CLAIRE, as_user
from tests.conversations.telegram import TelegramTalk
from tests.stack import Stack, wait_for

from .accessibility import violations
from .chat_page import PHONE, ChatPage
from .desk_agents import ASK, ask, at_desk, installation, team, user, wait_for_text
from .desk_page import DeskPage

pytestmark = [pytest.mark.xdist_group("desk"), pytest.mark.timeout(400)]
__all__ = ["at_desk", "installation", "team", "user"]
MARKUP = '<img src=x onerror="document.title=1"> <b>gras</b> &amp; {{ 7*7 }}'


def test_two_agents_and_two_users(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]) -> None:
    ines, paul, one, two = at_desk("ines"), at_desk("paul"), user(), user()
    first, second = ask(one), ask(two)
    for desk in (ines, paul):
        expect(desk.page.locator("[data-row]", has_text=second)).to_be_visible()
        expect(desk.page).to_have_title(re.compile(r"^\([2-9]\) Conversations"))

    ines.open_ticket(first)
    paul.open_ticket(first)
    expect(paul.page.locator("#viewers")).to_contain_text("Inès regarde aussi")
    ines.take()
    wait_for_text(one, "Inès")
    expect(paul.page.locator("#state")).to_contain_text("Inès répond")
    ines.reply("Bonjour, je regarde.")
    wait_for_text(one, "Bonjour, je regarde.")
    one.write("merci d'avance")
    expect(ines.items.filter(has_text="merci d'avance")).to_be_visible()
    expect(paul.items.filter(has_text="merci d'avance")).to_be_visible()

    ines.note("Le cabinet rappelle à midi, poste 7714")
    expect(paul.page.locator("article.note").filter(has_text="7714")).to_be_visible()
    ines.page.locator("summary", has_text="Transférer").click()
    ines.page.get_by_label("À", exact=True).select_option(label="Paul")
    ines.page.locator("#state").get_by_role("button", name="Transférer", exact=True).click()
    expect(paul.page.locator("#state")).to_have_attribute("data-mine", "yes")
    wait_for_text(one, "Paul")
    paul.reply(MARKUP)
    expect(one.page.locator("article .bubble").filter(has_text="gras").last).to_have_text(MARKUP)
    one.write(MARKUP)
    expect(paul.page.locator("article.from-user .bubble").filter(has_text="gras").last).to_have_text(MARKUP)
    paul.close("résolu")
    one.say("bonjour")
    again = ask(one)
    assert again != second

    assert "7714" not in one.page.content()
    for page in (one, paul, ines):
        assert page.complaints == []
    assert paul.page.locator("#items img, #items b, #items script").count() == 0
    assert len(paul.hosts) == 1
    assert not any(text for text in two.texts() if "je regarde" in text)


def test_the_web_chat_and_telegram_at_once(
    at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage], installation: Stack, browser: Browser
) -> None:
    ines, paul, web, telegram = at_desk("ines"), at_desk("paul"), user(), TelegramTalk(installation)
    telegram.may_be_silent = True
    first = ask(web)
    second = found_in(telegram.say(ASK))
    ines.open_ticket(first)
    paul.open_ticket(second)
    ines.take()
    paul.take()
    telegram.wait_said("Paul, de l’équipe SPHERE, a rejoint la discussion")

    web.field.press_sequentially("je tape")
    expect(ines.page.locator("#writing")).to_have_text("L’utilisateur écrit…")
    assert "je tape" not in ines.page.content()
    assert paul.page.locator("#writing").inner_text() == ""
    web.field.press("Enter")
    expect(ines.items.filter(has_text="je tape")).to_be_visible()
    expect(ines.page.locator("#writing")).to_have_text("")
    telegram.say("le dossier de Mme Durand est vide")
    expect(paul.items.filter(has_text="est vide")).to_be_visible()
    assert "Durand" not in paul.page.content()

    ines.reply("Réponse pour le web.")
    paul.note("Poste 7714, entre nous")
    paul.reply("Réponse pour Telegram.")
    wait_for_text(web, "Réponse pour le web.")
    telegram.wait_said("Réponse pour Telegram.")
    assert not any("Telegram" in text for text in web.texts())
    paul.page.locator("summary", has_text="Transférer").click()
    paul.page.get_by_label("À", exact=True).select_option(label="Inès")
    paul.page.locator("#state").get_by_role("button", name="Transférer", exact=True).click()
    telegram.wait_said("Inès, de l’équipe SPHERE, prend la suite")
    expect(paul.page.locator("#state")).to_have_attribute("data-mine", "no")

    ines.close("résolu")
    wait_for_text(web, "L’assistant reprend")
    web.say("bonjour")
    web.page.get_by_role("button", name="Rouvrir la discussion").last.click()
    wait_for_text(web, "rouverte")
    paul.page.goto(paul.url)
    paul.open_ticket(first)
    expect(paul.items.filter(has_text="Réponse pour le web.")).to_be_visible()
    paul.take()
    paul.close("expliqué")
    ines.page.goto(ines.url)
    ines.open_ticket(second)
    ines.reply("Je conclus.")
    ines.close("résolu")
    telegram.wait_said("L’assistant reprend")
    assert "Bonjour" in telegram.say("bonjour")
    assert found_in(telegram.say(ASK)) != second
    telegram.say("fin")

    web.page.get_by_role("button", name="Recevoir la transcription").last.click()
    with web.page.expect_popup() as opened:
        web.page.get_by_role("link", name="Lire la transcription").last.click()
    opened.value.get_by_role("button", name="Lire la discussion").click()
    expect(opened.value.get_by_text("Réponse pour le web.")).to_be_visible()
    assert violations(opened.value) == []
    telegram.say("transcription")
    link = next(link for link in telegram.messages()[-1].links if "#continue=" in link)
    there = ChatPage(browser.new_context(locale="fr-FR"), web.page)
    there.page = there.context.new_page()
    there.page.goto(link)
    there.page.get_by_role("button", name="Oui, c’est ma discussion").click()
    with there.page.expect_popup() as opened:
        there.page.get_by_role("link", name="Lire la transcription").last.click()
    opened.value.get_by_role("button", name="Lire la discussion").click()
    expect(
        opened.value.get_by_text("Réponse pour Telegram.").or_(opened.value.get_by_text("Votre demande est transmise"))
    ).not_to_have_count(0)
    for text in ("7714", "Durand"):  # the team reads its own note in its forum, too, and the user nowhere
        assert text not in opened.value.content() + web.page.content()
        assert not any(text in message.text for message in telegram.messages() if message.from_bot)
    assert not any("Durand" in sent for sent in TelegramTalk.everything_sent(installation))
    there.context.close()


def found_in(said: str) -> str:
    """The reference that the user was told."""
    found = re.search(r"SUP-\d{6}", said)
    assert found, said
    return found[0]


def test_two_agents_take_one_at_the_same_time(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]) -> None:
    ines, paul, chat = at_desk("ines"), at_desk("paul"), user()
    reference = ask(chat)
    paul.page.route("**/desk/events**", lambda route: route.abort())  # his page hears of nothing, as where the network is slow
    for desk in (ines, paul):
        desk.open_ticket(reference)
    ines.take()
    paul.page.get_by_role("button", name="Prendre", exact=True).click()
    expect(paul.page.get_by_role("alert")).to_contain_text("Inès a pris cette conversation avant vous")
    expect(paul.page.locator("#state")).to_contain_text("Inès répond")


def test_an_agents_browser_dies_and_a_colleague_takes_over(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]) -> None:
    ines, chat = at_desk("ines"), user()
    reference = ask(chat)
    ines.open_ticket(reference)
    ines.take()
    ines.context.close()
    chat.write("vous êtes là ?")
    paul = at_desk("paul")
    paul.open_ticket(reference)
    paul.page.on("dialog", lambda dialog: dialog.accept())
    paul.page.get_by_role("button", name="Reprendre à Inès").click()
    expect(paul.page.locator("#state")).to_have_attribute("data-mine", "yes")
    paul.reply("Je prends la suite.")
    wait_for_text(chat, "Je prends la suite.")


def test_the_bot_dies_in_the_middle(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage], installation: Stack) -> None:
    ines, chat = at_desk("ines"), user()
    reference = ask(chat)
    ines.open_ticket(reference)
    ines.take()
    ines.reply("Un instant.")
    ines.page.get_by_label("Réponse à l’utilisateur").fill("un brouillon")
    installation.wait_restarted("bot", installation.kill("bot"))
    chat.write("toujours là ?")
    expect(ines.items.filter(has_text="toujours là ?")).to_have_count(1, timeout=60_000)
    expect(ines.page.locator("#lost")).to_be_hidden(timeout=60_000)
    expect(ines.page.get_by_label("Réponse à l’utilisateur")).to_have_value("un brouillon")
    expect(ines.items.filter(has_text="Un instant.")).to_have_count(1)
    ines.reply("Oui.")
    wait_for_text(chat, "Oui.")


def test_an_account_request_from_the_chat_to_the_account(at_desk: Callable[..., DeskPage], installation: Stack) -> None:
    claire = as_user(installation, CLAIRE)
    claire.say("ajoute le Dr Leïla Benali, cardiologue à Tours, au dossier SPH-2024-000137")
    claire.press("accord de l’usager recueilli")
    reference = wait_for("a request", lambda: next(iter(re.findall(r"DC-\d{4}-\d{6}", str(claire.history()))), None))
    mail = installation.mail_to("accompagnement-sphere@esante-centre.fr", reference)

    ines = at_desk("ines")
    link = re.search(r"https?://\S+/desk/requests/DC-\S+", mail["text"])
    assert link
    ines.page.goto(link[0])
    expect(ines.page.get_by_role("heading", level=1)).to_contain_text("Leïla Benali")
    expect(ines.page.locator("table.comparison")).to_contain_text("Annuaire")
    assert violations(ines.page) == []
    ines.page.get_by_role("button", name="Créer le compte").click()
    expect(ines.page.locator(".pending, .chip.is-created").first).to_be_visible()
    expect(ines.page.locator(".chip.is-created").first).to_be_visible(timeout=60_000)
    claire.wait_said(r"Le compte de Leïla Benali est créé")
    assert any("Leïla" in name for name in installation.participants("SPH-2024-000137"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nothing_stands_in_anybodys_way(
    at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage], browser: Browser, installation: Stack, scheme: str, size: str
) -> None:
    options = {"color_scheme": scheme, "reduced_motion": "reduce", **({"viewport": PHONE} if size == "phone" else {})}
    chat = user()
    reference = ask(chat)
    stranger = DeskPage.open(browser, str(installation.run["desk"]), **options)
    assert violations(stranger.page) == []
    stranger.context.close()
    ines = at_desk("ines", **options)
    ines.page.locator("[data-row]", has_text=reference).wait_for()
    assert violations(ines.page) == []
    ines.open_ticket(reference)
    assert violations(ines.page) == []
    ines.take()
    ines.reply("Bonjour. " * 60)
    ines.note("Une note")
    for form in ("Transférer", "Dossier et étiquettes", "Clore"):
        ines.page.locator("summary", has_text=form).click()
    assert violations(ines.page) == []
    assert ines.page.evaluate("document.documentElement.scrollWidth") <= (PHONE["width"] if size == "phone" else 1280)
    for path in ("requests", "canned", "password", "messaging"):
        ines.page.goto(f"{installation.run['desk']}/{path}")
        assert violations(ines.page) == []
        assert ines.page.evaluate("document.documentElement.scrollWidth") <= (PHONE["width"] if size == "phone" else 1280)
    ines.page.keyboard.press("?")
    expect(ines.page.get_by_role("dialog")).to_be_visible()
    assert violations(ines.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_figures_of_what_happened(
    browser: Browser, user: Callable[[], ChatPage], installation: Stack, team: None, scheme: str, size: str
) -> None:
    options = {"color_scheme": scheme, "reduced_motion": "reduce", **({"viewport": PHONE} if size == "phone" else {})}
    chat = user()
    chat.say("asdf qsdf jklm wxcv")
    ask(chat)
    boss = DeskPage.open(browser, str(installation.run["desk"]), **options)
    boss.sign_in(installation.run["desk_user"], installation.run["desk_password"])
    boss.page.get_by_role("link", name="Chiffres").click()
    expect(boss.page.get_by_role("heading", level=1)).to_have_text("Chiffres")
    boss.page.locator("details", has_text="Tableau par jour").locator("summary").click()
    assert violations(boss.page) == []
    assert boss.page.evaluate("document.documentElement.scrollWidth") <= (PHONE["width"] if size == "phone" else 1280)
    sentence = boss.page.locator("#sentences li", has_text="asdf qsdf jklm wxcv").first
    count = boss.page.locator("#sentences li").count()
    sentence.get_by_role("button", name=re.compile("^Garder")).click()
    expect(boss.page.locator("#sentences li")).to_have_count(count - 1)
    assert "asdf qsdf jklm wxcv" in (installation.data / "training" / "sentences.yml").read_text("utf-8")
    with boss.page.expect_download() as file:
        boss.page.locator('a[href*="/figures/days.csv"]').click()
    assert file.value.suggested_filename.endswith(".csv")
    assert boss.complaints == []
    boss.context.close()


def test_by_keyboard_only(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]) -> None:
    ines, chat = at_desk("ines"), user()
    reference = ask(chat)
    ines.page.goto(f"{ines.url}?q={reference}")
    keyboard = ines.page.keyboard
    keyboard.press("j")
    ask(user())  # the queue is brought anew
    expect(ines.page.locator("[data-row]", has_text=reference)).to_be_focused()
    keyboard.press("Enter")
    expect(ines.page.get_by_role("heading", level=1)).to_have_text(reference)
    keyboard.press("p")
    expect(ines.page.locator("#state")).to_have_attribute("data-mine", "yes")
    keyboard.press("r")
    keyboard.type("par le clavier: j k p")
    under_way: list[Route] = []

    def hold(route: Route) -> None:
        under_way.append(route)

    ines.page.route("**/reply", hold)
    with ines.page.expect_request("**/reply"):
        keyboard.press("Control+Enter")
    ines.page.locator("h1").click()  # she turns away before the answer is sent
    with ines.page.expect_response("**/reply"):
        under_way[0].continue_()
    expect(ines.page.get_by_label("Réponse à l’utilisateur")).to_have_value("")
    wait_for_text(chat, "par le clavier: j k p")
    keyboard.press("n")
    note = ines.page.get_by_label("Note pour l’équipe")
    expect(note).to_be_focused()
    keyboard.type("une note")
    keyboard.press("Control+Enter")
    expect(note).to_have_value("")
    expect(note).to_be_focused()
    ines.page.locator("h1").click()
    keyboard.press("g")
    keyboard.press("d")
    expect(ines.page.get_by_role("heading", level=1)).to_have_text("Demandes de compte")


def test_a_form_that_just_came_is_sent_without_leaving_the_page(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]) -> None:
    ines, chat = at_desk("ines"), user()
    ines.open_ticket(ask(chat))
    ines.take()
    ines.page.evaluate("""() => {
        window.samePage = true;
        const send = (event) => {
          if (event.target.id !== "composer") return;
          document.body.removeEventListener("htmx:afterSwap", send);
          setTimeout(() => {
            const note = document.getElementById("note");
            note.value = "aussitôt après";
            note.form.requestSubmit();
          });
        };
        document.body.addEventListener("htmx:afterSwap", send);
    }""")
    ines.reply("une réponse")
    expect(ines.page.locator("#items article", has_text="aussitôt après")).to_be_visible()
    assert ines.page.evaluate("window.samePage === true")


def test_a_link_that_is_pressed_as_the_numbers_change_still_leads_there(
    at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]
) -> None:
    ines = at_desk("ines")
    link = ines.page.get_by_role("link", name=re.compile("^Demandes de compte"))
    link.hover()
    ines.page.mouse.down()
    waiting = ines.page.locator("#counts")
    before = waiting.get_attribute("data-newest")
    ask(user())
    expect(waiting).not_to_have_attribute("data-newest", before or "")
    ines.page.mouse.up()
    expect(ines.page.get_by_role("heading", level=1)).to_have_text("Demandes de compte")


def test_a_row_that_is_pressed_as_the_queue_is_renewed_is_opened(at_desk: Callable[..., DeskPage], user: Callable[[], ChatPage]) -> None:
    reference, ines = ask(user()), at_desk("ines")
    row, waiting = ines.page.locator("[data-row]", has_text=reference), ines.page.locator("#counts")
    row.hover()
    ines.page.mouse.down()
    row.evaluate("row => row.dataset.same = 'yes'")
    before = waiting.get_attribute("data-newest")
    later = ask(user())
    expect(waiting).not_to_have_attribute("data-newest", before or "")
    expect(row).to_have_attribute("data-same", "yes")
    ines.page.mouse.up()
    expect(ines.page.get_by_role("heading", level=1)).to_have_text(reference)
    ines.page.goto(ines.url)
    expect(ines.page.locator("[data-row]", has_text=later)).to_be_visible()
