"""`/transcript/<token>`: what was said with the team, as a page to read or print, and as a file. Whoever has the address may read it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from bot.core.clock import Clock
from bot.core.database import Database
from bot.settings import Settings
from bot.support.ticket_transcript import PATH, TicketTranscript, TicketTranscriptLinks, transcript_of
from bot.web.form_pages import FormPages
from bot.web.templating import day

AUTHORS = {"user": "Vous", "assistant": "Assistant SPHERE", "system": "Annonce"}
FILE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def router(settings: Settings, database: Database, clock: Clock) -> APIRouter:
    """`GET /transcript/<token>` and `GET /transcript/<token>/file`.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = TranscriptPages(settings, database, clock)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(PATH + "/{token}", pages.show, methods=["GET"])
    routes.add_api_route(PATH + "/{token}/file", pages.file, methods=["GET"])
    return routes


class TranscriptPages:
    """What the routes do."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._database, self._links = database, TicketTranscriptLinks(settings, clock)
        self._sheets = FormPages(settings, clock, "transcript", authors=AUTHORS, day=day)

    async def show(self, request: Request) -> Response:
        """The page."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        minutes = await self._minutes(request)
        if minutes is None:
            return self._sheets.page(request, "unknown", HTTPStatus.UNAUTHORIZED)
        return self._sheets.page(request, "read", minutes=minutes, token=request.path_params["token"])

    async def file(self, request: Request) -> Response:
        """The same as plain text, to be kept."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        minutes = await self._minutes(request)
        if minutes is None:
            return self._sheets.page(request, "unknown", HTTPStatus.UNAUTHORIZED)
        name = {"Content-Disposition": f'attachment; filename="{minutes.reference}.txt"'}
        return Response(as_text(minutes), media_type="text/plain; charset=utf-8", headers=FILE_HEADERS | name)

    async def _minutes(self, request: Request) -> TicketTranscript | None:
        ticket_id = self._links.read(str(request.path_params["token"]))
        return await transcript_of(self._database, ticket_id) if ticket_id is not None else None


def as_text(minutes: TicketTranscript) -> str:
    """The transcript as a text file."""
    head = [f"Discussion avec l’équipe SPHERE, référence {minutes.reference}", f"Ouverte le {day(minutes.opened_at)}"]
    head += [f"Close le {day(minutes.closed_at)}"] if minutes.closed_at else []
    said = [f"{day(line.at)}, {name_of(line.author, line.agent)} :\n{line.text}" for line in minutes.lines]
    return "\n\n".join(["\n".join(head), *said]) + "\n"


def name_of(author: str, agent: str | None) -> str:
    """Who spoke, as the user reads it."""
    return AUTHORS.get(author) or f"{agent or 'Équipe'}, de l’équipe SPHERE"
