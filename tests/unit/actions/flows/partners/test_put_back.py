"""Who left a team before this conversation is put back as the one who was there, not looked for anew in the directory."""

from __future__ import annotations

import pytest

from actions.flows.partners.put_back import names_dossier, puts_back
from actions.flows.partners.undo_wish import read_undo_wish
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.actions.flows.partners.test_undo_act import PAUL, add_paul, remove
from tests.unit.actions.framework.test_turn import entity, turn
from tests.unit.harness import CLAIRES_DOSSIER


async def paul_left_long_ago(claire: Dialogue) -> None:
    """Let Paul Martin have left the dossier before this conversation."""
    await add_paul(claire)
    await remove(claire, PAUL)
    claire.slots["last_acts"] = None


@pytest.mark.parametrize(
    ("words", "intent", "named"),
    [
        ("remettez Martin dans le dossier 137, je l'ai retiré hier par erreur", "remove_partner", {"partner_name": "Martin"}),
        ("remets M. Martin dans le dossier 137 svp", "resume_notifications", {"usager_name": "Martin"}),
        ("il faut réintégrer Martin à l'équipe du 137", "add_partner", {"partner_name": "Martin"}),
        ("redonnez l'accès à Martin au dossier 137", "nlu_fallback", {"partner_name": "Martin"}),
    ],
)
async def test_who_left_is_the_one_who_is_put_back(claire: Dialogue, words: str, intent: str, named: dict[str, str]) -> None:
    await paul_left_long_ago(claire)
    card = await claire.say(words, intent, WEB, dossier_ref="137", **named)
    assert PAUL in card.text
    assert "voulez-vous lui donner accès" in card.text


async def test_the_dossier_spoken_of_last_is_where_they_were(claire: Dialogue) -> None:
    await paul_left_long_ago(claire)
    card = await claire.say("remettez Martin", "add_partner", WEB, partner_name="Martin")
    assert PAUL in card.text
    assert CLAIRES_DOSSIER in card.text


async def test_who_was_never_there_is_looked_for_in_the_directory(claire: Dialogue) -> None:
    card = await claire.say("remettez Martin dans le 137", "add_partner", WEB, partner_name="Martin", dossier_ref="137")
    assert "voulez-vous lui donner accès" not in card.text
    assert claire.slots["partner_choices"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("remettez les notifications de Mme Martin", {"usager_name": "Martin"}),
        ("remettez Martin en sourdine", {"usager_name": "Martin"}),
        ("remettez Martin", {"usager_name": "Martin"}),
        ("redonnez-moi les codes de Martin", {"partner_name": "Martin"}),
        ("vous pouvez remettre Martin ?", {"partner_name": "Martin"}),
        ("ajoutez Martin au dossier 137", {"partner_name": "Martin"}),
        ("remettez ça à plus tard pour Martin", {"partner_name": "Martin"}),
    ],
)
def test_what_puts_nobody_back(words: str, named: dict[str, str]) -> None:
    assert not puts_back(turn(words, entities=[entity(name, words, value) for name, value in named.items()]))


@pytest.mark.parametrize(
    "text",
    [
        "ne remettez pas Thierry",
        "surtout ne le remettez pas",
        "il ne faut pas remettre Thierry",
        "inutile de remettre Thierry",
        "pas la peine d'annuler",
        "ne l'annulez pas",
        "le médecin veut remettre Thierry",
        "elle a demandé de remettre Thierry",
    ],
)
def test_what_is_refused_or_wanted_by_others_takes_nothing_back(text: str) -> None:
    assert read_undo_wish(text) is None


@pytest.mark.parametrize("text", ["remettez Thierry", "annulez le retrait", "je veux remettre Thierry"])
def test_what_is_wanted_back_is_read(text: str) -> None:
    assert read_undo_wish(text) is not None


@pytest.mark.parametrize(
    "words", ["remettez Martin chez Mme Lamy", "remettez Martin dans le dossier Durand", "remettez Martin chez Odette"]
)
def test_the_last_dossier_does_not_stand_for_one_that_is_named(words: str) -> None:
    usager = words.split()[-1]
    named = [entity("partner_name", words, "Martin"), entity("usager_name", words, usager)]
    assert names_dossier(turn(words, entities=named))


def test_a_number_names_a_dossier_and_a_partner_alone_does_not() -> None:
    words = "remettez Martin au 142"
    assert names_dossier(turn(words, entities=[entity("partner_name", words, "Martin"), entity("dossier_ref", words, "142")]))
    assert not names_dossier(turn("remettez Martin", entities=[entity("partner_name", "remettez Martin", "Martin")]))
