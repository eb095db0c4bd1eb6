"""Links that continue a conversation in the web chat: opened once, within ten minutes, with a session that ends."""

from __future__ import annotations

from bot.identity.chat_sessions import Ended, OpenSession
from bot.identity.continuations import LINK_TTL, SESSION_TTL
from tests.unit.harness import Harness


async def test_a_continuation_opens_once_and_its_session_ends(harness: Harness) -> None:
    continuations, sessions = harness.continuations, harness.chat_sessions
    link = await continuations.create_link("conversation")
    token = link.partition("#continue=")[2]
    opened = await continuations.open(token)
    assert opened is not None
    assert await continuations.open(token) is None
    found = await sessions.find(opened[1], used=True)
    assert isinstance(found, OpenSession)
    assert (found.conversation_id, found.continued) == ("conversation", True)
    harness.clock.advance(SESSION_TTL)
    assert await sessions.find(opened[1], used=True) is Ended.EXPIRED


async def test_a_continuation_that_was_not_opened_in_time_is_gone(harness: Harness) -> None:
    continuations = harness.continuations
    token = (await continuations.create_link("conversation")).partition("#continue=")[2]
    harness.clock.advance(LINK_TTL)
    assert await continuations.open(token) is None
    assert await continuations.open("made-up") is None
