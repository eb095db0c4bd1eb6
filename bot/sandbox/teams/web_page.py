"""The page that shows the chats, to try the bot by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from bot.sandbox.teams.errors import UserActionError

PAGE_FOLDER = Path(__file__).parent / "page"
ASSETS: Mapping[str, Path] = {
    **{name: PAGE_FOLDER / name for name in ("main.js", "chat.js", "card.js", "page.css")},
    "adaptivecards.js": PAGE_FOLDER / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.min.js",
}
"""Served files by name; nothing else is served."""
_HEADERS = {
    # The renderer of Adaptive Cards writes styles into its elements.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cache-ControlClient": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def page_routes() -> APIRouter:
    """Return the routes of `/`, of its files, and of `/l/chat/…`, the path of links that open a chat (teams.microsoft.com)."""
    routes = APIRouter()

    @routes.get("/")
    @routes.get("/l/chat/0/0")
    async def index(request: Request) -> Response:
        prefix = f'"{request.scope.get("root_path", "")}/page/'
        page = (PAGE_FOLDER / "index.html").read_text("utf-8").replace('"/page/', prefix)
        return Response(page, media_type="text/html; charset=utf-8", headers=_HEADERS)

    @routes.get("/page/{name}")
    async def file(name: str) -> Response:
        path = ASSETS.get(name)
        if path is None:
            raise UserActionError("no such file")
        if not path.is_file():
            return Response("npm ci --prefix bot/sandbox/teams/page", 404, media_type="text/plain")
        return FileResponse(path, headers=_HEADERS)

    return routes
