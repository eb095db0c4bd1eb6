"""The fake Teams as one application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from bot.sandbox.teams.activity_factory import ActivityFactory
from bot.sandbox.teams.bot_client import BotClient
from bot.sandbox.teams.connector import Connector
from bot.sandbox.teams.control_api import control_routes
from bot.sandbox.teams.errors import UserActionError
from bot.sandbox.teams.faults import Faults
from bot.sandbox.teams.rate_limits import RateLimits
from bot.sandbox.teams.signing import REAL_ISSUER, Signer
from bot.sandbox.teams.state import State
from bot.sandbox.teams.user_actions import UserActions
from bot.sandbox.teams.user_actions_api import user_action_routes
from bot.sandbox.teams.web_page import page_routes

REGION = "/emea"
"""Path of the connector, as each region has its own; `serviceUrl` ends with a slash behind it."""


def create_app(
    url: str,
    bot_url: str,
    app_id: str,
    tenant_id: str,
    *,
    issuer: str = REAL_ISSUER,
    bot_name: str = "SPHERE",
    limits: RateLimits | None = None,
    demo: bool = False,
    support_channel: str | None = None,
) -> FastAPI:
    """Build the fake for one bot. `app.state.release()` ends all requests that wait in it.

    Args:
        url: where it is served.
        bot_url: the bot's messaging endpoint.
        app_id: application id of the bot.
        tenant_id: the one tenant.
        issuer: issuer of the tokens.
        bot_name: name of the bot in activities.
        limits: rate limits; by default those that Microsoft documents.
        demo: whether to add the people of the demo.
        support_channel: id of a channel in which the bot is installed, with two people of the SPHERE team.
    """
    service_url = f"{url}{REGION}/"
    state, limits, faults = State(app_id, tenant_id, bot_name), limits or RateLimits(), Faults()
    signer = Signer(app_id, service_url, issuer)
    bot_client = BotClient(state, signer, bot_url)
    if demo:
        _add_demo(state)
    if support_channel is not None:
        team = [state.add_person(name, key=f"demo {name}").id for name in ("Inès Support", "Paul Support")]
        state.add_channel("Accompagnement SPHERE", team, own_id=support_channel).installed = True

    def release() -> None:
        state.release()
        faults.release()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await bot_client.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.state.release = release
    # A web page must not reach it under a host name of its own that resolves to loopback.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(UserActionError, _conflict)
    app.include_router(_key_routes(signer, url))
    app.include_router(Connector(state, limits, faults, service_url).routes, prefix=REGION)
    app.include_router(control_routes(state, limits, faults, bot_client))
    app.include_router(user_action_routes(state, UserActions(state, ActivityFactory(state, service_url), bot_client)))
    app.include_router(page_routes())
    return app


def _key_routes(signer: Signer, url: str) -> APIRouter:
    """Return the routes of the OpenID metadata and keys, at the Bot Framework's own paths."""
    routes = APIRouter(prefix="/v1/.well-known")

    @routes.get("/openidconfiguration")
    async def metadata() -> Response:
        return JSONResponse(signer.metadata(f"{url}/v1/.well-known"))

    @routes.get("/keys")
    async def keys() -> Response:
        return JSONResponse(signer.jwks())

    return routes


async def _conflict(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 409)


def _add_demo(state: State) -> None:
    """Add two people, a team and a group chat, with the same ids after every start, since the bot remembers them."""
    claire = state.add_person("Claire Moreau", "claire.moreau@sphere.example", key="demo claire")
    paul = state.add_person("Paul Girard", "paul.girard@sphere.example", key="demo paul")
    state.add_channel("Équipe de soins", [claire.id, paul.id], key="demo team")
    state.add_group("Garde du week-end", [claire.id, paul.id], key="demo group")
