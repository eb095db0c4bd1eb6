"""Words beside what is not read: whether they may name an usager."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import pytest

from bot.messaging.messages import Turn
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.pii.spans import NAME, Span
from bot.messaging.pii.unread_text import PIECE, UnreadText
from bot.messaging.ports import AssistantUnavailable


class Known:
    """A redaction that knows one usager."""

    async def spans(self, conversation_id: str, text: str) -> list[Span]:
        at = text.find("Durand")
        return [Span(at, at + 6, NAME)] if at >= 0 else []


def turn(event: str | None, text: str | None) -> Turn:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    return Turn(1, "c", "telegram", "telegram", text=text, button=None, event=event, sent_id="5", received_at=now, attempts=1)


def unread() -> tuple[UnreadText, list[str]]:
    asked: list[str] = []

    async def mask_names(text: str, known: Sequence[Span] = ()) -> str:
        asked.append(text)
        if "panne" in text:
            raise AssistantUnavailable("down")
        return text.replace("Quortal", "[usager]")

    return UnreadText(cast(OutgoingFilter, Known()), mask_names), asked


@pytest.mark.parametrize(
    ("event", "text", "may"),
    [
        ("edited", "dossier de Mme Durand", True),
        ("not_text", "Mme Quortal", True),
        ("not_text", "merci  ", False),
        ("not_text", None, False),
        ("not_text", "rasa est en panne", True),
        (None, "dossier de Mme Durand", False),
        ("too_long", "mot " * 2_000 + "Mme Quortal", True),
    ],
)
async def test_whether_an_usager_may_be_named(event: str | None, text: str | None, may: bool) -> None:
    reader, _ = unread()
    assert await reader.may_name_usager(turn(event, text)) is may


async def test_a_long_text_is_read_whole_in_pieces_that_overlap() -> None:
    reader, asked = unread()
    text = "".join(f"{number} " for number in range(3_000))
    assert not await reader.may_name_usager(turn("too_long", text))
    assert all(len(piece) <= PIECE for piece in asked)
    assert {word for piece in asked for word in piece.split()} >= set(text.split())
