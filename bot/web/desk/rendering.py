"""What every page of the desk is made with: its templates and headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from bot.core.clock import Clock
from bot.http.security_headers import protective_headers
from bot.web.assets import Assets, load_assets
from bot.web.desk.auth import DeskRequest
from bot.web.templating import TEMPLATES


class Rendering:
    """Makes pages and fragments."""

    def __init__(self, clock: Clock) -> None:
        """Raises FrontendNotInstalled."""
        self._clock = clock
        self._assets: Assets = load_assets()
        self._headers = {**protective_headers(trusted_types="default"), "Cache-Control": "no-store"}

    def page(
        self, request: Request, name: str, visit: DeskRequest | None, status: HTTPStatus = HTTPStatus.OK, /, **values: Any
    ) -> Response:
        """A whole page, or a fragment of one, as `templates/desk/<name>.html` makes it."""
        return Response(self.html(request, name, visit, **values), status, media_type="text/html; charset=utf-8", headers=self._headers)

    def html(self, request: Request, name: str, visit: DeskRequest | None, /, **values: Any) -> str:
        """The same, as text."""
        root = root_of(request)
        return TEMPLATES.get_template(f"desk/{name}.html").render(
            root=root, static=f"{root}/static/{self._assets.version}", visit=visit, now=self._clock.now(), **values
        )

    def redirect(self, request: Request, path: str) -> Response:
        """To another page of the desk, which is asked for with GET."""
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={**self._headers, "Location": f"{root_of(request)}{path}"})


def root_of(request: Request) -> str:
    """The prefix that the service is mounted below, without trailing slash."""
    return str(request.scope.get("root_path", "")).rstrip("/")
