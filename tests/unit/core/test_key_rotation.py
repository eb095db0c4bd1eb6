"""SECRET is changed without losing anything: both are read, the new one writes, what is stored is encrypted anew, in pieces."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyotp import TOTP
from sqlalchemy import select
from typer.testing import CliRunner

import bot.migrations.tables  # noqa: F401 - declares every table
from bot.accounts import first_use_code
from bot.cli import app
from bot.core import encryption, key_rotation
from bot.core.clock import ManualClock
from bot.core.database import Database, sqlite_url
from bot.core.encryption import ACCESS_TOKENS, INBOX_TEXTS, Cipher, DecryptionFailed
from bot.core.key_rotation import Rotated, rotate
from bot.core.keyed_hash import is_keyed_hash, keyed_hash, keyed_hashes
from bot.core.mail import MailCipher
from bot.core.secret import Secret, keys_of
from bot.encrypted_columns import ENCRYPTED
from bot.fhir.access_tokens import SharedToken
from bot.http.csrf import CsrfTokens
from bot.identity.link_tokens import LinkTokens, issue_link_token
from bot.jobs.outbox import MAIL, PUSH, OutboxRow
from bot.notifications import page_links
from bot.notifications.watch.subscriptions import notification_token, notification_tokens
from bot.settings import Settings
from bot.support import second_factor
from bot.support.agent_sessions import AgentSessions
from bot.support.agents import SEEN_INTERVAL, Agents
from bot.support.errors import SignInFailed
from bot.support.second_factor import SecondFactor
from bot.support.sign_in_limits import SignInLimits
from bot.support.tables import AgentSession
from tests.databases import fresh_database, newest_sqlite

OLD, NEW = "o" * 32, "n" * 32
BEFORE, DURING, AFTER = Secret(OLD, NEW), Secret(NEW, OLD), Secret(NEW)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with fresh_database(request.param, tmp_path) as found:
        yield found


async def fill(database: Database, mails: int = 7) -> None:
    """Mails and a token, encrypted with the old secret; one mail with the new one, one with a third, one row without anything encrypted."""

    def row(key: str, kind: str, payload: dict[str, Any]) -> OutboxRow:
        return OutboxRow(kind=kind, key=key, payload=payload, created_at=NOW, not_before=NOW, attempts=0)

    async with database.writing() as session:
        for number in range(mails):
            session.add(row(f"old {number}", MAIL, MailCipher(OLD).seal({"text": f"mail {number}"}, holds_code=True, until=NOW)))
        session.add(row("new", MAIL, MailCipher(NEW).seal({"text": "new"})))
        session.add(row("third", MAIL, MailCipher("t" * 32).seal({"text": "third"})))
        session.add(row("plain", MAIL, {}))
        session.add(row("command", PUSH, {"encrypted": "not ours"}))
        token = Cipher(OLD, ACCESS_TOKENS).encrypt("a token")
        session.add(SharedToken(name="platform", encrypted=token, renew_at=NOW, expires_at=NOW + timedelta(hours=1), renewing_until=None))


def counts(found: list[Rotated]) -> dict[str, tuple[int, int, int]]:
    return {one.name: (one.current, one.renewed, one.unreadable) for one in found if one.current or one.renewed or one.unreadable}


async def payloads(database: Database) -> dict[str, dict[str, Any]]:
    async with database.reading() as session:
        return {row.key: row.payload for row in await session.scalars(select(OutboxRow))}


async def test_what_is_stored_is_encrypted_anew_and_nothing_else_is_touched(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "BATCH_SIZE", 3)
    await fill(database)
    before = await payloads(database)
    looked = await rotate(database, DURING, ENCRYPTED, look_only=True)
    assert counts(looked) == {"mails": (1, 7, 1), "access_tokens": (0, 1, 0)}
    assert await payloads(database) == before
    assert counts(await rotate(database, DURING, ENCRYPTED)) == counts(looked)
    after = await payloads(database)
    for number in range(7):
        payload = after[f"old {number}"]
        assert MailCipher(AFTER).open(payload) == {"text": f"mail {number}"}
        assert (payload["holds_code"], payload["until"]) == (True, NOW.isoformat())
    assert {key: after[key] for key in ("new", "third", "plain", "command")} == {
        key: before[key] for key in ("new", "third", "plain", "command")
    }
    assert counts(await rotate(database, DURING, ENCRYPTED)) == {"mails": (8, 0, 1), "access_tokens": (1, 0, 0)}
    assert counts(await rotate(database, AFTER, ENCRYPTED, look_only=True)) == {"mails": (8, 0, 1), "access_tokens": (1, 0, 0)}


async def test_killed_in_the_middle_it_goes_on_from_there(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "BATCH_SIZE", 2)
    await fill(database, mails=9)
    encrypt, calls = Cipher.encrypt, 0

    def killed(cipher: Cipher, text: str) -> str:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise asyncio.CancelledError
        return encrypt(cipher, text)

    monkeypatch.setattr(Cipher, "encrypt", killed)
    with pytest.raises(asyncio.CancelledError):
        await rotate(database, DURING, ENCRYPTED)
    monkeypatch.setattr(Cipher, "encrypt", encrypt)
    left = counts(await rotate(database, DURING, ENCRYPTED, look_only=True))["mails"]
    assert left == (5, 5, 1)  # two batches were kept, the third was not begun as far as anybody sees
    opened = [MailCipher(DURING).open(payload) for key, payload in (await payloads(database)).items() if key.startswith("old")]
    assert sorted(mail["text"] for mail in opened) == [f"mail {number}" for number in range(9)]
    assert counts(await rotate(database, DURING, ENCRYPTED))["mails"] == (5, 5, 1)
    assert counts(await rotate(database, AFTER, ENCRYPTED, look_only=True))["mails"] == (10, 0, 1)


def test_machines_that_are_restarted_one_after_the_other_read_each_other() -> None:
    for writes, reads in ((BEFORE, OLD), (OLD, BEFORE), (BEFORE, DURING), (DURING, BEFORE), (DURING, AFTER), (AFTER, DURING)):
        assert Cipher(reads, INBOX_TEXTS).decrypt(Cipher(writes, INBOX_TEXTS).encrypt("Jeanne")) == "Jeanne"
        assert is_keyed_hash(keyed_hash(writes, "code", "1"), reads, "code", "1")
        assert not is_keyed_hash(keyed_hash(writes, "code", "1"), reads, "code", "2")
    with pytest.raises(DecryptionFailed):
        Cipher(AFTER).decrypt(Cipher(OLD).encrypt("Jeanne"))


def test_without_a_change_there_is_one_key() -> None:
    assert keys_of(OLD) == keys_of(Secret(OLD)) == keys_of(Secret(OLD, OLD)) == (OLD,)
    assert keyed_hashes(OLD, "a") == (keyed_hash(OLD, "a"),)
    assert keyed_hash(DURING, "a") == keyed_hash(NEW, "a")
    assert Settings(SECRET=OLD, SECRET_ALSO=NEW).required("secret") == OLD


def test_every_use_of_a_cipher_is_among_the_columns() -> None:
    """Whoever encrypts something else for the database says where it is."""
    uses = set()
    for file in (ROOT / "bot").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Cipher"]
        for call in calls if file.name not in ("key_rotation.py", "encryption.py") else ():
            use = call.args[1] if len(call.args) > 1 else ast.Name("INBOX_TEXTS")
            assert isinstance(use, ast.Name), file
            uses.add(use.id)
    values = {
        name: value
        for module in (encryption, first_use_code, page_links, second_factor)
        for name, value in vars(module).items()
        if name in uses
    }
    assert set(values) == uses
    assert {column.use for column in ENCRYPTED} == set(values.values())


def test_the_command_counts_encrypts_and_says_when_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sphere.db").write_bytes(newest_sqlite())

    async def filled() -> None:
        database = Database(sqlite_url(tmp_path / "sphere.db"))
        async with database.writing() as session:
            payload = MailCipher(OLD).seal({"text": "mail"})
            session.add(OutboxRow(kind=MAIL, key="a", payload=payload, created_at=NOW, not_before=NOW, attempts=0))
        await database.close()

    asyncio.run(filled())
    for name, value in {"DATA": str(tmp_path), "SECRET": NEW}.items():
        monkeypatch.setenv(name, value)
    refused = CliRunner().invoke(app, ["keys", "rotate"])
    assert (refused.exit_code, "SECRET_ALSO" in refused.output) == (1, True)
    monkeypatch.setenv("SECRET_ALSO", OLD)
    looked = CliRunner().invoke(app, ["keys", "status"])
    assert (looked.exit_code, "bot keys rotate" in looked.output) == (0, True)
    done = CliRunner().invoke(app, ["keys", "rotate"])
    assert (done.exit_code, "Tout est chiffré avec SECRET." in done.output) == (0, True), done.output
    monkeypatch.delenv("SECRET_ALSO")
    assert "bot keys rotate" not in CliRunner().invoke(app, ["keys", "status"]).output


def settings_of(secret: Secret) -> Settings:
    return Settings(SECRET=str(secret), SECRET_ALSO=secret.also, LIMITS="test")


async def test_agents_stay_signed_in_and_keep_their_second_factor_and_recovery_codes(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with fresh_database("sqlite", tmp_path) as database:
        old, during, new = (Agents(database, clock, settings_of(secret)) for secret in (Secret(OLD), DURING, AFTER))
        agent = await old.add("lea", "Léa", "agent", "un-mot-de-passe-long")
        token = await old.open_session(agent)
        factors = SecondFactor(database, clock, settings_of(Secret(OLD)), old)
        enrolment = await factors.begin(agent)
        first, second, *_ = await factors.confirm(agent, TOTP(enrolment.key).at(clock.now()), token)
        device = old.device_token("lea")
        assert await new.session(token) is None
        assert (await during.session(token)) is not None
        assert await new.session(token) is None  # not written at every request
        clock.advance(SEEN_INTERVAL)
        assert (await during.session(token)) is not None
        assert (await new.session(token)) is not None  # it goes on under the new secret
        changed = SecondFactor(database, clock, settings_of(DURING), during)
        assert (await changed.verify(agent.id, first)).id == agent.id
        clock.advance(timedelta(minutes=2))
        assert (await changed.verify(agent.id, TOTP(enrolment.key).at(clock.now()))).id == agent.id
        limits = SignInLimits(DURING, lifted=False)
        assert limits.attempt("lea", "192.0.2.1", device).hits == []  # the browser is still a known one
        await rotate(database, DURING, ENCRYPTED)
        clock.advance(timedelta(minutes=2))
        afterwards = SecondFactor(database, clock, settings_of(AFTER), new)
        assert (await afterwards.verify(agent.id, TOTP(enrolment.key).at(clock.now()))).id == agent.id
        with pytest.raises(SignInFailed):  # a hash cannot be made anew: the codes are to be renewed before SECRET_ALSO goes
            await afterwards.verify(agent.id, second)


@pytest.mark.parametrize("mine", [BEFORE, DURING], ids=["the old one first", "the new one first"])
async def test_a_session_is_ended_and_kept_under_the_hash_of_either_secret(tmp_path: Path, mine: Secret) -> None:
    clock, other = ManualClock(NOW), DURING if mine is BEFORE else BEFORE
    async with fresh_database("sqlite", tmp_path) as database:
        theirs, ours = Agents(database, clock, settings_of(other)), Agents(database, clock, settings_of(mine))
        agent = await theirs.add("lea", "Léa", "agent", "un-mot-de-passe-long")
        kept, ended = await theirs.open_session(agent), await theirs.open_session(agent)
        assert await ours.was_session(kept)
        sessions = AgentSessions(database, clock, ours)
        assert [entry.mine for entry in await sessions.of(agent, kept)].count(True) == 1
        await ours.sign_out(ended)
        assert await theirs.session(ended) is None
        ended = await theirs.open_session(agent)
        await sessions.end_others(agent, kept)
        assert await theirs.session(ended) is None
        factors = SecondFactor(database, clock, settings_of(mine), ours)
        await factors.confirm(agent, TOTP((await factors.begin(agent)).key).at(clock.now()), kept)
        assert await theirs.session(kept) is not None
        life = theirs.lifetime(shared=True)
        await ours.shorten_session(kept)
        clock.advance(life)
        assert await theirs.session(kept) is None


async def test_bots_with_another_secret_each_do_not_write_a_session_back_and_forth(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    async with fresh_database("sqlite", tmp_path) as database:
        one, other = Agents(database, clock, settings_of(BEFORE)), Agents(database, clock, settings_of(DURING))
        token = await one.open_session(await one.add("lea", "Léa", "agent", "un-mot-de-passe-long"))
        for agents in (other, one, other, one):
            assert await agents.session(token) is not None
        async with database.reading() as session:
            assert await session.scalar(select(AgentSession.token_hash)) == one.token_hashes(token)[0]


async def test_an_invitation_that_was_sent_before_still_opens(tmp_path: Path) -> None:
    async with fresh_database("sqlite", tmp_path) as database:
        async with database.writing() as session:
            token = await issue_link_token(session, Secret(OLD), "a-1", ttl=timedelta(days=7), now=NOW)
        account = SimpleNamespace(id="a-1", active=True)

        class Registry:
            async def get(self, account_id: str) -> Any:
                return account if account_id == "a-1" else None

        def tokens(secret: Secret) -> LinkTokens:
            registry: Any = Registry()
            return LinkTokens(database, registry, ManualClock(NOW), settings_of(secret))

        assert await tokens(AFTER).account_of(token) is None
        assert await tokens(DURING).account_of(token) is account
        assert await tokens(DURING).account_of("x" * 32) is None
        assert await tokens(DURING).account_of("") is None


def test_forms_that_were_open_and_notifications_of_the_platform_are_still_taken() -> None:
    form = CsrfTokens(Secret(OLD), "desk-form").token("session", "a")
    assert CsrfTokens(DURING, "desk-form").is_valid(form, "session", "a")
    assert not CsrfTokens(DURING, "desk-form").is_valid(form, "session", "b")
    assert not CsrfTokens(AFTER, "desk-form").is_valid(form, "session", "a")
    assert notification_token(settings_of(Secret(OLD))) in notification_tokens(settings_of(DURING))
    assert notification_tokens(settings_of(DURING))[0] == notification_token(settings_of(AFTER))
