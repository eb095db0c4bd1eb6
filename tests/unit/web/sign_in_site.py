"""The sign-in pages over a provider, and browsers that go through them as people do: page, button, issuer, back."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from bot.messaging.tables import Conversation
from bot.settings import Settings
from bot.web.account.sign_in import router
from tests.unit.harness import Harness
from tests.unit.web.openid_provider import Provider

BASE_URL = "http://127.0.0.1:8000"


class Browser:
    """A browser, with its cookies. It runs no script."""

    def __init__(self, app: FastAPI) -> None:
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL)

    async def open(self, link: str) -> httpx.Response:
        return await self.http.get(link)

    async def press(self, page: httpx.Response) -> httpx.Response:
        """Press the button of the page."""
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        return await self.http.post("/link", data=fields)

    async def leave(self, link: str) -> str:
        """Return the URL of the issuer that link and button lead to."""
        answer = await self.press(await self.open(link))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, address: str, sub: str, **form: str) -> str:
        """Sign in at the issuer; return the URL that it sends the browser back to."""
        async with httpx.AsyncClient(trust_env=False) as http:
            shown = await http.get(address)
            assert shown.status_code == 200, shown.text
            answer = await http.post(address, data={"sub": sub, **form})
        assert answer.status_code == 302, answer.text
        back = answer.headers["location"]
        assert back.startswith(f"{BASE_URL}/link/callback?")
        return back

    async def go_through(self, link: str, sub: str) -> httpx.Response:
        """Go the whole way; return the last page."""
        return await self.http.get(await self.sign_in(await self.leave(link), sub))


class SignInSite:
    """The pages, the chat that links come from, and what became of linking it."""

    def __init__(self, harness: Harness, settings: Settings) -> None:
        self.harness, self.settings = harness, settings
        self.linked_chats: list[tuple[str, str]] = []
        self.on_linked_error: Exception | None = None
        self.identity = harness.with_settings(settings).identity
        self.app = FastAPI()
        self.app.include_router(router(settings, harness.database, harness.clock, self.identity, self._on_linked))

    async def _on_linked(self, conversation_id: str, outcome: str) -> None:
        if self.on_linked_error is not None:
            raise self.on_linked_error
        self.linked_chats.append((conversation_id, outcome))

    async def link(self, conversation_id: str = "chat") -> str:
        link = await self.identity.new_sign_in_link(conversation_id)
        assert link is not None
        return link

    def browser(self) -> Browser:
        return Browser(self.app)

    async def linked(self, conversation_id: str = "chat") -> str | None:
        return await self.identity.linked_account_id(conversation_id)


def settings_for(issuer: str, **changes: Any) -> Settings:
    wanted = {"secret": "s" * 32, "oidc_issuer": issuer, "oidc_client_id": "sphere", "oidc_client_secret": "very secret"}
    return Settings(**{**wanted, "oidc_scope": "openid email", **changes})


async def sign_in_site(harness: Harness, issuer: Provider, **changes: Any) -> SignInSite:
    async with harness.database.writing() as session:
        now = harness.clock.now()
        session.add(Conversation(id="chat", channel="telegram", address="1", created_at=now, last_seen_at=now))
        session.add(Conversation(id="other", channel="web", address="2", created_at=now, last_seen_at=now))
    return SignInSite(harness, settings_for(issuer.url, **changes))


def path_of(address: str) -> str:
    return urlsplit(address).path
