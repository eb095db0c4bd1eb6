"""Pictures for the docs from a running sandbox: `python -m tests.browser.screenshots <data folder> [folder]`.

Writes `chat.png` (desktop), `chat-phone.png` and `chat-dark.png` of one short conversation of a demo professional; `notifications.png`,
`notifications-phone.png` and `notifications-dark.png` of the page of their notifications, `bell.png` of the bell of their chat; with
`TELEGRAM=fake` and `TEAMS=fake`, also `telegram.png` and `teams.png` of the same one on the pages of the stand-ins.
"""

import argparse
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .chat_page import CHROMIUM_FLAGS, CHROMIUM_NAMES, PHONE, ChatPage
from .settings_page import account_id, open_settings, page_link, post_event

WHO = "claire.moreau@sphere.example"
SECONDS = 60_000
TASK, ASKED = "ajoute Paul Martin, kiné à Vierzon, au dossier SPH-2024-000137", "voulez-vous lui donner accès"
Say = Callable[[str, str], object]
"""Says a text, and waits until something is said that holds the other one."""
SHOTS: dict[str, dict[str, Any]] = {
    "chat": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "light"},
    "chat-phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
    "chat-dark": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "notifications": {"viewport": {"width": 1100, "height": 1250}, "color_scheme": "light"},
    "notifications-phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
    "notifications-dark": {"viewport": {"width": 1100, "height": 1250}, "color_scheme": "dark"},
}


def identify(say: Say, mailbox: str) -> None:
    """Identify as the demo professional, by the code of the mail."""
    httpx.delete(mailbox)
    say("je veux m'identifier", "adresse e-mail")
    say(WHO, "6 chiffres")
    while not (mails := httpx.get(mailbox).json()["mails"]):
        pass
    found = re.search(r"\b\d{6}\b", mails[0]["text"])
    assert found
    say(found[0], "reliée au compte")


def take(run: dict[str, Any], data: Path, folder: Path) -> None:
    """Holds the conversation once for each picture."""
    url, mailbox = run["chat"], run["mailbox"]
    chromium = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS), env={**os.environ, "LANGUAGE": "fr"})
        for name, options in SHOTS.items():
            chat = ChatPage.open(browser, url, reduced_motion="reduce", **options)
            identify(lambda text, _answer, chat=chat: chat.say(text), mailbox)
            chat.say(TASK)
            chat.page.screenshot(path=folder / f"{name}.png")
            if name == "chat":
                _bell(run, chat, folder / "bell.png")
            chat.context.close()
            print(folder / f"{name}.png")
        for name, options in SETTINGS.items():
            _settings(browser, page_link(data, run, WHO), options, folder / f"{name}.png")
        for name, open_page in (("telegram", _telegram), ("teams", _teams)):
            if name in run:
                page, say = open_page(browser, run[name])
                identify(say, mailbox)
                say(TASK, ASKED)
                page.screenshot(path=folder / f"{name}.png")
                page.context.close()
                print(folder / f"{name}.png")
        browser.close()


def _bell(run: dict[str, Any], chat: ChatPage, path: Path) -> None:
    """What happened on the dossier of the conversation, in the bell."""
    by = account_id(run, "karim.benali@sphere.example")
    post_event(run, "document.added", author=by, title="Bilan de kinésithérapie")
    post_event(run, "message.received", author=by, urgent=True, url="https://sphere.example/messages")
    bell = chat.page.get_by_role("button", name=re.compile(r"Notifications, (\d+) non lues"))
    expect(bell).to_be_visible(timeout=SECONDS)
    expect(chat.page.locator("article").filter(has_text="Urgent").last).to_be_visible(timeout=SECONDS)
    bell.click()
    expect(chat.page.locator("#bell li").first).to_contain_text("Urgent")
    chat.page.screenshot(path=path)
    print(path)


def _settings(browser: Browser, link: str, options: dict[str, Any], path: Path) -> None:
    """The page with quiet nights."""
    page = browser.new_context(locale="fr-FR", reduced_motion="reduce", **options).new_page()
    open_settings(page, link)
    if not page.get_by_role("group", name="Heures calmes 1").count():
        page.locator("summary", has_text="Ajouter des heures calmes").click()
        window = page.get_by_role("group", name="Nouvelles heures calmes")
        for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi"):
            window.get_by_label(day).check()
        window.get_by_label("De").fill("19:00")
        window.get_by_label("à", exact=True).fill("07:00")
        page.get_by_role("button", name="Ajouter ces heures").click()
        expect(page.get_by_role("status")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=path)
    page.context.close()
    print(path)


def _telegram(browser: Browser, url: str) -> tuple[Page, Say]:
    """The stand-in's page as somebody new, and how they say something."""
    page = _opened(browser, url)
    page.get_by_role("button", name="Nouvelle personne").click()

    def say(text: str, answer: str) -> None:
        page.get_by_label("Message").fill(text)
        page.get_by_role("button", name="Envoyer", exact=True).click()
        expect(page.locator(".m:not(.me)").filter(has_text=answer).last).to_be_visible(timeout=SECONDS)

    return page, say


def _teams(browser: Browser, url: str) -> tuple[Page, Say]:
    """The same, of the stand-in for Teams, where the assistant is installed first."""
    page = _opened(browser, url)
    page.locator("#rooms button").first.click()
    page.get_by_role("button", name="Installer l’assistant").click()
    expect(page.locator("#messages > li")).not_to_have_count(0, timeout=SECONDS)

    def say(text: str, answer: str) -> None:
        page.get_by_label("Votre message").fill(text)
        page.get_by_role("button", name="Envoyer", exact=True).click()
        expect(page.locator("#messages > li").filter(has_text=answer).last).to_be_visible(timeout=SECONDS)

    return page, say


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1100, "height": 760}, color_scheme="light").new_page()
    page.goto(url)
    return page


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path, help="data folder of the running sandbox")
    arguments.add_argument("folder", nargs="?", type=Path, default=Path("docs/images"))
    given = arguments.parse_args()
    run = json.loads((given.data / "run.json").read_text())
    take(run, given.data, given.folder)
