"""The control API under `/fake/`: what users do, what the bot called, and what shall go wrong. JSON over HTTP."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter

from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.state import State

_CONTENT: dict[str, Any] = {
    "photo": [{"file_id": "p", "file_unique_id": "p", "width": 90, "height": 90}],
    "voice": {"file_id": "v", "file_unique_id": "v", "duration": 3},
    "sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False},
    "document": {"file_id": "d", "file_unique_id": "d"},
}


def control_routes(state: State) -> APIRouter:
    """Return the routes of the control API over `state`."""
    routes = APIRouter(prefix="/fake")

    @routes.post("/chats")
    async def add_chat(body: dict[str, Any]) -> Any:
        """Add a user's private chat (id > 0; `started`: wrote to the bot before) or a group (id < 0).

        Body: {"id", "name", "forum"?, "started"?, "rights"?}.
        """
        kind = "private" if body["id"] > 0 else "supergroup"
        chat = state.chats.setdefault(body["id"], Chat(body["id"], body["name"], kind, bool(body.get("forum"))))
        chat.rights = set(body.get("rights", chat.rights))
        chat.started = chat.started or kind != "private" or bool(body.get("started"))
        return chat.to_json()

    @routes.get("/chats")
    async def chats() -> Any:
        return [{**chat.to_json(), "blocked": chat.blocked, "topics": chat.topics} for chat in state.chats.values()]

    @routes.post("/chats/{chat_id}/say")
    async def send_message(chat_id: int, body: dict[str, Any]) -> Any:
        """Send a message of the user: {"text"} or {"kind": photo, voice, sticker, document}, and {"forwarded": true}?.

        With a kind: also {"caption"}? and {"album"}? (media_group_id). In a group: also {"user"}, and {"thread"}? and {"anonymous": true}?.
        """
        chat = state.chats[chat_id]
        chat.started = True
        content: dict[str, Any] = {"text": body["text"]} if "text" in body else {body["kind"]: _CONTENT[body["kind"]]}
        content |= {"caption": body["caption"]} if "caption" in body else {}
        content |= {"media_group_id": body["album"]} if "album" in body else {}
        if str(body.get("text", "")).startswith("/"):
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(body["text"].split()[0])}]
        if body.get("forwarded"):
            content["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "?"}
        user = {"id": abs(body.get("user", chat_id)), "is_bot": False, "first_name": chat.name, "language_code": "fr"}
        if body.get("thread") is not None:
            chat.topic(body["thread"])
            content |= {"message_thread_id": int(body["thread"]), "is_topic_message": True}
        if body.get("anonymous"):
            user, content = {"id": 1087968824, "is_bot": True, "first_name": "Group"}, content | {"sender_chat": chat.to_json()}
        message = state.add_message(chat, user, **content)
        update = state.add_update(message=message)
        await state.notify()
        return update

    @routes.delete("/chats/{chat_id}/topics/{thread}")
    async def delete_topic(chat_id: int, thread: int) -> Any:
        """Delete a topic with its messages, as an administrator would."""
        chat = state.chats[chat_id]
        del chat.topics[thread]
        chat.messages = {n: m for n, m in chat.messages.items() if m.get("message_thread_id") != thread}
        chat.version += 1
        await state.notify()
        return True

    @routes.post("/chats/{chat_id}/edit")
    async def edit_message(chat_id: int, body: dict[str, Any]) -> Any:
        message = state.chats[chat_id].messages[body["message_id"]] | {"text": body["text"], "edit_date": int(time.time())}
        update = state.add_update(edited_message=message)
        await state.notify()
        return update

    @routes.post("/chats/{chat_id}/press")
    async def press_button(chat_id: int, body: dict[str, Any]) -> Any:
        """Press the button of message {"message_id"} whose callback data is {"data"}."""
        chat = state.chats[chat_id]
        message = {name: value for name, value in chat.messages[body["message_id"]].items() if name != "history"}
        query = f"q{state.counters.update}"
        state.callback_queries[query] = False
        sender = {"id": chat_id, "is_bot": False, "first_name": chat.name}
        content = {"id": query, "from": sender, "message": message, "chat_instance": "1", "data": body["data"]}
        update = state.add_update(callback_query=content)
        await state.notify()
        return update

    @routes.post("/chats/{chat_id}/block")
    async def set_blocked(chat_id: int, body: dict[str, Any]) -> Any:
        chat = state.chats[chat_id]
        chat.blocked = bool(body["blocked"])
        old, new = ("member", "kicked") if chat.blocked else ("kicked", "member")
        status = [{"user": state.me(), "status": s, **({"until_date": 0} if s == "kicked" else {})} for s in (old, new)]
        user = {"id": chat_id, "is_bot": False, "first_name": chat.name}
        content = {
            "chat": chat.to_json(),
            "from": user,
            "date": int(time.time()),
            "old_chat_member": status[0],
            "new_chat_member": status[1],
        }
        update = state.add_update(my_chat_member=content)
        await state.notify()
        return update

    @routes.post("/updates")
    async def post_updates(body: list[dict[str, Any]]) -> Any:
        """Queue updates for the bot as they are: replayed, swapped, malformed."""
        state.updates.extend(body)
        await state.notify()
        return True

    @routes.get("/chats/{chat_id}/messages")
    async def messages(chat_id: int, version: int = -1, wait: float = 0) -> Any:
        """Return the chat's messages as soon as it changed since `version`, or after `wait` seconds."""
        chat = state.chats[chat_id]
        try:
            async with asyncio.timeout(wait), state.changed:
                await state.changed.wait_for(lambda: chat.version > version)
        except TimeoutError:
            pass
        return {"version": chat.version, "messages": list(chat.messages.values()), "commands": state.commands}

    @routes.get("/calls")
    async def calls(since: int = 0) -> Any:
        return {
            "calls": state.calls[since:],
            "total": len(state.calls),
            "refused_webhooks": state.refused_webhooks,
            "waiting": len(state.updates),
        }

    @routes.post("/faults")
    async def add_faults(body: list[dict[str, Any]]) -> Any:
        """Make the next calls fail: [{"method", "code" (or "lost", "held": done, answer lost or kept back), "chat"?, "parameters"?}]."""
        state.faults.extend(body)
        return True

    @routes.post("/limits")
    async def set_limits(body: dict[str, Any]) -> Any:
        state.limits.enforced = bool(body["on"])
        return True

    return routes
