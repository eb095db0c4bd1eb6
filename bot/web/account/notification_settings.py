"""The page *Mon compte › Gestion des notifications*, opened by a single-use link that the assistant gives.

Chat platforms open links to preview them, so showing the link's page does not use it up: its button does, and begins a session of an
hour. The page works without scripts; each of its buttons saves the whole form, so that none loses what was filled in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from bot.accounts.registry import Account, AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.fhir.errors import FhirUnavailable
from bot.http.csrf import FIELD
from bot.http.forms import read_form_lists
from bot.http.sessions import new_session_token
from bot.http.urls import root_path
from bot.identity.masking import mask_email
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.page_links import DRAFT_LIFE, LINK_LIFE, PATH, SESSION_LIFE, PageLinks, Visit
from bot.notifications.preferences import MOST_HOURS, Preferences
from bot.notifications.service import Notifications
from bot.settings import Settings
from bot.web.account.channel_status import ChannelStatus, channel_status
from bot.web.account.preferences_form import Draft, Fields, InvalidForm, apply, draft_of, fingerprint, read_draft
from bot.web.account.preferences_matrix import modes_of
from bot.web.form_pages import FormPages
from bot.web.time_format import RelativeTime, relative_time

CHANNEL = "web"
MAX_FORM_BYTES, MAX_FORM_FIELDS = 64 * 1024, 800
"""Thirty quiet windows are three hundred fields."""
TIME_ZONES = (
    "Europe/Paris",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Cayenne",
    "Indian/Reunion",
    "Indian/Mayotte",
    "America/Miquelon",
    "Pacific/Noumea",
    "Pacific/Tahiti",
)
"""Offered on the page, besides the one that is set."""


class _Stale(Exception):
    """The preferences changed since the form was shown."""


@dataclass(frozen=True)
class _AccountSession:
    """The session of a browser, with its account's settings as they are now."""

    owner: Visit
    """Whose settings, and the chat that the link was given in."""
    token: str
    account: Account | None
    """None where the platform does not answer at the moment."""
    preferences: Preferences
    status: ChannelStatus


def router(settings: Settings, database: Database, clock: Clock, registry: AccountRegistry, notifications: Notifications) -> APIRouter:
    """Return the routes `GET /account[?t=]`, `POST /account/open`, `POST /account`, `POST /account/leave`, each by its link or session.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = NotificationSettingsPages(settings, database, clock, registry, notifications)
    routes = APIRouter(prefix=PATH, include_in_schema=False)
    routes.add_api_route("", pages.show, methods=["GET"])
    routes.add_api_route("/open", pages.open, methods=["POST"])
    routes.add_api_route("", pages.save, methods=["POST"])
    routes.add_api_route("/leave", pages.leave, methods=["POST"])
    return routes


class NotificationSettingsPages:
    """The handlers of the routes."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, registry: AccountRegistry, notifications: Notifications
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._registry, self._notifications = registry, notifications
        self._links = PageLinks(database, clock, settings)
        self._pages = FormPages(settings, "account", categories=[*Category], every_mode=[*Mode], most_hours=MOST_HOURS)

    async def show(self, request: Request) -> Response:
        """`GET /account?t=<token>`: show the button that opens the page; without token the page, while its session lasts."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        token = request.query_params.get("t")
        if token is not None and await self._links.usable(token):
            browser = self._pages.cookie.read(request) or new_session_token()
            response = self._pages.render(request, "ask", token=token, csrf_token=self._pages.csrf.token(browser, "open", token))
            self._pages.cookie.set(response, browser, int(LINK_LIFE.total_seconds()))
            return response
        session = await self._session_of(request)
        if isinstance(session, _AccountSession):
            if (kept := await self._links.take_draft(session.token)) is not None:
                return self._settings_page(request, session, read_draft(json.loads(kept), session.status.channels), kept=True)
            return self._settings_page(
                request, session, draft_of(session.preferences, session.status.channels), done=request.query_params.get("done", "")
            )
        return session if token is None else self._pages.render(request, "over", HTTPStatus.GONE)

    async def open(self, request: Request) -> Response:
        """`POST /account/open`: use up the link, if the button was pressed on the page that this browser was shown."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        form, browser = await read_form_lists(request, MAX_FORM_BYTES, MAX_FORM_FIELDS), self._pages.cookie.read(request)
        if browser is None:
            return self._pages.render(request, "no_cookie", HTTPStatus.UNAUTHORIZED)
        token = _first(form, "t")
        is_own_form = self._pages.csrf.is_valid(_first(form, FIELD), browser, "open", token)
        session_token = await self._links.open(token, former=browser) if is_own_form else None
        if session_token is None:
            return self._pages.render(request, "over", HTTPStatus.GONE)
        response = self._pages.redirect(f"{root_path(request)}{PATH}")
        self._pages.cookie.set(response, session_token, int((SESSION_LIFE + DRAFT_LIFE).total_seconds()))
        return response

    async def save(self, request: Request) -> Response:
        """`POST /account`: save the whole form; `do` is "save", "window", "mute", or "remove:<n>", "resume:<n>" of a window, a mute."""
        if refusal := await self._pages.check_rate_limit(request):
            return refusal
        form = await read_form_lists(request, MAX_FORM_BYTES, MAX_FORM_FIELDS)
        session = await self._session_of(request)
        if not isinstance(session, _AccountSession):
            return await self._keep(request, form) or session
        if not self._pages.csrf.is_valid(_first(form, FIELD), session.token, "save"):
            return self._pages.render(request, "no_cookie", HTTPStatus.FORBIDDEN)
        action, _, index = _first(form, "do").partition(":")
        draft = _pressed(read_draft(form, session.status.channels), action, index)
        try:
            await self._change(session, form, draft, int(index) if action == "resume" and index.isdecimal() else None)
        except InvalidForm as error:
            return self._settings_page(request, session, draft, HTTPStatus.UNPROCESSABLE_ENTITY, errors=error.errors)
        except _Stale:
            again = await self._session_of(request)
            if not isinstance(again, _AccountSession):
                return again
            return self._settings_page(request, again, draft, HTTPStatus.CONFLICT, stale=True)
        query = {"done": action if action in {"window", "mute", "remove", "resume"} else "save"}
        return self._pages.redirect(f"{root_path(request)}{PATH}?{urlencode(query)}#done")

    async def _keep(self, request: Request, form: Fields) -> Response | None:
        """Keep what was sent after the session had ended by itself, and return the page that says so; None where it was no such session."""
        token = self._pages.cookie.read(request)
        if token is None or not self._pages.csrf.is_valid(_first(form, FIELD), token, "save"):
            return None
        if not await self._links.has_timed_out(token):
            return None
        await self._links.keep_draft(token, json.dumps({name: list(values) for name, values in form.items()}))
        return self._pages.render(request, "ended", HTTPStatus.UNAUTHORIZED, kept=True)

    async def leave(self, request: Request) -> Response:
        """`POST /account/leave`: end the session."""
        session = await self._session_of(request)
        if not isinstance(session, _AccountSession):
            return session
        form = await read_form_lists(request, MAX_FORM_BYTES, MAX_FORM_FIELDS)
        if not self._pages.csrf.is_valid(_first(form, FIELD), session.token, "save"):
            return self._pages.render(request, "no_cookie", HTTPStatus.FORBIDDEN)
        await self._links.leave(session.token)
        response = self._pages.render(request, "left")
        self._pages.cookie.delete(response)
        return response

    async def _change(self, session: _AccountSession, form: Fields, draft: Draft, resumed: int | None) -> None:
        """Change the preferences. Raise InvalidForm, and _Stale where they are not those that the form was shown."""
        ways, now, version = session.status.channels, self._clock.now(), _first(form, "version")

        def update(current: Preferences) -> Preferences:
            if fingerprint(current, ways) != version:
                raise _Stale
            changed = apply(draft, current, ways, now)
            if resumed is None or resumed >= len(current.mutes):
                return changed
            mutes = tuple(mute for mute in changed.mutes if mute != current.mutes[resumed])
            return changed.model_copy(update={"mutes": mutes})

        await self._notifications.change(session.owner.account_id, update, channel=CHANNEL, conversation_id=session.owner.conversation_id)

    async def _session_of(self, request: Request) -> _AccountSession | Response:
        """Return the session of this browser, or the page that says why there is none."""
        token = self._pages.cookie.read(request)
        owner = await self._links.visit(token) if token else None
        if token is not None and owner is None and await self._links.has_timed_out(token):
            return self._pages.render(request, "ended", HTTPStatus.UNAUTHORIZED, kept=False)
        if owner is None or token is None:
            return self._pages.render(request, "no_link", HTTPStatus.UNAUTHORIZED)
        account: Account | None = None
        try:
            account = await self._registry.get(owner.account_id)
            if account is None or not account.active:
                return self._pages.render(request, "closed", HTTPStatus.FORBIDDEN)
        except FhirUnavailable:
            pass  # what is kept here can be shown and set; only the name is missing
        status = await channel_status(
            self._database, self._clock, self._settings, owner.account_id, email=account.email if account else None
        )
        return _AccountSession(owner, token, account, await self._notifications.preferences(owner.account_id), status)

    def _settings_page(
        self,
        request: Request,
        session: _AccountSession,
        draft: Draft,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        errors: dict[str, str] | None = None,
        stale: bool = False,
        kept: bool = False,
        done: str = "",
    ) -> Response:
        preferences = session.preferences
        zones = [*TIME_ZONES] if preferences.time_zone in TIME_ZONES else [preferences.time_zone, *TIME_ZONES]
        values: dict[str, Any] = {
            "account": session.account,
            "states": session.status.states,
            "ways": session.status.channels,
            "draft": draft,
            "errors": errors or {},
            "stale": stale,
            "kept": kept,
            "account_email": mask_email(session.account.email) if session.account is not None else "",
            "idle_minutes": self._settings.account_idle_minutes,
            "done": done,
            "zones": zones,
            "version": fingerprint(preferences, session.status.channels),
            "csrf_token": self._pages.csrf.token(session.token, "save"),
        }
        return self._pages.render(request, "settings", status, **values, **self._effects(session))

    def _effects(self, session: _AccountSession) -> dict[str, Any]:
        """Return what the settings amount to, from now on."""
        preferences, now = session.preferences, self._clock.now()

        def relative(at: datetime | None) -> RelativeTime | None:
            return relative_time(at, preferences.zone, now) if at is not None else None

        used: dict[Mode, list[DeliveryChannel]] = {mode: [] for mode in Mode}
        for category in Category:
            for channel, mode in modes_of(preferences, category, frozenset(session.status.channels)).items():
                if channel not in used[mode]:
                    used[mode].append(channel)
        mutes = [(n, mute, relative(mute.until)) for n, mute in enumerate(preferences.mutes) if mute.until is None or mute.until > now]
        return {
            "digest_ways": used[Mode.DIGEST],
            "next_digest": relative(self._notifications.next_digest(preferences, now)),
            "quiet_until": relative(self._notifications.quiet_until(preferences, now)),
            "mutes": mutes,
            "muted": next((until for _, mute, until in mutes if mute.dossier is None), None),
            "unmuted": sorted(frozenset[str]().union(*(mute.passing for _, mute, _ in mutes if mute.dossier is None))),
            "all_muted": any(mute.dossier is None for _, mute, _ in mutes),
        }


def _first(form: Fields, name: str) -> str:
    return next(iter(form.get(name, ())), "")


def _pressed(draft: Draft, action: str, index: str) -> Draft:
    """Return the form as the button that was pressed leaves it."""
    if action == "remove" and index.isdecimal():
        return replace(draft, windows=tuple(window for n, window in enumerate(draft.windows) if n != int(index)))
    return draft
