"""The bot as an ASGI application: web chat, pages, events intake, health, or health alone where it only delivers; its work goes with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bot.bot_container import BotContainer
from bot.channels.web import chat_api
from bot.channels.web.authentication import Authentication
from bot.channels.web.notifications import WebNotifications
from bot.channels.web.session_api import SessionApi
from bot.core.clock import Clock, SystemClock
from bot.core.database import random_id
from bot.core.errors import configure_logging, log_error
from bot.core.ttl_cache import TtlCache
from bot.directory.index import current_folder
from bot.fhir.errors import FhirUnauthorized
from bot.http import health, metrics
from bot.http.health_checks import DatabaseCheck, HttpChecks, ReadingCheck, smtp_check
from bot.http.problems import Problem, problem_response, validation_errors
from bot.http.proxies import TrustedProxies
from bot.http.rate_limit import RateLimits
from bot.http.response_metrics import CountedResponses
from bot.messaging.channel import Channel, ReportingChannel
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Incoming
from bot.messaging.texts import Texts
from bot.metric_sources import metric_sources
from bot.migrations import upgrade
from bot.notifications import event_intake
from bot.notifications.delivery_metrics import DeliveryMetricsReader
from bot.notifications.metrics_collector import NotificationStatus
from bot.notifications.watch import endpoint
from bot.server import listen, serve_app
from bot.settings import Settings
from bot.traces import traced
from bot.web import chat_page, transcript
from bot.web.account import notification_settings as notifications_page
from bot.web.account import sign_in, unsubscribe
from bot.web.desk import routes as desk_routes
from bot.web.unhandled_errors import UnhandledErrors
from bot.work import Roles, Work


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """Return the application. Raise SettingsError, TextsError or FrontendNotInstalled where the installation is not complete."""
    parts = BotContainer(settings, clock)
    database, identity = parts.database, parts.identity
    gateway, support, channels, groups, agents = parts.gateway, parts.support, parts.channels, parts.groups, parts.agents
    work = Work(parts, Roles(delivers=settings.roles != "serve"))
    notification_status = NotificationStatus(TtlCache(DeliveryMetricsReader(database, clock).read, health.CACHE_SECONDS))
    http_checks, rate_limits, reads = HttpChecks(), RateLimits(settings, database, clock), ReadingCheck(database)
    readiness = health.Readiness(reads, {"redis": rate_limits.check})

    def begin_drain() -> None:
        readiness.draining = True

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with _prepared(settings):
            if settings.desk_user and settings.desk_password:
                await agents.ensure_first(settings.desk_user, settings.desk_password.get_secret_value())
            await work.start()
            try:
                yield
            finally:
                await work.stop()
                await asyncio.gather(http_checks.aclose(), rate_limits.aclose(), reads.aclose())
                await parts.aclose()

    app = FastAPI(title="SPHERE assistant", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts, app.state.begin_stop, app.state.begin_drain, app.state.rate_limits = parts, work.begin_stop, begin_drain, rate_limits
    proxy_token = settings.trusted_proxy_token.get_secret_value() if settings.trusted_proxy_token is not None else None
    app.add_middleware(TrustedProxies, networks=settings.proxy_networks, header=settings.trusted_proxy_header, token=proxy_token)
    if settings.believes_local_processes:
        logging.getLogger(__name__).warning(
            "TRUSTED_PROXIES names this machine: without TRUSTED_PROXY_TOKEN each of its processes says where it is from"
        )
    _tell_problems(app, gateway.texts, settings)
    app.add_middleware(CountedResponses)
    web_notifications = WebNotifications(parts.notifications, identity, parts.care_team_cache, gateway.texts)
    authentication = Authentication(parts.chat_sessions, gateway.texts)
    session_api = SessionApi(gateway, parts.chat_sessions, authentication, parts.continuations, identity, settings)
    app.include_router(chat_api.router(gateway, identity, authentication, work.session_watch, web_notifications, session_api, settings))
    app.include_router(sign_in.router(settings, database, clock, identity, _telling(gateway)))
    app.include_router(notifications_page.router(settings, database, clock, parts.registry, parts.notifications))
    app.include_router(unsubscribe.router(settings, database, parts.notifications))
    app.include_router(transcript.router(settings, database, clock))
    for channel in channels:
        if channel.routes is not None:
            app.include_router(channel.routes)
    app.include_router(
        desk_routes.router(
            settings,
            database,
            clock,
            agents,
            parts.agent_links,
            groups.names,
            support.desk,
            parts.account_requests,
            parts.decisions,
            parts.duplicates,
            parts.live_directories,
        )
    )
    report = _health(settings, parts, channels, http_checks, notification_status, rate_limits.check)
    app.include_router(health.router(report, readiness))
    app.include_router(metrics.router(settings, *metric_sources(parts, channels, report, notification_status)))
    events_token = settings.required("events_token")
    app.include_router(event_intake.router(database, clock, events_token, fhir=parts.fhir, mapping=parts.mapping))
    app.include_router(endpoint.router(settings, database, clock, parts.fhir, parts.mapping))
    app.include_router(_pages(settings))
    return app


def _telling(gateway: Gateway) -> sign_in.OnLinked:
    """Tells a chat what became of signing in on the page."""

    async def on_linked(conversation_id: str, outcome: str) -> None:
        await gateway.receive(conversation_id, Incoming(f"sign-in:{random_id()}", event=outcome))

    return on_linked


def create_delivery_app(settings: Settings, clock: Clock) -> FastAPI:
    """Return the application of a bot that delivers alone: its requests are those of monitoring. Raises as `create_app` does."""
    parts = BotContainer(settings, clock)
    database = parts.database
    work = Work(parts, Roles(serves=False))
    notification_status = NotificationStatus(TtlCache(DeliveryMetricsReader(database, clock).read, health.CACHE_SECONDS))
    rate_limits, reads = RateLimits(settings, database, clock), ReadingCheck(database)
    readiness = health.Readiness(reads, {"redis": rate_limits.check})

    def begin_drain() -> None:
        readiness.draining = True

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with _prepared(settings):
            await work.start()
            try:
                yield
            finally:
                await work.stop()
                await asyncio.gather(rate_limits.aclose(), reads.aclose())
                await parts.aclose()

    app = FastAPI(title="SPHERE assistant: delivery", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.parts, app.state.begin_stop, app.state.begin_drain = parts, work.begin_stop, begin_drain
    _tell_problems(app, parts.gateway.texts, settings)
    checks = _common_checks(settings, parts, rate_limits.check)
    report = health.Health(checks, frozenset({"database", "platform"}), [notification_status.health_lines])
    app.include_router(health.router(report, readiness))
    app.include_router(metrics.router(settings, *metric_sources(parts, (), report, notification_status)))
    return app


@asynccontextmanager
async def _prepared(settings: Settings) -> AsyncIterator[None]:
    """Have what nobody handles logged, and the database be of the newest schema."""
    asyncio.get_running_loop().set_exception_handler(_log_unhandled)
    await asyncio.to_thread(upgrade, settings.sqlalchemy_url)
    yield


def serve(settings: Settings) -> None:
    """Run the bot until it is told to stop. Nothing that it logs holds an address, a text or a token.

    Raises SettingsError, TextsError, FrontendNotInstalled, DatabaseError, and OSError for an address that it cannot listen on, all
    before anything was begun.
    """
    _run(create_app, settings, "sphere-bot")


def deliver(settings: Settings) -> None:
    """Run what nobody waits for until it is told to stop. Raises as `serve` does."""
    _run(create_delivery_app, settings, "sphere-bot-deliver")


def _run(create: Callable[[Settings, Clock], FastAPI], settings: Settings, service: str) -> None:
    configure_logging(logging.WARNING, settings.log_format)  # what keeps it from starting is one sentence: nothing else is said until then
    app = create(settings, SystemClock())
    with listen(settings.host, settings.port) as listener:
        upgrade(settings.sqlalchemy_url)
        configure_logging(form=settings.log_format)
        with traced(settings, service):
            serve_app(app, listener, settings.drain_seconds)


def _pages(settings: Settings) -> APIRouter:
    ancestors = [] if settings.frame_ancestors == "'none'" else settings.frame_ancestors.split()
    contact = chat_page.SupportContact(phone=settings.support_phone, email=settings.support_email, hours=settings.support_hours)
    return chat_page.router(ancestors, contact)


def _health(
    settings: Settings,
    parts: BotContainer,
    channels: Sequence[Channel],
    http: HttpChecks,
    notifications: NotificationStatus,
    redis: health.Check | None,
) -> health.Health:
    """Return the health report. Mails wait in the outbox until SMTP is back, so it is not required."""

    async def directory() -> bool:
        return await asyncio.to_thread(current_folder, settings.directory_index) is not None

    async def web() -> bool:
        return True

    common = _common_checks(settings, parts, redis)
    checks: dict[str, health.Check | None] = {
        "rasa": http.get(settings.rasa_url, "health", key=settings.rasa_token),
        "actions": http.get(settings.actions_url, "health", key=settings.actions_token),
        "database": common.pop("database"),
        "directory": directory,
        **common,
    }
    checks |= parts.live_directories.health_checks()
    checks |= {channel.capabilities.name: channel.healthy for channel in channels}
    required = frozenset({"rasa", "actions", "database", "directory", "platform"})
    reporting = [channel.health_lines for channel in channels if isinstance(channel, ReportingChannel)]
    if changes := parts.live_directories.refresh:
        reporting.append(changes.health_lines)
    return health.Health(
        checks | {"web": web},
        required,
        [*reporting, notifications.health_lines, parts.directory_refresh.health_lines, parts.directory_distribution.health_lines],
    )


def _common_checks(settings: Settings, parts: BotContainer, redis: health.Check | None) -> dict[str, health.Check | None]:
    """Return the checks of what every role needs."""

    async def platform() -> bool:
        try:
            await parts.fhir.ping()
        except FhirUnauthorized:
            raise health.AccessRefused from None
        return True

    return {
        "database": DatabaseCheck(parts.database, parts.clock),
        "platform": platform if settings.platform_url else None,
        "smtp": smtp_check(settings.smtp_host, settings.smtp_port),
        "redis": redis,
        "audit_log": parts.audit_copy.healthy if parts.audit_copy else None,
    }


def _tell_problems(app: FastAPI, texts: Texts, settings: Settings) -> None:
    """Every error leaves as problem+json (to a browser's page as a page); what is ours is logged with an id and without values."""

    async def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(error)

    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        return problem_response(Problem(status, str(error.detail), headers=error.headers))

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = validation_errors(error.errors())
        return problem_response(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is malformed", errors=errors))

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_middleware(UnhandledErrors, texts=texts, settings=settings)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, BaseException):
        log_error(error, "in a background task")
