"""Public pages with a form: rendering, the browser's session cookie, CSRF tokens, and the rate limit."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response

from bot.http.bearer import CHALLENGE
from bot.http.csrf import CsrfTokens
from bot.http.rate_limit import SourceLimit, retry_after
from bot.http.security_headers import security_headers
from bot.http.sessions import SessionCookie
from bot.http.urls import root_path
from bot.settings import Settings
from bot.web.assets import load_assets
from bot.web.templating import TEMPLATES


class FormPages:
    """The pages of one template, which shows one of its states by the variable `page`; `too_often` must be one of them.

    Attributes:
        cookie: the cookie that keeps the browser's session.
        csrf: the CSRF tokens of the pages' forms.
    """

    def __init__(self, settings: Settings, name: str, *, headers: Mapping[str, str] | None = None, **variables: Any) -> None:
        """Load the template.

        Args:
            settings: of the service.
            name: of the template, of the cookie, and of what CSRF tokens are for.
            headers: in the place of the usual security headers.
            variables: of the template, in every state.

        Raises:
            FrontendNotInstalled: the npm packages are not installed.
        """
        self.cookie = SessionCookie(f"sphere-{name}", secure=settings.own_url.startswith("https://"))
        self.csrf = CsrfTokens(settings.required("secret"), f"{name}-page")
        self._rate_limit = SourceLimit(f"page_{name}", settings.chat_sessions_per_minute)
        self._headers = {**(headers or security_headers()), "Cache-Control": "no-store"}
        self._assets = load_assets()
        self._template = TEMPLATES.get_template(f"{name}.html")
        self._variables = {"phone": settings.support_phone, "email": settings.support_email, **variables}

    def render(self, request: Request, page: str, status: HTTPStatus = HTTPStatus.OK, **variables: Any) -> Response:
        """Return the template in the state `page`."""
        root = root_path(request)
        static = f"{root}/static/{self._assets.version}"
        body = self._template.render({**self._variables, **variables, "root": root, "static": static, "page": page})
        headers = self._headers | (CHALLENGE if status == HTTPStatus.UNAUTHORIZED else {})
        return Response(body, status, media_type="text/html; charset=utf-8", headers=headers)

    def redirect(self, url: str) -> Response:
        """Return the response that sends the browser to `url`, which it asks for by GET."""
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={**self._headers, "Location": url})

    async def check_rate_limit(self, request: Request) -> Response | None:
        """Count a request. Return None where it is allowed, else the page that puts its sender off, with `Retry-After`."""
        seconds = await self._rate_limit.hit(request)
        if seconds is None:
            return None
        response = self.render(request, "too_often", HTTPStatus.TOO_MANY_REQUESTS)
        response.headers.update(retry_after(seconds))
        return response
