"""What people in a hurry write: each was once misunderstood, and none may ever change the wrong thing."""

from __future__ import annotations

import pytest

from tests.conversations.talk import CLAIRE, KARIM, as_user, open_talk
from tests.stack import Stack

DOSSIER, OTHER = "SPH-2024-000137", "SPH-2024-000142"


def test_a_yes_that_changes_the_dossier_confirms_nothing(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Hugues Martin au dossier {DOSSIER}, le patient est d'accord")
    before = stack.participants(OTHER)
    card = claire.say(f"oui mais au dossier {OTHER}")
    assert OTHER in claire.last[-1]["text"], card
    assert "C’est fait" not in card
    assert stack.participants(OTHER) == before


def test_a_yes_for_somebody_else_confirms_nothing(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Karim Benali, médecin à Blois, au dossier {OTHER}")
    card = claire.say("non pas lui, plutôt Sophie Leroux, même équipe de soins")
    assert "C’est fait" not in card
    assert "Sophie Leroux" in card
    assert not any("Benali" in name for name in stack.participants(OTHER))


@pytest.mark.parametrize("text", ["pas d'accord", "je ne sais pas s'il est d'accord", "pas encore informé", "bof"])
def test_no_doubtful_basis_is_taken(stack: Stack, text: str) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Karim Benali, médecin à Blois, au dossier {OTHER}")
    assert "C’est fait" not in claire.say(text)
    assert not any("Benali" in name for name in stack.participants(OTHER))


def test_a_plain_yes_asks_on_what_basis(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Karim Benali, médecin à Blois, au dossier {OTHER}")
    assert "Sur quelle base" in claire.say("d'accord")
    assert not any("Benali" in name for name in stack.participants(OTHER))


def test_a_yes_with_another_address_shows_the_fiche_again(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("demande un compte pour Lou Wzyx, ergothérapeute à Bourges, lou@ergo.example, 02 48 00 00 01")
    for _ in range(8):
        if "Fiche annuaire" in claire.last[-1]["text"]:
            break
        claire.say("passer")
    assert "lou@ergo.example" in claire.last[-1]["text"]
    again = claire.say("oui mais l'email c'est lou2@ergo.example")
    assert "Voulez-vous envoyer" in again
    assert "lou2@ergo.example" in again
    assert "n’est pas envoyée" in claire.press("Ne pas envoyer")


def test_the_dossier_of_a_removal_can_be_corrected(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    other = next(name for name in stack.participants(OTHER) if "Moreau" not in name)
    claire.say(f"retire Noël Boulanger du dossier {DOSSIER}")
    card = claire.say(f"non plutôt {other} du dossier {OTHER}")
    assert "C’est fait" not in card
    assert other.split()[-1] in card or "référent" in card
    assert "Boulanger" not in card


def test_a_removal_needs_the_whole_name(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    answer = claire.say(f"retire Noël Dupont du dossier {DOSSIER}")
    assert "ne fait pas partie" in answer


def test_removing_is_for_the_referent(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    other = next(name for name in stack.participants(OTHER) if "Moreau" not in name)
    answer = claire.say(f"retire {other} du dossier {OTHER}")
    assert "Seul le référent" in answer or "Voulez-vous" in answer


@pytest.mark.channels("web")
def test_another_patient_starts_over(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("créer un dossier pour Marie-Thérèse DUPONT-AIGNAN née le 14 juillet 1938")
    answer = claire.say("nouveau dossier pour M. Antoine Lebrun né le 28/02/1941")
    card = answer if "Nouveau dossier" in answer else claire.press("Masculin")
    assert "Lebrun" in card
    assert "28/02/1941" in card
    assert "DUPONT" not in card
    claire.say("annuler")


def test_an_unknown_number_is_not_said_to_exist_or_not(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "Aucun de vos dossiers" in claire.say("qui suit le dossier 987 ?")
    claire.say("annuler")
    foreign = stack.dossier_without("Claire Moreau")
    assert "ne faites pas partie" in claire.say(f"retrouve le dossier {foreign}")


@pytest.mark.channels("web")
def test_no_to_the_offer_after_creating(stack: Stack) -> None:
    karim = as_user(stack, KARIM)
    for text in ("nouveau dossier", "Vasseur", "Gilberte", "02/02/1931"):
        karim.say(text)
    karim.press("Féminin")
    karim.press("Oui, créer")
    assert "plus tard" in karim.say("non merci")


def test_linking_waits_for_nothing_else(stack: Stack) -> None:
    talk = open_talk(stack)
    talk.say("je veux m'identifier")
    talk.say(f"ajoute Nathalie Martin de Blois au dossier {DOSSIER}")
    before = talk.codes_sent(CLAIRE)
    talk.say(CLAIRE)
    card = talk.say(f"mon code est {talk.code(CLAIRE, before)}")
    assert "Nathalie Martin" in card
    assert DOSSIER in card


def test_narrowing_a_list_by_the_given_name(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Martin au dossier {DOSSIER}")
    assert "Nathalie Martin" in claire.say("Nathalie")
    claire.say("annuler")


def test_a_position_that_is_not_in_the_list(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Martin au dossier {DOSSIER}")
    assert "La liste n’a pas de ligne" in claire.say("9")
    assert DOSSIER in claire.say("2")


def test_a_title_may_be_typed(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Martin au dossier {DOSSIER}")
    assert "aucune de ces personnes" in claire.say("personne ne correspond")
    assert "nom du professionnel" in claire.say("autre personne")
    claire.say("annuler")


def test_a_button_that_starts_the_running_task_starts_it_over(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"retrouve le dossier {OTHER}")
    start = claire.button("Ajouter un partenaire")
    claire.say(f"ajoute Hugues Martin, kiné à Bourges, au dossier {DOSSIER}")
    answer = claire.press_token(start)
    assert "nom du professionnel" in answer
    assert OTHER in answer
    claire.say("annuler")


def test_looking_somebody_up_while_identifying_loses_nothing(stack: Stack) -> None:
    talk = open_talk(stack)
    talk.say(f"ajoute Nathalie Martin de Blois au dossier {DOSSIER}")
    found = talk.say("tu connais un cardiologue à Tours nommé Benali ?")
    assert "Leïla Benali" in found
    assert "Je reprends" in found
    before = talk.codes_sent(CLAIRE)
    talk.say(CLAIRE)
    assert "Nathalie Martin" in talk.say(talk.code(CLAIRE, before))


def test_no_account_while_identifying(stack: Stack) -> None:
    talk = open_talk(stack)
    talk.say("je veux m'identifier")
    answer = talk.say("j'ai pas de compte, je voudrais en demander un")
    assert "abandonné" in answer
    assert "civilité" in answer.lower()
    assert "Je reprends" not in talk.say("annuler")
