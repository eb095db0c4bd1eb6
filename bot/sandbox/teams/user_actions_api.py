"""The control API's `POST /fake/acts`: actions of users, one at a time or several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.teams.errors import UserActionError
from bot.sandbox.teams.flaws import Flaw
from bot.sandbox.teams.serialization import action_result_json
from bot.sandbox.teams.state import Json, Person, State
from bot.sandbox.teams.user_actions import ActionResult, UserActions


class _UserAction(BaseModel):
    model_config = ConfigDict(extra="forbid")
    person: str


class Send(_UserAction):
    """Send a message, in the personal chat where `conversation` is None."""

    act: Literal["send"]
    text: str = ""
    conversation: str | None = None
    mention: bool = False
    attachments: list[Json] | None = None
    formatted: str | None = None
    flaw: Flaw | None = None


class Edit(_UserAction):
    """Edit a message of theirs."""

    act: Literal["edit"]
    message: str
    text: str


class Delete(_UserAction):
    """Delete a message of theirs, or undo that."""

    act: Literal["delete", "undelete"]
    message: str


class React(_UserAction):
    """Add a reaction to a message, or remove it."""

    act: Literal["react"]
    message: str
    kind: str = "like"
    added: bool = True


class Press(_UserAction):
    """Press an action of a card, found by title, verb or data."""

    act: Literal["press"]
    message: str
    title: str | None = None
    verb: str | None = None
    data: Json | None = None
    inputs: Json | None = None
    fallback: bool = False
    stale: bool = False
    flaw: Flaw | None = None


class Install(_UserAction):
    """Install or uninstall the app."""

    act: Literal["install", "uninstall"]
    conversation: str | None = None


class Replay(BaseModel):
    """Post an activity again, by the number of its post."""

    model_config = ConfigDict(extra="forbid")
    act: Literal["replay"]
    post: int
    flaw: Flaw | None = None


class Raw(BaseModel):
    """Post any activity."""

    model_config = ConfigDict(extra="forbid")
    act: Literal["post"]
    activity: Json
    flaw: Flaw | None = None


Action = Annotated[Send | Edit | Delete | React | Press | Install | Replay | Raw, Field(discriminator="act")]


def user_action_routes(state: State, actions: UserActions) -> APIRouter:
    """Return the routes of user actions."""
    routes = APIRouter(prefix="/fake")

    async def perform(action: Action) -> Json:
        arguments: dict[str, Any] = action.model_dump(exclude={"act", "person"}, exclude_none=True)
        for name, argument in (("message", "message_id"), ("conversation", "conversation_id"), ("post", "number")):
            if name in arguments:
                arguments[argument] = arguments.pop(name)
        name = {"post": "post_raw"}.get(action.act, action.act)
        method: Callable[..., Awaitable[ActionResult]] = getattr(actions, name)
        person_id = action.person if isinstance(action, _UserAction) else None
        people = [_person(state, person_id)] if person_id is not None else []
        return action_result_json(await method(*people, **arguments), people[0].id if people else None)

    @routes.post("/acts")
    async def perform_one(action: Action) -> Json:
        """Perform one action; the answer comes once the bot has answered."""
        return await perform(action)

    @routes.post("/acts/together")
    async def perform_together(several: list[Action]) -> list[Json]:
        """Perform several actions, all posted before any is answered."""
        return list(await asyncio.gather(*map(perform, several)))

    return routes


def _person(state: State, person_id: str) -> Person:
    found = state.people.get(person_id)
    if found is None:
        raise UserActionError("there is nobody of that id")
    return found
