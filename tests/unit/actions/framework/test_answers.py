"""Answers that several flows read."""

from __future__ import annotations

import pytest

from actions.framework.answers import find_email, gives_up, is_yes_with_courtesy, opens_with_cancellation
from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.actions.flows.partners.test_undo_act import PAUL
from tests.unit.harness import CLAIRES_DOSSIER


def test_the_affirmed_email_is_found() -> None:
    assert find_email("c'est a@b.example") == "a@b.example"
    assert find_email("a@b.example, non, <c@d.example>.") == "c@d.example"
    assert find_email("pas a@b.example mais c@d.example") == "c@d.example"
    assert find_email("c@d.example, pas a@b.example") == "c@d.example"
    assert find_email("aucune adresse") is None


@pytest.mark.parametrize(
    "text",
    [
        "voilà oui merci bonne journée",
        "ok merci au revoir",
        "oui oui, bon week-end !",
        "c'est bon merci à bientôt",
        "parfait bonne soirée",
        "oui pas de souci, à demain",
        "ok sans problème bonne nuit",
        "d'accord, bonne fin de journée",
    ],
)
def test_a_yes_with_a_goodbye_is_a_yes(text: str) -> None:
    assert is_yes_with_courtesy(text)


@pytest.mark.parametrize(
    "text",
    [
        "merci bonne journée",
        "au revoir",
        "oui mais pas demain, au revoir",
        "non merci bonne journée",
        "oui ? bonne journée",
        "oui et Paul, bonne journée",
        "je suis pas d'accord",
        "pas d'accord merci bonne journée",
        "oui pas bon",
        "ok pas pour moi",
        "pas tout à fait",
        "oui demain",
        "oui la nuit prochaine",
        "oui s'il est d'accord",
    ],
)
def test_a_goodbye_alone_or_with_more_is_none(text: str) -> None:
    assert not is_yes_with_courtesy(text)


@pytest.mark.parametrize(
    "text", ["annuler. qui l'a ajouté ?", "laissez tomber, passez-moi le support", "bon, on annule tout. je veux…", "annule"]
)
def test_what_begins_by_giving_up(text: str) -> None:
    assert opens_with_cancellation(text)


@pytest.mark.parametrize(
    "text", ["annulez l'ajout de Paul", "laissez Boulanger pour l'instant", "j'annule mon rendez-vous", "oui, annulez ça plus tard"]
)
def test_what_does_not(text: str) -> None:
    assert not opens_with_cancellation(text)


@pytest.mark.parametrize("words", ["voila oui merci bonne journée", "oui parfait, au revoir", "ok c'est bon merci bonne soirée"])
async def test_at_a_card_it_confirms(claire: Dialogue, words: str) -> None:
    add = f"ajoute {PAUL} kiné à Vierzon au {CLAIRES_DOSSIER}, accord de la patiente recueilli"
    await claire.say(add, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    assert "a maintenant accès" in (await claire.say(words, "goodbye", WEB)).text


async def test_a_goodbye_at_a_card_confirms_nothing(claire: Dialogue) -> None:
    add = f"ajoute {PAUL} kiné à Vierzon au {CLAIRES_DOSSIER}, accord de la patiente recueilli"
    await claire.say(add, "add_partner", WEB, partner_name=PAUL, profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    assert "a maintenant accès" not in (await claire.say("merci bonne journée", "goodbye", WEB)).text


@pytest.mark.parametrize(
    "text", ["NON surtout pas", "laissez tomber ça", "stop, arrêtez tout", "stop arrêtez tout", "non, pas question", "annulez tout"]
)
def test_a_refusal_of_all(text: str) -> None:
    assert gives_up(text)


@pytest.mark.parametrize("text", ["non", "non pas celui-là", "laissez Boulanger", "pas pour Durand"])
def test_a_refusal_of_one(text: str) -> None:
    assert not gives_up(text)


@pytest.mark.parametrize("words", ["laissez tomber", "annuler", "on oublie"])
async def test_the_team_is_joined_after_giving_up(claire: Dialogue, words: str) -> None:
    await claire.say("ajoute quelqu'un au 137", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    wish = "passez-moi quelqu'un du support"
    answer = await claire.ask(f"{words}, {wish}", an_act(f"{words},", "cancel"), an_act(wish, "contact_support"))
    assert answer.handover is not None
    assert claire.form is None
    assert not claire.slots.get("task_stack")


@pytest.mark.parametrize(
    "text",
    [
        "non pas encore, aucun changement de date",
        "non, je n’ai eu aucun retour",
        "non, pas du tout le 15, le 16",
        "Non aucun souci je valide",
        "NON surtout pas Durand, mais Petit oui",
        "non surtout pas Durand",
        "stop, seulement Durand",
        "laissez tomber Durand mais gardez Petit",
    ],
)
def test_a_refusal_of_something_is_not_of_all(text: str) -> None:
    assert not gives_up(text)


@pytest.mark.parametrize("text", ["non, pas du tout", "Aucun.", "stop !", "non, surtout pas !", "non, nulle part", "non non, stop"])
def test_a_bare_refusal_is_of_all(text: str) -> None:
    assert gives_up(text)


@pytest.mark.parametrize(
    "text", ["annule. non je plaisante", "annule, enfin non", "merci, annulez ça ?", "annulez. ah non", "laissez tomber, en fait continuez"]
)
def test_a_cancellation_that_is_asked_or_taken_back_opens_nothing(text: str) -> None:
    assert not opens_with_cancellation(text)
