"""Whether words beside a yes, or a wish, name a time that lies ahead: « oui demain », « remettez-la en janvier ».

What is done at a yes is done at once: any other time, clear or not, is shown or asked about first.
"""

from __future__ import annotations

import re
from datetime import datetime

from actions.flows.partners.access_dates import read_dates
from bot.core.text_folding import MAX_CHARACTERS, fold
from bot.core.written_dates import MONTH_WORDS

_AT_ONCE = re.compile(
    r"\b(?:(?:des |a partir d)?(?: ?aujourd hui|maintenant)|tout de suite|immediatement|a l instant|sans attendre|des que possible"
    r"|pour de bon|(?<!en )fin de (?:mission|remplacement|contrat|stage))\b"
)
_AHEAD = re.compile(
    rf"\b(?:{'|'.join(fold(month) for month in MONTH_WORDS)}|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain)"
    r"|prochaine?s?|suivante?s?|noel|fetes|rentree|printemps|automne|hiver|(?:cet|l) ete|nouvel an|pa[qc]ues|toussaint"
    r"|plus tard|tout a l heure|tantot|ce soir|ce midi|cet apres midi|dans (?:\w+ )?(?:heures?|minutes?|jours?|semaines?|mois|ans?)"
    r"|en fin de \w+|fin de (?:la |l )?(?:semaine|annee|mois|journee)|fin du mois"
    r"|(?:a|apres|avant|jusqu a|des|lors de) (?:sa|son) (?:sortie|retour|depart))\b"
)
_GOODBYE = re.compile(
    r"\bmerci(?: \w+){0,3}? a (?:demain|lundi|mardi|mercredi|jeudi|vendredi|la semaine prochaine|plus tard|tout a l heure)$"
    r"|\bbon(?:ne)? \w+$"
)


def names_time_ahead(text: str, now: datetime) -> bool:
    """Return whether a typed text names a day, an event or any other time than at once; a letter too long to be read does."""
    if len(text) > MAX_CHARACTERS:
        return True
    folded = _GOODBYE.sub(" ", _AT_ONCE.sub(" ", fold(text.replace("’", "'"))).strip())
    dates = read_dates(folded, now, confirming=True)
    return dates.unclear or any(dates.slots.values()) or bool(_AHEAD.search(folded))
