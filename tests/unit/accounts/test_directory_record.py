"""The fiche annuaire: each field by itself, the whole, what the directory fills in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.accounts.directory_record import CHOICES, CODES, Fiche, missing_fields, prefill
from bot.accounts.directory_record_fields import OPTIONAL, ORDER, REQUIRED, FieldError, validate_field
from bot.accounts.phones import display_phone
from bot.directory.codes import CIVILITIES, MODES, TITLES
from bot.directory.records import Practice, Professional

LEILA = {
    "family": "Benali",
    "given": "Leïla",
    "profession": "cardiologue",
    "email": "leila.benali@cabinet.example",
    "city": "Tours",
}


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("family", "  Le  Goff ", "Le Goff"),
        ("family", "d’Arc", "d'Arc"),
        ("family", "benali", "Benali"),
        ("family", "de la tour", "de La Tour"),
        ("family", "MARTIN", "MARTIN"),
        ("family", "McDonald", "McDonald"),
        ("family", "Martin–Dubois", "Martin-Dubois"),
        ("family", "Martin ‑ Dubois", "Martin-Dubois"),
        ("family", "Mar­tin", "Martin"),
        ("family", "ＭＡＲＴＩＮ", "MARTIN"),
        ("family", "d ’ Arc", "d'Arc"),
        ("family", "le Gall", "Le Gall"),
        ("family", "Martin.", "Martin"),
        ("given", "jean-paul", "Jean-Paul"),
        ("given", "J.-P.", "J.-P."),
        ("given", "Žofie", "Žofie"),
        ("given", "Leïla", "Leïla"),  # decomposed
        ("family", "Нагорная", "Нагорная"),
        ("family", "عبد الله", "عبد الله"),
        ("family", "王", "王"),
        ("family", "हिन्दी", "हिन्दी"),
        ("civility", "Madame", "Mme"),
        ("civility", "m.", "M"),
        ("civility", "Dr.", "Dr"),
        ("civility", "professeure", "Pr"),
        ("profession", "kiné", "Masseur-Kinésithérapeute"),
        ("profession", "cardiologue", "Cardiologue"),
        ("profession", "sophrologue", "Sophrologue"),
        ("rpps", "10 00.123 4567", "10001234567"),
        ("rpps", "899700000039", "99700000039"),
        ("rpps", "8 99 70 00 00 039", "99700000039"),
        ("rpps", "RPPS : 997.0000.0039", "99700000039"),
        ("rpps", "９９７０００００039", "99700000039"),
        ("adeli", "37 000 123 4", "370001234"),
        ("adeli", "37 1 23456 7", "371234567"),
        ("adeli", "0371234567", "371234567"),
        ("adeli", "mon numéro ADELI est 371234567", "371234567"),
        ("adeli", "2B 1 23456-7", "2B1234567"),
        ("adeli", "2a0001234", "2A0001234"),
        ("mode", "Libérale", "libéral"),
        ("mode", "en libéral", "libéral"),
        ("mode", "salariée", "salarié"),
        ("mode", "bénévole", "bénévole"),
        ("organization", "EHPAD « Les Tilleuls »".replace("« ", "").replace(" »", ""), "EHPAD Les Tilleuls"),
        ("organization", "Cabinet d'infirmières (Tours-Nord), bât. B", "Cabinet d'infirmières (Tours-Nord), bât. B"),
        ("address", "12 bis, rue de l’Église", "12 bis, rue de l'Église"),
        ("postal_code", "37 000", "37000"),
        ("city", "Saint-Cyr-sur-Loire", "Saint-Cyr-sur-Loire"),
        ("email", " Claire.Moreau@SPHERE.example ", "claire.moreau@sphere.example"),
        ("email", "a@é-tours.fr", "a@xn---tours-9ua.fr"),
        ("phone", "02 47 05 12 34", "+33247051234"),
        ("phone", "06.12.34.56.78", "+33612345678"),
        ("phone", "+33 (0)2 47 05 12 34", "+33247051234"),
        ("phone", "+32 2 555 12 12", "+3225551212"),
        ("phone", "0262 20 12 34", "+262262201234"),
        ("phone", "+262 692 12 34 56", "+262692123456"),
        ("phone", "+33 262 20 12 34", "+262262201234"),
        ("phone", "0590 82 12 34", "+590590821234"),
        ("phone", "0596 60 12 34", "+596596601234"),
        ("phone", "0594 30 12 34", "+594594301234"),
        ("phone", "02/47/05/12/34", "+33247051234"),
        ("phone", "02-47_05,12 34", "+33247051234"),
        ("phone", "0033 2 47 05 12 34", "+33247051234"),
    ],
)
def test_values_get_one_form(name: str, raw: str, value: str) -> None:
    assert validate_field(name, raw) == unicodedata.normalize("NFC", value)
    assert validate_field(name, validate_field(name, raw)) == validate_field(name, raw)


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("family", "", "family_missing"),
        ("family", " \u00a0\u200b\t", "family_missing"),
        ("family", "x" * 81, "family_too_long"),
        ("family", "Martin2", "family_invalid"),
        ("family", "<b>Martin</b>", "family_invalid"),
        ("family", "Martin; DROP", "family_invalid"),
        ("family", "Eve\r\nBcc: a@b.fr", "family_invalid"),
        ("family", "-", "family_invalid"),
        ("family", "Jean--Paul", "family_invalid"),
        ("family", "\u202e", "family_missing"),
        ("given", "😀", "given_invalid"),
        ("civility", "Maître", "civility_invalid"),
        ("profession", "42", "profession_invalid"),
        ("profession", "x" * 121, "profession_too_long"),
        ("rpps", "1000123456", "rpps_invalid"),
        ("rpps", "1000123456a", "rpps_invalid"),
        ("rpps", "١٠٠٠١٢٣٤٥٦٧", "rpps_invalid"),
        ("adeli", "12345678", "adeli_invalid"),
        ("mode", "à mi-temps", "mode_invalid"),
        ("organization", "http://piege.example", "organization_invalid"),
        ("organization", "www.piege.example", "organization_invalid"),
        ("organization", "{{ 7*7 }}", "organization_invalid"),
        ("organization", "123", "organization_invalid"),
        ("postal_code", "3700", "postal_code_invalid"),
        ("postal_code", "00123", "postal_code_invalid"),
        ("city", "<Tours>", "city_invalid"),
        ("email", "claire.moreau", "email_invalid"),
        ("email", "claire@", "email_invalid"),
        ("email", "a@b.example\nBcc: c@d.example", "email_invalid"),
        ("email", "a@b.example, c@d.example", "email_invalid"),
        ("rpps", "199700000039", "rpps_invalid"),
        ("adeli", "1371234567", "adeli_invalid"),
        ("phone", "12", "phone_invalid"),
        ("phone", "02 47 05 12 3", "phone_invalid"),
        ("phone", "appelez-moi", "phone_invalid"),
    ],
)
def test_wrong_values_have_a_reason(name: str, raw: str, reason: str) -> None:
    with pytest.raises(FieldError) as caught:
        validate_field(name, raw)
    assert (caught.value.field, caught.value.reason) == (name, reason)


@given(st.sampled_from(ORDER), st.text(max_size=200))
def test_whatever_is_typed_is_a_clean_line_or_a_reason(name: str, raw: str) -> None:
    value, reason = _validated(name, raw)
    if value is None:
        assert reason in {f"{name}_missing", f"{name}_invalid", f"{name}_too_long"}
        return
    assert value == value.strip() != ""
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in value)
    assert name == "email" or not set(value) & set('<>{}[]"\\`;@#*_|')
    assert validate_field(name, value) == value


def _validated(name: str, raw: str) -> tuple[str | None, str]:
    try:
        return validate_field(name, raw), ""
    except FieldError as error:
        return None, error.reason


def test_phones_are_shown_as_people_read_them() -> None:
    assert display_phone("+33247051234") == "02 47 05 12 34"
    assert display_phone("+3225551212").startswith("+32 ")


def test_every_field_is_required_or_optional() -> None:
    assert {*REQUIRED} | {*OPTIONAL} == {*ORDER}
    assert not {*REQUIRED} & {*OPTIONAL}
    assert {*ORDER} <= {*Fiche.model_fields}


def test_choices_are_accepted_and_have_codes() -> None:
    for name, values in CHOICES.items():
        assert all(validate_field(name, value) == value for value in values)
    assert {*CODES["mode"].values()} == {code.code for code in MODES}
    assert {*CODES["civility"].values()} == {code.code for code in CIVILITIES}
    assert {*CODES["title"].values()} <= {code.code for code in TITLES}


def test_a_profession_brings_its_code_and_speciality() -> None:
    fiche = Fiche.of(LEILA)
    assert (fiche.profession, fiche.profession_code) == ("Médecin", "10")
    assert fiche.speciality
    assert fiche.name == "Leïla Benali"
    unknown = Fiche.of({**LEILA, "profession": "sophrologue"})
    assert (unknown.profession, unknown.profession_code) == ("Sophrologue", None)


def test_a_fiche_read_again_is_the_same() -> None:
    fiche = Fiche.of({**LEILA, "phone": "0247051234", "rpps": "10001234567"})
    assert Fiche.model_validate(fiche.model_dump(exclude_none=True)) == fiche
    assert ("phone", "02 47 05 12 34") in fiche.lines()
    assert [name for name, _ in fiche.lines()] == [name for name in ORDER if getattr(fiche, name)]


@pytest.mark.parametrize("without", REQUIRED)
def test_what_is_required(without: str) -> None:
    values = {**LEILA, without: ""}
    with pytest.raises(FieldError) as caught:
        Fiche.of(values)
    assert caught.value.reason == f"{without}_missing"
    assert missing_fields(values) == (without,)


def test_a_place_is_needed_unless_the_person_has_a_number() -> None:
    values = {**LEILA, "city": ""}
    with pytest.raises(FieldError) as caught:
        Fiche.of(values)
    assert caught.value.reason == "organization_missing"
    assert missing_fields(values) == ("organization",)
    assert Fiche.of({**values, "organization": "CHRU de Tours"}).city is None
    assert Fiche.of({**values, "rpps": "10001234567"}).organization is None
    assert missing_fields({**values, "rpps": "10001234567"}) == ()


def test_the_first_wrong_field_is_named() -> None:
    with pytest.raises(FieldError) as caught:
        Fiche.of({**LEILA, "phone": "12", "email": "x"})
    assert caught.value.reason == "email_invalid"


def test_errors_do_not_quote_what_was_typed() -> None:
    with pytest.raises(ValidationError) as caught:
        Fiche.model_validate({**LEILA, "email": "tres-secret"})
    assert "tres-secret" not in str(caught.value)


def test_the_checksum_only_warns() -> None:
    assert Fiche.of({**LEILA, "rpps": "10001234567"}).warnings == ("rpps_checksum",)
    assert Fiche.of({**LEILA, "rpps": "10001234564"}).warnings in ((), ("rpps_checksum",))
    assert Fiche.of(LEILA).warnings == ()


def test_the_directory_fills_in_what_it_knows() -> None:
    practices = (
        Practice(structure="CHRU DE TOURS", address=("2 BD TONNELLE",), postal_code="37000", city="TOURS", phone="0247474747", mode="S"),
        Practice(structure="CABINET", postal_code="41000", city="BLOIS", phone="pas un numéro", email="l@b.example", mode="L"),
    )
    person = Professional(
        key="810001234567", family="BENALI", given="LEILA", rpps="10001234567", title="DR", civility="MME", profession_code="10",
        profession="Médecin", speciality="Cardiologie", practices=practices,
    )  # fmt: skip
    values = prefill(person)
    assert values["civility"] == "Dr"
    assert (values["family"], values["given"]) == ("Benali", "Leila")
    assert (values["organization"], values["city"], values["mode"]) == ("CHRU DE TOURS", "Tours", "salarié")
    assert values["phone"] == "+33247474747"
    assert Fiche.of(values).profession_code == "10"
    blois = prefill(person, "Blois")
    assert blois["city"] == "Blois"
    assert blois["email"] == "l@b.example"
    assert blois["phone"] == "+33247474747"
