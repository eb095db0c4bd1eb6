"""What the chat page says of the support team's hours."""

from __future__ import annotations

from bot.web.chat_page import SupportContact


def test_a_day_may_end_at_midnight() -> None:
    assert SupportContact(hours="00:00-02:00,20:30-24:00").opening_ranges == [["0h", "2h"], ["20h30", "24h"]]
