"""The pages on which a chat is linked by OpenID Connect: what is about to happen, the way to the issuer, and back.

The link comes from the chat, so whoever opens it may not be who asked for it: the page says which chat it is about and goes on by a
button only. The button works only in the browser that was shown the page (cookie and seal), so that no other site can press it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.fhir.client import FhirUnavailable
from bot.http.security_headers import protective_headers
from bot.identity.oidc import AssuranceTooLow, Issuer, IssuerUnavailable, SignInRefused, is_configured
from bot.identity.service import Identity
from bot.identity.sign_in import SignInCallback, SignInExpired
from bot.messaging.tables import Conversation
from bot.settings import Settings
from bot.web.form_pages import FormPages, new_secret, read_form

OnLinked = Callable[[str, str], Awaitable[None]]
"""Told the conversation's id and « linked » or « no_account »."""
LARGEST_FORM = 4_096
"""Bytes of the form that the button sends: a token and a seal."""
COOKIE_SECONDS = 30 * 60
"""The page is read, then the issuer asks: each has ten minutes."""
_FAILURES: dict[type[Exception], tuple[str, HTTPStatus]] = {
    SignInExpired: ("over", HTTPStatus.GONE),
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
        words = {"issuer": settings.oidc_name, "chat": None, "error_id": None}
        self._sheets = FormPages(settings, clock, "link", headers=_headers(settings), **words)

    async def show(self, request: Request) -> Response:
        """`GET /link?t=<token>`: which chat would be linked, and the button."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        token, browser = request.query_params.get("t", ""), self._sheets.secret_of(request) or new_secret()
        try:
            chat = await self._chat(await self._sign_ins.conversation_of(token))
        except SignInExpired as error:
            return self._failed(request, error)
        page = self._sheets.page(request, "ask", chat=chat, token=token, seal=self._sheets.seal(browser, token))
        self._sheets.remember(page, browser, COOKIE_SECONDS)
        return page

    async def leave(self, request: Request) -> Response:
        """`POST /link`: to the issuer, if the button was pressed on the page that this browser was shown."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        form, browser = await read_form(request, largest=LARGEST_FORM, fields=8), self._sheets.secret_of(request)
        if browser is None:
            return self._sheets.page(request, "no_cookie", HTTPStatus.FORBIDDEN)
        token, seal = (form.get(name, [""])[-1] for name in ("t", "seal"))
        if not self._sheets.is_sealed(seal, browser, token):
            return self._sheets.page(request, "over", HTTPStatus.GONE)
        try:
            started = await self._sign_ins.start(token, browser)
            address = await self._issuer.address(state=started.state, nonce=started.nonce, verifier=started.verifier)
        except (SignInExpired, IssuerUnavailable, SignInRefused) as error:
            return self._failed(request, error)
        return self._sheets.redirect(address)

    async def back(self, request: Request) -> Response:
        """`GET /link/callback`: the issuer's answer. Nothing of it is believed before state, cookie and ID token fit together."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        browser, asked = self._sheets.secret_of(request), request.query_params
        if browser is None:
            return self._sheets.page(request, "no_cookie", HTTPStatus.FORBIDDEN)
        try:
            back = await self._sign_ins.use_state(asked.get("state", ""), browser)
            if asked.get("error") == "access_denied":
                return self._sheets.page(request, "denied", HTTPStatus.FORBIDDEN)
            return await self._link(request, back)
        except tuple(_FAILURES) as error:
            return self._failed(request, error)

    async def _link(self, request: Request, back: SignInCallback) -> Response:
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
        if account is None:
            return self._sheets.page(request, "no_account", chat=chat)
        return self._sheets.page(request, "done", chat=chat, name=account.name)

    async def _chat(self, conversation_id: str) -> _Chat:
        async with self._database.reading() as session:
            found = await session.scalar(select(Conversation).where(Conversation.id == conversation_id))
        if found is None:
            raise SignInExpired
        return _Chat(found.channel, found.created_at.astimezone(PARIS))

    def _failed(self, request: Request, error: Exception) -> Response:
        page, status = next(said for kind, said in _FAILURES.items() if isinstance(error, kind))
        error_id = None if isinstance(error, SignInExpired) else log_error(error, "linking a chat by OpenID Connect")
        return self._sheets.page(request, page, status, error_id=error_id)


def _headers(settings: Settings) -> dict[str, str]:
    """Those of every page, with a policy that lets the button lead to the issuer.

    Chromium applies `form-action` to every address that the form's answer redirects to, and an issuer redirects on to hosts of its
    own: so any host over the issuer's scheme.
    """
    headers = dict(protective_headers())
    scheme = urlsplit(settings.required("oidc_issuer")).scheme
    policy = headers["Content-Security-Policy"].replace("form-action 'self'", f"form-action 'self' {scheme}:")
    return headers | {"Content-Security-Policy": policy}
