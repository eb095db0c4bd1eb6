"""What the pages with a form have in common: rendering, the secret in the browser's cookie, the seal on forms, how often one may ask.

A form works only in the browser that was shown the page: it carries a seal over the secret in that browser's cookie, so that no other
site can send it.
"""

from __future__ import annotations

import hmac
import math
import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request, Response
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from bot.core.clock import Clock
from bot.core.keyed_hash import keyed_hash
from bot.http.security_headers import protective_headers
from bot.settings import Settings
from bot.web.assets import load_assets
from bot.web.templating import TEMPLATES

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


class FormPages:
    """The pages of one template. Its states are told by the variable `page`; the state `too_often` must be one of them."""

    def __init__(self, settings: Settings, clock: Clock, name: str, *, headers: Mapping[str, str] | None = None, **words: Any) -> None:
        """`name`: of the template, the cookie and the seals. `words`: variables of every page. Raises FrontendNotInstalled."""
        self._clock, self._name = clock, name
        self._secret = settings.required("secret")
        self._safe = settings.own_url.startswith("https://")
        self._cookie = f"__Host-sphere-{name}" if self._safe else f"sphere-{name}"
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(settings.chat_sessions_per_minute)
        self._headers = {**(headers or protective_headers()), "Cache-Control": "no-store"}
        self._assets = load_assets()
        self._template = TEMPLATES.get_template(f"{name}.html")
        self._words = {"phone": settings.support_phone, "email": settings.support_email, **words}

    def page(self, request: Request, page: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:
        """The page in one of its states."""
        root = root_of(request)
        static = f"{root}/static/{self._assets.version}"
        body = self._template.render({**self._words, **values, "root": root, "static": static, "page": page})
        headers = self._headers | ({"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {})
        return Response(body, status, media_type="text/html; charset=utf-8", headers=headers)

    def redirect(self, address: str) -> Response:
        """Go on there, by GET."""
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={**self._headers, "Location": address})

    def secret_of(self, request: Request) -> str | None:
        """The secret in the browser's cookie."""
        value = request.cookies.get(self._cookie, "")
        return value if _COOKIE.fullmatch(value) else None

    def remember(self, answer: Response, secret: str, seconds: int) -> None:
        """Leave a secret (43 characters of `secrets.token_urlsafe(32)`) in the browser's cookie."""
        answer.set_cookie(self._cookie, secret, max_age=seconds, secure=self._safe, httponly=True, samesite="lax", path="/")

    def forget(self, answer: Response) -> None:
        """Take it out again."""
        answer.delete_cookie(self._cookie, secure=self._safe, httponly=True, samesite="lax", path="/")

    def seal(self, secret: str, *parts: str) -> str:
        """What a form must bring back."""
        return keyed_hash(self._secret, f"{self._name}-page", secret, *parts)

    def is_sealed(self, given: str, secret: str, *parts: str) -> bool:
        """Whether the form was shown to this browser."""
        return hmac.compare_digest(self.seal(secret, *parts).encode(), given.encode())

    async def too_often(self, request: Request, **values: Any) -> Response | None:
        """The page that puts off who asks too often; None: go on."""
        address = request.client.host if request.client else ""
        if await self._limiter.hit(self._limit, self._name, address):
            return None
        stats = await self._limiter.get_window_stats(self._limit, self._name, address)
        answer = self.page(request, "too_often", HTTPStatus.TOO_MANY_REQUESTS, **values)
        seconds = math.ceil(stats.reset_time - self._clock.now().timestamp())
        answer.headers["Retry-After"] = str(min(60, max(1, seconds)))
        return answer


def new_secret() -> str:
    """A secret for a browser's cookie."""
    return secrets.token_urlsafe(32)


def root_of(request: Request) -> str:
    """What stands before the path of every page, where the service is below a prefix; no final slash."""
    return str(request.scope.get("root_path", "")).rstrip("/")


async def read_form(request: Request, *, largest: int, fields: int) -> dict[str, list[str]]:
    """The fields of a form, each with its values in order; none where it has more bytes or fields than ours can have."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            return {}
    try:
        return parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=fields)
    except ValueError:
        return {}
