"""Page of possible duplicates: pairs of dossiers, by their references alone, that support verifies and closes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.dossiers.duplicates import Duplicates
from bot.http.parameters import parse_id
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer

_ID_DIGITS = 9


class DuplicatePages:
    """`/desk/duplicates`."""

    def __init__(self, duplicates: Duplicates, renderer: Renderer) -> None:
        self._duplicates, self._renderer = duplicates, renderer

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk/duplicates", self.list)
        auth.route(routes, "POST", "/desk/duplicates/{pair}/close", self.close)

    async def list(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/duplicates`: show the pairs that are open."""
        return self._renderer.page(request, "duplicates", session, pairs=await self._duplicates.open_pairs())

    async def close(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/duplicates/<id>/close`: close a pair; one that a colleague closed stays closed."""
        pair_id = parse_id(str(request.path_params["pair"]), _ID_DIGITS)
        if pair_id is None:
            return self._renderer.not_found(request, session)
        await self._duplicates.close(pair_id, session.agent.id)
        return self._renderer.redirect(request, "/desk/duplicates")
