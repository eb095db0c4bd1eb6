"""Pictures for the README from a running sandbox: `python -m tests.browser.screenshots <data folder> [folder]`.

Writes `chat.png` (desktop), `chat-phone.png` and `chat-dark.png` of one short conversation of a demo professional.
"""

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

from .chat_page import CHROMIUM_FLAGS, CHROMIUM_NAMES, PHONE, ChatPage

WHO = "claire.moreau@sphere.example"
TALK = ("ajoute Paul Martin, kiné à Vierzon, au dossier SPH-2024-000137",)
SHOTS: dict[str, dict[str, Any]] = {
    "chat": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "light"},
    "chat-phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
    "chat-dark": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
}


def identify(chat: ChatPage, mailbox: str) -> None:
    """Identify as the demo professional, by the code of the mail."""
    httpx.delete(mailbox)
    chat.say("je veux m'identifier")
    chat.say(WHO)
    while not (mails := httpx.get(mailbox).json()["mails"]):
        pass
    found = re.search(r"\b\d{6}\b", mails[0]["text"])
    assert found
    chat.say(found[0])


def take(url: str, mailbox: str, folder: Path, talk: tuple[str, ...]) -> None:
    """Holds the conversation once for each picture."""
    chromium = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        for name, options in SHOTS.items():
            chat = ChatPage.open(browser, url, reduced_motion="reduce", **options)
            identify(chat, mailbox)
            for text in talk:
                chat.say(text)
            chat.page.screenshot(path=folder / f"{name}.png")
            chat.context.close()
            print(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path, help="data folder of the running sandbox")
    arguments.add_argument("folder", nargs="?", type=Path, default=Path("docs/images"))
    arguments.add_argument("--say", action="append", help="a message to send, several times for several")
    given = arguments.parse_args()
    run = json.loads((given.data / "run.json").read_text())
    take(run["chat"], run["mailbox"], given.folder, tuple(given.say or TALK))
