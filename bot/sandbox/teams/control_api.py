"""The control API under `/fake/`: users and conversations, the traffic between Teams and the bot, faults and settings. JSON over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.teams.bot_client import BotClient
from bot.sandbox.teams.errors import FORBIDDEN_MESSAGES, UserActionError
from bot.sandbox.teams.faults import Fault, Faults
from bot.sandbox.teams.rate_limits import RateLimits
from bot.sandbox.teams.serialization import conversation_json, message_json, person_json, state_json
from bot.sandbox.teams.state import Call, Conversation, Json, Message, Post, State

Wait = Annotated[float, Query(ge=0, le=60)]


class NewPerson(BaseModel):
    """A user to add; with the same `key` the ids are the same after a restart."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    email: str | None = None
    key: str | None = None


class NewConversation(BaseModel):
    """A group chat or channel to add; `members` are user ids, `team` the id of an existing team."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    members: list[str] = Field(min_length=1)
    team: str | None = None
    key: str | None = None


class ConversationChange(BaseModel):
    """What to change of a conversation: the code of the bot's 403 (empty: none), whether the bot gets all messages."""

    model_config = ConfigDict(extra="forbid")
    closed: str | None = None
    hears_all: bool | None = None


class FakeSettings(BaseModel):
    """What to change of the fake's settings."""

    model_config = ConfigDict(extra="forbid")
    limits: bool | None = None
    bot_url: str | None = None
    retries: int | None = Field(None, ge=0, le=20)


def control_routes(state: State, limits: RateLimits, faults: Faults, bot_client: BotClient) -> APIRouter:
    """Return the routes of the control API."""
    routes = APIRouter(prefix="/fake")

    @routes.get("/state")
    async def get_state(after: int = -1, wait: Wait = 0) -> Json:
        await state.wait(lambda: state.change, lambda change: change > after, wait)
        return state_json(state)

    @routes.post("/people", status_code=201)
    async def add_person(body: NewPerson) -> Json:
        return person_json(state, state.add_person(body.name, body.email, body.key))

    @routes.post("/groups", status_code=201)
    async def add_group(body: NewConversation) -> Json:
        return conversation_json(state.add_group(body.name, _existing_people(state, body.members), body.key))

    @routes.post("/channels", status_code=201)
    async def add_channel(body: NewConversation) -> Json:
        return conversation_json(state.add_channel(body.name, _existing_people(state, body.members), body.team, body.key))

    @routes.patch("/conversations/{conversation_id}")
    async def change_conversation(conversation_id: str, body: ConversationChange) -> Json:
        conversation = _conversation(state, conversation_id)
        if body.closed is not None and body.closed not in {*FORBIDDEN_MESSAGES, ""}:
            raise UserActionError(f"closed: one of {sorted(FORBIDDEN_MESSAGES)}, or an empty text")
        if body.closed is not None:
            conversation.closed = body.closed or None
        if body.hears_all is not None:
            conversation.hears_all = body.hears_all
        state.mark_changed()
        return conversation_json(conversation)

    @routes.get("/conversations/{conversation_id}/activities")
    async def list_activities(
        conversation_id: str, after: int = 0, bot: bool = False, person: str | None = None, count: int = 1, wait: Wait = 0
    ) -> Json:
        """Return messages that are new or changed since change `after`, once there are `count`."""
        main, _, thread = conversation_id.partition(";messageid=")
        conversation = _conversation(state, main)

        def read() -> list[Message]:
            found = (one for one in conversation.messages.values() if one.change > after and (one.from_bot or not bot))
            return sorted((one for one in found if thread in {"", one.thread}), key=lambda one: one.change)

        found = await state.wait(read, lambda found: len(found) >= count, wait)
        return {"change": state.change, "activities": [message_json(one, person) for one in found]}

    @routes.get("/calls")
    async def list_calls(
        since: int = 0,
        operation: str | None = None,
        conversation: str | None = None,
        status: int | None = None,
        count: int = 0,
        wait: Wait = 0,
    ) -> list[Call]:
        """Return the bot's requests after number `since`, once there are `count`."""

        def read() -> list[Call]:
            wanted = {"operation": operation, "conversation_id": conversation, "status": status}
            wanted = {key: value for key, value in wanted.items() if value is not None}
            return [one for one in state.calls[since:] if all(getattr(one, key) == value for key, value in wanted.items())]

        return await state.wait(read, lambda found: len(found) >= count, wait)

    @routes.get("/posts")
    async def list_posts(since: int = 0, kind: str | None = None) -> list[Post]:
        """Return the activities posted to the bot after number `since`."""
        return [one for one in state.posts[since:] if kind in {None, one.activity.get("type")}]

    @routes.post("/faults", status_code=201)
    async def add_fault(fault: Fault) -> list[Fault]:
        faults.pending.append(fault)
        return faults.pending

    @routes.delete("/faults")
    async def clear_faults() -> list[Fault]:
        faults.pending.clear()
        return faults.pending

    @routes.put("/settings")
    async def change_settings(body: FakeSettings) -> Json:
        if body.limits is not None:
            limits.enforced = body.limits
            limits.reset()
        if body.bot_url is not None:
            bot_client.bot_url = body.bot_url
        if body.retries is not None:
            bot_client.retries = body.retries
        return {"limits": limits.enforced, "bot_url": bot_client.bot_url, "retries": bot_client.retries}

    return routes


def _conversation(state: State, conversation_id: str) -> Conversation:
    found = state.conversations.get(conversation_id)
    if found is None:
        raise UserActionError("there is no such conversation")
    return found


def _existing_people(state: State, members: list[str]) -> list[str]:
    unknown: Any = set(members) - set(state.people)
    if unknown:
        raise UserActionError("a member is not known")
    return members
