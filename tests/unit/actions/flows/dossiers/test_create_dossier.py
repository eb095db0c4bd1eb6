"""Creating a dossier: contradictions and corrections of the identity traits."""

from __future__ import annotations

from typing import Any

import pytest

from actions.flows.dossiers.identity_traits import read_sex
from tests.unit.actions.dialogue import WEB, Answer, Dialogue, an_act


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


CREATE = (
    "Mme Odette Perrin née le 1938-03-14, lui ouvrir un dossier et y mettre Claire Moreau l'infirmière et Paul Martin le kiné de Vierzon"
)


def _read(words: str, intent: str, commands: list[dict[str, object]], **entities: str | tuple[str, ...]) -> dict[str, Any]:
    """Return an act with the commands that were read beside it."""
    found = [
        {"entity": name, "value": value, "start": words.find(value), "end": words.find(value) + len(value)}
        for name, values in entities.items()
        for value in ((values,) if isinstance(values, str) else values)
    ]
    return {**an_act(words, intent), "entities": found, "commands": commands}


async def _perrin(claire: Dialogue) -> Answer:
    start = {"start": "create_dossier", "given_names": "Odette", "birth_name": "Perrin", "partner": ["Claire Moreau", "Paul Martin"]}
    names = ("Odette Perrin", "Claire Moreau", "Paul Martin")
    act = _read(
        CREATE, "create_dossier", [start], usager_name=names, birth_date="1938-03-14", profession=("infirmière", "kiné"), city="Vierzon"
    )
    return await claire.ask(CREATE, act)


async def test_partners_told_with_the_wish_are_no_usager_and_follow(claire: Dialogue) -> None:
    card = await _perrin(claire)
    assert "Nom de naissance\u00a0: Perrin\nPrénoms\u00a0: Odette" in card.text
    assert "À ajouter ensuite\u00a0: Claire Moreau, Paul Martin" in card.text
    team = await claire.press("affirm", WEB)
    reference = claire.slots["last_dossier"]
    assert claire.form == "change_team_form"
    assert claire.slots["dossier"] == reference
    assert "Paul Martin" in team.text
    assert "Quel est le nom" not in team.text


async def test_a_partner_who_is_read_twice_follows_once_on_the_basis_that_was_said(claire: Dialogue) -> None:
    wish = "mettez dedans Claire Moreau l'infirmière, on travaille ensemble à son suivi et la patiente est au courant"
    words = f"j'ai une nouvelle patiente, je voudrais lui ouvrir un dossier : Odette Perrin, elle est du 14 mars 1938, et {wish}"
    act = an_act(words, "create_dossier", birth_date="1938-03-14", profession="infirmière")
    names = [
        {"entity": "usager_name", "value": name, "start": words.find(name), "end": words.find(name) + len(name)}
        for name in ("Odette Perrin", "Claire Moreau")
    ]
    commands = [{"start": "create_dossier", "birth_name": "Odette Perrin"}, {"start": "add_partner", "partner": "Claire Moreau"}]
    further = an_act(wish, "add_partner", partner_name="Claire Moreau", profession="infirmière")
    further["entities"].append({"entity": "basis", "value": "consent_given", "start": 0, "end": 0, "extractor": "commands"})
    card = await claire.ask(words, {**act, "entities": [*act["entities"], *names], "commands": commands}, further)
    assert "sexe" not in card.text.lower() or "féminin" in card.text.lower()
    assert "À ajouter ensuite\u00a0: Claire Moreau." in card.text or card.text.count("Claire Moreau") == 1
    partners = claire.slots["partners_said"]
    assert [e["value"] for part in partners for e in part["entities"] if e["entity"] == "basis"] == ["care_team_informed"]


@pytest.mark.parametrize(
    ("words", "sex"),
    [
        ("une nouvelle patiente, Ghislaine Perdriau, du 4 février 1957", "female"),
        ("c'est une dame", "female"),
        ("dossier pour ma patiente Rose Petit, avec M. Paul Martin le kiné", "female"),
        ("Luc Petit, né le 3 mai 1960, avec Mme Moreau l'infirmière", "male"),
        ("il est né en 1960", "male"),
    ],
)
def test_the_sex_is_what_is_said_of_the_usager(words: str, sex: str) -> None:
    assert read_sex(words) == {"usager_sex": sex}


@pytest.mark.parametrize(
    "words", ["un nouveau patient, Camille Petit", "né(e) en 1960, une patiente ou un monsieur", "mettez M. Martin et Mme Moreau"]
)
def test_no_sex_is_guessed(words: str) -> None:
    assert read_sex(words) == {}


async def test_partners_told_with_the_yes_follow(claire: Dialogue) -> None:
    for words in ("nouveau dossier", "Perrin", "Odette", "1938-03-14", "féminin"):
        await claire.say(words, "create_dossier" if words == "nouveau dossier" else "inform", WEB, **_date_in(words))
    added = "et mettez Paul Martin le kiné de Vierzon"
    yes, act = (
        an_act("oui créez-le,", "affirm"),
        an_act(added, "add_partner", partner_name="Paul Martin", profession="kiné", city="Vierzon"),
    )
    done = await claire.ask(f"oui créez-le, {added}", yes, act)
    assert "SPH-" in done.text
    assert claire.form == "add_partner_form"
    assert "Paul Martin" in done.text


def _date_in(words: str) -> dict[str, str]:
    return {"birth_date": words} if words[:1].isdigit() else {}


async def test_a_wish_of_the_confirmation_for_the_new_dossier_is_kept(claire: Dialogue) -> None:
    await _perrin(claire)
    words = "c'est bien ça sauf que son nom de jeune fille c'est Caillaud, Perrin c'est son nom de mariage, et mettez le docteur Benali"
    card = await claire.say(words, "add_partner", WEB, partner_name=("Caillaud", "Perrin", "Benali"))
    assert "Nom de naissance\u00a0: Caillaud\nNom d’usage\u00a0: Perrin\nPrénoms\u00a0: Odette" in card.text
    assert "Benali" in card.text


async def test_declined_nobody_is_added(claire: Dialogue) -> None:
    await _perrin(claire)
    await claire.press("deny", WEB)
    assert claire.form is None
    assert not claire.slots["task_stack"]


@pytest.mark.parametrize(
    ("words", "intent", "family", "given", "used"),
    [
        ("le nom c'est Perrot et le prénom Odile", "inform", "Perrot", "Odile", None),
        ("son nom de famille c'est Moulins", "inform", "Moulins", "Odette", None),
        ("nom : Moulins", "inform", "Moulins", "Odette", None),
        ("Moulins c'est son nom de famille", "correct", "Moulins", "Odette", None),
        ("le nom c pas T c PERROT", "correct", "PERROT", "Odette", None),
        ("le nom c'est P E R R O T", "inform", "Perrot", "Odette", None),
        ("de naissance c'est Lacour, Perrin c'est son nom de mariage", "inform", "Lacour", "Odette", "Perrin"),
        ("née Caillaud", "inform", "Caillaud", "Odette", None),
        ("le prénom c'est Yvonne tout court", "inform", "Perrin", "Yvonne", None),
        ("non, la dame c'est Odile Perrot", "correct", "Perrot", "Odile", None),
        ("Perrin ça s'écrit Perrain", "correct", "Perrain", "Odette", None),
    ],
)
async def test_a_name_told_by_its_word(claire: Dialogue, words: str, intent: str, family: str, given: str, used: str | None) -> None:
    await _perrin(claire)
    await claire.say(words, intent, WEB)
    assert (claire.slots["usager_family"], claire.slots["usager_given"], claire.slots.get("usager_used")) == (family, given, used)


async def test_what_to_correct_may_be_named_alone(claire: Dialogue) -> None:
    await _perrin(claire)
    await claire.press("correct", WEB)
    assert "nom de naissance" in (await claire.say("le nom de famille", "inform", WEB)).text
    await claire.say("C A I L L A U D", "deny", WEB)
    assert claire.slots["usager_family"] == "Caillaud"


@pytest.mark.parametrize(
    ("answers", "family", "given"),
    [
        (("K-E-R-V-E-L-L-A", "bah Jennifer, je vous l'ai dit"), "Kervella", "Jennifer"),
        (("Tessier, je vous l'ai dit. Raymond, né en mars",), "Tessier", "Raymond"),
        (("Tessier", "ben Raymond ! juste Raymond"), "Tessier", "Raymond"),
        (("Tessier", "Yvonne je vous l'ai dit virgule nom de naissance Caillaud"), "Caillaud", "Yvonne"),
    ],
)
async def test_what_people_put_around_a_name(claire: Dialogue, answers: tuple[str, ...], family: str, given: str) -> None:
    await claire.say("nouveau dossier", "create_dossier", WEB)
    for words in answers:
        await claire.say(words, "inform", WEB)
    assert (claire.slots["usager_family"], claire.slots["usager_given"]) == (family, given)


async def test_the_name_of_use_is_carried_and_found(claire: Dialogue) -> None:
    await _perrin(claire)
    await claire.say("de naissance c'est Lacour, Perrin c'est son nom d'usage", "inform", WEB)
    await claire.press("affirm", WEB)
    for name in ("Odette Perrin", "Lacour"):
        found = await claire.say(f"le dossier de {name}", "find_dossier", WEB, usager_name=name)
        assert "Odette Lacour" in found.text


async def _card_of_odette(claire: Dialogue) -> Answer:
    words = "nouveau dossier pour Odette Wexler née le 1939-02-03, une femme"
    return await claire.say(words, "create_dossier", WEB, usager_name="Odette Wexler", birth_date="1939-02-03")


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("oui. et pour le kiné prenez Paul Martin finalement", "correct"),
        ("rien à corriger dans l'identité, c'est bon comme ça, créez. je voulais juste Paul Martin en plus", "correct"),
        ("ok parfait, et rajoutez Paul Martin", "affirm"),
    ],
)
async def test_a_partner_told_with_the_yes_is_for_after_it(claire: Dialogue, words: str, intent: str) -> None:
    assert "Odette" in (await _card_of_odette(claire)).text
    commands: list[dict[str, object]] = [{"start": "add_partner", "partner": "Paul Martin"}]
    answer = await claire.ask(words, _read(words, intent, commands, partner_name="Paul Martin"))
    assert "est créé" in answer.text
    assert "Paul Martin" in answer.all or "Martin" in str(claire.slots.get("partner_query"))


@pytest.mark.parametrize("words", ["rien à corriger, créez", "c'est bon comme ça, rien à changer"])
async def test_nothing_to_correct_is_a_yes(claire: Dialogue, words: str) -> None:
    await _card_of_odette(claire)
    assert "est créé" in (await claire.say(words, "correct", WEB)).text


@pytest.mark.parametrize("words", ["à corriger", "oui, à corriger", "c'est bon ?", "non corrigez", "c'est pas bon"])
async def test_something_to_correct_is_none(claire: Dialogue, words: str) -> None:
    await _card_of_odette(claire)
    assert "est créé" not in (await claire.say(words, "correct", WEB)).text


async def test_the_basis_said_of_the_partners_of_a_new_dossier_is_on_their_card(claire: Dialogue) -> None:
    await _card_of_odette(claire)
    words = "et ajoutez Hugues Martin de Bourges, elle m'a donné son accord ce matin"
    act = _read(words, "add_partner", [{"start": "add_partner", "partner": "Hugues Martin"}], partner_name="Hugues Martin", city="Bourges")
    await claire.ask(words, act)
    assert claire.slots.get("confirmed") is None
    card = await claire.say("oui", "affirm", WEB)
    assert "est créé" in card.text
    assert claire.slots["basis_said"] == "consent_given"
    assert "Base\u00a0: accord de l’usager recueilli" in card.text


@pytest.mark.parametrize(
    "words", ["Yvette, je vous l'ai dit. et c'est le 1938-09-04, une femme", "Yvette je viens de le dire, 1938-09-04, une femme"]
)
async def test_a_complaint_beside_a_name_leaves_it_the_answer(claire: Dialogue, words: str) -> None:
    await claire.say("nouveau dossier", "create_dossier", WEB)
    await claire.say("Wexler", "inform", WEB)
    await claire.say(words, "correct", WEB, birth_date="1938-09-04")
    slots = ("usager_given", "usager_birth_date", "usager_sex")
    assert [claire.slots.get(slot) for slot in slots] == ["Yvette", "1938-09-04", "female"]
