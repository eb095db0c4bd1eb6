"""The page of canned replies: everybody uses them, supervisors write them."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.support.desk import Desk
from bot.support.errors import DeskError
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.rendering import Rendering


class CannedPages:
    """`/desk/canned`."""

    def __init__(self, desk: Desk, rendering: Rendering) -> None:
        self._desk, self._rendering = desk, rendering

    def add_to(self, routes: APIRouter, gate: DeskAuth) -> None:
        """Add the routes."""
        gate.route(routes, "GET", "/desk/canned", self.list)
        gate.route(routes, "POST", "/desk/canned", self.save, supervisor=True)
        gate.route(routes, "POST", "/desk/canned/{canned}/delete", self.delete, supervisor=True)

    async def list(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/canned`."""
        return self._rendering.page(request, "canned", visit, canned=await self._desk.canned_replies(), failed=False, name="", text="")

    async def save(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/canned` with `name`, `text`, and `id` to write over one."""
        name, text, raw = visit.form.get("name", ""), visit.form.get("text", ""), visit.form.get("id", "")
        try:
            await self._desk.save_canned_reply(name, text, int(raw) if _is_id(raw) else None)
        except DeskError:
            canned = await self._desk.canned_replies()
            return self._rendering.page(
                request, "canned", visit, HTTPStatus.UNPROCESSABLE_ENTITY, canned=canned, failed=True, name=name, text=text
            )
        return self._rendering.redirect(request, "/desk/canned")

    async def delete(self, visit: DeskRequest, request: Request) -> Response:
        """`POST /desk/canned/<id>/delete`."""
        raw = str(request.path_params["canned"])
        if not _is_id(raw):
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        await self._desk.delete_canned_reply(int(raw))
        return self._rendering.redirect(request, "/desk/canned")


def _is_id(raw: str) -> bool:
    return raw.isascii() and raw.isdecimal() and len(raw) <= 9
