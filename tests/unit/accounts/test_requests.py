"""Submitting, joining, following, asking for more, refusing: over a real database and the sandbox's platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.accounts.directory_record import Fiche
from bot.accounts.errors import AddressToPick, UnknownRequest, UnusableAddress, UnusableText, WrongState
from bot.accounts.requests import HAS_ACCOUNT, Submission
from bot.accounts.tables import AccountRequester
from bot.dossiers.errors import MissingBasis, NotAMember
from bot.fhir.errors import FhirUnavailable
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, CLAIRES_OTHER, KARIM, KARIMS_DOSSIER, SETTINGS, Harness

LEILA = Fiche.of(
    {
        "civility": "Dr", "family": "Zérane", "given": "Leïla", "profession": "cardiologue", "rpps": "10001234567",
        "organization": "CHRU de Tours", "city": "Tours", "email": "leila.zerane@cabinet.example", "phone": "02 47 47 47 47",
    }
)  # fmt: skip
ANNE = Fiche.of(
    {"family": "Zimmer", "given": "Anne", "profession": "auxiliaire de vie sociale", "city": "Blois", "email": "anne@aide.example"}
)


async def ask(harness: Harness, fiche: Fiche = LEILA, *, by: str | None = CLAIRE, key: str = "k1", **given: Any) -> Submission:
    values: dict[str, Any] = {
        "conversation_id": "chat",
        "dossier": CLAIRES_DOSSIER if by else None,
        "basis": "consent_given" if by else None,
    }
    requester = await harness.account(by) if by else None
    return await harness.account_requests.submit(fiche, requester=requester, key=key, **(values | given))


async def test_a_request_has_a_reference_and_a_mail(harness: Harness) -> None:
    submission = await ask(harness)
    assert submission == Submission("DC-2026-000001", joined=False, state="received")
    (mail,) = await harness.mails(SETTINGS.support_email)
    assert mail["subject"] == "Demande de compte DC-2026-000001"
    for told in (
        "DC-2026-000001", "Claire Moreau", CLAIRE, CLAIRES_DOSSIER, "accord de l’usager recueilli", "Leïla", "Zérane", "10001234567",
        "leila.zerane@cabinet.example", "02 47 47 47 47", "CHRU de Tours", "Tours", "23/11/2026 à 10h", "clé de contrôle",
    ):  # fmt: skip
        assert told in mail["text"], told
    assert "Durand" not in mail["text"]
    assert "Jeanne" not in mail["text"]
    assert (await ask(harness, ANNE, key="k2")).reference == "DC-2026-000002"
    (event, _) = await harness.trail("accounts.request")
    claire = await harness.account(CLAIRE)
    assert (event.actor, event.dossier, event.subject, event.basis) == (claire.id, CLAIRES_DOSSIER, "DC-2026-000001", "consent_given")


async def test_the_same_key_is_done_once(harness: Harness) -> None:
    answers = await asyncio.gather(*(ask(harness) for _ in range(5)))
    assert {answer.reference for answer in answers} == {"DC-2026-000001"}
    assert not any(answer.joined for answer in answers)
    assert len(await harness.account_requests.list()) == 1
    assert len(await harness.mails(SETTINGS.support_email)) == 1
    harness.sandbox.fault("down")  # nothing needs to be asked again
    claire_free = await harness.account_requests.submit(
        LEILA, requester=None, conversation_id="chat", dossier=CLAIRES_DOSSIER, basis=None, key="k1"
    )
    assert claire_free.reference == "DC-2026-000001"


async def test_two_at_once_for_one_person_are_one_request(harness: Harness) -> None:
    answers = await asyncio.gather(*(ask(harness, key=f"k{n}", conversation_id=f"chat{n}") for n in range(5)))
    assert {answer.reference for answer in answers} == {"DC-2026-000001"}
    assert sorted(answer.joined for answer in answers) == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"email": "autre@cabinet.example", "family": "Zerane-Petit"}, True),  # the RPPS decides
        ({"rpps": "10009999999"}, False),
        ({"rpps": None}, True),  # by e-mail
        ({"rpps": None, "family": "Zeranne"}, True),
        ({"rpps": None, "family": "Dupuis", "given": "Marc"}, False),  # a colleague behind the same mailbox
        ({"rpps": None, "email": "autre@cabinet.example"}, True),  # by name, profession and place
        ({"rpps": None, "email": "autre@cabinet.example", "city": "Bourges", "organization": None}, False),  # a homonym elsewhere
        ({"rpps": None, "email": "autre@cabinet.example", "profession": "infirmière", "profession_code": None}, False),
    ],
)
async def test_who_is_the_same_person(harness: Harness, change: dict[str, str | None], same: bool) -> None:
    await ask(harness)
    other = Fiche.model_validate(LEILA.model_dump() | change)
    submission = await ask(harness, other, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")
    assert submission.joined is same
    assert (submission.reference == "DC-2026-000001") is same


async def test_joining_carries_the_dossier_along_and_tells_the_team(harness: Harness) -> None:
    await ask(harness)
    await ask(harness, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")
    first, second = await harness.mails(SETTINGS.support_email)
    assert KARIMS_DOSSIER in second["text"]
    assert "jointe" in second["text"]
    assert "nouvelle demande" in second["subject"]
    assert "jointe" not in first["text"]
    details = await harness.account_requests.show("DC-2026-000001")
    assert [requester.dossier for requester in details.requesters] == [CLAIRES_DOSSIER, KARIMS_DOSSIER]


async def test_asking_again_for_the_same_does_not_disturb_the_team(harness: Harness) -> None:
    await ask(harness)
    assert (await ask(harness, key="k2")).joined
    assert len(await harness.mails(SETTINGS.support_email)) == 1
    await ask(harness, key="k3", dossier=CLAIRES_OTHER)
    assert len(await harness.mails(SETTINGS.support_email)) == 2


async def test_only_members_ask_for_a_dossier_and_on_a_basis(harness: Harness) -> None:
    with pytest.raises(NotAMember):
        await ask(harness, by=KARIM)
    with pytest.raises(NotAMember):
        await ask(harness, by=None, dossier=CLAIRES_DOSSIER, basis="consent_given")
    with pytest.raises(MissingBasis):
        await ask(harness, basis=None)
    with pytest.raises(MissingBasis):
        await ask(harness, basis="parce que")
    with pytest.raises(NotAMember):
        await ask(harness, dossier="SPH-2024-999999")
    assert await harness.account_requests.list() == []
    assert await harness.outbox("mail") == []


async def test_somebody_unlinked_asks_for_themself(harness: Harness) -> None:
    assert (await ask(harness, ANNE, by=None)).reference == "DC-2026-000001"
    (mail,) = await harness.mails(SETTINGS.support_email)
    assert "une personne non identifiée" in mail["text"]
    assert "aucun" in mail["text"]
    (status,) = await harness.account_requests.for_conversation("chat", None)
    assert (status.reference, status.name, status.state) == ("DC-2026-000001", "Anne Zimmer", "received")


async def test_who_has_an_account_needs_none(harness: Harness) -> None:
    paul = await harness.account("paul.martin@sphere.example")
    fiche = Fiche.of({"family": "Martin", "given": "Paul", "profession": "kiné", "city": "Vierzon", "email": paul.email})
    by_email = await ask(harness, fiche)
    assert by_email == Submission(None, joined=False, state=HAS_ACCOUNT, account=paul)
    by_number = await ask(harness, Fiche.model_validate(LEILA.model_dump() | {"rpps": paul.rpps}), key="k2")
    assert by_number.account == paul
    colleague = Fiche.of({"family": "Zola", "given": "Eve", "profession": "kiné", "city": "Vierzon", "email": paul.email})
    assert (await ask(harness, colleague, key="k3")).reference == "DC-2026-000001"


async def test_platform_away_keeps_nothing(harness: Harness) -> None:
    claire = await harness.account(CLAIRE)
    harness.sandbox.fault("down")
    with pytest.raises(FhirUnavailable):
        await harness.account_requests.submit(
            LEILA, requester=claire, conversation_id="c", dossier=CLAIRES_DOSSIER, basis="consent_given", key="k"
        )
    assert await harness.account_requests.list() == []
    harness.sandbox.fault("none")
    assert (await ask(harness)).reference == "DC-2026-000001"


async def test_one_sees_only_ones_own(harness: Harness) -> None:
    claire, karim = await harness.account(CLAIRE), await harness.account(KARIM)
    await ask(harness)
    await ask(harness, ANNE, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")
    await ask(harness, ANNE, by=CLAIRE, key="k3")
    assert [s.reference for s in await harness.account_requests.for_conversation("chat", claire.id)] == ["DC-2026-000002", "DC-2026-000001"]
    assert [s.reference for s in await harness.account_requests.for_conversation("elsewhere", karim.id)] == ["DC-2026-000002"]
    assert await harness.account_requests.for_conversation("chat", None) == []  # unlinked since
    assert await harness.account_requests.for_conversation("chat", "stranger") == []


async def test_the_open_request_for_a_person(harness: Harness) -> None:
    await ask(harness)
    for given in (("10001234567", None, None), (None, None, " Leila.Zerane@cabinet.example"), ("1", "2", LEILA.email)):
        status = await harness.account_requests.open_for(*given)
        assert status is not None
        assert status.reference == "DC-2026-000001"
    assert await harness.account_requests.open_for(None, None, None) is None
    assert await harness.account_requests.open_for("10009999999", None, "x@y.example") is None
    await harness.account_requests.refuse("DC-2026-000001", "Doublon")
    assert await harness.account_requests.open_for("10001234567", None, None) is None


async def test_looking_makes_it_to_verify(harness: Harness) -> None:
    await ask(harness)
    details = await harness.account_requests.show(" dc-2026-000001 ")
    assert details.status.state == "to_verify"
    assert details.warnings == ("rpps_checksum",)
    assert dict(details.fiche)["phone"] == "02 47 47 47 47"
    assert [s.state for s in await harness.account_requests.list("to_verify")] == ["to_verify"]
    assert await harness.account_requests.list("received") == []
    with pytest.raises(UnknownRequest):
        await harness.account_requests.show("DC-2026-999999")


async def test_a_question_reaches_every_requester(harness: Harness) -> None:
    await harness.link("chat", CLAIRE)
    await harness.link("karim", KARIM)
    await ask(harness)
    await ask(harness, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")
    await harness.account_requests.ask_more("DC-2026-000001", "Quel est son numéro\nRPPS ?", "Inès")
    for chat in ("chat", "karim"):
        (text,) = await harness.chats(chat)
        assert "Quel est son numéro RPPS ?" in text
        assert "DC-2026-000001" in text
        assert "Leïla Zérane" in text
    (status,) = await harness.account_requests.list("more_info")
    assert status.reason == "Quel est son numéro RPPS ?"
    corrected = Fiche.model_validate(LEILA.model_dump() | {"phone": "+33247000000"})
    submission = await ask(harness, corrected, key="k3")
    assert submission.joined
    assert submission.state == "to_verify"
    details = await harness.account_requests.show("DC-2026-000001")
    assert dict(details.fiche)["phone"] == "02 47 00 00 00"
    assert len(await harness.mails(SETTINGS.support_email)) == 3


async def test_somebody_else_does_not_change_the_fiche(harness: Harness) -> None:
    await ask(harness)
    await harness.account_requests.ask_more("DC-2026-000001", "Quel service ?")
    other = Fiche.model_validate(LEILA.model_dump() | {"email": "voleur@exemple.example"})
    await ask(harness, other, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")
    details = await harness.account_requests.show("DC-2026-000001")
    assert dict(details.fiche)["email"] == LEILA.email
    assert details.requesters[1].differing == (("email", "voleur@exemple.example"),)
    assert details.status.state == "more_info"


async def test_a_refusal_is_told_with_its_reason_once(harness: Harness) -> None:
    await harness.link("chat", CLAIRE)
    await ask(harness)
    await ask(harness, key="k2")  # the same wish again
    await ask(harness, ANNE, by=None, key="k3", conversation_id="anne")
    await harness.account_requests.refuse("DC-2026-000001", "Cette personne n'exerce plus.", "Inès")
    (text,) = await harness.chats("chat")
    assert "Cette personne n'exerce plus." in text
    assert CLAIRES_DOSSIER in text
    with pytest.raises(UnusableText):
        await harness.account_requests.refuse("DC-2026-000002", " \n ")
    await harness.account_requests.refuse("DC-2026-000002", "Hors de la région.")
    (own,) = await harness.chats("anne")
    assert "le compte demandé ici" in own
    with pytest.raises(WrongState) as caught:
        await harness.account_requests.refuse("DC-2026-000001", "Encore")
    assert caught.value.state == "refused"
    with pytest.raises(WrongState):
        await harness.account_requests.ask_more("DC-2026-000001", "Encore ?")
    claire = await harness.account(CLAIRE)
    (status,) = await harness.account_requests.for_conversation("chat", claire.id)
    assert (status.state, status.reason) == ("refused", "Cette personne n'exerce plus.")
    assert [e.actor for e in await harness.trail("accounts.refuse")] == ["agent:Inès", "agent:support"]
    assert (await ask(harness, key="k4")).reference == "DC-2026-000003"  # a refused one is not joined


async def test_a_chat_that_is_no_longer_theirs_learns_nothing(harness: Harness) -> None:
    await harness.link("chat", CLAIRE)
    await ask(harness)
    await harness.identity.unlink("chat")
    await harness.link("chat", KARIM)
    await harness.account_requests.ask_more("DC-2026-000001", "Quel service ?")
    (text,) = await harness.chats("chat")
    assert "Leïla" not in text
    assert "Quel service" not in text
    await harness.link("phone", CLAIRE)
    await harness.account_requests.refuse("DC-2026-000001", "Doublon")
    (told,) = await harness.chats("phone")
    assert "Doublon" in told
    assert len(await harness.chats("chat")) == 1


async def test_names_cannot_write_mails(harness: Harness) -> None:
    claire = await harness.account(CLAIRE)
    evil = type(claire)(**{**vars(claire), "given": "Eve\r\nBcc: all@exemple.example\r\n\r\nFaux", "request": ""})
    await harness.account_requests.submit(ANNE, requester=evil, conversation_id="c", dossier=None, basis=None, key="k")
    (mail,) = await harness.mails(SETTINGS.support_email)
    assert "\n" not in mail["subject"]
    assert "\nBcc" not in mail["text"]


async def test_numbers_have_no_holes_and_start_again_each_year(harness: Harness) -> None:
    await ask(harness)
    with pytest.raises(NotAMember):
        await ask(harness, ANNE, by=KARIM, key="k2")
    assert (await ask(harness, ANNE, key="k3")).reference == "DC-2026-000002"
    harness.clock.advance(timedelta(days=60))
    third = Fiche.model_validate(ANNE.model_dump() | {"family": "Zorro", "email": "z@aide.example"})
    assert (await ask(harness, third, key="k4")).reference == "DC-2027-000001"


async def test_every_submission_is_kept(harness: Harness) -> None:
    for number in range(3):
        await ask(harness, key=f"k{number}")
    async with harness.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(AccountRequester)) == 3


async def test_a_missing_address_is_completed_before_the_account_is_created(harness: Harness) -> None:
    requests = harness.account_requests
    await ask(harness, ANNE.model_copy(update={"email": None}))
    (mail,) = await harness.mails(SETTINGS.support_email)
    assert "manquant" in mail["text"]
    details = await requests.show("DC-2026-000001")
    assert (details.address_to_pick, details.address_to_complete, details.warnings) == (True, True, ("email_missing",))
    with pytest.raises(AddressToPick):
        await requests.create("DC-2026-000001")
    with pytest.raises(UnusableAddress):
        await requests.pick_address("DC-2026-000001", "anne@")
    await requests.pick_address("DC-2026-000001", "Anne@Aide.example", "Inès")
    creation = await requests.create("DC-2026-000001")
    assert creation.account.email == "anne@aide.example"
    assert await harness.mails("anne@aide.example")


async def test_who_joins_gives_the_missing_address(harness: Harness) -> None:
    await ask(harness, ANNE.model_copy(update={"email": None}))
    joined = await ask(harness, ANNE, by=KARIM, dossier=KARIMS_DOSSIER, key="k2", conversation_id="karim")
    details = await harness.account_requests.show("DC-2026-000001")
    assert (joined.joined, details.person.email, details.address_to_pick) == (True, ANNE.email, False)


async def test_a_completed_address_is_in_doubt_where_another_comes(harness: Harness) -> None:
    requests = harness.account_requests
    await ask(harness, ANNE.model_copy(update={"email": None}))
    await requests.pick_address("DC-2026-000001", "anne@ailleurs.example", "Inès")
    await ask(harness, by=None, fiche=ANNE, key="k2", conversation_id="stranger")
    details = await requests.show("DC-2026-000001")
    assert [address.email for address in details.addresses] == ["anne@ailleurs.example", ANNE.email]
    assert (details.address_to_pick, details.address_to_complete) == (True, False)
    await requests.pick_address("DC-2026-000001", "anne@ailleurs.example", "Inès")
    assert not (await requests.show("DC-2026-000001")).address_to_pick


async def test_two_without_an_address_are_two_people(harness: Harness) -> None:
    await ask(harness, ANNE.model_copy(update={"email": None}))
    other = ANNE.model_copy(update={"email": None, "city": "Tours"})
    assert not (await ask(harness, other, key="k2")).joined
    assert (await ask(harness, ANNE.model_copy(update={"email": None}), key="k3", dossier=CLAIRES_OTHER)).joined


async def test_a_completed_record_keeps_the_address_that_the_team_completed(harness: Harness) -> None:
    requests, unknown = harness.account_requests, ANNE.model_copy(update={"email": None})
    await ask(harness, unknown)
    await requests.pick_address("DC-2026-000001", "anne@aide.example", "Inès")
    await requests.ask_more("DC-2026-000001", "Quel service ?")
    await ask(harness, unknown.model_copy(update={"organization": "ADMR"}), key="k2")
    details = await requests.show("DC-2026-000001")
    assert (details.person.email, details.person.organization, details.address_picked_by) == ("anne@aide.example", "ADMR", "Inès")
