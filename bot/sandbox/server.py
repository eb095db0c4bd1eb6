"""The sandbox as a process: HTTP (FHIR, mailbox, faults) and SMTP, both on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from bot.sandbox.event_page import EventPage
from bot.sandbox.fhir.api import FhirApi, read_body
from bot.sandbox.fhir.event_publisher import EventPoster, events_of_change
from bot.sandbox.fhir.faults import Faults
from bot.sandbox.fhir.operation_outcomes import FhirProblem
from bot.sandbox.fhir.seed import demo_resources
from bot.sandbox.fhir.store import Store
from bot.sandbox.mailbox import Mailbox

LOOPBACK = "127.0.0.1"


def create_app(
    data_dir: Path,
    token: str,
    events_url: str,
    events_token: str,
    *,
    smtp_port: int | None = None,
    mailbox_token: str | None = None,
) -> Starlette:
    """The sandbox over `data_dir`/sandbox.db, seeded where that is new.

    `token` opens `/fhir` and `/sandbox/faults`; events go to `events_url` with `events_token`. With `smtp_port` (0: any free one,
    then found in `app.state.smtp_port`) it catches mails for as long as it runs. `mailbox_token` closes `/mailbox` to others.
    """
    store = Store(data_dir / "sandbox.db", events_of_change)
    if store.is_empty():
        store.seed(demo_resources())
    poster = EventPoster(store, events_url, events_token)
    api = FhirApi(store, token, poster.wake)
    faults = Faults(Router(routes=api.routes()))
    mailbox = Mailbox(store, mailbox_token)
    page = EventPage(store, events_url, events_token)

    async def set_fault(request: Request) -> Response:
        try:
            api.check_token(request)
            return JSONResponse(faults.set(await read_body(request)).model_dump(exclude_none=True))
        except FhirProblem as problem:
            return problem.response()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        smtp = await mailbox.listen(LOOPBACK, smtp_port) if smtp_port is not None else None
        app.state.smtp_port = smtp.sockets[0].getsockname()[1] if smtp else None
        posting = asyncio.create_task(poster.run())
        try:
            yield
        finally:
            posting.cancel()
            with suppress(asyncio.CancelledError):
                await posting
            if smtp:
                smtp.close()
            store.close()

    return Starlette(
        routes=[Mount("/fhir", app=faults), Route("/sandbox/faults", set_fault, methods=["POST"]), *page.routes(), *mailbox.routes()],
        # A page of the web must not reach the mailbox by a name of its own that points to loopback.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])],
        exception_handlers={HTTPException: _not_found},
        lifespan=lifespan,
    )


async def _not_found(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return FhirProblem(status, "not-supported" if status == 405 else "not-found", "nothing here").response()


def run(*, data_dir: Path, http_port: int, smtp_port: int, token: str, events_url: str, events_token: str) -> None:
    """Run until SIGINT or SIGTERM. Nothing is written down of requests: their addresses and bodies hold people's data."""
    app = create_app(data_dir, token, events_url, events_token, smtp_port=smtp_port)
    uvicorn.run(app, host=LOOPBACK, port=http_port, access_log=False, log_level="warning", timeout_graceful_shutdown=3)
