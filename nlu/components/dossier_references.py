"""Dossier references: `SPH-2024-000137` in any spelling, a part of it, or a bare number where the sentence shows what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlu.components.entity_match import EntityMatch

_SEPARATOR = r"[\s\-_./:]"
_FULL = re.compile(rf"(?<![a-z0-9])sph(?:ere)?{_SEPARATOR}*(?P<year>20[0-9]{{2}}){_SEPARATOR}*(?P<number>[0-9]{{1,6}})(?!\w)")
_WITHOUT_PREFIX = re.compile(r"(?<![\w\-/.])(?P<year>20[0-9]{2})-(?P<number>[0-9]{6})(?!\w)(?!-[0-9])")
_DOSSIER = r"\b(?:dossiers?|dos|doss)\b(?:\s|:|,|n[°o]\.?|numero|num|ref(?:erence)?)*(?<![0-9])"
_YEAR_AND_NUMBER = re.compile(
    rf"(?:{_DOSSIER}|^\s*(?:le\s+)?(?=20[0-9]{{2}}[ \-/][0-9]{{3,6}}\s*$))(?P<value>(?P<year>20[0-9]{{2}})[ \-/](?P<number>[0-9]{{1,6}}))"
    r"(?!\w)(?![ ./\-][0-9])"
)
_WITHOUT_YEAR = re.compile(rf"(?<![a-z0-9])sph{_SEPARATOR}*(?P<value>[0-9]{{1,6}})(?!\w)(?![ .,/\-][0-9])")
_NOT_A_QUANTITY = (
    r"(?!\s+(?:personnes?|patients?|usagers?|partenaires?|dossiers?|professionnels?|fois|jours?|mois|ans?|heures?|euros?|km|metres?"
    r"|bis|ter|rue|avenue|av|bd|boulevard|place|route|chemin|allee|quai|impasse)\b)"
)
_AFTER_DOSSIER = re.compile(_DOSSIER + r"(?P<value>[0-9]{1,6})(?!\w)(?![.,/\-][0-9])" + _NOT_A_QUANTITY + r"(?! [0-9])")

# Without the word « dossier »: three or four digits, or six with a leading zero. Two are a département, five a postal code.
_BARE = r"(?P<value>(?!(?:19|20)[0-9]{2}\b|97[1-6]\b)[1-9][0-9]{2,3}|0[0-9]{5})(?!\w)(?![.,/\-][0-9])(?! ?[0-9°%€])"
_TASK = re.compile(
    r"\b(?:r?ajout|associ|rattach|retir|retrait|enlev|vire|supp?rim|mets|mettre|mettez|invit|integr|partenaire"
    r"|intervenant|equipe|acces|qui (?:est|suit|a|sont)|suivi|ouvr|montr|affich|voir|retrouv|quitt|sors|sortir|sourdine|notif"
    r"|finalement|plutot|en fait|trompe|correction)"
)
_IN_TASK = re.compile(r"\b(?:le|du|au|sur)\s+(?:n[°o]\.?\s*|numero\s+)?" + _BARE + _NOT_A_QUANTITY)
_EMERGENCY_NUMBERS = r"(?!(?:112|114|115|116|119|191|196|197|3114|3919|3977)\b)"
_ALONE = re.compile(
    r"\s*(?:(?:et|non|oui|ok|pardon|plutot|finalement|alors|c'est|pour|sur|dans|ds|qui est)[\s,]+)*(?:le|du|au|sur)\s+"
    + _EMERGENCY_NUMBERS + _BARE + r"(?:\s+(?:plutot|finalement|alors|aussi|stp|svp|pardon))*\s*[?.! ]*"
)  # fmt: skip


def find_dossier_references(folded: str) -> Iterator[EntityMatch]:
    """Yield the references in a folded text; the value is the full reference where the year is given, else the number as written."""
    for pattern in (_FULL, _WITHOUT_PREFIX):
        for match in pattern.finditer(folded):
            yield EntityMatch("dossier_ref", match.start(), match.end(), _format_reference(match))
    for match in _YEAR_AND_NUMBER.finditer(folded):
        yield EntityMatch("dossier_ref", *match.span("value"), _format_reference(match))
    patterns = [_WITHOUT_YEAR, _AFTER_DOSSIER, *([_IN_TASK] if _TASK.search(folded) else [])]
    matches = [match for pattern in patterns for match in pattern.finditer(folded)]
    if alone := _ALONE.fullmatch(folded):
        matches.append(alone)
    for match in matches:
        yield EntityMatch("dossier_ref", *match.span("value"), match.group("value"))


def _format_reference(match: re.Match[str]) -> str:
    return f"SPH-{match.group('year')}-{match.group('number').zfill(6)}"
