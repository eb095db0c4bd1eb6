"""A stand-in below a path that nobody can guess: its users' side is for whoever was given the address, in `run.json`."""

from __future__ import annotations

import hmac

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class HiddenPath:
    """Passes on what is asked for below `path`; everything else is answered 404."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        """Take the path: `/` and a secret; with an empty one, everything is passed on (a stand-in that was started by hand)."""
        self._app, self._path = app, path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the application sees its own paths, as behind a proxy with a prefix."""
        if scope["type"] == "lifespan" or not self._path:
            await self._app(scope, receive, send)
            return
        first = "/" + scope["path"][1:].partition("/")[0]
        if not hmac.compare_digest(first.encode("utf-8", "replace"), self._path.encode()):
            await PlainTextResponse("nothing here\n", 404)(scope, receive, send)
        elif scope["path"] == self._path:
            await RedirectResponse(f"{self._path}/")(scope, receive, send)
        else:
            await self._app({**scope, "root_path": self._path}, receive, send)
