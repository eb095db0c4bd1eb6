"""A running bot with its desk, and browsers of agents, which run no script."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.support.agents import AGENT, SUPERVISOR, AgentAccount
from tests.unit.messaging.running_bot import client
from tests.unit.support.running_desk import SupportBot, running_support_bot

PASSWORD = "un mot de passe de test"
FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class AgentBrowser:
    """A browser, and the agent who is signed in with it."""

    def __init__(self, http: httpx.AsyncClient, agent: AgentAccount | None = None) -> None:
        self.http, self.agent = http, agent

    async def open(self, path: str = "/desk", **headers: str) -> httpx.Response:
        """Get a page."""
        return await self.http.get(path, headers=headers)

    async def sign_in(self, login: str, password: str = PASSWORD, path: str = "/desk/sign-in") -> httpx.Response:
        """Send the form of the sign-in page."""
        page = await self.open(path)
        return await self.http.post("/desk/sign-in", data=self.hidden(page, "/desk/sign-in") | {"login": login, "password": password})

    def hidden(self, page: httpx.Response, action: str) -> dict[str, str]:
        """Return the hidden fields of the form that leads to `action`."""
        for found, body in FORM.findall(page.text):
            if found == action:
                return {name: html.unescape(value) for name, value in HIDDEN.findall(body)}
        raise AssertionError(f"no form leads to {action}")

    async def send(self, path: str, action: str, *, htmx: bool = False, **fields: str) -> httpx.Response:
        """Open a page and send one of its forms."""
        hidden = self.hidden(await self.open(path), action)
        headers = {"HX-Request": "true"} if htmx else {}
        return await self.http.post(action, data=hidden | fields, headers=headers)

    async def csrf_token(self) -> str:
        """Return the CSRF token of this session's forms."""
        return self.hidden(await self.open("/desk/password"), "/desk/password")["seal"]

    async def act(self, ticket_id: int, name: str, *, htmx: bool = False, **fields: str) -> httpx.Response:
        """Send a form of a conversation's page."""
        headers = {"HX-Request": "true"} if htmx else {}
        data: dict[str, Any] = {"seal": await self.csrf_token(), **fields}
        return await self.http.post(f"/desk/conversations/{ticket_id}/{name}", data=data, headers=headers)


class RunningDesk:
    """The desk of a running bot, its agents, and browsers."""

    def __init__(self, support_bot: SupportBot) -> None:
        self.support_bot = support_bot
        self._opened: list[httpx.AsyncClient] = []
        self.agents = support_bot.parts.agents

    async def agent_browser(self, login: str = "ines", name: str = "Inès", *, supervisor: bool = False) -> AgentBrowser:
        """Add an agent; return the browser in which they are signed in."""
        agent = await self.agents.add(login, name, SUPERVISOR if supervisor else AGENT, PASSWORD)
        browser = AgentBrowser(self.browser().http, agent)
        assert (await browser.sign_in(login)).status_code == 303
        return browser

    def browser(self) -> AgentBrowser:
        """Return a browser in which nobody is signed in."""
        http = client(self.support_bot.bot.url)
        self._opened.append(http)
        return AgentBrowser(http)

    async def aclose(self) -> None:
        """Close every browser."""
        for http in self._opened:
            await http.aclose()


@asynccontextmanager
async def running_desk(folder: Path, **changes: Any) -> AsyncIterator[RunningDesk]:
    """Run a bot with these settings, as long as the test."""
    async with running_support_bot(folder, **changes) as support_bot:
        desk = RunningDesk(support_bot)
        try:
            yield desk
        finally:
            await desk.aclose()
