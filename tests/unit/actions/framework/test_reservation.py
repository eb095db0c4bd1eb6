"""Only a clean yes confirms: what makes one unclean."""

from __future__ import annotations

import pytest
from rasa_sdk.interfaces import Tracker

from actions.framework.remarks import harmless_remarks
from actions.framework.reservation import has_reservation, names_reservation, reserving_words
from actions.framework.turn import Turn
from tests.unit.actions.dialogue import WEB, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER

HUGUES = {"partner_name": "Hugues Martin", "city": "Bourges"}
RESERVED = [
    "oui accord du patient mais seulement à partir du 15 décembre",
    "oui, même équipe, mais retirez-la dans 15 jours",
    "ok pour les deux semaines de mes congés",
    "oui enfin non attendez je vérifie avec la famille",
    "d’accord s’il accepte",
    "oui quand sa fille aura signé",
    "oui, jusqu'à vendredi",
    "oui accord du patient, et changez la structure : SSIAD de Châteauroux",
    "ok sauf pour le dossier Lamy",
    "oui pas avant le 3 janvier",
    "oui plutôt au cabinet de Blois",
    "oui " + "merci beaucoup à vous et à toute l'équipe " * 6,
]
CLEAN = [
    "oui",
    "oui merci, bonne journée",
    "c'est bon oui merci, au revoir",
    "oui parfait merci à demain",
    "oui s'il vous plaît",
    "ok si vous voulez bien",
    "mais oui !",
    "oui, accord de l'usager recueilli",
    "oui même équipe, usager informé",
    "allez-y",
    "oui retirez-le",
    "oui envoyez comme ça, je préciserai l'orthographe à l'équipe après",
    "bon envoyez comme ça, je préciserai l'orthographe à l’équipe après",
    "oui, je donnerai la bonne adresse à l'équipe plus tard",
    "oui c'est bon, je vous donnerai son RPPS après",
    "oui et j'enverrai le numéro à la secrétaire après",
    "ok, je préviens mes collègues ensuite",
    "oui. Je dirai à la secrétaire après",
    "oui merci, je dois filer après",
    "oui, j'ai une visite après",
    "parfait oui, je vous laisse",
    "oui je vous laisse faire",
    "Oui c'est parfait, elle passe le mardi",
    "oui, elle passe tous les mardis et les jeudis",
    "oui, il vient le lundi et le mercredi matin",
    "oui, la kiné passe l'après-midi",
    "oui, elle intervient deux fois par semaine",
    "oui, et d'ordinaire c'est lui, Allain, qui me remplace",
    "Oui, il est informé, M. Fontaine, et d'ordinaire c'est lui, Allain, qui me remplace.",
    "oui, c'est ma remplaçante",
    "oui c'est mon remplaçant habituel",
    "oui dès que possible",
    "oui, dès que vous pouvez",
    "oui quand vous voulez",
    "oui, tant qu'on y est",
    "oui, si besoin appelez-moi",
    "oui, s'il manque quelque chose, dites-le-moi",
    "oui quand même",
    "oui c'est la même équipe, si c'est elle qui suit Mme Blot aussi c'est parfait",
    "oui même équipe, usager informé, elle passe le mardi",
    "oui, accord recueilli, je préciserai son adresse à l'équipe après",
]
TELLING = {
    "oui envoyez, je vous dirai quand": "quand",
    "oui, je préviendrai la famille après": "après",
    "oui, j'informerai la patiente ensuite seulement": "seulement",
    "oui même équipe, je lui dirai après": "après",
    "oui, je demanderai son accord après": "après",
    "oui, elle passe le mardi jusqu'à Noël": "jusqu'à",
    "oui, elle passe le mardi, mais pas avant janvier": "mais",
    "oui, je préciserai l'orthographe à l'équipe après, mais pas aujourd'hui": "mais",
    "oui, par contre pas avant lundi": "par contre",
    "oui mais à partir du 15": "mais",
    "oui enfin non": "enfin",
    "d'accord si sa fille l'est": "si",
    "oui si c'est elle qui suit madame Blot aussi": "si",
    "oui, si c'est elle qui suit Mme Blot c'est parfait": "si",
    "oui même équipe, si sa fille est d'accord c'est parfait": "si",
    "oui même équipe, s'il accepte c'est parfait": "s'il",
    "oui, c'est elle qui me remplace pendant mes congés": "remplace",
    "oui, remplacez-le par Hugues": "remplacez",
    "oui, elle remplace Paul": "remplace",
    "oui si besoin": "si",
    "oui si vous avez besoin de son accord": "si",
    "oui dès que possible après sa sortie": "dès que",
    "oui dès que vous aurez son accord": "Dès que",
    "oui quand vous voulez, mais demain": "mais",
    "oui quand vous aurez son accord": "quand",
    "oui, tant qu'il est à l'hôpital": "tant qu'il",
    "oui, je la retirerai après": "après",
    "oui, je l'ajouterai moi-même après": "après",
    "oui, laissez tomber": "laissez",
    "oui, je vous laisse vérifier": "laisse",
    "oui, elle s'appelle plutôt Moulins": "plutôt",
    "Parfait oui envoyez, par contre Moulin ça s'écrit Moulins": "par contre",
    "oui, quand même pas tout de suite": "quand",
    "oui, je préciserai si elle accepte après": "si",
}
"""Answers with a reservation, and the words that are told as what made it one."""


def a_turn(text: str, **says: object) -> Turn:
    message = {"text": text, "intent": {"name": "affirm", "confidence": 0.9}, "entities": [], "says": says}
    return Turn(Tracker("chat", {}, message, [], False, None, {}, "action_listen"))


@pytest.mark.parametrize("text", RESERVED)
def test_a_condition_a_time_a_second_thought_or_a_change_is_a_reservation(text: str) -> None:
    assert names_reservation(text)


@pytest.mark.parametrize(("text", "words"), TELLING.items())
def test_what_looks_like_a_remark_and_is_none_is_a_reservation_that_is_told(text: str, words: str) -> None:
    turn = a_turn(text)
    assert has_reservation(turn)
    assert (reserving_words(turn) or "").lower() == words.lower()


@pytest.mark.parametrize("text", [*RESERVED[:-1], *TELLING])
def test_no_remark_hides_a_reservation(text: str) -> None:
    for remark in (clean.partition(" ")[2] for clean in CLEAN if harmless_remarks(clean)):
        for answer in (f"{text}, {remark}", f"oui, {remark}, {text}", f"oui {remark} et {text}"):
            assert names_reservation(answer), answer


@pytest.mark.parametrize(("condition", "reserved"), [("si c'est elle qui suit Mme Blot aussi", False), ("si elle veut", True)])
def test_a_condition_that_the_model_reads_in_a_remark_is_none(condition: str, reserved: bool) -> None:
    text = "oui c'est la même équipe, si c'est elle qui suit Mme Blot aussi c'est parfait"
    assert has_reservation(a_turn(text, condition=condition)) is reserved
    assert has_reservation(a_turn("oui", doubt=True))


@pytest.mark.parametrize("text", CLEAN)
def test_thanks_and_the_basis_are_none(text: str) -> None:
    assert not names_reservation(text)


@pytest.mark.parametrize("text", RESERVED)
async def test_an_addition_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    answer = await claire.say(text, "affirm", WEB)
    assert "Je n’ai rien fait" in answer.text
    assert claire.slots.get("basis") is None
    assert await claire.say("oui, accord de l'usager recueilli", "affirm", WEB)
    assert claire.slots.get("basis") is None


@pytest.mark.parametrize("text", RESERVED[3:6])
async def test_a_removal_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    account = await claire.services.identity.person_of(claire.id)
    assert account is not None
    members = await claire.services.partners.list(CLAIRES_DOSSIER, account)
    name = next(member.display for member in members if "Moreau" not in member.display)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say(text, "affirm", WEB)
    assert "Je n’ai rien fait" in answer.text
    assert claire.slots.get("confirmed") is None


@pytest.mark.parametrize("text", RESERVED[3:6])
async def test_a_creation_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    await claire.press("create_dossier", WEB)
    await claire.say("Quillivic", "inform", WEB)
    await claire.say("Maud", "inform", WEB)
    await claire.say("1931-03-12", "inform", WEB, birth_date="1931-03-12")
    card = await claire.say("féminin", "inform", WEB)
    assert "Quillivic" in card.text
    assert "Créer le dossier de" in (await claire.say(text, "affirm", WEB)).text
    assert claire.slots.get("confirmed") is None


@pytest.mark.parametrize("text", RESERVED[3:6])
async def test_an_account_request_waits_for_a_clean_yes(claire: Dialogue, text: str) -> None:
    entities = {"partner_name": "Maud Quillivic", "profession": "infirmière", "city": "Blois"}
    answer = await claire.say("un compte pour Maud Quillivic, infirmière à Blois", "request_account", WEB, **entities)
    for _ in range(12):
        if claire.slots.get("requested_slot") == "confirmed":
            break
        words = "maud@cabinet.example" if "email" in str(claire.slots.get("requested_slot")) else "passer"
        answer = await claire.say(words, "inform", WEB)
    assert "Quillivic" in answer.text
    assert "Je n’ai rien fait" in (await claire.say(text, "affirm", WEB)).text
    assert claire.slots.get("confirmed") is None


@pytest.mark.parametrize(
    "text",
    [
        "oui même équipe, usager informé, elle passe le mardi",
        "oui c'est la même équipe, si c'est lui qui suit Mme Blot aussi c'est parfait",
        "oui accord recueilli, je préciserai l'orthographe à l'équipe après",
    ],
)
async def test_a_yes_with_a_harmless_remark_is_done(claire: Dialogue, text: str) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    assert (await claire.say(text, "affirm", WEB)).text.startswith("C’est fait")


async def test_what_made_a_yes_doubtful_is_told_and_the_next_one_does_it(claire: Dialogue) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    answer = await claire.say("oui même équipe, usager informé, mais à voir ensuite", "affirm", WEB)
    assert "avec «\u00a0mais\u00a0», je ne sais pas si vous confirmez" in answer.text
    assert (await claire.say("oui", "affirm", WEB)).text.startswith("C’est fait")


async def test_who_will_inform_the_usager_later_has_not_yet(claire: Dialogue) -> None:
    await claire.say(f"ajoute Hugues Martin de Bourges au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER, **HUGUES)
    await claire.say("oui même équipe, usager informé, je la préviendrai après", "affirm", WEB)
    assert "Sur quelle base" in (await claire.say("oui", "affirm", WEB)).text
