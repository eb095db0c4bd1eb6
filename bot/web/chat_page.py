"""The web chat page and its static files. The page talks to the Web chat API (`bot.channels.web.chat_api`)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.core.clock import french_hour, read_hour
from bot.http.security_headers import security_headers
from bot.http.urls import root_path
from bot.web.assets import load_assets
from bot.web.templating import TEMPLATES

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


@dataclass(frozen=True)
class SupportContact:
    """How the page says that the SPHERE team can be reached; the defaults are those of the SPHERE user guide (2022)."""

    phone: str = "05 57 96 59 47"
    email: str = "accompagnement-sphere@esante-centre.fr"
    hours: str = "09:30-12:30,13:30-17:30"
    """On working days, in the format of the setting `SUPPORT_HOURS`."""

    @property
    def opening_ranges(self) -> list[list[str]]:
        """Opening hours from and to, as the SPHERE guide writes them: `[["9h30", "12h30"], …]`."""
        return [[french_hour(read_hour(at)) for at in hours.split("-")] for hours in self.hours.split(",")]


def router(frame_ancestors: Sequence[str] = (), support: SupportContact = SupportContact()) -> APIRouter:
    """Return the routes `GET /` and `GET /chat` (the page), `GET /static/<version>/<file>`. All are public: they hold nobody's data.

    Args:
        frame_ancestors: origins that may show the chat in a frame; nobody by default.
        support: what the menu of the page says about the support team.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    assets = load_assets()
    headers = security_headers(frame_ancestors)
    template = TEMPLATES.get_template("chat.html")
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    @routes.get("/chat")
    async def chat_page(request: Request) -> Response:
        root = root_path(request)
        body = template.render(root=root, static=f"{root}/static/{assets.version}", support=support).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        page_headers = {**headers, "Cache-Control": REVALIDATE, "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=page_headers)
        return Response(body, media_type="text/html; charset=utf-8", headers=page_headers)

    @routes.get("/static/{version}/{name:path}")
    async def static_file(version: str, name: str) -> Response:
        asset = assets.files.get(name)
        if asset is None:
            return Response("Fichier inconnu.\n", status_code=404, media_type="text/plain; charset=utf-8", headers=headers)
        # During a rolling update a page of the other version may ask: it gets this one's file, not to be kept.
        cache = IMMUTABLE if version == assets.version else REVALIDATE
        return Response(asset.body, media_type=asset.media_type, headers={**headers, "Cache-Control": cache})

    return routes
