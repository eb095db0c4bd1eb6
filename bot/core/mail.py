"""Mails and other texts: rendered from a capability's templates, sent over SMTP.

A template is a file `bot/<capability>/templates/<name>.txt` (or `.html`), called "<capability>/<name>". A mail's first line is its
subject. Whatever is put into a template becomes one line without control characters, so that no name
can add a header, a paragraph or a link of its own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

import aiosmtplib
from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound

from bot.core.clock import Clock, SystemClock
from bot.core.database import random_id
from bot.core.encryption import MAILS, Cipher
from bot.settings import Settings

SMTP_TIMEOUT = 20.0
"""Seconds for one exchange with the relay; with the connection, shorter than the outbox's lease."""

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+")
"""Addresses that SMTP without extensions can carry: visible ASCII."""
_CAPABILITIES = Path(__file__).parent.parent


class MailUnavailable(Exception):
    """The mail relay cannot accept the mail now; it may later."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class MailRefused(Exception):
    """The mail relay refuses this mail for good."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class Rendered:
    """Subject and text of a mail."""

    subject: str
    text: str


def one_line(value: object) -> str:
    """Return a value as text without line breaks or control characters, spaces collapsed (no-break spaces are kept)."""
    visible = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else c for c in str(value))
    return " ".join(part for part in visible.split(" ") if part)


def _finalize(value: object) -> object:
    # Numbers and the like pass unchanged: only texts can contain a line break.
    return one_line(value) if isinstance(value, str) else value


def _load(name: str) -> str:
    return _read(name, "txt")


def _load_html(name: str) -> str:
    return _read(name, "html")


def _read(name: str, ending: str) -> str:
    capability, _, template = name.partition("/")
    path = _CAPABILITIES / capability / "templates" / f"{template}.{ending}"
    if not path.is_file():
        raise TemplateNotFound(name)
    return path.read_text(encoding="utf-8")


_templates = Environment(  # plain text: escaping for HTML would put &#39; into names
    loader=FunctionLoader(_load),
    autoescape=False,  # noqa: S701
    finalize=_finalize,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_html_templates = Environment(
    loader=FunctionLoader(_load_html),
    autoescape=True,
    finalize=_finalize,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_text(template_name: str, **values: Any) -> str:
    """Render the template "<capability>/<name>", without blank lines around it.

    Raise jinja2.TemplateNotFound, and jinja2.UndefinedError for a value that the template needs and was not given.
    """
    return _templates.get_template(template_name).render(**values).strip()


def render_html(template_name: str, **values: Any) -> str:
    """Render the HTML template "<capability>/<name>", every value escaped. Raise as `render_text` does."""
    return _html_templates.get_template(template_name).render(**values).strip() + "\n"


def render(template_name: str, **values: Any) -> Rendered:
    """Render a mail: its subject is the template's first line, its text the rest. Raise as `render_text` does."""
    subject, _, text = render_text(template_name, **values).partition("\n")
    return Rendered(one_line(subject), text.strip() + "\n")


def mail_payload(to: str, template_name: str, **values: Any) -> dict[str, Any]:
    """Return a mail to one address (`compose` says of what form); its `id` becomes the Message-ID, the same at each attempt."""
    mail = render(template_name, **values)
    return {"id": random_id(), "to": [to], "subject": mail.subject, "text": mail.text}


class MailCipher:
    """Encrypts mails for the outbox, where they may wait for hours: they hold codes, links that act for somebody, and addresses."""

    def __init__(self, secret: str) -> None:
        self._cipher = Cipher(secret, MAILS)

    def seal(self, mail: dict[str, Any], *, holds_code: bool = False, until: datetime | None = None, **open_values: Any) -> dict[str, Any]:
        """Return the payload of a MAIL row.

        Args:
            mail: what `compose` takes.
            holds_code: whether the mail is deleted when it is given up, which nobody can then send again.
            until: when it is of no use any more, and given up.
            open_values: what workers must read before it is sent.
        """
        payload: dict[str, Any] = {"encrypted": self._cipher.encrypt(json.dumps(mail)), **open_values}
        if holds_code:
            payload["holds_code"] = True
        if until is not None:
            payload["until"] = until.isoformat()
        return payload

    def open(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the mail of a payload. Raises DecryptionFailed.

        A row that a version before this encryption wrote is a mail itself. It is sent or given up within hours, but in a rolling upgrade
        such rows are still written, so it is not for a migration to find them all.
        """
        if "encrypted" not in payload:
            return payload
        mail: dict[str, Any] = json.loads(self._cipher.decrypt(payload["encrypted"]))
        return mail


def useless_from(payload: dict[str, Any]) -> datetime | None:
    """Return when the mail of a payload is of no use any more; None where it always is of use."""
    return datetime.fromisoformat(payload["until"]) if "until" in payload else None


def compose(settings: Settings, payload: dict[str, Any], clock: Clock) -> EmailMessage:
    """Compose the message of a payload {"to": [address], "subject": str, "text": str, "id"?: str, "html"?: str, "headers"?: {name: value}}.

    Plain text in UTF-8, with its HTML beside it where there is one.
    """
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = ", ".join(one_line(address) for address in payload["to"])
    message["Subject"] = one_line(payload["subject"])
    message["Date"] = format_datetime(clock.now())
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{one_line(payload.get('id') or random_id())}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834)
    for name, value in (payload.get("headers") or {}).items():
        message[name] = one_line(value)
    message.set_content(payload["text"], charset="utf-8", cte="quoted-printable")
    if payload.get("html"):
        message.add_alternative(payload["html"], subtype="html", charset="utf-8", cte="quoted-printable")
    return message


async def send_mail(settings: Settings, payload: dict[str, Any], clock: Clock | None = None) -> None:
    """Send a mail of the form that `compose` says.

    Raise MailUnavailable where trying again may help (no connection, timeout, 4xx, a login that is refused, which is ours to
    correct), MailRefused where it will not (5xx, an invalid address).
    """
    if not payload["to"] or not all(_ADDRESS.fullmatch(address) for address in payload["to"]):
        raise MailRefused
    port = settings.smtp_port
    if port is None:
        raise MailUnavailable
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    try:
        await aiosmtplib.send(
            compose(settings, payload, clock or SystemClock()),
            hostname=settings.smtp_host,
            port=port,
            username=settings.smtp_user,
            password=password,
            start_tls=settings.smtp_starttls,
            timeout=SMTP_TIMEOUT,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _of_codes([refused.code for refused in error.recipients]) from None
    except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected):
        raise MailUnavailable from None
    except aiosmtplib.SMTPResponseException as error:
        raise _of_codes([error.code]) from None
    except (ValueError, UnicodeError):
        raise MailRefused from None
    except (aiosmtplib.SMTPException, OSError):
        raise MailUnavailable from None


def _of_codes(codes: list[int]) -> MailUnavailable | MailRefused:
    """Return the error for SMTP codes: with several recipients, a mail is tried again as long as one of them may be accepted later."""
    return MailRefused() if codes and all(500 <= code < 600 for code in codes) else MailUnavailable()
