"""The page of figures, for supervisors: charts with a table beside each, CSV, and the sentences that were not understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.request_report import AGES, requests_by_state
from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.support.misunderstood_messages import EmptyMessage, MisunderstoodMessages
from bot.support.records import Reason
from bot.support.resolution_report import ResolutionShare, resolution_share
from bot.support.ticket_report import Period, TicketFacts, day_of, group_lines, hour_of, read_facts, report_line
from bot.web.desk.auth import DeskAuth, DeskRequest
from bot.web.desk.rendering import Rendering
from bot.web.desk.report_tables import COUNT, ReportTable, Row, as_csv, of_tickets

USUAL_DAYS = 30
NAMES = ("all", "assistant", "days", "hours", "tasks", "reasons", "queues", "tags", "channels", "requests")
"""The grids, in the order of the page."""
NO_TASK = "no_task"
_BY: dict[str, Callable[[TicketFacts], Iterable[str]]] = {
    "tasks": lambda ticket: (ticket.task or NO_TASK,),
    "reasons": lambda ticket: (ticket.reason,),
    "queues": lambda ticket: (ticket.queue,),
    "tags": lambda ticket: ticket.tags,
    "channels": lambda ticket: (ticket.channel,),
}


class FigurePages:
    """The routes under `/desk/figures`: supervisors' alone."""

    def __init__(
        self, database: Database, clock: Clock, sentences: MisunderstoodMessages, queues: Sequence[str], rendering: Rendering
    ) -> None:
        self._database, self._clock, self._sentences = database, clock, sentences
        self._queues, self._rendering = tuple(queues), rendering

    def add_to(self, routes: APIRouter, gate: DeskAuth) -> None:
        """Add the routes."""
        gate.route(routes, "GET", "/desk/figures", self.show, supervisor=True)
        gate.route(routes, "GET", "/desk/figures/{name}.csv", self.csv, supervisor=True)
        gate.route(routes, "POST", "/desk/figures/sentences/{turn}/{act}", self.sentence, supervisor=True)

    async def show(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/figures?from=&to=`: days in Paris, both included; the last thirty by default."""
        return await self._page(visit, request, HTTPStatus.OK)

    async def csv(self, visit: DeskRequest, request: Request) -> Response:
        """`GET /desk/figures/<grid>.csv?from=&to=`."""
        name = str(request.path_params["name"])
        if name not in NAMES:
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        period = self._period(request)
        grid = (await self._grids(period, (name,)))[name]
        header, names = (self._words(request, visit, grid, part) for part in ("header", "names"))
        file = f"figures-{name}-{period.first}-{period.last}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{file}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(as_csv(grid, header, names), media_type="text/csv; charset=utf-8", headers=headers)

    def _words(self, request: Request, visit: DeskRequest, grid: ReportTable, part: str) -> list[str]:
        """What the columns, or the rows, of a grid are called, one a line."""
        if part == "names" and not grid.rows:
            return []
        return self._rendering.html(request, "figure_names", visit, grid=grid, part=part).strip("\n").split("\n")

    async def sentence(self, visit: DeskRequest, request: Request) -> Response:
        """`POST …/sentences/<turn>/keep` with `text`, or `…/away`."""
        turn, act = str(request.path_params["turn"]), request.path_params["act"]
        if not (turn.isascii() and turn.isdecimal() and len(turn) <= 18) or act not in ("keep", "away"):
            return self._rendering.page(request, "refused", visit, HTTPStatus.NOT_FOUND, why="missing")
        try:
            if act == "keep":
                await self._sentences.keep(int(turn), visit.form.get("text", ""), visit.agent.id)
            else:
                await self._sentences.dismiss(int(turn), visit.agent.id)
        except EmptyMessage:
            return await self._page(visit, request, HTTPStatus.UNPROCESSABLE_ENTITY, failed=True)
        period = self._period(request)
        return self._rendering.redirect(request, f"/desk/figures?from={period.first}&to={period.last}#sentences")

    async def _page(self, visit: DeskRequest, request: Request, status: HTTPStatus, *, failed: bool = False) -> Response:
        period = self._period(request)
        grids, sentences = await self._grids(period, NAMES), await self._sentences.list(period)
        return self._rendering.page(request, "figures", visit, status, period=period, grids=grids, sentences=sentences, failed=failed)

    def _period(self, request: Request) -> Period:
        """What is asked for; anything that is no day is one of the last thirty."""
        today = self._clock.now().astimezone(PARIS).date()
        last = _day(request.query_params.get("to", "")) or today
        first = _day(request.query_params.get("from", "")) or last - timedelta(days=USUAL_DAYS - 1)
        return Period.of(first, last)

    async def _grids(self, period: Period, names: Sequence[str]) -> dict[str, ReportTable]:
        tickets = await read_facts(self._database, period)
        grids: dict[str, ReportTable] = {}
        for name in names:
            if name == "all":
                grids[name] = of_tickets(name, [report_line("all", tickets)], charts=())
            elif name == "days":
                order = [day.isoformat() for day in period.days]
                grids[name] = of_tickets(name, group_lines(tickets, day_of, order), ("opened", "first_answer"))
            elif name == "hours":
                order = [f"{hour:02d}" for hour in range(24)]
                grids[name] = of_tickets(name, group_lines(tickets, hour_of, order), ("opened", "wait"))
            elif name == "assistant":
                grids[name] = _of_share(await resolution_share(self._database, period))
            elif name == "requests":
                found = await requests_by_state(self._database, self._clock)
                columns = (("count", COUNT), *((f"age_{number}", COUNT) for number in range(len(AGES) + 1)))
                grids[name] = ReportTable(name, columns, [Row(one.state, (one.count, *one.by_age)) for one in found], ("count",))
            else:
                known = self._queues if name == "queues" else tuple(Reason) if name == "reasons" else ()
                grids[name] = of_tickets(name, group_lines(tickets, _BY[name], known))
        return grids


def _of_share(found: ResolutionShare) -> ReportTable:
    """How the days of conversations ended, in number and in hundredths."""
    kinds = ("confirmed", "presumed", "handed_over", "not_understood", "failed")
    rows = [Row(kind, (getattr(found, kind), 100 * getattr(found, kind) / found.all if found.all else None)) for kind in kinds]
    return ReportTable("assistant", (("conversations", COUNT), ("percent", COUNT)), rows, ("conversations",))


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None
