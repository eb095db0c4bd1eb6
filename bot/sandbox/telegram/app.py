"""The fake Telegram as one application: the Bot API, the control API under `/fake/`, and the page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from bot.sandbox.telegram.call_arguments import call_arguments
from bot.sandbox.telegram.control_api import control_routes
from bot.sandbox.telegram.errors import BotApiError
from bot.sandbox.telegram.methods import BotApiMethods
from bot.sandbox.telegram.state import State
from bot.sandbox.telegram.webhook import deliver_updates

PAGE = Path(__file__).with_name("page.html")


def create_app(state: State) -> FastAPI:
    """Build the application over `state`."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(deliver_updates(state))
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    methods = BotApiMethods(state)

    @app.api_route("/bot{token}/{method}", methods=["GET", "POST"])
    async def bot_api(token: str, method: str, request: Request) -> Response:
        arguments = await call_arguments(request)
        call = {"method": method, "chat": arguments.get("chat_id"), "at": time.time(), "status": 200, "arguments": arguments}
        state.calls.append(call)
        try:
            if token != state.token:
                raise BotApiError(401, "Unauthorized")
            fault = _next_fault(state, method, arguments.get("chat_id"))
            if fault is not None and fault["code"] not in ("lost", "held"):
                raise BotApiError(fault["code"], fault.get("description", "injected"), **fault.get("parameters", {}))
            result = await methods.call(method, arguments)
            if fault is not None:  # done, but the answer never arrives
                await (_wait_for_disconnect(request) if fault["code"] == "held" else asyncio.sleep(0))
                raise BotApiError(502, "Bad Gateway")
            return JSONResponse({"ok": True, "result": result})
        except BotApiError as error:
            call["status"] = error.code
            body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
            return JSONResponse(body | ({"parameters": error.parameters} if error.parameters else {}), error.code)

    @app.get("/")
    @app.get("/{bot_name}")
    async def page(bot_name: str = "") -> Response:
        return HTMLResponse(PAGE.read_text("utf-8")) if bot_name in ("", state.bot_name) else Response(status_code=404)

    app.include_router(control_routes(state))
    return app


def _next_fault(state: State, method: str, chat: Any) -> dict[str, Any] | None:
    """Return the first fault that concerns the call, and use it up."""
    found = next((one for one in state.faults if one["method"] == method and str(one.get("chat", chat)) == str(chat)), None)
    if found is not None:
        state.faults.remove(found)
    return found


async def _wait_for_disconnect(request: Request) -> None:
    """Wait until the client has disconnected. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
