"""The last act is taken back: the right person in the right dossier, after one confirmation, as far as the user may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.flows.partners.undo_wish import read_undo_wish
from tests.unit.actions.dialogue import WEB, Answer, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER, KARIM, Harness

PAUL = "Paul Martin"


async def add_paul(dialogue: Dialogue, dossier: str = CLAIRES_DOSSIER) -> Answer:
    words = f"ajoute {PAUL} kiné à Vierzon au dossier {dossier}"
    await dialogue.say(words, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=dossier)
    return await dialogue.press("affirm", WEB, basis="consent_given")


async def a_member(dialogue: Dialogue, dossier: str = CLAIRES_DOSSIER) -> str:
    """Return the name of somebody in a dossier of Claire's besides her."""
    account = await dialogue.services.identity.person_of(dialogue.id)
    assert account is not None
    return next(p.display for p in await dialogue.services.partners.list(dossier, account) if not p.is_referent)


async def remove(dialogue: Dialogue, name: str) -> Answer:
    await dialogue.say(f"retire {name} du {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    return await dialogue.say("oui", "affirm", WEB)


async def names(dialogue: Dialogue, dossier: str = CLAIRES_DOSSIER) -> str:
    return (await dialogue.press("list_partners", WEB, dossier_ref=dossier)).text


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("annule", "cancel"),
        ("annulez ça svp", "cancel"),
        ("je me suis trompée de dossier", "correct"),
        ("mince c'était pas lui", "deny"),
        ("annule l'ajout de Paul Martin", "remove_partner"),
        ("oups erreur de dossier", "nlu_fallback"),
    ],
)
async def test_an_addition_is_undone_after_one_confirmation(claire: Dialogue, words: str, intent: str) -> None:
    assert "a maintenant accès" in (await add_paul(claire)).text
    named = {"partner_name": PAUL} if PAUL in words else {}
    card = await claire.say(words, intent, WEB, **named)
    assert PAUL in card.text
    assert "Jeanne Durand" in card.text
    assert "annuler cet ajout" in card.text
    done = await claire.say("oui", "affirm", WEB)
    assert f"C’est annulé\u00a0: M. {PAUL} n’a plus accès au dossier {CLAIRES_DOSSIER}" in done.text
    assert PAUL not in await names(claire)


async def test_a_declined_undo_changes_nothing(claire: Dialogue) -> None:
    await add_paul(claire)
    await claire.say("annule", "cancel", WEB)
    assert "je laisse tout en l’état" in (await claire.say("non", "deny", WEB)).text
    assert PAUL in await names(claire)


async def test_a_yes_that_says_it_again_is_a_yes(claire: Dialogue) -> None:
    await add_paul(claire)
    await claire.say("annule", "cancel", WEB)
    assert "C’est annulé" in (await claire.say("oui annulez l’ajout", "cancel", WEB)).text


async def test_the_button_under_the_success_undoes_its_own_act(claire: Dialogue) -> None:
    added = await add_paul(claire)
    await claire.press("list_dossiers", WEB)
    card = await claire.press("cancel", WEB, **added.entities_of("Annuler cet ajout"))
    assert "annuler cet ajout" in card.text
    assert "C’est annulé" in (await claire.press("affirm", WEB)).text
    again = await claire.press("cancel", WEB, **added.entities_of("Annuler cet ajout"))
    assert "C’est déjà annulé" in again.text


@pytest.mark.parametrize(
    ("words", "intent"), [("remettez {}", "add_partner"), ("NON pas {} ! remettez {}", "deny"), ("non pas lui ! remettez-le", "correct")]
)
async def test_who_was_just_removed_is_brought_back_at_once(claire: Dialogue, words: str, intent: str) -> None:
    name = await a_member(claire)
    assert "n’a plus accès" in (await remove(claire, name)).text
    said = words.format(name, name)
    answer = await claire.say(said, intent, WEB, **({"partner_name": name} if name in said else {}))
    assert f"C’est rétabli\u00a0: {name} a de nouveau accès" in answer.text
    assert name in await names(claire)
    assert "C’est déjà annulé" in (await claire.say("annule", "cancel", WEB)).text


async def test_a_later_wish_to_bring_back_is_confirmed(claire: Dialogue) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    await claire.press("list_dossiers", WEB)
    card = await claire.say(f"remettez {name}", "add_partner", WEB, partner_name=name)
    assert "annuler ce retrait" in card.text
    assert "C’est rétabli" in (await claire.press("affirm", WEB)).text


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("oui mais juste jusqu’à vendredi", "affirm"),
        ("remettez la jusqu’à vendredi. Flossooux reste", "mute_notifications"),
        ("ok redonnez-lui l’accès, jusqu’à vendredi seulement", "add_partner"),
    ],
)
async def test_who_is_brought_back_until_a_day_has_that_end(claire: Dialogue, words: str, intent: str) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    await claire.press("list_dossiers", WEB)
    await claire.say(f"remettez {name}", "add_partner", WEB, partner_name=name)
    card = await claire.say(words, intent, WEB)
    assert "Accès\u00a0: jusqu’au" in card.text
    assert "rétabli" not in card.text
    done = await claire.say("oui", "affirm", WEB)
    assert "C’est rétabli" in done.text
    assert "jusqu’au" in done.text
    assert "comme avant" not in done.text
    assert name in await names(claire)


@pytest.mark.parametrize("condition", ["si elle est d’accord", "si sa fille accepte", "sous réserve qu’elle revienne"])
async def test_an_end_that_is_said_with_a_condition_stands_on_the_card(claire: Dialogue, condition: str) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    card = await claire.say(f"remettez-la jusqu’à vendredi {condition}", "add_partner", WEB)
    assert "Accès\u00a0: jusqu’au" in card.text
    assert "Je n’ai rien fait" in card.text
    assert "jusqu’au" in (await claire.say("oui", "affirm", WEB)).text


@pytest.mark.parametrize(
    "words",
    [
        "remettez-la jusqu’à vendredi",
        "remettez {} jusqu’à sa sortie",
        "remettez-la le 15 janvier",
        "remettez-la demain",
        "remettez {} la semaine prochaine",
        "remettez-la si sa fille est d’accord",
        "remettez-la quand elle revient",
        "remettez-la, c’est possible ?",
    ],
)
async def test_an_end_holds_back_what_would_be_done_at_once(claire: Dialogue, words: str) -> None:
    name = await a_member(claire)
    await remove(claire, name)
    said = words.format(name)
    answer = await claire.say(said, "add_partner", WEB, **({"partner_name": name} if name in said else {}))
    assert claire.form == "undo_act_form"
    assert "rétabli" not in answer.text


async def test_who_should_have_been_removed_is_proposed_next(claire: Dialogue) -> None:
    await add_paul(claire)
    name = await a_member(claire)
    await remove(claire, name)
    said = f"NON pas {name} !!! Paul Martin ! remettez {name}"
    answer = await claire.say(said, "correct", WEB, partner_name=(name, PAUL))
    assert "C’est rétabli" in answer.text
    assert "Voulez-vous lui retirer l’accès" in answer.text
    assert PAUL in answer.texts[-1]


async def test_somebody_else_is_no_undoing(claire: Dialogue) -> None:
    await remove(claire, await a_member(claire))
    answer = await claire.say("remettez Leïla Benali dans le 142", "add_partner", WEB, partner_name="Leïla Benali", dossier_ref="142")
    assert "rétabli" not in answer.text
    assert "Benali" in answer.text


async def test_it_was_meant_for_another_dossier(claire: Dialogue) -> None:
    await add_paul(claire)
    card = await claire.say("c'était pour le 142, vous pouvez annuler ?", "cancel", WEB, dossier_ref="142")
    assert "Jeanne Durand" in card.text
    answer = await claire.say("oui", "affirm", WEB)
    assert "C’est annulé" in answer.text
    assert "Cette personne a déjà un compte d’accès" in answer.text
    assert CLAIRES_OTHER in answer.texts[-1]


async def test_where_it_was_meant_is_said_after_the_undoing(claire: Dialogue) -> None:
    await add_paul(claire)
    await claire.say("annule", "cancel", WEB)
    await claire.say("oui", "affirm", WEB)
    answer = await claire.say("c'était pour le 142", "correct", WEB, dossier_ref="142")
    assert "Cette personne a déjà un compte d’accès" in answer.text
    assert CLAIRES_OTHER in answer.texts[-1]


async def test_only_the_referent_may_take_an_addition_back(claire: Dialogue) -> None:
    await add_paul(claire, CLAIRES_OTHER)
    answer = await claire.say("annule", "cancel", WEB)
    assert "seul le référent du dossier" in answer.text
    facts = answer.entities_of("Demander à l’équipe SPHERE")
    handed = (await claire.press("contact_support", WEB, **facts)).handover
    assert handed is not None
    assert (handed["task"], handed["dossier"]) == (f"annuler l’ajout de M. {PAUL}", CLAIRES_OTHER)
    assert PAUL in await names(claire, CLAIRES_OTHER)


async def test_what_was_told_is_removed_where_it_stands(claire: Dialogue) -> None:
    name = await a_member(claire)
    said = f"j'ai mis {name} dans le dossier {CLAIRES_DOSSIER} mais c'était pour Lamy, vous pouvez annuler ?"
    card = await claire.say(said, "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER, usager_name="Lamy")
    assert name in card.text
    assert CLAIRES_DOSSIER in card.text
    assert "annuler cet ajout" in card.text


async def test_a_cancellation_of_a_task_never_undoes(claire: Dialogue) -> None:
    await add_paul(claire)
    await claire.press("add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "C’est abandonné" in (await claire.say("annule", "cancel", WEB)).text
    assert PAUL in await names(claire)


async def test_what_is_old_is_not_undone(claire: Dialogue, harness: Harness) -> None:
    await add_paul(claire)
    harness.clock.advance(timedelta(hours=9))
    assert "trop ancien" in (await claire.say("annule", "cancel", WEB)).text
    assert PAUL in await names(claire)


async def test_the_act_of_another_account_is_not_undone(claire: Dialogue, harness: Harness) -> None:
    await add_paul(claire)
    await claire.press("unlink_account", WEB)
    await harness.link(claire.id, KARIM)
    assert "aucun ajout ni retrait" in (await claire.say("annule", "cancel", WEB)).text


@pytest.mark.parametrize(
    "words",
    [
        "annule mes notifications",
        "annulez la demande de compte",
        "annule le rendez-vous",
        "je me suis trompée de mot de passe",
        "je me suis trompé d'adresse",
        "remets ça à demain",
        "ajoute Paul Martin",
        "c'est pour Mme Durand que je veux un kiné à Blois",
        "qui suit ce dossier ?",
        "merci",
    ],
)
def test_what_takes_nothing_back(words: str) -> None:
    assert read_undo_wish(words) is None
