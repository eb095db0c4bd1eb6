"""Mails: rendering, composing, and sending to a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import TemplateNotFound, UndefinedError

from bot.core.clock import ManualClock
from bot.core.mail import MailRefused, MailUnavailable, compose, mail_payload, one_line, render, render_text, send_mail
from bot.settings import Settings

CODE_VALUES = {"code": "123456", "minutes": 10, "support_phone": "05 57 96 59 47", "support_email": "equipe@sphere.example"}
CLOCK = ManualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


class Relay:
    """What the server answers, and what it took."""

    def __init__(self) -> None:
        self.rcpt = self.data = "250 OK"
        self.taken: list[bytes] = []

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.taken.append(bytes(envelope.content or b""))
        return self.data


@pytest.fixture
async def relay() -> AsyncIterator[tuple[Relay, Settings]]:
    handler = Relay()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, hostname="relay.example"), "127.0.0.1", 0)
    yield handler, Settings(smtp_port=server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()


def test_first_line_is_the_subject() -> None:
    mail = render("identity/login_code", **CODE_VALUES)
    assert mail.subject == "Votre code pour l’assistant SPHERE"
    assert mail.text.startswith("Bonjour,")
    assert "123456" in mail.text
    assert "rien demandé" in mail.text
    assert "http" not in mail.text


def test_the_code_is_not_in_the_subject_which_phones_show_when_locked() -> None:
    assert "123456" not in render("identity/login_code", **CODE_VALUES).subject


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("identity/login_code")
    with pytest.raises(TemplateNotFound):
        render("identity/nothing")


def test_values_cannot_add_lines() -> None:
    values = {"reference": "DC-2026-000001", "name": "Eve\r\nBcc: all@example.org\n\nFaux message", "login": "a@b.example", "code": "X"}
    links = {"links": [("web", "https://x.example")], "days": 7, "sphere_url": "https://sphere.example"}
    mail = render("accounts/account_codes", support_phone="1", support_email="2", **links, **values)
    assert "\nBcc" not in mail.text
    assert "Bonjour Eve Bcc: all@example.org Faux message," in mail.text
    assert "page de connexion de SPHERE\u00a0: https://sphere.example" in mail.text


@pytest.mark.parametrize("trick", ["\r\nBcc: x@example.org", "\n\nBcc: x@example.org", "\u2028Bcc: x", "\x85Bcc: x", "\x00", "\u202eevil"])
def test_headers_cannot_be_injected(trick: str) -> None:
    payload = {"to": [f"a@b.example{trick}"], "subject": f"Sujet{trick}", "text": "x", "id": f"i{trick}"}
    message = compose(Settings(), payload, CLOCK)
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    assert parsed["Bcc"] is None
    assert {name.lower() for name in parsed} <= {
        *("from", "to", "subject", "date", "message-id", "auto-submitted", "content-type", "content-transfer-encoding", "mime-version")
    }


def test_no_break_spaces_stay_but_controls_go() -> None:
    assert one_line(" a\u00a0:\t b \u200b\n") == "a\u00a0: b"


async def test_a_mail_arrives_as_it_was_written(relay: tuple[Relay, Settings]) -> None:
    handler, settings = relay
    payload = mail_payload("claire.moreau@sphere.example", "identity/login_code", **CODE_VALUES)
    await send_mail(settings, payload, CLOCK)
    (raw,) = handler.taken
    message = message_from_bytes(raw, policy=default)
    assert message["To"] == "claire.moreau@sphere.example"
    assert message["Subject"] == payload["subject"]
    assert message["From"] == settings.mail_from
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().replace("\r\n", "\n") == payload["text"]


async def test_a_second_attempt_has_the_same_message_id(relay: tuple[Relay, Settings]) -> None:
    handler, settings = relay
    payload = mail_payload("a@sphere.example", "identity/login_code", **CODE_VALUES)
    await send_mail(settings, payload, CLOCK)
    await send_mail(settings, payload, CLOCK)
    ids = {message_from_bytes(raw, policy=default)["Message-ID"] for raw in handler.taken}
    assert len(handler.taken) == 2
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("rcpt", "550 unknown", MailRefused),
        ("rcpt", "450 later", MailUnavailable),
        ("data", "554 refused", MailRefused),
        ("data", "451 later", MailUnavailable),
    ],
)
async def test_refusals_are_for_good_or_for_now(relay: tuple[Relay, Settings], where: str, answer: str, error: type[Exception]) -> None:
    handler, settings = relay
    setattr(handler, where, answer)
    with pytest.raises(error):
        await send_mail(settings, {"to": ["a@b.example"], "subject": "s", "text": "t"}, CLOCK)


async def test_nobody_listening_is_for_now() -> None:
    with pytest.raises(MailUnavailable):
        await send_mail(Settings(smtp_port=9), {"to": ["a@b.example"], "subject": "s", "text": "t"}, CLOCK)
    with pytest.raises(MailUnavailable):
        await send_mail(Settings(), {"to": ["a@b.example"], "subject": "s", "text": "t"}, CLOCK)


@pytest.mark.parametrize("address", ["", "pas une adresse", "é@exemple.example", "a@b\x00.example"])
async def test_an_impossible_address_is_refused_for_good(relay: tuple[Relay, Settings], address: str) -> None:
    _, settings = relay
    with pytest.raises(MailRefused):
        await send_mail(settings, {"to": [address], "subject": "s", "text": "t"}, CLOCK)


@pytest.mark.parametrize(
    ("outcome", "dossier", "own", "expected"),
    [
        ("added", "SPH-2024-000137", False, "a maintenant accès au dossier SPH-2024-000137"),
        ("already", "SPH-2024-000137", False, "avait déjà accès au dossier SPH-2024-000137"),
        ("not_a_member", "SPH-2024-000137", False, "vous ne faites plus partie"),
        ("unknown_dossier", "SPH-2024-000137", False, "vous ne faites plus partie"),
        ("refused", "SPH-2024-000137", False, "n’a pas pu être donné"),
        ("none", None, False, "Le compte de Leïla Benali est créé"),
        ("none", None, True, "Le compte demandé ici (DC-2026-000001) est créé"),
    ],
)
def test_notices_to_requesters(outcome: str, dossier: str | None, own: bool, expected: str) -> None:
    values = {"reference": "DC-2026-000001", "name": "Leïla Benali", "support_phone": "1", "support_email": "2"}
    text = render_text(
        "accounts/notice_created", outcome=outcome, dossier=dossier, own=own, period="", later=False, address_given=True, **values
    )
    assert expected in text
    assert "DC-2026-000001" in text
    assert "\n" not in text


@pytest.mark.parametrize("template", ["notice_created", "notice_existing"])
@pytest.mark.parametrize(
    ("later", "expected"), [(True, "aura accès au dossier 1 du 4 au 9 mai"), (False, "accès au dossier 1, du 4 au 9 mai")]
)
def test_notices_to_requesters_say_the_days_of_an_access(template: str, later: bool, expected: str) -> None:
    values = {"reference": "DC-2026-000001", "name": "Leïla Benali", "support_phone": "1", "support_email": "2", "own": False}
    text = render_text(f"accounts/{template}", outcome="added", dossier="1", period="du 4 au 9 mai", later=later, **values)
    assert expected in text
