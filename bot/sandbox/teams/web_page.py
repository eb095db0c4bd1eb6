"""The page with the chats, for somebody who tries the bot by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from bot.sandbox.teams.problems import NotPossible

HERE = Path(__file__).parent / "page"
FILES: Mapping[str, Path] = {
    **{name: HERE / name for name in ("main.js", "chat.js", "card.js", "page.css")},
    "adaptivecards.js": HERE / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.min.js",
}
"""Served name → file. Only what is listed is reachable."""
_HEADERS = {
    # The renderer of Adaptive Cards writes styles into its elements.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def page() -> APIRouter:
    """`/`, its files, and what https://teams.microsoft.com/l/chat/… is for the real one."""
    routes = APIRouter()

    @routes.get("/")
    @routes.get("/l/chat/0/0")
    async def index() -> Response:
        return FileResponse(HERE / "index.html", headers=_HEADERS)

    @routes.get("/page/{name}")
    async def file(name: str) -> Response:
        path = FILES.get(name)
        if path is None:
            raise NotPossible("no such file")
        if not path.is_file():
            return Response("npm ci --prefix bot/sandbox/teams/page", 404, media_type="text/plain")
        return FileResponse(path, headers=_HEADERS)

    return routes
