"""Pages on which a chat is linked to an account by OpenID Connect: what is about to happen, the way to the issuer, and back.

The link comes from the chat, so whoever opens it may not be who asked for it: the page says which chat it is about and goes on by a
button only. The button works only in the browser that was shown the page (cookie and CSRF token), so that no other site can press it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.core.errors import log_error
from bot.fhir.errors import FhirUnavailable
from bot.http.csrf import FIELD
from bot.http.forms import read_form
from bot.http.security_headers import security_headers
from bot.http.sessions import new_session_token
from bot.identity.errors import OtherAccountLinked
from bot.identity.oidc import AssuranceTooLow, Issuer, IssuerUnavailable, SignInRefused, is_configured
from bot.identity.service import Identity
from bot.identity.sign_in import SignInCallback, SignInExpired
from bot.messaging.conversation_origin import find_origin
from bot.settings import Settings
from bot.web.form_pages import FormPages

OnLinked = Callable[[str, str], Awaitable[None]]
"""Is given the conversation's id and « linked » or « no_account »."""
MAX_FORM_BYTES, MAX_FORM_FIELDS = 4_096, 8
"""Of the form that the button sends: the link's token and a CSRF token."""
COOKIE_SECONDS = 30 * 60
"""The page is read, then the issuer asks: each has ten minutes."""
_FAILURES: dict[type[Exception], tuple[str, HTTPStatus]] = {
    SignInExpired: ("over", HTTPStatus.GONE),
    OtherAccountLinked: ("other_account", HTTPStatus.CONFLICT),
    IssuerUnavailable: ("issuer_away", HTTPStatus.SERVICE_UNAVAILABLE),
    FhirUnavailable: ("platform_away", HTTPStatus.SERVICE_UNAVAILABLE),
    AssuranceTooLow: ("assurance", HTTPStatus.FORBIDDEN),
    SignInRefused: ("refused", HTTPStatus.FORBIDDEN),
}
"""What can go wrong: the page that says so, and its status."""


@dataclass(frozen=True)
class _Chat:
    """The chat that would be linked, as the page describes it."""

    channel: str
    since: datetime


def router(settings: Settings, database: Database, clock: Clock, identity: Identity, on_linked: OnLinked) -> APIRouter:
    """Return the routes `GET /link?t=` (the page), `POST /link` (its button), `GET /link/callback` (back from the issuer).

    Each is public, by its own token. There are none where no issuer is configured.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    routes = APIRouter(include_in_schema=False)
    if is_configured(settings):
        pages = SignInPages(settings, database, clock, identity, on_linked)
        routes.add_api_route("/link", pages.show, methods=["GET"])
        routes.add_api_route("/link", pages.start, methods=["POST"])
        routes.add_api_route("/link/callback", pages.callback, methods=["GET"])
    return routes


class SignInPages:
    """The handlers of the routes."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, identity: Identity, on_linked: OnLinked) -> None:
        self._database, self._sign_ins, self._on_linked = database, identity.sign_ins, on_linked
        self._issuer = Issuer(settings, clock)
        variables = {"issuer": settings.oidc_name, "chat": None, "error_id": None}
        self._pages = FormPages(settings, "link", headers=_headers(settings), **variables)

    async def show(self, request: Request) -> Response:
        """`GET /link?t=<token>`: show which chat would be linked, and the button."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        token, browser = request.query_params.get("t", ""), self._pages.cookie.read(request) or new_session_token()
        try:
            chat = await self._chat(await self._sign_ins.conversation_of(token))
        except SignInExpired as error:
            return self._failed(request, error)
        response = self._pages.render(request, "ask", chat=chat, token=token, csrf_token=self._pages.csrf.token(browser, token))
        self._pages.cookie.set(response, browser, COOKIE_SECONDS)
        return response

    async def start(self, request: Request) -> Response:
        """`POST /link`: send the browser to the issuer, if the button was pressed on the page that it was shown."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        form, browser = await read_form(request, MAX_FORM_BYTES, MAX_FORM_FIELDS), self._pages.cookie.read(request)
        if browser is None:
            return self._pages.render(request, "no_cookie", HTTPStatus.FORBIDDEN)
        token = form.get("t", "")
        if not self._pages.csrf.is_valid(form.get(FIELD, ""), browser, token):
            return self._pages.render(request, "over", HTTPStatus.GONE)
        try:
            started = await self._sign_ins.start(token, browser)
            url = await self._issuer.authorization_url(state=started.state, nonce=started.nonce, verifier=started.verifier)
        except (SignInExpired, IssuerUnavailable, SignInRefused) as error:
            return self._failed(request, error)
        return self._pages.redirect(url)

    async def callback(self, request: Request) -> Response:
        """`GET /link/callback`: nothing of the issuer's answer is believed before state, cookie and ID token fit together."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        browser, query = self._pages.cookie.read(request), request.query_params
        if browser is None:
            return self._pages.render(request, "no_cookie", HTTPStatus.FORBIDDEN)
        try:
            returned = await self._sign_ins.use_state(query.get("state", ""), browser)
            if query.get("error") == "access_denied":
                return self._pages.render(request, "denied", HTTPStatus.FORBIDDEN)
            return await self._link(request, returned)
        except tuple(_FAILURES) as error:
            return self._failed(request, error)

    async def _link(self, request: Request, returned: SignInCallback) -> Response:
        query = request.query_params
        code = query.get("code")
        if not code or "error" in query:
            raise SignInRefused
        identified = await self._issuer.identify(code, issuer=query.get("iss"), nonce=returned.nonce, verifier=returned.verifier)
        account = await self._sign_ins.finish(returned, identified)
        try:
            await self._on_linked(returned.conversation_id, "linked" if account else "no_account")
        except Exception as error:  # the link stands: the page must not say otherwise
            log_error(error, "telling a chat that it was linked")
        chat = await self._chat(returned.conversation_id)
        if account is None:
            return self._pages.render(request, "no_account", chat=chat)
        return self._pages.render(request, "done", chat=chat, name=account.name)

    async def _chat(self, conversation_id: str) -> _Chat:
        origin = await find_origin(self._database, conversation_id)
        if origin is None:
            raise SignInExpired
        return _Chat(origin.channel, origin.opened_at.astimezone(PARIS))

    def _failed(self, request: Request, error: Exception) -> Response:
        page, status = next(failure for kind, failure in _FAILURES.items() if isinstance(error, kind))
        error_id = None if isinstance(error, SignInExpired | OtherAccountLinked) else log_error(error, "linking a chat by OpenID Connect")
        return self._pages.render(request, page, status, error_id=error_id)


def _headers(settings: Settings) -> dict[str, str]:
    """Return the security headers, with a policy that lets the button lead to the issuer.

    Chromium applies `form-action` to every address that the form's answer redirects to, and an issuer redirects on to hosts of its
    own: so any host over the issuer's scheme.
    """
    scheme = urlsplit(settings.required("oidc_issuer")).scheme
    return dict(security_headers(form_action=("'self'", f"{scheme}:")))
