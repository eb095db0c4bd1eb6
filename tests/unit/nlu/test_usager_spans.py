"""What may identify an usager in a typed message: names by their context and spelling, births, numbers, addresses, telephones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nlu.pii.message_masks import find_masks
from nlu.pii_masking import PLACEHOLDERS, mask_parse_data

RECENT = f"{datetime.now(UTC) - timedelta(days=60):%d/%m/%Y}"
"""A date that alone is that of an appointment."""


def masked(text: str, asked: str = "") -> str:
    """Return the text as it is kept, where the model reads nothing in it."""
    return mask_parse_data(text, {"intent": {}, "entities": []}, (), find_masks(text, asked))[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ouvre le dossier de Mme Quortal née Vlimbec", "ouvre le dossier de Mme [usager] née [usager]"),
        ("ouvre le dossier de QWERZAN Hildegonde née PLOMBIRAC", "ouvre le dossier de [usager] née [usager]"),
        ("ouvre le dossier de Mme Xylotépé (née Kramzouille)", "ouvre le dossier de Mme [usager] (née [usager])"),
        ("ouvre le dossier de Mme Dufresne épouse Klimbert", "ouvre le dossier de Mme [usager] épouse [usager]"),
        ("ouvre le dossier de M. Rabotin veuf Besson", "ouvre le dossier de M. [usager] veuf [usager]"),
        ("jeannedurand", "[usager]"),
        ("durand1948", "[usager]"),
        ("c est pour garnier", "c est pour [usager]"),
        ("mamie Jeanne", "mamie [usager]"),
        ("Jeanne D. est tombée", "[usager] est tombée"),
    ],
)
def test_every_name_of_an_usager_is_masked(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "ajoute le Dr Leïla Benali, cardiologue à Tours, au dossier SPH-2024-000137",
        "cherche Paul Martin kiné à Vierzon",
        "ajoute Martin",
        "tu connais un professionnel nommé Inconnu12x ?",
        "demander un compte pour le Dr Zoé Zwartkowski, pédiatre à Blois",
        "mes dossiers",
        "mon numéro est le 02 47 05 12 34",
        "cabinet du Dr Leïla Benali, 12 rue des Lilas",
    ],
)
def test_professionals_and_plain_words_are_left(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("text", ["Leïla Benali", "Zwartkowski", "le docteur Martin", "12 rue des Lilas", "02 47 05 12 34"])
def test_the_answer_to_a_question_about_a_professional_is_left(text: str) -> None:
    assert masked(text, "professional") == text


@pytest.mark.parametrize("text", ["non, plutôt Garnier", "pas Hugues, Nathalie", "non pas lui, plutôt Sophie Leroux, même équipe de soins"])
def test_another_professional_in_the_place_of_the_one_to_be_confirmed(text: str) -> None:
    assert masked(text, "correction") == text
    assert masked("Mme Quortal est d'accord", "correction") == "Mme [usager] est d'accord"


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        ("patiente née le 12/03/1948", "12/03/1948", "birth_date"),
        ("elle est née le 12.03.48", "12.03.48", "birth_date"),
        ("né en 1948", "1948", "birth_date"),
        ("DDN 120348", "120348", "birth_date"),
        ("le petit est né(e) le {recent}", "{recent}", "birth_date"),
        ("enfant né·e le {recent}", "{recent}", "birth_date"),
        ("né.e le {recent}", "{recent}", "birth_date"),
        ("né e le {recent}", "{recent}", "birth_date"),
        ("jumeaux né(e)s le {recent}", "{recent}", "birth_date"),
        ("sa fille, née à Tours le {recent}", "{recent}", "birth_date"),
        ("bébé né le mardi {recent}", "{recent}", "birth_date"),
        ("elle est née le douze mars quarante-huit", "quarante-huit", "birth_date"),
        ("NIR 2 48 03 37 261 123 45", "261", "number"),
        ("248033726112345", "248033726112345", "number"),
        ("sécu 2.48.03.2A.261.123", "2A", "number"),
        ("la patiente habite 12 rue des Lilas, 37000 Tours", "37000", "address"),
        ("le patient habite au 3 bis impasse des Acacias", "Acacias", "address"),
        ("numéro du patient : 06 12 34 56 78", "06 12", "phone"),
    ],
)
def test_what_stands_beside_a_name_is_masked(text: str, secret: str, kind: str) -> None:
    text, secret = (part.replace("{recent}", RECENT) for part in (text, secret))
    left = masked(text)
    assert secret not in left
    assert PLACEHOLDERS[kind] in left


def test_an_address_made_of_a_name_goes_with_it() -> None:
    assert "quortal" not in masked("la patiente Mme Quortal, a.quortal@mail.example").lower()
