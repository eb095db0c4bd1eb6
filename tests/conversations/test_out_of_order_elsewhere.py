"""The same users out of order, in all that is not about partners: account requests, new dossiers, searches, identity, notifications."""

from __future__ import annotations

import re

import pytest

from tests.conversations.talk import CLAIRE, KARIM, SOPHIE, Talk, as_user, open_talk
from tests.stack import Stack

NB = "\u00a0"
DOSSIER, OTHER, THIRD = "SPH-2024-000137", "SPH-2024-000142", "SPH-2025-000018"
"""Of Mme Jeanne Durand, M. Marcel Garnier and Mme Odette Lemaitre; Claire takes part in all three."""
OF_KARIM = "SPH-2024-000205"
KNOWN = ("Moreau", "Benali", "Leroux", "Martin")
"""Families of the demo professionals, whom other tests are about."""
SPHERE_TEAM = "accompagnement-sphere@esante-centre.fr"


# --- asking for an account ----------------------------------------------------------------------


def test_the_whole_fiche_in_one_sentence_then_corrected_on_the_card(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    person = "Mme Zoé Kervella, orthophoniste libérale à Amboise au cabinet des Tanneurs"
    assert "RPPS" in claire.say(f"demande un compte pour {person}, zoe.kervella@ortho.example, 02 47 57 00 12")
    card = claire.say("passer")
    for value in ("Mme", "Zoé", "Kervella", "rthophoniste", "Libéral", "Amboise", "zoe.kervella@ortho.example", "02 47 57 00 12"):
        assert value.lower() in card.lower(), card
    again = claire.say("pas Amboise, Blois")
    assert "Blois" in again
    assert "Amboise" not in again
    again = claire.say("pas Zoé, Léa")
    assert "Léa" in again
    assert "Zoé" not in again
    again = claire.say("oui mais le téléphone c'est 02 54 57 00 12")
    assert "02 54 57 00 12" in again
    sent = claire.say("oui")
    request = re.search(r"DC-\d{4}-\d+", sent)
    assert request, sent
    mail = stack.mail_to(SPHERE_TEAM, request[0])["text"]
    assert "Léa" in mail
    assert "Blois" in mail
    assert "Amboise" not in mail


def test_a_fiche_whose_answers_come_in_another_order(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("je voudrais demander un compte pour une collègue")
    claire.say("Yvette Quillerou, diététicienne à Loches")  # the title was asked for
    for words in ("yvette.quillerou@diet.example et son téléphone c'est le 02 47 59 00 33", "elle est salariée", "EHPAD Les Tilleuls"):
        said = claire.say(words)
        assert "C’est noté" in said
        assert "civilité" in said  # still
    assert "RPPS" in claire.say("Mme")
    claire.say("passer")
    card = claire.last[-1]["text"]
    for value in ("Yvette", "Quillerou", "iététicien", "Loches", "yvette.quillerou@diet.example", "02 47 59 00 33", "alarié"):
        assert value in card, card
    asked = claire.say("non, Anne")
    assert "est-ce le prénom ou le nom" in asked
    card = claire.press("Prénom")
    assert "Anne" in card
    assert "Quillerou" in card
    assert "n’est pas envoyée" in claire.press("Ne pas envoyer")


def test_two_addresses_that_contradict_each_other(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    said = claire.say("demande un compte pour Noé Wzyx, ergothérapeute à Bourges, noe@ergo.example ou noe2@ergo.example")
    assert "je n’en retiens aucun" in said
    for _ in range(8):
        if "e-mail" in claire.last[-1]["text"]:
            break
        claire.say("passer")
    claire.say("noe@ergo.example, non pardon, noe2@ergo.example")
    for _ in range(3):
        if "Fiche annuaire" in claire.last[-1]["text"]:
            break
        claire.say("passer")
    card = claire.last[-1]["text"]
    assert "noe2@ergo.example" in card
    assert "noe@ergo.example" not in card
    claire.press("Ne pas envoyer")


# --- dossiers -----------------------------------------------------------------------------------


@pytest.mark.channels("web")
def test_a_dossier_whose_traits_come_in_another_order(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "nom de naissance" in claire.say("nouveau dossier")
    noted = claire.say("née le 3 février 1939")
    assert "C’est noté" in noted
    assert "nom de naissance" in noted
    claire.say("Wendling")
    card = claire.say("Marguerite Anne")
    card = claire.press("Féminin") if "sexe" in card else card
    assert "03/02/1939" in card
    card = claire.say("non, née le 4 février 1939")
    assert "04/02/1939" in card
    card = claire.say("pas Marguerite, Marie")
    assert "Marie Anne" in card
    assert "Marguerite" not in card
    created = claire.say("oui")
    reference = re.search(r"SPH-\d{4}-\d{6}", created)
    assert reference, created
    patient = stack.fhir(f"Patient?identifier={reference[0]}")["entry"][0]["resource"]
    assert patient["birthDate"] == "1939-02-04"
    assert patient["name"][0]["given"][0].startswith("Marie")


@pytest.mark.channels("web")
def test_two_birth_dates_that_contradict_each_other(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    said = claire.say("nouveau dossier pour Mme Solange Wexler, née le 3 février 1939 ou le 4 février 1939")
    assert "je n’en retiens aucun" in said
    assert "date de naissance" in said
    card = claire.say("le 4 février 1939")
    assert "Wexler" in card
    assert "04/02/1939" in card
    assert "aucun dossier n’a été créé" in claire.press("Non")


@pytest.mark.channels("web")
def test_a_search_is_narrowed_and_corrected_after_it(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "Quel dossier" in claire.say("je cherche un dossier")
    found = claire.say("12/03/1948")
    assert DOSSIER in found
    assert OTHER in claire.say("non, né le 2 novembre 1939")
    assert DOSSIER in claire.say("retrouve le dossier de Mme Durand")
    found = claire.say("non, plutôt Garnier")
    assert OTHER in found
    assert DOSSIER not in found


def test_a_professional_is_looked_for_elsewhere_then_taken_from_the_list(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"qui suit le dossier {OTHER} ?")
    assert "Hugues Martin" in claire.say("tu connais Martin à Bourges ?")
    found = claire.say("non, à Vierzon")
    assert "Paul Martin" in found
    assert "Hugues" not in found
    claire.say("le premier")
    asked = claire.last[-1]["text"]
    assert "De quel dossier" in asked
    assert "Paul Martin" in claire.say(DOSSIER)
    claire.say("annuler")


# --- identity -----------------------------------------------------------------------------------


def test_identifying_out_of_order_with_another_address(stack: Stack) -> None:
    talk = open_talk(stack)
    assert "qui vous êtes" in talk.say(f"qui suit le dossier {OF_KARIM} ?")
    assert "n’est pas valable" in talk.say("123456")  # the code before the address
    talk.say(CLAIRE)
    assert "05 57 96 59 47" in talk.say("vous êtes ouverts le samedi ?")
    before = talk.codes_sent(KARIM)
    talk.say(f"je me suis trompé, mon adresse c'est {KARIM}")
    listed = talk.say(f"voilà : {talk.code(KARIM, before)}")
    assert "Karim Benali" in listed
    assert f"Partenaires du dossier {OF_KARIM}" in listed


# --- notifications ------------------------------------------------------------------------------


def settings(talk: Talk) -> str:
    return re.sub(r"\S*/account\?t=\S+", "", talk.say("comment sont réglées mes notifications ?"))


def test_a_wish_is_corrected_after_it_was_done(stack: Stack) -> None:
    talk = as_user(stack, SOPHIE)
    before = settings(talk)
    assert f"Heures calmes{NB}: de 19h à 7h, tous les jours" in talk.say("plus rien après 19h")
    done = talk.say("non, plutôt 20h")
    assert f"Heures calmes{NB}: de 20h à 7h, tous les jours" in done
    assert "de 19h" not in settings(talk)
    again = talk.say("pas de notifs le week-end")
    assert "C’est réglé" in again
    assert "de 20h à 7h" in again
    talk.say("annule")
    talk.say("je ne veux plus d'heures calmes")
    assert settings(talk) == before


def test_a_question_about_a_wish_is_answered_after_something_else(stack: Stack) -> None:
    talk = as_user(stack, SOPHIE)
    before = settings(talk)
    assert "à quelle heure" in talk.say("pas de notification le soir")
    looked = talk.say(f"au fait, qui a accès au dossier {OTHER} ?")
    assert "Je reprends" in looked
    assert "à quelle heure" in looked
    assert "de 21h à" in talk.say("21h")
    assert "C’est annulé" in talk.say("annule")
    assert settings(talk) == before
