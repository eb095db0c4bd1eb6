"""Headings of the published files, and invented rows under them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from bot.directory.columns import COLUMNS

OF_2021 = COLUMNS[:-4]
"""The edition without roles."""

SKILLS = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession"
    "|Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire|Libellé type savoir-faire"
    "|Code savoir-faire|Libellé savoir-faire|\n8|99700000013|899700000013|BÉRANGER|Zoé|10|Médecin|C|Civil|S|Spécialité|SM40|Pédiatrie|\n"
)
DIPLOMAS = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code type diplôme obtenu"
    "|Libellé type diplôme obtenu|Code diplôme obtenu|Libellé diplôme obtenu|Code type autorisation|Libellé type autorisation"
    "|Code discipline autorisation|Libellé discipline autorisation|\n8|99700000013|899700000013|BÉRANGER|Zoé|DE|Diplôme|DE09|DE|||||\n"
)
MAILBOXES = (
    "Type de BAL|Adresse BAL|Type d'identifiant PP|Identifiant PP|Identification nationale PP|Type d'identifiant structure"
    "|Identification nationale de la structure|Service rattaché|Civilité exercice|Nom d'exercice|Prénom d'exercice|\n"
    "PER|Zoe.Beranger@medecin.mssante.example|8|99700000013|899700000013||||DR|BÉRANGER|Zoé|\n"
    "PER|zoe.b@autre.mssante.example||99700000013|||||DR|BÉRANGER|Zoé|\n"
    "ORG|secretariat@ch.mssante.example|||||1379900012|Cardiologie||||\n"
    "PER|no-address|8|99700000013|899700000013||||DR|BÉRANGER|Zoé|\n"
    "PER|x@mssante.example|8|99700000099|899700000099||||DR|NOBODY|Nobody|\n"
)
STRUCTURES = (
    "nofinesset;nofinessej;rs;rslongue;complrs;compldistrib;numvoie;typvoie;voie;compvoie;lieuditbp;commune;departement;libdepartement"
    ";ligneacheminement;telephone\n"
    "379900012;379900001;CH X;CENTRE HOSPITALIER DES PEUPLIERS;;;900;RTE;DE PARIS;;;261;37;INDRE ET LOIRE;37044 TOURS CEDEX 9;0247000000\n"
    "999999999;;ELSEWHERE;;;;;;;;;;;;;\n"
)
STRUCTURES_OF_DATA_GOUV = (
    "finess;etalab;96;2026-01-01\n"
    "structureet;379900012;379900001;CH X;CENTRE HOSPITALIER DES PEUPLIERS;;;900;RTE;DE PARIS;;;261;37;INDRE ET LOIRE;37044 TOURS CEDEX 9"
    ";0247000000\n"
)


def edition(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, end: str = "|") -> str:
    """An edition of the file of activities; each row by the names of its columns."""
    lines = ["|".join(columns), *("|".join(row.get(column, "") for column in columns) for row in rows)]
    return "".join(f"{line}{end}\n" for line in lines)


def activity(key: str = "899700000013", family: str = "BÉRANGER", given: str = "Zoé", **cells: str) -> dict[str, str]:
    """A row, with some columns by short names."""
    names = {
        "city": "Libellé commune (coord. structure)",
        "code": "Code commune (coord. structure)",
        "cedex": "Bureau cedex (coord. structure)",
        "postal": "Code postal (coord. structure)",
        "departement": "Code Département (structure)",
        "finess": "Numéro FINESS site",
        "skill": "Code savoir-faire",
        "skill_label": "Libellé savoir-faire",
        "profession": "Libellé profession",
    }
    row = {"Identification nationale PP": key, "Nom d'exercice": family, "Prénom d'exercice": given}
    return row | {names[name]: value for name, value in cells.items()}


def write_zip(path: Path, **members: str) -> Path:
    """A ZIP of texts; `__` in a name is a dot."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return path
