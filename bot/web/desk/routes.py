"""The desk put together."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.decisions import Decisions
from bot.accounts.requests import AccountRequests
from bot.core.clock import Clock
from bot.core.database import Database
from bot.directory.search import Directory
from bot.identity.oidc import is_configured
from bot.settings import Settings
from bot.support.agent_links import AgentLinks
from bot.support.agents import Agents
from bot.support.desk import Desk
from bot.support.misunderstood_messages import MisunderstoodMessages
from bot.web.desk.agent_chat_links import MessagingPages
from bot.web.desk.agents import TeamPages
from bot.web.desk.auth import DeskAuth, DeskRequest, place_after, sign_in_address
from bot.web.desk.canned_replies import CannedPages
from bot.web.desk.conversations import ConversationPages
from bot.web.desk.events import Streams
from bot.web.desk.oidc import OidcSignIn
from bot.web.desk.queue_broadcast import QueueBroadcast
from bot.web.desk.rendering import Rendering, root_of
from bot.web.desk.reports import FigurePages
from bot.web.desk.requests import RequestPages
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
) -> APIRouter:
    """Every route of the desk: `/desk/…`. All of them ask for a session but the sign-in page.

    Args:
        groups: the channels that have a group of the team.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    rendering = Rendering(clock)

    def refuse(request: Request, why: str, visit: DeskRequest | None) -> Response:
        if why != "sign_in":
            return rendering.page(request, "refused", visit, HTTPStatus.FORBIDDEN, why=why)
        place = place_after(request.url.path.removeprefix(root_of(request)) if request.method == "GET" else "")
        answer = sign_in.page(request, HTTPStatus.UNAUTHORIZED, place)
        if "hx-request" in request.headers:
            answer.headers["HX-Redirect"] = f"{root_of(request)}{sign_in_address(place)}"
        return answer

    gate = DeskAuth(agents, settings, refuse)
    with_issuer = is_configured(settings)
    sign_in = SignIn(agents, gate, rendering, settings.oidc_name if with_issuer else None)
    board = QueueBroadcast(desk, requests)
    routes = APIRouter(include_in_schema=False)
    sign_in.add_to(routes)
    if with_issuer:
        OidcSignIn(agents, gate, sign_in, rendering, settings, clock).add_to(routes)
    ConversationPages(desk, board, agents, rendering).add_to(routes, gate)
    directory = Directory(settings.directory_index)
    RequestPages(desk, requests, decisions, directory, rendering).add_to(routes, gate)
    CannedPages(desk, rendering).add_to(routes, gate)
    sentences = MisunderstoodMessages(database, clock, settings.sentences_file, directory.given_names)
    FigurePages(database, clock, sentences, desk.queues, rendering).add_to(routes, gate)
    TeamPages(agents, gate, rendering).add_to(routes)
    MessagingPages(links, groups, rendering).add_to(routes, gate)
    Streams(desk, board, agents, rendering).add_to(routes, gate)
    return routes
