"""Words that take the last act back: « annule », « remettez Thierry », « je me suis trompée de dossier », « c'était pour Durand »."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.text_folding import MAX_CHARACTERS, fold, word_set

_FILLERS = word_set(
    "moi nous vous svp stp s il te plait vite donc alors tout toute ca cela ce cet cette le la les l un mon ma son"
    " sa ses leur de d du des et"
    " pardon desole desolee dernier derniere bien merci non oui vs tt que j ai je viens tu as avez fait faite faites faire a au suite"
    " immediatement maintenant c est cest etait erreur pas"
)
"""Words that may stand between « annule » and what is to be undone."""
_OBJECTS = word_set(
    "ajout ajouts ajoute ajoutee ajouter retrait retraits suppression acces association action operation partage changement modification"
)
_UNDOING = re.compile(
    r"\b(?:annul(?:e|es|ez|er|ons)|defai(?:s|re|tes)|rev(?:iens|enez|enir) en arriere|(?:retour|marche) (?:en )?arriere|ctrl z|undo)\b"
)
_RESTORING = re.compile(
    r"\b(?:remet(?:s|tez|tre)?|re ?ajout(?:e|es|ez|er)|rajout(?:e|es|ez|er)|reintegr(?:e|es|ez|er)|redonn(?:e|es|ez"
    r"|er)|retabli(?:s|r|ssez|ssons)"
    r"|reassoci(?:e|es|ez|er)|restaur(?:e|es|ez|er)|rend(?:s|ez|re)(?=.*\bacces))\b"
)
_VERB = r"(?:remet|re ?ajout|rajout|reintegr|redonn|retabl|reassoci|restaur|annul|defai|defas|rend)\w*"
_HELD_BACK = re.compile(
    rf"\bne? (?:\w+ ){{0,3}}{_VERB}"
    r"|\b(?:surtout pas|pas la peine|pas besoin|inutile|hors de question|pas question|faut pas)"
    rf"(?: (?:de|d|le|la|l|les|que|vous)){{0,3}} {_VERB}"
    r"|(?<!\bje )(?<!\bj )(?<!\bon )\b(?:veut|voudrait|voulait|souhait\w+|aimerait|demandee?|dit)"
    rf"(?: (?:que|qu|a|de|d|nous|vous|me|lui|l|la|le|on|il|elle)){{0,4}} {_VERB}"
)
"""« ne le remettez pas », « inutile d'annuler », « le médecin veut remettre Thierry »: refused, or what somebody else wants."""
_POSTPONING = re.compile(r"\bremet\w* (?:ca |cela |le |la |l )?(?:a (?:demain|plus tard|lundi|mardi|mercredi|jeudi|vendredi|plus)|en)\b")
_ADDED_BY_ME = re.compile(
    r"\b(?:j ai|g|jai|je viens d|je l ai|on a|j avais)(?: bien)?(?: \w+)? (?:ajout\w+|mis(?:e|es)?|associ\w+"
    r"|inscri\w+|donne (?:l )?acces)\b"
)
_MISTAKE = re.compile(
    r"\b(?:(?:me suis|m suis|mesuis|suis) (?:tromp|plant|gour)\w*|(?:c est|c etait|cest) (?:une|mon) erreur|par erreur|fausse manip\w*"
    r"|(?:erreur|mauvaise?) (?:de )?(?:dossier|personne|patient\w*|usager\w*|partenaire|kine|nom)"
    r"|(?:pas|c est pas|c etait pas|pas dans) (?:le|la|au|ce|celui|le bon|la bonne|bon|bonne)? ?(?:bon"
    r"|bonne) (?:dossier|personne|patient\w*|partenaire)"
    r"|(?:c est|c etait|non|mais) pas (?:lui|elle|celui la|celle la|ce (?:monsieur|dossier)|cette (?:dame|personne))"
    r"|fallait pas (?:l |la |le )?(?:ajout|retir|enlev|mett)\w*)\b"
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:tromp|plant|gour)\w* d(?:e|u|ans|e l|es) ?(?!dossier|personne|patient|usager|partenaire|kine|nom"
    r"|monsieur|dame|infirmier|medecin|le dossier|bouton)\w+"
    r"|\btromp\w* d (?!usager|infirmier|ergo)\w+"
)
_ELSEWHERE = re.compile(
    r"\b(?:c[’' ]?\s?(?:[ée]tait|est)|ct|cetait|plut[oô]t|[çc]a devait [êe]tre|il fallait|je voulais(?: dire)?"
    r"|mais) (?:(?:pour|dans|sur|au|celui d[eu])\b|(?:le|celui du) (?:dossier )?(?:n°? ?|num[ée]ro )?(?=\d|sph))"
    r"|\bau lieu d(?:e|u)\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:(?:non|mais|ah|oups|zut|pardon|mince|desolee?|euh|en fait|attendez|attends|et) )*(?:c etait|ct|cetait|ca devait|il fallait)\b"
)
_JUST_DONE = re.compile(
    r"\b(?:ce|tout ce) qu(?:e|on)? ?(?:vous|tu|on|je|j)? ?(?:venez|viens|vient|avez|as|a|ai|venons|avons)"
    r" (?:d |de )?(?:faire|fait|refaire)\b"
)
"""« ce que vous venez de faire »: the act itself."""
_OF_DOSSIER = re.compile(
    r"\b(?:pour|dans|sur|au|du|chez|concernant)(?: l[ea])? (?:dossier\b|sph\b|n(?:umero|o)? ?\d|\d{2,6}\b|(?:m|mr|mme|monsieur|madame)\b).*"
)
"""From where a wish names a dossier: « pour le dossier 142 », « chez Mme Lamy »; of folded text."""
MAX_BARE = 10
"""Words of « c'était pour … » where nothing else says that something was wrong."""
_MAX_WORDS = 45


@dataclass(frozen=True)
class UndoWish:
    """What a message wants back.

    Attributes:
        restores: it asks for somebody who was removed (« remettez-le »).
        retracts: it names an addition (« annule l'ajout »).
        of_removal: it names a removal (« annule le retrait »).
        undoes: it orders so in so many words (« annulez »); else it says that something was wrong.
        tells: it tells itself what was added, and that it was wrong (« j'ai mis X dans … mais c'était pour … »).
        elsewhere: offset in the text from which on it names where it should have been; None where it does not.
    """

    restores: bool = False
    retracts: bool = False
    of_removal: bool = False
    undoes: bool = False
    tells: bool = False
    elsewhere: int | None = None


def read_undo_wish(text: str) -> UndoWish | None:
    """Return what a typed message wants back, None where it wants nothing back that was done in a team."""
    folded = fold(text.replace("’", "'"))
    if not folded or len(text) > MAX_CHARACTERS or len(folded.split()) > _MAX_WORDS:
        return None
    if _HELD_BACK.search(folded):
        return None
    found = _ELSEWHERE.search(text)
    elsewhere = found.end() if found else None
    undoes = _undoes(folded)
    mistaken = bool(_MISTAKE.search(folded)) and not _OF_SOMETHING_ELSE.search(folded)
    tells = bool(_ADDED_BY_ME.search(folded)) and (undoes or mistaken)
    if _RESTORING.search(folded) and not _POSTPONING.search(folded):
        return UndoWish(restores=True, elsewhere=elsewhere)
    if not (undoes or mistaken or (found and found[0].lower().endswith(("pour", "dans", "sur")) and _is_bare(folded))):
        return None
    retracts = bool(re.search(r"\b(?:ajout|ajouts|association|partage)\b", folded))
    of_removal = not retracts and undoes and bool(re.search(r"\b(?:retraits?|suppressions?)\b", folded))
    return UndoWish(retracts=retracts, of_removal=of_removal, undoes=undoes, tells=tells, elsewhere=elsewhere)


def _undoes(folded: str) -> bool:
    """Return whether the words undo something, and what they undo is no other thing (« annule mes notifications »)."""
    found = _UNDOING.search(folded)
    if found is None:
        return False
    rest = _OF_DOSSIER.sub("", _JUST_DONE.sub(" ", folded[found.end() :]))
    following = (word for word in rest.split() if word not in _FILLERS)
    first = next(following, None)
    return first is None or first in _OBJECTS or bool(_ADDED_BY_ME.search(folded))


def _is_bare(folded: str) -> bool:
    """Return whether a message is no more than « non c'était pour Durand »."""
    return len(folded.split()) <= MAX_BARE and bool(_BARE.match(folded))
