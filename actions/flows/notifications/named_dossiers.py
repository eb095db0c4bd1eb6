"""The words of a wish with references in the place of the usagers' names: « coupe Hoarau la nuit, pas Leclercq »."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actions.framework.context import Context
from actions.framework.turn import MASKS
from actions.framework.visible_dossiers import VisibleDossier
from bot.notifications.preference_parser import is_common_word

_TITLE = r"(?:(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)\b\.? ?)"
_BEFORE = rf"(?:\bdossiers? (?:de |du |d.)?{_TITLE}?|\b{_TITLE})"
_NUMBER = re.compile(r"\bdossiers? (?:n°? ?|numero )?(\d{1,6})\b(?! ?(?:h|:|/|jours|semaines|mois)\b)")


@dataclass(frozen=True)
class Wording:
    """The words of a wish, and the references that stand in them for names, in their order."""

    text: str
    references: tuple[str, ...] = ()


async def with_references(context: Context, dossier_entities: frozenset[str]) -> Wording:
    """Return the typed words with the references of the user's own dossiers for the usagers and numbers that they name.

    « ce dossier » stands for what else the model took for an usager, and for masks. On an external channel no name is looked up.
    """
    turn, this_dossier = context.turn, context.utterances.text("utter_said_this_dossier")
    text = turn.raw_text
    own = await context.dossiers.own(await context.linked_account()) if turn.trusted and text else []
    found = list(_found(text, own))
    places = [(start, end, reference) for start, end, reference in found]
    for entity in turn.message.get("entities") or []:
        start, end = entity.get("start") or 0, entity.get("end") or 0
        free = end and not any(since < end and start < until for since, until, _ in places)
        if entity.get("entity") in dossier_entities and free:
            places.append((start, end, this_dossier))
    for start, end, words in sorted(places, reverse=True):
        text = f"{text[:start]}{words}{text[end:]}"
    for mask in MASKS:
        text = text.replace(mask, this_dossier)
    return Wording(text, tuple(dict.fromkeys(reference for _, _, reference in sorted(found))))


def _found(text: str, own: Iterable[VisibleDossier]) -> Iterator[tuple[int, int, str]]:
    """Yield what names one dossier of the user's own alone: start, end, reference."""
    plain, dossiers = _plain(text), list(own)
    taken: list[tuple[int, int]] = []
    for family in dict.fromkeys(_plain(dossier.family) for dossier in dossiers if dossier.family):
        alike = [dossier for dossier in dossiers if _plain(dossier.family) == family]
        given = "|".join(re.escape(word) for dossier in alike for word in [_plain(dossier.given)] if word)
        pattern = rf"(?P<before>{_BEFORE})?\b(?:(?P<given>{given or '(?!)'}) )?{re.escape(family)}\b(?: (?P<after>{given or '(?!)'})\b)?"
        for match in re.finditer(pattern, plain):
            said = match["given"] or match["after"]
            meant = [dossier for dossier in alike if said is None or _plain(dossier.given) == said]
            sure = said or match["before"] or not is_common_word(family)
            if len(meant) == 1 and sure:
                taken.append(match.span())
                yield (*match.span(), meant[0].reference)
    for number in _NUMBER.finditer(plain):
        meant = [dossier for dossier in dossiers if dossier.reference.endswith(f"-{number[1].zfill(6)}")]
        if len(meant) == 1 and not any(start < number.end() and number.start() < end for start, end in taken):
            yield (*number.span(), meant[0].reference)


def _plain(text: str) -> str:
    """Return a text folded letter by letter: places stay what they are; hyphens are spaces."""
    letters = (unicodedata.normalize("NFD", letter)[0].lower() for letter in text)
    return "".join(" " if letter in "-\u2010\u2011\u00a0" else letter for letter in letters)
