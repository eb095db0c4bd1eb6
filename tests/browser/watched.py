"""A page in a browser profile of its own, with everything that the browser complained about and every host that it spoke to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request

_REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""


@dataclass
class WatchedPage:
    """What the pages of tests have in common."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @classmethod
    def visit(cls, browser: Browser, url: str, **context_options: Any) -> Self:
        """Open `url` in a new French profile."""
        context = browser.new_context(**{"locale": "fr-FR", **context_options})
        context.add_init_script(_REPORT_VIOLATIONS)
        visited = cls(context, context.new_page())
        visited._listen()
        visited.page.goto(url)
        return visited

    def _listen(self) -> None:
        def requested(request: Request) -> None:
            self.hosts.add(urlsplit(request.url).netloc)

        self.page.on("request", requested)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)
