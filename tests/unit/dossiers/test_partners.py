"""Partners of a dossier: who may do what, that nothing is lost between writers, that an act is done once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from bot.dossiers.partners import (
    AccountClosed,
    CannotAddSelf,
    CannotLeave,
    MissingBasis,
    NotAllowed,
    NotAMember,
    Outcome,
    Pending,
)
from bot.fhir.operations import RETRIES, OperationFailed
from bot.jobs import leases
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

REF = "SPH-2024-000137"
BASIS = "care_team_informed"


class HeldWrites(httpx.AsyncHTTPTransport):
    """A network on which a change of a resource never arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            self.reached.set()
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


async def add(harness: Harness, who: str, key: str, *, actor: str = "claire.moreau", reference: str = REF, basis: str = BASIS) -> Outcome:
    doing, added = await harness.account(actor), await harness.account(who)
    return await harness.partners.add(reference, doing, added, basis=basis, channel="web", key=key, conversation_id="chat")


async def remove(harness: Harness, member: str, key: str, *, actor: str = "claire.moreau") -> Outcome:
    return await harness.partners.remove(REF, await harness.account(actor), member, channel="web", key=key, conversation_id="chat")


async def test_a_member_adds_a_partner_who_is_then_listed(harness: Harness, sandbox: Sandbox) -> None:
    paul = await harness.account("paul.martin")
    assert await add(harness, "paul.martin", "k1") is Outcome.ADDED
    assert sandbox.members(REF).count(paul.reference) == 1
    partners = await harness.partners.list(REF.lower(), await harness.account("claire.moreau"))
    assert partners[0].is_referent
    assert partners[0].display == "Claire Moreau"
    last = partners[-1]
    assert (last.account_id, last.reference, last.display) == (paul.id, sandbox.seats(REF)[-1], "Paul Martin")
    assert last.reference.startswith("PractitionerRole/")
    assert last.is_member(paul.reference)
    assert (last.profession, last.since, last.is_referent) == ("Masseur-kinésithérapeute", date(2026, 11, 23), False)
    (event,) = await harness.trail()
    assert (event.action, event.dossier, event.subject, event.basis, event.channel, event.outcome) == (
        "partners.add", REF, paul.reference, BASIS, "web", "added",
    )  # fmt: skip
    assert await harness.outbox() == []  # the dialogue answers by itself
    assert (await harness.operation("k1")).payload == {}


async def test_the_same_key_is_done_once_and_answers_the_same(harness: Harness, sandbox: Sandbox) -> None:
    outcomes = await asyncio.gather(*(add(harness, "paul.martin", "k1") for _ in range(5)))
    assert set(outcomes) == {Outcome.ADDED}
    assert await add(harness, "paul.martin", "k1") is Outcome.ADDED
    assert await add(harness, "paul.martin", "k2") is Outcome.ALREADY
    assert sandbox.members(REF).count((await harness.account("paul.martin")).reference) == 1
    assert [event.outcome for event in await harness.trail()] == ["added", "already"]


@pytest.mark.thorough
async def test_twenty_writers_at_once_are_all_kept(harness: Harness, sandbox: Sandbox) -> None:
    """Ten processes of ours, each adding two partners to the same dossier."""
    before = sandbox.members(REF)
    people = [p for p in sandbox.found("Practitioner", _count="200", active="true") if f"Practitioner/{p['id']}" not in before]
    accounts = [await harness.registry.get(person["id"]) for person in people]
    wanted = [
        a
        for a in accounts
        if a and a.id not in {p.account_id for p in await harness.partners.list(REF, await harness.account("claire.moreau"))}
    ]
    wanted = wanted[:20]
    claire = await harness.account("claire.moreau")
    processes = [Harness(harness.database, sandbox, harness.clock) for _ in range(10)]
    outcomes = await asyncio.gather(
        *(
            processes[number % 10].partners.add(REF, claire, account, basis=BASIS, channel="web", key=f"k{number}")
            for number, account in enumerate(wanted)
        )
    )
    for each in processes:
        await each.fhir.aclose()
    assert outcomes == [Outcome.ADDED] * 20
    assert sandbox.members(REF)[: len(before)] == before
    assert sorted(sandbox.members(REF)[len(before) :]) == sorted(account.reference for account in wanted)


async def test_two_people_adding_the_same_partner_add_them_once(harness: Harness, sandbox: Sandbox) -> None:
    await add(harness, "sophie.leroux", "k0")
    outcomes = await asyncio.gather(add(harness, "paul.martin", "k1"), add(harness, "paul.martin", "k2", actor="sophie.leroux"))
    assert sorted(outcomes) == [Outcome.ADDED, Outcome.ALREADY]
    assert sandbox.members(REF).count((await harness.account("paul.martin")).reference) == 1


async def test_who_may_not_is_refused_and_nothing_changes(harness: Harness, sandbox: Sandbox) -> None:
    before = sandbox.team_of(REF)
    with pytest.raises(NotAMember):
        await add(harness, "paul.martin", "k1", actor="karim.benali")
    with pytest.raises(NotAMember):
        await add(harness, "paul.martin", "k1", actor="karim.benali")  # the same refusal under the same key
    with pytest.raises(NotAMember):
        await add(harness, "paul.martin", "k2", reference="SPH-2031-999999")
    with pytest.raises(NotAMember):
        await add(harness, "paul.martin", "k3", reference="SPH-2024-000137,SPH-2024-000205")
    with pytest.raises(CannotAddSelf):
        await add(harness, "claire.moreau", "k4")
    for basis in ("", "curiosity"):
        with pytest.raises(MissingBasis):
            await add(harness, "paul.martin", "k5", basis=basis)
    with pytest.raises(NotAMember):
        await harness.partners.list(REF, await harness.account("karim.benali"))
    assert sandbox.team_of(REF) == before
    assert {event.outcome for event in await harness.trail()} == {"not_a_member"}


async def test_a_closed_account_neither_gives_nor_gets_access(harness: Harness, sandbox: Sandbox) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    sandbox.put(sandbox.practitioner("paul.martin@sphere.example") | {"active": False})
    with pytest.raises(AccountClosed):
        await harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1")
    sandbox.put(sandbox.practitioner("paul.martin@sphere.example") | {"active": True})
    sandbox.put(sandbox.practitioner("claire.moreau@sphere.example") | {"active": False})
    with pytest.raises(NotAMember):
        await harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k2")


async def test_a_member_whose_access_ended_may_do_nothing(harness: Harness) -> None:
    sophie = await harness.account("sophie.leroux")
    await add(harness, "sophie.leroux", "k1")
    assert await add(harness, "paul.martin", "k2", actor="sophie.leroux") is Outcome.ADDED
    assert await remove(harness, sophie.reference, "k3") is Outcome.REMOVED
    with pytest.raises(NotAMember):
        await add(harness, "karim.benali", "k4", actor="sophie.leroux")
    with pytest.raises(NotAMember):
        await harness.partners.list(REF, sophie)


async def test_leaving_ends_the_period_and_coming_back_is_another_entry(harness: Harness, sandbox: Sandbox) -> None:
    paul = await harness.account("paul.martin")
    await add(harness, "paul.martin", "k1")
    harness.clock.advance(timedelta(days=1))
    assert await remove(harness, paul.reference, "k2", actor="paul.martin") is Outcome.REMOVED
    assert await remove(harness, paul.reference, "k2", actor="paul.martin") is Outcome.REMOVED
    assert await remove(harness, paul.reference, "k3") is Outcome.NOT_THERE
    harness.clock.advance(timedelta(days=1))
    assert await add(harness, "paul.martin", "k4") is Outcome.ADDED
    seats = sandbox.team_of(REF)["participant"]
    periods = [p["period"] for p in seats if sandbox.person_of(p["member"]["reference"]) == paul.reference]
    assert periods == [{"start": "2026-11-23T09:00:00Z", "end": "2026-11-24T09:00:00Z"}, {"start": "2026-11-25T09:00:00Z"}]


async def test_who_may_remove_whom(harness: Harness) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    await add(harness, "paul.martin", "k1")
    await add(harness, "sophie.leroux", "k2")
    with pytest.raises(NotAllowed):
        await remove(harness, paul.reference, "k3", actor="sophie.leroux")
    with pytest.raises(NotAllowed):
        await remove(harness, claire.reference, "k4", actor="sophie.leroux")
    with pytest.raises(CannotLeave):
        await remove(harness, claire.reference, "k5")
    with pytest.raises(NotAMember):
        await remove(harness, paul.reference, "k6", actor="karim.benali")
    assert await remove(harness, "x', y", "k7") is Outcome.NOT_THERE
    assert await remove(harness, (await harness.account("sophie.leroux")).reference, "k8") is Outcome.REMOVED


async def test_members_who_sit_as_a_post_are_members(harness: Harness, sandbox: Sandbox) -> None:
    """The ANS profile writes a PractitionerRole where we write a Practitioner."""
    seated = next(
        p for p in await harness.partners.list(REF, await harness.account("claire.moreau")) if p.reference.startswith("PractitionerRole/")
    )
    person = await harness.registry.get(str(seated.account_id))
    assert person is not None
    assert REF in [dossier.reference for dossier in await harness.dossiers.of_member(person)]
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    assert await harness.partners.add(REF, claire, person, basis=BASIS, channel="web", key="k1") is Outcome.ALREADY
    assert await harness.partners.add(REF, person, paul, basis=BASIS, channel="web", key="k2") is Outcome.ADDED
    assert await remove(harness, seated.reference, "k3") is Outcome.REMOVED
    assert seated.reference not in sandbox.seats(REF)


async def test_a_platform_that_is_down_is_tried_again_and_the_chat_is_told(harness: Harness, sandbox: Sandbox) -> None:
    paul, claire = await harness.account("paul.martin"), await harness.account("claire.moreau")
    sandbox.fault("down")
    for _ in range(2):  # asking again does not make two of it
        with pytest.raises(Pending):
            await harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    assert (await harness.operation("k1")).state == "pending"
    assert await harness.operations.run_due() == 0  # not due yet
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 0
    assert await harness.outbox() == []
    sandbox.fault("none")
    harness.clock.advance(timedelta(minutes=11))
    assert await harness.operations.run_due() == 1
    assert await harness.operations.run_due() == 0
    assert sandbox.members(REF).count(paul.reference) == 1
    (row,) = await harness.outbox()
    assert (row.kind, row.conversation_id) == ("chat", "chat")
    assert row.payload["text"] == f"C’est fait\u00a0: Paul Martin a maintenant accès au dossier {REF}."
    assert await harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat") is Outcome.ADDED
    assert len(await harness.outbox()) == len(await harness.trail()) == 1


async def test_a_retried_operation_is_decided_by_the_team_of_that_moment(harness: Harness, sandbox: Sandbox) -> None:
    sophie, paul = await harness.account("sophie.leroux"), await harness.account("paul.martin")
    await add(harness, "sophie.leroux", "k0")
    sandbox.fault("down")
    with pytest.raises(Pending):
        await harness.partners.add(REF, sophie, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    sandbox.fault("none")
    await remove(harness, sophie.reference, "k2")
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 1
    assert paul.reference not in sandbox.members(REF)
    (row,) = await harness.outbox()
    assert "Vous ne faites pas partie" in row.payload["text"]
    with pytest.raises(NotAMember):
        await harness.partners.add(REF, sophie, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")


async def test_after_four_hours_it_is_given_up_and_said(harness: Harness, sandbox: Sandbox) -> None:
    paul, claire = await harness.account("paul.martin"), await harness.account("claire.moreau")
    sandbox.fault("garbage")
    with pytest.raises(Pending):
        await harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    harness.clock.advance(RETRIES.give_up_after or timedelta())
    assert await harness.operations.run_due() == 1
    (row,) = await harness.outbox()
    assert "n’a pas répondu" in row.payload["text"]
    sandbox.fault("none")
    with pytest.raises(OperationFailed):
        await harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    assert paul.reference not in sandbox.members(REF)


@pytest.mark.parametrize("act", ["add", "leave"])
async def test_an_answer_that_was_lost_does_not_change_the_outcome(harness: Harness, sandbox: Sandbox, act: str) -> None:
    """The platform did it but its answer never came: the retry knows its own work."""
    paul, claire = await harness.account("paul.martin"), await harness.account("claire.moreau")
    if act == "leave":
        await add(harness, "paul.martin", "k0")
    sandbox.fault("lost", method="PUT", count=1)
    if act == "add":
        doing = harness.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    else:
        doing = harness.partners.remove(REF, paul, paul.reference, channel="web", key="k1", conversation_id="chat")
    with pytest.raises(Pending):
        await doing
    assert (paul.reference in sandbox.members(REF)) is (act == "add")
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 1
    assert (await harness.operation("k1")).result["outcome"] == {"add": "added", "leave": "removed"}[act]
    assert sandbox.members(REF).count(paul.reference) == (1 if act == "add" else 0)


async def test_a_kill_in_the_middle_of_an_act_loses_nothing(harness: Harness, sandbox: Sandbox) -> None:
    paul, claire = await harness.account("paul.martin"), await harness.account("claire.moreau")
    gate = HeldWrites()
    dying = Harness(harness.database, sandbox, harness.clock, gate)
    doing = asyncio.create_task(dying.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat"))
    await gate.reached.wait()
    doing.cancel()  # the process is gone, its lease is not
    with pytest.raises(asyncio.CancelledError):
        await doing
    other = Harness(harness.database, sandbox, harness.clock)
    with pytest.raises(Pending):
        await other.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    assert await other.operations.run_due() == 0
    harness.clock.advance(leases.OPERATION)
    assert await other.operations.run_due() == 1
    assert sandbox.members(REF).count(paul.reference) == 1
    assert len(await harness.outbox()) == 1
    await other.fhir.aclose()
    await dying.fhir.aclose()


async def test_a_fault_of_ours_is_told_with_its_id(harness: Harness, sandbox: Sandbox) -> None:
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    team = sandbox.team_of(REF)
    too_long = replace(paul, profession="x" * 300_000)
    with pytest.raises(OperationFailed) as failed:
        await harness.partners.add(REF, claire, too_long, basis=BASIS, channel="web", key="k1")
    assert str(failed.value.error_id).startswith("E-")
    assert sandbox.team_of(REF) == team


async def test_waiting_access_is_given_in_the_requesters_name(harness: Harness, sandbox: Sandbox) -> None:
    claire, karim, paul = [await harness.account(name) for name in ("claire.moreau", "karim.benali", "paul.martin")]
    assert await harness.partners.grant_requested_access(REF, claire.id, paul, BASIS, "k1") is Outcome.ADDED
    assert paul.reference in sandbox.members(REF)
    with pytest.raises(NotAMember):
        await harness.partners.grant_requested_access(REF, karim.id, paul, BASIS, "k2")
