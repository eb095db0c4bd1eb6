"""The first-use code that is mailed is the one whose hash the platform has, whatever became of SECRET since; or none is."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from bot.accounts.account_resources import FIRST_USE_URL
from bot.accounts.creation import AccountCreations
from bot.accounts.errors import CodesUnreadable
from bot.accounts.first_use_code import FirstUseCodes
from bot.accounts.tables import AccountRequest
from bot.core.key_rotation import rotate
from bot.core.secret import Secret
from bot.encrypted_columns import ENCRYPTED
from bot.fhir.errors import FhirUnavailable
from tests.unit.accounts.test_requests import LEILA
from tests.unit.harness import Harness

REFERENCE = "DC-2026-000001"
OLD, NEW = "o" * 32, "n" * 32
STEPS = {"both, the old one first": Secret(OLD, NEW), "both, the new one first": Secret(NEW, OLD)}


def creations(harness: Harness, secret: str) -> AccountCreations:
    made = harness.account_requests._creations
    return AccountCreations(harness.database, harness.registry, harness.partners, harness.clock, made._notices, secret)


async def codes(harness: Harness) -> list[str]:
    texts = [str(mail["text"]) for mail in await harness.mails(LEILA.email)]
    return [re.findall(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}\b", text)[0] for text in texts]


@pytest.fixture
async def created(harness: Harness) -> str:
    await harness.account_requests.submit(LEILA, requester=None, conversation_id="c", dossier=None, basis=None, key="k")
    await creations(harness, OLD).create(REFERENCE, "support")
    return (await codes(harness))[0]


async def as_before(harness: Harness) -> None:
    """Leave the row as a version before did."""
    async with harness.database.writing() as session:
        await session.execute(update(AccountRequest).values(sealed_code=None))


def hide_the_hash(harness: Harness) -> None:
    practitioner = harness.sandbox.practitioner(LEILA.email)
    kept = [one for one in practitioner["extension"] if one["url"] != FIRST_USE_URL]
    changed = {name: value for name, value in practitioner.items() if name != "extension"} | ({"extension": kept} if kept else {})
    harness.sandbox.put(changed).raise_for_status()


@pytest.mark.parametrize("before", [False, True], ids=["stored", "of a version before"])
@pytest.mark.parametrize("secret", STEPS.values(), ids=STEPS)
async def test_the_same_code_goes_out_while_the_secret_is_changed(harness: Harness, created: str, secret: Secret, before: bool) -> None:
    if before:
        await as_before(harness)
    await creations(harness, secret).mail_codes_again(REFERENCE, "support")
    assert await codes(harness) == [created, created]


async def test_the_same_code_goes_out_after_the_change(harness: Harness, created: str) -> None:
    found = {one.name: one.renewed for one in await rotate(harness.database, Secret(NEW, OLD), ENCRYPTED)}
    assert found["first_use_codes"] == 1
    hide_the_hash(harness)
    await creations(harness, NEW).mail_codes_again(REFERENCE, "support")
    assert await codes(harness) == [created, created]


@pytest.mark.parametrize("hidden", [False, True], ids=["hash shown", "hash hidden"])
@pytest.mark.parametrize("before", [False, True], ids=["stored", "of a version before"])
async def test_a_code_that_would_never_work_is_not_mailed(harness: Harness, created: str, before: bool, hidden: bool) -> None:
    if before:
        await as_before(harness)
    if hidden:
        hide_the_hash(harness)
    secret = Secret(NEW, "t" * 32) if before else NEW
    with pytest.raises(CodesUnreadable):
        await creations(harness, secret).mail_codes_again(REFERENCE, "support")
    assert await codes(harness) == [created]


async def test_what_a_version_before_stored_goes_out_where_there_is_one_secret(harness: Harness, created: str) -> None:
    await as_before(harness)
    hide_the_hash(harness)
    await creations(harness, OLD).mail_codes_again(REFERENCE, "support")
    assert await codes(harness) == [created, created]


@pytest.mark.parametrize("secret", [Secret(NEW, OLD), NEW], ids=["changed", "lost"])
async def test_a_creation_that_was_interrupted_is_ended_with_a_code_that_works(harness: Harness, secret: str) -> None:
    await harness.account_requests.submit(LEILA, requester=None, conversation_id="c", dossier=None, basis=None, key="k")
    harness.sandbox.fault("down", method="POST", type="Practitioner")
    with pytest.raises(FhirUnavailable):
        await creations(harness, OLD).create(REFERENCE, "support")
    harness.sandbox.fault("none")
    creation = await creations(harness, secret).create(REFERENCE, "support")
    (code,) = await codes(harness)
    async with harness.database.reading() as session:
        row = await session.get_one(AccountRequest, 1)
    assert FirstUseCodes(secret).read(row.sealed_code) == code
    assert row.nonce is not None
    hashed = await harness.registry.first_use_hash(creation.account.id)
    assert hashed is not None
    assert FirstUseCodes(OLD if isinstance(secret, Secret) else NEW).fitting(REFERENCE, row.nonce, hashed) == code
