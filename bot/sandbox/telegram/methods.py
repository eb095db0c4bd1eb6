"""The methods of the Bot API that the fake Telegram knows."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

from bot.sandbox.telegram.chats import Chat, Topic
from bot.sandbox.telegram.errors import BotApiError
from bot.sandbox.telegram.message_markup import parse_inline_keyboard, parse_text
from bot.sandbox.telegram.state import State

Arguments = Mapping[str, Any]
_NOT_MODIFIED = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"


class BotApiMethods:
    """Methods over one state: each public coroutine is one, under its name in snake case; all raise BotApiError."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def call(self, name: str, arguments: Arguments) -> Any:
        """Call a method by its name in the Bot API. Raises BotApiError, 404 for an unknown method."""
        method = getattr(self, re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower(), None)
        if method is None or name.startswith("_") or name == "call":
            raise BotApiError(404, "Not Found: method not found")
        return await method(arguments)

    async def get_me(self, _: Arguments) -> Any:
        """Return the bot."""
        return self._state.me()

    async def get_updates(self, arguments: Arguments) -> Any:
        """Confirm updates before `offset` and wait up to `timeout` seconds for others; one request at a time, and none beside a webhook."""
        state = self._state
        if state.webhook["url"]:
            raise BotApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        if state.polling:
            raise BotApiError(409, "Conflict: terminated by other getUpdates request")
        offset = int(arguments.get("offset") or 0)
        while state.updates and state.updates[0]["update_id"] < offset:
            state.updates.popleft()
        state.polling = True
        try:
            async with asyncio.timeout(float(arguments.get("timeout") or 0)), state.changed:
                await state.changed.wait_for(lambda: bool(state.updates))
        except TimeoutError:
            pass
        finally:
            state.polling = False
        return list(state.updates)[: int(arguments.get("limit") or 100)]

    async def set_webhook(self, arguments: Arguments) -> Any:
        """Set the webhook and its secret token."""
        secret = arguments.get("secret_token") or ""
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise BotApiError(400, "Bad Request: secret token contains unallowed characters")
        self._state.webhook = {"url": arguments.get("url") or "", "secret": secret, "allowed": arguments.get("allowed_updates")}
        await self._state.notify()
        return True

    async def delete_webhook(self, arguments: Arguments) -> Any:
        """Remove the webhook, and drop updates that wait where that is asked for."""
        self._state.webhook = {"url": "", "secret": "", "allowed": None}
        if arguments.get("drop_pending_updates"):
            self._state.updates.clear()
        return True

    async def get_webhook_info(self, _: Arguments) -> Any:
        """Return the webhook and the number of updates that wait."""
        waiting = len(self._state.updates)
        return {"url": self._state.webhook["url"], "has_custom_certificate": False, "pending_update_count": waiting}

    async def set_my_commands(self, arguments: Arguments) -> Any:
        """Set the bot's commands: names of 1 to 32 characters, descriptions of 1 to 256."""
        for command in arguments["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise BotApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        self._state.commands = list(arguments["commands"])
        return True

    async def get_my_commands(self, _: Arguments) -> Any:
        """Return the bot's commands."""
        return self._state.commands

    async def send_message(self, arguments: Arguments) -> Any:
        """Send a text, in a topic where `message_thread_id` names one."""
        chat = self._state.chat(arguments.get("chat_id"))
        text, rows = parse_text(arguments.get("text"), arguments.get("parse_mode")), parse_inline_keyboard(arguments.get("reply_markup"))
        thread = arguments.get("message_thread_id")
        if thread is not None and chat.topic(thread).closed and "topics" not in chat.rights:
            raise BotApiError(400, "Bad Request: TOPIC_CLOSED")
        self._state.limits.count(chat)
        extra: dict[str, Any] = {"reply_markup": {"inline_keyboard": rows}} if rows else {}
        extra |= {"message_thread_id": int(thread), "is_topic_message": True} if thread is not None else {}
        message = self._state.add_message(chat, self._state.me(), text=text, **extra)
        await self._state.notify()
        return message

    async def edit_message_text(self, arguments: Arguments) -> Any:
        """Edit a message of the bot; to the same text and keyboard it is refused."""
        chat = self._state.chat(arguments.get("chat_id"))
        message = chat.messages.get(int(arguments.get("message_id") or 0))
        if message is None or not message["from"]["is_bot"] or message.get("deleted"):
            raise BotApiError(400, "Bad Request: message to edit not found")
        text, rows = parse_text(arguments.get("text"), arguments.get("parse_mode")), parse_inline_keyboard(arguments.get("reply_markup"))
        before = (message["text"], message.get("reply_markup", {}).get("inline_keyboard") or [])
        if before == (text, rows):
            raise BotApiError(400, _NOT_MODIFIED)
        self._state.limits.count(chat)
        message.setdefault("history", []).append(message["text"])
        message |= {"text": text, "edit_date": int(time.time())}
        message.pop("reply_markup", None)
        message |= {"reply_markup": {"inline_keyboard": rows}} if rows else {}
        chat.version += 1
        await self._state.notify()
        return {name: value for name, value in message.items() if name != "history"}

    async def delete_message(self, arguments: Arguments) -> Any:
        """Delete a message younger than 48 hours; in a group, those of others only with the right to."""
        chat = self._state.chat(arguments.get("chat_id"))
        message = chat.messages.get(int(arguments.get("message_id") or 0))
        if message is None or message.get("deleted"):
            raise BotApiError(400, "Bad Request: message to delete not found")
        of_another = chat.type != "private" and not message["from"]["is_bot"]
        if time.time() - message["date"] > 48 * 3600 or (of_another and "delete" not in chat.rights):
            raise BotApiError(400, "Bad Request: message can't be deleted")
        message["deleted"] = True
        chat.version += 1
        await self._state.notify()
        return True

    async def answer_callback_query(self, arguments: Arguments) -> Any:
        """Answer a callback query, once, with at most 200 characters."""
        query = str(arguments.get("callback_query_id"))
        if len(arguments.get("text") or "") > 200:
            raise BotApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        if self._state.callback_queries.get(query) is not False:
            raise BotApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._state.callback_queries[query] = True
        return True

    async def send_chat_action(self, arguments: Arguments) -> Any:
        """Show that the bot is typing; only whether it may write there is checked."""
        self._state.chat(arguments.get("chat_id"))
        return True

    async def create_forum_topic(self, arguments: Arguments) -> Any:
        """Create a topic with a name of 1 to 128 characters."""
        chat = self._forum(arguments)
        if not 1 <= len(arguments.get("name") or "") <= 128:
            raise BotApiError(400, "Bad Request: topic name is invalid")
        message = self._state.add_message(chat, self._state.me(), forum_topic_created={"name": arguments["name"], "icon_color": 0})
        chat.topics[message["message_id"]] = Topic(arguments["name"])
        message |= {"message_thread_id": message["message_id"], "is_topic_message": True}
        await self._state.notify()
        return {"message_thread_id": message["message_id"], "name": arguments["name"], "icon_color": 0}

    async def close_forum_topic(self, arguments: Arguments) -> Any:
        """Close a topic; a closed one is refused."""
        return await self._set_closed(arguments, True)

    async def reopen_forum_topic(self, arguments: Arguments) -> Any:
        """Reopen a topic; an open one is refused."""
        return await self._set_closed(arguments, False)

    async def _set_closed(self, arguments: Arguments, closed: bool) -> bool:
        chat = self._forum(arguments)
        topic = chat.topic(arguments.get("message_thread_id"))
        if topic.closed is closed:
            raise BotApiError(400, "Bad Request: TOPIC_NOT_MODIFIED")
        topic.closed = closed
        chat.version += 1
        await self._state.notify()
        return True

    def _forum(self, arguments: Arguments) -> Chat:
        """Return the forum supergroup, if the bot may manage its topics. Raises BotApiError 400."""
        chat = self._state.chat(arguments.get("chat_id"))
        if not chat.forum:
            raise BotApiError(400, "Bad Request: the chat is not a forum")
        if "topics" not in chat.rights:
            raise BotApiError(400, "Bad Request: not enough rights to create a topic")
        return chat

    async def get_chat(self, arguments: Arguments) -> Any:
        """Return a chat, also where the bot may not write."""
        return self._state.chat(arguments.get("chat_id"), write=False).to_json()

    async def leave_chat(self, arguments: Arguments) -> Any:
        """Leave a chat: it is forgotten."""
        self._state.chats.pop(self._state.chat(arguments.get("chat_id"), write=False).id)
        return True
