"""Colleagues at their browsers (which run no script), at the desk of a bot that really runs."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.support.agents import AGENT, SUPERVISOR, AgentAccount, Agents
from tests.unit.messaging.running_bot import client
from tests.unit.support.running_desk import SupportBot, running_support_bot

PASSWORD = "un mot de passe de test"
FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


class Colleague:
    """One browser. `agent` is who signed in there."""

    def __init__(self, http: httpx.AsyncClient, agent: AgentAccount | None = None) -> None:
        self.http, self.agent = http, agent

    async def open(self, path: str = "/desk", **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def sign_in(self, login: str, password: str = PASSWORD, path: str = "/desk/sign-in") -> httpx.Response:
        page = await self.open(path)
        return await self.http.post("/desk/sign-in", data=self.hidden(page, "/desk/sign-in") | {"login": login, "password": password})

    def hidden(self, page: httpx.Response, action: str) -> dict[str, str]:
        """The hidden fields of the form that leads to `action`."""
        for found, body in FORM.findall(page.text):
            if found == action:
                return {name: html.unescape(value) for name, value in HIDDEN.findall(body)}
        raise AssertionError(f"no form leads to {action}")

    async def send(self, path: str, action: str, *, htmx: bool = False, **fields: str) -> httpx.Response:
        """Open a page and send one of its forms."""
        hidden = self.hidden(await self.open(path), action)
        headers = {"HX-Request": "true"} if htmx else {}
        return await self.http.post(action, data=hidden | fields, headers=headers)

    async def seal(self) -> str:
        """The seal that this session's forms carry."""
        return self.hidden(await self.open("/desk/password"), "/desk/password")["seal"]

    async def act(self, ticket_id: int, name: str, *, htmx: bool = False, **fields: str) -> httpx.Response:
        """Do something with a conversation, as its page would."""
        headers = {"HX-Request": "true"} if htmx else {}
        data: dict[str, Any] = {"seal": await self.seal(), **fields}
        return await self.http.post(f"/desk/conversations/{ticket_id}/{name}", data=data, headers=headers)


class Office:
    """The desk and who works there."""

    def __init__(self, world: SupportBot) -> None:
        self.world = world
        self._opened: list[httpx.AsyncClient] = []
        self.agents = Agents(world.bot.app.state.database, world.clock, world.bot.settings)

    async def colleague(self, login: str = "ines", name: str = "Inès", *, supervisor: bool = False) -> Colleague:
        """Somebody of the team, signed in."""
        agent = await self.agents.add(login, name, SUPERVISOR if supervisor else AGENT, PASSWORD)
        colleague = Colleague(self.browser().http, agent)
        assert (await colleague.sign_in(login)).status_code == 303
        return colleague

    def browser(self) -> Colleague:
        """A browser that nobody signed in with."""
        http = client(self.world.bot.url)
        self._opened.append(http)
        return Colleague(http)

    async def aclose(self) -> None:
        """Close every browser."""
        for http in self._opened:
            await http.aclose()


@asynccontextmanager
async def office(folder: Path, **changes: Any) -> AsyncIterator[Office]:
    async with running_support_bot(folder, **changes) as world:
        made = Office(world)
        try:
            yield made
        finally:
            await made.aclose()
