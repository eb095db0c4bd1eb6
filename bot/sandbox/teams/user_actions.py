"""What people do. Each act is refused (NotPossible) where Teams would not let somebody do it, and posted where the bot is told of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.sandbox.teams.bot_client import Posting
from bot.sandbox.teams.cards import BadCard, all_actions, check_card
from bot.sandbox.teams.incoming import Incoming
from bot.sandbox.teams.plain_text import CARD, ERROR, MESSAGE, Flaw
from bot.sandbox.teams.problems import NotPossible
from bot.sandbox.teams.state import Conversation, Json, Message, Person, Post, State

WENT_WRONG = "Une erreur s’est produite. Veuillez réessayer."


@dataclass
class Done:
    """An act: the message that it made, the posts, and what the person is shown at once."""

    posts: list[Post]
    message: Message | None = None
    shown: str | None = None
    """A line under the card, or « something went wrong »."""
    replaced: bool = False
    """Whether the answer put another card in the place of the one that was pressed, for this person."""


class Acts:
    """Acts of people, by the activities that they make."""

    def __init__(self, state: State, incoming: Incoming, posting: Posting) -> None:
        self._state, self._incoming, self._posting = state, incoming, posting

    def _chat(self, person: Person, conversation_id: str | None) -> tuple[Conversation, str | None]:
        main, _, thread = (conversation_id or self._state.personal(person.id).id).partition(";messageid=")
        conversation = self._state.conversations.get(main)
        if conversation is None or person.id not in conversation.members:
            raise NotPossible("they are not in that conversation")
        if thread and thread not in conversation.messages:
            raise NotPossible("there is no such thread")
        return conversation, thread or None

    def _message(self, person: Person, message_id: str) -> tuple[Conversation, Message]:
        for conversation in self._state.conversations.values():
            if person.id in conversation.members and (message := conversation.messages.get(message_id)) and not message.deleted:
                return conversation, message
        raise NotPossible("they see no such message")

    def _reachable(self, conversation: Conversation) -> None:
        if conversation.kind == "personal" and (not conversation.installed or conversation.closed):
            raise NotPossible("the assistant is not installed, or is blocked, in their chat")

    async def send(
        self,
        person: Person,
        text: str,
        conversation_id: str | None = None,
        *,
        mention: bool = False,
        attachments: list[Json] | None = None,
        formatted: str | None = None,
        flaw: Flaw | None = None,
    ) -> Done:
        """Write. In a team or a group the bot is told of it only when it is mentioned, or was granted to hear everything."""
        conversation, thread = self._chat(person, conversation_id)
        self._reachable(conversation)
        if not text.strip() and not attachments:
            raise NotPossible("there is nothing to send")
        own_id = self._state.new_id()
        root = (thread or own_id) if conversation.kind == "channel" else None
        activity = self._incoming.message(
            conversation, person, text, own_id, root, mention=mention, attachments=attachments, formatted=formatted
        )
        message = self._state.add_message(conversation, person.id, activity, root, own_id)
        heard = conversation.kind == "personal" or mention or conversation.hears_all
        told = conversation.installed and heard
        return Done([await self._posting.post(activity, flaw)] if told else [], message)

    async def edit(self, person: Person, message_id: str, text: str) -> Done:
        """Write a message of theirs otherwise."""
        conversation, message = self._own(person, message_id)
        mention = any(entity["type"] == "mention" for entity in message.content.get("entities", []))
        content = self._incoming.message(conversation, person, text, message.id, message.thread, mention=mention)
        self._state.replace(message, content)
        return await self._tell(conversation, message, self._incoming.changed(conversation, person, message, "editMessage", content))

    async def delete(self, person: Person, message_id: str) -> Done:
        """Take a message of theirs away."""
        conversation, message = self._own(person, message_id)
        self._state.delete(message)
        return await self._tell(conversation, message, self._incoming.changed(conversation, person, message, "softDeleteMessage"))

    async def undelete(self, person: Person, message_id: str) -> Done:
        """Take the deletion back."""
        for conversation in self._state.conversations.values():
            message = conversation.messages.get(message_id)
            if message is not None and message.author == person.id and message.deleted:
                message.deleted, message.change = False, self._state.changed()
                content = message.content
                activity = self._incoming.changed(conversation, person, message, "undeleteMessage", content)
                return await self._tell(conversation, message, activity)
        raise NotPossible("they deleted no such message")

    async def react(self, person: Person, message_id: str, kind: str = "like", added: bool = True) -> Done:
        """Put a smiley under a message, or take it away; the bot is told where the message is its own."""
        conversation, message = self._message(person, message_id)
        if ((person.id, kind) in message.reactions) == added:
            raise NotPossible("the reaction is there already, or is not there")
        (message.reactions.append if added else message.reactions.remove)((person.id, kind))
        message.change = self._state.changed()
        if not message.from_bot:
            return Done([], message)
        return await self._tell(conversation, message, self._incoming.reacted(conversation, person, message, kind, added))

    def _own(self, person: Person, message_id: str) -> tuple[Conversation, Message]:
        conversation, message = self._message(person, message_id)
        if message.author != person.id:
            raise NotPossible("the message is not theirs")
        return conversation, message

    async def _tell(self, conversation: Conversation, message: Message, activity: Json) -> Done:
        return Done([await self._posting.post(activity)] if conversation.installed else [], message)

    async def press(
        self,
        person: Person,
        message_id: str,
        *,
        title: str | None = None,
        verb: str | None = None,
        data: Json | None = None,
        inputs: Json | None = None,
        fallback: bool = False,
        stale: bool = False,
        flaw: Flaw | None = None,
    ) -> Done:
        """Press the action of a card with that title (or verb, or data).

        Args:
            inputs: what was entered in the card's inputs.
            fallback: with a client that does not know Action.Execute, and does the fallback instead.
            stale: on a screen that still shows an earlier content of the message, as when two press at once.
        """
        conversation, message = self._message(person, message_id)
        self._reachable(conversation)
        if not message.from_bot or not conversation.installed:
            raise NotPossible("that message has no buttons")
        action = _find(_cards(message, person, stale), title, verb, data)
        if fallback and action["type"] == "Action.Execute":
            if not isinstance(action.get("fallback"), dict):
                raise NotPossible("such a client does not show that button")
            action = action["fallback"]
        if action["type"] == "Action.Submit":
            activity = self._incoming.submitted(conversation, person, message, action.get("data"), inputs or {})
            return Done([await self._posting.post(activity, flaw)], message)
        if action["type"] != "Action.Execute":
            raise NotPossible(f"{action['type']} tells the bot nothing")
        post = await self._posting.post(self._incoming.pressed(conversation, person, message, action, inputs or {}), flaw)
        return self._answered(post, person, message)

    def _answered(self, post: Post, person: Person, message: Message) -> Done:
        """What the client makes of the answer to a press."""
        body: Any = post.body
        if post.status != 200 or not isinstance(body, dict) or not isinstance(body.get("statusCode"), int):
            return Done([post], message, WENT_WRONG)
        kind, value = body.get("type"), body.get("value")
        if body["statusCode"] == 200 and kind == MESSAGE and isinstance(value, str):
            return Done([post], message, value)
        if body["statusCode"] == 200 and kind == CARD:
            try:
                check_card(value)
            except BadCard as problem:
                post.error = f"the answer's card is not shown: {problem}"
                return Done([post], message, WENT_WRONG)
            message.views[person.id] = body["value"]
            message.change = self._state.changed()
            return Done([post], message, replaced=True)
        said = value.get("message") if kind == ERROR and isinstance(value, dict) else None
        return Done([post], message, str(said or WENT_WRONG))

    async def install(self, person: Person, conversation_id: str | None = None) -> Done:
        """Add the app to their chat, to a group or to a team (all its channels). Both activities come at once, in no order."""
        conversation, _ = self._chat(person, conversation_id)
        conversation = self._general(conversation)
        if conversation.installed:
            raise NotPossible("the assistant is installed there")
        self._set_installed(conversation, True)
        return Done(await self._post_all(self._incoming.membership(conversation, person, True)))

    async def uninstall(self, person: Person, conversation_id: str | None = None) -> Done:
        """Remove it; what the bot sends from then on is refused."""
        conversation, _ = self._chat(person, conversation_id)
        conversation = self._general(conversation)
        if not conversation.installed:
            raise NotPossible("the assistant is not installed there")
        self._set_installed(conversation, False)
        return Done(await self._post_all(self._incoming.membership(conversation, person, False)))

    def _general(self, conversation: Conversation) -> Conversation:
        return self._state.conversations[conversation.team["id"]] if conversation.team else conversation

    def _set_installed(self, conversation: Conversation, installed: bool) -> None:
        for one in self._state.conversations.values():
            if one is conversation or (one.team is not None and one.team == conversation.team):
                one.installed = installed
        self._state.changed()

    async def _post_all(self, activities: list[Json]) -> list[Post]:
        return list(await asyncio.gather(*map(self._posting.post, activities)))

    async def replay(self, number: int, flaw: Flaw | None = None) -> Done:
        """Post an activity once more, as it was."""
        if not 0 < number <= len(self._state.posts):
            raise NotPossible("there was no such post")
        return Done([await self._posting.post(self._state.posts[number - 1].activity, flaw)])

    async def post_raw(self, activity: Json, flaw: Flaw | None = None) -> Done:
        """Post any activity; nothing else happens."""
        return Done([await self._posting.post(activity, flaw)])


def _cards(message: Message, person: Person, stale: bool) -> list[Json]:
    shown = message.card(person.id)
    found = [shown] if shown is not None else []
    if stale:
        for content in [message.content, *reversed(message.history)]:
            found += [one["content"] for one in content.get("attachments") or [] if one.get("contentType") == CARD]
    return found


def _find(cards: list[Json], title: str | None, verb: str | None, data: Json | None) -> Json:
    for card in cards:
        for action in all_actions(card):
            asked = ((title, action.get("title")), (verb, action.get("verb")), (data, action.get("data")))
            enabled = action.get("isEnabled", True) is not False
            if enabled and all(wanted is None or wanted == said for wanted, said in asked):
                return action
    raise NotPossible(f"no card shows that button; there are {[action.get('title') for card in cards for action in all_actions(card)]}")
