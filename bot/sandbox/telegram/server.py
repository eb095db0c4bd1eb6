"""The stand-in as an application: the Bot API, delivery to the webhook, the users' side (`/fake/…`), and the page."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from bot.sandbox.telegram.methods import Methods
from bot.sandbox.telegram.state import Chat, Refused, State

PAGE = Path(__file__).with_name("page.html")
_JSON = ("reply_markup", "commands", "allowed_updates", "link_preview_options", "reply_parameters")
_CONTENTS: dict[str, Any] = {
    "photo": [{"file_id": "p", "file_unique_id": "p", "width": 90, "height": 90}],
    "voice": {"file_id": "v", "file_unique_id": "v", "duration": 3},
    "sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False},
    "document": {"file_id": "d", "file_unique_id": "d"},
}


def create_app(state: State) -> FastAPI:
    """The application over `state`."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_deliver(state))
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)
    methods = Methods(state)

    @app.api_route("/bot{token}/{method}", methods=["GET", "POST"])
    async def bot_api(token: str, method: str, request: Request) -> Response:
        arguments = await _arguments(request)
        call = {"method": method, "chat": arguments.get("chat_id"), "at": time.time(), "status": 200, "arguments": arguments}
        state.calls.append(call)
        try:
            if token != state.token:
                raise Refused(401, "Unauthorized")
            fault = _fault(state, method, arguments.get("chat_id"))
            if fault is not None and fault["code"] not in ("lost", "held"):
                raise Refused(fault["code"], fault.get("description", "injected"), **fault.get("parameters", {}))
            result = await methods.call(method, arguments)
            if fault is not None:  # done, but the answer never arrives
                await (_disconnected(request) if fault["code"] == "held" else asyncio.sleep(0))
                raise Refused(502, "Bad Gateway")
            return JSONResponse({"ok": True, "result": result})
        except Refused as refused:
            call["status"] = refused.code
            body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
            return JSONResponse(body | ({"parameters": refused.parameters} if refused.parameters else {}), refused.code)

    @app.get("/")
    @app.get("/{bot_name}")
    async def page(bot_name: str = "") -> Response:
        return HTMLResponse(PAGE.read_text("utf-8")) if bot_name in ("", state.bot_name) else Response(status_code=404)

    _users_side(app, state)
    return app


def _fault(state: State, method: str, chat: Any) -> dict[str, Any] | None:
    """The first fault that concerns the call; it is used up."""
    found = next((f for f in state.faults if f["method"] == method and str(f.get("chat", chat)) == str(chat)), None)
    if found is not None:
        state.faults.remove(found)
    return found


async def _disconnected(request: Request) -> None:
    """Wait until the client is gone. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _arguments(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = dict(request.query_params)
    if "json" in request.headers.get("content-type", ""):
        body: dict[str, Any] = json.loads(await request.body() or b"{}")
        return found | body
    found |= _form(request.headers.get("content-type", ""), await request.body())
    return found | {name: json.loads(found[name]) for name in _JSON if isinstance(found.get(name), str)}


def _form(kind: str, body: bytes) -> dict[str, str]:
    """The fields of an urlencoded or multipart form; no file is ever sent."""
    if kind.startswith("multipart/"):
        whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        parts = [part for part in whole.walk() if not part.is_multipart()]
        return {str(part.get_param("name", header="content-disposition")): _decoded(part) for part in parts}
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def _users_side(app: FastAPI, state: State) -> None:
    @app.post("/fake/chats")
    async def add_chat(body: dict[str, Any]) -> Any:
        """A user (id > 0; `started`: wrote to the bot before) or a group (id < 0): {"id", "name", "forum"?, "started"?, "rights"?}."""
        kind = "private" if body["id"] > 0 else "supergroup"
        chat = state.chats.setdefault(body["id"], Chat(body["id"], body["name"], kind, bool(body.get("forum"))))
        chat.rights = set(body.get("rights", chat.rights))
        chat.started = chat.started or kind != "private" or bool(body.get("started"))
        return chat.shown()

    @app.get("/fake/chats")
    async def chats() -> Any:
        return [{**chat.shown(), "blocked": chat.blocked, "topics": chat.topics} for chat in state.chats.values()]

    @app.post("/fake/chats/{chat_id}/say")
    async def say(chat_id: int, body: dict[str, Any]) -> Any:
        """The user sends {"text"} or {"kind": photo, voice, sticker, document}, maybe {"forwarded": true}.

        In a group: {"user"}, maybe {"thread"} and {"anonymous": true}.
        """
        chat = state.chats[chat_id]
        chat.started = True
        content: dict[str, Any] = {"text": body["text"]} if "text" in body else {body["kind"]: _CONTENTS[body["kind"]]}
        if str(body.get("text", "")).startswith("/"):
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(body["text"].split()[0])}]
        if body.get("forwarded"):
            content["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "?"}
        user = {"id": abs(body.get("user", chat_id)), "is_bot": False, "first_name": chat.name, "language_code": "fr"}
        if body.get("thread") is not None:
            chat.topic(body["thread"])
            content |= {"message_thread_id": int(body["thread"]), "is_topic_message": True}
        if body.get("anonymous"):
            user, content = {"id": 1087968824, "is_bot": True, "first_name": "Group"}, content | {"sender_chat": chat.shown()}
        message = state.add_message(chat, user, **content)
        update = state.add_update(message=message)
        await state.tell()
        return update

    @app.delete("/fake/chats/{chat_id}/topics/{thread}")
    async def delete_topic(chat_id: int, thread: int) -> Any:
        """Somebody deletes a topic, with all that was said there."""
        chat = state.chats[chat_id]
        del chat.topics[thread]
        chat.messages = {n: m for n, m in chat.messages.items() if m.get("message_thread_id") != thread}
        chat.version += 1
        await state.tell()
        return True

    @app.post("/fake/chats/{chat_id}/edit")
    async def edit(chat_id: int, body: dict[str, Any]) -> Any:
        message = state.chats[chat_id].messages[body["message_id"]] | {"text": body["text"], "edit_date": int(time.time())}
        update = state.add_update(edited_message=message)
        await state.tell()
        return update

    @app.post("/fake/chats/{chat_id}/press")
    async def press(chat_id: int, body: dict[str, Any]) -> Any:
        """Press the button that holds {"data"} of {"message_id"}."""
        chat = state.chats[chat_id]
        message = {name: value for name, value in chat.messages[body["message_id"]].items() if name != "history"}
        query = f"q{state.update_id}"
        state.queries[query] = False
        sender = {"id": chat_id, "is_bot": False, "first_name": chat.name}
        content = {"id": query, "from": sender, "message": message, "chat_instance": "1", "data": body["data"]}
        update = state.add_update(callback_query=content)
        await state.tell()
        return update

    @app.post("/fake/chats/{chat_id}/block")
    async def block(chat_id: int, body: dict[str, Any]) -> Any:
        chat = state.chats[chat_id]
        chat.blocked = bool(body["blocked"])
        old, new = ("member", "kicked") if chat.blocked else ("kicked", "member")
        status = [{"user": state.me(), "status": s, **({"until_date": 0} if s == "kicked" else {})} for s in (old, new)]
        user = {"id": chat_id, "is_bot": False, "first_name": chat.name}
        content = {"chat": chat.shown(), "from": user, "date": int(time.time()), "old_chat_member": status[0], "new_chat_member": status[1]}
        update = state.add_update(my_chat_member=content)
        await state.tell()
        return update

    @app.post("/fake/updates")
    async def post_updates(body: list[dict[str, Any]]) -> Any:
        """Give updates to the bot as they are: replayed, swapped, malformed."""
        state.updates.extend(body)
        await state.tell()
        return True

    @app.get("/fake/chats/{chat_id}/messages")
    async def messages(chat_id: int, version: int = -1, wait: float = 0) -> Any:
        """The chat's messages, at once or as soon as it changed since `version`, within `wait` seconds."""
        chat = state.chats[chat_id]
        try:
            async with asyncio.timeout(wait), state.changed:
                await state.changed.wait_for(lambda: chat.version > version)
        except TimeoutError:
            pass
        return {"version": chat.version, "messages": list(chat.messages.values()), "commands": state.commands}

    @app.get("/fake/calls")
    async def calls(since: int = 0) -> Any:
        return {
            "calls": state.calls[since:],
            "total": len(state.calls),
            "refused_webhooks": state.refused_webhooks,
            "waiting": len(state.updates),
        }

    @app.post("/fake/faults")
    async def faults(body: list[dict[str, Any]]) -> Any:
        """Fail next calls: [{"method", "code" (or "lost", "held": done, answer lost or kept back), "chat"?, "parameters"?}]."""
        state.faults.extend(body)
        return True

    @app.post("/fake/limits")
    async def limits(body: dict[str, Any]) -> Any:
        state.limits.on = bool(body["on"])
        return True


async def _deliver(state: State) -> None:
    """Post updates to the webhook, each until it is acknowledged."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        while True:
            async with state.changed:
                await state.changed.wait_for(lambda: bool(state.webhook["url"] and state.updates))
            batch = list(state.updates)[:20]
            results = await asyncio.gather(*(_post(http, state, update) for update in batch))
            for update, done in zip(batch, results, strict=True):
                if done and update in state.updates:
                    state.updates.remove(update)
            if not all(results):
                state.refused_webhooks += 1
                await asyncio.sleep(0.2)


async def _post(http: httpx.AsyncClient, state: State, update: dict[str, Any]) -> bool:
    headers = {"X-Telegram-Bot-Api-Secret-Token": state.webhook["secret"]} if state.webhook["secret"] else {}
    try:
        return (await http.post(state.webhook["url"], json=update, headers=headers)).is_success
    except httpx.HTTPError:
        return False
