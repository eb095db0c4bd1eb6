"""Rendering of the desk's pages and fragments: templates and headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from bot.core.clock import Clock
from bot.http.security_headers import security_headers
from bot.http.urls import root_path
from bot.web.assets import Assets, load_assets
from bot.web.desk.auth import DeskSession
from bot.web.templating import TEMPLATES


class Renderer:
    """Makes the responses of the desk."""

    def __init__(self, clock: Clock) -> None:
        """Raise FrontendNotInstalled where the npm packages are not installed."""
        self._clock = clock
        self._assets: Assets = load_assets()
        self._headers = {**security_headers(trusted_types="default"), "Cache-Control": "no-store"}

    def page(
        self, request: Request, name: str, session: DeskSession | None, status: HTTPStatus = HTTPStatus.OK, /, **variables: Any
    ) -> Response:
        """Return a whole page, or a fragment of one, made from `templates/desk/<name>.html`."""
        html = self.html(request, name, session, **variables)
        return Response(html, status, media_type="text/html; charset=utf-8", headers=self._headers)

    def not_found(self, request: Request, session: DeskSession) -> Response:
        """Return the page that says that there is no such thing."""
        return self.page(request, "refused", session, HTTPStatus.NOT_FOUND, why="missing")

    def html(self, request: Request, name: str, session: DeskSession | None, /, **variables: Any) -> str:
        """Return the same as text."""
        root = root_path(request)
        return TEMPLATES.get_template(f"desk/{name}.html").render(
            root=root, static=f"{root}/static/{self._assets.version}", session=session, now=self._clock.now(), **variables
        )

    def redirect(self, request: Request, path: str) -> Response:
        """Return the response that sends the browser to a path of the service, which it asks for by GET."""
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={**self._headers, "Location": f"{root_path(request)}{path}"})
