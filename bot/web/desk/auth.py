"""Authentication of the desk: the session of each request, its role, and the CSRF token of each form.

Every route of the desk is added by `DeskAuth.route`, so that none can forget to ask.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.http.csrf import FIELD, CsrfTokens
from bot.http.forms import read_form
from bot.http.sessions import SessionCookie
from bot.settings import Settings
from bot.support.agents import PASSWORD, AgentAccount, Agents

MAX_FORM_BYTES = 64 * 1024
"""A reply of 4,000 characters, percent-encoded, and the small fields beside it."""
PASSIVE_HEADER = "X-Desk-Passive"
"""Header of requests that a page makes by itself: they do not keep a session alive."""
HOME = "/desk"
_PATH = re.compile(r"/desk(/[A-Za-z0-9_-]+)*")
"""Pages that signing in may lead to: of the desk only."""


@dataclass(frozen=True)
class DeskSession:
    """The session of an agent, as one request comes with it."""

    agent: AgentAccount
    token: str
    """The secret in the browser's cookie."""
    csrf_token: str
    """What the forms of this session carry."""
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields that the request posts, its CSRF token being right; of each name the last value."""


Handler = Callable[[DeskSession, Request], Awaitable[Response]]
Refuse = Callable[[Request, str, DeskSession | None], Response]
"""Makes the response to somebody who may not pass; the reason is `sign_in`, `timed_out` (a session that ended by itself), `enrol` (a second
factor has to be set up first), `role`, or `stale` (no form of this session)."""


class DeskAuth:
    """Stands before every route of the desk.

    Attributes:
        csrf: the CSRF tokens of the desk's forms.
    """

    def __init__(self, agents: Agents, settings: Settings, refuse: Refuse) -> None:
        self._agents, self._refuse = agents, refuse
        self._must_enrol = settings.desk_totp == "required"
        self.csrf = CsrfTokens(settings.required("secret"), "desk-form")
        self._cookie = SessionCookie("sphere-desk", secure=settings.own_url.startswith("https://"))

    def route(
        self,
        routes: APIRouter,
        method: str,
        path: str,
        handler: Handler,
        *,
        supervisor: bool = False,
        unenrolled: bool = False,
    ) -> None:
        """Add a route that only an agent who is signed in reaches, and that takes only forms of their session.

        Args:
            routes: where the route is added.
            method: `GET`, or `POST`, which needs the CSRF token.
            path: of the route.
            handler: is called with the session and the request.
            supervisor: whether the agent must be a supervisor.
            unenrolled: whether it is reached before a second factor that is obligatory is set up.
        """

        async def guarded(request: Request) -> Response:
            session = await self.session_of(request)
            if session is None:
                token = self._cookie.read(request)
                timed_out = token is not None and await self._agents.was_session(token)
                return self._refuse(request, "timed_out" if timed_out else "sign_in", None)
            if not unenrolled and self.must_enrol(session.agent):
                return self._refuse(request, "enrol", session)
            if supervisor and not session.agent.supervises:
                await self._agents.record_refusal(session.agent.id, path)
                return self._refuse(request, "role", session)
            if method != "GET":
                form = await read_form(request, MAX_FORM_BYTES)
                if not self.csrf.is_valid(form.get(FIELD, ""), session.token):
                    return self._refuse(request, "stale", session)
                session = replace(session, form=form)
            return await handler(session, request)

        routes.add_api_route(path, guarded, methods=[method], name=f"{method} {path}")

    async def session_of(self, request: Request) -> DeskSession | None:
        """Return the session of the browser's cookie; None where nobody is signed in."""
        token = self._cookie.read(request)
        if token is None:
            return None
        agent = await self._agents.session(token, used=PASSIVE_HEADER not in request.headers)
        return DeskSession(agent, token, self.csrf.token(token)) if agent is not None else None

    def must_enrol(self, agent: AgentAccount) -> bool:
        """Return whether this agent, signed in with a password alone, has to set up a second factor before anything else."""
        return self._must_enrol and not agent.second_factor and agent.method == PASSWORD

    async def end_former_session(self, request: Request) -> None:
        """End the session that the browser still has, before it gets another one."""
        token = self._cookie.read(request)
        if token is not None:
            await self._agents.sign_out(token)

    def set_cookie(self, response: Response, token: str, *, shared: bool = False) -> None:
        """Give the browser the session with this token; a shared machine's browser keeps it only while it is open."""
        shared = shared or self._agents.all_shared
        self._cookie.set(response, token, None if shared else int(self._agents.lifetime(shared=False).total_seconds()))

    def delete_cookie(self, response: Response) -> None:
        """Take the session from the browser."""
        self._cookie.delete(response)


def page_after_sign_in(asked: str) -> str:
    """Return where signing in leads: the page that was asked for if it is one of the desk, else the desk's first page."""
    return asked if _PATH.fullmatch(asked) else HOME


def sign_in_url(path: str) -> str:
    """Return the path of the sign-in page that leads back to `path`."""
    return f"/desk/sign-in?next={quote(page_after_sign_in(path), safe='/')}"
