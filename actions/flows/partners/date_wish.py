"""Words that change the dates of an access that was given: « changez la date de fin », « en fait jusqu'au 15 janvier ».

What names the access, or its dates, beside a verb of change is such a wish at any time; bare dates are one only right after an act, and
where nothing but dates and words of a second thought was said.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from actions.flows.partners.access_dates import FROM, UNTIL, AccessDates, names_access_dates, read_dates
from bot.core.text_folding import MAX_CHARACTERS, fold, word_set
from bot.core.written_dates import MONTH_WORDS
from bot.dossiers.period import AccessPeriod

MAX_WORDS = 40
_MOVE = r"(?:prolong|rallong|allong|etend|repouss|recul|decal|report|avanc|raccourci|ecourt)\w*"
_CHANGE = rf"(?:(?:chang|modifi|corrig|rectifi|ajust)\w*|{_MOVE})"
_DATES = r"(?:dates?|fin|debut|durees?|echeances?|periodes?)"
_WISHES = re.compile(
    rf"\b{_CHANGE} (?:\w+ ){{0,5}}?{_DATES}\b|\b{_MOVE} (?:\w+ ){{0,5}}?acces\b"
    r"|\b(?:met|fix|ajout|indiqu|defini)\w* (?:lui |leur )?(?:une|la|sa|son) (?:dates? (?:de |d )?(?:fin|debut)|fin|limite)\b"
    r"|\b(?:enlev|retir|supprim|ot|effac|annul)\w* (?:lui |leur )?(?:une|la|sa|son|les) (?:dates? de fin|dates?|limite|echeance)\b"
    r"|\b(?:gard|laiss|maint[ie]+n|conserv)\w* (?:\w+ ){0,4}?acces (?:\w+ ){0,8}?(?:jusqu|sans)\b"
)
_EXTENDS = re.compile(
    r"\b(?:prolong|rallong|allong|ecourt|raccourci)\w* (?:\w+ ){0,5}?(?:jusqu|de \d|d une?\b|de (?:deux|trois|quatre|quinze|huit|dix)\b)"
)
_OTHER = re.compile(
    r"\b(?:notif\w*|alertes?|pause|silence|sourdine|mot de passe|e?mails?|courriel\w*|codes?|rdv|rendez vous|naissance|reunion|visite"
    r"|absence|digest|resumes?|horaires?|comment|pourquoi|qui|quand|combien|savoir|signature|certificat|ordonnance|page|lien|internet)\b"
    r"|\bdates? (?:de |du |d |des )(?:la |l |le |sa |son )?(?:sortie|entree|hospit\w*|oper\w*|admission)\b"
    r"|\bdates? (?:de |du |d |des )(?:la |l |le |sa |son )?(?:intervention|consult\w*|prescr\w*|deces)\b"
)
_TOLD = re.compile(
    rf"\b(?:ai|as|a|avons|avez|ont|ete|etait|ne|n|si(?! possible)|sans) (?:\w+ )?{_CHANGE}(?<!r)(?<!z)\b|\b{_CHANGE} (?:pas|rien|jamais)\b"
)
_NOT_WANTED = re.compile(
    rf"\b(?:inutile|pas (?:la peine|besoin|utile|necessaire|question|lieu)|plus (?:besoin|la peine)|hors de question|sans interet)"
    rf" (?:de |d |que )?(?:\w+ ){{0,2}}?{_CHANGE}"
    r"|(?<!\bje )(?<!\bj )(?<!\bon )\b(?:veut|voudrait|voulait|souhait(?:e|ait|erait)|aimerait|envisage|pense|compte|hesite|propose|parle"
    rf"|demande|prefere(?:rait)?|va)(?: (?:que|a|de|d|nous|vous|me|lui|leur|l|la|le|qu|on|peut|etre|bien|pas)){{0,4}} {_CHANGE}"
)
"""« inutile de prolonger », « le médecin veut prolonger »: what is not needed, and what somebody else is said to want, is no order."""
_POLITE = re.compile(r"\b(?:pouvez|peux|pourriez|pourrais|peut|possible|pourrait|voulez|veux)\b")
_MONTHS = frozenset(fold(month) for month in MONTH_WORDS)
_DATE_WORDS = _MONTHS | word_set(
    "jusqu au a partir de du d des le la l les pour pendant dans sans date dates fin debut limite duree echeance semaine semaines mois jour"
    " jours an ans annee prochain prochaine suivant suivante demain apres avant lundi mardi mercredi jeudi vendredi samedi dimanche noel"
    " inclus compris un une deux trois quatre cinq six sept huit dix quinze 1er mi milieu aujourd hui maintenant acces et entre commence"
    " commencera termine finit"
)
_SECOND_THOUGHT = word_set(
    "non en fait finalement plutot pardon oups zut mince euh enfin erreur attends attendez desole desolee correction"
    " rectification c etait est cest cetait pas mais voulais dire je me suis trompe trompee lui elle il son sa ses leur ca"
    " cela svp merci s te vous plait bon alors ah bien seulement juste uniquement que mettez mets met corrige corrigez change"
    " changez modifie modifiez ce sera sont lieu mr m mme dr"
)
_MARKS = re.compile(
    r"\b(?:non|en fait|finalement|plutot|pardon|oups|zut|mince|euh|enfin|erreur|attend\w*|desolee?|c ?etait|cetait|pas|mais|voulais"
    r"|trompee?|corrig\w*|chang\w*|modif\w*|lieu|correction|rectification)\b"
)
_MONTH = (
    "(?:janv(?:ier)?|f[ée]v(?:rier)?|mars|avril|mai|juin|juil(?:let)?|ao[ûu]t|sept(?:embre)?|oct(?:obre)?|nov(?:embre)?|d[ée]c(?:embre)?)"
)
_DENIED = re.compile(
    r"\b(?:(?:et )?pas|et non(?: pas)?|au lieu|plut[oô]t qu(?:e |'))\s*(?:(?:à|a|partir|jusqu'à|jusqu'au|du|de|d'|le|au)\s+){0,4}"
    rf"\d{{1,2}}(?:er)?\b(?:\s?/\s?\d{{1,2}}(?:/\d{{2,4}})?|\s+{_MONTH}\b)?"
)
_WEEKDAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_COPULA = (
    r"(?:\s+(?:d'acc[eè]s|de l'acc[eè]s|de son acc[eè]s|c'est|c'était|est|sera|pour lui|pour elle|plutôt|(?:au|du|sur le) dossier"
    r"|de|du|d'|pour|chez)){0,5}"
    rf"\s*(?::|\b(?:le|au|à|a)\b)\s*(?=\d|un\b|{_WEEKDAYS}|demain|fin\b|la fin\b|no[eë]l|avant)"
)
_END_NAMED = re.compile(rf"(?<!jusqu'à )(?<!mets )(?<!mettez )(?<!mettre )\b(?:date de |la |sa )?fin\b{_COPULA}")
_START_NAMED = re.compile(rf"\b(?:date de |le |son )?d[ée]but\b{_COPULA}")
_DAY = rf"(?:(?:{_WEEKDAYS}) )?(?:\d{{1,2}}(?:er)?(?:\s?/\s?\d{{1,2}}(?:/\d{{2,4}})?\b|\s+{_MONTH}\b)|(?:{_WEEKDAYS}|demain|no[eë]l)\b)"
_MOVED_TO = re.compile(rf"\b{_MOVE}\s+(?:au|à)\s+(?={_DAY})")
"""« repoussez au 3 janvier la fin »: the day before what is moved."""
_WHAT_ENDS = re.compile(r"\b(?:la |sa )?(?:date de )?fin\b(?: (?:de l'|d'|de son )acc[eè]s)?(?: de\b)?")
_ENDS_LIFTED = re.compile(
    r"\b(?:enl[eè]v|retir|supprim|[oô]t|effac|annul)\w*\s+(?:lui |leur )?(?:une|la|sa|son|les)\s+"
    r"(?:dates? de fin|dates?|limite|[ée]ch[ée]ance)\b"
)
_BARE_DAY = r"\s+(\d{{1,2}})(?:er)?\b(?!\s*[/h]|\s+(?:{month}|au|et|jours?|semaines?|mois|heures?)\b)"
_BARE_START = re.compile(r"\b(à partir du|a partir du|d[èe]s le|commence le)" + _BARE_DAY.format(month=_MONTH))
_BARE_END = re.compile(r"\b(jusqu'au|jusqu'à)" + _BARE_DAY.format(month=_MONTH))
_NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "huit": 8, "dix": 10, "quinze": 15}
_BY = re.compile(rf"\b({_MOVE}) (?:\w+ ){{0,8}}?(\d{{1,3}}|{'|'.join(_NUMBERS)}) (jours?|semaines?|mois)\b(?! prochain)")
_ENDLESS = re.compile(r"\b(?:sans|pas de) (?:date|limite|fin)\b")
_EARLIER = ("avanc", "raccourci", "ecourt")
_END_OF_ACCESS = re.compile(
    r"\b(?:termin|arr[eê]t|fini(?:t|ra)\b|prend(?:ra)? fin\b|cess|part(?:ira?)?\b|(?:s'en (?:va|ira)|m'en (?:vais|irai))\b|quitt"
    r"|retir|enl[eè]v|supprim|[oô]te[rz]?\b|coup)\w*"
    r"(?:[\s-]+[^\s,;.!?-]+){0,6}?\s+(?:(?:le|au|à partir du|à partir de|à compter du|dès le|à)\s+)?(?=" + _DAY + ")"
)
_BARE_DAY_AHEAD = r"(?=\d{1,2}(?:er)?\b(?!\s?(?:[/h%:.]\d|h\b|heures?|ans?|mois|jours?|semaines?|minutes?)))"
_ENDS_ON_BARE = re.compile(
    r"\b(?:(?:termin|arr[eê]t|fini(?:t|ra)\b|cess|part(?:s|ira?i?)?\b|(?:s'en (?:va|ira)|m'en (?:vais|irai))\b|quitt|sor[st]\b)"
    r"\w*(?:[\s-]+[^\s,;.!?-]+){0,6}?\s+(?:le|au|à partir du|dès le)"
    r"|(?:retir|enl[eè]v|supprim|[oô]te[rz]?\b|coup)\w*(?:[\s-]+[^\s,;.!?-]+){0,4}?\s+(?:au|à partir du|dès le))\s+" + _BARE_DAY_AHEAD
)
"""« il s'arrête le 18 », « enlevez-moi au 18 »: a day of which the month is not said; « retirez le 2 » is a place in a list."""
_END_ALREADY_OVER = re.compile(
    r"\b(?:ai|as|a|avons|avez|ont|est|sont|[ée]tait|avait|depuis|si|quand|ne|pas|n'\w+)\s+(?:\w+\s+)?(?:termin|arr[eê]t|fini|parti|quitt|retir|enlev|supprim)"
)
_STAYS_UNTIL = re.compile(
    r"\b(?:rest|gard|laiss|intervien|l[aà]\b|termin|arr[eê]t|retir|enl[eè]v|pr[ée]sente?\b)\w*\s+"
    r"(?:[^\s,;.!?]+\s+){0,4}?jusqu'(?=au? )"
)
_AWAY = re.compile(r"\b(?:vacances|cong[ée]s?|s[ée]jour|hospitalis\w*|sort(?:ie)?|op[ée]r\w*)\b")
_DAY_AT_CARD = re.compile(
    r"(?:\b(?:le|au|à partir du|à compter du|dès le)\s+|^(?:oui|ok|ouais|d'accord|plutôt|non)?[\s,]*(?:mais |plutôt |seulement )?)(?="
    + _DAY
    + ")"
)
_NOT_AHEAD = re.compile(r"\b(?:ai|as|a|avons|avez|ont|est|sont|[ée]tait|avait|depuis|si)\b")
_ENDS_IN = re.compile(
    r"\b(?:termin|arr[eê]t|retir|enl[eè]v|supprim|coup)\w*(?:[\s-]+[^\s,;.!?-]+){0,4}?\s+dans\s+(?:les\s+)?(?:\d{1,3}|un|une|deux|trois|quatre|six|huit|dix|quinze)\s+(?:jours?|semaines?|mois)\b"
)
_BARE_ANSWER = re.compile(rf"\s*(?:(?:plut[oô]t|non|euh|c'est|disons) ){{0,3}}(?:(?:le|au) )?(?=\d|{_WEEKDAYS}|demain)")


def changes_dates(text: str, *, after_act: bool = False) -> bool:
    """Return whether a typed text surely asks to change the dates of an access.

    `after_act`: an access was given just before, or is somebody's who is named: « prolonge jusqu'à vendredi » is about it.
    """
    if len(text) > MAX_CHARACTERS:
        return False
    folded = fold(text.replace("’", "'"))
    if len(folded.split()) > MAX_WORDS or _OTHER.search(folded) or ("?" in text and not _POLITE.search(folded)):
        return False
    wishes = _WISHES.search(folded) or (after_act and _EXTENDS.search(folded))
    return bool(wishes) and not _TOLD.search(folded) and not _NOT_WANTED.search(folded)


def ends_later(text: str, *, at_card: bool = False) -> str:
    """Return the words with the day on which an access is to end as « jusqu'au »; "" where they say none.

    « son accès se termine le 18 décembre », « retirez-la dans 15 jours », « elle reste jusqu'au 9 ». `at_card`: they answer the card of
    a removal, where « pas tout de suite, le 18 » is about it as well.
    """
    words = " ".join(text.replace("’", "'").lower().split())
    if len(words) > MAX_CHARACTERS or "?" in words:
        return ""
    said = _ends_later(words, at_card=at_card)
    sentences = [one.strip() for one in re.split(r"[.!;](?!\d)", words) if one.strip()]
    if said or len(sentences) < 2:
        return said
    return next((end for one in sentences if (end := _ends_later(one, at_card=at_card))), "")  # « rien à voir avec un code. Je pars le 18 »


def _ends_later(words: str, *, at_card: bool) -> str:
    if len(words.split()) > MAX_WORDS or _END_ALREADY_OVER.search(words):
        return ""
    if _OTHER.search(fold(words)) or _AWAY.search(words):
        return ""
    if _STAYS_UNTIL.search(words) or _ENDS_IN.search(words):
        return words
    found = _END_OF_ACCESS.search(words) or _ENDS_ON_BARE.search(words)
    if found is None and at_card and not _NOT_AHEAD.search(words):
        if "jusqu'" in words:
            return words
        found = _DAY_AT_CARD.search(words)
    return f"jusqu'au {words[found.end() :]}" if found else ""


def corrects_dates(text: str) -> bool:
    """Return whether a typed text is nothing but dates and a second thought: « en fait jusqu'au 15 janvier ». Names are left out of it."""
    words = fold(text.replace("’", "'")).split()
    if not words or len(text) > MAX_CHARACTERS or "?" in text:
        return False
    if not all(word in _DATE_WORDS or word in _SECOND_THOUGHT or word.isdecimal() for word in words):
        return False
    reworded = _reworded(text, AccessPeriod())
    return names_access_dates(reworded) or bool(_ENDLESS.search(fold(reworded)))


def has_second_thought(text: str) -> bool:
    """Return whether a text says that something was wrong, beside the dates."""
    return bool(_MARKS.search(fold(text.replace("’", "'"))))


def named_bound(text: str) -> str:
    """Return which bound a text is about: `until`, `from`, or `both` where it names neither."""
    folded = fold(text.replace("’", "'"))
    if re.search(r"\b(?:debut|commence\w*|arrivee)\b", folded):
        return "from"
    return "until" if re.search(rf"\b(?:fin|echeance|limite|duree|{_MOVE})\b", folded) else "both"


def read_new_dates(text: str, now: datetime, period: AccessPeriod, asked: str | None = None) -> AccessDates:
    """Return what a text makes of the dates of an access.

    Args:
        text: the message, without names.
        now: the instant.
        period: the dates of the access as they are: a day without a month is in theirs, « prolonge de 15 jours » counts from its end.
        asked: the bound that was asked for; a bare day is that one.
    """
    if len(text) > MAX_CHARACTERS:
        return AccessDates()
    moved = _moved(text, period)
    if moved:
        return AccessDates(moved)
    words = _reworded(text, period)
    if asked in {"from", "until"} and not re.search(r"jusqu|partir|d[èe]s\b|\bdu\b", words):
        words = _BARE_ANSWER.sub(" à partir du " if asked == "from" else " jusqu'au ", words, count=1)
    found = read_dates(words, now, confirming=True)
    if found.slots.get(FROM, "") is None and period.start is None and len(found.slots) > 1:  # it has begun already
        return AccessDates({UNTIL: found.slots[UNTIL]}, found.unclear, found.conditional, found.reserved)
    return found


def _reworded(text: str, period: AccessPeriod) -> str:
    words = " ".join(text.replace("’", "'").lower().split())
    words = _ENDS_LIFTED.sub("sans date de fin", _DENIED.sub(" ", words))
    if "début" not in words and "debut" not in words and _MOVED_TO.search(words):
        words = _WHAT_ENDS.sub(" ", _MOVED_TO.sub("jusqu'au ", words))
    words = _START_NAMED.sub("à partir du ", _END_NAMED.sub("jusqu'au ", words))
    words = _in_month(words, _BARE_START, period.start)
    return _in_month(words, _BARE_END, period.end)


def _in_month(words: str, bare: re.Pattern[str], known: date | None) -> str:
    """Give a day without a month the month of the day that it takes the place of: « à partir du 5, pas du 3 »."""
    if known is None:
        return words
    return bare.sub(lambda found: f"{found[1]} {found[2]} {MONTH_WORDS[known.month - 1]} {known.year}", words)


def _moved(text: str, period: AccessPeriod) -> dict[str, str | None]:
    """Return the bound that « prolonge de 15 jours », « avance le début d'une semaine » moves; nothing where it is not known."""
    folded = fold(text.replace("’", "'"))
    found = _BY.search(folded)
    bound = FROM if re.search(r"\bdebut\b", folded) else UNTIL
    known = period.start if bound == FROM else period.end
    if found is None or known is None:
        return {}
    count = (_NUMBERS.get(found[2]) or int(found[2])) * (-1 if found[1].startswith(_EARLIER) else 1)
    return {bound: _later(known, count, found[3]).isoformat()}


def _later(day: date, count: int, unit: str) -> date:
    if unit == "mois":
        month = day.month - 1 + count
        first = date(day.year + month // 12, month % 12 + 1, 1)
        return first + timedelta(days=min(day.day, ((first + timedelta(days=31)).replace(day=1) - first).days) - 1)
    return day + timedelta(days=count * (7 if unit.startswith("semaine") else 1))
