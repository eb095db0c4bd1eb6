"""Lost access is answered by what happened; where nothing is said of it, one question is asked."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import WEB, Dialogue, domain


@pytest.mark.parametrize(
    ("words", "case"),
    [
        ("j'ai pas reçu mes codes", "code"),
        ("les codes n'arrivent jamais", "code"),
        ("j'ai perdu mes codes", "code"),
        ("mot de passe oublié", "password"),
        ("je ne connais plus mon identifiant", "password"),
        ("mon compte est bloqué", "locked"),
        ("mon compte est verrouillé après trois essais", "locked"),
        ("j'ai changé d'adresse mail, je reçois plus les codes", "email"),
        ("mon ancienne boîte mail n'existe plus", "email"),
        ("ma carte CPS est refusée", "card"),
        ("j'ai plus accès au dossier de M. Leroy", "dossier"),
        ("le dossier 142 a disparu, je n'y ai plus accès", "dossier"),
        ("ma collègue n'arrive plus à se connecter", "colleague"),
        ("elle a perdu ses codes", "colleague"),
        ("impossible de me connecter", None),
        ("j'arrive plus à me co", None),
    ],
)
async def test_the_answer_is_that_of_the_case(stranger: Dialogue, words: str, case: str | None) -> None:
    answer = await stranger.say(words, "lost_access", WEB)
    response = domain()["responses"][f"utter_lost_access_{case}" if case else "utter_lost_access"][0]["text"]
    assert answer.texts[0].startswith(response.split("{")[0])


async def test_a_button_of_the_question_gives_the_case_and_the_facts_go_to_support(stranger: Dialogue) -> None:
    await stranger.say("impossible de me connecter", "lost_access", WEB)
    answer = await stranger.press("lost_access", WEB, topic="email")
    assert "l’ancienne et la nouvelle adresse" in answer.text
    handed = (await stranger.press("contact_support", WEB, **answer.entities_of("Joindre l’équipe SPHERE"))).handover
    assert handed is not None
    assert handed["task"] == "changer l’adresse e-mail du compte"
