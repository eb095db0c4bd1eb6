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
from starlette.routing import Route, Router

from bot.sandbox.event_page import EventPage
from bot.sandbox.fhir.api import BASE, FhirApi, read_body
from bot.sandbox.fhir.event_publisher import EventPublisher, events_of_change
from bot.sandbox.fhir.faults import FaultMiddleware
from bot.sandbox.fhir.operation_outcomes import OperationOutcomeError
from bot.sandbox.fhir.seed import demo_resources
from bot.sandbox.fhir.store import Store
from bot.sandbox.fhir.subscriptions import SubscriptionNotifier, notifications_of_change
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
    smtp_login: tuple[str, str] | None = None,
    control_path: str = "",
) -> Starlette:
    """Build the sandbox over `data_dir`/sandbox.db, which is seeded where it is new.

    Args:
        data_dir: data folder.
        token: bearer token of `/fhir` and `/sandbox/faults`.
        events_url: where events are posted.
        events_token: bearer token of those posts.
        smtp_port: port on which mails are caught (0: any free one, then in `app.state.smtp_port`); None: none are caught.
        mailbox_token: bearer token of `/mailbox`; None: none is needed.
        smtp_login: login and password that mails are taken with; None: they are taken from anybody.
        control_path: path before that of the page which posts events: `/` and a secret.
    """
    store = Store(data_dir / "sandbox.db", events_of_change, notifications_of_change)
    if store.is_empty():
        store.seed(demo_resources())
    publisher, notifier = EventPublisher(store, events_url, events_token), SubscriptionNotifier(store)

    def wake() -> None:
        publisher.wake()
        notifier.wake()

    api = FhirApi(store, token, wake)
    faults = FaultMiddleware(Router(routes=api.routes(), redirect_slashes=False))
    mailbox = Mailbox(store, mailbox_token, smtp_login)
    page = EventPage(store, events_url, events_token, control_path)

    async def set_fault(request: Request) -> Response:
        try:
            api.check_token(request)
            return JSONResponse(faults.set(await read_body(request)).model_dump(exclude_none=True))
        except OperationOutcomeError as error:
            return error.response()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        smtp = await mailbox.listen(LOOPBACK, smtp_port) if smtp_port is not None else None
        app.state.smtp_port = smtp.sockets[0].getsockname()[1] if smtp else None
        posting = [asyncio.create_task(publisher.run()), asyncio.create_task(notifier.run())]
        try:
            yield
        finally:
            for task in posting:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            if smtp:
                smtp.close()
            store.close()

    return Starlette(
        # No Mount: a Bundle is posted to the base without a slash behind it.
        routes=[
            Route(BASE, faults),
            Route(BASE + "/{rest:path}", faults),
            Route("/sandbox/faults", set_fault, methods=["POST"]),
            *page.routes(),
            *mailbox.routes(),
        ],
        # A web page must not reach the mailbox under a host name of its own that resolves to loopback.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])],
        exception_handlers={HTTPException: _not_found},
        lifespan=lifespan,
    )


async def _not_found(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return OperationOutcomeError(status, "not-supported" if status == 405 else "not-found", "nothing here").response()


def run(
    *,
    data_dir: Path,
    http_port: int,
    smtp_port: int,
    token: str,
    events_url: str,
    events_token: str,
    smtp_login: tuple[str, str] | None,
    control_path: str,
) -> None:
    """Run until SIGINT or SIGTERM. No request is logged: paths and bodies hold personal data. For the rest, see `create_app`."""
    app = create_app(data_dir, token, events_url, events_token, smtp_port=smtp_port, smtp_login=smtp_login, control_path=control_path)
    uvicorn.run(app, host=LOOPBACK, port=http_port, access_log=False, log_level="warning", timeout_graceful_shutdown=3)
