"""`/notifications/stop?t=`: the page that unsubscribes from notification mails.

A GET, which mail scanners make, only shows the button. The POST, which the button and mail programs make (RFC 8058, one-click),
unsubscribes at once, without cookie or session: the token alone says whose mails they are.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from bot.core.database import Database
from bot.http.body import BodyTooLarge, read_body
from bot.notifications.kinds import Category
from bot.notifications.service import Notifications
from bot.notifications.unsubscribe import STILL_MAILED, account_of_token, without_mails
from bot.settings import Settings
from bot.web.form_pages import FormPages

PATH = "/notifications/stop"
CHANNEL = "mail"
MAX_BODY_BYTES = 4_096
"""One field, urlencoded or as multipart."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,32}")
_ONE_CLICK = re.compile(rb"List-Unsubscribe\"?(=|\s*\r\n\r\n)One-Click\b")


def router(settings: Settings, database: Database, notifications: Notifications) -> APIRouter:
    """Return the routes `GET` and `POST /notifications/stop?t=<token>`.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = UnsubscribePages(settings, database, notifications)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(PATH, pages.show, methods=["GET"])
    routes.add_api_route(PATH, pages.unsubscribe, methods=["POST"])
    return routes


class UnsubscribePages:
    """The handlers of the routes."""

    def __init__(self, settings: Settings, database: Database, notifications: Notifications) -> None:
        self._database, self._notifications = database, notifications
        stopped = [category for category in Category if category not in STILL_MAILED]
        self._pages = FormPages(settings, "stop", categories=stopped)

    async def show(self, request: Request) -> Response:
        """`GET`: show which mails would stop, and the button."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        token, account_id = await self._account_id(request)
        if account_id is None:
            return self._unknown(request)
        return self._pages.render(request, "ask", token=token)

    async def unsubscribe(self, request: Request) -> Response:
        """`POST`: unsubscribe. Doing it twice is no error."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        token, account_id = await self._account_id(request)
        if account_id is None:
            return self._unknown(request)
        if not await _is_one_click(request):
            return self._pages.render(request, "ask", HTTPStatus.BAD_REQUEST, token=token)
        await self._notifications.change(account_id, without_mails, channel=CHANNEL)
        return self._pages.render(request, "done")

    async def _account_id(self, request: Request) -> tuple[str, str | None]:
        token = request.query_params.get("t", "")
        return token, await account_of_token(self._database, token) if _TOKEN.fullmatch(token) else None

    def _unknown(self, request: Request) -> Response:
        return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)


async def _is_one_click(request: Request) -> bool:
    """Return whether the body is the one field of RFC 8058, in whichever of the two encodings it may have."""
    try:
        body = await read_body(request, MAX_BODY_BYTES)
    except BodyTooLarge:
        return False
    return _ONE_CLICK.search(body) is not None
