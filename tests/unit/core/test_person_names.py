"""Names of a person as French people give them."""

from __future__ import annotations

import pytest

from bot.core.person_names import MARKERS, PersonNames, find_marked_name, read_names
from nlu.components.folding import fold_word
from nlu.pii.other_names import OTHER_NAME_WORDS


@pytest.mark.parametrize(
    ("text", "birth", "given", "used"),
    [
        ("Mme Durand née PETIT Jeanne", "PETIT", "Jeanne", "Durand"),
        ("Besson née KLEIN Lucie Marie", "KLEIN", "Lucie Marie", "Besson"),
        ("QWERZAN Hildegonde née PLOMBIRAC", "PLOMBIRAC", "Hildegonde", "QWERZAN"),
        ("Xylotépé (née Kramzouille)", "Kramzouille", "", "Xylotépé"),
        ("Marie Dupont née Martin", "Martin", "Marie", "Dupont"),
        ("Durand née Le Gall", "Le Gall", "", "Durand"),
        ("DURAND NEE PETIT JEANNE", "PETIT", "JEANNE", "DURAND"),
        ("Jeanne PETIT épouse DURAND", "PETIT", "Jeanne", "DURAND"),
        ("Lucie Klein, veuve Besson", "Klein", "Lucie", "Besson"),
        ("ép. Durand née Petit", "Petit", "", "Durand"),
        ("nom de naissance PETIT, nom d’usage DURAND, prénom Jeanne", "PETIT", "Jeanne", "DURAND"),
        ("Nom : Petit, prénoms : Jeanne Marie", "Petit", "Jeanne Marie", ""),
        ("le Gall Yann", "le Gall", "Yann", ""),
        ("Yann Le Gall", "Le Gall", "Yann", ""),
        ("de La Tour", "de La Tour", "", ""),
        ("de LA TOUR Jean", "de LA TOUR", "Jean", ""),
        ("Jeanne d’Arc", "d'Arc", "Jeanne", ""),
        ("d’Arc Jeanne", "d'Arc", "Jeanne", ""),
        ("MARTIN, Jean", "MARTIN", "Jean", ""),
        ("Jean-Pierre Martin–Dubois", "Martin-Dubois", "Jean-Pierre", ""),
        ("Martin Martin", "Martin", "Martin", ""),
        ("Renée Martin", "Martin", "Renée", ""),
        ("Durand née le 12/03/1948", "Durand", "", ""),
        ("Durand née en mars 1948", "Durand", "", ""),
    ],
)
def test_each_name_has_its_place(text: str, birth: str, given: str, used: str) -> None:
    assert read_names(text) == PersonNames(birth, given, used)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("crée un dossier pour Mme Durand née PETIT Jeanne, née le 12/03/1948", "Durand née PETIT Jeanne"),
        ("nouveau dossier pour Durand Lucie (née Klein) 02/05/1951", "Durand Lucie (née Klein)"),
    ],
)
def test_the_name_is_cut_out_of_the_message(text: str, name: str) -> None:
    assert find_marked_name(text, text.index("Durand")) == name
    assert find_marked_name("nouveau dossier pour Durand née le 12/03/1948", 20) is None


def test_what_is_masked_beside_a_name_begins_with_the_same_words() -> None:
    assert {fold_word(word) for word in MARKERS} <= OTHER_NAME_WORDS | {"ne", "nes", "nees"}
