"""What a message asks beside its first act is worked off after it, answered at once, or offered; nothing is passed over."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue, an_act
from tests.unit.actions.flows.partners.test_remove_partner import account_of
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER

LIST = an_act(f"qui est dans {CLAIRES_DOSSIER} ?", "list_partners", dossier_ref=CLAIRES_DOSSIER)
READ = an_act("tout marquer comme lu", "mark_notifications_read")
ADD = an_act("ajoute quelqu'un", "add_partner", dossier_ref=CLAIRES_DOSSIER)
COST = an_act("c'est payant ?", "faq/cost")


async def test_the_second_wish_follows_the_first(claire: Dialogue) -> None:
    answer = await claire.ask("qui est dans le 137 ? et tout marquer comme lu", LIST, READ)
    assert "partenaires" in answer.text.lower()
    assert "Ensuite\u00a0: marquer vos notifications comme lues" in answer.text
    assert claire.slots["task_stack"] == []


async def test_it_waits_until_the_first_is_done(claire: Dialogue) -> None:
    answer = await claire.ask("ajoute quelqu'un au 137, et qui est dans le 142 ?", ADD, {**LIST, "entities": []})
    assert "Quel est le nom" in answer.text
    assert [frame["task"] for frame in claire.slots["task_stack"]] == ["list_partners"]
    assert claire.form == "add_partner_form"
    left = await claire.say("annuler", "cancel")
    assert "Ensuite\u00a0: voir les partenaires" in left.text


async def test_an_answer_and_another_wish_are_both_taken(claire: Dialogue) -> None:
    await claire.say("qui suit ce dossier ?", "list_partners", dossier_ref="")
    assert claire.slots["requested_slot"] == "dossier"
    reference = an_act("le 142", "inform", dossier_ref=CLAIRES_OTHER)
    answer = await claire.ask("le 142, et marque tout comme lu", reference, READ)
    assert CLAIRES_OTHER in answer.text
    assert "Ensuite\u00a0: marquer vos notifications comme lues" in answer.text


async def test_a_digression_with_a_wish_keeps_the_question(claire: Dialogue) -> None:
    await claire.ask("ajoute quelqu'un au 137", ADD)
    answer = await claire.ask("c'est payant ? et marque tout comme lu après", COST, READ)
    assert claire.form == "add_partner_form"
    assert "Quel est le nom" in answer.text
    assert [frame["task"] for frame in claire.slots["task_stack"]] == ["mark_notifications_read"]


async def test_a_question_is_answered_beside_a_wish(claire: Dialogue) -> None:
    answer = await claire.ask("ajoute quelqu'un, c'est payant ?", ADD, COST)
    assert claire.form == "add_partner_form"
    assert len(answer.texts) > 1


async def test_what_is_no_flow_is_offered(claire: Dialogue) -> None:
    answer = await claire.ask("ajoute quelqu'un, et je suis connectée comme qui ?", ADD, an_act("je suis connectée ?", "who_am_i"))
    assert "Savoir quel compte est connecté" in answer.titles


async def test_a_doubtful_wish_beside_another_is_offered_not_begun(claire: Dialogue) -> None:
    answer = await claire.ask("qui est dans le 137 ? et ajoute quelqu'un", LIST, {**ADD, "says": {"doubt": True}})
    assert "Ajouter un partenaire" in answer.titles
    assert (claire.form, claire.slots.get("task_stack") or []) == (None, [])


async def test_a_doubtful_wish_about_notifications_is_asked_about_first(claire: Dialogue) -> None:
    words = "stop notifs jusqu'à lundi"
    done = await claire.ask(words, an_act(words, "mute_notifications", time="lundi"))
    asked = await claire.ask(words, an_act(words, "mute_notifications", {"doubt": True}, time="lundi"))
    assert claire.form == "mute_notifications_form"
    assert asked.text != done.text


async def test_what_a_stranger_asks_waits_for_the_link(stranger: Dialogue) -> None:
    answer = await stranger.ask("qui est dans le 137 ? et marque tout comme lu", LIST, READ)
    assert "adresse" in answer.text
    assert [frame["task"] for frame in stranger.slots["task_stack"]] == ["mark_notifications_read", "list_partners"]
    await stranger.say("annuler", "cancel")
    assert stranger.slots["task_stack"] == []
    assert stranger.form is None


@pytest.mark.parametrize("channel", [TELEGRAM, None], ids=["telegram", "web"])
async def test_two_of_one_flow_are_both_kept(claire: Dialogue, channel: dict[str, object] | None) -> None:
    other = an_act("et pour le 142", "list_partners", dossier_ref=CLAIRES_OTHER)
    answer = await claire.ask("qui est dans le 137, et dans le 142 ?", LIST, other, **({"metadata": channel} if channel else {}))
    assert CLAIRES_DOSSIER in answer.text
    assert CLAIRES_OTHER in answer.text


async def test_what_is_too_much_is_told(claire: Dialogue) -> None:
    answer = await claire.ask("ajoute quelqu'un, et lis, et lis, …", ADD, *[READ] * 7)
    assert "je prends les 6 premières demandes" in answer.text
    assert len(claire.slots["task_stack"]) == 5


async def test_what_is_forbidden_is_noted(claire: Dialogue) -> None:
    forbidden = an_act("ajoute pas Noël Boulanger", "deny", {"forbids": "add_partner"})
    answer = await claire.ask("ajoute pas Noël Boulanger avant que je te le dise", forbidden)
    assert "je ne fais rien" in answer.text
    assert claire.form is None
    await claire.say("retire quelqu'un", "remove_partner", dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.ask("ajoute pas Noël Boulanger avant que je te le dise", forbidden)
    assert claire.form == "remove_partner_form"


async def test_what_is_not_known_loses_nothing(claire: Dialogue) -> None:
    await claire.ask("ajoute quelqu'un au 137", ADD)
    answer = await claire.ask("je n'ai pas son nom", an_act("je n'ai pas son nom", "deny", {"unknown": True}))
    assert "vous ne l’avez pas" in answer.text
    assert claire.form == "add_partner_form"
    assert claire.slots["dossier"] == CLAIRES_DOSSIER


async def test_a_pronoun_is_who_was_spoken_of(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await account_of(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    await claire.say(f"retire {name} du 137", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    await claire.say("annuler", "cancel", WEB)
    said = an_act("en fait si, qu'on l'enlève ce monsieur", "remove_partner", {"partner": "same"}, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.ask(said["text"], said)
    assert name in card.text
    assert claire.slots["requested_slot"] == "confirmed"


@pytest.mark.parametrize("who", ["same", "all", "all_but_self"])
async def test_somebody_else_is_never_the_speaker(claire: Dialogue, who: str) -> None:
    said = an_act("je veux qu'on m'enlève tout ça du 137", "remove_partner", {"partner": who}, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.ask(said["text"], said)
    assert claire.slots.get("member") is None
    assert "À qui faut-il retirer l’accès" in answer.text


async def test_what_waits_is_told_and_can_be_given_up(claire: Dialogue) -> None:
    remove = an_act("retire Blot du 142", "remove_partner", partner_name="Blot", dossier_ref=CLAIRES_OTHER)
    answer = await claire.ask("ajoute quelqu'un au 137, retire Blot du 142, et lis tout", ADD, remove, READ)
    assert "Il restera ensuite\u00a0: retirer un partenaire (Blot)\u00a0; marquer vos notifications comme lues." in answer.text
    answer = await claire.say("laisse tomber le reste", "cancel", WEB)
    assert "C’est abandonné\u00a0: retirer un partenaire (Blot)\u00a0; marquer vos notifications comme lues" in answer.text
    assert "Quel est le nom" in answer.text
    assert claire.slots["task_stack"] == []


async def test_a_search_for_two_people_is_two_searches(claire: Dialogue) -> None:
    text = "cherche Hugues Martin et Nathalie Martin"
    act = an_act(text, "find_professional")
    names = ("Hugues Martin", "Nathalie Martin")
    act["entities"] = [{"entity": "partner_name", "value": n, "start": text.find(n), "end": text.find(n) + len(n)} for n in names]
    answer = await claire.ask(text, act)
    assert all(name in answer.text or any(name in title for title in answer.titles) for name in names)


async def test_who_has_no_account_to_sign_in_with_asks_for_one(stranger: Dialogue) -> None:
    await stranger.press("link_account", WEB)
    none = an_act("j'ai pas de compte", "deny", {"unknown": True})
    answer = await stranger.ask(
        "j'ai pas de compte, je voudrais en demander un", none, an_act("je voudrais en demander un", "request_account")
    )
    assert "C’est abandonné" in answer.text
    assert stranger.form == "request_account_form"


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [("et pour le we du 12-13 ? rien du tout", "add_partner"), ("Flossooux reste", "remove_partner"), ("non rien", "create_dossier")],
)
async def test_what_nobody_spoke_of_is_not_forbidden(claire: Dialogue, text: str, forbidden: str) -> None:
    answer = await claire.ask(text, an_act(text, "deny", {"forbids": forbidden}))
    assert "C’est noté" not in answer.text
