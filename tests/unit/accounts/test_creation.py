"""Creating the account of a request: account, codes, accesses and notices exactly once, whatever interrupts it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.accounts.creation import WAITING, Creation
from bot.accounts.directory_record import Fiche
from bot.accounts.errors import AccountGone, BeingCreated, EmailTaken, UnknownRequest, WrongState
from bot.accounts.registry import FIRST_USE_URL
from bot.core.clock import ManualClock
from bot.fhir.errors import FhirUnavailable
from tests.unit.accounts.test_requests import ANNE, LEILA, ask
from tests.unit.accounts.world import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, KARIM, KARIMS_DOSSIER, START, World, world_over
from tests.unit.sandbox.sandbox_server import Sandbox

REFERENCE = "DC-2026-000001"


async def asked(world: World) -> None:
    """Claire and Karim both wait for Leïla, each for a dossier of theirs."""
    await world.link("chat", CLAIRE)
    await world.link("karim", KARIM)
    await ask(world)
    await ask(world, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")


async def check_all_done_once(world: World) -> None:
    (practitioner,) = world.sandbox.found("Practitioner", identifier=f"urn:sphere:account-request|{REFERENCE}")
    assert len(await world.mails(LEILA.email)) == 1
    for dossier in (CLAIRES_DOSSIER, KARIMS_DOSSIER):
        assert world.members(dossier).count(f"Practitioner/{practitioner['id']}") == 1
    for chat, dossier in (("chat", CLAIRES_DOSSIER), ("karim", KARIMS_DOSSIER)):
        (text,) = await world.chats(chat)
        assert dossier in text
        assert "a maintenant accès" in text
    assert [s.state for s in await world.requests.list()] == ["created"]
    assert len(await world.trail("accounts.create")) == 1
    assert [e.outcome for e in await world.trail("partners.add")] == ["added", "added"]
    assert await world.requests.finish_created() == 0
    with pytest.raises(WrongState):
        await world.requests.create(REFERENCE)


async def test_creating_does_everything(world: World) -> None:
    await asked(world)
    creation = await world.requests.create(REFERENCE, "Inès")
    assert creation.made
    assert creation.complete
    assert creation.accesses == [(CLAIRES_DOSSIER, "added"), (KARIMS_DOSSIER, "added")]
    await check_all_done_once(world)
    account = await world.account(LEILA.email)
    assert (account.name, account.prefix, account.rpps, account.phone) == ("Leïla Zérane", "Dr", LEILA.rpps, LEILA.phone)
    (event,) = await world.trail("accounts.create")
    assert (event.actor, event.subject) == ("agent:Inès", account.reference)
    assert [e.basis for e in await world.trail("partners.add")] == ["consent_given", "consent_given"]
    assert (await world.link("leila", LEILA.email)).name == "Leïla Zérane"


async def test_the_codes_go_to_the_new_partner_alone(world: World) -> None:
    await asked(world)
    await world.requests.create(REFERENCE)
    (mail,) = await world.mails(LEILA.email)
    found = re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b", mail["text"])
    assert found is not None
    for row in [*await world.outbox("chat"), *await world.outbox("mail")]:
        assert found[0] not in str(row.payload)
    assert "SPH-" not in mail["text"]
    # What the platform was given lets it check the code, and nobody read it.
    (practitioner,) = world.sandbox.found("Practitioner", email=LEILA.email)
    (extension,) = practitioner["extension"]
    assert extension["url"] == FIRST_USE_URL
    _, n, r, p, salt, hashed = extension["valueString"].split("$")
    assert hashlib.scrypt(
        found[0].replace("-", "").encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=32
    ) == bytes.fromhex(hashed)


async def test_somebody_who_asked_for_themself_is_told(world: World) -> None:
    await ask(world, ANNE, by=None, conversation_id="anne")
    creation = await world.requests.create(REFERENCE)
    assert creation.accesses == []
    (text,) = await world.chats("anne")
    assert text.startswith("Votre compte SPHERE est créé")
    account = await world.account(ANNE.email)
    assert account.profession == "Auxiliaire de vie sociale"


# Every request once lost after it arrived; and, where what comes next changes something, once not sent at all.
@pytest.mark.parametrize(("requests", "losing"), [*((n, True) for n in range(16)), *((n, False) for n in (0, 3, 4, 8, 14))])
async def test_cut_at_any_request_then_begun_again(world: World, requests: int, losing: bool) -> None:
    await asked(world)
    world.line.cut_after(requests, losing=losing)
    try:
        first: Creation | None = await world.requests.create(REFERENCE)
    except FhirUnavailable:
        first = None
    world.line.mend()
    if first is None or not first.complete:
        assert first is None or WAITING in dict(first.accesses).values()
        world.clock.advance(timedelta(minutes=1))
        assert (await world.requests.create(REFERENCE)).complete
    await check_all_done_once(world)


async def test_the_line_is_cut_everywhere_above(world: World) -> None:
    await asked(world)
    world.line.sent = 0
    await world.requests.create(REFERENCE)
    assert 10 < world.line.sent <= 16 + 1


@pytest.mark.parametrize("request_number", [1, 4, 6, 9])
async def test_a_worker_that_hung_is_overtaken_and_does_nothing_more(
    world: World, tmp_path: Path, sandbox: Sandbox, request_number: int
) -> None:
    await asked(world)
    world.line.sent, world.line.waits_at = 0, request_number
    hung = asyncio.create_task(world.requests.create(REFERENCE))
    await world.line.waiting.wait()
    async with world_over(tmp_path, sandbox, ManualClock(START + timedelta(seconds=30))) as early:
        with pytest.raises(BeingCreated):
            await early.requests.create(REFERENCE)
        with pytest.raises((BeingCreated, WrongState)):
            await early.requests.refuse(REFERENCE, "Trop tard")
    async with world_over(tmp_path, sandbox, ManualClock(START + timedelta(minutes=3))) as later:
        assert await later.requests.finish_created() == 1
        world.line.resume.set()
        with pytest.raises(BeingCreated):
            await hung
        await check_all_done_once(later)


async def test_a_cancelled_creation_is_gone_on_with_at_once(world: World) -> None:
    await asked(world)
    world.line.sent, world.line.waits_at = 0, 4
    hung = asyncio.create_task(world.requests.create(REFERENCE))
    await world.line.waiting.wait()
    hung.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hung
    assert (await world.requests.create(REFERENCE)).complete
    await check_all_done_once(world)


async def test_two_agents_at_once(world: World) -> None:
    await asked(world)
    answers = await asyncio.gather(*(world.requests.create(REFERENCE, f"agent{n}") for n in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, Creation) for answer in answers) == 1
    assert sum(isinstance(answer, BeingCreated | WrongState) for answer in answers) == 3
    await check_all_done_once(world)


async def test_creating_and_refusing_at_once(world: World) -> None:
    await asked(world)
    answers = await asyncio.gather(world.requests.create(REFERENCE), world.requests.refuse(REFERENCE, "Doublon"), return_exceptions=True)
    assert sum(isinstance(answer, BeingCreated | WrongState) for answer in answers) == 1
    for chat in ("chat", "karim"):
        assert len(await world.chats(chat)) == 1


async def test_the_platform_comes_back_by_itself(world: World) -> None:
    await asked(world)
    world.sandbox.fault("down", method="PUT", type="CareTeam")
    creation = await world.requests.create(REFERENCE)
    assert not creation.complete
    assert len(await world.mails(LEILA.email)) == 1
    assert await world.chats("chat") == []
    assert await world.requests.finish_created() == 0
    world.sandbox.fault("none")
    world.clock.advance(timedelta(minutes=20))
    await world.operations.run_due()
    assert await world.requests.finish_created() == 1
    await check_all_done_once(world)


async def test_finishing_does_not_hammer_a_platform_that_is_away(world: World) -> None:
    await asked(world)
    world.sandbox.fault("down")
    with pytest.raises(FhirUnavailable):
        await world.requests.create(REFERENCE)
    await world.requests.finish_created()
    world.line.sent = 0
    for _ in range(5):
        assert await world.requests.finish_created() == 0
    assert world.line.sent == 0
    world.sandbox.fault("none")
    world.clock.advance(timedelta(minutes=1))
    assert await world.requests.finish_created() == 1
    await check_all_done_once(world)


async def test_a_requester_who_left_gives_no_access(world: World) -> None:
    await asked(world)
    claire = await world.account(CLAIRE)
    await ask(world, key="k3", dossier=CLAIRES_OTHER)
    await world.partners.remove(CLAIRES_OTHER, claire, claire.reference, channel="web", key="leave")
    creation = await world.requests.create(REFERENCE)
    assert dict(creation.accesses)[CLAIRES_OTHER] == "not_a_member"
    account = await world.account(LEILA.email)
    assert account.reference not in world.members(CLAIRES_OTHER)
    given, refused = await world.chats("chat")
    assert "a maintenant accès" in given
    assert "vous ne faites plus partie" in refused


async def test_who_got_an_account_meanwhile_gets_no_codes(world: World) -> None:
    await asked(world)
    made = await world.registry.create(LEILA, "elsewhere")
    creation = await world.requests.create(REFERENCE)
    assert not creation.made
    assert creation.account.id == made.id
    assert await world.mails(LEILA.email) == []
    (text,) = await world.chats("chat")
    assert "a un compte SPHERE" in text
    assert made.reference in world.members(CLAIRES_DOSSIER)


async def test_an_address_of_somebody_else_is_not_given_a_second_account(world: World) -> None:
    fiche = Fiche.of({"family": "Zola", "given": "Eve", "profession": "kiné", "city": "Vierzon", "email": "paul.martin@sphere.example"})
    await ask(world, fiche)
    with pytest.raises(EmailTaken):
        await world.requests.create(REFERENCE)
    assert await world.requests.finish_created() == 0
    await world.requests.ask_more(REFERENCE, "Quelle est son adresse à elle ?")  # the request is still open
    assert await world.mails("paul.martin@sphere.example") == []


async def test_an_account_that_vanished_is_not_made_again(world: World) -> None:
    await asked(world)
    world.sandbox.fault("down", method="PUT", type="CareTeam")
    creation = await world.requests.create(REFERENCE)
    world.sandbox.fault("none")
    practitioner = world.sandbox.practitioner(LEILA.email)
    world.sandbox.put({**practitioner, "active": False}).raise_for_status()
    world.clock.advance(timedelta(hours=1))
    again = await world.requests.create(REFERENCE)
    assert again.account.id == creation.account.id
    assert {outcome for _, outcome in again.accesses} == {"refused"}
    assert issubclass(AccountGone, Exception)


async def test_creating_twice_makes_one_account_even_without_a_number(world: World) -> None:
    made = await asyncio.gather(*(world.registry.create(ANNE, "DC-2026-000009") for _ in range(5)))
    assert len({account.id for account in made}) == 1


async def test_a_closed_account_with_the_same_number_is_not_taken_for_the_new_one(world: World) -> None:
    old = await world.registry.create(LEILA, "old")
    practitioner = world.sandbox.practitioner(LEILA.email)
    world.sandbox.put({**practitioner, "active": False}).raise_for_status()
    await asked(world)
    creation = await world.requests.create(REFERENCE)
    assert creation.made
    assert creation.account.id != old.id


async def test_unknown_references(world: World) -> None:
    with pytest.raises(UnknownRequest):
        await world.requests.create("DC-2026-999999")


async def test_a_refused_request_is_not_created(world: World) -> None:
    await asked(world)
    await world.requests.refuse(REFERENCE, "Doublon")
    with pytest.raises(WrongState):
        await world.requests.create(REFERENCE)
    assert world.sandbox.found("Practitioner", email=LEILA.email) == []
