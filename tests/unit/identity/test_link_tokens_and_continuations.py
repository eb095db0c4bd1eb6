"""Links that tie a chat to an account, and links that go on with a conversation in the web chat: once, for a while, for one chat."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.identity.continuations import LINK_TTL, SESSION_TTL, Continuations, hash_token
from bot.identity.errors import LinkTokenInvalid, Locked
from bot.settings import Settings
from tests.unit.accounts.world import CLAIRE, KARIM, World

TEN_MINUTES = timedelta(minutes=10)


async def token_of(world: World, email: str = CLAIRE) -> str:
    account = await world.registry.by_email(email)
    assert account is not None
    return await world.identity.new_link_token(account.id, TEN_MINUTES)


async def test_a_token_links_one_chat_and_may_come_twice_there(world: World) -> None:
    token = await token_of(world)
    assert (await world.identity.redeem("chat", token)).name == "Claire Moreau"
    assert (await world.identity.redeem("chat", token)).name == "Claire Moreau"
    with pytest.raises(LinkTokenInvalid):
        await world.identity.redeem("another", token)
    person = await world.identity.person_of("chat")
    assert person is not None
    assert await world.identity.person_of("another") is None


async def test_of_two_chats_at_once_one_is_linked(world: World) -> None:
    token = await token_of(world)
    ended = await asyncio.gather(*(world.identity.redeem(f"chat-{n}", token) for n in range(5)), return_exceptions=True)
    assert sum(not isinstance(end, Exception) for end in ended) == 1
    assert all(isinstance(end, LinkTokenInvalid) for end in ended if isinstance(end, Exception))


async def test_a_token_expires_and_guessing_locks(world: World) -> None:
    token = await token_of(world)
    world.clock.advance(TEN_MINUTES)
    with pytest.raises(LinkTokenInvalid):
        await world.identity.redeem("chat", token)
    for _ in range(3):
        with pytest.raises(LinkTokenInvalid):
            await world.identity.redeem("chat", "guess")
    with pytest.raises(Locked):
        await world.identity.redeem("chat", "guess")
    with pytest.raises(Locked):
        await world.identity.redeem("chat", await token_of(world))


async def test_a_linked_chat_is_linked_to_another_account(world: World) -> None:
    await world.identity.redeem("chat", await token_of(world))
    await world.identity.redeem("chat", await token_of(world, KARIM))
    person = await world.identity.person_of("chat")
    assert person is not None
    assert person.name == "Karim Benali"


async def test_a_continuation_opens_once_and_its_session_ends(world: World) -> None:
    continuations = Continuations(world.database, world.clock, Settings())
    link = await continuations.create_link("conversation")
    token = link.partition("#continue=")[2]
    opened = await continuations.open(token)
    assert opened is not None
    assert await continuations.open(token) is None
    assert await continuations.session_conversation(hash_token(opened[1])) == "conversation"
    world.clock.advance(SESSION_TTL)
    assert await continuations.session_conversation(hash_token(opened[1])) is None


async def test_a_continuation_that_was_not_opened_in_time_is_gone(world: World) -> None:
    continuations = Continuations(world.database, world.clock, Settings())
    token = (await continuations.create_link("conversation")).partition("#continue=")[2]
    world.clock.advance(LINK_TTL)
    assert await continuations.open(token) is None
    assert await continuations.open("made-up") is None
