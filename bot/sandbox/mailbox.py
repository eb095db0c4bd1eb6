"""The mailbox: an SMTP server that keeps every mail instead of delivering it, and the page and JSON that show them."""

from __future__ import annotations

import asyncio
import hmac
import html
import logging
import warnings
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.fhir.store import Store

MAX_MAIL_BYTES = 5 * 1024 * 1024


class Mailbox:
    """Receives mails over SMTP and serves them as JSON, or as a page to a browser."""

    def __init__(self, store: Store, token: str | None = None, login: tuple[str, str] | None = None) -> None:
        """Take the bearer token of the HTTP routes, and login and password of SMTP, where any are needed."""
        self._store = store
        self._token = token
        self._login = login

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Listen for SMTP on `port` (0: any free one) in the running loop."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._new_session, host, port)

    def _new_session(self) -> SMTP:
        options: dict[str, Any] = {}
        if self._login is not None:
            options = {"auth_required": True, "auth_require_tls": False, "authenticator": self._authenticate}
        with warnings.catch_warnings():  # aiosmtpd warns of a login without TLS, in its log too; this one never leaves loopback
            warnings.simplefilter("ignore", UserWarning)
            logging.getLogger("mail.log").setLevel(logging.ERROR)
            return SMTP(
                self, data_size_limit=MAX_MAIL_BYTES, enable_SMTPUTF8=True, hostname="sandbox.sphere.example", ident="sandbox", **options
            )

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        user, password = (part.encode() for part in self._login or ("", ""))
        known = isinstance(given, LoginPassword) and hmac.compare_digest(given.password, password) and given.login == user
        return AuthResult(success=known, handled=False)  # aiosmtpd answers either way

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Store one mail."""
        content = envelope.content or b""
        self._store.add_mail(_decode(content if isinstance(content, bytes) else content.encode(), envelope))
        return "250 OK"

    def routes(self) -> list[Route]:
        """Return the routes of `/mailbox`: `GET` and `DELETE`, with and without the final slash."""
        return [Route(path, self._handle, methods=["GET", "DELETE"]) for path in ("/mailbox", "/mailbox/")]

    async def _handle(self, request: Request) -> Response:
        if self._token and not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {self._token}".encode()):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        if request.method == "DELETE":
            self._store.empty_mailbox()
            return Response(status_code=204)
        mails = self._store.mails()
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_page(mails), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})
        return JSONResponse({"mails": mails})


def _decode(content: bytes, envelope: Envelope) -> dict[str, Any]:
    message = message_from_bytes(content, policy=default)
    part = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
    text = str(part.get_content()) if part is not None else ""
    return {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "from": parseaddr(str(message["from"] or ""))[1] or str(envelope.mail_from or ""),
        "to": [str(address) for address in envelope.rcpt_tos],
        "subject": str(message["subject"] or ""),
        "text": text.replace("\r\n", "\n"),
    }


_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b2733}"
    "article{border:1px solid #c9d3dc;border-radius:.5rem;padding:1rem;margin:1rem 0}"
    "h2{font-size:1.1rem;margin:0 0 .25rem}p{margin:.1rem 0;color:#4a5a68}pre{white-space:pre-wrap;font:inherit;margin:.75rem 0 0}"
)


def _page(mails: list[dict[str, Any]]) -> str:
    articles = "".join(
        f"<article><h2>{html.escape(mail['subject'])}</h2>"
        f"<p>De {html.escape(mail['from'])} à {html.escape(', '.join(mail['to']))}, <time>{html.escape(mail['at'])}</time></p>"
        f"<pre>{html.escape(mail['text'])}</pre></article>"
        for mail in mails
    )
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Courriels interceptés</title><style>{_STYLE}</style></head><body><main><h1>Courriels interceptés</h1>"
        f"{articles or '<p>Aucun courriel.</p>'}</main></body></html>"
    )
