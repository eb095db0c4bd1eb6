"""A removal on a day ahead beside other changes of a team: a yes to their card removes nobody today."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.actions.flows.partners.test_change_team import NB, PAUL, add, ask, names_in, remove, somebody_in
from tests.unit.harness import CLAIRES_DOSSIER


@pytest.mark.parametrize("day", ["le 18 décembre", "à partir du 18 décembre", "dans 15 jours"])
async def test_a_removal_on_a_day_ahead_is_no_line_that_a_yes_does_today(claire: Dialogue, day: str) -> None:
    name = await somebody_in(claire)
    text = f"retirez {name} du {CLAIRES_DOSSIER} {day}"
    dated = an_act(text, "remove_partner", partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    card = await ask(claire, add(PAUL), dated)
    assert f"À retirer{NB}: {name}" not in card.text
    assert f"retirer un partenaire ({name})" in card.text
    after = await claire.press("affirm", WEB, basis="consent_given")
    assert name in await names_in(claire)
    assert "Après" in after.text
    assert "décembre" in after.text


@pytest.mark.parametrize("words", ["oui, le 18 décembre", "oui mais à partir du 18 décembre", "ok pour {} le 18 décembre"])
async def test_a_day_at_the_card_of_removals_removes_nobody_today(claire: Dialogue, words: str) -> None:
    names = sorted(await names_in(claire) - {"Claire Moreau"})
    card = await ask(claire, *(remove(name) for name in names))
    assert card.text.count("À retirer") == 2
    await claire.say(words.format(names[0]), "affirm", WEB, **({"partner_name": names[0]} if "{}" in words else {}))
    assert set(names) <= await names_in(claire)
