"""Removing a partner."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from actions.flows.partners.access_dates import UNTIL, read_dates
from actions.flows.partners.date_wish import ends_later
from bot.accounts.registry import Account
from tests.unit.actions.dialogue import WEB, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER, KARIM, Harness


async def account_of(dialogue: Dialogue) -> Account:
    """Return the account that a conversation is linked to."""
    account = await dialogue.services.identity.person_of(dialogue.id)
    assert account is not None
    return account


async def test_the_member_is_named_before_the_dossier(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await account_of(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    assert "De quel dossier" in (await claire.say(f"retire {name}", "remove_partner", WEB, partner_name=name)).text
    card = await claire.say("Durand", "inform", WEB, partner_name="Durand")
    assert f"{name}" in card.text
    assert "Voulez-vous lui retirer l’accès" in card.text


async def test_a_correction_without_a_name_asks_who(claire: Dialogue) -> None:
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await account_of(claire))
    name = next(p.display for p in members if "Moreau" not in p.display)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say("je me suis trompé de personne", "correct", WEB)
    assert "À qui faut-il retirer l’accès" in answer.text


@pytest.mark.parametrize("words", ["retire-moi du 137", "je quitte le 137", "je n’interviens plus au 137", "retirez mon accès au 137"])
async def test_who_leaves_is_the_speaker_where_the_words_say_so(claire: Dialogue, words: str) -> None:
    answer = await claire.say(words, "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "il ne peut pas rester sans référent" in answer.text


@pytest.mark.parametrize(
    "words", ["je veux qu'on l'enlève ce monsieur, au 137", "Retirez tt le monde du 137 sauf moi", "on m'a demandé de l'enlever du 137"]
)
async def test_a_pronoun_alone_does_not_make_the_speaker_leave(claire: Dialogue, words: str) -> None:
    answer = await claire.say(words, "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "À qui faut-il retirer l’accès" in answer.text
    assert claire.slots.get("member") is None


async def member_of(dialogue: Dialogue) -> str:
    """Return a member beside the referent."""
    members = await dialogue.services.partners.list(CLAIRES_DOSSIER, await account_of(dialogue))
    return next(p.display for p in members if "Moreau" not in p.display)


@pytest.mark.parametrize(
    "words",
    [
        "l'accès de {name} au {ref} se termine le 18 décembre",
        "retirez {name} du {ref} le 18 décembre au soir",
        "{name} arrête au 18 décembre, {ref}",
        "enlève {name} du {ref} à partir du 18 décembre",
        "{name} reste jusqu'au 18 décembre, {ref}",
    ],
)
async def test_an_end_that_lies_ahead_changes_the_date_and_removes_nobody(claire: Dialogue, words: str) -> None:
    name = await member_of(claire)
    said = words.format(name=name, ref=CLAIRES_DOSSIER)
    card = await claire.say(said, "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    assert "Voulez-vous lui retirer" not in card.text
    assert "jusqu’au 18 décembre inclus" in card.text
    await claire.press("affirm", WEB)
    members = await claire.services.partners.list(CLAIRES_DOSSIER, await account_of(claire))
    assert next(one for one in members if one.display == name).until == date(2026, 12, 18)


@pytest.mark.parametrize(
    "words", ["pas tout de suite, le 18 décembre au soir", "oui mais le 18 décembre", "plutôt à partir du 18 décembre"]
)
async def test_a_day_at_the_removal_card_is_the_end_of_the_access(claire: Dialogue, words: str) -> None:
    name = await member_of(claire)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.say(words, "deny" if words.startswith("pas") else "affirm", WEB)
    assert "jusqu’au 18 décembre inclus" in card.text


@pytest.mark.parametrize("words", ["oui demain", "oui, vendredi", "oui lundi prochain", "ok le 9/12", "oui mais vendredi soir"])
async def test_a_yes_with_a_day_proposes_that_end(claire: Dialogue, words: str) -> None:
    name = await member_of(claire)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.say(words, "affirm", WEB)
    assert "jusqu’au" in card.text
    assert name == await member_of(claire)


@pytest.mark.parametrize(
    "words",
    [
        "oui fin décembre",
        "oui à la fin du mois",
        "oui en janvier",
        "oui, la semaine prochaine",
        "oui le mois prochain",
        "oui le 31",
        "oui ce soir",
        "oui début janvier",
        "ok à Noël",
        "oui, au printemps",
        "oui plus tard",
        "oui dans une heure",
        "oui à sa sortie",
    ],
)
async def test_a_yes_with_another_time_removes_nobody(claire: Dialogue, words: str) -> None:
    name = await member_of(claire)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    answer = await claire.say(words, "affirm", WEB)
    assert "n’a plus accès" not in answer.text
    assert name == await member_of(claire)
    assert "n’a plus accès" in (await claire.say("oui", "affirm", WEB)).text


@pytest.mark.parametrize(
    "words", ["oui aujourd’hui", "oui tout de suite", "oui dès maintenant", "oui merci, à demain", "oui bonne soirée", "oui retirez-la"]
)
async def test_a_yes_for_now_removes(claire: Dialogue, words: str) -> None:
    name = await member_of(claire)
    await claire.say(f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    assert "n’a plus accès" in (await claire.say(words, "affirm", WEB)).text


@pytest.mark.parametrize(
    "words",
    [
        "retirez-la dans 15 jours",
        "elle arrête le 9 décembre",
        "retirez-le vendredi",
        "on lui coupe l'accès au 31 mars",
        "Adèle reste jusqu'au 9",
    ],
)
def test_an_end_ahead_is_known_by_its_words(words: str) -> None:
    assert read_dates(ends_later(words), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)).slots[UNTIL]


@pytest.mark.parametrize(
    "words",
    [
        "retirez-la aujourd'hui",
        "elle a arrêté le 9 novembre",
        "retire Paul du 137",
        "retirez-la, elle ne vient plus depuis le 3 mars",
        "elle est partie le 12 octobre, retirez-la",
        "enlevez-le tout de suite",
        "on l'arrête le 9 ?",
        "elle part en vacances le 18 décembre",
        "arrête les notifications le 18 décembre",
    ],
)
def test_other_removals_have_no_end_ahead(words: str) -> None:
    assert not ends_later(words)


@pytest.mark.parametrize(
    "words", ["retirez-moi du {ref} le 18 décembre", "je quitte le {ref} le 18 décembre", "enlevez-moi dans 15 jours du {ref}"]
)
async def test_who_may_not_set_the_end_is_told_so_and_leaves_not_today(harness: Harness, stranger: Dialogue, words: str) -> None:
    doing, account = await harness.account("claire.moreau"), await harness.account("karim.benali")
    await harness.partners.add(CLAIRES_DOSSIER, doing, account, basis="consent_given", channel="web", key="k1")
    await harness.link(stranger.id, KARIM)
    act = an_act(words.format(ref=CLAIRES_DOSSIER), "remove_partner", {"partner": "self"}, dossier_ref=CLAIRES_DOSSIER)
    answer = await stranger.ask(act["text"], act)
    assert "Seuls le référent du dossier" in answer.text
    assert "Moreau" in answer.text
    assert "Demander à l’équipe SPHERE" in answer.titles
    assert stranger.form is None


async def test_an_end_before_the_access_begins_is_said_and_removes_nobody(claire: Dialogue) -> None:
    name = "Paul Martin"
    words = f"ajoute {name} kiné à Vierzon au {CLAIRES_DOSSIER} à partir du 10 janvier"
    await claire.say(words, "add_partner", WEB, partner_name=name, profession="kiné", city="Vierzon", dossier_ref=CLAIRES_DOSSIER)
    await claire.press("affirm", WEB, basis="consent_given")
    said = f"retirez {name} du {CLAIRES_DOSSIER} le 18 décembre"
    answer = await claire.say(said, "remove_partner", WEB, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
    assert "avant de commencer" in answer.text
    assert claire.form is None


@pytest.mark.parametrize(
    "words",
    [
        "Mme Durand ne vient plus chez l'infirmier, enlevez-le",
        "enlevez l'infirmier de Durand",
        "retirez l'infirmier, Jeanne Durand va mieux",
    ],
)
async def test_an_usager_is_not_taken_for_the_member_to_remove(claire: Dialogue, words: str) -> None:
    name = "Jeanne Durand" if "Jeanne" in words else "Durand"
    card = await claire.say(words, "remove_partner", WEB, partner_name=name, profession="infirmier")
    assert claire.slots["dossier"] == CLAIRES_DOSSIER
    assert [title.split(" – ")[0] for title in card.titles] == ["Claire Moreau", "Noël Boulanger", "Annuler"]


async def test_who_is_a_member_is_one_though_an_usager_is_called_so(claire: Dialogue) -> None:
    await claire.press("list_partners", WEB, dossier_ref=CLAIRES_DOSSIER)
    card = await claire.say("retirez l'infirmier Boulanger", "remove_partner", WEB, partner_name="Boulanger", profession="infirmier")
    assert "Noël Boulanger" in card.text
