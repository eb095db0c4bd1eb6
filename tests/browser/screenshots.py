"""Pictures for the README from a running stack: `python -m tests.browser.screenshots <address of the chat> [folder]`.

Writes `chat.png` (desktop), `chat-phone.png` and `chat-dark.png` of one short conversation.
"""

import argparse
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from .chat_page import CHROMIUM_FLAGS, CHROMIUM_NAMES, PHONE, ChatPage

TALK = ("Bonjour", "Ajouter le Dr Leïla Benali, cardiologue à Tours, au dossier SPH-2024-000137")
SHOTS: dict[str, dict[str, Any]] = {
    "chat": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "light"},
    "chat-phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2},
    "chat-dark": {"viewport": {"width": 1100, "height": 760}, "color_scheme": "dark"},
}


def take(url: str, folder: Path, talk: tuple[str, ...]) -> None:
    """Holds the conversation once for each picture."""
    chromium = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        for name, options in SHOTS.items():
            chat = ChatPage.open(browser, url, reduced_motion="reduce", **options)
            for text in talk:
                chat.say(text)
            chat.page.screenshot(path=folder / f"{name}.png")
            chat.context.close()
            print(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("url")
    arguments.add_argument("folder", nargs="?", type=Path, default=Path("docs/images"))
    arguments.add_argument("--say", action="append", help="a message to send, several times for several")
    given = arguments.parse_args()
    take(given.url, given.folder, tuple(given.say or TALK))
