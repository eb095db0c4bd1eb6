"""The page of notifications and the bell as a browser gets at them on a running installation."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, expect

from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.notifications.page_links import make_page_link
from bot.settings import load_settings

DOSSIER = "SPH-2024-000137"


def account_id(run: dict[str, Any], email: str) -> str:
    """The platform's id of a demo professional."""
    headers = {"Authorization": f"Bearer {run['fhir_token']}"}
    found = httpx.get(f"{run['fhir']}/Practitioner", params={"email": email}, headers=headers, timeout=60, trust_env=False)
    return str(found.raise_for_status().json()["entry"][0]["resource"]["id"])


def page_link(data: Path, run: dict[str, Any], email: str) -> str:
    """A link to the page of somebody's notifications, as an operator makes one on the installation of this data folder."""
    settings = load_settings(DATA=data, PORT=urlsplit(run["chat"]).port)

    async def make() -> str:
        database = Database(settings.sqlalchemy_url)
        try:
            return await make_page_link(database, SystemClock(), settings, account_id(run, email), conversation_id=None)
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as beside:  # Playwright's own loop runs in this thread
        return beside.submit(asyncio.run, make()).result()


def open_settings(page: Page, link: str) -> None:
    """Press the button of the link's page."""
    page.goto(link)
    page.get_by_role("button", name="Ouvrir mes réglages").click()
    expect(page.get_by_role("heading", name="Ce qui vous est envoyé")).to_be_visible()


def post_event(run: dict[str, Any], kind: str, subject: str | None = DOSSIER, **data: Any) -> None:
    """An event of the platform."""
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "urn:test",
        "type": f"fr.sphere.{kind}",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
    if subject is not None:
        event["subject"] = subject
    headers = {"Authorization": f"Bearer {run['events_token']}", "Content-Type": "application/cloudevents+json"}
    httpx.post(run["events"], json=event, headers=headers, timeout=60, trust_env=False).raise_for_status()
