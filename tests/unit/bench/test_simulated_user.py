"""The simulated user: answers from what they know, corrects cards, hesitates, gives up; the same each time."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from bench.dialogues.goals import Goal, Manner
from bench.dialogues.judge import Expected
from bench.dialogues.replies import Reply, ReplyReader
from bench.dialogues.simulated_user import Act, SimulatedUser

DOSSIER = "SPH-2024-000137"
NIBIER = {"given": "Bernadette", "family": "Nibier", "profession": "infirmière", "city": "Tours", "email": "b.nibier@cabinet.example"}
KNOWS = {"dossier": DOSSIER, "people": [NIBIER], "basis": "care_team_informed"}
END = {"access": {DOSSIER: {"Bernadette Nibier": {"basis": "care_team_informed"}}}}
UNMET = [Expected(f"access/{DOSSIER}/Bernadette Nibier", {"basis": "care_team_informed"})]
CARD = (
    f"Bernadette Nibier, infirmière, Tours\nDossier : {DOSSIER}\n\n"
    "Cette personne a déjà un compte d'accès, voulez-vous lui donner accès à ce dossier ?"
)
BASIS = "Sur quelle base donner à Bernadette Nibier l’accès au dossier SPH-2024-000137 ? L’usager doit au moins en être informé."
PROFESSION, PHONE = "Quelle est la profession de la personne qui aura ce compte ?", "Quel est le numéro de téléphone professionnel ?"
CARE_TEAM = {"title": "Oui : même équipe de soins, usager informé", "token": "t1"}
CONSENT = {"title": "Oui : accord de l'usager recueilli", "token": "t2"}
BASES = (CARE_TEAM, CONSENT)


@cache
def reader() -> ReplyReader:
    """The domain of the project, read once."""
    return ReplyReader.of_domain()


def reply(text: str, *buttons: dict[str, str]) -> Reply:
    """An answer of one message."""
    return reader().read([{"text": text, "author": "assistant", "buttons": list(buttons)}])


def user(manner: Manner = Manner.FORMAL, *, wording: Any = "Bonjour", **more: Any) -> SimulatedUser:
    """Somebody who wants Bernadette Nibier to have access."""
    wordings = {one.value: "Bonjour" for one in Manner} | {manner.value: wording}
    values = {"id": "one", "user": "claire", "knows": KNOWS, "end": END, "least": 2, "plainly": "En clair.", "wordings": wordings} | more
    return SimulatedUser(Goal.model_validate(values), manner, lambda _: "123456")


def said(act: Act | None) -> str:
    """What was typed or pressed; fails where nothing was."""
    assert act is not None
    return act.text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CARD, "card_add"),
        (f"C’est noté.\n{BASIS}", "basis"),
        ("De quel dossier s'agit-il ? Choisissez, ou tapez sa référence (SPH-…).", "dossier"),
        ("Quelle est l’adresse e-mail professionnelle\N{NO-BREAK SPACE}? Les codes y seront envoyés.", "record_email"),
        ("Quel est le nom de la personne qui aura ce compte\N{NO-BREAK SPACE}?", "record_family"),
        ("Faut-il le faire\N{NO-BREAK SPACE}? Sinon, dites-le autrement.", "wish_confirm"),
        ("Bernadette Nibier\nDossier : SPH-2024-000137\n\nVoulez-vous lui retirer l'accès à ce dossier ?", "card_remove"),
        ("C'est fait : Bernadette Nibier a maintenant accès au dossier SPH-2024-000137.", None),
    ],
)
def test_what_is_asked_is_known_from_the_answer(text: str, kind: str | None) -> None:
    assert reply(text).question == kind


def test_the_last_question_of_an_answer_counts() -> None:
    first, second = (
        "De quel dossier s'agit-il ? Choisissez, ou tapez sa référence (SPH-…).",
        "Quel est le prénom de la personne qui aura ce compte ?",
    )
    asked = [{"text": first}, {"text": second}]
    assert reader().read(asked).question == "record_given"


@pytest.mark.parametrize("manner", list(Manner))
def test_a_right_card_is_confirmed_on_the_known_basis(manner: Manner) -> None:
    act = user(manner).answer(reply(CARD, *BASES), UNMET)
    assert act is not None
    assert act.button is None or act.button.token == "t1"
    assert act.may_change
    assert "équipe" in act.text or "equipe" in act.text


@pytest.mark.parametrize(
    ("card", "correction"),
    [
        (CARD.replace("Bernadette Nibier", "Luce Vidal"), "Nibier"),
        (CARD.replace("Bernadette", "Françoise"), "Bernadette"),
        (CARD.replace(DOSSIER, "SPH-2024-000142"), DOSSIER),
    ],
)
def test_a_card_of_somebody_or_something_else_is_corrected(card: str, correction: str) -> None:
    act = user().answer(reply(card, *BASES), UNMET)
    assert correction in said(act)
    assert said(act).startswith("Non")


def test_a_wrong_fact_on_the_card_of_a_request_is_corrected() -> None:
    card = (
        "Fiche annuaire\n• Prénom : Bernadette\n• Nom : Nibier\n• E-mail : nibier@ailleurs.example\n\n"
        "Voulez-vous envoyer cette demande de compte à l'équipe SPHERE ?"
    )
    unmet = [Expected("request/Bernadette Nibier", {})]
    assert "b.nibier@cabinet.example" in said(user().answer(reply(card), unmet))
    right = user().answer(reply(card.replace("nibier@ailleurs.example", "b.nibier@cabinet.example")), unmet)
    assert "Non" not in said(right)


def test_a_card_that_nobody_asked_for_is_refused() -> None:
    removal = "Bernadette Nibier\nDossier : SPH-2024-000137\n\nVoulez-vous lui retirer l'accès à ce dossier ?"
    assert said(user().answer(reply(removal), UNMET)).startswith("Non")


def test_somebody_of_whom_is_only_spoken_is_no_target() -> None:
    reported = user(knows={**KNOWS, "others": ["Vidal"]})
    card = CARD.replace("Bernadette Nibier", "Luce Vidal, Bernadette Nibier")
    assert "Nibier" in said(reported.answer(reply(card, *BASES), UNMET))


def test_a_hesitation_comes_before_the_yes_and_is_none() -> None:
    hesitant = user(wording={"opening": "Bonjour", "hesitates": "Oui, enfin attendez."})
    first, second = (hesitant.answer(reply(CARD, *BASES), UNMET) for _ in range(2))
    assert [act.may_change for act in (first, second) if act is not None] == [False, True]
    assert said(first) == "Oui, enfin attendez."


def test_a_correction_on_the_way_is_said_whatever_was_answered() -> None:
    correcting = user(Manner.CORRECTS, wording={"opening": "Bonjour", "then": ["Pas Tours, Blois."]})
    assert correcting.has_more_to_say
    assert said(correcting.answer(reply(CARD, *BASES), UNMET)) == "Pas Tours, Blois."
    assert not correcting.has_more_to_say


def test_what_is_not_known_is_said_so_or_skipped() -> None:
    question = PHONE
    unmet = [Expected("request/Bernadette Nibier", {})]
    act = user(Manner.SMS).answer(reply(question, {"title": "Passer", "token": "t"}), unmet)
    assert said(act) in {"jsp", "je c pas", "aucune idee", "Passer"}
    known = user(Manner.SMS, knows={**KNOWS, "people": [{**NIBIER, "phone": "02 47 00 00 00"}]})
    assert said(known.answer(reply(question), unmet)) == "02 47 00 00 00"


def test_some_tell_everything_at_once_when_asked_for_one_thing() -> None:
    act = user(Manner.MANY).answer(reply(PROFESSION), [Expected("request/Bernadette Nibier", {})])
    assert all(fact in said(act) for fact in ("Nibier", "infirmière", "Tours", "b.nibier@cabinet.example"))


def test_short_messages_have_no_accents() -> None:
    assert said(user(Manner.SMS).answer(reply(PROFESSION), [Expected("request/Bernadette Nibier", {})])) == "infirmiere"


def test_who_does_not_agree_says_no_and_has_nothing_more_to_say() -> None:
    unwilling = user(agrees=False, end={})
    assert said(unwilling.answer(reply(CARD, *BASES), [])).startswith("Non")
    assert unwilling.answer(reply("D'accord, elle n'aura pas accès au dossier."), []) is None


def test_the_wish_is_said_again_and_then_given_up() -> None:
    patient = user()
    lost = reply("Je n'ai pas compris. Dites-le avec d'autres mots, ou « aide » pour savoir ce que je peux faire.")
    acts = [patient.answer(lost, UNMET) for _ in range(3)]
    assert [act is None for act in acts] == [False, False, True]
    assert "Nibier" in said(acts[0])


def test_an_answer_that_was_given_needs_no_more_words() -> None:
    curious = user(end={}, agrees=False, says=["ror"])
    assert said(curious.answer(reply("Bonjour !"), [], unsaid=True)) == "En clair."
    assert curious.answer(reply("Le ROR est le répertoire."), [], unsaid=False) is None


def test_the_code_is_the_one_that_was_mailed() -> None:
    asked = reply("Si cette adresse est celle d'un compte SPHERE, un code à 6 chiffres y est envoyé, valable 10 minutes. Tapez-le ici.")
    assert said(user().answer(asked, UNMET)) == "123456"


def test_the_same_user_says_the_same() -> None:
    twice = [[said(user(manner).answer(reply(CARD, *BASES), UNMET)) for manner in Manner] for _ in range(2)]
    assert twice[0] == twice[1]


def test_a_card_without_the_day_of_the_access_is_not_confirmed() -> None:
    period = {"said": "jusqu'au 15 mars 2027", "shown": ["15 mars 2027", "15/03/2027"]}
    replaced = user(knows={**KNOWS, "period": period})
    assert "jusqu'au 15 mars 2027" in said(replaced.answer(reply(CARD, *BASES), UNMET))
    dated = replaced.answer(reply(CARD.replace("\n\n", "\nJusqu'au 15/03/2027\n\n"), *BASES), UNMET)
    assert "équipe" in said(dated)


def test_the_words_of_a_yes_are_said_once_for_each_person() -> None:
    grateful = user(wording={"opening": "Bonjour", "confirms": "Oui, merci bien."})
    first, second = (said(grateful.answer(reply(CARD, *BASES), UNMET)) for _ in range(2))
    assert first == "Oui, merci bien."
    assert second != first


def test_the_reading_that_was_meant_is_pressed() -> None:
    readings = reply("Je ne suis pas sûr d'avoir compris. Voulez-vous :", {"title": "Ajouter un partenaire", "token": "t"})
    act = user().answer(readings, UNMET)
    assert act is not None
    assert act.button is not None


def test_a_question_about_something_else_is_not_answered_but_the_wish_said_again() -> None:
    act = user().answer(reply("À qui faut-il retirer l'accès au dossier SPH-2024-000137 ?"), UNMET)
    assert "associer Bernadette Nibier" in said(act)


def test_a_question_that_comes_back_after_an_unknown_is_skipped() -> None:
    question = reply(PHONE, {"title": "Passer", "token": "t"})
    patient, unmet = user(Manner.COURTEOUS), [Expected("request/Bernadette Nibier", {})]
    patient.answer(question, unmet)
    assert said(patient.answer(question, unmet)) == "Passer"


TEAM = """Dossier : SPH-2024-000137 – Jeanne Durand
• À ajouter : Mme Bernadette Nibier – Infirmier – Tours
• À retirer : {leaving} – Médecin

Voulez-vous faire ces changements dans l’équipe de ce dossier ?"""


@pytest.mark.parametrize(
    ("leaving", "corrects"), [("Dr Paul Faure", False), ("Dr Anne Blot", True)], ids=["who is wanted", "somebody else"]
)
def test_the_card_of_a_team_is_read_line_by_line(leaving: str, corrects: bool) -> None:
    faure = {"given": "Paul", "family": "Faure", "profession": "médecin", "city": "Tours"}
    knows = {**KNOWS, "people": [NIBIER, faure]}
    both = {"access": {DOSSIER: {"Bernadette Nibier": {"basis": "care_team_informed"}, "Paul Faure": None}}}
    unmet = [*UNMET, Expected(f"access/{DOSSIER}/Paul Faure", None)]
    one = user(knows=knows, end=both)
    answer = said(one.answer(reply(TEAM.format(leaving=leaving), *BASES), unmet))
    assert ("même équipe" in answer.lower()) != corrects
