"""Attacks by whoever reads the database: login codes, first-use codes and the links of mails lie nowhere in clear."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command

from bot.core.encryption import Cipher, DecryptionFailed
from bot.core.mail import MailCipher
from bot.jobs.outbox import MAIL
from bot.migrations import configuration, upgrade
from bot.notifications.dead_letters import CodeDeleted, DeadLetters
from tests.attacks.inside_fixtures import Office, change, everything_in, office
from tests.databases import every_database, every_empty_database
from tests.unit.accounts.test_requests import LEILA
from tests.unit.harness import CLAIRE, Harness
from tests.unit.sandbox.sandbox_server import Sandbox, running_sandbox

__all__ = ["every_database", "every_empty_database"]

REFERENCE = "DC-2026-000001"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    (tmp_path / "sandbox").mkdir()
    with running_sandbox(tmp_path / "sandbox") as running:
        yield running


@pytest.fixture
async def relay_away(every_database: str, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Office]:
    async with office(every_database, sandbox, tmp_path, smtp_port=None) as made:
        yield made


@pytest.fixture
async def relay_there(every_database: str, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Office]:
    async with office(every_database, sandbox, tmp_path, smtp_port=sandbox.smtp_port) as made:
        yield made


async def _mail_text(harness: Harness, address: str) -> str:
    return str((await harness.mails(address))[-1]["text"])


async def test_who_reads_the_database_finds_no_login_code(relay_away: Office) -> None:
    harness = relay_away.harness
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    found = everything_in(relay_away.url)
    assert not re.search(rf"(?<!\d){code}(?!\d)", found)
    assert CLAIRE not in found
    assert "Votre code" not in found
    await relay_away.mails.send_due()  # the relay is away: it waits
    assert not re.search(rf"(?<!\d){code}(?!\d)", everything_in(relay_away.url))


async def test_who_reads_the_database_finds_no_first_use_code_and_no_invitation(relay_away: Office) -> None:
    harness = relay_away.harness
    await harness.account_requests.submit(LEILA, requester=None, conversation_id="c", dossier=None, basis=None, key="k")
    await harness.account_requests.create(REFERENCE)
    text = await _mail_text(harness, LEILA.email)
    code = re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b", text)
    link = re.search(r"#start=(\S+)", text)
    assert code is not None
    assert link is not None
    found = everything_in(relay_away.url)
    for secret in (code[0], code[0].replace("-", ""), link[1]):
        assert secret not in found


async def test_a_sent_mail_leaves_nothing(relay_there: Office, sandbox: Sandbox) -> None:
    await relay_there.harness.identity.start_code("chat", CLAIRE)
    code = await relay_there.harness.code(CLAIRE)
    assert await relay_there.mails.send_due() == 1
    assert code in sandbox.http.get(f"{sandbox.url}/mailbox").json()["mails"][0]["text"]
    (row,) = await relay_there.harness.outbox(MAIL)
    assert (row.done_at is not None, row.payload) == (True, {})


async def test_an_expired_code_is_not_sent_and_its_mail_is_deleted(relay_away: Office) -> None:
    harness = relay_away.harness
    await harness.identity.start_code("chat", CLAIRE)
    for _ in range(12):
        await relay_away.mails.send_due()
        harness.clock.advance(timedelta(seconds=60))
    (row,) = await harness.outbox(MAIL)
    assert (row.payload, row.last_error, row.dead_at is not None) == ({}, "MailExpired", True)


async def test_an_attempt_never_waits_past_the_codes_end(relay_away: Office) -> None:
    await relay_away.harness.identity.start_code("chat", CLAIRE)
    sent_at = relay_away.clock.now()
    relay_away.clock.advance(timedelta(minutes=9, seconds=50))
    change(relay_away.url, "UPDATE outbox SET attempts = 9")
    await relay_away.mails.send_due()
    (row,) = await relay_away.harness.outbox(MAIL)
    assert row.not_before <= sent_at + timedelta(minutes=10)


async def test_a_dead_letter_with_a_code_is_empty_and_the_codes_are_mailed_anew(relay_away: Office) -> None:
    harness = relay_away.harness
    await harness.account_requests.submit(LEILA, requester=None, conversation_id="c", dossier=None, basis=None, key="k")
    await harness.account_requests.create(REFERENCE)
    text = await _mail_text(harness, LEILA.email)
    code = re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b", text)
    assert code is not None
    for _ in range(60):
        await relay_away.mails.send_due()
        harness.clock.advance(timedelta(minutes=15))
    rows = {row.key: row for row in await harness.outbox(MAIL)}
    row = rows[f"account-codes:{REFERENCE}"]
    assert (row.dead_at is not None, row.payload) == (True, {})
    with pytest.raises(CodeDeleted):
        await DeadLetters(harness.database, harness.clock).resend(row.id)
    await harness.account_requests.mail_codes_again(REFERENCE.lower())
    assert code[0] in await _mail_text(harness, LEILA.email)
    assert code[0] not in everything_in(relay_away.url)


async def test_the_mail_of_another_secret_is_given_up_without_harm(every_database: str, sandbox: Sandbox, tmp_path: Path) -> None:
    async with office(every_database, sandbox, tmp_path, smtp_port=sandbox.smtp_port, SECRET="another secret " * 4) as made:
        await made.harness.identity.start_code("chat", CLAIRE)
        await made.mails.send_due()
        (row,) = await made.harness.outbox(MAIL)
        assert (row.dead_at is not None, row.payload, row.last_error) == (True, {}, "DecryptionFailed")
    assert sandbox.http.get(f"{sandbox.url}/mailbox").json()["mails"] == []


async def test_a_mail_that_was_written_in_clear_before_is_still_sent(relay_there: Office, sandbox: Sandbox) -> None:
    await relay_there.harness.identity.start_code("chat", CLAIRE)
    clear = '{"id": "x", "to": ["claire.moreau@sphere.example"], "subject": "Code", "text": "654321"}'
    change(relay_there.url, "UPDATE outbox SET payload = :payload", payload=clear)
    await relay_there.mails.send_due()
    assert "654321" in sandbox.http.get(f"{sandbox.url}/mailbox").json()["mails"][0]["text"]
    assert "654321" not in everything_in(relay_there.url)


def test_mails_cannot_be_opened_with_the_key_of_the_inbox() -> None:
    payload = MailCipher("s" * 32).seal({"to": ["a@b.c"]})
    assert MailCipher("s" * 32).open(payload) == {"to": ["a@b.c"]}
    with pytest.raises(DecryptionFailed):
        Cipher("s" * 32).decrypt(payload["encrypted"])


def test_the_upgrade_empties_dead_letters_with_codes(every_empty_database: str) -> None:
    command.upgrade(configuration(every_empty_database), "0007")
    columns = "kind, key, payload, created_at, not_before, attempts, dead_at"
    at, said = "2026-11-20 09:00:00+00:00", '{"to": ["a@b.c"], "subject": "s", "text": "ABCD-EFGH-JKLM 135791"}'
    for key, dead in (("login-code:1", at), ("account-codes:DC-2026-000001", at), ("notice:7", at), ("login-code:2", None)):
        values = {"key": key, "payload": said, "at": at, "dead": dead}
        change(every_empty_database, f"INSERT INTO outbox ({columns}) VALUES ('mail', :key, :payload, :at, :at, 1, :dead)", **values)
    upgrade(every_empty_database)
    assert everything_in(every_empty_database).count("ABCD-EFGH-JKLM") == 2
