"""What is not offered is said plainly, with who can, whatever the intent; what is offered is not taken for it."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue, domain
from tests.unit.harness import CLAIRES_DOSSIER

WISHES = [
    ("Mme Durand est décédée. Retirez tt le monde sauf moi", "remove_partner", "death"),
    ("Le patient du 205 est décédé hier. Que dois-je faire du dossier ?", "remove_partner", "death"),
    ("décès de M. Lamy cette nuit", "out_of_scope", "death"),
    ("je voudrais changer le référent du dossier", "correct", "referent"),
    ("pouvez-vous nommer Paul Martin référent à ma place", "add_partner", "referent"),
    ("je ne veux plus être référente", "remove_partner", "referent"),
    ("je voudrais confier à une collègue mon rôle de référente du 142", "add_partner", "referent"),
    ("je n'ai plus le temps d'être référent du 142, désignez quelqu'un d'autre", "add_partner", "referent"),
    ("fermez mon compte svp je pars à la retraite", "unlink_account", "closing"),
    ("il faut supprimer le compte de mon ancienne collègue", "request_account", "closing"),
    ("elle veut plus que ses données soient dans SPHERE, elle a le droit ?", "emergency", "rights"),
    ("un patient demande l'effacement de ses données", "faq/data_protection", "rights"),
    ("il s'oppose à ce que ses informations soient partagées, quels sont ses droits", "faq/consent", "rights"),
    ("ajoutez sa fille au dossier", "add_partner", "family"),
    ("est-ce que la famille peut avoir accès au dossier ?", "faq/who_has_access", "family"),
    ("donnez l'accès à son mari", "add_partner", "family"),
    ("ok donc mettez aussi son fils", "affirm", "family"),
]


@pytest.mark.parametrize(("words", "intent", "topic"), WISHES)
async def test_who_can_is_said(claire: Dialogue, words: str, intent: str, topic: str) -> None:
    answer = await claire.say(words, intent, WEB)
    assert answer.texts[0].startswith(domain()["responses"][f"utter_cannot_{topic}"][0]["text"].split("{")[0])
    assert answer.entities_of("Demander à l’équipe SPHERE")["topic"] == topic


@pytest.mark.parametrize(
    ("words", "intent", "entities"),
    [
        ("qui est le référent du dossier ?", "list_partners", {}),
        ("ajoute Paul Martin, à la demande de sa fille", "add_partner", {"partner_name": "Paul Martin"}),
        ("sa femme m'a demandé si son kiné avait accès", "list_partners", {}),
        ("mon compte est fermé", "lost_access", {}),
        ("où sont stockées les données ?", "faq/data_protection", {}),
        ("le Dr Bonnet est décédé, retirez-le", "remove_partner", {"partner_name": "Bonnet"}),
        ("vite, il ne respire plus, il est mort ?", "emergency", {}),
        ("supprime Paul Martin du dossier", "remove_partner", {"partner_name": "Paul Martin"}),
    ],
)
async def test_what_is_offered_is_done(claire: Dialogue, words: str, intent: str, entities: dict[str, str]) -> None:
    answer = await claire.say(words, intent, WEB, **entities)
    assert "Demander à l’équipe SPHERE" not in answer.titles


async def test_the_facts_go_with_the_request(claire: Dialogue) -> None:
    answer = await claire.say("Mme Durand est décédée", "inform", WEB, usager_name="Durand")
    handed = (await claire.press("contact_support", WEB, **answer.entities_of("Demander à l’équipe SPHERE"))).handover
    assert handed is not None
    assert (handed["task"], handed["dossier"]) == ("signaler le décès d’un usager", CLAIRES_DOSSIER)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("oui transmettez leur, et dites bien que c'est pour le 15 janvier", "correct"),
        ("oui demandez leur", "affirm"),
        ("oui svp", "affirm"),
        ("joindre l'équipe oui", "nlu_fallback"),
        ("ben si, transmettez ma demande à l'équipe sphere pour le changement de référent", "affirm"),
        ("prévenez l'équipe SPHERE du décès comme vous le proposiez", "inform"),
        ("oui demandez leur svp, de ma part", "affirm"),
    ],
)
async def test_the_offer_is_taken_up_in_words(claire: Dialogue, words: str, intent: str) -> None:
    await claire.say("Mme Durand est décédée. Retirez tt le monde sauf moi", "remove_partner", WEB)
    assert (await claire.say(words, intent, WEB)).handover["task"] == "signaler le décès d’un usager"


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("ok", "affirm"),
        ("non ne leur demandez rien", "deny"),
        ("oui je sais", "affirm"),
        ("ok je les appellerai moi même", "affirm"),
        ("demandez leur si la famille est d'accord quand elle sera prévenue", "affirm"),
        ("pas la peine de transmettre à l'équipe", "deny"),
        ("comment joindre l'équipe ?", "inform"),
        ("j'ai déjà demandé à l'équipe", "inform"),
        ("envoyez les alertes par mail", "manage_notifications"),
        ("la famille demande à lui parler", "inform"),
        ("transmettez-lui le dossier de Paul", "inform"),
        ("ajoutez Paul Durand et prévenez-les", "add_partner"),
        ("je contacte l'équipe demain", "inform"),
    ],
)
async def test_what_is_no_consent_takes_no_offer_up(claire: Dialogue, words: str, intent: str) -> None:
    await claire.say("Mme Durand est décédée. Retirez tt le monde sauf moi", "remove_partner", WEB)
    assert (await claire.say(words, intent, WEB)).handover is None


async def test_an_older_offer_is_not_taken_up(claire: Dialogue) -> None:
    await claire.say("Mme Durand est décédée. Retirez tt le monde sauf moi", "remove_partner", WEB)
    await claire.say("bonjour", "greet", WEB)
    assert (await claire.say("oui demandez leur", "affirm", WEB)).handover is None


@pytest.mark.parametrize("words", ["ok alors c'est bon retirez moi", "oui qui s'en occupe", "oui donc ajoute coutteret"])
async def test_a_yes_that_holds_a_wish_is_not_all_right(claire: Dialogue, words: str) -> None:
    assert "Je suis là si vous" not in (await claire.say(words, "affirm", WEB)).text


@pytest.mark.parametrize("words", ["ok", "oui merci bcp", "très bien, bonne soirée", "c'est parfait"])
async def test_a_bare_yes_is_all_right(claire: Dialogue, words: str) -> None:
    assert "Je suis là si vous" in (await claire.say(words, "affirm", WEB)).text
