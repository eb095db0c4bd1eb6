"""The columns of the *Annuaire Santé* file, in its own words, and what tells its file from others."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from bot.core.text_folding import fold, word_set

COLUMNS = (
    "Type d'identifiant PP",
    "Identifiant PP",
    "Identification nationale PP",
    "Code civilité d'exercice",
    "Libellé civilité d'exercice",
    "Code civilité",
    "Libellé civilité",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Code profession",
    "Libellé profession",
    "Code catégorie professionnelle",
    "Libellé catégorie professionnelle",
    "Code type savoir-faire",
    "Libellé type savoir-faire",
    "Code savoir-faire",
    "Libellé savoir-faire",
    "Code mode exercice",
    "Libellé mode exercice",
    "Numéro SIRET site",
    "Numéro SIREN site",
    "Numéro FINESS site",
    "Numéro FINESS établissement juridique",
    "Identifiant technique de la structure",
    "Raison sociale site",
    "Enseigne commerciale site",
    "Complément destinataire (coord. structure)",
    "Complément point géographique (coord. structure)",
    "Numéro Voie (coord. structure)",
    "Indice répétition voie (coord. structure)",
    "Code type de voie (coord. structure)",
    "Libellé type de voie (coord. structure)",
    "Libellé Voie (coord. structure)",
    "Mention distribution (coord. structure)",
    "Bureau cedex (coord. structure)",
    "Code postal (coord. structure)",
    "Code commune (coord. structure)",
    "Libellé commune (coord. structure)",
    "Code pays (coord. structure)",
    "Libellé pays (coord. structure)",
    "Téléphone (coord. structure)",
    "Téléphone 2 (coord. structure)",
    "Télécopie (coord. structure)",
    "Adresse e-mail (coord. structure)",
    "Code Département (structure)",
    "Libellé Département (structure)",
    "Ancien identifiant de la structure",
    "Autorité d'enregistrement",
    "Code secteur d'activité",
    "Libellé secteur d'activité",
    "Code section tableau pharmaciens",
    "Libellé section tableau pharmaciens",
    "Code rôle",
    "Libellé rôle",
    "Code genre activité",
    "Libellé genre activité",
)
"""The 56 columns, in the order of the published file."""


CELLS = {
    "id_type": "Type d'identifiant PP",
    "identifier": "Identifiant PP",
    "national": "Identification nationale PP",
    "title": "Code civilité d'exercice",
    "civility": "Code civilité",
    "family": "Nom d'exercice",
    "given": "Prénom d'exercice",
    "profession_code": "Code profession",
    "profession": "Libellé profession",
    "speciality_code": "Code savoir-faire",
    "speciality": "Libellé savoir-faire",
    "mode": "Code mode exercice",
    "siret": "Numéro SIRET site",
    "finess": "Numéro FINESS site",
    "company": "Raison sociale site",
    "sign": "Enseigne commerciale site",
    "recipient": "Complément destinataire (coord. structure)",
    "spot": "Complément point géographique (coord. structure)",
    "way_number": "Numéro Voie (coord. structure)",
    "way_index": "Indice répétition voie (coord. structure)",
    "way_type": "Libellé type de voie (coord. structure)",
    "way": "Libellé Voie (coord. structure)",
    "mention": "Mention distribution (coord. structure)",
    "cedex": "Bureau cedex (coord. structure)",
    "postal_code": "Code postal (coord. structure)",
    "city_code": "Code commune (coord. structure)",
    "city": "Libellé commune (coord. structure)",
    "phone": "Téléphone (coord. structure)",
    "phone2": "Téléphone 2 (coord. structure)",
    "email": "Adresse e-mail (coord. structure)",
    "departement": "Code Département (structure)",
    "role": "Libellé rôle",
}
"""The columns that the directory keeps, by the name that the code gives them."""

REQUIRED = ("national", "family")
"""Without these there is nobody to find."""

# Words that one edition writes in a heading and another leaves out: « Nom d'exercice », « Numéro FINESS (structure) ».
_FILLING = word_set("adresse coord d de du la l pp site structure")


def normal_heading(heading: str) -> str:
    """Return a heading without the words that editions write or leave out: « Libellé commune (coord. structure) » → "libelle commune"."""
    return " ".join(word for word in fold(heading).split() if word not in _FILLING)


def position_of(column: str, headings: Sequence[str]) -> int | None:
    """Return where a column is among the headings of a file; None where it is not."""
    folded = [fold(heading) for heading in headings]
    if (wanted := fold(column)) in folded:
        return folded.index(wanted)
    normal = [normal_heading(heading) for heading in headings]
    wanted = normal_heading(column)
    return normal.index(wanted) if normal.count(wanted) == 1 else None


class Kind(Enum):
    """What a file is; the value names it to whoever runs an import."""

    ACTIVITIES = "activités des professionnels (PS_LibreAcces_Personne_activite)"
    SKILLS = "savoir-faire des professionnels (PS_LibreAcces_SavoirFaire)"
    DIPLOMAS = "diplômes et autorisations d’exercice (PS_LibreAcces_Dipl_AutExerc)"
    MAILBOXES = "adresses MSSanté (correspondance)"
    STRUCTURES = "établissements (FINESS)"
    UNKNOWN = "fichier inconnu"


MAILBOX_ADDRESS = ("Adresse BAL", "Adresse MSSanté", "Adresse BAL MSSanté", "Adresse de messagerie sécurisée")
"""What the column of the address may be called."""

_MARKS = (
    (Kind.MAILBOXES, MAILBOX_ADDRESS),
    (Kind.DIPLOMAS, ("Code diplôme obtenu", "Code type diplôme obtenu", "Code type autorisation", "Code discipline autorisation")),
    (Kind.STRUCTURES, ("nofinesset", "Numéro FINESS ET")),
)
_OF_ACTIVITIES = ("mode", "siret", "finess", "company", "sign", "postal_code", "city", "phone", "email")


def kind_of(headings: Sequence[str]) -> Kind:
    """Return what a file with these headings is."""
    for kind, marks in _MARKS:
        if any(position_of(mark, headings) is not None for mark in marks):
            return kind
    if headings[0].strip() == "structureet" or headings[:2] == ["finess", "etalab"]:
        return Kind.STRUCTURES
    if any(position_of(CELLS[cell], headings) is None for cell in REQUIRED):
        return Kind.UNKNOWN
    if any(position_of(CELLS[cell], headings) is not None for cell in _OF_ACTIVITIES):
        return Kind.ACTIVITIES
    return Kind.SKILLS if position_of(CELLS["speciality_code"], headings) is not None else Kind.UNKNOWN
