"""`/notifications/stop?t=`: stops notification mails. A GET, which mail scanners make, only shows the button; the POST, which the button
and mail programs make (RFC 8058, one-click), does it at once, without cookie or session: the token alone says whose mails they are.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from bot.core.clock import Clock
from bot.core.database import Database
from bot.notifications.kinds import Category
from bot.notifications.service import Notifications
from bot.notifications.unsubscribe import STILL_MAILED, account_of_token, without_mails
from bot.settings import Settings
from bot.web.form_pages import FormPages

PATH = "/notifications/stop"
CHANNEL = "mail"
LARGEST_BODY = 4_096
"""Bytes: one field, as a form or in parts."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,32}")
_ONE_CLICK = re.compile(rb"List-Unsubscribe\"?(=|\s*\r\n\r\n)One-Click\b")


def router(settings: Settings, database: Database, clock: Clock, notifications: Notifications) -> APIRouter:
    """`GET` and `POST /notifications/stop?t=<token>`.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = StopPages(settings, database, clock, notifications)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(PATH, pages.show, methods=["GET"])
    routes.add_api_route(PATH, pages.stop, methods=["POST"])
    return routes


class StopPages:
    """What the routes do."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, notifications: Notifications) -> None:
        self._database, self._notifications = database, notifications
        stopped = [category for category in Category if category not in STILL_MAILED]
        self._sheets = FormPages(settings, clock, "stop", categories=stopped)

    async def show(self, request: Request) -> Response:
        """What would be stopped, and the button."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        token, account_id = await self._whose(request)
        if account_id is None:
            return self._unknown(request)
        return self._sheets.page(request, "ask", token=token)

    async def stop(self, request: Request) -> Response:
        """Stop them. Done twice, it is done."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        token, account_id = await self._whose(request)
        if account_id is None:
            return self._unknown(request)
        if not await _is_one_click(request):
            return self._sheets.page(request, "ask", HTTPStatus.BAD_REQUEST, token=token)
        await self._notifications.change(account_id, without_mails, channel=CHANNEL)
        return self._sheets.page(request, "done")

    async def _whose(self, request: Request) -> tuple[str, str | None]:
        token = request.query_params.get("t", "")
        return token, await account_of_token(self._database, token) if _TOKEN.fullmatch(token) else None

    def _unknown(self, request: Request) -> Response:
        return self._sheets.page(request, "unknown", HTTPStatus.UNAUTHORIZED)


async def _is_one_click(request: Request) -> bool:
    """Whether the body is RFC 8058's one field, in whichever of the two forms it may have."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return False
    return _ONE_CLICK.search(bytes(body)) is not None
