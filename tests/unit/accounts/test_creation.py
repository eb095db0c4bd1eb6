"""Creating the account of a request: account, codes, accesses and notices exactly once, whatever interrupts it."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.accounts.account_resources import FIRST_USE_URL
from bot.accounts.creation import WAITING, Creation
from bot.accounts.directory_record import Fiche
from bot.accounts.errors import AccountGone, BeingCreated, EmailTaken, UnknownRequest, WrongState
from bot.core.clock import ManualClock
from bot.fhir.errors import FhirUnavailable
from tests.unit.accounts.test_requests import ANNE, LEILA, ask
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, KARIM, KARIMS_DOSSIER, START, Harness, database_after, open_harness
from tests.unit.sandbox.sandbox_server import Sandbox

REFERENCE = "DC-2026-000001"
both_asked = pytest.mark.usefixtures("asked")


@pytest.fixture(scope="module")
def asked_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database in which `ask_both` was done."""
    return database_after(ask_both, tmp_path_factory.mktemp("asked"))


@pytest.fixture
def asked(tmp_path: Path, asked_database: bytes) -> None:
    """Claire and Karim asked before the test: its database is a copy of one that holds it."""
    (tmp_path / "sphere.db").write_bytes(asked_database)


async def ask_both(harness: Harness) -> None:
    """Claire and Karim both wait for Leïla, each for a dossier of theirs."""
    await harness.link("chat", CLAIRE)
    await harness.link("karim", KARIM)
    await ask(harness)
    await ask(harness, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")


async def check_all_done_once(harness: Harness) -> None:
    (practitioner,) = harness.sandbox.found("Practitioner", identifier=f"urn:sphere:account-request|{REFERENCE}")
    assert len(await harness.mails(LEILA.email)) == 1
    for dossier in (CLAIRES_DOSSIER, KARIMS_DOSSIER):
        assert harness.members(dossier).count(f"Practitioner/{practitioner['id']}") == 1
    for chat, dossier in (("chat", CLAIRES_DOSSIER), ("karim", KARIMS_DOSSIER)):
        (text,) = await harness.chats(chat)
        assert dossier in text
        assert "a maintenant accès" in text
    assert [s.state for s in await harness.account_requests.list()] == ["created"]
    assert len(await harness.trail("accounts.create")) == 1
    assert [e.outcome for e in await harness.trail("partners.add")] == ["added", "added"]
    assert await harness.account_requests.finish_created() == 0
    with pytest.raises(WrongState):
        await harness.account_requests.create(REFERENCE)


@both_asked
async def test_creating_does_everything(harness: Harness) -> None:
    creation = await harness.account_requests.create(REFERENCE, "Inès")
    assert creation.made
    assert creation.complete
    assert creation.accesses == [(CLAIRES_DOSSIER, "added"), (KARIMS_DOSSIER, "added")]
    await check_all_done_once(harness)
    account = await harness.account(LEILA.email)
    assert (account.name, account.prefix, account.rpps, account.phone) == ("Leïla Zérane", "Dr", LEILA.rpps, LEILA.phone)
    (event,) = await harness.trail("accounts.create")
    assert (event.actor, event.subject) == ("agent:Inès", account.reference)
    assert [e.basis for e in await harness.trail("partners.add")] == ["consent_given", "consent_given"]
    assert (await harness.link("leila", LEILA.email)).name == "Leïla Zérane"


@both_asked
async def test_the_codes_go_to_the_new_partner_alone(harness: Harness) -> None:
    await harness.account_requests.create(REFERENCE)
    (mail,) = await harness.mails(LEILA.email)
    found = re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b", mail["text"])
    assert found is not None
    for row in [*await harness.outbox("chat"), *await harness.outbox("mail")]:
        assert found[0] not in str(row.payload)
    assert "SPH-" not in mail["text"]
    # What the platform was given lets it check the code, and nobody read it.
    (practitioner,) = harness.sandbox.found("Practitioner", email=LEILA.email)
    (extension,) = practitioner["extension"]
    assert extension["url"] == FIRST_USE_URL
    _, n, r, p, salt, hashed = extension["valueString"].split("$")
    assert hashlib.scrypt(
        found[0].replace("-", "").encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=32
    ) == bytes.fromhex(hashed)


async def test_somebody_who_asked_for_themself_is_told(harness: Harness) -> None:
    await ask(harness, ANNE, by=None, conversation_id="anne")
    creation = await harness.account_requests.create(REFERENCE)
    assert creation.accesses == []
    (text,) = await harness.chats("anne")
    assert text.startswith("Le compte demandé ici (")
    account = await harness.account(ANNE.email)
    assert account.profession == "Auxiliaire de vie sociale"


# Every request once lost after it arrived; and, where what comes next changes something, once not sent at all.
@pytest.mark.parametrize(("requests", "losing"), [*((n, True) for n in range(27)), *((n, False) for n in (0, 3, 4, 7, 8, 16, 24))])
@both_asked
async def test_cut_at_any_request_then_begun_again(harness: Harness, requests: int, losing: bool) -> None:
    harness.network.cut_after(requests, losing=losing)
    try:
        first: Creation | None = await harness.account_requests.create(REFERENCE)
    except FhirUnavailable:
        first = None
    harness.network.restore()
    if first is None or not first.complete:
        assert first is None or WAITING in dict(first.accesses).values()
        harness.clock.advance(timedelta(minutes=1))
        assert (await harness.account_requests.create(REFERENCE)).complete
    await check_all_done_once(harness)


@both_asked
async def test_the_line_is_cut_everywhere_above(harness: Harness) -> None:
    harness.network.sent = 0
    await harness.account_requests.create(REFERENCE)
    assert 20 < harness.network.sent <= 27


@pytest.mark.parametrize("request_number", [1, 4, 6, 9])
@both_asked
async def test_a_worker_that_hung_is_overtaken_and_does_nothing_more(
    harness: Harness, tmp_path: Path, sandbox: Sandbox, request_number: int
) -> None:
    harness.network.sent, harness.network.waits_at = 0, request_number
    hung = asyncio.create_task(harness.account_requests.create(REFERENCE))
    await harness.network.waiting.wait()
    async with open_harness(tmp_path, sandbox, ManualClock(START + timedelta(seconds=30))) as early:
        with pytest.raises(BeingCreated):
            await early.account_requests.create(REFERENCE)
        with pytest.raises((BeingCreated, WrongState)):
            await early.account_requests.refuse(REFERENCE, "Trop tard")
    async with open_harness(tmp_path, sandbox, ManualClock(START + timedelta(minutes=3))) as later:
        assert await later.account_requests.finish_created() == 1
        harness.network.resume.set()
        with pytest.raises(BeingCreated):
            await hung
        await check_all_done_once(later)


@both_asked
async def test_a_cancelled_creation_is_gone_on_with_at_once(harness: Harness) -> None:
    harness.network.sent, harness.network.waits_at = 0, 4
    hung = asyncio.create_task(harness.account_requests.create(REFERENCE))
    await harness.network.waiting.wait()
    hung.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hung
    assert (await harness.account_requests.create(REFERENCE)).complete
    await check_all_done_once(harness)


@both_asked
async def test_two_agents_at_once(harness: Harness) -> None:
    answers = await asyncio.gather(*(harness.account_requests.create(REFERENCE, f"agent{n}") for n in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, Creation) for answer in answers) == 1
    assert sum(isinstance(answer, BeingCreated | WrongState) for answer in answers) == 3
    await check_all_done_once(harness)


@both_asked
async def test_creating_and_refusing_at_once(harness: Harness) -> None:
    answers = await asyncio.gather(
        harness.account_requests.create(REFERENCE), harness.account_requests.refuse(REFERENCE, "Doublon"), return_exceptions=True
    )
    assert sum(isinstance(answer, BeingCreated | WrongState) for answer in answers) == 1
    for chat in ("chat", "karim"):
        assert len(await harness.chats(chat)) == 1


@both_asked
async def test_the_platform_comes_back_by_itself(harness: Harness) -> None:
    harness.sandbox.fault("down", method="PUT", type="CareTeam")
    creation = await harness.account_requests.create(REFERENCE)
    assert not creation.complete
    assert len(await harness.mails(LEILA.email)) == 1
    assert await harness.chats("chat") == []
    assert await harness.account_requests.finish_created() == 0
    harness.sandbox.fault("none")
    harness.clock.advance(timedelta(minutes=20))
    await harness.operations.run_due()
    assert await harness.account_requests.finish_created() == 1
    await check_all_done_once(harness)


@both_asked
async def test_finishing_does_not_hammer_a_platform_that_is_away(harness: Harness) -> None:
    harness.sandbox.fault("down")
    with pytest.raises(FhirUnavailable):
        await harness.account_requests.create(REFERENCE)
    await harness.account_requests.finish_created()
    harness.network.sent = 0
    for _ in range(5):
        assert await harness.account_requests.finish_created() == 0
    assert harness.network.sent == 0
    harness.sandbox.fault("none")
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.account_requests.finish_created() == 1
    await check_all_done_once(harness)


@both_asked
async def test_a_requester_who_left_gives_no_access(harness: Harness) -> None:
    claire = await harness.account(CLAIRE)
    await ask(harness, key="k3", dossier=CLAIRES_OTHER)
    await harness.partners.remove(CLAIRES_OTHER, claire, claire.reference, channel="web", key="leave")
    creation = await harness.account_requests.create(REFERENCE)
    assert dict(creation.accesses)[CLAIRES_OTHER] == "not_a_member"
    account = await harness.account(LEILA.email)
    assert account.reference not in harness.members(CLAIRES_OTHER)
    given, refused = await harness.chats("chat")
    assert "a maintenant accès" in given
    assert "vous ne faites plus partie" in refused


@both_asked
async def test_who_got_an_account_meanwhile_gets_no_codes(harness: Harness) -> None:
    made = await harness.registry.create(LEILA, "elsewhere")
    creation = await harness.account_requests.create(REFERENCE)
    assert not creation.made
    assert creation.account.id == made.id
    assert await harness.mails(LEILA.email) == []
    (text,) = await harness.chats("chat")
    assert "a un compte SPHERE" in text
    assert made.reference in harness.members(CLAIRES_DOSSIER)


async def test_an_address_of_somebody_else_is_not_given_a_second_account(harness: Harness) -> None:
    fiche = Fiche.of({"family": "Zola", "given": "Eve", "profession": "kiné", "city": "Vierzon", "email": "paul.martin@sphere.example"})
    await ask(harness, fiche)
    with pytest.raises(EmailTaken):
        await harness.account_requests.create(REFERENCE)
    assert await harness.account_requests.finish_created() == 0
    await harness.account_requests.ask_more(REFERENCE, "Quelle est son adresse à elle ?")  # the request is still open
    assert await harness.mails("paul.martin@sphere.example") == []


@both_asked
async def test_an_account_that_vanished_is_not_made_again(harness: Harness) -> None:
    harness.sandbox.fault("down", method="PUT", type="CareTeam")
    creation = await harness.account_requests.create(REFERENCE)
    harness.sandbox.fault("none")
    practitioner = harness.sandbox.practitioner(LEILA.email)
    harness.sandbox.put({**practitioner, "active": False}).raise_for_status()
    harness.clock.advance(timedelta(hours=1))
    again = await harness.account_requests.create(REFERENCE)
    assert again.account.id == creation.account.id
    assert {outcome for _, outcome in again.accesses} == {"refused"}
    assert issubclass(AccountGone, Exception)


async def test_creating_twice_makes_one_account_even_without_a_number(harness: Harness) -> None:
    made = await asyncio.gather(*(harness.registry.create(ANNE, "DC-2026-000009") for _ in range(5)))
    assert len({account.id for account in made}) == 1


async def test_a_closed_account_with_the_same_number_is_not_taken_for_the_new_one(harness: Harness) -> None:
    old = await harness.registry.create(LEILA, "old")
    practitioner = harness.sandbox.practitioner(LEILA.email)
    harness.sandbox.put({**practitioner, "active": False}).raise_for_status()
    await ask_both(harness)
    creation = await harness.account_requests.create(REFERENCE)
    assert creation.made
    assert creation.account.id != old.id


async def test_unknown_references(harness: Harness) -> None:
    with pytest.raises(UnknownRequest):
        await harness.account_requests.create("DC-2026-999999")


@both_asked
async def test_a_refused_request_is_not_created(harness: Harness) -> None:
    await harness.account_requests.refuse(REFERENCE, "Doublon")
    with pytest.raises(WrongState):
        await harness.account_requests.create(REFERENCE)
    assert harness.sandbox.found("Practitioner", email=LEILA.email) == []
