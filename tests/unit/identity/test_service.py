"""Linking by code, unlinking, expiry: over a real database and the sandbox's platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from bot.accounts.registry import Account
from bot.fhir.errors import FhirUnavailable
from bot.identity.errors import AccountClosed, CodeExpired, IdentityError, Locked, NoCode, WrongCode
from bot.identity.tables import ChatLink, LoginCode, LoginCounter
from tests.unit.accounts.world import CLAIRE, KARIM, START, World

UNKNOWN = "personne@sphere.example"


def wrong(code: str, number: int = 1) -> str:
    return f"{(int(code) + number) % 10**6:06d}"


async def test_a_code_links_the_chat(world: World) -> None:
    assert await world.identity.person_of("chat") is None
    await world.identity.start_code("chat", " Claire.Moreau@sphere.example ")
    account = await world.identity.check_code("chat", await world.code(CLAIRE))
    assert account.name == "Claire Moreau"
    assert await world.identity.person_of("chat") == account
    assert await world.identity.linked_account_id("chat") == account.id
    assert await world.identity.linked_account_id("another") is None


async def test_the_mail_is_short_and_has_no_link(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    (mail,) = await world.mails(CLAIRE)
    assert "rien demandé" in mail["text"]
    assert "10 minutes" in mail["text"]
    assert "http" not in mail["text"]
    assert len(mail["text"]) < 800


async def test_a_code_may_be_typed_in_groups(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    assert await world.identity.check_code("chat", f" {code[:3]}\u00a0{code[3:]} ")


async def test_a_code_works_once(world: World) -> None:
    await world.link("chat", CLAIRE)
    with pytest.raises(NoCode):
        await world.identity.check_code("chat", await world.code(CLAIRE))


async def test_a_code_is_good_in_its_own_chat_only(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    with pytest.raises(NoCode):
        await world.identity.check_code("thief", await world.code(CLAIRE))
    await world.identity.start_code("thief", KARIM)
    with pytest.raises(WrongCode):
        await world.identity.check_code("thief", await world.code(CLAIRE))


async def test_the_last_code_counts(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    first = await world.code(CLAIRE)
    await world.identity.start_code("chat", CLAIRE)
    second = await world.code(CLAIRE)
    if first != second:
        with pytest.raises(WrongCode):
            await world.identity.check_code("chat", first)
    assert await world.identity.check_code("chat", second)


async def test_a_code_lives_ten_minutes(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    world.clock.advance(timedelta(minutes=10))
    with pytest.raises(CodeExpired):
        await world.identity.check_code("chat", code)
    with pytest.raises(NoCode):
        await world.identity.check_code("chat", code)
    await world.identity.start_code("chat", CLAIRE)
    world.clock.advance(timedelta(minutes=9, seconds=59))
    assert await world.identity.check_code("chat", await world.code(CLAIRE))


async def test_the_fifth_wrong_code_locks_for_fifteen_minutes(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as caught:
            await world.identity.check_code("chat", wrong(code))
        assert caught.value.tries_left == left
    with pytest.raises(Locked) as locked:
        await world.identity.check_code("chat", wrong(code))
    assert locked.value.until == START + timedelta(minutes=15)
    with pytest.raises(Locked):
        await world.identity.check_code("chat", code)
    with pytest.raises(Locked):
        await world.identity.start_code("chat", KARIM)
    with pytest.raises(Locked):
        await world.identity.start_code("another", CLAIRE)
    world.clock.advance(timedelta(minutes=15))
    assert await world.link("chat", CLAIRE)


async def test_what_cannot_be_a_code_is_not_a_try(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    for text in ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\x00", "6" * 4000):
        with pytest.raises(WrongCode) as caught:
            await world.identity.check_code("chat", text)
        assert caught.value.tries_left == 5
    assert await world.identity.check_code("chat", await world.code(CLAIRE))


async def test_many_chats_against_one_account(world: World) -> None:
    await world.identity.start_code("victim", CLAIRE)
    code = await world.code(CLAIRE)
    await world.identity.start_code("bad1", CLAIRE)
    await world.identity.start_code("bad2", CLAIRE)
    for chat in ("bad1", "bad2", "bad1", "bad2"):
        with pytest.raises(WrongCode):
            await world.identity.check_code(chat, "000000" if code != "000000" else "000001")
    with pytest.raises(Locked):
        await world.identity.check_code("bad1", "000000")
    with pytest.raises(Locked):
        await world.identity.check_code("victim", code)
    with pytest.raises(Locked):
        await world.identity.start_code("bad3", CLAIRE)


async def test_one_chat_against_many_accounts(world: World) -> None:
    for number, email in enumerate((CLAIRE, KARIM, "sophie.leroux@sphere.example")):
        await world.identity.start_code("bad", email)
        with pytest.raises(WrongCode) as caught:
            await world.identity.check_code("bad", wrong(await world.code(email)))
        assert caught.value.tries_left == 4 - number
    for last in (WrongCode, Locked):
        await world.identity.start_code("bad", CLAIRE)
        with pytest.raises(last):
            await world.identity.check_code("bad", wrong(await world.code(CLAIRE)))
    with pytest.raises(Locked):
        await world.identity.start_code("bad", "paul.martin@sphere.example")


async def test_an_account_of_ones_own_buys_no_tries(world: World) -> None:
    await world.identity.start_code("bad", CLAIRE)
    for _ in range(4):
        with pytest.raises(WrongCode):
            await world.identity.check_code("bad", wrong(await world.code(CLAIRE)))
    await world.link("bad", KARIM)
    await world.identity.start_code("bad", "sophie.leroux@sphere.example")
    with pytest.raises(Locked):
        await world.identity.check_code("bad", wrong(await world.code("sophie.leroux@sphere.example")))


async def test_guesses_at_once_do_not_exceed_the_tries(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    guesses = [world.identity.check_code("chat", wrong(code, n)) for n in range(1, 21)] + [world.identity.check_code("chat", code)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, WrongCode) for answer in answers) <= 4
    assert not any(isinstance(answer, Account) for answer in answers[5:])
    assert sum(isinstance(answer, Locked) for answer in answers) >= 16
    assert len(await world.trail("identity.wrong_code")) == 5


async def test_the_right_code_twice_at_once_links_once(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    answers = await asyncio.gather(*(world.identity.check_code("chat", code) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, Account) for answer in answers) == 1
    assert sum(isinstance(answer, NoCode) for answer in answers) == 4
    assert len(await world.trail("identity.link")) == 1


async def test_five_unused_codes_per_quarter_of_an_hour(world: World) -> None:
    for _ in range(5):
        await world.identity.start_code("chat", CLAIRE)
        world.clock.advance(timedelta(minutes=1))
    with pytest.raises(Locked) as by_chat:
        await world.identity.start_code("chat", KARIM)
    with pytest.raises(Locked) as by_account:
        await world.identity.start_code("another", CLAIRE.upper())
    assert by_chat.value.until == by_account.value.until == START + timedelta(minutes=15)
    assert await world.identity.check_code("chat", await world.code(CLAIRE))
    await world.identity.start_code("another", CLAIRE)  # the code was used: its owner may have more
    with pytest.raises(Locked):
        await world.identity.start_code("chat", CLAIRE)  # but not in a chat that asked for so many


async def test_codes_asked_for_at_once_are_five(world: World) -> None:
    answers = await asyncio.gather(*(world.identity.start_code(f"chat{n}", CLAIRE) for n in range(8)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 5
    assert sum(isinstance(answer, Locked) for answer in answers) == 3
    assert len(await world.mails(CLAIRE)) == 5


async def _answers(world: World, chat: str, email: str) -> list[str]:
    told: list[str] = []
    for step in ["start", "x1", "x2", "start", "x3", "x4", "x5", "x6", "start"]:
        try:
            if step == "start":
                await world.identity.start_code(chat, email)
            else:
                await world.identity.check_code(chat, f"00000{step[1]}")
            told.append("fine")
        except WrongCode as error:
            told.append(f"{error} {error.tries_left}")
        except Locked as error:
            told.append(f"{error} {error.until}")
        except IdentityError as error:
            told.append(str(error))
    return told


async def test_an_unknown_address_behaves_the_same(world: World) -> None:
    known, unknown = await _answers(world, "a", CLAIRE), await _answers(world, "b", UNKNOWN)
    assert known == unknown
    assert len(await world.mails(CLAIRE)) == 2
    assert await world.mails(UNKNOWN) == []


async def test_an_unknown_address_costs_the_same_writes_but_the_mail(world: World) -> None:
    counted: list[int] = []
    for chat, email in (("a", CLAIRE), ("b", UNKNOWN)):
        statements: list[str] = []

        def note(_c: object, _u: object, statement: str, *_rest: object, into: list[str] = statements) -> None:
            if statement.startswith(("INSERT", "UPDATE", "DELETE")):
                into.append(statement)

        event.listen(world.database.engine.sync_engine, "before_cursor_execute", note)
        await world.identity.start_code(chat, email)
        event.remove(world.database.engine.sync_engine, "before_cursor_execute", note)
        counted.append(len([statement for statement in statements if "outbox" not in statement]))
    assert counted[0] == counted[1]


async def test_a_closed_account_is_like_none(world: World) -> None:
    world.close_account(CLAIRE)
    await world.identity.start_code("chat", CLAIRE)
    assert await world.mails(CLAIRE) == []


async def test_an_account_closed_before_its_code_is_used(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    world.close_account(CLAIRE)
    with pytest.raises(AccountClosed):
        await world.identity.check_code("chat", code)
    assert await world.identity.linked_account_id("chat") is None
    with pytest.raises(NoCode):
        await world.identity.check_code("chat", code)


async def test_a_link_ends_with_its_account(world: World) -> None:
    await world.link("chat", CLAIRE)
    world.close_account(CLAIRE)
    assert await world.identity.person_of("chat") is None
    assert await world.identity.linked_account_id("chat") is None
    assert [e.outcome for e in await world.trail("identity.unlink")] == ["account_closed"]


async def test_a_link_ends_after_ninety_days(world: World) -> None:
    await world.link("chat", CLAIRE)
    world.clock.advance(timedelta(days=89, hours=23))
    assert await world.identity.person_of("chat") is not None
    world.clock.advance(timedelta(hours=1))
    assert await world.identity.linked_account_id("chat") is None
    assert await world.identity.person_of("chat") is None
    assert [e.outcome for e in await world.trail("identity.unlink")] == ["expired"]


async def test_unlinking(world: World) -> None:
    account = await world.link("chat", CLAIRE)
    await world.link("other", CLAIRE)
    assert await world.identity.unlink("chat")
    assert not await world.identity.unlink("chat")
    assert await world.identity.person_of("chat") is None
    assert await world.identity.person_of("other") is not None
    assert [(e.actor, e.subject, e.outcome) for e in await world.trail("identity.unlink")] == [(account.id, "chat", "asked")]


async def test_one_chat_has_one_account(world: World) -> None:
    await world.link("chat", CLAIRE)
    karim = await world.link("chat", KARIM)
    assert await world.identity.linked_account_id("chat") == karim.id
    assert [e.outcome for e in await world.trail("identity.unlink")] == ["replaced"]


@pytest.mark.parametrize("mode", ["down", "garbage"])
async def test_platform_away(world: World, mode: str) -> None:
    world.sandbox.fault(mode)
    with pytest.raises(FhirUnavailable):
        await world.identity.start_code("chat", CLAIRE)
    with pytest.raises(FhirUnavailable):
        await world.identity.start_code("chat", UNKNOWN)
    world.sandbox.fault("none")
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    world.sandbox.fault(mode)
    with pytest.raises(FhirUnavailable):
        await world.identity.check_code("chat", code)
    world.sandbox.fault("none")
    assert await world.identity.check_code("chat", code)  # the code was not lost
    world.sandbox.fault(mode)
    with pytest.raises(FhirUnavailable):
        await world.identity.person_of("chat")
    assert await world.identity.linked_account_id("chat") is not None


async def test_no_code_and_no_address_is_kept_in_clear(world: World) -> None:
    await world.identity.start_code("chat", CLAIRE)
    code = await world.code(CLAIRE)
    await world.identity.start_code("chat", UNKNOWN)
    async with world.database.reading() as session:
        kept = [*await session.scalars(select(LoginCode)), *await session.scalars(select(LoginCounter))]
        values = " ".join(str(value) for row in kept for name, value in vars(row).items() if not name.startswith("_"))
    assert code not in values.replace(":", " ").split()
    assert "sphere.example" not in values


async def test_made_up_addresses_do_not_pile_up(world: World) -> None:
    for number in range(5):
        await world.identity.start_code(f"chat{number}", f"x{number}@sphere.example")
    world.clock.advance(timedelta(days=2))
    await world.identity.start_code("chat", CLAIRE)
    async with world.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(LoginCounter)) == 2
        assert await session.scalar(select(func.count()).select_from(LoginCode)) == 1
        assert await session.scalar(select(func.count()).select_from(ChatLink)) == 0


async def test_search_syntax_in_an_address_finds_nobody(world: World) -> None:
    for trick in (f"{CLAIRE},{KARIM}", f"|{CLAIRE}", "", "*", f"{CLAIRE}&active=false"):
        await world.identity.start_code(f"chat {trick}"[:20], trick)
    assert await world.outbox("mail") == []


async def test_everything_is_in_the_trail(world: World) -> None:
    account = await world.link("chat", CLAIRE)
    await world.identity.start_code("chat", UNKNOWN)
    assert [(e.actor, e.subject, e.outcome) for e in await world.trail("identity.code")] == [
        (account.id, "chat", "sent"),
        (None, "chat", "unknown"),
    ]
    assert [(e.actor, e.subject, e.outcome, e.at) for e in await world.trail("identity.link")] == [(account.id, "chat", "linked", START)]
