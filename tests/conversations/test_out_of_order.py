"""Users who answer out of order, say everything at once, correct themselves, contradict themselves, and change subject.

What was said once is never asked for twice, and nothing is ever done with what was taken back.
"""

from __future__ import annotations

import re

import pytest

from tests.conversations.talk import CLAIRE, KARIM, as_user
from tests.stack import Stack

NB = "\u00a0"
DOSSIER, OTHER, THIRD = "SPH-2024-000137", "SPH-2024-000142", "SPH-2025-000018"
"""Of Mme Jeanne Durand, M. Marcel Garnier and Mme Odette Lemaitre; Claire takes part in all three."""
OF_KARIM = "SPH-2024-000205"
KNOWN = ("Moreau", "Benali", "Leroux", "Martin")
"""Families of the demo professionals, whom other tests are about."""
SPHERE_TEAM = "accompagnement-sphere@esante-centre.fr"


def colleague_without(stack: Stack, reference: str) -> tuple[str, str]:
    """Name and RPPS of somebody whom no other test is about, who has an account and no access to a dossier."""
    inside = " ".join([*stack.participants(reference), *KNOWN])
    for entry in stack.fhir("Practitioner?active=true&_count=100")["entry"]:
        person = entry["resource"]
        name = f"{person['name'][0]['given'][0]} {person['name'][0]['family']}"
        rpps = next((i["value"] for i in person["identifier"] if re.fullmatch(r"\d{11}", i["value"])), None)
        if rpps and person["name"][0]["family"] not in inside:
            return name, rpps
    raise AssertionError(f"everybody has access to {reference}")


# --- adding a partner ---------------------------------------------------------------------------


def test_the_dossier_first_then_the_person_and_the_basis_in_one_sentence(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say(f"au dossier {OTHER} ajoute Paul Martin, kiné à Vierzon, même équipe de soins")
    assert "Paul Martin" in card
    assert OTHER in card
    assert claire.titles[0] == f"Oui{NB}: même équipe de soins, usager informé"
    assert "a maintenant accès" in claire.say("oui")
    assert any("Paul Martin" in name for name in stack.participants(OTHER))


def test_a_number_for_the_person_then_a_number_for_the_dossier(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    _, rpps = colleague_without(stack, OTHER)
    before = stack.participants(OTHER)
    assert "De quel dossier" in claire.say("ajoute un partenaire")
    noted = claire.say(rpps)  # not what was asked for, and kept
    assert "C’est noté" in noted
    assert "De quel dossier" in noted
    card = claire.say("142")
    assert OTHER in card
    assert "Cette personne a déjà un compte d’accès" in card
    assert "a maintenant accès" in claire.press("accord de l’usager")
    assert len(stack.participants(OTHER)) == len(before) + 1


def test_the_consent_and_the_person_before_the_dossier(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "De quel dossier" in claire.say("je veux ajouter un partenaire")
    noted = claire.say("l'usager est d'accord")
    assert "C’est noté" in noted
    assert "De quel dossier" in noted
    assert "De quel dossier" in claire.say("Hugues Martin, kiné à Bourges")
    reference = claire.titles[1][:15]
    card = claire.say("le 2")
    assert "Hugues Martin" in card
    assert reference in card
    assert claire.titles[0] == f"Oui{NB}: accord de l’usager recueilli"
    claire.say("annuler")


@pytest.mark.channels("web")
def test_a_bare_name_is_the_usager_whose_dossier_was_asked_for(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "De quel dossier" in claire.say("ajoute Hugues Martin, kiné à Bourges")
    card = claire.say("Garnier")
    assert OTHER in card
    assert "Hugues Martin" in card
    claire.say("annuler")
    assert "De quel dossier" in claire.say("ajoute un partenaire")
    assert OTHER in claire.say("Garnier")  # nobody is known yet: still the usager
    assert "Bourges" in claire.say("Hugues Martin")
    claire.say("annuler")


def test_the_address_is_said_before_it_is_needed(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    address = "etienne.martin@pharmacie-cher.example"
    card = claire.say(f"ajoute Étienne Martin, pharmacien à Orléans, au dossier {DOSSIER}, son mail est {address}")
    assert address in card
    assert "Voulez-vous demander son compte" in card
    assert "n’aura pas accès" in claire.press("Non")


def test_another_town_before_the_card_and_after_it(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    before = stack.participants(DOSSIER)
    assert "Bourges" in claire.say(f"ajoute Martin de Bourges au dossier {DOSSIER}, le patient est d'accord")
    card = claire.say("non, Blois")
    assert "Nathalie Martin" in card
    assert "Bourges" not in card
    assert DOSSIER in card
    again = claire.say("pas Blois, Bourges")
    assert "Hugues Martin" in again
    assert "Blois" not in again
    assert DOSSIER in again
    assert "n’aura pas accès" in claire.press("Non")
    assert stack.participants(DOSSIER) == before


def test_another_person_by_the_given_name_alone(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Hugues Martin au dossier {DOSSIER}")
    card = claire.say("pas Hugues, Nathalie")
    assert "Nathalie Martin" in card
    assert "Hugues" not in card
    assert DOSSIER in card
    claire.say("annuler")


@pytest.mark.parametrize("words", ["pas le 137, le 142", "le 142, pas le 137", "je me suis trompé de dossier, c'est le 142"])
def test_another_dossier_after_the_card_keeps_the_person(stack: Stack, words: str) -> None:
    claire = as_user(stack, CLAIRE)
    before = stack.participants(DOSSIER), stack.participants(OTHER)
    claire.say(f"ajoute Hugues Martin, kiné à Bourges, au dossier {DOSSIER}")
    card = claire.say(words)
    assert "Hugues Martin" in card
    assert OTHER in card
    assert DOSSIER not in card
    claire.say("annuler")
    assert (stack.participants(DOSSIER), stack.participants(OTHER)) == before


def test_a_correction_within_the_sentence(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say("ajoute Hugues Martin au dossier 137, euh non, 142")
    assert OTHER in card
    assert DOSSIER not in card
    assert "à la fois" not in card
    claire.say("annuler")


def test_a_town_where_nobody_fits_is_said_so(stack: Stack) -> None:
    """The name, the profession and the town contradict each other."""
    claire = as_user(stack, CLAIRE)
    shown = claire.say(f"ajoute Hugues Martin, kiné à Chartres, au dossier {DOSSIER}")
    assert "Personne ne correspond à tout" in shown
    assert any("Hugues Martin" in title for title in claire.titles)
    card = claire.say("le 1")
    assert "Hugues Martin" in card
    assert DOSSIER in card
    claire.say("annuler")


@pytest.mark.channels("web")
def test_a_reference_and_an_usager_who_is_another(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    asked = claire.say("qui suit le dossier SPH-2024-000137 de M. Garnier ?")
    assert "Plusieurs dossiers correspondent" in asked
    assert {title[:15] for title in claire.titles} == {DOSSIER, OTHER}
    second = claire.titles[1][:15]
    assert f"Partenaires du dossier {second}" in claire.say("le deuxième")
    first = OTHER if second == DOSSIER else DOSSIER
    assert f"Partenaires du dossier {first}" in claire.say(f"non, le {first[-3:]}")


def test_changing_subject_twice_and_back(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "nom du professionnel" in claire.say(f"je veux ajouter un partenaire au dossier {OTHER}")
    looked = claire.say("qui suit le dossier SPH-2024-000137 ?")
    assert "Claire Moreau" in looked
    assert "Je reprends" in looked
    said = claire.say("la page partenaires plante")
    assert "05 57 96 59 47" in said
    assert "nom du professionnel" in said
    card = claire.say("Hugues Martin")
    assert "Hugues Martin" in card
    assert OTHER in card
    assert DOSSIER not in card
    claire.say("annuler")


# --- removing a partner -------------------------------------------------------------------------


def test_a_removal_told_in_pieces_and_corrected(stack: Stack) -> None:
    name, rpps = colleague_without(stack, OF_KARIM)
    before = as_user(stack, KARIM)
    before.say(f"ajoute le {rpps} au dossier {OF_KARIM}")
    assert "a maintenant accès" in before.press("même équipe")
    karim = as_user(stack, KARIM)
    stays = next(each for each in stack.participants(OF_KARIM) if "Benali" not in each and name.split()[-1] not in each)
    assert "De quel dossier" in karim.say(f"retire {stays}")
    card = karim.say("le 205")
    assert stays in card  # named before the dossier, and not asked for again
    card = karim.say(f"non, {name}")
    assert name.split()[-1] in card
    assert stays not in card
    assert "n’a plus accès" in karim.say("oui")
    left = stack.participants(OF_KARIM)
    assert stays in left
    assert not any(name.split()[-1] in each for each in left)


def test_the_dossier_of_a_removal_is_corrected_and_the_person_is_not_in_it(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    inside = next(each for each in stack.participants(DOSSIER) if "Moreau" not in each)
    before = stack.participants(DOSSIER)
    assert inside in claire.say(f"retire {inside} du dossier {DOSSIER}")
    said = claire.say(f"je me suis trompé, c'est le dossier {THIRD}")
    assert "ne fait pas partie" in said
    assert THIRD in said
    claire.say("annuler")
    assert stack.participants(DOSSIER) == before
