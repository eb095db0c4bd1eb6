"""Authentication of the Web chat API: the session of a request's bearer token, or a 401 that says why there is none."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request

from bot.http.bearer import CHALLENGE, bearer_token
from bot.http.problems import Problem
from bot.identity.chat_sessions import ChatSessions, Ended, OpenSession
from bot.messaging.texts import Texts

PASSIVE_HEADER = "X-Chat-Passive"
"""Header of requests that a page makes by itself: they do not keep a session alive."""
_TEXTS = {
    Ended.SIGNED_OUT: "session_signed_out",
    Ended.UNLINKED: "session_signed_out",
    Ended.RENEWED: "session_renewed",
    Ended.IDLE: "session_idle",
    Ended.EXPIRED: "session_expired",
    Ended.UNKNOWN: "unknown_session",
}


class Authentication:
    """Finds the session of each request."""

    def __init__(self, sessions: ChatSessions, texts: Texts) -> None:
        self._sessions, self._texts = sessions, texts

    async def session_of(self, request: Request) -> OpenSession:
        """Return the session of the bearer token. Raise Problem 401, whose member `reason` is one of `Ended`, where there is none."""
        found = await self.session_or_reason(request)
        if isinstance(found, Ended):
            raise self.unauthorized(found)
        return found

    async def session_or_reason(self, request: Request) -> OpenSession | Ended:
        """Return the session of the bearer token, or why there is none."""
        token = bearer_token(request)
        if token is None:
            return Ended.UNKNOWN
        return await self._sessions.find(token, used=PASSIVE_HEADER not in request.headers)

    def unauthorized(self, reason: Ended) -> Problem:
        """Return the 401 for a session that is over."""
        return Problem(HTTPStatus.UNAUTHORIZED, self._texts.render(_TEXTS[reason]), headers=CHALLENGE, reason=reason.value)
