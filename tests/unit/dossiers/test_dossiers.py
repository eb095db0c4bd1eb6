"""Dossiers: the ones of a member, looking for one, opening one."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest

from bot.dossiers.dossiers import NotAMember, Pending, Usager
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

JEANNE = Usager("Durand", "Jeanne", date(1948, 3, 12), "female")
NEW = Usager("Sabourin", "Léon Marie", date(1950, 1, 31), "male")


async def test_a_member_sees_their_own_dossiers_and_no_others(harness: Harness) -> None:
    claire, karim = await harness.account("claire.moreau"), await harness.account("karim.benali")
    own = await harness.dossiers.of_member(claire)
    assert [dossier.reference for dossier in own] == ["SPH-2025-000018", "SPH-2024-000142", "SPH-2024-000137"]
    assert own[2].usager == JEANNE
    assert [dossier.referent_id == claire.id for dossier in own] == [False, False, True]
    assert await harness.dossiers.get("sph-2024-000137 ", claire) == own[2]
    with pytest.raises(NotAMember):
        await harness.dossiers.get("SPH-2024-000137", karim)
    for reference in ("SPH-2024-999999", "Durand", "", "SPH-2024-000137|x"):
        with pytest.raises(NotAMember):
            await harness.dossiers.get(reference, claire)


@pytest.mark.parametrize(
    ("name", "birth_date", "count"),
    [
        ("Durand", None, 1),
        ("durant jeane", None, 1),
        ("DURAND Jeanne", date(1948, 3, 12), 1),
        ("Durand", date(1948, 3, 13), 0),
        (None, date(1939, 11, 2), 1),
        ("Fontaine", None, 0),
        ("Martin", None, 0),
        (None, None, 3),
    ],
)
async def test_own_dossiers_are_searched(harness: Harness, name: str | None, birth_date: date | None, count: int) -> None:
    claire = await harness.account("claire.moreau")
    assert len(await harness.dossiers.search(claire, name=name, birth_date=birth_date)) == count


async def test_possible_duplicates_are_one_s_own(harness: Harness) -> None:
    claire, karim = await harness.account("claire.moreau"), await harness.account("karim.benali")
    like = Usager("DURANT", "Jeanne", date(1948, 3, 12), "female")
    assert [dossier.reference for dossier in await harness.dossiers.possible_duplicates(claire, like)] == ["SPH-2024-000137"]
    assert await harness.dossiers.possible_duplicates(claire, NEW) == []
    assert await harness.dossiers.possible_duplicates(karim, like) == []


async def test_a_new_dossier_has_its_creator_as_referent(harness: Harness, sandbox: Sandbox) -> None:
    claire = await harness.account("claire.moreau")
    dossier = await harness.dossiers.create(NEW, claire, "k1", channel="web")
    assert re.fullmatch(r"SPH-2026-\d{6}", dossier.reference)
    assert await harness.dossiers.create(NEW, claire, "k1", channel="web") == dossier
    assert await harness.dossiers.get(dossier.reference, claire) == dossier
    team = sandbox.team_of(dossier.reference)
    assert {"identifier", "status", "name", "subject", "period"} <= team.keys()
    assert "Sabourin" not in str(team)
    (partner,) = await harness.partners.list(dossier.reference, claire)
    assert partner.is_referent
    (event,) = await harness.trail()
    assert (event.action, event.dossier, event.actor, event.outcome) == ("dossiers.create", dossier.reference, claire.id, "created")
    assert (await harness.operation("k1")).payload == {}  # whose dossier it is stays on the platform


async def test_the_same_key_at_once_makes_one_dossier(harness: Harness, sandbox: Sandbox) -> None:
    claire = await harness.account("claire.moreau")
    made = await asyncio.gather(*(harness.dossiers.create(NEW, claire, "k1") for _ in range(4)))
    assert len({dossier.reference for dossier in made}) == 1
    assert len(sandbox.found("Patient", family="Sabourin")) == 1


@pytest.mark.parametrize(("mode", "kind"), [("down", "Patient"), ("down", "CareTeam"), ("lost", "Patient"), ("lost", "CareTeam")])
async def test_a_dossier_interrupted_anywhere_is_completed_once(harness: Harness, sandbox: Sandbox, mode: str, kind: str) -> None:
    claire = await harness.account("claire.moreau")
    sandbox.fault(mode, type=kind, method="POST")
    with pytest.raises(Pending):
        await harness.dossiers.create(NEW, claire, "k1", conversation_id="chat")
    sandbox.fault("none")
    harness.clock.advance(timedelta(minutes=1))
    assert await harness.operations.run_due() == 1
    (patient,) = sandbox.found("Patient", family="Sabourin")
    assert len(sandbox.found("CareTeam", patient=f"Patient/{patient['id']}")) == 1
    dossier = await harness.dossiers.create(NEW, claire, "k1", conversation_id="chat")
    (row,) = await harness.outbox()
    assert dossier.reference in row.payload["text"]
    assert "Sabourin" not in str(row.payload)


async def test_a_number_that_is_taken_is_drawn_again(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    claire = await harness.account("claire.moreau")
    draws = iter([7, 7, 8])
    monkeypatch.setattr("bot.dossiers.dossiers.secrets.randbelow", lambda _limit: next(draws))
    made = [(await harness.dossiers.create(NEW, claire, key)).reference for key in ("k1", "k2")]
    assert made == ["SPH-2026-000007", "SPH-2026-000008"]
