"""`/transcript/<token>`: the transcript of a ticket, as a page to read or print, and as a file, for whoever has the address."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from bot.core.clock import Clock
from bot.core.database import Database
from bot.settings import Settings
from bot.support.ticket_transcript import PATH, TicketTranscript, TicketTranscriptLinks, transcript_of
from bot.web.form_pages import FormPages
from bot.web.templating import format_datetime

AUTHORS = {"user": "Vous", "assistant": "Assistant SPHERE", "system": "Annonce"}
FILE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def router(settings: Settings, database: Database, clock: Clock) -> APIRouter:
    """Return the routes `GET /transcript/<token>` and `GET /transcript/<token>/file`.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = TranscriptPages(settings, database, clock)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(PATH + "/{token}", pages.show, methods=["GET"])
    routes.add_api_route(PATH + "/{token}/file", pages.file, methods=["GET"])
    return routes


class TranscriptPages:
    """The handlers of the routes."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._database, self._links = database, TicketTranscriptLinks(settings, clock)
        self._pages = FormPages(settings, "transcript", authors=AUTHORS, day=format_datetime)

    async def show(self, request: Request) -> Response:
        """`GET /transcript/<token>`: show the page."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        transcript = await self._transcript(request)
        if transcript is None:
            return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)
        return self._pages.render(request, "read", transcript=transcript, token=request.path_params["token"])

    async def file(self, request: Request) -> Response:
        """`GET /transcript/<token>/file`: download the same as plain text."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        transcript = await self._transcript(request)
        if transcript is None:
            return self._pages.render(request, "unknown", HTTPStatus.UNAUTHORIZED)
        name = {"Content-Disposition": f'attachment; filename="{transcript.reference}.txt"'}
        return Response(to_text(transcript), media_type="text/plain; charset=utf-8", headers=FILE_HEADERS | name)

    async def _transcript(self, request: Request) -> TicketTranscript | None:
        ticket_id = self._links.read(str(request.path_params["token"]))
        return await transcript_of(self._database, ticket_id) if ticket_id is not None else None


def to_text(transcript: TicketTranscript) -> str:
    """Return the transcript as a text file."""
    head = [f"Discussion avec l’équipe SPHERE, référence {transcript.reference}", f"Ouverte le {format_datetime(transcript.opened_at)}"]
    head += [f"Close le {format_datetime(transcript.closed_at)}"] if transcript.closed_at else []
    lines = [f"{format_datetime(line.at)}, {author_name(line.author, line.agent)} :\n{line.text}" for line in transcript.lines]
    return "\n\n".join(["\n".join(head), *lines]) + "\n"


def author_name(author: str, agent: str | None) -> str:
    """Return how the user reads who wrote a line; `agent` is the agent's name, where there is one."""
    return AUTHORS.get(author) or f"{agent or 'Équipe'}, de l’équipe SPHERE"
