"""Creating a dossier: contradictions and corrections of the identity traits."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue


async def test_of_two_birth_dates_none_is_taken(claire: Dialogue) -> None:
    words = "nouveau dossier pour Jeanne Wexler née le 1939-02-03 ou le 1939-02-04"
    answer = await claire.say(words, "create_dossier", WEB, usager_name="Jeanne Wexler", birth_date=("1939-02-03", "1939-02-04"))
    assert "« 1939-02-03 »" in answer.text.replace("\u00a0", " ")
    assert "date de naissance" in answer.text
    assert claire.slots["usager_family"] == "Wexler"
    assert claire.slots.get("usager_birth_date") is None
    card = await claire.say("1939-02-03, non, 1939-02-04", "inform", WEB, birth_date=("1939-02-03", "1939-02-04"))
    assert "04/02/1939" in card.text


async def test_the_denied_name_tells_the_trait(claire: Dialogue) -> None:
    for words, entities in (
        ("nouveau dossier", {}),
        ("Wexler", {}),
        ("Jeanne Marie", {}),
        ("née le 1939-02-03", {"birth_date": "1939-02-03"}),
    ):
        await claire.say(words, "create_dossier" if words == "nouveau dossier" else "inform", WEB, **entities)
    card = await claire.say("pas Jeanne, Anne", "inform", WEB, partner_name=("Jeanne", "Anne"))
    assert "Prénoms\u00a0: Anne Marie" in card.text
    card = await claire.say("pas Wexler mais Wechsler", "correct", WEB, usager_name=("Wexler", "Wechsler"))
    assert "Nom de naissance\u00a0: Wechsler" in card.text


@pytest.mark.parametrize(
    ("words", "entities", "family", "given"),
    [
        ("crée un dossier pour Mme Durand née PETIT Jeanne, née le 1948-03-12", ("Durand", "Jeanne"), "PETIT", "Jeanne"),
        ("nouveau dossier pour BESSON Lucie née KLEIN", ("BESSON Lucie",), "KLEIN", "Lucie"),
        ("nouvelle usagère : nom de naissance PETIT, nom d’usage DURAND, prénom Jeanne", ("DURAND", "Jeanne"), "PETIT", "Jeanne"),
        ("nouveau dossier pour le Gall Yann né le 1951-05-02", ("le Gall Yann",), "Le Gall", "Yann"),
    ],
)
async def test_the_names_of_the_first_message(claire: Dialogue, words: str, entities: tuple[str, ...], family: str, given: str) -> None:
    await claire.say(words, "create_dossier", WEB, usager_name=entities)
    assert (claire.slots["usager_family"], claire.slots["usager_given"]) == (family, given)


@pytest.mark.parametrize(
    ("answers", "family", "given"),
    [
        (("Martin", "Martin"), "Martin", "Martin"),
        (("Durand (née Petit)", "Jeanne"), "Petit", "Jeanne"),
        (("Besson, veuve Klein", "Lucie, Marie"), "Besson", "Lucie Marie"),
        (("née Besson, veuve Klein", "Lucie"), "Besson", "Lucie"),
        (("Besson ép. Klein", "Lucie"), "Besson", "Lucie"),
        (("veuve Klein", "Besson", "Lucie"), "Besson", "Lucie"),
        (("Martin–Dubois", "Anne‑Sophie"), "Martin-Dubois", "Anne-Sophie"),
        (("d’Arc", "prénom : Jeanne"), "d'Arc", "Jeanne"),
    ],
)
async def test_the_names_as_answers(claire: Dialogue, answers: tuple[str, ...], family: str, given: str) -> None:
    await claire.say("nouveau dossier", "create_dossier", WEB)
    for words in answers:
        await claire.say(words, "inform", WEB)
    assert (claire.slots["usager_family"], claire.slots["usager_given"]) == (family, given)


async def _asked_for_the_date(claire: Dialogue) -> None:
    for words, intent in (("nouveau dossier", "create_dossier"), ("Wexler", "inform"), ("Jeanne", "inform")):
        await claire.say(words, intent, WEB)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("31/04/1950", "31 avril 1950 n’existe pas"),
        ("29/02/1947", "29 février 1947 n’existe pas"),
        ("12/03/2148", "12 mars 2148"),
        ("1850", "1850"),
    ],
)
async def test_an_impossible_date_is_named(claire: Dialogue, words: str, told: str) -> None:
    await _asked_for_the_date(claire)
    assert told in (await claire.say(words, "inform", WEB)).text.replace("\u00a0", " ")
    assert claire.slots.get("usager_birth_date") is None


@pytest.mark.parametrize(("words", "shown"), [("1948", "1948"), ("00/00/1948", "1948"), ("mars 1948", "mars 1948")])
async def test_a_year_alone_is_kept(claire: Dialogue, words: str, shown: str) -> None:
    await _asked_for_the_date(claire)
    await claire.say(words, "inform", WEB)
    card = await claire.say("féminin", "inform", WEB, sex="female")
    assert f"\u00a0: {shown}\n" in f"{card.text}\n"
    done = await claire.press("affirm", WEB)
    assert "SPH-" in done.text
    found = await claire.say("le dossier de Jeanne Wexler née en 1948", "find_dossier", WEB, usager_name="Jeanne Wexler")
    assert f"({shown})" in found.text


async def test_the_whole_date_may_follow(claire: Dialogue) -> None:
    await _asked_for_the_date(claire)
    await claire.say("1948", "inform", WEB)
    await claire.say("1948-03-12", "inform", WEB, birth_date="1948-03-12")
    assert claire.slots["usager_birth_date"] == "1948-03-12"
