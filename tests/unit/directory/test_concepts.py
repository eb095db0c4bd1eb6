"""Codes of the ANS and of HL7 in words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.directory.concepts import list_of, profession_of, words_of

NOS = "https://mos.esante.gouv.fr/NOS"
G15 = f"{NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
R38 = f"{NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
R85 = f"{NOS}/TRE_R85-RolePriseCharge/FHIR/TRE-R85-RolePriseCharge"
R94 = f"{NOS}/TRE_R94-ProfessionSocial/FHIR/TRE-R94-ProfessionSocial"
R259 = f"{NOS}/TRE_R259-HL7ParticipationFunction/FHIR/TRE-R259-HL7ParticipationFunction"
R260 = f"{NOS}/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"
R216 = f"{NOS}/TRE_R216-HL7RoleCode/FHIR/TRE-R216-HL7RoleCode"
DIPLOMA = f"{NOS}/TRE_R48-DiplomeEtatFrancais/FHIR/TRE-R48-DiplomeEtatFrancais"
CATEGORY = f"{NOS}/TRE_R09-CategorieProfessionnelle/FHIR/TRE-R09-CategorieProfessionnelle"


def coded(*codings: tuple[str, str], **more: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codings], **more}


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        (coded((R259, "PCP")), "Médecin traitant"),
        (coded((R260, "NOK")), "Personne de confiance"),
        (coded((R216, "MTH")), "Mère"),
        (coded((G15, "70")), "Masseur-Kinésithérapeute"),
        (coded((R94, "41")), "Assistant de service social"),
        (coded((R85, "330")), "Coordonnateur de parcours"),
        (coded(("urn:oid:2.16.840.1.113883.5.88", "PCP")), "Médecin traitant"),
        (coded((R259, "PCP"), text="Médecin de famille"), "Médecin de famille"),
        ({"coding": [{"system": R259, "code": "PCP", "display": "Traitant"}]}, "Traitant"),
        (
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "WIFE", "display": "wife"}]},
            "Épouse",
        ),
        (coded((R259, "XYZ")), ""),
        (coded(("urn:else", "PCP")), ""),
        ({"coding": [{"display": "Bénévole"}]}, "Bénévole"),
        ({}, ""),
    ],
)
def test_a_concept_is_its_text_its_display_or_the_label_of_its_list(concept: dict[str, Any], words: str) -> None:
    assert words_of(concept) == words


@pytest.mark.parametrize(
    ("concepts", "profession"),
    [
        ([coded((DIPLOMA, "DE01")), coded((G15, "21"), (CATEGORY, "C"))], "Pharmacien"),
        ([{"coding": [{"system": DIPLOMA, "code": "DE01", "display": "Diplôme d'Etat"}]}, coded((G15, "60"))], "Infirmier"),
        ([coded((R38, "SM18")), coded((G15, "10"))], "Médecin"),
        ([coded((R38, "SM18"))], "Gériatrie"),
        ([coded((G15, "10"), text="Gériatre")], "Gériatre"),
        ([{"text": "Aidante professionnelle"}], "Aidante professionnelle"),
        ([coded((DIPLOMA, "DE01"))], ""),
        ([coded((G15, "9999"))], ""),
        ([], ""),
    ],
)
def test_the_profession_is_what_is_coded_as_one(concepts: list[dict[str, Any]], profession: str) -> None:
    assert profession_of(concepts) == profession


def test_a_list_is_known_by_each_of_its_systems() -> None:
    assert {list_of(G15), list_of("TRE_G15"), list_of("urn:oid:1.2.250.1.71.1.2.7")} == {"TRE_G15"}
    assert list_of("urn:sphere:team-role") == ""
