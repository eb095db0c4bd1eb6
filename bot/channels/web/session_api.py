"""Sessions of the Web chat API: opened, told who is identified in them, shortened on a shared machine, renewed, ended.

A link that somebody followed (`#start=`, `#continue=`) does nothing by itself: `POST /chat/links` tells what it would do and for whom, so
that a page can ask its user, whom somebody else may have sent it to.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bot.accounts.registry import Account
from bot.channels.web.authentication import Authentication
from bot.channels.web.requests import API_HEADERS, CHANNEL, chat_json, read_chat_body, refuse_if
from bot.fhir.errors import FhirUnavailable
from bot.http.problems import Problem
from bot.http.rate_limit import SourceLimit, source_of
from bot.identity.chat_sessions import ChatSessions, Ended, OpenSession, hash_token, new_token
from bot.identity.continuations import Continuations
from bot.identity.masking import mask_email, mask_name
from bot.identity.service import Identity
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Incoming
from bot.settings import Settings


class SessionApi:
    """The handlers of `/chat/sessions`, `/chat/session` and `/chat/links`."""

    def __init__(
        self,
        gateway: Gateway,
        sessions: ChatSessions,
        authentication: Authentication,
        continuations: Continuations,
        identity: Identity,
        settings: Settings,
    ) -> None:
        self._gateway, self._sessions, self._authentication = gateway, sessions, authentication
        self._continuations, self._identity = continuations, identity
        self._all_shared = settings.shared_machines
        self._sessions_limit = SourceLimit("sessions", settings.chat_sessions_per_minute)

    def add_to(self, routes: APIRouter) -> None:
        """Add the routes."""
        routes.add_api_route("/sessions", self.open, methods=["POST"])
        routes.add_api_route("/session", self.show, methods=["GET"])
        routes.add_api_route("/session", self.change, methods=["POST"])
        routes.add_api_route("/session", self.end, methods=["DELETE"])
        routes.add_api_route("/session/renew", self.renew, methods=["POST"])
        routes.add_api_route("/links", self.preview, methods=["POST"])

    async def open(self, request: Request) -> Response:
        """`POST /chat/sessions` → `{"token"}`; with `{"continue": token}` for the conversation of another channel that the link is of.

        With `{"shared": true}` for a machine that several people use.
        """
        await self._limit(request)
        body = await self._body(request)
        link = body.get("continue")
        if isinstance(link, str):
            return await self._continue(link)
        if link is not None:
            raise self._malformed()
        token = new_token()
        conversation_id = await self._gateway.open(CHANNEL, hash_token(token))
        await self._identity.note_source(conversation_id, source_of(request))
        await self._sessions.open(conversation_id, token, shared=body.get("shared") is True)
        return _token(token)

    async def _continue(self, link: str) -> Response:
        """Open the web chat of a conversation, which a link does once; the dialogue goes on there by itself."""
        opened = await self._continuations.open(link)
        if opened is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, self._gateway.texts.render("unknown_continuation"))
        conversation_id, token = opened
        await self._gateway.receive(conversation_id, Incoming(f"continued:{hash_token(link)}", event="continued"), CHANNEL)
        return _token(token)

    async def show(self, request: Request) -> Response:
        """`GET /chat/session` → `{"account": {"name", "email"} | null, "linked", "shared", "continued", "idle_minutes", "expires_at"}`.

        The e-mail address is masked. `account` is null too where the platform does not answer: then `linked` says whether there is one.
        """
        return await self._shown(await self._authentication.session_of(request))

    async def change(self, request: Request) -> Response:
        """`POST /chat/session` with `{"shared": bool}` → as `GET`, whose `shared` says how it is now: a shortened session stays so."""
        session = await self._authentication.session_of(request)
        shared = (await self._body(request)).get("shared")
        if not isinstance(shared, bool):
            raise self._malformed()
        changed = await self._sessions.set_shared(session, shared)
        if changed is None:
            raise self._authentication.unauthorized(Ended.UNKNOWN)
        return await self._shown(changed)

    async def end(self, request: Request) -> Response:
        """`DELETE /chat/session` → 204: sign out. The token is worth nothing from now on, and the conversation is nobody's any more."""
        await self._sessions.sign_out(await self._authentication.session_of(request))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=API_HEADERS)

    async def renew(self, request: Request) -> Response:
        """`POST /chat/session/renew` → `{"token"}`, which takes the place of the token that is shown."""
        token = await self._sessions.renew(await self._authentication.session_of(request))
        if token is None:
            raise self._authentication.unauthorized(Ended.RENEWED)
        return _token(token)

    async def preview(self, request: Request) -> Response:
        """`POST /chat/links` with `{"start": token}` or `{"continue": token}` → `{"account", "channel", "current", "same"}`.

        `account` is whom the link is for, and `current` who is identified in the session that is shown, if any: each `{"name", "email"}`,
        masked, or null. `channel` is that of the conversation which a `continue` link goes on with. Nothing is used up. 410 for a link
        that is not valid (any more), 503 while the platform is away.
        """
        await self._limit(request)
        body = await self._body(request)
        start, link = body.get("start"), body.get("continue")
        try:
            if isinstance(start, str):
                account, channel = await self._identity.account_of_link(start), None
                if account is None:
                    raise Problem(HTTPStatus.GONE, self._gateway.texts.render("link_invalid"))
            elif isinstance(link, str):
                conversation_id = await self._continuations.conversation_of(link)
                if conversation_id is None:
                    raise Problem(HTTPStatus.GONE, self._gateway.texts.render("unknown_continuation"))
                account = await self._identity.person_of(conversation_id)
                channel = await self._gateway.conversations.channel_of(conversation_id)
            else:
                raise self._malformed()
            session = await self._authentication.session_or_reason(request)
            current = await self._identity.person_of(session.conversation_id) if isinstance(session, OpenSession) else None
        except FhirUnavailable:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, self._gateway.texts.render("link_unavailable")) from None
        same = account is not None and current is not None and account.id == current.id
        shown = {"account": _masked(account), "channel": channel, "current": _masked(current), "same": same}
        return JSONResponse(shown, headers=API_HEADERS)

    async def _shown(self, session: OpenSession) -> Response:
        account: Account | None = None
        try:
            account = await self._identity.person_of(session.conversation_id)
            linked = account is not None
        except FhirUnavailable:
            linked = await self._identity.linked_account_id(session.conversation_id) is not None
        shown = {
            "account": {"name": account.name, "email": mask_email(account.email)} if account is not None else None,
            "linked": linked,
            "shared": session.shared,
            "always_shared": self._all_shared,
            "continued": session.continued,
            "idle_minutes": session.idle // timedelta(minutes=1),
            "expires_at": session.expires_at.isoformat(),
        }
        return JSONResponse(shown, headers=API_HEADERS)

    async def _body(self, request: Request) -> dict[str, Any]:
        """Return the JSON object of the body; an empty one where there is none. Raise Problem 422 for anything else."""
        body = await read_chat_body(request, self._gateway.texts)
        parsed = chat_json(body, self._gateway.texts) if body.strip() else {}
        if not isinstance(parsed, dict):
            raise self._malformed()
        return parsed

    def _malformed(self) -> Problem:
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._gateway.texts.render("malformed"))

    async def _limit(self, request: Request) -> None:
        refuse_if(self._gateway.texts, "sessions", await self._sessions_limit.hit(request))


def _token(token: str) -> Response:
    return JSONResponse({"token": token}, headers=API_HEADERS)


def _masked(account: Account | None) -> dict[str, str] | None:
    return {"name": mask_name(account), "email": mask_email(account.email)} if account is not None else None
