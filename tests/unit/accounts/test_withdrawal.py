"""Withdrawing what was asked for: by its requester alone, for others it goes on, and never once an account is created."""

from __future__ import annotations

import pytest

from bot.accounts.errors import AlreadyDecided, NotARequester, UnknownRequest, WrongState
from tests.unit.accounts.test_requests import LEILA, ask
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, KARIM, KARIMS_DOSSIER, SETTINGS, Harness

DC = "DC-2026-000001"


async def withdraw(harness: Harness, by: str | None = CLAIRE, conversation_id: str = "chat") -> tuple[str, int]:
    requester = await harness.account(by) if by else None
    done = await harness.account_requests.withdraw(DC, requester, conversation_id)
    return done.status.state, done.others


async def test_its_requester_withdraws_a_request_once(harness: Harness) -> None:
    await ask(harness)
    assert await withdraw(harness) == await withdraw(harness) == ("withdrawn", 0)
    assert [event.outcome for event in await harness.trail("accounts.withdraw")] == ["withdrawn"]
    mails = await harness.mails(SETTINGS.support_email)
    assert sum("retirée par le demandeur" in mail["subject"] for mail in mails) == 1
    claire = await harness.account(CLAIRE)
    assert [one.state for one in await harness.account_requests.for_conversation("chat", claire.id)] == ["withdrawn"]
    with pytest.raises(WrongState):
        await harness.account_requests.create(DC)
    again = await ask(harness, key="k2")  # asked for again: another request
    assert (again.reference, again.joined) == ("DC-2026-000002", False)


async def test_a_request_goes_on_for_who_joined_it(harness: Harness) -> None:
    await ask(harness)
    await harness.link("karims", KARIM)
    await ask(harness, by=KARIM, key="k2", conversation_id="karims", dossier=KARIMS_DOSSIER)
    assert await withdraw(harness) == ("received", 1)
    (notice,) = [text for text in await harness.chats("karims") if "a retiré sa demande" in text]
    assert "La vôtre est gardée" in notice
    claire = await harness.account(CLAIRE)
    assert await harness.account_requests.for_conversation("chat", claire.id) == []
    assert await harness.account_requests.of_dossiers([CLAIRES_DOSSIER]) == []
    creation = await harness.account_requests.create(DC)
    assert [dossier for dossier, _ in creation.accesses] == [KARIMS_DOSSIER]


async def test_nobody_else_withdraws_it(harness: Harness) -> None:
    await ask(harness)
    for by, chat in ((KARIM, "chat"), (None, "chat"), (None, "other")):
        with pytest.raises(NotARequester):
            await withdraw(harness, by, chat)
    with pytest.raises(UnknownRequest):
        await harness.account_requests.withdraw("DC-2026-000009", None, "chat")


async def test_what_the_team_decided_is_not_withdrawn(harness: Harness) -> None:
    await ask(harness)
    version = (await harness.account_requests.show(DC)).version
    await harness.decisions.decide(DC, "create", agent_id="a1", agent="Marie", seen=version)
    with pytest.raises(AlreadyDecided):
        await withdraw(harness)
    await harness.decisions.take_back(DC, "a1")
    await harness.account_requests.create(DC)
    with pytest.raises(WrongState):
        await withdraw(harness)


async def test_somebody_unlinked_withdraws_what_they_asked_here(harness: Harness) -> None:
    await ask(harness, LEILA, by=None)
    assert await withdraw(harness, None) == ("withdrawn", 0)
