"""The methods of the Bot API that the stand-in knows."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

from bot.sandbox.telegram.state import Chat, Refused, State, Topic, keyboard, plain

Arguments = Mapping[str, Any]
_UNCHANGED = ("Bad Request: message is not modified: specified new message content and reply markup are exactly the same",)


class Methods:
    """Each public coroutine is a method, by its name in lower case with underscores."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def call(self, name: str, arguments: Arguments) -> Any:
        """Call a method by the name that the Bot API gives it. Raises Refused."""
        method = getattr(self, re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower(), None)
        if method is None or name.startswith("_") or name == "call":
            raise Refused(404, "Not Found: method not found")
        return await method(arguments)

    async def get_me(self, _: Arguments) -> Any:
        return self._state.me()

    async def get_updates(self, given: Arguments) -> Any:
        state = self._state
        if state.webhook["url"]:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if state.polling:
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        offset = int(given.get("offset") or 0)
        while state.updates and state.updates[0]["update_id"] < offset:
            state.updates.popleft()
        state.polling = True
        try:
            async with asyncio.timeout(float(given.get("timeout") or 0)), state.changed:
                await state.changed.wait_for(lambda: bool(state.updates))
        except TimeoutError:
            pass
        finally:
            state.polling = False
        return list(state.updates)[: int(given.get("limit") or 100)]

    async def set_webhook(self, given: Arguments) -> Any:
        secret = given.get("secret_token") or ""
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        self._state.webhook = {"url": given.get("url") or "", "secret": secret, "allowed": given.get("allowed_updates")}
        await self._state.tell()
        return True

    async def delete_webhook(self, given: Arguments) -> Any:
        self._state.webhook = {"url": "", "secret": "", "allowed": None}
        if given.get("drop_pending_updates"):
            self._state.updates.clear()
        return True

    async def get_webhook_info(self, _: Arguments) -> Any:
        waiting = len(self._state.updates)
        return {"url": self._state.webhook["url"], "has_custom_certificate": False, "pending_update_count": waiting}

    async def set_my_commands(self, given: Arguments) -> Any:
        for command in given["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        self._state.commands = list(given["commands"])
        return True

    async def get_my_commands(self, _: Arguments) -> Any:
        return self._state.commands

    async def send_message(self, given: Arguments) -> Any:
        chat = self._state.chat(given.get("chat_id"))
        text, rows = plain(given.get("text"), given.get("parse_mode")), keyboard(given.get("reply_markup"))
        thread = given.get("message_thread_id")
        if thread is not None and chat.topic(thread).closed and "topics" not in chat.rights:
            raise Refused(400, "Bad Request: TOPIC_CLOSED")
        self._state.limits.count(chat)
        extra: dict[str, Any] = {"reply_markup": {"inline_keyboard": rows}} if rows else {}
        extra |= {"message_thread_id": int(thread), "is_topic_message": True} if thread is not None else {}
        message = self._state.add_message(chat, self._state.me(), text=text, **extra)
        await self._state.tell()
        return message

    async def edit_message_text(self, given: Arguments) -> Any:
        chat = self._state.chat(given.get("chat_id"))
        message = chat.messages.get(int(given.get("message_id") or 0))
        if message is None or not message["from"]["is_bot"] or message.get("deleted"):
            raise Refused(400, "Bad Request: message to edit not found")
        text, rows = plain(given.get("text"), given.get("parse_mode")), keyboard(given.get("reply_markup"))
        before = (message["text"], message.get("reply_markup", {}).get("inline_keyboard") or [])
        if before == (text, rows):
            raise Refused(400, _UNCHANGED[0])
        self._state.limits.count(chat)
        message.setdefault("history", []).append(message["text"])
        message |= {"text": text, "edit_date": int(time.time())}
        message.pop("reply_markup", None)
        message |= {"reply_markup": {"inline_keyboard": rows}} if rows else {}
        chat.version += 1
        await self._state.tell()
        return {name: value for name, value in message.items() if name != "history"}

    async def delete_message(self, given: Arguments) -> Any:
        chat = self._state.chat(given.get("chat_id"))
        message = chat.messages.get(int(given.get("message_id") or 0))
        if message is None or message.get("deleted"):
            raise Refused(400, "Bad Request: message to delete not found")
        others = chat.type != "private" and not message["from"]["is_bot"]
        if time.time() - message["date"] > 48 * 3600 or (others and "delete" not in chat.rights):
            raise Refused(400, "Bad Request: message can't be deleted")
        message["deleted"] = True
        chat.version += 1
        await self._state.tell()
        return True

    async def answer_callback_query(self, given: Arguments) -> Any:
        query = str(given.get("callback_query_id"))
        if len(given.get("text") or "") > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        if self._state.queries.get(query) is not False:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._state.queries[query] = True
        return True

    async def send_chat_action(self, given: Arguments) -> Any:
        self._state.chat(given.get("chat_id"))
        return True

    async def create_forum_topic(self, given: Arguments) -> Any:
        chat = self._forum(given)
        if not 1 <= len(given.get("name") or "") <= 128:
            raise Refused(400, "Bad Request: topic name is invalid")
        made = self._state.add_message(chat, self._state.me(), forum_topic_created={"name": given["name"], "icon_color": 0})
        chat.topics[made["message_id"]] = Topic(given["name"])
        made |= {"message_thread_id": made["message_id"], "is_topic_message": True}
        await self._state.tell()
        return {"message_thread_id": made["message_id"], "name": given["name"], "icon_color": 0}

    async def close_forum_topic(self, given: Arguments) -> Any:
        return await self._set_closed(given, True)

    async def reopen_forum_topic(self, given: Arguments) -> Any:
        return await self._set_closed(given, False)

    async def _set_closed(self, given: Arguments, closed: bool) -> bool:
        chat = self._forum(given)
        topic = chat.topic(given.get("message_thread_id"))
        if topic.closed is closed:
            raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
        topic.closed = closed
        chat.version += 1
        await self._state.tell()
        return True

    def _forum(self, given: Arguments) -> Chat:
        """The group, if it has topics that the bot may manage."""
        chat = self._state.chat(given.get("chat_id"))
        if not chat.forum:
            raise Refused(400, "Bad Request: the chat is not a forum")
        if "topics" not in chat.rights:
            raise Refused(400, "Bad Request: not enough rights to create a topic")
        return chat

    async def get_chat(self, given: Arguments) -> Any:
        return self._state.chat(given.get("chat_id"), write=False).shown()

    async def leave_chat(self, given: Arguments) -> Any:
        self._state.chats.pop(self._state.chat(given.get("chat_id"), write=False).id)
        return True
