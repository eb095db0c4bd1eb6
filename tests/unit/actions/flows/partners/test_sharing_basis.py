"""On what basis: nothing is ever taken for the usager's consent that is not."""

from __future__ import annotations

import pytest

from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, NEITHER, READ, bears_out, parse_basis, proposes_basis, read_basis
from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.actions.framework.test_turn import turn
from tests.unit.harness import CLAIRES_DOSSIER


@pytest.mark.parametrize(
    "text",
    [
        "accord de l’usager recueilli",
        "oui, avec son accord",
        "le patient est d'accord",
        "la patiente a donné son accord",
        "elle est d’accord",
        "j'ai recueilli le consentement de la patiente",
    ],
)
def test_consent(text: str) -> None:
    assert parse_basis(text) == CONSENT


@pytest.mark.parametrize("text", ["même équipe de soins, usager informé", "meme equipe", "on est de l'équipe de soins", "patient informé"])
def test_care_team(text: str) -> None:
    assert parse_basis(text) == CARE_TEAM


@pytest.mark.parametrize(
    "text",
    [
        "on travaille ensemble à son suivi et la patiente est au courant",
        "c'est plutôt même équipe, je n'ai pas d'accord écrit, elle est juste informée. sinon oui",
        "faut couper Suzanne… non attends. ajoute l'infirmière Nibier jusqu'a la fin du mois. même équipe",
        "elle est informée et on bosse ensemble",
        "Coutteret ne bouge pas ! C'est Pouviseau. on est la même équipe",
        "nous la suivons ensemble, usager informé",
    ],
)
def test_the_care_team_in_other_words_and_beside_what_is_denied_of_something_else(text: str) -> None:
    assert parse_basis(text) == CARE_TEAM


@pytest.mark.parametrize(
    "text",
    [
        "sa podologue n'a pas de compte, il y a un souci. accord de la patiente ok",
        "tout le monde est d'accord, le patient aussi",
        "rafisard on n'y touche pas. mettez cousin, la maman elle est d'accord",
    ],
)
def test_consent_beside_what_is_denied_of_something_else(text: str) -> None:
    assert parse_basis(text) == CONSENT


@pytest.mark.parametrize(
    "text",
    [
        "elle refuse. même équipe",
        "même équipe. si elle accepte",
        "on travaille ensemble, elle n'est pas d'accord",
        "la patiente n'est pas informée. on travaille ensemble",
        "on ne travaille pas ensemble",
        "je n'ai pas son accord",
        "j'ai pas d'accord",
    ],
)
def test_a_doubt_about_the_basis_stays_one(text: str) -> None:
    assert parse_basis(text) is None


def test_the_model_alone_writes_no_basis() -> None:
    assert not bears_out(CONSENT, "on travaille ensemble à son suivi et la patiente est au courant")
    assert not bears_out(CONSENT, "ajoute Paul Martin au 142")
    assert not bears_out(CARE_TEAM, "elle m'a donné son accord")
    assert bears_out(CARE_TEAM, "on est tous dans la même équipe")
    assert bears_out(CONSENT, "elle accepte")


@pytest.mark.parametrize("text", ["ni l'un ni l'autre", "aucun des deux"])
def test_neither(text: str) -> None:
    assert parse_basis(text) == NEITHER


@pytest.mark.parametrize(
    "text",
    [
        "d'accord",
        "ok d’accord",
        "je suis d'accord",
        "pas d'accord",
        "sans son accord",
        "il n'est pas d'accord",
        "le patient n'a pas été informé",
        "elle refuse, pas d'accord de la patiente",
        "oui",
        "même équipe, et la patiente est d'accord",
        "faut-il un truc",
        "",
    ],
)
def test_not_beyond_doubt(text: str) -> None:
    assert parse_basis(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "la dame est au courant de tout ca, ns sommes la mm equipe",
        "la patiente est prévenue",
        "l’usager a été averti",
        "mon patient est au courant",
        "c vu avec la patiente",
        "j’en ai parlé avec la dame",
        "les patients sont au courant tous les trois",
    ],
)
def test_an_usager_who_was_told(text: str) -> None:
    assert parse_basis(text) == CARE_TEAM


@pytest.mark.parametrize(
    "text", ["Mme Blondeau est prévenue", "c vu avec mme blondeau", "on a prévenu Odette Blondeau", "Odette est au courant"]
)
def test_the_usager_by_name(text: str) -> None:
    assert parse_basis(text, names=["odette", "blondeau"]) == CARE_TEAM
    assert parse_basis(text) is None
    assert parse_basis(text, names=["odette", "blondeau"], several=True) is None


def test_all_of_several_usagers_were_told() -> None:
    assert parse_basis("les patients sont au courant tous les trois", several=True) == CARE_TEAM
    assert parse_basis("la patiente est au courant", several=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "la patiente n’est pas au courant",
        "la patiente sera prévenue",
        "elle est prévenue",
        "ma collègue est au courant",
        "la famille est au courant",
        "la patiente est au courant ?",
        "c’est vu avec le médecin",
        "il faut que la dame soit prévenue",
    ],
)
def test_nobody_was_told_for_sure(text: str) -> None:
    assert parse_basis(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "le médecin a donné son accord",
        "sa fille, elle est d'accord",
        "je dois recueillir son accord",
        "demandez son accord",
        "j'aurai son accord demain",
        "elle a retiré son accord",
        "on a perdu son accord écrit",
        "accord de la mère",
        "j'ai l'accord du médecin traitant",
        "elle est d'accord avec le kiné",
        "il est d'accord pour créer le dossier",
        "elle fait partie de l'équipe du CHU",
        "le kiné est de la même équipe de foot",
        "équipe de soins palliatifs de Blois",
        "la patiente est au courant de rien",
    ],
)
def test_what_is_still_to_come_or_of_somebody_else_is_no_basis(text: str) -> None:
    assert parse_basis(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "accord de l'usager recueilli",
        "j'ai recueilli le consentement de la patiente",
        "ajoute le kiné Paul Martin, la patiente est d'accord",
        "même équipe du 4 au 12",
        "elle fait partie de l'équipe",
    ],
)
def test_what_the_usager_gave_or_was_told_is_one(text: str) -> None:
    assert parse_basis(text) is not None


@pytest.mark.parametrize(
    "told",
    [
        "on travaille ensemble à son suivi et la patiente est au courant",
        "même équipe, patiente informée",
        "nous la suivons ensemble, la dame est prévenue",
    ],
)
async def test_the_card_has_the_basis_that_was_said_whatever_the_model_read(claire: Dialogue, told: str) -> None:
    words = f"mettez Paul Martin kiné à Vierzon au {CLAIRES_DOSSIER}, {told}"
    said = {"partner_name": "Paul Martin", "profession": "kiné", "city": "Vierzon"}
    act = an_act(words, "add_partner", dossier_ref=CLAIRES_DOSSIER, **said)
    act["entities"].append({"entity": "basis", "value": "consent_given", "start": 0, "end": 0, "extractor": "commands"})
    card = await claire.ask(words, act)
    assert "même équipe de soins" in card.text
    assert "accord de l’usager recueilli" not in card.text


async def test_another_basis_with_a_yes_is_shown_and_not_called_a_doubt(claire: Dialogue) -> None:
    words = f"mettez Paul Martin kiné à Vierzon au {CLAIRES_DOSSIER}, accord de la patiente recueilli"
    await claire.say(words, "add_partner", WEB, partner_name="Paul Martin", profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    words = "c'est plutôt même équipe, je n'ai pas d'accord écrit, elle est juste informée. sinon oui"
    card = await claire.say(words, "affirm", WEB)
    assert "même équipe de soins" in card.text
    assert "je ne sais pas si vous confirmez" not in card.text
    assert claire.form == "add_partner_form"


@pytest.mark.parametrize(
    "text",
    [
        "Je ne lui ai rien dit. Même équipe.",
        "La patiente n’en sait rien. Même équipe de soins",
        "Elle ne sait pas. La patiente est informée",
        "Je lui demanderai lundi. Même équipe de soins",
        "Il faut que je lui en touche un mot. Même équipe",
        "Je vais lui demander. Son accord",
        "Elle n'a rien signé. Il est d'accord",
        "Elle a dit non. Puis elle est d'accord",
        "Elle n'est pas joignable. L'accord de l'usager",
        "Mme Lamy n’a pas répondu. Même équipe",
        "Je dois l'appeler. Même équipe de soins",
    ],
)
def test_a_doubt_about_what_the_usager_knows_holds_for_the_whole_message(text: str) -> None:
    assert parse_basis(text) is None
    assert not bears_out(CARE_TEAM, text)
    assert not bears_out(CONSENT, text)


def test_a_doubt_about_something_else_takes_no_basis_away() -> None:
    assert parse_basis("elle en a pas. ajoutez le kiné. accord de la patiente ok") == CONSENT
    assert parse_basis("le kiné passe une fois par semaine. même équipe") == CARE_TEAM
    assert parse_basis("il manque son mail. même équipe de soins") == CARE_TEAM


@pytest.mark.parametrize(
    "text",
    [
        "elle donnera son accord",
        "on attendra son accord",
        "son accord manque",
        "une fois son accord obtenu",
        "dès que la patiente est informée",
        "lorsque son accord est donné",
        "elle hésite. son accord",
        "elle signera lundi. même équipe",
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_what_the_usager_will_say_is_no_basis(text: str, several: bool) -> None:
    assert parse_basis(text, several=several) is None


def _read(text: str, basis: str) -> str | None:
    entity = {"entity": "basis", "value": basis, "start": 0, "end": 0, "extractor": READ}
    return read_basis(turn(text, entities=[entity]))


@pytest.mark.parametrize(
    "text",
    [
        "d’accord, ajoutez-le",
        "ok d'accord c'est noté",
        "oui d'accord",
        "je n'ai pas son accord",
        "il faut lui demander son accord",
        "elle refuse de donner son accord",
        "sa fille est d'accord",
    ],
)
def test_the_model_reads_no_consent_where_none_is_told(text: str) -> None:
    assert _read(text, CONSENT) is None


@pytest.mark.parametrize(
    "text",
    [
        "elle n'est pas au courant",
        "je ne l’ai pas prévenue",
        "si la patiente est informée",
        "je préviens son équipe",
        "je vais la prévenir",
        "on informe l'équipe",
    ],
)
def test_the_model_reads_no_care_team_where_none_is_told(text: str) -> None:
    assert _read(text, CARE_TEAM) is None


def test_what_the_model_read_and_the_words_bear_out_is_kept() -> None:
    assert _read("d'accord, elle accepte", CONSENT) == CONSENT
    assert _read("madame est d'accord", CONSENT) == CONSENT
    assert _read("je l'ai prévenue", CARE_TEAM) == CARE_TEAM


def test_a_care_team_that_was_read_is_proposed_as_one_that_was_typed() -> None:
    entity = {"entity": "basis", "value": CARE_TEAM, "start": 0, "end": 0, "extractor": READ}
    assert proposes_basis(turn("nous suivons ensemble Mme Lamy", entities=[entity]))
    assert not proposes_basis(turn("même équipe de soins", entities=[entity]))
