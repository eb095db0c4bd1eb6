"""Several people of one dossier on one card: gathered from the acts of a message, changed line by line, done by one yes."""

from __future__ import annotations

from typing import Any

import pytest

from actions.flows.dossiers.partners_to_add import with_dossier
from tests.unit.actions.dialogue import TELEGRAM, WEB, Answer, Dialogue, an_act
from tests.unit.actions.external_channel import TRAITS
from tests.unit.harness import CLAIRES_DOSSIER, CLAIRES_OTHER, Harness

NB = "\u00a0"
PAUL, SOPHIE, KARIM, NATHALIE, LEILA = "Paul Martin", "Sophie Leroux", "Karim Benali", "Nathalie Martin", "Leïla Benali"
"""Three with an account, the last two without."""
YES = [f"Oui{NB}: même équipe de soins, usager informé", f"Oui{NB}: accord de l’usager recueilli"]


def process(claire: Dialogue) -> Harness:
    assert isinstance(claire.services, Harness)
    return claire.services


async def names_in(claire: Dialogue, reference: str = CLAIRES_DOSSIER) -> set[str]:
    members = await claire.services.partners.list(reference, await process(claire).account("claire.moreau"))
    return {member.display for member in members}


async def somebody_in(claire: Dialogue) -> str:
    """Return a member beside the referent."""
    return min(await names_in(claire) - {"Claire Moreau"})


def add(*names: str, words: str = "", reference: str = CLAIRES_DOSSIER) -> dict[str, object]:
    """Return an addition of several people as one act."""
    text = f"ajoute {' et '.join(names)} au {reference}{words}"
    people = [{"entity": "partner_name", "value": n, "start": text.find(n), "end": text.find(n) + len(n)} for n in names]
    act = an_act(text, "add_partner", dossier_ref=reference)
    return {**act, "entities": [*people, *act["entities"]]}


def remove(name: str, reference: str = CLAIRES_DOSSIER) -> dict[str, object]:
    return an_act(f"retire {name} du {reference}", "remove_partner", partner_name=name, dossier_ref=reference)


async def ask(claire: Dialogue, *acts: dict[str, object], metadata: dict[str, object] = WEB) -> Answer:
    return await claire.ask(" ".join(str(act["text"]) for act in acts), *acts, metadata=metadata)


async def test_one_card_one_basis_one_yes(claire: Dialogue) -> None:
    card = await ask(claire, add(PAUL, SOPHIE, KARIM))
    assert all(name in card.text for name in (PAUL, SOPHIE, KARIM, CLAIRES_DOSSIER))
    assert card.titles == [*YES, "Ni l’un ni l’autre", "Non"]
    done = await claire.press("affirm", WEB, basis="consent_given")
    assert done.text.count("a maintenant accès") == 3
    assert {f"M. {PAUL}", f"Mme {SOPHIE}", f"Dr {KARIM}"} <= {*done.text.replace("• ", "").replace(" a maintenant accès", "").split("\n")}
    assert {PAUL, SOPHIE, KARIM} <= await names_in(claire)
    trail = await process(claire).trail("partners.add")
    assert [(event.dossier, event.basis, event.outcome) for event in trail] == [(CLAIRES_DOSSIER, "consent_given", "added")] * 3
    assert claire.slots["task_stack"] == []
    await claire.press("cancel", WEB, **done.entities_of("Annuler ces changements"))
    await claire.say("oui", "affirm", WEB)
    assert not {PAUL, SOPHIE, KARIM} & await names_in(claire)


async def test_a_typed_yes_with_a_basis_is_enough_and_without_it_the_basis_is_asked_once(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, SOPHIE))
    assert "Sur quelle base" in (await claire.say("oui merci", "affirm", WEB)).text
    assert "a maintenant accès" in (await claire.press("inform", WEB, basis="care_team_informed")).text
    assert {PAUL, SOPHIE} <= await names_in(claire)


async def test_a_basis_said_with_the_wish_is_not_asked(claire: Dialogue) -> None:
    card = await ask(claire, add(PAUL, SOPHIE, words=", la patiente a donné son accord"))
    assert card.titles[0] == YES[1]
    assert (await claire.say("oui", "affirm", WEB)).text.count("a maintenant accès") == 2


async def test_a_change_that_was_set_aside_goes_on_with_the_dossier_that_was_created_in_between(claire: Dialogue) -> None:
    asked = await claire.say(f"ajoute {PAUL} et {SOPHIE}", "add_partner", WEB, partner_name=(PAUL, SOPHIE))
    assert "De quel dossier" in asked.text
    await claire.say("nouveau dossier", "create_dossier", WEB)
    claire.slots["task_stack"] = with_dossier(claire.slots["task_stack"], CLAIRES_DOSSIER)
    card = await claire.say("annulez la création", "cancel", WEB)
    assert all(name in card.text for name in (PAUL, SOPHIE, CLAIRES_DOSSIER))
    assert card.titles == [*YES, "Ni l’un ni l’autre", "Non"]
    assert (await claire.press("affirm", WEB, basis="consent_given")).text.count("a maintenant accès") == 2


async def test_a_replacement_is_one_card(claire: Dialogue) -> None:
    other = await somebody_in(claire)
    card = await ask(claire, remove(other), add(PAUL))
    assert f"À retirer{NB}: {other}" in card.text
    assert f"À ajouter{NB}: M. {PAUL}" in card.text
    before = await names_in(claire)
    await claire.say("oui, accord du patient", "affirm", WEB)
    assert await names_in(claire) == before - {other} | {PAUL}


async def test_a_card_that_did_not_change_is_asked_again_in_one_line(claire: Dialogue) -> None:
    card = await ask(claire, add(PAUL, SOPHIE))
    again = await claire.say("combien ça coûte ?", "faq/cost", WEB)
    assert again.texts[-1] == f"Dans l’équipe du dossier {CLAIRES_DOSSIER}{NB}: ajouter M. {PAUL}, Mme {SOPHIE}{NB}?"
    assert again.titles[-4:] == card.titles
    changed = await claire.say(f"pas {SOPHIE}", "deny", WEB, partner_name=SOPHIE)
    assert f"À ajouter{NB}: M. {PAUL}" in changed.text
    assert f"ajouter M. {PAUL}{NB}?" in (await claire.say("combien ça coûte ?", "faq/cost", WEB)).texts[-1]
    assert (await claire.press("affirm", WEB, basis="consent_given")).text.count("a maintenant accès") == 1


@pytest.mark.parametrize("words", ["à partir du 32 mars", "du 12 au 5", "du 12 décembre au 5 décembre", "à partir de sa sortie"])
async def test_dates_of_one_line_that_are_not_clear_are_asked_for(claire: Dialogue, words: str) -> None:
    text = f"ajoute {SOPHIE} {words} et {PAUL} au {CLAIRES_DOSSIER}"
    people = [{"entity": "partner_name", "value": n, "start": text.find(n), "end": text.find(n) + len(n)} for n in (SOPHIE, PAUL)]
    act = an_act(text, "add_partner", dossier_ref=CLAIRES_DOSSIER)
    card = await ask(claire, {**act, "entities": [*people, *act["entities"]]})
    assert f"pas compris les dates pour Mme {SOPHIE}." in card.text.replace(f"pour {SOPHIE}.", f"pour Mme {SOPHIE}.")
    assert card.text.count("dates à préciser") == 1
    held = await claire.press("affirm", WEB, basis="consent_given")
    assert "il me manque les dates" in held.text
    assert not {PAUL, SOPHIE} & await names_in(claire)
    await claire.say(f"{SOPHIE} jusqu'au 15 janvier", "inform", WEB, partner_name=SOPHIE)
    done = await claire.press("affirm", WEB, basis="consent_given")
    assert done.text.count("a maintenant accès") == 2
    assert done.text.count("jusqu’au 15 janvier 2027 inclus") == 1


async def test_no_end_at_all_settles_dates_that_were_not_clear(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=" du 12 au 5"))
    await claire.say("sans date de fin", "inform", WEB)
    assert (await claire.press("affirm", WEB, basis="consent_given")).text.count("a maintenant accès") == 2


@pytest.mark.parametrize("words", ["mets {new} à la place de {old}", "remplace {old} par {new}", "{new} succède au Dr {old}"])
async def test_who_is_replaced_is_removed(claire: Dialogue, words: str) -> None:
    other = await somebody_in(claire)
    text = words.format(new=PAUL, old=other)
    found = {"partner_name": (PAUL, other), "dossier_ref": CLAIRES_DOSSIER}
    card = await claire.say(f"{text}, {CLAIRES_DOSSIER}", "add_partner", WEB, **found)
    assert f"À retirer{NB}: {other}" in card.text
    await claire.press("deny", WEB)
    for_a_time = await claire.say(f"{text} pendant ses congés, {CLAIRES_DOSSIER}", "add_partner", WEB, **found)
    assert "À retirer" not in for_a_time.text
    assert PAUL in for_a_time.text
    assert claire.form == "add_partner_form"


async def test_two_removals_need_a_yes_and_no_basis(claire: Dialogue) -> None:
    gone = sorted(await names_in(claire) - {"Claire Moreau"})
    assert len(gone) > 1
    card = await ask(claire, *(remove(name) for name in gone))
    assert card.titles == ["Oui, retirer l’accès", "Non"]
    assert (await claire.say("oui", "affirm", WEB)).text.count("n’a plus accès") == len(gone)
    assert await names_in(claire) == {"Claire Moreau"}


async def test_what_stands_of_each_line_is_said(claire: Dialogue) -> None:
    people = add(PAUL, SOPHIE, "Claire Moreau", "Zébulon Xyzzyk", NATHALIE, reference=CLAIRES_OTHER)
    card = await ask(claire, people, remove("Karim Benali", CLAIRES_OTHER))
    unknown, not_there = f"«{NB}Zébulon Xyzzyk{NB}»", f"«{NB}Karim Benali{NB}»"
    for line in (f"A déjà accès{NB}: Mme {SOPHIE}", "C’est vous-même", unknown, f"(la suite){NB}: Mme {NATHALIE}", not_there):
        assert line in card.text
    assert "Ne fait pas partie du dossier" in card.text


async def test_what_needs_more_follows_after_the_yes(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, NATHALIE, "Zébulon Xyzzyk"))
    answer = await claire.say("oui, accord du patient", "affirm", WEB)
    assert f"{PAUL} a maintenant accès" in answer.text
    assert f"Ensuite{NB}: ajouter un partenaire" in answer.text
    assert "Voulez-vous demander son compte" in answer.text
    assert answer.titles.index(YES[1]) < answer.titles.index(YES[0])  # the basis that was said stands first
    then = await claire.say("oui", "affirm", WEB)
    assert "la demande de compte" in then.text
    assert f"Je ne trouve pas «{NB}Zébulon Xyzzyk" in then.text


async def test_who_may_not_be_removed_is_said_with_who_may(claire: Dialogue) -> None:
    await process(claire).link("karim", "karim.benali@sphere.example")
    karim = Dialogue(claire.services, "karim")
    await process(claire).partners.add(
        CLAIRES_DOSSIER, await process(claire).account("claire.moreau"), await process(claire).account("karim.benali"),
        basis="consent_given", channel="web", key="k",
    )  # fmt: skip
    card = await ask(karim, remove("Moreau"), add(PAUL))
    assert f"par le référent du dossier (Claire Moreau){NB}: Claire Moreau" in card.text
    await karim.say("oui, accord du patient", "affirm", WEB)
    assert {"Claire Moreau", PAUL} <= await names_in(claire)


async def test_who_leaves_leaves_last(claire: Dialogue) -> None:
    await process(claire).link("karim", "karim.benali@sphere.example")
    karim = Dialogue(claire.services, "karim")
    await process(claire).partners.add(
        CLAIRES_DOSSIER, await process(claire).account("claire.moreau"), await process(claire).account("karim.benali"),
        basis="consent_given", channel="web", key="k",
    )  # fmt: skip
    leave = an_act(f"retire-moi du {CLAIRES_DOSSIER}", "remove_partner", {"partner": "self"}, dossier_ref=CLAIRES_DOSSIER)
    await ask(karim, leave, add(PAUL))
    await karim.say("oui, accord du patient", "affirm", WEB)
    names = await names_in(claire)
    assert PAUL in names
    assert KARIM not in names


async def test_among_several_it_is_asked_who_before_the_card(claire: Dialogue) -> None:
    answer = await ask(claire, add("Martin", "Benali"))
    assert f"Pour «{NB}Martin{NB}»" in answer.text
    answer = await claire.say("Paul, de Vierzon", "inform", WEB, partner_name="Paul", city="Vierzon")
    assert f"Pour «{NB}Benali{NB}»" in answer.text
    card = await claire.press("choose", WEB, choice=answer.entities_of(next(t for t in answer.titles if KARIM in t))["choice"])
    assert PAUL in card.text
    assert KARIM in card.text
    assert card.titles[:2] == YES


@pytest.mark.parametrize(
    ("words", "intent", "entities", "left"),
    [
        ("oui sauf le kiné", "correct", {"profession": "kiné"}, {SOPHIE, KARIM}),
        ("enlève Karim Benali de la liste", "remove_partner", {"partner_name": KARIM}, {PAUL, SOPHIE}),
        ("oui pour Benali", "affirm", {}, {KARIM}),
    ],
)
async def test_lines_are_taken_off_before_anything_is_done(
    claire: Dialogue, words: str, intent: str, entities: dict[str, str], left: set[str]
) -> None:
    before = await names_in(claire)
    await ask(claire, add(PAUL, SOPHIE, KARIM, words=", la patiente est d'accord"))
    card = await claire.say(words, intent, WEB, **entities)
    assert await names_in(claire) == before
    assert f"Je l’enlève de la liste{NB}:" in card.text
    shown = card.text.split(f"Dossier{NB}:")[1]
    assert {name for name in (PAUL, SOPHIE, KARIM) if name in shown} == left
    await claire.say("oui", "affirm", WEB)
    assert await names_in(claire) == before | left


async def test_somebody_else_takes_the_place_of_a_line(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, "Lanraand Xyzzyk"))
    words = "Pas Lanraand, je voulais dire l'assistante sociale Sophie Leroux"
    people = {"partner_name": ("Lanraand", SOPHIE), "profession": "assistante sociale"}
    card = await claire.say(words, "correct", WEB, **people)
    assert f"À ajouter{NB}: Mme {SOPHIE}" in card.text
    assert "Lanraand" not in card.text.split(f"Dossier{NB}:")[1]


async def test_one_more_is_added_to_the_card_and_the_consent_is_asked_again(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=", la patiente est d'accord"))
    more = an_act("et ajoute aussi Karim Benali", "add_partner", partner_name=KARIM)
    card = await ask(claire, an_act("oui", "affirm"), more)
    assert KARIM in card.text
    assert card.titles[:2] == YES
    assert PAUL not in await names_in(claire)
    assert claire.slots["task_stack"] == []


async def test_another_dossier_is_another_task(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, SOPHIE))
    answer = await claire.say(f"ajoute {KARIM} au {CLAIRES_OTHER}", "add_partner", WEB, partner_name=KARIM, dossier_ref=CLAIRES_OTHER)
    assert "Je mets de côté" in answer.text
    assert CLAIRES_OTHER in answer.text
    assert KARIM not in str(claire.slots["task_stack"])


@pytest.mark.parametrize(
    ("words", "dated"),
    [("oui mais jusqu'au 15 janvier", {PAUL, SOPHIE}), ("Leroux jusqu'au 15 janvier", {SOPHIE}), ("jusqu'au 15 janvier pour Paul", {PAUL})],
)
async def test_dates_are_of_all_or_of_who_is_named(claire: Dialogue, words: str, dated: set[str]) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=", la patiente est d'accord"))
    card = await claire.say(words, "affirm" if words.startswith("oui") else "correct", WEB)
    assert card.text.count("jusqu’au 15 janvier 2027 inclus") == len(dated)
    done = await claire.say("oui", "affirm", WEB)
    for name in (PAUL, SOPHIE):
        assert (f"{name} a maintenant accès – jusqu’au 15 janvier 2027 inclus" in done.text) == (name in dated)


@pytest.mark.parametrize("words", ["oui si elle est d'accord", "oui enfin non attendez", "oui jusqu'à sa sortie"])
async def test_a_yes_with_a_reservation_does_nothing(claire: Dialogue, words: str) -> None:
    before = await names_in(claire)
    await ask(claire, add(PAUL, SOPHIE, words=", la patiente est d'accord"))
    assert "Je n’ai rien fait" in (await claire.say(words, "affirm", WEB)).text
    assert await names_in(claire) == before


async def test_a_no_and_no_basis_change_nothing(claire: Dialogue) -> None:
    before = await names_in(claire)
    await ask(claire, add(PAUL, NATHALIE))
    assert "je ne change rien" in (await claire.press("deny", WEB)).text
    await ask(claire, add(PAUL, NATHALIE))
    assert "la loi demande" in (await claire.press("deny", WEB, basis="neither")).text
    assert await names_in(claire) == before
    assert claire.slots["task_stack"] == []


async def test_a_turn_played_again_does_each_line_once(claire: Dialogue) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=", la patiente est d'accord"))
    kept, action = dict(claire.slots), "action_change_team"
    await claire.say("oui", "affirm", WEB)
    claire.slots = {**kept, "basis": "consent_given"}
    await claire.run_action(action)  # the same turn: its keys are the same
    assert len(await process(claire).trail("partners.add")) == 2


async def test_a_kill_between_two_lines_does_the_rest_once(claire: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=", la patiente est d'accord"))
    partners, kept = process(claire).partners, dict(claire.slots)
    real = partners.add

    class Killed(BaseException):
        pass

    async def first_only(*who: Any, **values: Any) -> object:
        if str(values["key"]).endswith(":1"):
            raise Killed
        return await real(*who, **values)

    monkeypatch.setattr(partners, "add", first_only)
    with pytest.raises(Killed):
        await claire.say("oui", "affirm", WEB)
    monkeypatch.undo()
    claire.slots, claire.form = {**kept, "basis": "consent_given"}, None
    await claire.run_action("action_change_team")
    assert {PAUL, SOPHIE} <= await names_in(claire)
    assert len(await process(claire).trail("partners.add")) == 2


async def test_a_failure_in_the_middle_says_what_was_done_and_keeps_the_rest(claire: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask(claire, add(PAUL, SOPHIE, KARIM, words=", la patiente est d'accord"))
    partners = process(claire).partners
    real = partners.add

    async def second_fails(*who: Any, **values: Any) -> object:
        if str(values["key"]).endswith(":1"):
            raise RuntimeError
        return await real(*who, **values)

    monkeypatch.setattr(partners, "add", second_fails)
    answer = await claire.say("oui", "affirm", WEB)
    monkeypatch.undo()
    assert answer.text.count("a maintenant accès") == 2
    assert f"Mme {SOPHIE}{NB}: pas fait, à cause d’un problème de notre côté" in answer.text
    assert SOPHIE in answer.text.split(f"Ensuite{NB}:")[1]
    assert f"{SOPHIE} a maintenant accès" in (await claire.say("oui", "affirm", WEB)).text
    assert {PAUL, SOPHIE, KARIM} <= await names_in(claire)


async def test_while_the_platform_is_away_every_line_is_kept(claire: Dialogue, monkeypatch: pytest.MonkeyPatch) -> None:
    await ask(claire, add(PAUL, SOPHIE, words=", la patiente est d'accord"))
    process(claire).network.cut_after(0, losing=False)
    answer = await claire.say("oui", "affirm", WEB)
    assert answer.text.count("n’a pas encore accès") == 2
    assert answer.text.count("je réessaie tout seul") == 1


async def test_on_an_external_channel_no_usager_is_named(claire: Dialogue) -> None:
    card = await ask(claire, add(PAUL, SOPHIE), metadata=TELEGRAM)
    assert not TRAITS.search(card.all)
    assert f"Dossier{NB}: {CLAIRES_DOSSIER}\n" in card.text
    done = await claire.press("affirm", TELEGRAM, basis="consent_given")
    assert done.text.count("a maintenant accès") == 2


async def test_the_dossier_is_asked_for_all_at_once(claire: Dialogue) -> None:
    text = f"ajoute {PAUL} et {SOPHIE}"
    assert "De quel dossier" in (await claire.say(text, "add_partner", WEB, partner_name=(PAUL, SOPHIE))).text
    card = await claire.say("le 142", "inform", WEB, dossier_ref=CLAIRES_OTHER)
    assert all(one in card.text for one in (PAUL, SOPHIE, CLAIRES_OTHER))


async def test_an_usager_called_by_a_civility_names_the_dossier(claire: Dialogue) -> None:
    text = f"M. Garnier, ajoutez {PAUL} et {KARIM}"
    card = await claire.say(text, "add_partner", WEB, partner_name=("Garnier", PAUL, KARIM))
    assert CLAIRES_OTHER in card.text
    assert card.text.count("À ajouter") == 2


async def test_the_usager_of_the_dossier_is_no_line(claire: Dialogue) -> None:
    text = f"ajoute {PAUL} et {SOPHIE} au {CLAIRES_DOSSIER}, Mme Durand est informée"
    card = await claire.say(text, "add_partner", WEB, partner_name=(PAUL, SOPHIE, "Durand"), dossier_ref=CLAIRES_DOSSIER)
    assert card.text.count("•") == 2


async def test_people_named_at_the_question_who_are_one_card(claire: Dialogue) -> None:
    await claire.say(f"ajoute quelqu'un au {CLAIRES_DOSSIER}", "add_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.say(f"{PAUL} et {SOPHIE}", "add_partner", WEB, partner_name=(PAUL, SOPHIE))
    assert all(one in card.text for one in (PAUL, SOPHIE, CLAIRES_DOSSIER))
    assert claire.form == "change_team_form"
    assert claire.slots["task_stack"] == []


async def test_what_was_asked_by_a_stranger_waits_for_the_link(stranger: Dialogue) -> None:
    await ask(stranger, add(PAUL, SOPHIE))
    assert [frame["task"] for frame in stranger.slots["task_stack"]] == ["change_team"]
    await process(stranger).link(stranger.id, "claire.moreau@sphere.example")
    frame = stranger.slots["task_stack"][0]
    assert [part["entities"][0]["value"] for part in frame["message"]["parts"]] == [PAUL, SOPHIE]
