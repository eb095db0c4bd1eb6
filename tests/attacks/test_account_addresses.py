"""Attacks on an account request: a stranger's e-mail address is there first, or comes later, and the codes are to go to it."""

from __future__ import annotations

import pytest

from bot.accounts.decisions import CREATE, Decisions
from bot.accounts.directory_record import Fiche
from bot.accounts.errors import AddressNotGiven, AddressToPick, AlreadyDecided, BeingCreated
from bot.core.audit import AuditEvent
from bot.fhir.errors import FhirUnavailable
from tests.unit.accounts.test_requests import LEILA, ask
from tests.unit.harness import CLAIRE, KARIM, KARIMS_DOSSIER, Harness, clock, harness, sandbox

__all__ = ["clock", "harness", "sandbox"]

REFERENCE = "DC-2026-000001"
STRANGERS = "leila.zerane@boite.example"
MADE_UP = Fiche.model_validate(LEILA.model_dump() | {"email": STRANGERS})
"""Leïla's fiche as a stranger gives it: all of it public, but the mailbox."""
ANOTHERS = Fiche.model_validate(LEILA.model_dump() | {"email": "leila@ailleurs.example"})


async def stranger_asks(harness: Harness, fiche: Fiche = MADE_UP, *, key: str = "s1", chat: str = "stranger") -> None:
    await ask(harness, fiche, by=None, key=key, conversation_id=chat)


async def karim_asks(harness: Harness, fiche: Fiche = LEILA, key: str = "k2") -> None:
    await ask(harness, fiche, by=KARIM, dossier=KARIMS_DOSSIER, key=key, conversation_id="karim")


async def pick(harness: Harness, email: str) -> None:
    await harness.account_requests.pick_address(REFERENCE, email, "Inès")


async def check_blocked(harness: Harness) -> None:
    """Neither the command line's way nor the desk's creates the account."""
    requests, decisions = harness.account_requests, Decisions(harness.database, harness.account_requests, harness.clock, 0)
    with pytest.raises(AddressToPick):
        await requests.create(REFERENCE, "Inès")
    seen = (await requests.show(REFERENCE)).version
    with pytest.raises(AddressToPick):
        await decisions.decide(REFERENCE, CREATE, agent_id="ines", agent="Inès", seen=seen)
    assert not harness.sandbox.found("Practitioner", identifier=f"urn:sphere:account-request|{REFERENCE}")


async def check_codes_go_to(harness: Harness, email: str) -> None:
    assert (await harness.account_requests.create(REFERENCE, "Inès")).made
    for address in {STRANGERS, LEILA.email, ANOTHERS.email}:
        assert len(await harness.mails(address)) == (address == email), address
    assert (await harness.account(email)).email == email


async def test_codes_do_not_go_to_the_address_of_a_stranger_whose_request_others_joined(harness: Harness) -> None:
    await stranger_asks(harness)
    await karim_asks(harness)
    await check_blocked(harness)
    given = (await harness.account_requests.show(REFERENCE)).addresses
    assert [(address.email, len(address.givers)) for address in given] == [(STRANGERS, 1), (LEILA.email, 1)]
    assert given[0].givers == ("",)
    assert "Karim Benali" in given[1].givers[0]
    with pytest.raises(AddressNotGiven):
        await pick(harness, "somebody@else.example")
    await pick(harness, LEILA.email)
    (event,) = await harness.trail("accounts.address")
    assert (event.actor, event.subject, event.outcome) == ("agent:Inès", REFERENCE, "picked_known")
    for column in AuditEvent.__table__.columns:
        assert "@" not in str(getattr(event, column.name))
    await check_codes_go_to(harness, LEILA.email)


async def test_a_stranger_who_joins_later_does_not_turn_the_codes_to_themself(harness: Harness) -> None:
    await karim_asks(harness)
    await stranger_asks(harness)
    await check_blocked(harness)
    await pick(harness, LEILA.email)
    await stranger_asks(harness, key="s2")  # the same again is no news
    await check_codes_go_to(harness, LEILA.email)


async def test_an_address_that_comes_after_the_pick_is_looked_at(harness: Harness) -> None:
    await stranger_asks(harness)
    await karim_asks(harness)
    await pick(harness, LEILA.email)
    await stranger_asks(harness, ANOTHERS, key="s2", chat="another")
    await check_blocked(harness)
    await pick(harness, LEILA.email)
    await check_codes_go_to(harness, LEILA.email)


async def test_an_answer_to_a_question_does_not_change_the_address_that_was_picked(harness: Harness) -> None:
    await stranger_asks(harness)
    await karim_asks(harness)
    await pick(harness, LEILA.email)
    await harness.account_requests.ask_more(REFERENCE, "Quel est son lieu d’exercice ?", "Inès")
    await stranger_asks(harness, key="s2")
    await check_blocked(harness)


async def test_an_address_that_strangers_alone_gave_is_confirmed(harness: Harness) -> None:
    await stranger_asks(harness)
    await stranger_asks(harness, key="s2", chat="another")
    await check_blocked(harness)
    await pick(harness, STRANGERS)
    (event,) = await harness.trail("accounts.address")
    assert event.outcome == "picked_unknown"
    await check_codes_go_to(harness, STRANGERS)


async def test_nothing_is_asked_where_nothing_is_in_doubt(harness: Harness) -> None:
    await stranger_asks(harness, LEILA)
    await karim_asks(harness)  # who is known, and gives the same address
    assert not (await harness.account_requests.show(REFERENCE)).address_to_pick
    await check_codes_go_to(harness, LEILA.email)


async def test_what_was_decided_is_done_as_it_was_seen(harness: Harness) -> None:
    await karim_asks(harness)
    requests, decisions = harness.account_requests, Decisions(harness.database, harness.account_requests, harness.clock, 0)
    seen = (await requests.show(REFERENCE)).version
    await decisions.decide(REFERENCE, CREATE, agent_id="ines", agent="Inès", seen=seen)
    with pytest.raises(AlreadyDecided):
        await pick(harness, LEILA.email)
    await stranger_asks(harness)  # between the decision and its execution
    assert await decisions.run_due() == 0
    decision = await decisions.of(REFERENCE)
    assert decision is not None
    assert decision.failure == "address"
    await pick(harness, LEILA.email)
    await check_codes_go_to(harness, LEILA.email)


async def test_a_creation_that_was_begun_is_finished_for_the_address_that_was_agreed(harness: Harness) -> None:
    await ask(harness, by=CLAIRE)
    harness.network.cut_after(1, losing=False)
    with pytest.raises(FhirUnavailable):
        await harness.account_requests.create(REFERENCE, "Inès")
    harness.network.restore()
    await stranger_asks(harness)
    with pytest.raises(BeingCreated):
        await pick(harness, STRANGERS)
    await check_codes_go_to(harness, LEILA.email)
