"""Parts of pasted letters that are nobody, and no place."""

from __future__ import annotations

import pytest

from actions.framework.letters import without_letter_parts

LETTER = (
    "Je colle : « Cher confrère, M. Robert Fontaine rentre ce jour, passage IDE. Bien confraternellement. Dr A. Lemaitre, cardiologue, "
    "CH de Bourges ». Mettez Audrey Barmerot, IDE du Cher"
)


def kept(text: str, *found: tuple[str, str]) -> list[str]:
    """The values that are left of these entities, each the first of its words in the text from where the last one ended."""
    entities, at = [], 0
    for kind, value in found:
        start = text.index(value, at)
        at = start + len(value)
        entities.append({"entity": kind, "value": value, "start": start, "end": at})
    return [entity["value"] for entity in without_letter_parts({"text": text, "entities": entities})["entities"]]


SAID = [
    ("city", "Cher"),
    ("profession", "IDE"),
    ("partner_name", "A"),
    ("partner_name", "Lemaitre"),
    ("profession", "cardiologue"),
    ("organization", "CH de Bourges"),
    ("partner_name", "Audrey Barmerot"),
    ("city", "Cher"),
]


def test_the_head_and_the_signature_of_a_letter_are_left_out() -> None:
    assert kept(LETTER, *SAID) == ["IDE", "Audrey Barmerot", "Cher"]


def test_who_signs_is_meant_if_the_user_says_so() -> None:
    text = f"{LETTER}, et lui aussi, le cardiologue"
    assert kept(text, *SAID) == ["IDE", "Lemaitre", "cardiologue", "CH de Bourges", "Audrey Barmerot", "Cher"]


@pytest.mark.parametrize("text", ["un kiné dans le Cher", "Cher, kiné", "dans le cher, merci"])
def test_the_departement_is_one(text: str) -> None:
    place = "Cher" if "Cher" in text else "cher"
    assert kept(text, ("city", place)) == [place]


def test_thanks_at_the_end_of_a_message_sign_nothing() -> None:
    assert kept("ajoute Paul Martin au 137, cordialement", ("partner_name", "Paul Martin")) == ["Paul Martin"]


def test_a_wish_after_a_greeting_is_no_signature() -> None:
    text = "Ajoutez le Dr Petit, cordialement. Et retirez aussi Claire Moreau"
    assert kept(text, ("partner_name", "Petit"), ("partner_name", "Claire Moreau")) == ["Petit", "Claire Moreau"]
