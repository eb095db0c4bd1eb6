"""The fake as one application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from bot.sandbox.teams.activity_sender import doing
from bot.sandbox.teams.bot_client import Posting
from bot.sandbox.teams.connector import Connector
from bot.sandbox.teams.control_api import control
from bot.sandbox.teams.faults import Faults
from bot.sandbox.teams.incoming import Incoming
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.problems import NotPossible
from bot.sandbox.teams.signing import REAL_ISSUER, Signer
from bot.sandbox.teams.state import State
from bot.sandbox.teams.user_actions import Acts
from bot.sandbox.teams.web_page import page

REGION = "/emea"
"""The connector is below it, as each region has its own; with a slash behind, as Teams gives it."""


def create_app(
    url: str,
    bot_url: str,
    app_id: str,
    tenant_id: str,
    *,
    issuer: str = REAL_ISSUER,
    bot_name: str = "SPHERE",
    limits: Limits | None = None,
    demo: bool = False,
    support_channel: str | None = None,
) -> FastAPI:
    """The fake for one bot. `app.state.release()` ends all that waits in it.

    Args:
        url: where it is served.
        demo: whether somebody is there.
        support_channel: id of a channel in which the bot is installed, with two people of the SPHERE team.
    """
    service_url = f"{url}{REGION}/"
    state, limits, faults = State(app_id, tenant_id, bot_name), limits or Limits(), Faults()
    signer = Signer(app_id, service_url, issuer)
    posting = Posting(state, signer, bot_url)
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
        await posting.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.state.release = release
    # A page of the web must not reach it by a name of its own that points to loopback.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    app.add_exception_handler(NotPossible, _not_possible)
    app.include_router(_keys(signer, url))
    app.include_router(Connector(state, limits, faults, service_url).routes, prefix=REGION)
    app.include_router(control(state, limits, faults, posting))
    app.include_router(doing(state, Acts(state, Incoming(state, service_url), posting)))
    app.include_router(page())
    return app


def _keys(signer: Signer, url: str) -> APIRouter:
    """Who signs, at the Bot Framework's own path."""
    routes = APIRouter(prefix="/v1/.well-known")

    @routes.get("/openidconfiguration")
    async def metadata() -> Response:
        return JSONResponse(signer.metadata(f"{url}/v1/.well-known"))

    @routes.get("/keys")
    async def keys() -> Response:
        return JSONResponse(signer.jwks())

    return routes


async def _not_possible(_request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 409)


def _add_demo(state: State) -> None:
    """Two people and a team; the same ids after every start, since the bot remembers them."""
    claire = state.add_person("Claire Moreau", "claire.moreau@sphere.example", key="demo claire")
    paul = state.add_person("Paul Girard", "paul.girard@sphere.example", key="demo paul")
    state.add_channel("Équipe de soins", [claire.id, paul.id], key="demo team")
    state.add_group("Garde du week-end", [claire.id, paul.id], key="demo group")
