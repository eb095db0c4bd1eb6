"""The dossiers as an external channel may show them: a reference, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.actions.dialogue import ROOT, TELEGRAM, WEB, Dialogue
from tests.unit.actions.external_channel import TRAITS
from tests.unit.harness import CLAIRES_DOSSIER


def test_only_one_module_uses_the_dossiers_themselves() -> None:
    reached = {path.name for path in Path(ROOT / "actions").rglob("*.py") if "services.dossiers" in path.read_text()}
    assert reached == {"context.py"}


@pytest.mark.parametrize("channel", [TELEGRAM, WEB])
async def test_an_external_channel_shows_references_alone(claire: Dialogue, channel: dict[str, object]) -> None:
    trusted = bool(channel["trusted"])
    answers = [
        await claire.press("list_dossiers", channel),
        await claire.say(f"retrouve {CLAIRES_DOSSIER}", "find_dossier", channel, dossier_ref=CLAIRES_DOSSIER),
        await claire.press("remove_partner", channel, dossier_ref=CLAIRES_DOSSIER),
    ]
    member = next(p for p in reversed(answers[-1].payloads) if "member" in p)
    answers.append(await claire.press("choose", channel, member=member.split('"')[3]))
    assert "Voulez-vous lui retirer l’accès" in answers[-1].text
    claire.slots, claire.form = {}, None
    answers.append(await claire.press("add_partner", channel))
    for answer in (*answers[:2], *answers[-2:]):
        assert CLAIRES_DOSSIER in answer.all
        assert bool(TRAITS.search(answer.all)) is trusted, answer.all


async def test_a_card_on_an_external_channel_shows_the_reference_alone(claire: Dialogue) -> None:
    asked = await claire.press("add_partner", dossier_ref=CLAIRES_DOSSIER)
    assert "Quel est le nom du professionnel" in asked.text
    card = await claire.say("Leïla Benali, cardiologue à Tours", "inform", partner_name="Leïla Benali", city="Tours")
    assert f"Dossier\u00a0: {CLAIRES_DOSSIER}\n" in card.text
    assert not TRAITS.search(card.all)
    assert f"Dossier\u00a0: {CLAIRES_DOSSIER} – Jeanne Durand (12/03/1948)" in (await claire.press("repeat", WEB, continued="1")).text
