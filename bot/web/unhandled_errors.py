"""What nobody handled: 503 where the database cannot be used at the moment, and 500 with an id for what is ours."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.core.database_errors import RETRY_AFTER_SECONDS, is_unavailable
from bot.core.errors import log_error
from bot.http.problems import Problem, problem_response
from bot.http.rate_limit import retry_after
from bot.http.security_headers import security_headers
from bot.http.urls import root_path
from bot.messaging.texts import Texts
from bot.settings import Settings
from bot.web.assets import load_assets
from bot.web.templating import TEMPLATES


class UnhandledErrors:
    """Answers requests whose handler raised; the server itself would log the exception with what it quotes."""

    def __init__(self, app: ASGIApp, texts: Texts, settings: Settings) -> None:
        self._app, self._texts, self._settings = app, texts, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but HTTP requests' exceptions."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the last resort of every route
            error_id = log_error(error, "answering a request")
            if not started:
                unavailable = is_unavailable(error)
                response = self._unavailable(Request(scope)) if unavailable else self._internal(error_id)
                await response(scope, receive, send)

    def _internal(self, error_id: str) -> Response:
        detail = self._texts.render("internal", error_id=error_id)
        return problem_response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, error_id=error_id))

    def _unavailable(self, request: Request) -> Response:
        """Return the 503: nothing was done, and the same request may be made again."""
        detail, status = self._texts.render("database_unavailable"), HTTPStatus.SERVICE_UNAVAILABLE
        headers = {"Cache-Control": "no-store", **retry_after(RETRY_AFTER_SECONDS)}
        if "text/html" not in request.headers.get("accept", ""):
            return problem_response(Problem(status, detail, headers=headers))
        root, settings = root_path(request), self._settings
        contact = {"phone": settings.support_phone, "email": settings.support_email}
        static = f"{root}/static/{load_assets().version}"
        page = TEMPLATES.get_template("unavailable.html").render(root=root, static=static, detail=detail, **contact)
        return HTMLResponse(page, status, headers={**security_headers(), **headers})
