"""Page of an agent's own chat accounts: those that are linked to the desk, and the code that links one more."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.support.agent_links import CODE_LIFETIME, AgentLinks
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer


class AgentChatLinkPages:
    """The routes under `/desk/messaging`."""

    def __init__(self, links: AgentLinks, channels: Sequence[str], renderer: Renderer) -> None:
        self._links, self._channels, self._renderer = links, channels, renderer

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk/messaging", self.show)
        auth.route(routes, "POST", "/desk/messaging/code", self.code)
        auth.route(routes, "POST", "/desk/messaging/unlink", self.unlink)

    async def show(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/messaging`: list the accounts that are linked."""
        return await self._page(session, request, None)

    async def code(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/messaging/code`: make a new code, which is shown this once."""
        return await self._page(session, request, await self._links.new_code(session.agent.id))

    async def unlink(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/messaging/unlink` with `channel`: unlink an account; one that is not linked is no error."""
        await self._links.unlink(session.agent.id, session.agent.id, session.form.get("channel", "")[:16] or "none")
        return self._renderer.redirect(request, "/desk/messaging")

    async def _page(self, session: DeskSession, request: Request, code: str | None) -> Response:
        links = await self._links.links_of(session.agent.id)
        minutes = round(CODE_LIFETIME.total_seconds() / 60)
        return self._renderer.page(request, "messaging", session, links=links, channels=self._channels, code=code, minutes=minutes)
