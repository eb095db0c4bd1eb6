"""Single-use tokens that link a chat: redeemed once, by one chat, for a while."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.accounts.registry import Account
from bot.fhir.errors import FhirUnavailable
from bot.identity.deep_links import LINK_TTL
from bot.identity.errors import AccountClosed, LinkTokenInvalid, Locked, OtherAccountLinked
from bot.identity.tables import LinkToken
from tests.unit.harness import CLAIRE, KARIM, START, Harness, open_harness


@pytest.fixture
async def claire(harness: Harness) -> Account:
    return await harness.account(CLAIRE)


async def refused(harness: Harness, conversation_id: str, token: str) -> None:
    with pytest.raises(LinkTokenInvalid):
        await harness.identity.redeem(conversation_id, token)


async def test_a_token_links_the_chat_that_shows_it(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,60}", token)
    assert await harness.identity.redeem("chat", token) == claire
    assert await harness.identity.person_of("chat") == claire
    assert [(e.actor, e.subject, e.outcome, e.at) for e in await harness.trail("identity.link")] == [(claire.id, "chat", "linked", START)]
    assert [e.outcome for e in await harness.trail("identity.link_token")] == ["made"]


async def test_only_the_hash_is_kept(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    async with harness.database.reading() as session:
        (row,) = await session.scalars(select(LinkToken))
    assert token not in str(vars(row))


async def test_a_message_delivered_twice_gets_the_same_answer(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    assert await harness.identity.redeem("chat", token) == await harness.identity.redeem("chat", token)
    harness.clock.advance(timedelta(hours=1))
    assert await harness.identity.redeem("chat", token) == claire
    assert len(await harness.trail("identity.link")) == 1


async def test_showing_it_again_does_not_undo_an_unlinking(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    await harness.identity.redeem("chat", token)
    await harness.identity.unlink("chat")
    await harness.identity.redeem("chat", token)
    assert await harness.identity.person_of("chat") is None


async def test_a_token_works_once(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    await harness.identity.redeem("chat", token)
    await refused(harness, "thief", token)
    assert await harness.identity.linked_account_id("thief") is None


@pytest.mark.parametrize("life", [LINK_TTL, timedelta(days=7)])
async def test_a_token_expires(harness: Harness, claire: Account, life: timedelta) -> None:
    good, late = [await harness.identity.new_link_token(claire.id, life) for _ in range(2)]
    harness.clock.advance(life - timedelta(seconds=1))
    assert await harness.identity.redeem("chat", good)
    harness.clock.advance(timedelta(seconds=1))
    await refused(harness, "another", late)


@pytest.mark.parametrize("token", ["", "x", "é" * 30, "\ud800", "a" * 5000, "a b", "' or 1=1 --"])
async def test_what_is_no_token_is_refused_alike(harness: Harness, token: str) -> None:
    await refused(harness, "chat", token)


async def test_five_wrong_tokens_lock_the_chat_and_no_other(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    for number in range(4):
        await refused(harness, "chat", f"guess-{number}")
    with pytest.raises(Locked) as locked:
        await harness.identity.redeem("chat", "guess-5")
    assert locked.value.until == START + timedelta(minutes=15)
    with pytest.raises(Locked):
        await harness.identity.redeem("chat", token)
    assert [e.outcome for e in await harness.trail("identity.link_token")] == ["made", *["refused"] * 4, "locked"]
    assert await harness.identity.redeem("another", token) == claire


async def test_wrong_tokens_and_wrong_codes_count_together(harness: Harness) -> None:
    for number in range(5):
        with pytest.raises((LinkTokenInvalid, Locked)):
            await harness.identity.redeem("chat", f"guess-{number}")
    with pytest.raises(Locked):
        await harness.identity.start_code("chat", CLAIRE)


async def test_the_lock_ends(harness: Harness, claire: Account) -> None:
    for number in range(5):
        with pytest.raises((LinkTokenInvalid, Locked)):
            await harness.identity.redeem("chat", f"guess-{number}")
    harness.clock.advance(timedelta(minutes=15))
    assert await harness.identity.redeem("chat", await harness.identity.new_link_token(claire.id, LINK_TTL))


async def test_guesses_at_once_are_counted_one_by_one(harness: Harness) -> None:
    found = await asyncio.gather(*(harness.identity.redeem("chat", f"guess-{n}") for n in range(12)), return_exceptions=True)
    assert sum(isinstance(error, LinkTokenInvalid) for error in found) == 4
    assert sum(isinstance(error, Locked) for error in found) == 8


async def test_a_closed_account(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    harness.close_account(CLAIRE)
    with pytest.raises(AccountClosed):
        await harness.identity.redeem("chat", token)
    assert await harness.identity.linked_account_id("chat") is None
    assert [e.outcome for e in await harness.trail("identity.link")] == ["account_closed"]


async def test_a_platform_that_is_away_costs_nobody_their_token(harness: Harness, claire: Account) -> None:
    token = await harness.identity.new_link_token(claire.id, LINK_TTL)
    harness.network.cut_after(0, losing=False)
    with pytest.raises(FhirUnavailable):
        await harness.identity.redeem("chat", token)
    harness.network.restore()
    assert await harness.identity.redeem("chat", token) == claire


async def test_of_two_chats_one_wins(harness: Harness, claire: Account, tmp_path: Path) -> None:
    """In two processes over one database."""
    async with open_harness(tmp_path, harness.sandbox, harness.clock) as another:
        token = await harness.identity.new_link_token(claire.id, LINK_TTL)
        chats = {f"chat{n}": (harness, another)[n % 2] for n in range(8)}
        found = await asyncio.gather(*(its.identity.redeem(chat, token) for chat, its in chats.items()), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in found) == ["Account", *["LinkTokenInvalid"] * 7]
    assert len([chat for chat in chats if await harness.identity.linked_account_id(chat)]) == 1


async def test_one_account_several_chats_and_one_chat_one_account(harness: Harness, claire: Account) -> None:
    karim = await harness.account(KARIM)
    for chat in ("first", "second"):
        await harness.identity.redeem(chat, await harness.identity.new_link_token(claire.id, LINK_TTL))
    karims = await harness.identity.new_link_token(karim.id, LINK_TTL)
    with pytest.raises(OtherAccountLinked):
        await harness.identity.redeem("second", karims)
    assert await harness.identity.linked_account_id("first") == claire.id
    assert await harness.identity.linked_account_id("second") == claire.id
    await harness.identity.unlink("second")
    await harness.identity.redeem("second", karims)
    assert await harness.identity.linked_account_id("second") == karim.id
    assert [(e.actor, e.outcome) for e in await harness.trail("identity.unlink")] == [(claire.id, "asked")]


async def test_tokens_are_forgotten(harness: Harness, claire: Account) -> None:
    await harness.identity.new_link_token(claire.id, LINK_TTL)
    harness.clock.advance(timedelta(days=2))
    await harness.identity.new_link_token(claire.id, LINK_TTL)
    async with harness.database.reading() as session:
        assert len([*await session.scalars(select(LinkToken))]) == 1


async def issue_token(harness: Harness, email: str = CLAIRE) -> str:
    account = await harness.registry.by_email(email)
    assert account is not None
    return await harness.identity.new_link_token(account.id, LINK_TTL)


async def test_a_token_links_one_chat_and_may_come_twice_there(harness: Harness) -> None:
    token = await issue_token(harness)
    assert (await harness.identity.redeem("chat", token)).name == "Claire Moreau"
    assert (await harness.identity.redeem("chat", token)).name == "Claire Moreau"
    with pytest.raises(LinkTokenInvalid):
        await harness.identity.redeem("another", token)
    person = await harness.identity.person_of("chat")
    assert person is not None
    assert await harness.identity.person_of("another") is None


async def test_of_two_chats_at_once_one_is_linked(harness: Harness) -> None:
    token = await issue_token(harness)
    ended = await asyncio.gather(*(harness.identity.redeem(f"chat-{n}", token) for n in range(5)), return_exceptions=True)
    assert sum(not isinstance(end, Exception) for end in ended) == 1
    assert all(isinstance(end, LinkTokenInvalid) for end in ended if isinstance(end, Exception))


async def test_a_token_expires_and_guessing_locks(harness: Harness) -> None:
    token = await issue_token(harness)
    harness.clock.advance(LINK_TTL)
    with pytest.raises(LinkTokenInvalid):
        await harness.identity.redeem("chat", token)
    for _ in range(3):
        with pytest.raises(LinkTokenInvalid):
            await harness.identity.redeem("chat", "guess")
    with pytest.raises(Locked):
        await harness.identity.redeem("chat", "guess")
    with pytest.raises(Locked):
        await harness.identity.redeem("chat", await issue_token(harness))


async def test_a_linked_chat_is_linked_to_another_account_only_once_it_is_unlinked(harness: Harness) -> None:
    await harness.identity.redeem("chat", await issue_token(harness))
    of_karim = await issue_token(harness, KARIM)
    with pytest.raises(OtherAccountLinked):
        await harness.identity.redeem("chat", of_karim)
    await harness.identity.unlink("chat")
    await harness.identity.redeem("chat", of_karim)
    person = await harness.identity.person_of("chat")
    assert person is not None
    assert person.name == "Karim Benali"
