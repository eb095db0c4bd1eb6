"""The routes of the desk, put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.decisions import Decisions
from bot.accounts.requests import AccountRequests
from bot.core.clock import Clock
from bot.core.database import Database
from bot.directory.overlay import CurrentDirectory
from bot.dossiers.duplicates import Duplicates
from bot.http.urls import root_path
from bot.identity.oidc import is_configured
from bot.live_directories import LiveDirectories
from bot.settings import Settings
from bot.support.agent_links import AgentLinks
from bot.support.agent_sessions import AgentSessions
from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.misunderstood_messages import MisunderstoodMessages
from bot.support.second_factor import SecondFactor
from bot.web.desk.agent_chat_links import AgentChatLinkPages
from bot.web.desk.agents import AgentPages
from bot.web.desk.auth import DeskAuth, DeskSession, page_after_sign_in, sign_in_url
from bot.web.desk.canned_replies import CannedReplyPages
from bot.web.desk.conversations import ConversationPages
from bot.web.desk.duplicates import DuplicatePages
from bot.web.desk.events import EventStreams
from bot.web.desk.oidc import OidcSignIn
from bot.web.desk.queue_broadcast import QueueBroadcast
from bot.web.desk.rendering import Renderer
from bot.web.desk.reports import ReportPages
from bot.web.desk.request_context import RequestContexts
from bot.web.desk.requests import AccountRequestPages
from bot.web.desk.security import SECOND_FACTOR_PATH, SecurityPages
from bot.web.desk.sign_in import SignIn


def router(
    settings: Settings,
    database: Database,
    clock: Clock,
    agents: Agents,
    links: AgentLinks,
    groups: Sequence[str],
    desk: Desk,
    requests: AccountRequests,
    decisions: Decisions,
    duplicates: Duplicates,
    live_directories: LiveDirectories,
) -> APIRouter:
    """Return every route of the desk: `/desk/…`. All of them need a session but the sign-in page.

    Args:
        settings: of the service.
        database: of the service.
        clock: the present.
        agents: the accounts of the desk.
        links: the chat accounts that agents answer from.
        groups: channels that have a group of the support team.
        desk: tickets.
        requests: account requests.
        decisions: decisions on account requests.
        duplicates: dossiers that may be about one person.
        live_directories: the directories that are asked live.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    renderer = Renderer(clock)

    def refuse(request: Request, reason: str, session: DeskSession | None) -> Response:
        root, with_htmx = root_path(request), "hx-request" in request.headers
        if reason == "enrol":
            return renderer.redirect(request, SECOND_FACTOR_PATH)
        if reason not in ("sign_in", "timed_out"):
            return renderer.page(request, "refused", session, HTTPStatus.FORBIDDEN, why=reason)
        timed_out = reason == "timed_out"
        asked = urlsplit(request.headers.get("hx-current-url", "")).path if with_htmx else request.url.path
        next_page = page_after_sign_in(asked.removeprefix(root) if with_htmx or request.method == "GET" else "")
        response = sign_in.page(request, HTTPStatus.UNAUTHORIZED, next_page, failure=reason if timed_out else None)
        if with_htmx:
            response.headers["HX-Redirect"] = f"{root}{sign_in_url(next_page)}{'&timed_out' if timed_out else ''}"
        return response

    auth = DeskAuth(agents, settings, refuse)
    with_issuer = is_configured(settings)
    factor = SecondFactor(database, clock, settings, agents)
    sign_in = SignIn(agents, factor, auth, renderer, settings, clock, settings.oidc_name if with_issuer else None)
    broadcast = QueueBroadcast(desk, requests)
    routes = APIRouter(include_in_schema=False)
    sign_in.add_to(routes)
    if with_issuer:
        OidcSignIn(agents, auth, sign_in, renderer, settings, clock).add_to(routes)
    ConversationPages(desk, broadcast, agents, renderer).add_to(routes, auth)
    directory = CurrentDirectory(settings.directory_index)
    AccountRequestPages(desk, requests, decisions, RequestContexts(requests, directory, live_directories), renderer).add_to(routes, auth)
    CannedReplyPages(desk, renderer).add_to(routes, auth)
    DuplicatePages(duplicates, renderer).add_to(routes, auth)
    misunderstood = MisunderstoodMessages(database, clock, settings.sentences_file, directory.given_names)
    ReportPages(database, clock, misunderstood, desk.queues, renderer, partial(desk.record_reading, action="support.export")).add_to(
        routes, auth
    )
    AgentPages(agents, auth, renderer).add_to(routes)
    SecurityPages(agents, factor, AgentSessions(database, clock, agents), auth, renderer).add_to(routes)
    AgentChatLinkPages(links, groups, renderer).add_to(routes, auth)
    EventStreams(desk, broadcast, agents, renderer).add_to(routes, auth)
    return routes
