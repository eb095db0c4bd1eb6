"""`/fake/…`: who there is, what went between Teams and the bot, and what shall go wrong. JSON over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.teams import transcript
from bot.sandbox.teams.bot_client import Posting
from bot.sandbox.teams.faults import Fault, Faults
from bot.sandbox.teams.limits import Limits
from bot.sandbox.teams.problems import CLOSED_MESSAGES, NotPossible
from bot.sandbox.teams.state import Call, Conversation, Json, Message, Post, State

Wait = Annotated[float, Query(ge=0, le=60)]


class NewPerson(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    email: str | None = None
    key: str | None = None


class NewRoom(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    members: list[str] = Field(min_length=1)
    team: str | None = None
    key: str | None = None


class Change(BaseModel):
    model_config = ConfigDict(extra="forbid")
    closed: str | None = None
    hears_all: bool | None = None


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limits: bool | None = None
    bot_url: str | None = None
    retries: int | None = Field(None, ge=0, le=20)


def control(state: State, limits: Limits, faults: Faults, posting: Posting) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/fake")

    @routes.get("/state")
    async def everything(after: int = -1, wait: Wait = 0) -> Json:
        await state.wait(lambda: state.change, lambda change: change > after, wait)
        return transcript.everything(state)

    @routes.post("/people", status_code=201)
    async def add_person(body: NewPerson) -> Json:
        return transcript.person(state, state.add_person(body.name, body.email, body.key))

    @routes.post("/groups", status_code=201)
    async def add_group(body: NewRoom) -> Json:
        return transcript.conversation(state.add_group(body.name, _known(state, body.members), body.key))

    @routes.post("/channels", status_code=201)
    async def add_channel(body: NewRoom) -> Json:
        return transcript.conversation(state.add_channel(body.name, _known(state, body.members), body.team, body.key))

    @routes.patch("/conversations/{conversation_id}")
    async def change(conversation_id: str, body: Change) -> Json:
        conversation = _conversation(state, conversation_id)
        if body.closed is not None and body.closed not in {*CLOSED_MESSAGES, ""}:
            raise NotPossible(f"closed: one of {sorted(CLOSED_MESSAGES)}, or an empty text")
        if body.closed is not None:
            conversation.closed = body.closed or None
        if body.hears_all is not None:
            conversation.hears_all = body.hears_all
        state.changed()
        return transcript.conversation(conversation)

    @routes.get("/conversations/{conversation_id}/activities")
    async def activities(
        conversation_id: str, after: int = 0, bot: bool = False, person: str | None = None, count: int = 1, wait: Wait = 0
    ) -> Json:
        """Those that are new or other since the change `after`, once there are `count`."""
        main, _, thread = conversation_id.partition(";messageid=")
        conversation = _conversation(state, main)

        def look() -> list[Message]:
            found = (one for one in conversation.messages.values() if one.change > after and (one.from_bot or not bot))
            return sorted((one for one in found if thread in {"", one.thread}), key=lambda one: one.change)

        found = await state.wait(look, lambda seen: len(seen) >= count, wait)
        return {"change": state.change, "activities": [transcript.message(one, person) for one in found]}

    @routes.get("/calls")
    async def calls(
        since: int = 0,
        operation: str | None = None,
        conversation: str | None = None,
        status: int | None = None,
        count: int = 0,
        wait: Wait = 0,
    ) -> list[Call]:
        """Requests of the bot after number `since`, once there are `count`."""

        def look() -> list[Call]:
            wanted = {"operation": operation, "conversation_id": conversation, "status": status}
            wanted = {key: value for key, value in wanted.items() if value is not None}
            return [one for one in state.calls[since:] if all(getattr(one, key) == value for key, value in wanted.items())]

        return await state.wait(look, lambda seen: len(seen) >= count, wait)

    @routes.get("/posts")
    async def posts(since: int = 0, kind: str | None = None) -> list[Post]:
        """Activities posted to the bot after number `since`."""
        return [one for one in state.posts[since:] if kind in {None, one.activity.get("type")}]

    @routes.post("/faults", status_code=201)
    async def set_fault(fault: Fault) -> list[Fault]:
        faults.set.append(fault)
        return faults.set

    @routes.delete("/faults")
    async def take_back() -> list[Fault]:
        faults.set.clear()
        return faults.set

    @routes.put("/settings")
    async def settings(body: Settings) -> Json:
        if body.limits is not None:
            limits.enforced = body.limits
            limits.forget()
        if body.bot_url is not None:
            posting.bot_url = body.bot_url
        if body.retries is not None:
            posting.retries = body.retries
        return {"limits": limits.enforced, "bot_url": posting.bot_url, "retries": posting.retries}

    return routes


def _conversation(state: State, conversation_id: str) -> Conversation:
    found = state.conversations.get(conversation_id)
    if found is None:
        raise NotPossible("there is no such conversation")
    return found


def _known(state: State, members: list[str]) -> list[str]:
    unknown: Any = set(members) - set(state.people)
    if unknown:
        raise NotPossible("a member is not known")
    return members
