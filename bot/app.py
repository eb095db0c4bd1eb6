"""The bot as an ASGI application: web chat, pages, events intake, health; its workers live as long as it does."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import FrameType
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.accounts.decisions import Decisions
from bot.accounts.registry import AccountRegistry
from bot.accounts.requests import AccountRequests
from bot.channels import create_channels
from bot.channels.web import chat_api
from bot.channels.web.notifications import Bell
from bot.core.clock import Clock, SystemClock
from bot.core.database import Database, random_id
from bot.core.errors import configure_logging, log_error
from bot.core.ttl_cache import TtlCache
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.partners import Partners
from bot.dossiers.usager_cache import UsagerCache
from bot.fhir.client import FhirClient, FhirUnavailable
from bot.fhir.operations import Operations
from bot.http import metrics
from bot.http.health import REMEMBER_SECONDS, Health
from bot.http.problems import Problem, problem_response
from bot.identity.account_chats import AccountChats
from bot.identity.continuations import Continuations
from bot.identity.errors import AccountClosed, LinkTokenInvalid, Locked
from bot.identity.service import Identity
from bot.messaging.channel import ChannelContext
from bot.messaging.delivery import Delivery
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Incoming
from bot.messaging.pii.redaction import Redaction
from bot.messaging.retention import Retention
from bot.messaging.retention_job import RetentionJob
from bot.messaging.router import Redeem
from bot.messaging.texts import Texts
from bot.migrations import upgrade
from bot.notifications import event_intake
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.delivery_metrics import Counting
from bot.notifications.notification_worker import NotificationWorker
from bot.notifications.service import Notifications
from bot.settings import Settings
from bot.support.agent_links import AgentLinks
from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.groups.groups import Groups
from bot.web import chat_page, transcript
from bot.web.account import notification_settings as notifications_page
from bot.web.account import sign_in, unsubscribe
from bot.web.desk import routes as desk_routes

DRAIN_SECONDS = 4
"""How long requests may take to end at a stop: as long as the turns in hand, which go on meanwhile."""


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """The application. Raises SettingsError, TextsError or FrontendNotInstalled when the installation is not complete."""
    database = Database(settings.sqlalchemy_url)
    fhir = FhirClient(settings.required("platform_url"), settings.required("platform_token"), timeout=settings.platform_timeout_seconds)
    registry = AccountRegistry(fhir)
    identity = Identity(database, registry, clock, settings)
    work = _DueWork(settings, database, clock, fhir, registry)
    privacy = Redaction(identity, UsagerCache(work.dossiers, clock), clock)
    gateway = Gateway(settings, database, clock, privacy, _redeeming(identity))
    channels = create_channels(ChannelContext(settings, gateway, clock, database))
    notifying = NotificationWorker(settings, database, clock, fhir, privacy, gateway.doors.channels)
    gateway.decide_again(notifying.following)
    delivery = Delivery(settings, database, clock, gateway, privacy, work, notifying.following)
    gateway.on_turn(delivery.after_turn)
    figures = TtlCache(Counting(database, clock).figures, REMEMBER_SECONDS)
    desk = Desk(database, clock, gateway, privacy, identity, work.requests)
    agents, links = Agents(database, clock, settings), AgentLinks(database, clock, settings)
    groups = Groups(settings, database, clock, desk, links, privacy, gateway.masked, gateway.changes, channels)
    health = Health(settings, database, channels, figures)
    retaining = RetentionJob(Retention(database, clock, settings))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(_log_unhandled)
        await asyncio.to_thread(upgrade, settings.sqlalchemy_url)
        if settings.desk_user and settings.desk_password:
            await agents.ensure_first(settings.desk_user, settings.desk_password.get_secret_value())
        await gateway.start()
        delivery.start()
        notifying.start()
        groups.start()
        retaining.start()
        try:
            yield
        finally:
            retaining.stop()
            await groups.stop()
            await asyncio.gather(gateway.stop(), delivery.stop(), notifying.stop())
            await health.aclose()
            await fhir.aclose()
            await database.close()

    app = FastAPI(title="SPHERE assistant", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.gateway, app.state.database, app.state.delivery = gateway, database, delivery
    app.state.desk, app.state.groups = desk, groups
    app.state.notifying = notifying
    _tell_problems(app, gateway.texts)
    notifications = Notifications(database, clock, settings)
    bell = Bell(notifications, identity, CareTeamCache(CareTeams(fhir), clock), gateway.texts)
    app.include_router(chat_api.router(gateway, Continuations(database, clock, settings), bell, settings, clock))
    app.include_router(sign_in.router(settings, database, clock, identity, _telling(gateway)))
    app.include_router(notifications_page.router(settings, database, clock, registry, notifications))
    app.include_router(unsubscribe.router(settings, database, clock, notifications))
    app.include_router(transcript.router(settings, database, clock))
    for channel in channels:
        if channel.routes is not None:
            app.include_router(channel.routes)
    app.include_router(desk_routes.router(settings, database, clock, agents, links, groups.names, desk, work.requests, work.decisions))
    app.include_router(_health_routes(health))
    app.include_router(metrics.router(settings, figures))
    app.include_router(event_intake.router(database, clock, settings.required("events_token"), wake=notifying.wake))
    app.include_router(_pages(settings))
    return app


class _DueWork:
    """What falls due beside the outbox: operations on the platform, agents' decisions, and account creations that a kill interrupted."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, fhir: FhirClient, registry: AccountRegistry) -> None:
        self._operations = Operations(database, clock)
        self.dossiers = Dossiers(fhir, database, clock, self._operations)
        partners = Partners(fhir, database, clock, self._operations)
        self.requests = AccountRequests(database, registry, partners, clock, settings, AccountChats(settings))

        self.decisions = Decisions(database, self.requests, clock, settings.desk_undo_seconds)

    async def run_due(self) -> int:
        """Attempt what is due; how much was done."""
        done = await self._operations.run_due() + await self.decisions.run_due()
        return done + await self.requests.finish_created()


def _redeeming(identity: Identity) -> Redeem:
    """Links a chat by the token of a deep link; what a failure is called in the gateway's texts."""

    async def redeem(conversation_id: str, token: str) -> str | None:
        try:
            await identity.redeem(conversation_id, token)
        except LinkTokenInvalid:
            return "link_invalid"
        except Locked:
            return "link_locked"
        except AccountClosed:
            return "link_closed"
        except FhirUnavailable:
            return "link_unavailable"
        return None

    return redeem


def _telling(gateway: Gateway) -> sign_in.OnLinked:
    """Tells a chat what became of signing in on the page."""

    async def on_linked(conversation_id: str, outcome: str) -> None:
        await gateway.receive(conversation_id, Incoming(f"sign-in:{random_id()}", event=outcome))

    return on_linked


def serve(settings: Settings) -> None:
    """Run the bot until it is told to stop. Nothing that it logs holds an address, a text or a token."""
    configure_logging()
    app = create_app(settings, SystemClock())
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    server = Server(config, before_exit=app.state.gateway.begin_stop)
    server.run()
    if not server.started:
        sys.exit(1)


class Server(uvicorn.Server):
    """Ends the event streams as soon as it is told to stop: it waits for every connection before the application hears of it."""

    def __init__(self, config: uvicorn.Config, before_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_exit = before_exit
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Remember the loop that the streams live on."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """On SIGINT and SIGTERM."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._before_exit)
        super().handle_exit(sig, frame)


def _pages(settings: Settings) -> APIRouter:
    ancestors = [] if settings.frame_ancestors == "'none'" else settings.frame_ancestors.split()
    contact = chat_page.SupportContact(phone=settings.support_phone, email=settings.support_email, hours=settings.support_hours)
    return chat_page.router(ancestors, contact)


def _health_routes(health: Health) -> APIRouter:
    routes = APIRouter()

    @routes.get("/health")
    async def report() -> Response:
        status, lines = await health.report()
        body = json.dumps(lines, indent=1) + "\n"
        return Response(body, status.value, media_type="application/json", headers={"Cache-Control": "no-store"})

    @routes.get("/health/live")
    async def live() -> Response:
        return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})

    return routes


def _tell_problems(app: FastAPI, texts: Texts) -> None:
    """Every error leaves as problem+json; what is ours is logged with an id and without values."""

    async def problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(error)

    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        return problem_response(Problem(status, str(error.detail), headers=error.headers))

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = [{"pointer": "/" + "/".join(str(part) for part in e["loc"]), "detail": e["type"]} for e in error.errors()]
        return problem_response(Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is malformed", errors=found))

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_middleware(UnhandledErrors, texts=texts)


class UnhandledErrors:
    """Turns what nobody handled into a 500 with an id; the server would log the exception with what it quotes."""

    def __init__(self, app: ASGIApp, texts: Texts) -> None:
        self._app, self._texts = app, texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but HTTP requests' exceptions."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # the last resort of every route
            error_id = log_error(error, "answering a request")
            if not started:
                detail = self._texts.say("internal", error_id=error_id)
                await problem_response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, error_id=error_id))(scope, receive, send)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, BaseException):
        log_error(error, "in a background task")
