"""The pages on which a chat is linked by OpenID Connect: what is about to happen, the way to the issuer, and back.

The link comes from the chat, so whoever opens it may not be who asked for it: the page says which chat it is about and goes on by a
button only. The button works only in the browser that was shown the page (cookie and seal), so that no other site can press it.
"""

from __future__ import annotations

import hmac
import math
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from sqlalchemy import select

from bot.clock import PARIS, Clock
from bot.conversation.tables import Conversation
from bot.database import Database
from bot.errors import log_error
from bot.fhir import FhirUnavailable
from bot.identity.hashing import keyed_hash
from bot.identity.oidc import AssuranceTooLow, Issuer, IssuerUnavailable, SignInRefused, is_configured
from bot.identity.service import Identity
from bot.identity.sign_in import CameBack, SignInOver
from bot.settings import Settings
from bot.web.assets import HERE, load_assets
from bot.web.headers import protective_headers

OnLinked = Callable[[str, str], Awaitable[None]]
"""Told the conversation's id and « linked » or « no_account »."""
LARGEST_FORM = 4_096
"""Bytes of the form that the button sends: a token and a seal."""
COOKIE_SECONDS = 30 * 60
"""The page is read, then the issuer asks: each has ten minutes."""
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
_FAILURES: dict[type[Exception], tuple[str, HTTPStatus]] = {
    SignInOver: ("over", HTTPStatus.GONE),
    IssuerUnavailable: ("issuer_away", HTTPStatus.SERVICE_UNAVAILABLE),
    FhirUnavailable: ("platform_away", HTTPStatus.SERVICE_UNAVAILABLE),
    AssuranceTooLow: ("assurance", HTTPStatus.FORBIDDEN),
    SignInRefused: ("refused", HTTPStatus.FORBIDDEN),
}
"""What can go wrong: the page that says so, and its status."""


@dataclass(frozen=True)
class _Chat:
    channel: str
    since: datetime


def router(settings: Settings, database: Database, clock: Clock, identity: Identity, on_linked: OnLinked) -> APIRouter:
    """`GET /link?t=` (the page), `POST /link` (its button), `GET /link/callback` (back from the issuer): public, each by its own token.

    There are none where no issuer is configured.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    routes = APIRouter(include_in_schema=False)
    if is_configured(settings):
        pages = LinkPages(settings, database, clock, identity, on_linked)
        routes.add_api_route("/link", pages.show, methods=["GET"])
        routes.add_api_route("/link", pages.leave, methods=["POST"])
        routes.add_api_route("/link/callback", pages.back, methods=["GET"])
    return routes


class LinkPages:
    """What the routes do."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, identity: Identity, on_linked: OnLinked) -> None:
        self._database, self._clock, self._sign_ins, self._on_linked = database, clock, identity.sign_ins, on_linked
        self._issuer = Issuer(settings, clock)
        self._secret = settings.required("secret")
        self._safe = settings.own_url.startswith("https://")
        self._cookie = "__Host-sphere-link" if self._safe else "sphere-link"
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerMinute(settings.chat_sessions_per_minute)
        self._headers = _headers(settings)
        self._assets = load_assets()
        environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._template = environment.get_template("link.html")
        self._words = {"issuer": settings.oidc_name, "phone": settings.support_phone, "email": settings.support_email}

    async def show(self, request: Request) -> Response:
        """`GET /link?t=<token>`: which chat would be linked, and the button."""
        if refusal := await self._too_often(request):
            return refusal
        token, browser = request.query_params.get("t", ""), self._browser(request) or secrets.token_urlsafe(32)
        try:
            chat = await self._chat(await self._sign_ins.chat_of(token))
        except SignInOver as error:
            return self._failed(request, error)
        page = self._page(request, "ask", chat=chat, token=token, seal=self._seal(browser, token))
        page.set_cookie(self._cookie, browser, max_age=COOKIE_SECONDS, secure=self._safe, httponly=True, samesite="lax", path="/")
        return page

    async def leave(self, request: Request) -> Response:
        """`POST /link`: to the issuer, if the button was pressed on the page that this browser was shown."""
        if refusal := await self._too_often(request):
            return refusal
        form, browser = await _form(request), self._browser(request)
        if browser is None:
            return self._page(request, "no_cookie", HTTPStatus.FORBIDDEN)
        token, seal = form.get("t", ""), form.get("seal", "")
        if not hmac.compare_digest(self._seal(browser, token).encode(), seal.encode()):
            return self._page(request, "over", HTTPStatus.GONE)
        try:
            started = await self._sign_ins.start(token, browser)
            address = await self._issuer.address(state=started.state, nonce=started.nonce, verifier=started.verifier)
        except (SignInOver, IssuerUnavailable, SignInRefused) as error:
            return self._failed(request, error)
        return Response(status_code=HTTPStatus.SEE_OTHER, headers={**self._headers, "Location": address})

    async def back(self, request: Request) -> Response:
        """`GET /link/callback`: the issuer's answer. Nothing of it is believed before state, cookie and ID token fit together."""
        if refusal := await self._too_often(request):
            return refusal
        browser, asked = self._browser(request), request.query_params
        if browser is None:
            return self._page(request, "no_cookie", HTTPStatus.FORBIDDEN)
        try:
            back = await self._sign_ins.come_back(asked.get("state", ""), browser)
            if asked.get("error") == "access_denied":
                return self._page(request, "denied", HTTPStatus.FORBIDDEN)
            return await self._link(request, back)
        except tuple(_FAILURES) as error:
            return self._failed(request, error)

    async def _link(self, request: Request, back: CameBack) -> Response:
        asked = request.query_params
        code = asked.get("code")
        if not code or "error" in asked:
            raise SignInRefused
        who = await self._issuer.identify(code, issuer=asked.get("iss"), nonce=back.nonce, verifier=back.verifier)
        account = await self._sign_ins.finish(back, who)
        try:
            await self._on_linked(back.conversation_id, "linked" if account else "no_account")
        except Exception as error:  # the link stands: the page must not say otherwise
            log_error(error, "telling a chat that it was linked")
        chat = await self._chat(back.conversation_id)
        return self._page(request, "done", chat=chat, name=account.name) if account else self._page(request, "no_account", chat=chat)

    async def _chat(self, conversation_id: str) -> _Chat:
        async with self._database.reading() as session:
            found = await session.scalar(select(Conversation).where(Conversation.id == conversation_id))
        if found is None:
            raise SignInOver
        return _Chat(found.channel, found.created_at.astimezone(PARIS))

    def _failed(self, request: Request, error: Exception) -> Response:
        page, status = next(said for kind, said in _FAILURES.items() if isinstance(error, kind))
        error_id = None if isinstance(error, SignInOver) else log_error(error, "linking a chat by OpenID Connect")
        return self._page(request, page, status, error_id=error_id)

    def _page(self, request: Request, page: str, status: HTTPStatus = HTTPStatus.OK, **values: Any) -> Response:
        root = str(request.scope.get("root_path", "")).rstrip("/")
        static = f"{root}/static/{self._assets.version}"
        values = {"chat": None, "error_id": None, **self._words, **values}
        body = self._template.render(root=root, static=static, page=page, **values)
        return Response(body, status, media_type="text/html; charset=utf-8", headers=self._headers)

    def _browser(self, request: Request) -> str | None:
        """The secret in the browser's cookie."""
        value = request.cookies.get(self._cookie, "")
        return value if _COOKIE.fullmatch(value) else None

    def _seal(self, browser: str, token: str) -> str:
        return keyed_hash(self._secret, "link-page", browser, token)

    async def _too_often(self, request: Request) -> Response | None:
        address = request.client.host if request.client else ""
        if await self._limiter.hit(self._limit, "link", address):
            return None
        stats = await self._limiter.get_window_stats(self._limit, "link", address)
        page = self._page(request, "too_often", HTTPStatus.TOO_MANY_REQUESTS)
        seconds = math.ceil(stats.reset_time - self._clock.now().timestamp())
        page.headers["Retry-After"] = str(min(60, max(1, seconds)))
        return page


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; none where it is larger than ours can be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return {}
    try:
        fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _headers(settings: Settings) -> dict[str, str]:
    """Those of every page, less caching, and with a policy that lets the button lead to the issuer.

    Chromium applies `form-action` to every address that the form's answer redirects to, and an issuer redirects on to hosts of its
    own: so any host over the issuer's scheme.
    """
    headers = dict(protective_headers())
    scheme = urlsplit(settings.required("oidc_issuer")).scheme
    policy = headers["Content-Security-Policy"].replace("form-action 'self'", f"form-action 'self' {scheme}:")
    return headers | {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
