"""Pictures of every page of the desk from a running sandbox: `python -m tests.browser.desk_screenshots <data folder> [folder]`.

Each page is looked at by axe-core as it is taken; what it finds ends the run. Writes `<page>-<light|dark>-<desktop|phone>.png`. The
sandbox must be in its opening hours: somebody has to be waited for.
"""

import argparse
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, expect, sync_playwright

from .accessibility import violations
from .chat_page import CHROMIUM_FLAGS, CHROMIUM_NAMES, PHONE, ChatPage
from .desk_page import DESKTOP, SECONDS, DeskPage
from .screenshots import identify

ASK = "je veux parler à quelqu'un de l'équipe"
SIZES: dict[str, dict[str, Any]] = {"desktop": {"viewport": DESKTOP}, "phone": {"viewport": PHONE, "device_scale_factor": 1.5}}


def take(run: dict[str, Any], folder: Path) -> None:
    """Something to look at, then every page in every way."""
    chromium = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        tickets, request = _happenings(browser, run)
        for scheme in ("light", "dark"):
            for size, options in SIZES.items():
                _pages(browser, run, folder, f"{scheme}-{size}", tickets, request, color_scheme=scheme, **options)
        browser.close()


def _happenings(browser: Browser, run: dict[str, Any]) -> tuple[list[str], str]:
    """Two users who ask for a person, one of them answered, and a request for an account."""
    claire = ChatPage.open(browser, run["chat"], reduced_motion="reduce")
    identify(lambda text, _answer: claire.say(text), run["mailbox"])
    claire.say("ajoute le Dr Leïla Benali, cardiologue à Tours, au dossier SPH-2024-000137")
    claire.page.get_by_role("button", name=re.compile("accord de l’usager recueilli")).last.click()
    request = _mailed(run["mailbox"])
    claire.say("ajoute Paul Martin, kiné à Vierzon, au dossier SPH-2024-000137")
    first = _ask(claire)
    _helped(browser, run)
    other = ChatPage.open(browser, run["chat"], reduced_motion="reduce")
    other.say("zut flûte crotte de bique")
    second = _ask(other)
    desk = _desk(browser, run)
    desk.page.goto(f"{run['desk']}/canned")
    if desk.page.get_by_text("Prise en charge").count() == 0:
        desk.page.locator("#name").fill("Prise en charge")
        desk.page.locator("#text").fill("Bonjour {nom}, {agent} à votre écoute. Je regarde votre demande {reference}.")
        desk.page.get_by_role("button", name="Ajouter", exact=True).click()
    desk.page.goto(run["desk"])
    desk.open_ticket(first)
    desk.take()
    desk.reply("Bonjour, je regarde votre demande.")
    claire.write("merci, je n'arrive pas à donner accès à Paul Martin")
    expect(desk.items.filter(has_text="Paul Martin").last).to_be_visible()
    desk.note("Son compte est ouvert depuis hier, vérifier l'annuaire.")
    for context in (claire.context, other.context, desk.context):
        context.close()
    return [first, second], request


def _helped(browser: Browser, run: dict[str, Any]) -> None:
    """Somebody who was helped, and says so."""
    chat = ChatPage.open(browser, run["chat"], reduced_motion="reduce")
    reference = _ask(chat)
    desk = _desk(browser, run)
    desk.open_ticket(reference)
    desk.take()
    desk.reply("Votre espace est rouvert, bonne journée.")
    desk.close("résolu")
    chat.page.get_by_role("button", name="Très utile").click()
    expect(chat.page.get_by_text("votre avis est transmis")).to_be_visible(timeout=SECONDS)
    for context in (chat.context, desk.context):
        context.close()


def _ask(chat: ChatPage) -> str:
    chat.write(ASK)
    notice = chat.page.locator("article.from-system").filter(has_text=re.compile(r"SUP-\d{6}")).last
    expect(notice).to_be_visible(timeout=SECONDS)
    found = re.search(r"SUP-\d{6}", notice.inner_text())
    assert found
    return found[0]


def _mailed(mailbox: str) -> str:
    """The reference of the newest account request."""
    for _ in range(100):
        for mail in httpx.get(mailbox).json()["mails"]:
            if found := re.search(r"DC-\d{4}-\d{6}", mail["text"]):
                return found[0]
        time.sleep(0.2)
    raise SystemExit("no mail about an account request")


def _desk(browser: Browser, run: dict[str, Any], **options: Any) -> DeskPage:
    desk = DeskPage.open(browser, run["desk"], reduced_motion="reduce", **options)
    desk.sign_in(run["desk_user"], run["desk_password"])
    return desk


def _pages(browser: Browser, run: dict[str, Any], folder: Path, suffix: str, tickets: list[str], request: str, **options: Any) -> None:
    stranger = DeskPage.open(browser, run["desk"], **options)
    assert violations(stranger.page) == []
    stranger.page.screenshot(path=folder / f"sign-in-{suffix}.png")
    stranger.context.close()
    desk = _desk(browser, run, **options)

    def shoot(name: str) -> None:
        if found := violations(desk.page):
            raise SystemExit("\n".join([f"{name}-{suffix}:", *found]))
        desk.page.screenshot(path=folder / f"{name}-{suffix}.png")
        print(folder / f"{name}-{suffix}.png")

    expect(desk.page.locator("[data-row]", has_text=tickets[1])).to_be_visible()
    shoot("queue")
    desk.open_ticket(tickets[0])
    shoot("conversation")
    for name, path in (
        ("requests", "requests"),
        ("request", f"requests/{request}"),
        ("canned", "canned"),
        ("team", "team"),
        ("figures", "figures"),
    ):
        desk.page.goto(f"{run['desk']}/{path}")
        shoot(name)
    for name in ("password", "messaging"):
        desk.page.goto(f"{run['desk']}/{name}")
        shoot(name)
    desk.context.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path, help="data folder of the running sandbox")
    arguments.add_argument("folder", nargs="?", type=Path, default=Path("docs/images/desk"))
    given = arguments.parse_args()
    take(json.loads((given.data / "run.json").read_text()), given.folder)
