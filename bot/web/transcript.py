"""`/transcript/<token>`: the transcript of a ticket, as a page to read or print, and as a file, by a link that is opened once.

Chat platforms open links to preview them, so showing the link's page does not use it up: its button does, and the browser in which it was
pressed may read for a while.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from bot.core.clock import Clock
from bot.core.database import Database
from bot.http.csrf import FIELD
from bot.http.forms import read_form
from bot.http.sessions import new_session_token
from bot.http.urls import root_path
from bot.settings import Settings
from bot.support.ticket_transcript import LINK_LIFETIME, PATH, READING_LIFETIME, TicketTranscript, TicketTranscriptLinks, transcript_of
from bot.web.form_pages import FormPages
from bot.web.templating import format_datetime

MAX_FORM_BYTES = 4_096
"""Of the form that the button sends: the link's token and a CSRF token."""
AUTHORS = {"user": "Vous", "assistant": "Assistant SPHERE", "system": "Annonce"}
FILE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def router(settings: Settings, database: Database, clock: Clock) -> APIRouter:
    """Return the routes `GET /transcript/<token>` (the button), `POST /transcript`, `GET /transcript` and `GET /transcript/file`.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = TranscriptPages(settings, database, clock)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(PATH, pages.show, methods=["GET"])
    routes.add_api_route(PATH, pages.open, methods=["POST"])
    routes.add_api_route(PATH + "/file", pages.file, methods=["GET"])
    routes.add_api_route(PATH + "/{token}", pages.ask, methods=["GET"])
    return routes


class TranscriptPages:
    """The handlers of the routes."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._database, self._links = database, TicketTranscriptLinks(settings, database, clock)
        self._pages = FormPages(
            settings,
            "transcript",
            authors=AUTHORS,
            day=format_datetime,
            link_minutes=_minutes(LINK_LIFETIME),
            reading_minutes=_minutes(READING_LIFETIME),
        )

    async def ask(self, request: Request) -> Response:
        """`GET /transcript/<token>`: show the button that opens the transcript."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        token = str(request.path_params["token"])
        if not await self._links.is_usable(token):
            return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)
        browser = self._pages.cookie.read(request) or new_session_token()
        response = self._pages.render(request, "ask", token=token, csrf_token=self._pages.csrf.token(browser, "open", token))
        self._pages.cookie.set(response, browser, int(LINK_LIFETIME.total_seconds()))
        return response

    async def open(self, request: Request) -> Response:
        """`POST /transcript`: use up the link, if the button was pressed on the page that this browser was shown."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        form, browser = await read_form(request, MAX_FORM_BYTES), self._pages.cookie.read(request)
        token = form.get("t", "")
        if browser is None:
            return self._pages.render(request, "no_cookie", HTTPStatus.UNAUTHORIZED)
        if not self._pages.csrf.is_valid(form.get(FIELD, ""), browser, "open", token):
            return self._pages.render(request, "no_cookie", HTTPStatus.FORBIDDEN)
        reader = await self._links.open(token)
        if reader is None:
            return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)
        response = self._pages.redirect(f"{root_path(request)}{PATH}")
        self._pages.cookie.set(response, reader, int(READING_LIFETIME.total_seconds()))
        return response

    async def show(self, request: Request) -> Response:
        """`GET /transcript`: show what this browser may read."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        transcript = await self._transcript(request)
        if transcript is None:
            return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)
        return self._pages.render(request, "read", transcript=transcript)

    async def file(self, request: Request) -> Response:
        """`GET /transcript/file`: download the same as plain text."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        transcript = await self._transcript(request)
        if transcript is None:
            return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)
        name = {"Content-Disposition": f'attachment; filename="{transcript.reference}.txt"'}
        return Response(to_text(transcript), media_type="text/plain; charset=utf-8", headers=FILE_HEADERS | name)

    async def _transcript(self, request: Request) -> TicketTranscript | None:
        reader = self._pages.cookie.read(request)
        ticket_id = await self._links.ticket_of(reader) if reader is not None else None
        return await transcript_of(self._database, ticket_id) if ticket_id is not None else None


def _minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)


def to_text(transcript: TicketTranscript) -> str:
    """Return the transcript as a text file."""
    head = [f"Discussion avec l’équipe SPHERE, référence {transcript.reference}", f"Ouverte le {format_datetime(transcript.opened_at)}"]
    head += [f"Close le {format_datetime(transcript.closed_at)}"] if transcript.closed_at else []
    lines = [f"{format_datetime(line.at)}, {author_name(line.author, line.agent)}\u00a0:\n{line.text}" for line in transcript.lines]
    return "\n\n".join(["\n".join(head), *lines]) + "\n"


def author_name(author: str, agent: str | None) -> str:
    """Return how the user reads who wrote a line; `agent` is the agent's name, where there is one."""
    return AUTHORS.get(author) or f"{agent or 'Équipe'}, de l’équipe SPHERE"
