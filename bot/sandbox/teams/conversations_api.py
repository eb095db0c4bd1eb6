"""The connector's operations on conversations and teams: create, and read members and channels."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fastapi import Request

from bot.sandbox.teams.activity_validation import parse_object, validate_activity
from bot.sandbox.teams.errors import ConnectorError, bad_argument, conversation_not_found, forbidden
from bot.sandbox.teams.state import Conversation, Json, Person, State

Send = Callable[[Conversation, Json, str | None], Json]
PAGE_SIZE, MIN_PAGE_SIZE, MAX_PAGE_SIZE = 200, 50, 500
"""Members of a page."""


class ConversationsApi:
    """Operations on conversations and teams. All raise ConnectorError."""

    def __init__(self, state: State, service_url: str, send: Send) -> None:
        self._state, self._service_url, self._send = state, service_url, send

    def create(self, raw: bytes) -> Json:
        """Return a user's personal chat, or start a thread in a channel; send the first message, if there is one."""
        body = parse_object(raw)
        data = _object(body.get("channelData"))
        channel = _object(data.get("channel")).get("id")
        if channel is not None:
            return self._create_thread(str(channel), body)
        if body.get("isGroup"):
            raise bad_argument("A bot cannot create a group chat.")
        members = body.get("members")
        if not isinstance(members, list) or len(members) != 1 or not isinstance(members[0], dict):
            raise bad_argument("Exactly one member is needed.")
        tenant = body.get("tenantId") or _object(data.get("tenant")).get("id")
        if tenant != self._state.tenant_id:
            raise bad_argument("The tenant is missing, or the bot is not in it.")
        chat = self._state.personal(self._person(members[0].get("id")).id)
        if not chat.installed:
            raise forbidden("ForbiddenOperationException")
        created: Json = {"id": chat.id}
        if body.get("activity") is not None:
            created |= {"activityId": self._send_first(chat, body["activity"]).get("id")}
        return created

    def _create_thread(self, channel_id: str, body: Json) -> Json:
        channel, _ = self._state.find(channel_id)
        if channel.kind != "channel":
            raise conversation_not_found()
        if body.get("activity") is None:
            raise bad_argument("A thread needs its first message.")
        sent = self._send_first(channel, body["activity"])
        return {"id": f"{channel.id};messageid={sent.get('id')}", "activityId": sent.get("id")}

    def _send_first(self, conversation: Conversation, activity: Any) -> Json:
        if conversation.refusal is not None:
            raise forbidden(conversation.refusal)
        checked = validate_activity(json.dumps(activity, ensure_ascii=False).encode(), conversation)
        return self._send(conversation, checked, None)

    def _person(self, user_id: Any) -> Person:
        """Return a user by `29:…` id or by directory id (`aadObjectId`)."""
        for person in self._state.people.values():
            if user_id in (person.id, person.aad_object_id):
                return person
        raise bad_argument("The member is not known.")

    def _readable(self, request: Request) -> Conversation:
        conversation, _ = self._state.find(request.path_params["conversation_id"])
        if not conversation.installed:
            raise forbidden("BotNotInConversationRoster")
        return conversation

    def _account(self, person_id: str) -> Json:
        person = self._state.people[person_id]
        given, _, surname = person.name.partition(" ")
        more = {"givenName": given, "surname": surname, "email": person.email, "userPrincipalName": person.email}
        return person.account() | more | {"tenantId": self._state.tenant_id, "userRole": "user"}

    def members(self, request: Request) -> list[Json]:
        """Return all members but the bot."""
        return [self._account(person_id) for person_id in self._readable(request).members]

    def paged_members(self, request: Request) -> Json:
        """Return a page of the members; `pageSize` from 50 to 500."""
        everybody = self.members(request)
        try:
            size = min(max(int(request.query_params.get("pageSize", PAGE_SIZE)), MIN_PAGE_SIZE), MAX_PAGE_SIZE)
            begin = int(request.query_params.get("continuationToken", 0))
        except ValueError:
            raise bad_argument("pageSize or continuationToken is wrong.") from None
        page: Json = {"members": everybody[begin : begin + size]}
        return page | ({"continuationToken": str(begin + size)} if begin + size < len(everybody) else {})

    def member(self, request: Request) -> Json:
        """Return one member, by either id."""
        conversation, user_id = self._readable(request), request.path_params["member_id"]
        for person_id in conversation.members:
            if user_id in {person_id, self._state.people[person_id].aad_object_id}:
                return self._account(person_id)
        raise ConnectorError(404, "MemberNotFoundInConversation", "Member not found in conversation.")

    def team(self, request: Request) -> Json:
        """Return a team by the id of its general channel."""
        channels = self._channels(request)
        about = channels[0].team or {}
        return {**about, "tenantId": self._state.tenant_id, "channelCount": len(channels), "memberCount": len(channels[0].members)}

    def channels(self, request: Request) -> Json:
        """Return a team's channels; the general one has no name."""
        found = self._channels(request)
        return {"conversations": [{"id": one.id, "name": one.name if one.team and one.team["id"] != one.id else None} for one in found]}

    def _channels(self, request: Request) -> list[Conversation]:
        team = self._readable(request).team
        if team is None or team["id"] != request.path_params["conversation_id"]:
            raise conversation_not_found()
        return [one for one in self._state.conversations.values() if one.team == team]


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
