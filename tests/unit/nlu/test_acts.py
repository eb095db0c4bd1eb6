"""What the commands of a message come to for the dialogue: one act after the other, each with its own words and people."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.commands.acts import Act, Understood, find_acts, is_doubtful_yes, name_usagers
from nlu.commands.command import Command
from nlu.commands.component import take_first_act


def command(text: str, head: str, at: str, confidence: float = 0.99, intent: str = "", **slots: str | list[str]) -> Command:
    """Return a command that stands on `at`, with values that stand in the text or stand for somebody."""
    values = {name: [value] if isinstance(value, str) else value for name, value in slots.items()}
    places = {name: [(text.index(v), text.index(v) + len(v)) for v in found if v in text] for name, found in values.items()}
    start = text.index(at)
    return Command(head, intent, values, confidence=confidence, at=(start, start + len(at)), places={n: p for n, p in places.items() if p})


def understood(text: str, intent: str, confidence: float = 0.99, **entities: str | list[str]) -> Understood:
    """Return what the other models read."""
    found = [
        {"entity": name, "value": value, "start": text.index(value), "end": text.index(value) + len(value), "extractor": "x"}
        for name, values in entities.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return Understood(text, intent, confidence, sorted(found, key=lambda entity: entity["start"]))


def values(act: Act) -> dict[str, list[str]]:
    """Return the values of an act's entities, by name; each stands where its offsets say."""
    found: dict[str, list[str]] = {}
    for entity in act.entities:
        if entity["end"]:
            assert act.text[entity["start"] : entity["end"]] == entity["value"]
        found.setdefault(entity["entity"], []).append(entity["value"])
    return found


def test_who_reports_is_no_target() -> None:
    text = "la psy Lanmezac doit être enlevée du dossier Leclercq, c'est Thierry qui me l'a dit"
    read = command(text, "start", "enlevée", intent="remove_partner", partner="Lanmezac", profession="psy", usager="Leclercq", by="Thierry")
    message = understood(text, "remove_partner", partner_name=["Lanmezac", "Thierry"], profession="psy", usager_name="Leclercq")
    (act,) = find_acts(message, [read])
    assert act.intent == "remove_partner"
    assert values(act) == {"profession": ["psy"], "partner_name": ["Lanmezac"], "usager_name": ["Leclercq"]}


def test_an_usager_is_no_professional() -> None:
    text = "ma patiente Reynaud cherche une infirmière sur Vineuil"
    read = command(text, "start", "cherche", intent="find_professional", usager="Reynaud", profession="infirmière", city="Vineuil")
    message = understood(text, "find_professional", partner_name="Reynaud", profession="infirmière", city="Vineuil")
    (act,) = find_acts(message, [read])
    assert values(act) == {"usager_name": ["Reynaud"], "profession": ["infirmière"], "city": ["Vineuil"]}
    assert [entity["entity"] for entity in name_usagers(message, [read])] == ["usager_name", "profession", "city"]


def test_two_wishes_are_two_acts_with_the_dossier_said_once() -> None:
    text = "enlever Durand du dossier 142 et mettre Coutteret à la place"
    commands = [
        command(text, "start", "enlever", intent="remove_partner", partner="Durand", dossier="142"),
        command(text, "start", "mettre", intent="add_partner", partner="Coutteret", dossier="142"),
    ]
    message = understood(text, "remove_partner", partner_name=["Durand", "Coutteret"], dossier_ref="142")
    first, second = find_acts(message, commands)
    assert (first.intent, first.text) == ("remove_partner", "enlever Durand du dossier 142")
    assert values(first) == {"partner_name": ["Durand"], "dossier_ref": ["142"]}
    assert second.intent == "add_partner"
    assert values(second) == {"partner_name": ["Coutteret"], "dossier_ref": ["142"]}
    assert "Durand" not in second.text


def test_several_partners_of_one_wish_are_one_act() -> None:
    text = "ajoute Souleault, cardiologue, et Coutteret, kiné, au dossier 142, ils sont de la même équipe"
    read = command(
        text, "start", "ajoute", intent="add_partner", partner=["Souleault", "Coutteret"], profession=["cardiologue", "kiné"],
        dossier="142", basis="care_team",
    )  # fmt: skip
    message = understood(
        text, "add_partner", partner_name=["Souleault", "Coutteret"], profession=["cardiologue", "kiné"], dossier_ref="142"
    )
    (act,) = find_acts(message, [read])
    assert act.text == text
    assert values(act) == {
        "basis": ["care_team_informed"], "dossier_ref": ["142"], "partner_name": ["Souleault", "Coutteret"],
        "profession": ["cardiologue", "kiné"],
    }  # fmt: skip


def test_a_yes_with_a_new_fact_is_a_correction() -> None:
    text = "oui accord du patient, et changez la structure : SSIAD de Châteauroux"
    commands = [
        command(text, "affirm", "oui", basis="consent"),
        command(text, "correct", "changez", organization="SSIAD de Châteauroux"),
    ]
    (act,) = find_acts(understood(text, "affirm", organization="SSIAD de Châteauroux"), commands, "confirm")
    assert act.intent == "correct"
    assert values(act) == {"basis": ["consent_given"], "organization": ["SSIAD de Châteauroux"]}


@pytest.mark.parametrize("text", ["oui merci, bonne journée", "c'est bon oui merci, au revoir", "ok merci bonne soirée"])
def test_a_yes_with_courtesy_is_a_yes_where_one_was_asked(text: str) -> None:
    commands = [command(text, "affirm", text.split(",", maxsplit=1)[0].split()[-2]), command(text, "start", "merci", intent="thank")]
    assert [act.intent for act in find_acts(understood(text, "goodbye"), commands, "confirm")] == ["affirm"]
    assert find_acts(understood(text, "goodbye"), commands) == []


def test_a_yes_and_another_wish_are_both_kept() -> None:
    text = "oui accord, et aussi enlevez Bonnet"
    commands = [command(text, "affirm", "oui"), command(text, "start", "enlevez", intent="remove_partner", partner="Bonnet")]
    yes, more = find_acts(understood(text, "affirm", partner_name="Bonnet"), commands, "confirm")
    assert (yes.intent, yes.text) == ("affirm", "oui accord,")
    assert (more.intent, values(more)) == ("remove_partner", {"partner_name": ["Bonnet"]})


def test_what_is_forbidden_is_no_wish() -> None:
    text = "ajoute pas Noël Boulanger au dossier Lamy avant que je te le dise"
    read = command(text, "forbid", "pas", intent="add_partner", partner="Noël Boulanger", usager="Lamy")
    (act,) = find_acts(understood(text, "add_partner", partner_name="Noël Boulanger", usager_name="Lamy"), [read])
    assert (act.intent, act.says) == ("deny", {"forbids": "add_partner"})


def test_what_is_not_known_is_no_other_wish() -> None:
    text = "bah j'en sé rien moi son mail"
    message = understood(text, "manage_notifications", channel="mail")
    (act,) = find_acts(message, [command(text, "unknown", "sé rien")], "email")
    assert (act.intent, act.says) == ("deny", {"unknown": True})
    assert find_acts(message, [command(text, "unknown", "sé rien")]) == []


def test_references_and_conditions_are_told() -> None:
    text = "retirez tout le monde sauf moi"
    (act,) = find_acts(
        understood(text, "remove_partner"), [command(text, "start", "retirez", intent="remove_partner", partner="all_but_self")]
    )
    assert act.says == {"partner": "all_but_self"}
    text = "oui mais seulement s'il est d'accord"
    (act,) = find_acts(understood(text, "affirm"), [command(text, "affirm", "oui", condition="seulement s'il est d'accord")], "confirm")
    assert act.says == {"condition": "seulement s'il est d'accord"}


@pytest.mark.parametrize(
    ("intent", "confidence", "more"),
    [("remove_partner", 0.99, 0.99), ("emergency", 0.5, 0.99), ("remove_partner", 0.99, 0.5)],
    ids=["the sure intent of the whole differs", "emergency", "the command is doubtful"],
)
def test_what_is_not_sure_stays_as_it_was(intent: str, confidence: float, more: float) -> None:
    text = "il faudrait voir pour Durand"
    commands = [command(text, "start", "voir", more, "find_professional", partner="Durand")]
    assert find_acts(understood(text, intent, confidence, partner_name="Durand"), commands) == []


def test_a_yes_that_was_read_as_something_else_is_doubtful() -> None:
    text = "oui enfin non attendez je vérifie"
    assert is_doubtful_yes([command(text, "deny", "non")])
    assert not is_doubtful_yes([command(text, "affirm", "oui")])
    assert not is_doubtful_yes([])


@pytest.mark.parametrize("text", ["", "   ", "a" * 4000, "\u202eet, et ; et\u200f", "🙂🙂🙂"])
def test_any_text_may_come(text: str) -> None:
    assert find_acts(Understood(text, "inform", 0.3, []), []) == []


def test_an_act_is_parse_data() -> None:
    text = "c'est payant ? et ajoute Durand"
    commands = [
        command(text, "start", "payant", intent="faq/cost"),
        command(text, "start", "ajoute", intent="add_partner", partner="Durand"),
    ]
    first, second = find_acts(understood(text, "faq/cost", partner_name="Durand"), commands)
    data: dict[str, Any] = first.to_dict()
    assert (data["intent"]["name"], data["full_intent"], data["text"]) == ("faq", "faq/cost", "c'est payant ?")
    assert second.to_dict()["intent"]["name"] == "add_partner"


def test_a_prohibition_counts_sooner_than_a_wish() -> None:
    text = "ajoute pas Noël Boulanger avant que je te le dise"
    read = command(text, "forbid", "pas", 0.58, "add_partner", partner="Noël Boulanger")
    assert [act.says for act in find_acts(understood(text, "add_partner"), [read])] == [{"forbids": "add_partner"}]


def test_a_yes_that_gives_a_fact_is_a_correction() -> None:
    text = "oui mais mettez bien le 02 48 00 00 01"
    (act,) = find_acts(understood(text, "affirm"), [command(text, "affirm", "oui", phone="02 48 00 00 01")], "confirm")
    assert (act.intent, values(act)) == ("correct", {"phone": ["02 48 00 00 01"]})


def test_a_yes_that_is_taken_back_is_doubtful() -> None:
    text = "oui enfin non attendez je vérifie avec la famille"
    (act,) = find_acts(understood(text, "affirm"), [command(text, "affirm", "oui"), command(text, "deny", "attendez")], "confirm")
    assert (act.intent, act.says) == ("affirm", {"doubt": True})


@pytest.mark.parametrize("before", ["Ma patiente Mme", "le résident M.", "usagère"])
def test_a_name_after_a_word_for_usagers_is_an_usagers(before: str) -> None:
    text = f"{before} Reynaud cherche une infirmière"
    read = command(text, "start", "cherche", intent="find_professional", profession="infirmière")
    (act,) = find_acts(understood(text, "find_professional", partner_name="Reynaud", profession="infirmière"), [read])
    assert values(act) == {"usager_name": ["Reynaud"], "profession": ["infirmière"]}


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("ajoute pas Noël Boulanger au dossier 142 avant que je te le dise", True),
        ("N’ajoutez surtout pas Boulanger", True),
        ("merci, mais n'ajoutez pas encore Boulanger", True),
        ("Boulanger ne doit en aucun cas être associé au 142", True),
        ("pas question qu'on mette Boulanger au 142", True),
        ("je veux pas que Boulanger soit ajouté", True),
        ("il ne faut pas oublier d'ajouter Boulanger", False),
        ("ajoute Boulanger, il n'est pas dans l'équipe", False),
        ("pourquoi ajouter Boulanger ne marche pas", False),
        ("je n'arrive pas à ajouter Boulanger", False),
    ],
)
def test_a_negated_order_is_a_prohibition(text: str, forbidden: bool) -> None:
    acts = find_acts(understood(text, "add_partner", partner_name="Boulanger"), [])
    assert [act.says for act in acts] == ([{"forbids": "add_partner"}] if forbidden else [])


def test_two_dossiers_of_two_wishes_are_not_mixed_up() -> None:
    text = "retire Paul Martin du dossier 137 et ajoute le Dr Benali au 142"
    commands = [
        command(text, "start", "retire", 0.73, "remove_partner", partner="Paul Martin", dossier=["137", "142"]),
        command(text, "start", "ajoute", 0.98, "add_partner", partner="Benali", dossier=["137", "142"]),
    ]
    message = understood(text, "add_partner", 0.7, partner_name=["Paul Martin", "Benali"], dossier_ref=["137", "142"])
    first, second = find_acts(message, commands)
    assert (first.intent, values(first)) == ("remove_partner", {"partner_name": ["Paul Martin"], "dossier_ref": ["137"]})
    assert (second.intent, values(second)) == ("add_partner", {"partner_name": ["Benali"], "dossier_ref": ["142"]})


def test_what_is_asked_twice_is_one_act() -> None:
    text = "où en est la demande, est-elle passée ?"
    commands = [command(text, "start", word, 0.95, "check_request") for word in ("où en est", "passée")]
    assert [act.intent for act in find_acts(understood(text, "check_request"), commands)] == ["check_request"]


def test_somebody_told_of_beside_the_one_who_is_meant_is_no_partner() -> None:
    text = "le Dr Coutteret me suggère Andrée Ferchion pour le 456, vous voulez bien l'associer ?"
    read = command(text, "start", "associer", 0.95, "add_partner", partner="Andrée Ferchion", dossier="456")
    message = understood(text, "add_partner", partner_name=["Coutteret", "Andrée Ferchion"], dossier_ref="456")
    (act,) = find_acts(message, [read])
    assert values(act) == {"partner_name": ["Andrée Ferchion"], "dossier_ref": ["456"]}


def test_what_is_hardly_an_emergency_was_not_understood() -> None:
    read = {"text": "le 15 mars", "intent": {"name": "emergency", "confidence": 0.5}, "says": {"emergency": True}}
    take_first_act(read)
    assert read["intent"] == {"name": "nlu_fallback", "confidence": 0.0}


def test_a_doubtful_wish_that_leads_away_from_a_question_was_not_understood() -> None:
    read = {"text": "je préfère en parler avec elle", "intent": {"name": "contact_support", "confidence": 0.9}, "says": {"doubt": True}}
    take_first_act(read)
    assert read["intent"] == {"name": "nlu_fallback", "confidence": 0.0}
    yes = {"text": "oui enfin", "intent": {"name": "affirm", "confidence": 0.9}, "says": {"doubt": True}}
    take_first_act(yes)
    assert yes["intent"]["name"] == "affirm"


def test_a_wish_that_both_models_read_counts_sooner() -> None:
    text = "j'ai pas de compte, je voudrais en demander un"
    commands = [command(text, "unknown", "pas", 0.96), command(text, "start", "demander", 0.6, "request_account")]
    acts = find_acts(understood(text, "request_account", 0.98), commands, "email")
    assert [act.intent for act in acts] == ["deny", "request_account"]
    unsure = find_acts(understood(text, "inform", 0.6), commands, "email")
    assert [(act.intent, bool(act.says.get("doubt"))) for act in unsure] == [("deny", False), ("request_account", True)]


@pytest.mark.parametrize(
    ("text", "name", "value", "city"),
    [
        ("c'est Paul Martin de Vierzon qui me remplace", "organization", "de Vierzon", "Vierzon"),
        ("ma remplaçante : Paul Martin (Blois)", "organization", "Blois", "Blois"),
        ("c'est l'infirmière Paul Martin d'Orléans qui passera", "partner_name", "Paul Martin d'Orléans", "Orléans"),
    ],
)
def test_a_town_taken_for_a_structure_or_part_of_a_name_is_the_town_that_the_commands_read(
    text: str, name: str, value: str, city: str
) -> None:
    read = command(text, "start", text.split()[0], intent="add_partner", partner="Paul Martin", city=city)
    named = {"partner_name": "Paul Martin", name: value} if name == "organization" else {name: value}
    (act,) = find_acts(understood(text, "add_partner", **named), [read])
    assert values(act) == {"partner_name": ["Paul Martin"], "city": [city]}


@pytest.mark.parametrize("structure", ["clinique de Vierzon", "cabinet de Vierzon", "Cabinet du Mail, Vierzon"])
def test_a_structure_with_its_town_stays_a_structure(structure: str) -> None:
    text = f"ajoute Paul Martin, {structure}"
    read = command(text, "start", "ajoute", intent="add_partner", partner="Paul Martin", city="Vierzon")
    (act,) = find_acts(understood(text, "add_partner", partner_name="Paul Martin", organization=structure), [read])
    assert values(act)["organization"] == [structure]


def test_days_are_no_structure() -> None:
    text = "je ferme le cabinet du 21 décembre au 3 janvier, Paul Martin de Vierzon reprend"
    read = command(text, "start", "reprend", intent="add_partner", partner="Paul Martin", city="Vierzon", **{"from": ["21 décembre"]})
    message = understood(text, "add_partner", organization="cabinet du 21", partner_name="Paul Martin", city="Vierzon")
    (act,) = find_acts(message, [read])
    assert values(act) == {"partner_name": ["Paul Martin"], "city": ["Vierzon"]}


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("retirez Boulanger du 137 et dites-moi qui a ajouté Vidal", "retirez remove_partner 0.95", "qui list_partners 0.6 Vidal"),
        ("coupez mes alertes, puis cherchez Julie Dupont", "coupez mute_notifications 0.98", "cherchez find_professional 0.7 Julie Dupont"),
        ("où est ma demande ? il faudrait aussi Zoé Blin", "demande check_request 0.9", "faudrait add_partner 0.55 Zoé Blin"),
    ],
)
def test_a_wish_in_a_clause_of_its_own_that_is_not_sure_is_offered(text: str, first: str, second: str) -> None:
    (word, intent, confidence), (other_word, other, less, name) = first.split(), second.split(maxsplit=3)
    commands = [
        command(text, "start", word, float(confidence), intent),
        command(text, "start", other_word, float(less), other, partner=name),
    ]
    acts = find_acts(understood(text, intent, partner_name=name), commands)
    assert [(act.intent, bool(act.says.get("doubt"))) for act in acts] == [(intent, False), (other, True)]
    assert values(acts[1]) == {"partner_name": [name]}
    assert values(acts[0]) == {}


def test_what_stands_in_no_clause_of_its_own_or_is_unlikely_is_not_offered() -> None:
    text = "retirez Boulanger du 137 qui est parti. Merci, bonne soirée"
    sure = command(text, "start", "retirez", intent="remove_partner", partner="Boulanger")
    inside, unlikely = command(text, "start", "qui", 0.8, "list_partners"), command(text, "start", "soirée", 0.4, "mute_notifications")
    message = understood(text, "remove_partner", partner_name="Boulanger")
    assert [act.intent for act in find_acts(message, [sure, inside, unlikely])] == ["remove_partner"]


def test_two_wishes_with_a_card_in_clauses_of_their_own_are_both_acts() -> None:
    text = "ajoutez Benali au 137 et enlevez Luce du 142"
    both = [
        command(text, "start", "ajoutez", 0.51, "add_partner", partner="Benali", dossier="137"),
        command(text, "start", "enlevez", 0.67, "remove_partner", partner="Luce", dossier="142"),
    ]
    message = understood(text, "remove_partner", partner_name=["Benali", "Luce"], dossier_ref=["137", "142"])
    assert [(act.intent, values(act)) for act in find_acts(message, both)] == [
        ("add_partner", {"partner_name": ["Benali"], "dossier_ref": ["137"]}),
        ("remove_partner", {"partner_name": ["Luce"], "dossier_ref": ["142"]}),
    ]


@pytest.mark.parametrize(("question", "expected"), [("confirm", ["check_request", "affirm"]), ("", ["check_request"])])
def test_an_answer_that_is_not_sure_beside_a_wish_is_doubtful(question: str, expected: list[str]) -> None:
    text = "oui accord du patient. et vous avez des nouvelles de ma demande ?"
    read = [command(text, "affirm", "oui", 0.51, basis="consent"), command(text, "start", "nouvelles", 0.81, "check_request")]
    acts = find_acts(understood(text, "check_request"), read, question)
    assert [act.intent for act in acts] == expected
    assert all(act.says.get("doubt") for act in acts[1:])
