"""Linking by code, unlinking, expiry: over a real database and the sandbox's platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from bot.accounts.registry import Account
from bot.fhir.errors import FhirUnavailable
from bot.identity.errors import AccountClosed, CodeExpired, IdentityError, Locked, NoCode, OtherAccountLinked, WrongCode
from bot.identity.tables import ChatLink, LoginCode, LoginCounter
from tests.unit.harness import CLAIRE, KARIM, START, Harness

UNKNOWN = "personne@sphere.example"


def wrong(code: str, number: int = 1) -> str:
    return f"{(int(code) + number) % 10**6:06d}"


async def test_a_code_links_the_chat(harness: Harness) -> None:
    assert await harness.identity.person_of("chat") is None
    await harness.identity.start_code("chat", " Claire.Moreau@sphere.example ")
    account = await harness.identity.check_code("chat", await harness.code(CLAIRE))
    assert account.name == "Claire Moreau"
    assert await harness.identity.person_of("chat") == account
    assert await harness.identity.linked_account_id("chat") == account.id
    assert await harness.identity.linked_account_id("another") is None


async def test_the_mail_is_short_and_has_no_link(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    (mail,) = await harness.mails(CLAIRE)
    assert "rien demandé" in mail["text"]
    assert "10 minutes" in mail["text"]
    assert "http" not in mail["text"]
    assert len(mail["text"]) < 800


async def test_a_code_may_be_typed_in_groups(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    assert await harness.identity.check_code("chat", f" {code[:3]}\u00a0{code[3:]} ")


async def test_a_code_works_once(harness: Harness) -> None:
    await harness.link("chat", CLAIRE)
    with pytest.raises(NoCode):
        await harness.identity.check_code("chat", await harness.code(CLAIRE))


async def test_a_code_is_good_in_its_own_chat_only(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    with pytest.raises(NoCode):
        await harness.identity.check_code("thief", await harness.code(CLAIRE))
    await harness.identity.start_code("thief", KARIM)
    with pytest.raises(WrongCode):
        await harness.identity.check_code("thief", await harness.code(CLAIRE))


async def test_the_last_code_counts(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    first = await harness.code(CLAIRE)
    await harness.identity.start_code("chat", CLAIRE)
    second = await harness.code(CLAIRE)
    if first != second:
        with pytest.raises(WrongCode):
            await harness.identity.check_code("chat", first)
    assert await harness.identity.check_code("chat", second)


async def test_a_code_lives_ten_minutes(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    harness.clock.advance(timedelta(minutes=10))
    with pytest.raises(CodeExpired):
        await harness.identity.check_code("chat", code)
    with pytest.raises(NoCode):
        await harness.identity.check_code("chat", code)
    await harness.identity.start_code("chat", CLAIRE)
    harness.clock.advance(timedelta(minutes=9, seconds=59))
    assert await harness.identity.check_code("chat", await harness.code(CLAIRE))


async def test_the_fifth_wrong_code_locks_for_fifteen_minutes(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as caught:
            await harness.identity.check_code("chat", wrong(code))
        assert caught.value.tries_left == left
    with pytest.raises(Locked) as locked:
        await harness.identity.check_code("chat", wrong(code))
    assert locked.value.until == START + timedelta(minutes=15)
    with pytest.raises(Locked):
        await harness.identity.check_code("chat", code)
    with pytest.raises(Locked):
        await harness.identity.start_code("chat", KARIM)
    await harness.identity.start_code("another", CLAIRE)  # the lock is of the chat: another one goes on
    harness.clock.advance(timedelta(minutes=15))
    assert await harness.link("chat", CLAIRE)


async def test_what_cannot_be_a_code_is_not_a_try(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    for text in ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\x00", "6" * 4000):
        with pytest.raises(WrongCode) as caught:
            await harness.identity.check_code("chat", text)
        assert caught.value.tries_left == 5
    assert await harness.identity.check_code("chat", await harness.code(CLAIRE))


async def test_many_chats_against_one_account(harness: Harness) -> None:
    await harness.identity.start_code("victim", CLAIRE)
    code = await harness.code(CLAIRE)
    await harness.identity.start_code("bad1", CLAIRE)
    await harness.identity.start_code("bad2", CLAIRE)
    for chat in ("bad1", "bad2", "bad1", "bad2"):
        with pytest.raises(WrongCode):
            await harness.identity.check_code(chat, "000000" if code != "000000" else "000001")
    for _ in range(2):
        with pytest.raises(WrongCode):
            await harness.identity.check_code("bad1", "000000" if code != "000000" else "000001")
    with pytest.raises(Locked):
        await harness.identity.check_code("bad1", "000000" if code != "000000" else "000001")
    assert await harness.identity.check_code("victim", code)  # who holds the account is stopped by nobody


async def test_one_chat_against_many_accounts(harness: Harness) -> None:
    for number, email in enumerate((CLAIRE, KARIM, "sophie.leroux@sphere.example")):
        await harness.identity.start_code("bad", email)
        with pytest.raises(WrongCode) as caught:
            await harness.identity.check_code("bad", wrong(await harness.code(email)))
        assert caught.value.tries_left == 4 - number
    for last in (WrongCode, Locked):
        await harness.identity.start_code("bad", CLAIRE)
        with pytest.raises(last):
            await harness.identity.check_code("bad", wrong(await harness.code(CLAIRE)))
    with pytest.raises(Locked):
        await harness.identity.start_code("bad", "paul.martin@sphere.example")


async def test_an_account_of_ones_own_buys_no_tries(harness: Harness) -> None:
    await harness.identity.start_code("bad", CLAIRE)
    for _ in range(4):
        with pytest.raises(WrongCode):
            await harness.identity.check_code("bad", wrong(await harness.code(CLAIRE)))
    await harness.link("bad", KARIM)
    await harness.identity.start_code("bad", "sophie.leroux@sphere.example")
    with pytest.raises(Locked):
        await harness.identity.check_code("bad", wrong(await harness.code("sophie.leroux@sphere.example")))


async def test_guesses_at_once_do_not_exceed_the_tries(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    guesses = [harness.identity.check_code("chat", wrong(code, n)) for n in range(1, 21)] + [harness.identity.check_code("chat", code)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, WrongCode) for answer in answers) <= 4
    assert not any(isinstance(answer, Account) for answer in answers[5:])
    assert sum(isinstance(answer, Locked) for answer in answers) >= 16
    assert len(await harness.trail("identity.wrong_code")) == 5


async def test_the_right_code_twice_at_once_links_once(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    answers = await asyncio.gather(*(harness.identity.check_code("chat", code) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, Account) for answer in answers) == 1
    assert sum(isinstance(answer, NoCode) for answer in answers) == 4
    assert len(await harness.trail("identity.link")) == 1


async def test_five_unused_codes_per_quarter_of_an_hour_and_chat_and_per_day_and_address(harness: Harness) -> None:
    for _ in range(5):
        await harness.identity.start_code("chat", CLAIRE)
        harness.clock.advance(timedelta(minutes=1))
    with pytest.raises(Locked) as by_chat:
        await harness.identity.start_code("chat", KARIM)
    with pytest.raises(Locked) as by_account:
        await harness.identity.start_code("another", CLAIRE.upper())
    assert by_chat.value.until == START + timedelta(minutes=15)
    assert by_account.value.until == START + timedelta(days=1)
    assert await harness.identity.check_code("chat", await harness.code(CLAIRE))
    await harness.identity.start_code("another", CLAIRE)  # the code was used: its owner may have more
    with pytest.raises(Locked):
        await harness.identity.start_code("chat", CLAIRE)  # but not in a chat that asked for so many


async def test_codes_asked_for_at_once_are_five(harness: Harness) -> None:
    answers = await asyncio.gather(*(harness.identity.start_code(f"chat{n}", CLAIRE) for n in range(8)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 5
    assert sum(isinstance(answer, Locked) for answer in answers) == 3
    assert len(await harness.mails(CLAIRE)) == 5


async def _answers(harness: Harness, chat: str, email: str) -> list[str]:
    answers: list[str] = []
    for step in ["start", "x1", "x2", "start", "x3", "x4", "x5", "x6", "start"]:
        try:
            if step == "start":
                await harness.identity.start_code(chat, email)
            else:
                await harness.identity.check_code(chat, f"00000{step[1]}")
            answers.append("fine")
        except WrongCode as error:
            answers.append(f"{error} {error.tries_left}")
        except Locked as error:
            answers.append(f"{error} {error.until}")
        except IdentityError as error:
            answers.append(str(error))
    return answers


async def test_an_unknown_address_behaves_the_same(harness: Harness) -> None:
    known, unknown = await _answers(harness, "a", CLAIRE), await _answers(harness, "b", UNKNOWN)
    assert known == unknown
    assert len([mail for mail in await harness.mails(CLAIRE) if "code de connexion" in mail["text"]]) == 2
    assert await harness.mails(UNKNOWN) == []


async def test_an_unknown_address_costs_the_same_writes_but_the_mail(harness: Harness) -> None:
    counted: list[int] = []
    for chat, email in (("a", CLAIRE), ("b", UNKNOWN)):
        statements: list[str] = []

        def note(_c: object, _u: object, statement: str, *_rest: object, into: list[str] = statements) -> None:
            if statement.startswith(("INSERT", "UPDATE", "DELETE")):
                into.append(statement)

        event.listen(harness.database.engine.sync_engine, "before_cursor_execute", note)
        await harness.identity.start_code(chat, email)
        event.remove(harness.database.engine.sync_engine, "before_cursor_execute", note)
        counted.append(len([statement for statement in statements if "outbox" not in statement]))
    assert counted[0] == counted[1]


async def test_a_closed_account_is_like_none(harness: Harness) -> None:
    harness.close_account(CLAIRE)
    await harness.identity.start_code("chat", CLAIRE)
    assert await harness.mails(CLAIRE) == []


async def test_an_account_closed_before_its_code_is_used(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    harness.close_account(CLAIRE)
    with pytest.raises(AccountClosed):
        await harness.identity.check_code("chat", code)
    assert await harness.identity.linked_account_id("chat") is None
    with pytest.raises(NoCode):
        await harness.identity.check_code("chat", code)


async def test_a_link_ends_with_its_account(harness: Harness) -> None:
    await harness.link("chat", CLAIRE)
    harness.close_account(CLAIRE)
    assert await harness.identity.person_of("chat") is None
    assert await harness.identity.linked_account_id("chat") is None
    assert [e.outcome for e in await harness.trail("identity.unlink")] == ["account_closed"]


async def test_a_link_ends_after_ninety_days(harness: Harness) -> None:
    await harness.link("chat", CLAIRE)
    harness.clock.advance(timedelta(days=89, hours=23))
    assert await harness.identity.person_of("chat") is not None
    harness.clock.advance(timedelta(hours=1))
    assert await harness.identity.linked_account_id("chat") is None
    assert await harness.identity.person_of("chat") is None
    assert [e.outcome for e in await harness.trail("identity.unlink")] == ["expired"]


async def test_unlinking(harness: Harness) -> None:
    account = await harness.link("chat", CLAIRE)
    await harness.link("other", CLAIRE)
    assert await harness.identity.unlink("chat")
    assert not await harness.identity.unlink("chat")
    assert await harness.identity.person_of("chat") is None
    assert await harness.identity.person_of("other") is not None
    assert [(e.actor, e.subject, e.outcome) for e in await harness.trail("identity.unlink")] == [(account.id, "chat", "asked")]


async def test_one_chat_has_one_account(harness: Harness) -> None:
    claire = await harness.link("chat", CLAIRE)
    with pytest.raises(OtherAccountLinked):
        await harness.link("chat", KARIM)
    assert await harness.identity.linked_account_id("chat") == claire.id
    assert await harness.identity.unlink("chat")
    karim = await harness.identity.check_code("chat", await harness.code(KARIM))  # the code was not used up
    assert await harness.identity.linked_account_id("chat") == karim.id


@pytest.mark.parametrize("mode", ["down", "garbage"])
async def test_platform_away(harness: Harness, mode: str) -> None:
    harness.sandbox.fault(mode)
    with pytest.raises(FhirUnavailable):
        await harness.identity.start_code("chat", CLAIRE)
    with pytest.raises(FhirUnavailable):
        await harness.identity.start_code("chat", UNKNOWN)
    harness.sandbox.fault("none")
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    harness.sandbox.fault(mode)
    with pytest.raises(FhirUnavailable):
        await harness.identity.check_code("chat", code)
    harness.sandbox.fault("none")
    assert await harness.identity.check_code("chat", code)  # the code was not lost
    harness.sandbox.fault(mode)
    with pytest.raises(FhirUnavailable):
        await harness.identity.person_of("chat")
    assert await harness.identity.linked_account_id("chat") is not None


async def test_no_code_and_no_address_is_kept_in_clear(harness: Harness) -> None:
    await harness.identity.start_code("chat", CLAIRE)
    code = await harness.code(CLAIRE)
    await harness.identity.start_code("chat", UNKNOWN)
    async with harness.database.reading() as session:
        kept = [*await session.scalars(select(LoginCode)), *await session.scalars(select(LoginCounter))]
        values = " ".join(str(value) for row in kept for name, value in vars(row).items() if not name.startswith("_"))
    assert code not in values.replace(":", " ").split()
    assert "sphere.example" not in values


async def test_made_up_addresses_do_not_pile_up(harness: Harness) -> None:
    for number in range(5):
        await harness.identity.start_code(f"chat{number}", f"x{number}@sphere.example")
    harness.clock.advance(timedelta(days=2))
    await harness.identity.start_code("chat", CLAIRE)
    async with harness.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(LoginCounter)) == 1
        assert await session.scalar(select(func.count()).select_from(LoginCode)) == 1
        assert await session.scalar(select(func.count()).select_from(ChatLink)) == 0


async def test_search_syntax_in_an_address_finds_nobody(harness: Harness) -> None:
    for trick in (f"{CLAIRE},{KARIM}", f"|{CLAIRE}", "", "*", f"{CLAIRE}&active=false"):
        await harness.identity.start_code(f"chat {trick}"[:20], trick)
    assert await harness.outbox("mail") == []


async def test_everything_is_in_the_trail(harness: Harness) -> None:
    account = await harness.link("chat", CLAIRE)
    await harness.identity.start_code("chat", UNKNOWN)
    assert [(e.actor, e.subject, e.outcome) for e in await harness.trail("identity.code")] == [
        (account.id, "chat", "sent"),
        (None, "chat", "unknown"),
    ]
    assert [(e.actor, e.subject, e.outcome, e.at) for e in await harness.trail("identity.link")] == [(account.id, "chat", "linked", START)]
