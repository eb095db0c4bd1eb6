"""`bot notifications dead` and `resend`: what support sees, and does, about what could not leave."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.core.clock import SystemClock
from bot.core.database import Database, sqlite_url
from bot.jobs.outbox import MAIL, OutboxRow
from bot.notifications.tables import NoticeMessage


async def _give_up(folder: Path) -> None:
    """One mail of notices, given up three hours after it was written."""
    database, now = Database(sqlite_url(folder / "sphere.db")), SystemClock().now()
    await database.create_tables()
    payload = {"to": ["claire.moreau@sphere.example"], "subject": "Sujet", "text": "Texte", "notice": {"message": 1, "version": 0}}
    made = now - timedelta(hours=3)
    async with database.writing() as session:
        session.add(
            OutboxRow(
                kind=MAIL, key="n", payload=payload, created_at=made, not_before=made, attempts=9, dead_at=now, last_error="MailUnavailable"
            )
        )
        await session.flush()
        about = {"way": "mail", "digest": False, "due_at": made, "handed_at": made, "outbox_id": 1, "state": "failed"}
        session.add(NoticeMessage(account_id="a", **about))
    await database.close()


async def _open(folder: Path) -> bool:
    database = Database(sqlite_url(folder / "sphere.db"))
    async with database.reading() as session:
        row, message = await session.get(OutboxRow, 1), await session.get(NoticeMessage, 1)
    await database.close()
    assert row is not None
    assert message is not None
    return row.dead_at is None and row.attempts == 0 and message.state == "sent"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    asyncio.run(_give_up(tmp_path))
    return tmp_path


def test_support_sees_what_is_dead_but_neither_text_nor_address(folder: Path) -> None:
    shown = CliRunner().invoke(app, ["notifications", "dead"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for said in ("notification", "e-mail", "3 h", "MailUnavailable", "non"):
        assert said in shown.output
    for kept in ("claire", "Sujet", "Texte"):
        assert kept not in shown.output


@pytest.mark.parametrize("which", ["1", "all"])
def test_support_sends_it_again(folder: Path, which: str) -> None:
    assert CliRunner().invoke(app, ["notifications", "resend", which]).exit_code == 0
    assert asyncio.run(_open(folder))
    assert "souffrance" in CliRunner().invoke(app, ["notifications", "dead"]).output


@pytest.mark.parametrize("which", ["7", "tout"])
def test_what_is_not_in_the_list_is_said(folder: Path, which: str) -> None:
    answer = CliRunner().invoke(app, ["notifications", "resend", which])
    assert answer.exit_code == 1
    assert not asyncio.run(_open(folder))
