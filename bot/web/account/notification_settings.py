"""The page *Mon compte › Gestion des notifications*, opened by a single-use link that the assistant gives.

Chat platforms open links to preview them, so showing the page uses nothing up: its button does, and begins a session of an hour. The
page works without scripts; each of its buttons saves all that was filled in, so that none loses anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from bot.accounts.registry import Account, AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.fhir.errors import FhirUnavailable
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.page_links import LINK_LIFE, PATH, SESSION_LIFE, PageLinks, Visit
from bot.notifications.preferences import MOST_HOURS, Preferences
from bot.notifications.service import Notifications
from bot.settings import Settings
from bot.web.account.channel_status import Reach, reach_of
from bot.web.account.preferences_form import Draft, Form, WrongForm, apply, draft_of, fingerprint, read_draft
from bot.web.account.preferences_matrix import modes_of
from bot.web.form_pages import FormPages, new_secret, read_form, root_of
from bot.web.time_format import Moment, moment

CHANNEL = "web"
LARGEST_FORM, MOST_FIELDS = 64 * 1024, 800
"""Bytes and fields of the form: thirty quiet windows are three hundred fields."""
ZONES = (
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
"""Offered on the page, besides the one that holds."""


class _Stale(Exception):
    """The preferences are not those that the form was shown."""


@dataclass(frozen=True)
class _Settings:
    """One person's settings as they are now."""

    visit: Visit
    session: str
    account: Account | None
    """None where the platform does not say at the moment."""
    preferences: Preferences
    reach: Reach


def router(settings: Settings, database: Database, clock: Clock, registry: AccountRegistry, notifications: Notifications) -> APIRouter:
    """`GET /account[?t=]`, `POST /account/open`, `POST /account`, `POST /account/leave`: each by its link or session.

    Raises:
        FrontendNotInstalled: the npm packages are not installed.
    """
    pages = PreferencesPages(settings, database, clock, registry, notifications)
    routes = APIRouter(prefix=PATH, include_in_schema=False)
    routes.add_api_route("", pages.show, methods=["GET"])
    routes.add_api_route("/open", pages.open, methods=["POST"])
    routes.add_api_route("", pages.save, methods=["POST"])
    routes.add_api_route("/leave", pages.leave, methods=["POST"])
    return routes


class PreferencesPages:
    """What the routes do."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, registry: AccountRegistry, notifications: Notifications
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._registry, self._notifications = registry, notifications
        self._links = PageLinks(database, clock, settings)
        self._sheets = FormPages(settings, clock, "account", categories=[*Category], every_mode=[*Mode], most_hours=MOST_HOURS)

    async def show(self, request: Request) -> Response:
        """`GET /account?t=<token>`: the button that opens the page; without token the page, where its session runs."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        token, secret = request.query_params.get("t"), self._sheets.secret_of(request)
        if token is not None and await self._links.usable(token):
            browser = secret or new_secret()
            page = self._sheets.page(request, "ask", token=token, seal=self._sheets.seal(browser, "open", token))
            self._sheets.remember(page, browser, int(LINK_LIFE.total_seconds()))
            return page
        shown = await self._settings_of(request)
        if isinstance(shown, _Settings):
            return self._shown(request, shown, draft_of(shown.preferences, shown.reach.ways), done=request.query_params.get("done", ""))
        return shown if token is None else self._sheets.page(request, "over", HTTPStatus.GONE)

    async def open(self, request: Request) -> Response:
        """`POST /account/open`: use the link up, if the button was pressed on the page that this browser was shown."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        form, browser = await read_form(request, largest=LARGEST_FORM, fields=MOST_FIELDS), self._sheets.secret_of(request)
        if browser is None:
            return self._sheets.page(request, "no_cookie", HTTPStatus.UNAUTHORIZED)
        token = _first(form, "t")
        sealed = self._sheets.is_sealed(_first(form, "seal"), browser, "open", token)
        begun = await self._links.open(token) if sealed else None
        if begun is None:
            return self._sheets.page(request, "over", HTTPStatus.GONE)
        page = self._sheets.redirect(f"{root_of(request)}{PATH}")
        self._sheets.remember(page, begun, int(SESSION_LIFE.total_seconds()))
        return page

    async def save(self, request: Request) -> Response:
        """`POST /account`: save the whole form; `do` is "save", "window", "mute", or "remove:<n>", "resume:<n>" of a window, a mute."""
        if refusal := await self._sheets.too_often(request):
            return refusal
        form = await read_form(request, largest=LARGEST_FORM, fields=MOST_FIELDS)
        shown = await self._settings_of(request)
        if not isinstance(shown, _Settings):
            return shown
        if not self._sheets.is_sealed(_first(form, "seal"), shown.session, "save"):
            return self._sheets.page(request, "no_cookie", HTTPStatus.FORBIDDEN)
        done, _, which = _first(form, "do").partition(":")
        draft = _pressed(read_draft(form, shown.reach.ways), done, which)
        try:
            await self._change(shown, form, draft, int(which) if done == "resume" and which.isdecimal() else None)
        except WrongForm as wrong:
            return self._shown(request, shown, draft, HTTPStatus.UNPROCESSABLE_ENTITY, errors=wrong.errors)
        except _Stale:
            again = await self._settings_of(request)
            return self._shown(request, again, draft, HTTPStatus.CONFLICT, stale=True) if isinstance(again, _Settings) else again
        said = {"done": done if done in {"window", "mute", "remove", "resume"} else "save"}
        return self._sheets.redirect(f"{root_of(request)}{PATH}?{urlencode(said)}#done")

    async def leave(self, request: Request) -> Response:
        """`POST /account/leave`: end the session."""
        shown = await self._settings_of(request)
        if not isinstance(shown, _Settings):
            return shown
        form = await read_form(request, largest=LARGEST_FORM, fields=MOST_FIELDS)
        if not self._sheets.is_sealed(_first(form, "seal"), shown.session, "save"):
            return self._sheets.page(request, "no_cookie", HTTPStatus.FORBIDDEN)
        await self._links.leave(shown.session)
        page = self._sheets.page(request, "left")
        self._sheets.forget(page)
        return page

    async def _change(self, shown: _Settings, form: Form, draft: Draft, resumed: int | None) -> None:
        """Raises WrongForm, and _Stale where what holds is not what the form was shown."""
        ways, now, mark = shown.reach.ways, self._clock.now(), _first(form, "version")

        def update(current: Preferences) -> Preferences:
            if fingerprint(current, ways) != mark:
                raise _Stale
            changed = apply(draft, current, ways, now)
            if resumed is None or resumed >= len(current.mutes):
                return changed
            mutes = tuple(mute for mute in changed.mutes if mute != current.mutes[resumed])
            return changed.model_copy(update={"mutes": mutes})

        await self._notifications.change(shown.visit.account_id, update, channel=CHANNEL, conversation_id=shown.visit.conversation_id)

    async def _settings_of(self, request: Request) -> _Settings | Response:
        """The settings of the session that this browser holds, or the page that says why there is none."""
        secret = self._sheets.secret_of(request)
        visit = await self._links.visit(secret) if secret else None
        if visit is None or secret is None:
            return self._sheets.page(request, "no_link", HTTPStatus.UNAUTHORIZED)
        account: Account | None = None
        try:
            account = await self._registry.get(visit.account_id)
            if account is None or not account.active:
                return self._sheets.page(request, "closed", HTTPStatus.FORBIDDEN)
        except FhirUnavailable:
            pass  # what is kept here can be shown and set; only the name is missing
        reach = await reach_of(self._database, self._clock, self._settings, visit.account_id, email=account.email if account else None)
        return _Settings(visit, secret, account, await self._notifications.preferences(visit.account_id), reach)

    def _shown(
        self,
        request: Request,
        shown: _Settings,
        draft: Draft,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        errors: dict[str, str] | None = None,
        stale: bool = False,
        done: str = "",
    ) -> Response:
        preferences = shown.preferences
        zones = [*ZONES] if preferences.time_zone in ZONES else [preferences.time_zone, *ZONES]
        values: dict[str, Any] = {
            "account": shown.account,
            "states": shown.reach.states,
            "ways": shown.reach.ways,
            "draft": draft,
            "errors": errors or {},
            "stale": stale,
            "done": done,
            "zones": zones,
            "version": fingerprint(preferences, shown.reach.ways),
            "seal": self._sheets.seal(shown.session, "save"),
        }
        return self._sheets.page(request, "settings", status, **values, **self._meaning(shown))

    def _meaning(self, shown: _Settings) -> dict[str, Any]:
        """What the settings come to, from now on."""
        preferences, now = shown.preferences, self._clock.now()

        def said(at: Any) -> Moment | None:
            return moment(at, preferences.zone, now) if at is not None else None

        used: dict[Mode, list[DeliveryChannel]] = {mode: [] for mode in Mode}
        for category in Category:
            for way, mode in modes_of(preferences, category, frozenset(shown.reach.ways)).items():
                if way not in used[mode]:
                    used[mode].append(way)
        mutes = [(n, mute, said(mute.until)) for n, mute in enumerate(preferences.mutes) if mute.until is None or mute.until > now]
        return {
            "digest_ways": used[Mode.DIGEST],
            "next_digest": said(self._notifications.next_digest(preferences, now)),
            "quiet_until": said(self._notifications.quiet_until(preferences, now)),
            "mutes": mutes,
            "muted": next((until for _, mute, until in mutes if mute.dossier is None), None),
            "all_muted": any(mute.dossier is None for _, mute, _ in mutes),
        }


def _first(form: Form, name: str) -> str:
    return next(iter(form.get(name, ())), "")


def _pressed(draft: Draft, done: str, which: str) -> Draft:
    """The form as the button that was pressed leaves it."""
    if done == "remove" and which.isdecimal():
        return replace(draft, windows=tuple(window for n, window in enumerate(draft.windows) if n != int(which)))
    return draft
