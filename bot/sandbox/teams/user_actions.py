"""What users do: each action is refused where Teams would not allow it, and posted to the bot where Teams would notify the bot."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.sandbox.teams.activity_factory import ActivityFactory
from bot.sandbox.teams.bot_client import BotClient
from bot.sandbox.teams.card_validation import InvalidCard, all_actions, validate_card
from bot.sandbox.teams.content_types import ACTIVITY_MESSAGE, ADAPTIVE_CARD, ERROR
from bot.sandbox.teams.errors import UserActionError
from bot.sandbox.teams.flaws import Flaw
from bot.sandbox.teams.state import Conversation, Json, Message, Person, Post, State

ERROR_NOTICE = "Une erreur s’est produite. Veuillez réessayer."


@dataclass
class ActionResult:
    """Result of a user action: its posts to the bot, the message that it concerns, and what the client shows at once."""

    posts: list[Post]
    message: Message | None = None
    notice: str | None = None
    """Line under the card, or the notice of an error."""
    replaced: bool = False
    """Whether the answer replaced the card, for this person alone."""


class UserActions:
    """Actions of users. All raise UserActionError where Teams would not allow them."""

    def __init__(self, state: State, activities: ActivityFactory, bot_client: BotClient) -> None:
        self._state, self._activities, self._bot_client = state, activities, bot_client

    def _find_conversation(self, person: Person, conversation_id: str | None) -> tuple[Conversation, str | None]:
        main, _, thread = (conversation_id or self._state.personal(person.id).id).partition(";messageid=")
        conversation = self._state.conversations.get(main)
        if conversation is None or person.id not in conversation.members:
            raise UserActionError("they are not in that conversation")
        if thread and thread not in conversation.messages:
            raise UserActionError("there is no such thread")
        return conversation, thread or None

    def _visible_message(self, person: Person, message_id: str) -> tuple[Conversation, Message]:
        for conversation in self._state.conversations.values():
            if person.id in conversation.members and (message := conversation.messages.get(message_id)) and not message.deleted:
                return conversation, message
        raise UserActionError("they see no such message")

    def _require_reachable(self, conversation: Conversation) -> None:
        if conversation.kind == "personal" and (not conversation.installed or conversation.closed):
            raise UserActionError("the assistant is not installed, or is blocked, in their chat")

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
    ) -> ActionResult:
        """Send a message. In a channel or group chat the bot gets it only if it is mentioned, or gets all messages."""
        conversation, thread = self._find_conversation(person, conversation_id)
        self._require_reachable(conversation)
        if not text.strip() and not attachments:
            raise UserActionError("there is nothing to send")
        own_id = self._state.new_id()
        root = (thread or own_id) if conversation.kind == "channel" else None
        activity = self._activities.message(
            conversation, person, text, own_id, root, mention=mention, attachments=attachments, formatted=formatted
        )
        message = self._state.add_message(conversation, person.id, activity, root, own_id)
        addressed = conversation.kind == "personal" or mention or conversation.hears_all
        delivered = conversation.installed and addressed
        return ActionResult([await self._bot_client.post(activity, flaw)] if delivered else [], message)

    async def edit(self, person: Person, message_id: str, text: str) -> ActionResult:
        """Edit a message of theirs."""
        conversation, message = self._own_message(person, message_id)
        mention = any(entity["type"] == "mention" for entity in message.content.get("entities", []))
        content = self._activities.message(conversation, person, text, message.id, message.thread, mention=mention)
        self._state.replace(message, content)
        return await self._notify_bot(
            conversation, message, self._activities.message_changed(conversation, person, message, "editMessage", content)
        )

    async def delete(self, person: Person, message_id: str) -> ActionResult:
        """Delete a message of theirs."""
        conversation, message = self._own_message(person, message_id)
        self._state.delete(message)
        return await self._notify_bot(
            conversation, message, self._activities.message_changed(conversation, person, message, "softDeleteMessage")
        )

    async def undelete(self, person: Person, message_id: str) -> ActionResult:
        """Undo a deletion."""
        for conversation in self._state.conversations.values():
            message = conversation.messages.get(message_id)
            if message is not None and message.author == person.id and message.deleted:
                message.deleted, message.change = False, self._state.mark_changed()
                content = message.content
                activity = self._activities.message_changed(conversation, person, message, "undeleteMessage", content)
                return await self._notify_bot(conversation, message, activity)
        raise UserActionError("they deleted no such message")

    async def react(self, person: Person, message_id: str, kind: str = "like", added: bool = True) -> ActionResult:
        """Add a reaction to a message, or remove it; the bot is notified where the message is its own."""
        conversation, message = self._visible_message(person, message_id)
        if ((person.id, kind) in message.reactions) == added:
            raise UserActionError("the reaction is there already, or is not there")
        (message.reactions.append if added else message.reactions.remove)((person.id, kind))
        message.change = self._state.mark_changed()
        if not message.from_bot:
            return ActionResult([], message)
        return await self._notify_bot(conversation, message, self._activities.reaction(conversation, person, message, kind, added))

    def _own_message(self, person: Person, message_id: str) -> tuple[Conversation, Message]:
        conversation, message = self._visible_message(person, message_id)
        if message.author != person.id:
            raise UserActionError("the message is not theirs")
        return conversation, message

    async def _notify_bot(self, conversation: Conversation, message: Message, activity: Json) -> ActionResult:
        return ActionResult([await self._bot_client.post(activity)] if conversation.installed else [], message)

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
    ) -> ActionResult:
        """Press the action of a card with that title, verb or data.

        Args:
            person: who presses.
            message_id: message with the card.
            title: title of the action; None: any.
            verb: verb of the action; None: any.
            data: data of the action; None: any.
            inputs: values of the card's inputs by id.
            fallback: whether the client does not know Action.Execute, and does the fallback instead.
            stale: whether the client still shows a former content of the message, as when two users press at once.
            flaw: flaw of the post.
        """
        conversation, message = self._visible_message(person, message_id)
        self._require_reachable(conversation)
        if not message.from_bot or not conversation.installed:
            raise UserActionError("that message has no buttons")
        action = _find_action(_cards(message, person, stale), title, verb, data)
        if fallback and action["type"] == "Action.Execute":
            if not isinstance(action.get("fallback"), dict):
                raise UserActionError("such a client does not show that button")
            action = action["fallback"]
        if action["type"] == "Action.Submit":
            activity = self._activities.card_submission(conversation, person, message, action.get("data"), inputs or {})
            return ActionResult([await self._bot_client.post(activity, flaw)], message)
        if action["type"] != "Action.Execute":
            raise UserActionError(f"{action['type']} tells the bot nothing")
        post = await self._bot_client.post(self._activities.card_action(conversation, person, message, action, inputs or {}), flaw)
        return self._apply_answer(post, person, message)

    def _apply_answer(self, post: Post, person: Person, message: Message) -> ActionResult:
        """Do what the client does with the answer to a press."""
        body: Any = post.body
        if post.status != 200 or not isinstance(body, dict) or not isinstance(body.get("statusCode"), int):
            return ActionResult([post], message, ERROR_NOTICE)
        kind, value = body.get("type"), body.get("value")
        if body["statusCode"] == 200 and kind == ACTIVITY_MESSAGE and isinstance(value, str):
            return ActionResult([post], message, value)
        if body["statusCode"] == 200 and kind == ADAPTIVE_CARD:
            try:
                validate_card(value)
            except InvalidCard as error:
                post.error = f"the answer's card is not shown: {error}"
                return ActionResult([post], message, ERROR_NOTICE)
            message.views[person.id] = body["value"]
            message.change = self._state.mark_changed()
            return ActionResult([post], message, replaced=True)
        text = value.get("message") if kind == ERROR and isinstance(value, dict) else None
        return ActionResult([post], message, str(text or ERROR_NOTICE))

    async def install(self, person: Person, conversation_id: str | None = None) -> ActionResult:
        """Install the app in their chat, in a group chat or in a team with all its channels.

        Both activities are posted at once, in no order.
        """
        conversation, _ = self._find_conversation(person, conversation_id)
        conversation = self._general_channel(conversation)
        if conversation.installed:
            raise UserActionError("the assistant is installed there")
        self._set_installed(conversation, True)
        return ActionResult(await self._post_all(self._activities.installation(conversation, person, True)))

    async def uninstall(self, person: Person, conversation_id: str | None = None) -> ActionResult:
        """Uninstall the app; what the bot sends from then on is refused."""
        conversation, _ = self._find_conversation(person, conversation_id)
        conversation = self._general_channel(conversation)
        if not conversation.installed:
            raise UserActionError("the assistant is not installed there")
        self._set_installed(conversation, False)
        return ActionResult(await self._post_all(self._activities.installation(conversation, person, False)))

    def _general_channel(self, conversation: Conversation) -> Conversation:
        return self._state.conversations[conversation.team["id"]] if conversation.team else conversation

    def _set_installed(self, conversation: Conversation, installed: bool) -> None:
        for one in self._state.conversations.values():
            if one is conversation or (one.team is not None and one.team == conversation.team):
                one.installed = installed
        self._state.mark_changed()

    async def _post_all(self, activities: list[Json]) -> list[Post]:
        return list(await asyncio.gather(*map(self._bot_client.post, activities)))

    async def replay(self, number: int, flaw: Flaw | None = None) -> ActionResult:
        """Post an activity again, as it was."""
        if not 0 < number <= len(self._state.posts):
            raise UserActionError("there was no such post")
        return ActionResult([await self._bot_client.post(self._state.posts[number - 1].activity, flaw)])

    async def post_raw(self, activity: Json, flaw: Flaw | None = None) -> ActionResult:
        """Post any activity, and do nothing else."""
        return ActionResult([await self._bot_client.post(activity, flaw)])


def _cards(message: Message, person: Person, stale: bool) -> list[Json]:
    current = message.card(person.id)
    found = [current] if current is not None else []
    if stale:
        for content in [message.content, *reversed(message.history)]:
            found += [one["content"] for one in content.get("attachments") or [] if one.get("contentType") == ADAPTIVE_CARD]
    return found


def _find_action(cards: list[Json], title: str | None, verb: str | None, data: Json | None) -> Json:
    for card in cards:
        for action in all_actions(card):
            criteria = ((title, action.get("title")), (verb, action.get("verb")), (data, action.get("data")))
            enabled = action.get("isEnabled", True) is not False
            if enabled and all(wanted is None or wanted == value for wanted, value in criteria):
                return action
    raise UserActionError(f"no card shows that button; there are {[action.get('title') for card in cards for action in all_actions(card)]}")
