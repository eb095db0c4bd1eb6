"""Partners of a dossier: who may do what, that nothing is lost between writers, that an act is done once."""

from __future__ import annotations

import asyncio
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
    UnknownDossier,
)
from bot.fhir.operations import RETRIES, OperationFailed
from bot.jobs import leases
from tests.unit.dossiers.conftest import House, house_on
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


async def add(house: House, who: str, key: str, *, actor: str = "claire.moreau", reference: str = REF, basis: str = BASIS) -> Outcome:
    doing, added = await house.account(actor), await house.account(who)
    return await house.partners.add(reference, doing, added, basis=basis, channel="web", key=key, conversation_id="chat")


async def remove(house: House, member: str, key: str, *, actor: str = "claire.moreau") -> Outcome:
    return await house.partners.remove(REF, await house.account(actor), member, channel="web", key=key, conversation_id="chat")


async def test_a_member_adds_a_partner_who_is_then_listed(house: House, sandbox: Sandbox) -> None:
    paul = await house.account("paul.martin")
    assert await add(house, "paul.martin", "k1") is Outcome.ADDED
    assert sandbox.members(REF).count(paul.reference) == 1
    partners = await house.partners.list(REF.lower(), await house.account("claire.moreau"))
    assert partners[0].is_referent
    assert partners[0].display == "Claire Moreau"
    last = partners[-1]
    assert (last.account_id, last.reference, last.display) == (paul.id, paul.reference, "Paul Martin")
    assert (last.profession, last.since, last.is_referent) == ("Masseur-kinésithérapeute", date(2026, 11, 23), False)
    (event,) = await house.audit()
    assert (event.action, event.dossier, event.subject, event.basis, event.channel, event.outcome) == (
        "partners.add", REF, paul.reference, BASIS, "web", "added",
    )  # fmt: skip
    assert await house.outbox() == []  # the dialogue answers by itself
    assert (await house.operation("k1")).payload == {}


async def test_the_same_key_is_done_once_and_answers_the_same(house: House, sandbox: Sandbox) -> None:
    outcomes = await asyncio.gather(*(add(house, "paul.martin", "k1") for _ in range(5)))
    assert set(outcomes) == {Outcome.ADDED}
    assert await add(house, "paul.martin", "k1") is Outcome.ADDED
    assert await add(house, "paul.martin", "k2") is Outcome.ALREADY
    assert sandbox.members(REF).count((await house.account("paul.martin")).reference) == 1
    assert [event.outcome for event in await house.audit()] == ["added", "already"]


async def test_twenty_writers_at_once_are_all_kept(house: House, sandbox: Sandbox) -> None:
    """Ten processes of ours, each adding two partners to the same dossier."""
    before = sandbox.members(REF)
    people = [p for p in sandbox.found("Practitioner", _count="200", active="true") if f"Practitioner/{p['id']}" not in before]
    accounts = [await house.accounts.get(person["id"]) for person in people]
    wanted = [
        a
        for a in accounts
        if a and a.id not in {p.account_id for p in await house.partners.list(REF, await house.account("claire.moreau"))}
    ]
    wanted = wanted[:20]
    claire = await house.account("claire.moreau")
    houses = [house_on(sandbox, house.database, house.clock) for _ in range(10)]
    outcomes = await asyncio.gather(
        *(
            houses[number % 10].partners.add(REF, claire, account, basis=BASIS, channel="web", key=f"k{number}")
            for number, account in enumerate(wanted)
        )
    )
    for each in houses:
        await each.fhir.aclose()
    assert outcomes == [Outcome.ADDED] * 20
    assert sandbox.members(REF)[: len(before)] == before
    assert sorted(sandbox.members(REF)[len(before) :]) == sorted(account.reference for account in wanted)


async def test_two_people_adding_the_same_partner_add_them_once(house: House, sandbox: Sandbox) -> None:
    await add(house, "sophie.leroux", "k0")
    outcomes = await asyncio.gather(add(house, "paul.martin", "k1"), add(house, "paul.martin", "k2", actor="sophie.leroux"))
    assert sorted(outcomes) == [Outcome.ADDED, Outcome.ALREADY]
    assert sandbox.members(REF).count((await house.account("paul.martin")).reference) == 1


async def test_who_may_not_is_refused_and_nothing_changes(house: House, sandbox: Sandbox) -> None:
    before = sandbox.team_of(REF)
    with pytest.raises(NotAMember):
        await add(house, "paul.martin", "k1", actor="karim.benali")
    with pytest.raises(NotAMember):
        await add(house, "paul.martin", "k1", actor="karim.benali")  # the same refusal under the same key
    with pytest.raises(UnknownDossier):
        await add(house, "paul.martin", "k2", reference="SPH-2031-999999")
    with pytest.raises(UnknownDossier):
        await add(house, "paul.martin", "k3", reference="SPH-2024-000137,SPH-2024-000205")
    with pytest.raises(CannotAddSelf):
        await add(house, "claire.moreau", "k4")
    for basis in ("", "curiosity"):
        with pytest.raises(MissingBasis):
            await add(house, "paul.martin", "k5", basis=basis)
    with pytest.raises(NotAMember):
        await house.partners.list(REF, await house.account("karim.benali"))
    assert sandbox.team_of(REF) == before
    assert {event.outcome for event in await house.audit()} == {"not_a_member", "unknown_dossier"}


async def test_a_closed_account_neither_gives_nor_gets_access(house: House, sandbox: Sandbox) -> None:
    claire, paul = await house.account("claire.moreau"), await house.account("paul.martin")
    sandbox.put(sandbox.practitioner("paul.martin@sphere.example") | {"active": False})
    with pytest.raises(AccountClosed):
        await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1")
    sandbox.put(sandbox.practitioner("paul.martin@sphere.example") | {"active": True})
    sandbox.put(sandbox.practitioner("claire.moreau@sphere.example") | {"active": False})
    with pytest.raises(NotAMember):
        await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k2")


async def test_a_member_whose_access_ended_may_do_nothing(house: House) -> None:
    sophie = await house.account("sophie.leroux")
    await add(house, "sophie.leroux", "k1")
    assert await add(house, "paul.martin", "k2", actor="sophie.leroux") is Outcome.ADDED
    assert await remove(house, sophie.reference, "k3") is Outcome.REMOVED
    with pytest.raises(NotAMember):
        await add(house, "karim.benali", "k4", actor="sophie.leroux")
    with pytest.raises(NotAMember):
        await house.partners.list(REF, sophie)


async def test_leaving_ends_the_period_and_coming_back_is_another_entry(house: House, sandbox: Sandbox) -> None:
    paul = await house.account("paul.martin")
    await add(house, "paul.martin", "k1")
    house.clock.advance(timedelta(days=1))
    assert await remove(house, paul.reference, "k2", actor="paul.martin") is Outcome.REMOVED
    assert await remove(house, paul.reference, "k2", actor="paul.martin") is Outcome.REMOVED
    assert await remove(house, paul.reference, "k3") is Outcome.NOT_THERE
    house.clock.advance(timedelta(days=1))
    assert await add(house, "paul.martin", "k4") is Outcome.ADDED
    periods = [p["period"] for p in sandbox.team_of(REF)["participant"] if p["member"]["reference"] == paul.reference]
    assert periods == [{"start": "2026-11-23T10:00:00Z", "end": "2026-11-24T10:00:00Z"}, {"start": "2026-11-25T10:00:00Z"}]


async def test_who_may_remove_whom(house: House) -> None:
    claire, paul = await house.account("claire.moreau"), await house.account("paul.martin")
    await add(house, "paul.martin", "k1")
    await add(house, "sophie.leroux", "k2")
    with pytest.raises(NotAllowed):
        await remove(house, paul.reference, "k3", actor="sophie.leroux")
    with pytest.raises(NotAllowed):
        await remove(house, claire.reference, "k4", actor="sophie.leroux")
    with pytest.raises(CannotLeave):
        await remove(house, claire.reference, "k5")
    with pytest.raises(NotAMember):
        await remove(house, paul.reference, "k6", actor="karim.benali")
    assert await remove(house, "x', y", "k7") is Outcome.NOT_THERE
    assert await remove(house, (await house.account("sophie.leroux")).reference, "k8") is Outcome.REMOVED


async def test_members_who_sit_as_a_post_are_members(house: House, sandbox: Sandbox) -> None:
    """The ANS profile writes a PractitionerRole where we write a Practitioner."""
    seated = next(
        p for p in await house.partners.list(REF, await house.account("claire.moreau")) if p.reference.startswith("PractitionerRole/")
    )
    person = await house.accounts.get(str(seated.account_id))
    assert person is not None
    assert REF in [dossier.reference for dossier in await house.dossiers.of_member(person)]
    claire, paul = await house.account("claire.moreau"), await house.account("paul.martin")
    assert await house.partners.add(REF, claire, person, basis=BASIS, channel="web", key="k1") is Outcome.ALREADY
    assert await house.partners.add(REF, person, paul, basis=BASIS, channel="web", key="k2") is Outcome.ADDED
    assert await remove(house, seated.reference, "k3") is Outcome.REMOVED
    assert seated.reference not in sandbox.members(REF)


async def test_a_platform_that_is_down_is_tried_again_and_the_chat_is_told(house: House, sandbox: Sandbox) -> None:
    paul, claire = await house.account("paul.martin"), await house.account("claire.moreau")
    sandbox.fault("down")
    for _ in range(2):  # asking again does not make two of it
        with pytest.raises(Pending):
            await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    assert (await house.operation("k1")).state == "pending"
    assert await house.operations.run_due() == 0  # not due yet
    house.clock.advance(timedelta(minutes=1))
    assert await house.operations.run_due() == 0
    assert await house.outbox() == []
    sandbox.fault("none")
    house.clock.advance(timedelta(minutes=11))
    assert await house.operations.run_due() == 1
    assert await house.operations.run_due() == 0
    assert sandbox.members(REF).count(paul.reference) == 1
    (row,) = await house.outbox()
    assert (row.kind, row.conversation_id) == ("chat", "chat")
    assert row.payload["text"] == f"C’est fait\u00a0: Paul Martin a maintenant accès au dossier {REF}."
    assert await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat") is Outcome.ADDED
    assert len(await house.outbox()) == len(await house.audit()) == 1


async def test_a_retried_operation_is_decided_by_the_team_of_that_moment(house: House, sandbox: Sandbox) -> None:
    sophie, paul = await house.account("sophie.leroux"), await house.account("paul.martin")
    await add(house, "sophie.leroux", "k0")
    sandbox.fault("down")
    with pytest.raises(Pending):
        await house.partners.add(REF, sophie, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    sandbox.fault("none")
    await remove(house, sophie.reference, "k2")
    house.clock.advance(timedelta(minutes=1))
    assert await house.operations.run_due() == 1
    assert paul.reference not in sandbox.members(REF)
    (row,) = await house.outbox()
    assert "Vous ne faites pas partie" in row.payload["text"]
    with pytest.raises(NotAMember):
        await house.partners.add(REF, sophie, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")


async def test_after_four_hours_it_is_given_up_and_said(house: House, sandbox: Sandbox) -> None:
    paul, claire = await house.account("paul.martin"), await house.account("claire.moreau")
    sandbox.fault("garbage")
    with pytest.raises(Pending):
        await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    house.clock.advance(RETRIES.give_up_after or timedelta())
    assert await house.operations.run_due() == 1
    (row,) = await house.outbox()
    assert "n’a pas répondu" in row.payload["text"]
    sandbox.fault("none")
    with pytest.raises(OperationFailed):
        await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    assert paul.reference not in sandbox.members(REF)


@pytest.mark.parametrize("act", ["add", "leave"])
async def test_an_answer_that_was_lost_does_not_change_the_outcome(house: House, sandbox: Sandbox, act: str) -> None:
    """The platform did it but its answer never came: the retry knows its own work."""
    paul, claire = await house.account("paul.martin"), await house.account("claire.moreau")
    if act == "leave":
        await add(house, "paul.martin", "k0")
    sandbox.fault("lost", method="PUT", count=1)
    if act == "add":
        doing = house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    else:
        doing = house.partners.remove(REF, paul, paul.reference, channel="web", key="k1", conversation_id="chat")
    with pytest.raises(Pending):
        await doing
    assert (paul.reference in sandbox.members(REF)) is (act == "add")
    house.clock.advance(timedelta(minutes=1))
    assert await house.operations.run_due() == 1
    assert (await house.operation("k1")).result["outcome"] == {"add": "added", "leave": "removed"}[act]
    assert sandbox.members(REF).count(paul.reference) == (1 if act == "add" else 0)


async def test_a_kill_in_the_middle_of_an_act_loses_nothing(house: House, sandbox: Sandbox) -> None:
    paul, claire = await house.account("paul.martin"), await house.account("claire.moreau")
    gate = HeldWrites()
    dying = house_on(sandbox, house.database, house.clock, gate)
    doing = asyncio.create_task(dying.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat"))
    await gate.reached.wait()
    doing.cancel()  # the process is gone, its lease is not
    with pytest.raises(asyncio.CancelledError):
        await doing
    other = house_on(sandbox, house.database, house.clock)
    with pytest.raises(Pending):
        await other.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1", conversation_id="chat")
    assert await other.operations.run_due() == 0
    house.clock.advance(leases.OPERATION)
    assert await other.operations.run_due() == 1
    assert sandbox.members(REF).count(paul.reference) == 1
    assert len(await house.outbox()) == 1
    await other.fhir.aclose()
    await dying.fhir.aclose()


async def test_a_fault_of_ours_is_told_with_its_id(house: House, sandbox: Sandbox) -> None:
    claire, paul = await house.account("claire.moreau"), await house.account("paul.martin")
    team = sandbox.team_of(REF)
    house.fhir._http.headers["Authorization"] = "Bearer expired"
    with pytest.raises(OperationFailed) as failed:
        await house.partners.add(REF, claire, paul, basis=BASIS, channel="web", key="k1")
    assert str(failed.value.error_id).startswith("E-")
    assert sandbox.team_of(REF) == team


async def test_waiting_access_is_given_in_the_requesters_name(house: House, sandbox: Sandbox) -> None:
    claire, karim, paul = [await house.account(name) for name in ("claire.moreau", "karim.benali", "paul.martin")]
    assert await house.partners.grant_requested_access(REF, claire.id, paul, BASIS, "k1") is Outcome.ADDED
    assert paul.reference in sandbox.members(REF)
    with pytest.raises(NotAMember):
        await house.partners.grant_requested_access(REF, karim.id, paul, BASIS, "k2")
