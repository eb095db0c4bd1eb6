"""Every part of a message is carried out, on the agenda, offered, or said to be left: none is passed over in silence."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from actions.framework.agenda import MAX_QUOTED
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act, domain
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER

Act = dict[str, Any]
FURTHER: dict[str, Act] = {
    "list": an_act(f"qui est dans le {CLAIRES_OTHER}", "list_partners", dossier_ref=CLAIRES_OTHER),
    "remove": an_act(f"retirez Vidal du {CLAIRES_OTHER}", "remove_partner", partner_name="Vidal", dossier_ref=CLAIRES_OTHER),
    "add": an_act(f"ajoutez Sophie Leroux au {CLAIRES_DOSSIER}", "add_partner", partner_name="Sophie Leroux", dossier_ref=CLAIRES_DOSSIER),
    "account": an_act("il me faut un compte pour l'ergo Julie Dupont", "request_account", partner_name="Julie Dupont"),
    "status": an_act("où en est ma demande pour Lopez", "check_request", partner_name="Lopez"),
    "mute": an_act("coupez mes alertes jusqu'à demain", "mute_notifications", time="demain"),
    "create": an_act("créez un dossier", "create_dossier"),
    "support": an_act("passez-moi quelqu'un de l'équipe", "contact_support"),
    "who": an_act("je suis connectée comme qui", "who_am_i"),
    "doubtful": an_act("un compte pour Zoé Blin", "request_account", {"doubt": True}, partner_name="Zoé Blin"),
    "cost": an_act("c'est payant", "faq/cost"),
    "forbidden": an_act("surtout n'ajoutez pas Luce Vidal", "deny", {"forbids": "add_partner"}, partner_name="Luce Vidal"),
    "cancel": an_act("annulez le reste du programme", "cancel"),
    "help": an_act("vous savez faire quoi", "help"),
    "odd": an_act("et la pluie de mardi", "out_of_scope"),
}
FIRST: dict[str, Act] = {
    "yes": an_act("oui accord du patient", "affirm", basis="consent_given"),
    "no": an_act("non", "deny"),
    "fact": an_act("Paul Martin", "inform", partner_name="Paul Martin"),
    "place": an_act(f"le {CLAIRES_DOSSIER}", "inform", dossier_ref=CLAIRES_DOSSIER),
    "cost": an_act("c'est payant", "faq/cost"),
    "add": an_act(f"ajoutez Karim Benali au {CLAIRES_DOSSIER}", "add_partner", partner_name="Karim Benali", dossier_ref=CLAIRES_DOSSIER),
    "cancel": an_act("annulez", "cancel"),
}


async def _nothing(_: Dialogue) -> None:
    pass


async def _card(claire: Dialogue) -> None:
    await claire.ask(
        "…", an_act(f"ajoute Paul Martin au {CLAIRES_DOSSIER}", "add_partner", partner_name="Paul Martin", dossier_ref=CLAIRES_DOSSIER)
    )
    assert claire.slots["requested_slot"] == "basis"


async def _person(claire: Dialogue) -> None:
    await claire.ask("…", an_act(f"ajoute quelqu'un au {CLAIRES_DOSSIER}", "add_partner", dossier_ref=CLAIRES_DOSSIER))
    assert claire.slots["requested_slot"] == "partner"


async def _dossier(claire: Dialogue) -> None:
    await claire.ask("…", an_act("ajoute Paul Martin", "add_partner", partner_name="Paul Martin"))
    assert claire.slots["requested_slot"] == "dossier"


async def _team(claire: Dialogue) -> None:
    act = an_act(f"ajoute Paul Martin et Karim Benali au {CLAIRES_DOSSIER}", "add_partner", dossier_ref=CLAIRES_DOSSIER)
    for name in ("Paul Martin", "Karim Benali"):
        at = act["text"].find(name)
        act["entities"].append({"entity": "partner_name", "value": name, "start": at, "end": at + len(name)})
    await claire.ask(act["text"], act)
    assert claire.form == "change_team_form"


async def _which(claire: Dialogue) -> None:
    act = an_act(f"ajoute Martin et Karim Benali au {CLAIRES_DOSSIER}", "add_partner", dossier_ref=CLAIRES_DOSSIER)
    for name in ("Martin", "Karim Benali"):
        at = act["text"].find(name)
        act["entities"].append({"entity": "partner_name", "value": name, "start": at, "end": at + len(name)})
    await claire.ask(act["text"], act)
    assert claire.slots["requested_slot"] == "line_person"


async def _removal(claire: Dialogue) -> None:
    await claire.ask(
        "…",
        an_act(f"retire Noël Boulanger du {CLAIRES_DOSSIER}", "remove_partner", partner_name="Noël Boulanger", dossier_ref=CLAIRES_DOSSIER),
    )
    assert claire.slots["requested_slot"] == "confirmed"


async def _account(claire: Dialogue) -> None:
    await claire.ask("…", an_act("un compte pour Zoé Durieux", "request_account", partner_name="Zoé Durieux"))
    assert claire.form == "request_account_form"


async def _new_dossier(claire: Dialogue) -> None:
    await claire.ask("…", an_act("nouveau dossier", "create_dossier"))
    assert claire.form == "create_dossier_form"


async def _mute(claire: Dialogue) -> None:
    await claire.ask("…", an_act("coupe les notifications du dossier", "mute_notifications", {"doubt": True}))


QUESTIONS: dict[str, Callable[[Dialogue], Awaitable[None]]] = {
    "nothing": _nothing, "card": _card, "person": _person, "dossier": _dossier, "team": _team, "which": _which, "removal": _removal,
    "account": _account, "new_dossier": _new_dossier, "mute": _mute,
}  # fmt: skip
FURTHER_OF = (
    ("remove", "account", "cost"),
    ("forbidden", "add", "doubtful"),
    ("status", "mute", "odd"),
    ("create", "who"),
    ("support", "help"),
)
CASES = [
    (question, first, FURTHER_OF[number % len(FURTHER_OF)]) for number, (question, first) in enumerate(itertools.product(QUESTIONS, FIRST))
]


def is_told(act: Act, answer: Answer) -> bool:
    """Return whether the answer shows what becomes of a part: its words, its task, its reading, its answer, or its person on a card."""
    intent, said = act["full_intent"], act["text"]
    words = said[: MAX_QUOTED - 20]
    names = [str(e["value"]) for e in act["entities"] if e["entity"] == "partner_name"]
    if words in answer.all or any(name in answer.text for name in names):
        return True
    shown = [f"utter_task_{intent}", f"utter_reading_{intent}", f"utter_{intent}"]
    responses = domain()["responses"]
    found = [str(responses[name][0].get("text", "")) for name in shown if name in responses]
    return any(text and text.partition("{")[0] in answer.all for text in found)


@pytest.mark.parametrize(("question", "first", "further"), CASES, ids=lambda case: case if isinstance(case, str) else "-".join(case))
async def test_nothing_is_passed_over(claire: Dialogue, question: str, first: str, further: tuple[str, ...]) -> None:
    await QUESTIONS[question](claire)
    acts = [FIRST[first], *(FURTHER[name] for name in further if name != first)]
    answer = await claire.ask(". ".join(act["text"] for act in acts), *acts)
    silent = [act["text"] for act in acts[1:] if not is_told(act, answer)]
    assert not silent, answer.text


@pytest.mark.parametrize("first", ["cost", "list", "account"])
async def test_a_yes_after_something_else_confirms_nothing_and_is_not_lost(claire: Dialogue, first: str) -> None:
    await _card(claire)
    acts = [FURTHER[first], an_act("oui accord du patient", "affirm", basis="consent_given")]
    answer = await claire.ask(". ".join(act["text"] for act in acts), *acts)
    assert "Je n’ai rien fait" in answer.text
    assert claire.form == "add_partner_form"
    assert claire.slots["basis_said"] == "consent_given"


@pytest.mark.parametrize("first", ["cost", "who", "status"])
async def test_an_answer_after_a_question_is_taken(claire: Dialogue, first: str) -> None:
    await _dossier(claire)
    acts = [FURTHER[first], an_act(f"le {CLAIRES_DOSSIER}", "inform", dossier_ref=CLAIRES_DOSSIER)]
    answer = await claire.ask(". ".join(act["text"] for act in acts), *acts)
    assert claire.slots["dossier"] == CLAIRES_DOSSIER
    assert is_told(acts[0], answer)


@pytest.mark.parametrize("word", ["affirm", "deny"])
async def test_a_yes_or_no_before_a_wish_does_not_take_the_wish_for_what_it_answers(claire: Dialogue, word: str) -> None:
    answer = await claire.ask("…", an_act("non", word), FURTHER["add"])
    assert "Sophie Leroux" in answer.text
    assert "abandonné" not in answer.text
    assert claire.form == "add_partner_form"


async def test_a_yes_at_the_card_of_a_team_with_one_more_person_shows_the_card_with_all(claire: Dialogue) -> None:
    await _team(claire)
    more = an_act("et ajoutez aussi Sophie Leroux", "add_partner", partner_name="Sophie Leroux")
    card = await claire.ask("oui accord du patient et ajoutez aussi Sophie Leroux", FIRST["yes"], more)
    assert all(name in card.text for name in ("Paul Martin", "Karim Benali", "Sophie Leroux"))
    assert (await claire.say("oui", "affirm", WEB)).text.count("a maintenant accès") == 3


async def test_who_else_is_wished_with_the_answer_to_which_of_them_comes_on_the_card(claire: Dialogue) -> None:
    await _which(claire)
    more = an_act("et ajoutez aussi Sophie Leroux", "add_partner", partner_name="Sophie Leroux")
    card = await claire.ask("Paul Martin, et ajoutez aussi Sophie Leroux", FIRST["fact"], more)
    assert all(name in card.text for name in ("Paul Martin", "Karim Benali", "Sophie Leroux"))


@pytest.mark.parametrize("second", ["cost", "who", "odd"])
async def test_a_clean_yes_counts_though_another_part_was_answered_beside_it(claire: Dialogue, second: str) -> None:
    await _card(claire)
    answer = await claire.ask(f"oui accord du patient. {FURTHER[second]['text']}", FIRST["yes"], FURTHER[second])
    assert "a maintenant accès" in answer.text
    assert is_told(FURTHER[second], answer)


@pytest.mark.parametrize("words", ["oui accord du patient, c'est bien ça ?", "ok jusqu'au 15 janvier c'est bon ?", "oui, non ?"])
@pytest.mark.parametrize("question", ["card", "team", "removal"])
async def test_a_question_back_is_no_yes(claire: Dialogue, question: str, words: str) -> None:
    await QUESTIONS[question](claire)
    answer = await claire.say(words, "affirm", WEB)
    assert "C’est fait" not in answer.text
    assert "n’a plus accès" not in answer.text
    assert "a maintenant accès" not in answer.text
    assert claire.form is not None


async def test_who_is_meant_is_taken_though_a_wish_was_read_more_surely(claire: Dialogue) -> None:
    await _which(claire)
    words = "Paul Martin. et rajoutez aussi Sophie Leroux"
    wish = an_act(words, "add_partner", partner_name="Sophie Leroux")
    meant = an_act("Paul Martin.", "inform", {"doubt": True}, partner_name="Paul Martin")
    card = await claire.ask(words, wish, meant)
    assert all(name in card.text for name in ("Paul Martin", "Karim Benali", "Sophie Leroux"))


async def test_who_is_wished_in_the_place_of_an_answer_takes_nobody_s_place(claire: Dialogue) -> None:
    await _which(claire)
    asked = await claire.ask(
        "ajoutez aussi Sophie Leroux", an_act("ajoutez aussi Sophie Leroux", "add_partner", partner_name="Sophie Leroux")
    )
    assert "Laquelle" in asked.text
    assert "Sophie Leroux" in asked.text
    card = await claire.say("Paul Martin", "inform", WEB, partner_name="Paul Martin")
    assert all(name in card.text for name in ("Paul Martin", "Karim Benali", "Sophie Leroux"))
