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
from bot.identity.errors import AccountClosed, LinkTokenInvalid, Locked
from bot.identity.tables import LinkToken
from tests.unit.accounts.world import CLAIRE, KARIM, START, World, world_over


@pytest.fixture
async def claire(world: World) -> Account:
    return await world.account(CLAIRE)


async def refused(world: World, conversation_id: str, token: str) -> None:
    with pytest.raises(LinkTokenInvalid):
        await world.identity.redeem(conversation_id, token)


async def test_a_token_links_the_chat_that_shows_it(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,60}", token)
    assert await world.identity.redeem("chat", token) == claire
    assert await world.identity.person_of("chat") == claire
    assert [(e.actor, e.subject, e.outcome, e.at) for e in await world.trail("identity.link")] == [(claire.id, "chat", "linked", START)]
    assert [e.outcome for e in await world.trail("identity.link_token")] == ["made"]


async def test_only_the_hash_is_kept(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    async with world.database.reading() as session:
        (row,) = await session.scalars(select(LinkToken))
    assert token not in str(vars(row))


async def test_a_message_delivered_twice_gets_the_same_answer(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    assert await world.identity.redeem("chat", token) == await world.identity.redeem("chat", token)
    world.clock.advance(timedelta(hours=1))
    assert await world.identity.redeem("chat", token) == claire
    assert len(await world.trail("identity.link")) == 1


async def test_showing_it_again_does_not_undo_an_unlinking(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    await world.identity.redeem("chat", token)
    await world.identity.unlink("chat")
    await world.identity.redeem("chat", token)
    assert await world.identity.person_of("chat") is None


async def test_a_token_works_once(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    await world.identity.redeem("chat", token)
    await refused(world, "thief", token)
    assert await world.identity.linked_account_id("thief") is None


@pytest.mark.parametrize("life", [LINK_TTL, timedelta(days=7)])
async def test_a_token_expires(world: World, claire: Account, life: timedelta) -> None:
    good, late = [await world.identity.new_link_token(claire.id, life) for _ in range(2)]
    world.clock.advance(life - timedelta(seconds=1))
    assert await world.identity.redeem("chat", good)
    world.clock.advance(timedelta(seconds=1))
    await refused(world, "another", late)


@pytest.mark.parametrize("token", ["", "x", "é" * 30, "\ud800", "a" * 5000, "a b", "' or 1=1 --"])
async def test_what_is_no_token_is_refused_alike(world: World, token: str) -> None:
    await refused(world, "chat", token)


async def test_five_wrong_tokens_lock_the_chat_and_no_other(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    for number in range(4):
        await refused(world, "chat", f"guess-{number}")
    with pytest.raises(Locked) as locked:
        await world.identity.redeem("chat", "guess-5")
    assert locked.value.until == START + timedelta(minutes=15)
    with pytest.raises(Locked):
        await world.identity.redeem("chat", token)
    assert [e.outcome for e in await world.trail("identity.link_token")] == ["made", *["refused"] * 4, "locked"]
    assert await world.identity.redeem("another", token) == claire


async def test_wrong_tokens_and_wrong_codes_count_together(world: World) -> None:
    for number in range(5):
        with pytest.raises((LinkTokenInvalid, Locked)):
            await world.identity.redeem("chat", f"guess-{number}")
    with pytest.raises(Locked):
        await world.identity.start_code("chat", CLAIRE)


async def test_the_lock_ends(world: World, claire: Account) -> None:
    for number in range(5):
        with pytest.raises((LinkTokenInvalid, Locked)):
            await world.identity.redeem("chat", f"guess-{number}")
    world.clock.advance(timedelta(minutes=15))
    assert await world.identity.redeem("chat", await world.identity.new_link_token(claire.id, LINK_TTL))


async def test_guesses_at_once_are_counted_one_by_one(world: World) -> None:
    found = await asyncio.gather(*(world.identity.redeem("chat", f"guess-{n}") for n in range(12)), return_exceptions=True)
    assert sum(isinstance(error, LinkTokenInvalid) for error in found) == 4
    assert sum(isinstance(error, Locked) for error in found) == 8


async def test_a_closed_account(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    world.close_account(CLAIRE)
    with pytest.raises(AccountClosed):
        await world.identity.redeem("chat", token)
    assert await world.identity.linked_account_id("chat") is None
    assert [e.outcome for e in await world.trail("identity.link")] == ["account_closed"]


async def test_a_platform_that_is_away_costs_nobody_their_token(world: World, claire: Account) -> None:
    token = await world.identity.new_link_token(claire.id, LINK_TTL)
    world.line.cut_after(0, losing=False)
    with pytest.raises(FhirUnavailable):
        await world.identity.redeem("chat", token)
    world.line.mend()
    assert await world.identity.redeem("chat", token) == claire


async def test_of_two_chats_one_wins(world: World, claire: Account, tmp_path: Path) -> None:
    """In two processes over one database."""
    async with world_over(tmp_path, world.sandbox, world.clock) as another:
        token = await world.identity.new_link_token(claire.id, LINK_TTL)
        chats = {f"chat{n}": (world, another)[n % 2] for n in range(8)}
        found = await asyncio.gather(*(its.identity.redeem(chat, token) for chat, its in chats.items()), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in found) == ["Account", *["LinkTokenInvalid"] * 7]
    assert len([chat for chat in chats if await world.identity.linked_account_id(chat)]) == 1


async def test_one_account_several_chats_and_one_chat_one_account(world: World, claire: Account) -> None:
    karim = await world.account(KARIM)
    for chat in ("first", "second"):
        await world.identity.redeem(chat, await world.identity.new_link_token(claire.id, LINK_TTL))
    await world.identity.redeem("second", await world.identity.new_link_token(karim.id, LINK_TTL))
    assert await world.identity.linked_account_id("first") == claire.id
    assert await world.identity.linked_account_id("second") == karim.id
    assert [(e.actor, e.outcome) for e in await world.trail("identity.unlink")] == [(claire.id, "replaced")]


async def test_tokens_are_forgotten(world: World, claire: Account) -> None:
    await world.identity.new_link_token(claire.id, LINK_TTL)
    world.clock.advance(timedelta(days=2))
    await world.identity.new_link_token(claire.id, LINK_TTL)
    async with world.database.reading() as session:
        assert len([*await session.scalars(select(LinkToken))]) == 1


async def issue_token(world: World, email: str = CLAIRE) -> str:
    account = await world.registry.by_email(email)
    assert account is not None
    return await world.identity.new_link_token(account.id, LINK_TTL)


async def test_a_token_links_one_chat_and_may_come_twice_there(world: World) -> None:
    token = await issue_token(world)
    assert (await world.identity.redeem("chat", token)).name == "Claire Moreau"
    assert (await world.identity.redeem("chat", token)).name == "Claire Moreau"
    with pytest.raises(LinkTokenInvalid):
        await world.identity.redeem("another", token)
    person = await world.identity.person_of("chat")
    assert person is not None
    assert await world.identity.person_of("another") is None


async def test_of_two_chats_at_once_one_is_linked(world: World) -> None:
    token = await issue_token(world)
    ended = await asyncio.gather(*(world.identity.redeem(f"chat-{n}", token) for n in range(5)), return_exceptions=True)
    assert sum(not isinstance(end, Exception) for end in ended) == 1
    assert all(isinstance(end, LinkTokenInvalid) for end in ended if isinstance(end, Exception))


async def test_a_token_expires_and_guessing_locks(world: World) -> None:
    token = await issue_token(world)
    world.clock.advance(LINK_TTL)
    with pytest.raises(LinkTokenInvalid):
        await world.identity.redeem("chat", token)
    for _ in range(3):
        with pytest.raises(LinkTokenInvalid):
            await world.identity.redeem("chat", "guess")
    with pytest.raises(Locked):
        await world.identity.redeem("chat", "guess")
    with pytest.raises(Locked):
        await world.identity.redeem("chat", await issue_token(world))


async def test_a_linked_chat_is_linked_to_another_account(world: World) -> None:
    await world.identity.redeem("chat", await issue_token(world))
    await world.identity.redeem("chat", await issue_token(world, KARIM))
    person = await world.identity.person_of("chat")
    assert person is not None
    assert person.name == "Karim Benali"
