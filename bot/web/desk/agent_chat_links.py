"""One's own messaging accounts: which of them answer in the team's groups, and the code that links one more."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.support.agent_links import CODE_LIFETIME, AgentLinks
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.rendering import Rendering


class MessagingPages:
    """The routes under `/desk/messaging`."""

    def __init__(self, links: AgentLinks, channels: Sequence[str], rendering: Rendering) -> None:
        self._links, self._channels, self._rendering = links, channels, rendering

    def add_to(self, routes: APIRouter, gate: DeskAuth) -> None:
        """Add the routes."""
        gate.route(routes, "GET", "/desk/messaging", self.show)
        gate.route(routes, "POST", "/desk/messaging/code", self.code)
        gate.route(routes, "POST", "/desk/messaging/unlink", self.unlink)

    async def show(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/messaging`: the accounts that are linked."""
        return await self._page(visit, request, None)

    async def code(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/messaging/code`: a new code, shown this once."""
        return await self._page(visit, request, await self._links.new_code(visit.agent.id))

    async def unlink(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/messaging/unlink` with `channel`: take one's account away; one that is not linked is no error."""
        await self._links.unlink(visit.agent.id, visit.agent.id, visit.form.get("channel", "")[:16] or "none")
        return self._rendering.redirect(request, "/desk/messaging")

    async def _page(self, visit: DeskRequest, request: Request, code: str | None) -> Response:
        links = await self._links.links_of(visit.agent.id)
        minutes = round(CODE_LIFETIME.total_seconds() / 60)
        return self._rendering.page(request, "messaging", visit, links=links, channels=self._channels, code=code, minutes=minutes)
