"""The chat page alone in a browser: its own files, and a test that plays the service. No process runs but the browser's."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Locator, Route, expect

from bot.http.security_headers import security_headers
from bot.web.assets import load_assets
from bot.web.chat_page import SupportContact
from bot.web.templating import TEMPLATES

from .chat_page import ChatPage

ORIGIN = "https://sphere.example"  # only on a secure origin do browsers make ids
NOBODY = {"account": None, "linked": False, "shared": False, "always_shared": False, "continued": False}


def message(number: int, text: str, *titles: str, author: str = "assistant", **more: Any) -> dict[str, Any]:
    buttons = [{"title": title, "token": f"{number}-{title}"} for title in titles]
    said = {"id": str(number), "at": "2026-11-25T09:00:00Z", "author": author, "agent": None, "text": text}
    return {**said, "buttons": buttons, "link": None, **more}


class Service:
    """What the page asks for, as a test wants it answered."""

    def __init__(self, browser: Browser, *history: dict[str, Any], **context_options: Any) -> None:
        self.history = list(history)
        self.posted: list[dict[str, Any]] = []
        self.away = False
        """Whether what is posted does not arrive."""
        self.refusing: int | None = None
        """The status by which what is posted is refused."""
        self.late: list[Route] | None = None
        """Scripts that are kept back, where the network is to be slow."""
        self._streams: list[Route] = []
        self.chat = ChatPage.visit(browser, "about:blank", **context_options)
        self.page = self.chat.page
        self.chat.context.add_init_script("localStorage.setItem('sphere-chat-token', 'a token')")
        for path, answer in (
            ("chat", self._serve_page),
            ("static/**", self._serve_file),
            ("chat/session", lambda route: route.fulfill(json=NOBODY)),
            ("chat/sessions", lambda route: route.fulfill(json={"token": "another token"})),
            ("chat/messages**", self._messages),
            ("chat/events", lambda route: self._streams.append(route)),
        ):
            self.chat.context.route(f"{ORIGIN}/{path}", answer)

    def open(self, **options: Any) -> None:
        self.page.goto(f"{ORIGIN}/chat", **options)

    def tell(self, *events: tuple[str, dict[str, Any]]) -> None:
        """Send events, by name and content, to the page; its stream ends with them."""
        body = "".join(f"event: {name}\ndata: {json.dumps(content)}\n\n" for name, content in events)
        self._streams.pop().fulfill(body=body, content_type="text/event-stream")

    def choice(self, title: str) -> Locator:
        return self.page.get_by_role("button", name=title)

    def expect_armed(self, title: str, how: str) -> None:
        expect(self.choice(title).locator("xpath=..")).to_have_attribute("data-armed", how)

    def let_scripts_in(self) -> None:
        kept, self.late = self.late or [], None
        for route in kept:
            self._serve_file(route)

    def _serve_page(self, route: Route) -> None:
        body = TEMPLATES.get_template("chat.html").render(root="", static=f"/static/{load_assets().version}", support=SupportContact())
        route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=dict(security_headers(())))

    def _serve_file(self, route: Route) -> None:
        name = route.request.url.split("/static/")[1].partition("/")[2]
        if self.late is not None and name.endswith(".js"):
            self.late.append(route)
            return
        asset = load_assets().files[name]
        route.fulfill(body=asset.body, content_type=asset.media_type)

    def _messages(self, route: Route) -> None:
        if route.request.method != "POST":
            route.fulfill(json={"messages": self.history})
            return
        self.posted.append(json.loads(route.request.post_data or "{}"))
        if self.away:
            route.abort()
        else:
            route.fulfill(status=self.refusing or 202, json={})
