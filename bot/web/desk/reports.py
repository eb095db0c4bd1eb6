"""Reports, for supervisors: charts with a table beside each, CSV, and the messages that were not understood."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.request_report import AGES, requests_by_state
from bot.core.clock import PARIS, Clock
from bot.core.database import Database
from bot.http.parameters import parse_id
from bot.support.misunderstood_messages import EmptyMessage, MisunderstoodMessages
from bot.support.records import Reason
from bot.support.resolution_report import ResolutionShare, resolution_share
from bot.support.ticket_report import Period, TicketFacts, day_of, group_lines, hour_of, read_facts, report_line
from bot.web.desk.auth import DeskAuth, DeskSession
from bot.web.desk.rendering import Renderer
from bot.web.desk.report_tables import COUNT, ReportTable, Row, ticket_table, to_csv

DEFAULT_DAYS = 30
NAMES = ("all", "assistant", "days", "hours", "tasks", "reasons", "queues", "tags", "channels", "requests")
"""Names of the tables, in the order of the page."""
NO_TASK = "no_task"
RecordExport = Callable[[str, str], Awaitable[None]]
"""Records, given (agent id, name of the file), that an agent downloads a table."""
_BY: dict[str, Callable[[TicketFacts], Iterable[str]]] = {
    "tasks": lambda ticket: (ticket.task or NO_TASK,),
    "reasons": lambda ticket: (ticket.reason,),
    "queues": lambda ticket: (ticket.queue,),
    "tags": lambda ticket: ticket.tags,
    "channels": lambda ticket: (ticket.channel,),
}


class ReportPages:
    """The routes under `/desk/figures`, for supervisors alone."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        misunderstood: MisunderstoodMessages,
        queues: Sequence[str],
        renderer: Renderer,
        record_export: RecordExport,
    ) -> None:
        self._database, self._clock, self._misunderstood = database, clock, misunderstood
        self._queues, self._renderer, self._record_export = tuple(queues), renderer, record_export

    def add_to(self, routes: APIRouter, auth: DeskAuth) -> None:
        """Add the routes."""
        auth.route(routes, "GET", "/desk/figures", self.show, supervisor=True)
        auth.route(routes, "GET", "/desk/figures/{name}.csv", self.csv, supervisor=True)
        auth.route(routes, "POST", "/desk/figures/sentences/{turn}/{action}", self.handle_misunderstood, supervisor=True)

    async def show(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/figures?from=&to=`: show the report of a period, days in Paris, both included; the last thirty by default."""
        return await self._page(session, request, HTTPStatus.OK)

    async def csv(self, session: DeskSession, request: Request) -> Response:
        """`GET /desk/figures/<table>.csv?from=&to=`: download a table."""
        name = str(request.path_params["name"])
        if name not in NAMES:
            return self._renderer.not_found(request, session)
        period = self._period(request)
        await self._record_export(session.agent.id, f"{name}.csv")
        table = (await self._tables(period, (name,)))[name]
        header, names = (self._titles(request, session, table, part) for part in ("header", "names"))
        file = f"figures-{name}-{period.first}-{period.last}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{file}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(to_csv(table, header, names), media_type="text/csv; charset=utf-8", headers=headers)

    def _titles(self, request: Request, session: DeskSession, table: ReportTable, part: str) -> list[str]:
        """Return the titles of the columns (`part` is `header`) or the rows (`names`) of a table; the template gives one a line."""
        if part == "names" and not table.rows:
            return []
        return self._renderer.html(request, "figure_names", session, table=table, part=part).strip("\n").split("\n")

    async def handle_misunderstood(self, session: DeskSession, request: Request) -> Response:
        """`POST …/sentences/<turn>/keep` with `text`, or `…/away`: keep a misunderstood message for training, or put it away."""
        turn, action = parse_id(str(request.path_params["turn"])), request.path_params["action"]
        if turn is None or action not in ("keep", "away"):
            return self._renderer.not_found(request, session)
        try:
            if action == "keep":
                await self._misunderstood.keep(turn, session.form.get("text", ""), session.agent.id)
            else:
                await self._misunderstood.dismiss(turn, session.agent.id)
        except EmptyMessage:
            return await self._page(session, request, HTTPStatus.UNPROCESSABLE_ENTITY, failed=True)
        period = self._period(request)
        return self._renderer.redirect(request, f"/desk/figures?from={period.first}&to={period.last}#sentences")

    async def _page(self, session: DeskSession, request: Request, status: HTTPStatus, *, failed: bool = False) -> Response:
        period = self._period(request)
        tables, misunderstood = await self._tables(period, NAMES), await self._misunderstood.list(period)
        return self._renderer.page(
            request, "figures", session, status, period=period, tables=tables, misunderstood=misunderstood, failed=failed
        )

    def _period(self, request: Request) -> Period:
        """Return the period that is asked for; what is no day is replaced by one of the last thirty."""
        today = self._clock.now().astimezone(PARIS).date()
        last = _day(request.query_params.get("to", "")) or today
        first = _day(request.query_params.get("from", "")) or last - timedelta(days=DEFAULT_DAYS - 1)
        return Period.of(first, last)

    async def _tables(self, period: Period, names: Sequence[str]) -> dict[str, ReportTable]:
        tickets = await read_facts(self._database, period)
        tables: dict[str, ReportTable] = {}
        for name in names:
            if name == "all":
                tables[name] = ticket_table(name, [report_line("all", tickets)], charts=())
            elif name == "days":
                order = [day.isoformat() for day in period.days]
                tables[name] = ticket_table(name, group_lines(tickets, day_of, order), ("opened", "first_answer"))
            elif name == "hours":
                order = [f"{hour:02d}" for hour in range(24)]
                tables[name] = ticket_table(name, group_lines(tickets, hour_of, order), ("opened", "wait"))
            elif name == "assistant":
                tables[name] = _share_table(await resolution_share(self._database, period))
            elif name == "requests":
                per_state = await requests_by_state(self._database, self._clock)
                columns = (("count", COUNT), *((f"age_{number}", COUNT) for number in range(len(AGES) + 1)))
                tables[name] = ReportTable(
                    name, columns, [Row(state.state, (state.count, *state.by_age)) for state in per_state], ("count",)
                )
            else:
                known = self._queues if name == "queues" else tuple(Reason) if name == "reasons" else ()
                tables[name] = ticket_table(name, group_lines(tickets, _BY[name], known))
        return tables


def _share_table(share: ResolutionShare) -> ReportTable:
    """Return how days of conversations ended, as counts and percentages."""
    kinds = ("confirmed", "presumed", "handed_over", "not_understood", "failed")
    rows = [Row(kind, (getattr(share, kind), 100 * getattr(share, kind) / share.all if share.all else None)) for kind in kinds]
    return ReportTable("assistant", (("conversations", COUNT), ("percent", COUNT)), rows, ("conversations",))


def _day(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None
