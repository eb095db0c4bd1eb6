"""`POST /fake/acts`: what people do, one at a time or several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.teams import transcript
from bot.sandbox.teams.plain_text import Flaw
from bot.sandbox.teams.problems import NotPossible
from bot.sandbox.teams.state import Json, Person, State
from bot.sandbox.teams.user_actions import Acts, Done


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")
    person: str


class Send(_Act):
    act: Literal["send"]
    text: str = ""
    conversation: str | None = None
    mention: bool = False
    attachments: list[Json] | None = None
    formatted: str | None = None
    flaw: Flaw | None = None


class Edit(_Act):
    act: Literal["edit"]
    message: str
    text: str


class Delete(_Act):
    act: Literal["delete", "undelete"]
    message: str


class React(_Act):
    act: Literal["react"]
    message: str
    kind: str = "like"
    added: bool = True


class Press(_Act):
    act: Literal["press"]
    message: str
    title: str | None = None
    verb: str | None = None
    data: Json | None = None
    inputs: Json | None = None
    fallback: bool = False
    stale: bool = False
    flaw: Flaw | None = None


class Install(_Act):
    act: Literal["install", "uninstall"]
    conversation: str | None = None


class Replay(BaseModel):
    model_config = ConfigDict(extra="forbid")
    act: Literal["replay"]
    post: int
    flaw: Flaw | None = None


class Raw(BaseModel):
    model_config = ConfigDict(extra="forbid")
    act: Literal["post"]
    activity: Json
    flaw: Flaw | None = None


Act = Annotated[Send | Edit | Delete | React | Press | Install | Replay | Raw, Field(discriminator="act")]


def doing(state: State, acts: Acts) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/fake")

    async def do(act: Act) -> Json:
        said: dict[str, Any] = act.model_dump(exclude={"act", "person"}, exclude_none=True)
        for name, argument in (("message", "message_id"), ("conversation", "conversation_id"), ("post", "number")):
            if name in said:
                said[argument] = said.pop(name)
        name = {"post": "post_raw"}.get(act.act, act.act)
        method: Callable[..., Awaitable[Done]] = getattr(acts, name)
        person_id = act.person if isinstance(act, _Act) else None
        who = [_person(state, person_id)] if person_id is not None else []
        return transcript.done(await method(*who, **said), who[0].id if who else None)

    @routes.post("/acts")
    async def one(act: Act) -> Json:
        """One act; answered once the bot has answered."""
        return await do(act)

    @routes.post("/acts/together")
    async def together(several: list[Act]) -> list[Json]:
        """Several, all posted before any is answered."""
        return list(await asyncio.gather(*map(do, several)))

    return routes


def _person(state: State, person_id: str) -> Person:
    found = state.people.get(person_id)
    if found is None:
        raise NotPossible("there is nobody of that id")
    return found
