"""Words that take the date of an access away never take the person away."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.flows.partners.test_change_team import PAUL, SOPHIE, add, ask, names_in
from tests.unit.harness import CLAIRES_DOSSIER


@pytest.mark.parametrize("words", ["enlevez la date pour {name}", "enlève la date de fin de {name}", "supprimez les dates pour {name}"])
async def test_words_that_take_a_date_away_keep_the_person(claire: Dialogue, words: str) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=" jusqu'au 15 janvier"))
    said = words.format(name=PAUL)
    card = await claire.say(said, "remove_partner", WEB, partner_name=PAUL)
    assert f"ajouter M. {PAUL}" in card.text or f"À ajouter\u00a0: M. {PAUL}" in card.text
    done = await claire.press("affirm", WEB, basis="consent_given")
    assert done.text.count("a maintenant accès") == 2
    assert done.text.count("jusqu’au 15 janvier") == 1
    assert {PAUL, SOPHIE} <= await names_in(claire)


async def test_a_date_taken_away_for_the_usager_removes_nobody(claire: Dialogue) -> None:
    words = f"ajoute {PAUL} kiné à Vierzon au {CLAIRES_DOSSIER} à partir du 15 janvier"
    await claire.say(words, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    said = "enlevez la date pour Durand, il n'y a pas de date de début"
    card = await claire.say(said, "remove_partner", WEB, usager_name="Durand")
    assert "retirer" not in card.text
    assert claire.form == "add_partner_form"
    assert claire.slots["access_from"] is None
