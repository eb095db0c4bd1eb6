"""Linking a partner to a dossier: the three cases of the guide, and what may go wrong on the way."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from tests.conversations.talk import CLAIRE, KARIM, as_user, open_talk
from tests.stack import Stack

DOSSIER = "SPH-2024-000137"
OF_KARIM = "SPH-2024-000205"


def test_known_with_an_account_takes_two_turns(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say(f"ajoute Paul Martin, kiné à Vierzon, au dossier {DOSSIER}")
    assert "Paul Martin" in card
    assert "Vierzon" in card
    assert DOSSIER in card
    assert "Cette personne a déjà un compte d’accès, voulez-vous lui donner accès à ce dossier" in card
    done = claire.press("même équipe de soins, usager informé")
    assert "a maintenant accès" in done
    assert any("Paul Martin" in name for name in stack.participants(DOSSIER))
    again = claire.say(f"ajoute Paul Martin, kiné à Vierzon, au dossier {DOSSIER}")
    assert "déjà accès" in again
    assert sum("Paul Martin" in name for name in stack.participants(DOSSIER)) == 1


def test_known_without_an_account_is_asked_for_and_gets_access(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say(f"Ajoute le Dr Leïla Benali, cardiologue à Tours, au dossier {DOSSIER}")
    assert "Leïla Benali" in card
    assert "n’a pas de compte" in card
    sent = claire.press("accord de l’usager recueilli")
    request = re.search(r"DC-\d{4}-\d+", sent)
    assert request, sent
    mail = stack.mail_to("accompagnement-sphere@esante-centre.fr", request[0])
    assert "Benali" in mail["text"]
    assert DOSSIER in mail["text"]
    assert "Durand" not in mail["text"] + mail["subject"]
    assert "reçue" in claire.say("où en est ma demande de compte ?")

    made = stack.cli("accounts", "create", request[0])
    assert made.returncode == 0, made.stdout + made.stderr
    codes = stack.mail_to("leila.benali@cardio-tours.example")
    assert codes["text"]
    claire.wait_said(rf"Benali.*{DOSSIER}|{DOSSIER}.*Benali")
    assert any("Benali" in name for name in stack.participants(DOSSIER))
    assert not any(word in "\n".join(m["text"] for m in claire.history()) for word in _secrets(codes["text"]))


def _secrets(mail: str) -> list[str]:
    """Words of a mail of codes that look like codes."""
    return [
        word for word in re.findall(r"\b[A-Za-z0-9-]{8,}\b", mail) if re.search(r"\d", word) and "DC-" not in word and "SPH-" not in word
    ]


def test_not_in_the_directory_fills_in_the_whole_fiche(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    answer = claire.say(f"ajoute Zwartkowski au dossier {DOSSIER}")
    assert "Je ne trouve pas" in answer
    claire.press("Demander un compte")
    answers = {
        "civilité": "Mme",
        "prénom": "Zoé",
        "e-mail": "zoe.zwartkowski@ortho-amboise.example",
        "téléphone": "02 47 57 00 11",
        "profession": "orthophoniste",
        "RPPS": "passer",
        "exerce": "Libéral",
        "structure": "Cabinet des Tanneurs",
        "ville": "Amboise",
    }
    for _ in range(14):
        question = claire.last[-1]["text"]
        if "Fiche annuaire" in question:
            break
        if "Sur quelle base" in question:
            claire.press("même équipe")
            continue
        asked = next(key for key in answers if key.lower() in question.lower())
        claire.say(answers[asked])
    card = claire.last[-1]["text"]
    for value in (
        "Zoé",
        "Zwartkowski",
        "rthophoniste",
        "Cabinet des Tanneurs",
        "Amboise",
        "zoe.zwartkowski@ortho-amboise.example",
        DOSSIER,
    ):
        assert value in card, card
    sent = claire.press("Envoyer la demande")
    request = re.search(r"DC-\d{4}-\d+", sent)
    assert request, sent
    assert stack.cli("accounts", "create", request[0]).returncode == 0
    stack.mail_to("zoe.zwartkowski@ortho-amboise.example")
    claire.wait_said("Zwartkowski.*accès|accès.*Zwartkowski")
    assert any("Zwartkowski" in name for name in stack.participants(DOSSIER))


def test_homonyms_by_button(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Martin au dossier {DOSSIER}")
    people = [title for title in claire.titles if "Martin" in title]
    assert len(people) == 4
    assert "Autre personne" in claire.titles
    assert "Personne ne correspond" in claire.titles
    chosen = next(title for title in people if "Blois" in title)
    card = claire.press(chosen)
    assert "Blois" in card


def test_homonyms_by_words(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Martin au dossier {DOSSIER}")
    card = claire.say("celle de Blois")
    assert "Blois" in card
    assert DOSSIER in card


def test_an_address_that_the_directory_lacks_is_asked_for(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert "adresse e-mail" in claire.say(f"ajoute Étienne Martin, pharmacien à Orléans, au dossier {DOSSIER}")
    assert "n’est pas valable" in claire.say("etienne.martin")
    card = claire.say("etienne.martin@pharmacie-loire.example")
    assert "etienne.martin@pharmacie-loire.example" in card
    assert DOSSIER in card
    assert "n’aura pas accès" in claire.press("Non")


def test_correction_on_the_way(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"ajoute Martin de Bourges au dossier {DOSSIER}")
    card = claire.say("non, plutôt Blois")
    assert "Blois" in card
    assert "Bourges" not in card


def test_a_question_on_the_way_is_answered_and_the_task_goes_on(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"je veux ajouter quelqu'un au dossier {DOSSIER}")
    answer = claire.say("faut-il l'accord du patient ?")
    assert "L1110-4" in answer
    assert "professionnel à ajouter" in answer
    assert "Bourges" in claire.say("Hugues Martin")


def test_cancel_on_the_way(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("ajoute un partenaire")
    assert "abandonné" in claire.say("laisse tomber")
    assert "rien en cours" in claire.say("annuler")


def test_another_task_on_the_way_and_back(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say(f"je veux ajouter un partenaire au dossier {DOSSIER}")
    answer = claire.say("mes dossiers")
    assert DOSSIER in answer
    assert "Je reprends" in answer
    assert "professionnel à ajouter" in answer
    assert "Martin" in claire.say("Paul Martin kiné")


def test_without_a_basis_nothing_is_given(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    before = stack.participants(DOSSIER)
    claire.say(f"ajoute Martin au dossier {DOSSIER}")
    claire.say("celle de Blois")
    assert "loi" in claire.press("Ni l’un ni l’autre")
    assert stack.participants(DOSSIER) == before


def test_not_a_member_is_refused(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    foreign = stack.dossier_without("Claire Moreau")
    before = stack.participants(foreign)
    answer = claire.say(f"ajoute Hugues Martin, kiné à Bourges, au dossier {foreign}")
    assert "vous ne faites pas partie" in answer
    assert stack.participants(foreign) == before


def test_an_unknown_dossier_is_answered_like_one_of_others(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    foreign, unknown = stack.dossier_without("Claire Moreau"), "SPH-2019-999999"
    told = [claire.say(f"ajoute Paul Martin, kiné à Vierzon, au dossier {each}").replace(each, "X") for each in (unknown, foreign)]
    assert "n’existe pas" in told[0]
    assert told[0].splitlines()[0] == told[1].splitlines()[0]


def test_oneself_is_said_so(stack: Stack) -> None:
    karim = as_user(stack, KARIM)
    assert "vous-même" in karim.say(f"ajoute Karim Benali, médecin à Blois, au dossier {OF_KARIM}")


def test_two_people_add_to_one_dossier_at_the_same_moment(stack: Stack) -> None:
    karim, other = as_user(stack, KARIM), as_user(stack, KARIM)
    karim.say(f"ajoute Claire Moreau, infirmière à Tours, au dossier {OF_KARIM}")
    other.say(f"ajoute Sophie Leroux, assistante sociale à Châteauroux, au dossier {OF_KARIM}")
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda talk: talk.press("même équipe"), (karim, other)))
    assert all("a maintenant accès" in text for text in said), said
    names = " ".join(stack.participants(OF_KARIM))
    assert "Claire Moreau" in names
    assert "Sophie Leroux" in names


def test_unlinked_user_links_first_and_the_task_goes_on(stack: Stack) -> None:
    talk = open_talk(stack)
    assert "qui vous êtes" in talk.say(f"ajoute Martin de Blois au dossier {DOSSIER}")
    before = talk.codes_sent(CLAIRE)
    talk.say(CLAIRE)
    card = talk.say(talk.code(CLAIRE, before))
    assert "Blois" in card
    assert DOSSIER in card


def test_listing_and_removing(stack: Stack) -> None:
    karim = as_user(stack, KARIM)
    karim.say(f"ajoute Paul Martin, kiné à Vierzon, au dossier {OF_KARIM}")
    karim.press("même équipe")
    listed = karim.say(f"qui suit le dossier {OF_KARIM} ?")
    assert "Paul Martin" in listed
    assert "référent" in listed
    card = karim.say(f"retire Paul Martin du dossier {OF_KARIM}")
    assert "Paul Martin" in card
    assert OF_KARIM in card
    assert "n’a plus accès" in karim.say("oui")
    assert not any("Paul Martin" in name for name in stack.participants(OF_KARIM))
