"""Which act a wish to take one back is about: the dossier that it names counts, and a name that was taken for an usager's."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.flows.partners.test_undo_act import PAUL, a_member, add_paul, names, remove
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER

ONE, OTHER = "137", "142"


async def add_to_both(claire: Dialogue) -> None:
    """Add Paul Martin to both dossiers, to the second one last."""
    assert "a maintenant accès" in (await add_paul(claire, CLAIRES_DOSSIER)).text
    assert "a maintenant accès" in (await add_paul(claire, CLAIRES_OTHER)).text


@pytest.mark.parametrize(
    ("words", "intent", "named"),
    [
        ("annulez ce que vous venez de faire pour le dossier 137", "remove_partner", {"dossier_ref": ONE}),
        ("annule l'ajout dans le dossier 137", "remove_partner", {"dossier_ref": ONE}),
        ("défaites ça sur le SPH-2024-000137 svp", "cancel", {"dossier_ref": CLAIRES_DOSSIER}),
        ("annulez l'ajout du dossier de Mme Durand", "remove_partner", {"usager_name": "Durand"}),
        ("annule pour le 137", "cancel", {}),
        ("annule l'ajout de Paul Martin au 137", "remove_partner", {"dossier_ref": ONE, "partner_name": PAUL}),
    ],
)
async def test_the_act_of_the_dossier_that_is_named_is_undone(claire: Dialogue, words: str, intent: str, named: dict[str, str]) -> None:
    await add_to_both(claire)
    card = await claire.say(words, intent, WEB, **named)
    assert "annuler cet ajout" in card.text
    assert CLAIRES_DOSSIER in card.text
    assert CLAIRES_OTHER not in card.text


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("annulez ce que vous venez de faire pour le dossier 142", "remove_partner"),
        ("annulez l'ajout au dossier 142", "remove_partner"),
        ("défais ça dans le dossier 142", "cancel"),
    ],
)
async def test_where_nothing_was_done_nothing_is_undone(claire: Dialogue, words: str, intent: str) -> None:
    await add_paul(claire)
    answer = await claire.say(words, intent, WEB, dossier_ref=OTHER)
    assert "je n’ai rien ajouté ni retiré dans le dossier 142" in answer.text
    assert claire.form is None
    assert PAUL in await names(claire)


@pytest.mark.parametrize("words", ["non pas celui-là, le 142", "je me suis trompée de dossier, c'était le 142", "mauvais dossier, le 142"])
async def test_the_dossier_of_a_mistake_is_where_it_should_have_been(claire: Dialogue, words: str) -> None:
    await add_paul(claire)
    card = await claire.say(words, "correct", WEB)
    assert CLAIRES_DOSSIER in card.text
    assert "annuler cet ajout" in card.text
    after = await claire.say("oui", "affirm", WEB)
    assert CLAIRES_OTHER in after.text
    assert "voulez-vous lui donner accès" in after.text


@pytest.mark.parametrize(
    ("words", "intent"),
    [("remettez {}", "resume_notifications"), ("il faut remettre {}", "nlu_fallback"), ("réintégrez {} svp", "add_partner")],
)
async def test_a_name_that_was_taken_for_an_usagers_is_who_was_removed(claire: Dialogue, words: str, intent: str) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    surname = name.split()[-1]
    done = await claire.say(words.format(surname), intent, WEB, usager_name=surname)
    assert "de nouveau accès" in done.text
    assert name in await names(claire)


async def test_who_was_removed_elsewhere_is_not_brought_back_there(claire: Dialogue) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    answer = await claire.say(f"remettez {name} dans le 142", "add_partner", WEB, partner_name=name, dossier_ref=OTHER)
    assert "de nouveau accès" not in answer.text
    assert (claire.form, claire.slots["dossier"]) == ("add_partner_form", CLAIRES_OTHER)


async def test_a_removal_that_is_named_is_taken_back_not_the_addition_after_it(claire: Dialogue) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    await add_paul(claire)
    card = await claire.say("annulez le retrait", "cancel", WEB)
    assert name in card.text
    assert PAUL not in card.text
