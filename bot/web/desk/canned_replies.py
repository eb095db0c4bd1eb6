"""Page of canned replies (macros): every agent uses them, supervisors write them."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.http.parameters import parse_id
from bot.support.desk import Desk
from bot.support.errors import DeskError
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer

_ID_DIGITS = 9


class CannedReplyPages:
    """`/desk/canned`."""

    def __init__(self, desk: Desk, renderer: Renderer) -> None:
        self._desk, self._renderer = desk, renderer

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk/canned", self.list)
        auth.route(routes, "POST", "/desk/canned", self.save, supervisor=True)
        auth.route(routes, "POST", "/desk/canned/{canned}/delete", self.delete, supervisor=True)

    async def list(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/canned`."""
        return self._renderer.page(request, "canned", session, canned=await self._desk.canned_replies(), failed=False, name="", text="")

    async def save(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/canned` with `name`, `text`, and `id` to change one: save a canned reply."""
        name, text = session.form.get("name", ""), session.form.get("text", "")
        try:
            await self._desk.save_canned_reply(name, text, parse_id(session.form.get("id", ""), _ID_DIGITS))
        except DeskError:
            canned = await self._desk.canned_replies()
            return self._renderer.page(
                request, "canned", session, HTTPStatus.UNPROCESSABLE_ENTITY, canned=canned, failed=True, name=name, text=text
            )
        return self._renderer.redirect(request, "/desk/canned")

    async def delete(self, session: DeskSession, request: Request) -> Response:
        """`POST /desk/canned/<id>/delete`: delete a canned reply."""
        canned_id = parse_id(str(request.path_params["canned"]), _ID_DIGITS)
        if canned_id is None:
            return self._renderer.not_found(request, session)
        await self._desk.delete_canned_reply(canned_id)
        return self._renderer.redirect(request, "/desk/canned")
