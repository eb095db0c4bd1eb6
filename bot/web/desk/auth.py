"""Who may pass: the session of each request, its role, and the seal that shows that a form is one of ours.

No route of the desk is made but through `DeskAuth.route`, so that none can forget to ask.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.core.keyed_hash import keyed_hash
from bot.http.forms import read_form
from bot.settings import Settings
from bot.support.agents import SESSION_IDLE_TIMEOUT, SESSION_LIFETIME, AgentAccount, Agents

LARGEST_FORM = 64 * 1024
"""Bytes: a reply of 4,000 characters, percent-encoded, and the small fields beside it."""
PASSIVE = "X-Desk-Passive"
"""Header of requests that a page makes by itself: they do not keep a session alive."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_PLACE = re.compile(r"/desk(/[A-Za-z0-9_-]+)*")
"""Pages that signing in may lead to: of the desk only."""


@dataclass(frozen=True)
class DeskRequest:
    """A request of somebody signed in. `form` holds the fields of a form whose seal was right."""

    agent: AgentAccount
    token: str
    seal: str
    form: dict[str, str]


Handler = Callable[[DeskRequest, Request], Awaitable[Response]]
Refuse = Callable[[Request, str, DeskRequest | None], Response]
"""Says why somebody may not pass: `sign_in`, `role`, or `stale` (no form of ours)."""


class DeskAuth:
    """Stands before every route of the desk."""

    def __init__(self, agents: Agents, settings: Settings, refuse: Refuse) -> None:
        self._agents, self._refuse = agents, refuse
        self._secret = settings.required("secret")
        self.safe = settings.own_url.startswith("https://")
        self.cookie = "__Host-sphere-desk" if self.safe else "sphere-desk"

    def route(self, routes: APIRouter, method: str, path: str, handler: Handler, *, supervisor: bool = False) -> None:
        """Add a route that only somebody signed in reaches (a supervisor, if so asked), and that takes only our own forms."""

        async def guarded(request: Request) -> Response:
            visit = await self.visit(request)
            if visit is None:
                return self._refuse(request, "sign_in", None)
            if supervisor and not visit.agent.supervises:
                return self._refuse(request, "role", visit)
            if method != "GET":
                form = await read_form(request, LARGEST_FORM)
                if not self.sealed(visit.seal, form):
                    return self._refuse(request, "stale", visit)
                visit = DeskRequest(visit.agent, visit.token, visit.seal, form)
            return await handler(visit, request)

        routes.add_api_route(path, guarded, methods=[method], name=f"{method} {path}")

    async def visit(self, request: Request) -> DeskRequest | None:
        """Who asks, by their cookie; None where nobody is signed in."""
        token = request.cookies.get(self.cookie, "")
        if not _TOKEN.fullmatch(token):
            return None
        agent = await self._agents.session(token, used=PASSIVE not in request.headers)
        return DeskRequest(agent, token, self.seal(token), {}) if agent is not None else None

    def let_in(self, response: Response, token: str) -> None:
        """Give the browser its session. Lax: the mails to the team link to pages that change nothing by being opened."""
        seconds = int(SESSION_LIFETIME.total_seconds())
        response.set_cookie(self.cookie, token, max_age=seconds, secure=self.safe, httponly=True, samesite="lax", path="/")

    def let_out(self, response: Response) -> None:
        """Take it back."""
        response.delete_cookie(self.cookie, secure=self.safe, httponly=True, samesite="lax", path="/")

    def seal(self, token: str) -> str:
        """What a form must show to be taken: an HMAC of the session, which no other site can know."""
        return keyed_hash(self._secret, "desk-form", token)

    def sealed(self, seal: str, form: dict[str, Any]) -> bool:
        """Whether the form shows this seal."""
        return hmac.compare_digest(seal.encode(), str(form.get("seal", "")).encode())


def place_after(asked: str) -> str:
    """Where signing in leads: the page that was asked for, if it is one of the desk."""
    return asked if _PLACE.fullmatch(asked) else "/desk"


def sign_in_address(path: str) -> str:
    """The sign-in page that leads back to `path`."""
    return f"/desk/sign-in?next={quote(place_after(path), safe='/')}"


__all__ = ["PASSIVE", "SESSION_IDLE_TIMEOUT", "DeskAuth", "DeskRequest", "Handler", "place_after", "sign_in_address"]
