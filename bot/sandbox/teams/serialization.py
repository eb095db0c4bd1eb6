"""JSON of people, conversations, messages, posts and user actions, as the control API returns it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from bot.sandbox.teams.card_validation import all_actions
from bot.sandbox.teams.state import Conversation, Json, Message, Person, Post, State
from bot.sandbox.teams.user_actions import ActionResult


def person_json(state: State, one: Person) -> Json:
    """Return a user, with the id of their personal chat."""
    return asdict(one) | {"chat": state.personal(one.id).id}


def message_json(one: Message, person_id: str | None = None) -> Json:
    """Return a message as it is now, with the card that `person_id` sees."""
    card = one.card(person_id)
    return {
        "id": one.id,
        "conversation": one.conversation_id,
        "thread": one.thread,
        "author": one.author,
        "from_bot": one.from_bot,
        "text": one.content.get("text") or "",
        "format": one.content.get("textFormat"),
        "summary": one.content.get("summary"),
        "card": card,
        "actions": [
            {key: action[key] for key in ("type", "title", "verb", "data", "url") if key in action} for action in all_actions(card)
        ],
        "content": one.content,
        "history": one.history,
        "deleted": one.deleted,
        "reactions": one.reactions,
        "at": one.at,
        "change": one.change,
    }


def conversation_json(one: Conversation) -> Json:
    """Return a conversation without its messages."""
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "members": one.members,
        "installed": one.installed,
        "closed": one.closed,
        "hears_all": one.hears_all,
        "team": one.team,
        "typing": one.typing_until > time.time(),
    }


def post_json(one: Post) -> Json:
    """Return an activity that was posted, and the bot's answer."""
    return asdict(one)


def action_result_json(result: ActionResult, person_id: str | None = None) -> Json:
    """Return the result of a user action."""
    json: Json = {"posts": [post_json(one) for one in result.posts], "shown": result.notice, "replaced": result.replaced}
    return json | {"message": message_json(result.message, person_id) if result.message is not None else None}


def state_json(state: State) -> Json:
    """Return the whole state, which the page shows."""
    conversations: list[Any] = [
        conversation_json(one) | {"messages": [message_json(item) for item in one.messages.values()], "views": _views(one)}
        for one in state.conversations.values()
    ]
    return {
        "change": state.change,
        "bot": state.bot,
        "people": [person_json(state, one) for one in state.people.values()],
        "conversations": conversations,
    }


def _views(one: Conversation) -> Json:
    return {item.id: item.views for item in one.messages.values() if item.views}
