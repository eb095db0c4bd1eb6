"""What the control API says of things."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from bot.sandbox.teams.cards import all_actions
from bot.sandbox.teams.state import Conversation, Json, Message, Person, Post, State
from bot.sandbox.teams.user_actions import Done


def person(state: State, one: Person) -> Json:
    """Somebody, with the id of their chat."""
    return asdict(one) | {"chat": state.personal(one.id).id}


def message(one: Message, person_id: str | None = None) -> Json:
    """A message as it is now; the card as that person sees it."""
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


def conversation(one: Conversation) -> Json:
    """A conversation without its messages."""
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "members": one.members,
        "installed": one.installed,
        "closed": one.closed,
        "hears_all": one.hears_all,
        "team": one.team,
        "typing": one.typing_at > time.time(),
    }


def post(one: Post) -> Json:
    """An activity that was posted, and the bot's answer."""
    return asdict(one)


def done(what: Done, person_id: str | None = None) -> Json:
    """An act."""
    made: Json = {"posts": [post(one) for one in what.posts], "shown": what.shown, "replaced": what.replaced}
    return made | {"message": message(what.message, person_id) if what.message is not None else None}


def everything(state: State) -> Json:
    """What the page shows."""
    rooms: list[Any] = [
        conversation(one) | {"messages": [message(said) for said in one.messages.values()], "views": _views(one)}
        for one in state.conversations.values()
    ]
    return {
        "change": state.change,
        "bot": state.bot,
        "people": [person(state, one) for one in state.people.values()],
        "conversations": rooms,
    }


def _views(one: Conversation) -> Json:
    return {said.id: said.views for said in one.messages.values() if said.views}
