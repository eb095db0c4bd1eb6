"""Accounts as real platforms have them: several names, addresses and identifiers, of which those that hold now count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.accounts.professional_numbers import IDNPS_SYSTEM, RPPS_SYSTEM
from bot.accounts.registry import AccountRegistry, account_of
from bot.fhir.mapping import load_mapping
from bot.identity.errors import NoCode, WrongCode
from tests.unit.harness import START, Harness
from tests.unit.sandbox.sandbox_server import Sandbox

G15 = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
DIPLOMA = "https://mos.esante.gouv.fr/NOS/TRE_R48-DiplomeEtatFrancais/FHIR/TRE-R48-DiplomeEtatFrancais"
V2_0203 = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
RPPS = "10100000017"


def practitioner(**parts: Any) -> dict[str, Any]:
    return {"resourceType": "Practitioner", "id": "p1", "active": True, **parts}


def typed(code: str, value: str, **more: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": V2_0203, "code": code}]}, "value": value, **more}


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        ([{"family": "Ancien", "given": ["Luc"], "use": "old"}, {"family": "Nouveau", "given": ["Luc"], "use": "official"}], "Luc Nouveau"),
        ([{"family": "Civil", "given": ["Eve"], "use": "official"}, {"family": "Exerce", "given": ["Eve"], "use": "usual"}], "Eve Exerce"),
        ([{"family": "Fini", "period": {"end": "2020"}}, {"family": "Actuel", "given": ["Eve"]}], "Eve Actuel"),
        ([{"family": "Bientôt", "period": {"start": "2031-02"}, "use": "usual"}, {"family": "Actuel"}], "Actuel"),
        ([{"family": "Fille", "use": "maiden"}, {"family": "Passager", "use": "temp"}], "Passager"),
        ([{"text": "Dr Léa DE LA TOUR"}], "Léa DE LA TOUR"),
        ([{"family": "Seul", "use": "old"}], "Seul"),
        ([{"use": "usual"}, {"family": "Reste", "use": "official"}], "Reste"),
        ([], ""),
    ],
)
def test_the_name_is_the_one_that_holds_now(names: list[dict[str, Any]], whole: str) -> None:
    assert account_of(practitioner(name=names), START).name == whole


@pytest.mark.parametrize(
    ("identifiers", "numbers"),
    [
        ([{"system": RPPS_SYSTEM, "value": RPPS}], (RPPS, "")),
        ([{"system": IDNPS_SYSTEM, "value": RPPS}], (RPPS, "")),
        ([{"system": IDNPS_SYSTEM, "value": f"8{RPPS}"}], (RPPS, "")),
        ([{"system": IDNPS_SYSTEM, "value": "0379310013"}], ("", "379310013")),
        ([typed("RPPS", RPPS)], (RPPS, "")),
        ([typed("RPPS", f"8{RPPS}", system="urn:region:ps")], (RPPS, "")),
        ([typed("IDNPS", f"8{RPPS}")], (RPPS, "")),
        ([typed("ADELI", "379310013")], ("", "379310013")),
        ([{"system": RPPS_SYSTEM, "value": "10100000025", "use": "old"}, typed("RPPS", RPPS)], (RPPS, "")),
        ([{"system": RPPS_SYSTEM, "value": "10100000025", "period": {"end": "2021-05-01"}}], ("", "")),
        ([{"system": IDNPS_SYSTEM, "value": "3370000012/0000000017"}], ("", "")),
        ([{"system": "urn:region:hr", "value": RPPS}], ("", "")),
        ([typed("EI", RPPS, system="urn:region:hr")], ("", "")),
        ([{"system": RPPS_SYSTEM}], ("", "")),
    ],
)
def test_national_numbers_are_known_by_their_system_or_their_type(identifiers: list[dict[str, Any]], numbers: tuple[str, str]) -> None:
    account = account_of(practitioner(identifier=identifiers), START)
    assert (account.rpps, account.adeli) == numbers


@pytest.mark.parametrize(
    ("points", "emails"),
    [
        ([{"value": "b@x.example", "rank": 2}, {"value": "a@x.example", "rank": 1}], ("a@x.example", "b@x.example")),
        ([{"value": "h@x.example", "use": "home", "rank": 1}, {"value": "w@x.example", "use": "work"}], ("w@x.example", "h@x.example")),
        ([{"value": "o@x.example", "use": "old", "rank": 1}, {"value": "n@x.example"}], ("n@x.example",)),
        ([{"value": "o@x.example", "period": {"end": "2026-11-22"}}, {"value": "n@x.example"}], ("n@x.example",)),
        ([{"value": "o@x.example", "period": {"end": "2026-11-23"}}], ("o@x.example",)),
        ([{"value": "l@x.example", "period": {"start": "2027"}}], ()),
        ([{"value": " s@x.example "}, {"value": "s@x.example"}], ("s@x.example",)),
        ([{}], ()),
    ],
)
def test_addresses_are_current_and_in_the_order_of_use_and_rank(points: list[dict[str, Any]], emails: tuple[str, ...]) -> None:
    account = account_of(practitioner(telecom=[{"system": "email", **point} for point in points]), START)
    assert account.emails == emails
    assert account.email == next(iter(emails), "")


@pytest.mark.parametrize(
    ("addresses", "written_to"),
    [
        (("a@medecin.mssante.fr", "a@x.example"), "a@x.example"),
        (("a@X.MSSANTE.FR", "b@y.mssante.fr", "c@x.example", "d@x.example"), "c@x.example"),
        (("a@x.example", "a@medecin.mssante.fr"), "a@x.example"),
        (("a@medecin.mssante.fr", "b@medecin.mssante.fr"), "a@medecin.mssante.fr"),
        (("a@notmssante.fr", "b@x.example"), "a@notmssante.fr"),
    ],
)
def test_mails_go_to_an_ordinary_address_where_there_is_one(addresses: tuple[str, ...], written_to: str) -> None:
    account = account_of(practitioner(telecom=[{"system": "email", "value": address} for address in addresses]), START)
    assert account.email == written_to
    assert account.emails == addresses


def test_a_record_of_the_directory_has_its_profession_by_its_code() -> None:
    codings = [[{"system": DIPLOMA, "code": "DE09"}], [{"system": G15, "code": "70"}]]
    account = account_of(practitioner(qualification=[{"code": {"coding": coding}} for coding in codings]), START)
    assert account.profession == "Masseur-Kinésithérapeute"


def two_addresses(sandbox: Sandbox, first: str, second: str, **more: Any) -> dict[str, Any]:
    """Let Paul have two current addresses, and one that ended."""
    points = [{"system": "email", "value": first, "rank": 1}, {"system": "email", "value": second, "rank": 2}]
    ended = {"system": "email", "value": "fini@x.example", "period": {"end": "2024-01-01"}}
    changed = {**sandbox.practitioner("paul.martin@sphere.example"), "telecom": [*points, ended], **more}
    sandbox.put(changed).raise_for_status()
    return changed


async def test_any_current_address_signs_in_and_the_code_goes_there(harness: Harness, sandbox: Sandbox) -> None:
    paul = two_addresses(sandbox, "Paul@mssante.example", "paul@cabinet.example")
    for chat, typed_address, mailed in (
        ("c1", "paul@MSSANTE.example", "Paul@mssante.example"),
        ("c2", "paul@cabinet.example", "paul@cabinet.example"),
    ):
        await harness.identity.start_code(chat, typed_address)
        assert (await harness.identity.check_code(chat, await harness.code(mailed))).id == paul["id"]
    for unknown in ("fini@x.example", "paul.martin@sphere.example"):
        await harness.identity.start_code("c3", unknown)
        assert await harness.mails(unknown) == []
        with pytest.raises((NoCode, WrongCode)):
            await harness.identity.check_code("c3", "123456")


async def test_an_address_that_two_accounts_have_is_nobodys(harness: Harness, sandbox: Sandbox) -> None:
    two_addresses(sandbox, "paul@x.example", "sophie.leroux@sphere.example")
    assert await harness.registry.by_email("sophie.leroux@sphere.example") is None
    assert await harness.registry.by_email("paul@x.example") is not None


@pytest.mark.parametrize(
    "identifier", [{"system": IDNPS_SYSTEM, "value": RPPS}, {"system": IDNPS_SYSTEM, "value": f"8{RPPS}"}, typed("RPPS", RPPS)]
)
async def test_an_account_is_found_by_its_number_wherever_it_stands(harness: Harness, sandbox: Sandbox, identifier: dict[str, Any]) -> None:
    paul = two_addresses(sandbox, "paul@x.example", "p@x.example", identifier=[identifier])
    found = await harness.registry.by_identifier(rpps=RPPS)
    assert found is not None
    assert found.id == paul["id"]


async def test_a_record_of_the_directory_is_an_account_where_the_mapping_says_so(
    harness: Harness, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "region.toml").write_text('[account]\ntag = "urn:region|compte"', "utf-8")
    record = {
        "identifier": [typed("RPPS", RPPS)],
        "name": [{"family": "Exemplaire"}],
        "telecom": [{"system": "email", "value": "e@x.example"}],
    }
    made = sandbox.post("Practitioner", practitioner(**record)).json()
    filtered = AccountRegistry(harness.fhir, harness.clock, load_mapping(tmp_path / "region.toml"))
    assert (await harness.registry.by_email("e@x.example")) is not None
    closed = await filtered.get(made["id"])
    assert closed is not None
    assert not closed.active
    sandbox.put({**made, "meta": {"tag": [{"system": "urn:region", "code": "compte"}]}}).raise_for_status()
    opened = await filtered.get(made["id"])
    assert opened is not None
    assert opened.active
