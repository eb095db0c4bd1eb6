"""How each kind of token is written: patterns over canonical text, in the order in which they have it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from typing import Any

from bot.notifications.kinds import Category, DeliveryChannel
from bot.notifications.preference_parser import dates, dossier_words
from bot.notifications.preference_parser.beyond import BEYOND, OPPOSITE, UNREADABLE
from bot.notifications.preference_parser.categories import ALONE, UNCHANGED, Days, Kind
from bot.notifications.preference_parser.dates import (
    AHEAD,
    DATE,
    DATES,
    DAY,
    FEAST,
    HOUR,
    MONTH,
    NUMERIC_DATES,
    PAIRED_DATES,
    PART,
    SPAN,
    UNIT,
    N,
)
from bot.notifications.preference_parser.passing import PASSING, REST_STAYS
from bot.notifications.preference_parser.urgency import BUT_URGENT, COMES, STRONG
from bot.notifications.preferences import EVERY_DAY, HOLIDAY


def _hour(found: re.Match[str]) -> time | None:
    return dates.hour(found["at"])


def _range(found: re.Match[str]) -> tuple[time, time] | None:
    start, end = dates.hour(found["from"]), dates.hour(found["to"])
    return (start, end) if start is not None and end is not None and start != end else None


def _weekdays(found: re.Match[str]) -> Days:
    names = re.findall(rf"{DAY}s?", found[0])
    days = frozenset(dates.DAYS.index(name.removesuffix("s")) for name in names)
    recurring = any(name.endswith("s") for name in names) or re.search(r"\b(?:les?|tous|chaque|un|mes|du)\b", found[0])
    part = found["part"]
    return Days(days, bare=not recurring, part=dates.part_name(part) if part else None)


def _span_of_days(found: re.Match[str]) -> Days:
    first, last = dates.DAYS.index(found["first"]), dates.DAYS.index(found["last"])
    return Days(frozenset((first + n) % 7 for n in range((last - first) % 7 + 1)), bare=not found[0].startswith("du "))


def _fixed(value: Any) -> Callable[[re.Match[str]], Any]:
    return lambda _found: value


def _strong(found: re.Match[str]) -> bool | str:
    """Return whether the word alone wants notices to stop: « stop », « coupe »; « pas » does not. « ni » stays itself."""
    if found[0] == "ni":
        return "ni"
    return found[0].startswith(STRONG)


def _reference(found: re.Match[str]) -> str:
    return "SPH-{}-{}".format(*re.findall(r"\d+", found["ref"]))


def _words(found: re.Match[str]) -> str:
    return found["words"] if "words" in found.re.groupindex else found[0]


_ARTICLE = r"(?:(?:tous|toutes) les|chaque|les|le|la|un|une|des|du|mes|au|l|en)"
_DATED = (
    rf"(?:(?:le |la |l |ce |cet |cette )?(?:{AHEAD}|{FEAST}|fin de l an(?:nee)?|fin d annee|(?:an|annee) prochaine?|{DATE}|"
    rf"\d{{1,2}}\b(?! (?:h|heures|:|/|j|jours?|semaines?|mois|min|minutes?)\b)|apres demain|"
    rf"demain|aujourd hui|{DAY} \d{{1,2}}(?! (?:h|:))|{DAY}(?: prochain| qui vient)?|weekend(?: prochain)?|semaine prochaine|"
    rf"mois prochain|{MONTH}|fin (?:du|de la|de) (?:weekend|semaine|mois))(?: (?:a |vers |au )?(?:{HOUR}|{PART}))?)"
)
_MOMENT = rf"(?:{_DATED}|(?:ce |cet |cette |l |la |le )?(?:{PART})|{HOUR})(?: inclus| compris)?"
_PAIR = rf"(?P<from>{HOUR}|\d{{1,2}}) (?:a|et|jusqu a|-|/|et jusqu a) (?P<to>{HOUR})"

PATTERNS: tuple[tuple[Kind, str, Callable[[re.Match[str]], Any]], ...] = (
    (Kind.TELL, dossier_words.WHERE_IT_IS, _fixed(None)),
    (Kind.ONLY, dossier_words.NO_OTHER, _fixed(None)),
    (Kind.BREAK, REST_STAYS, _fixed(UNCHANGED)),
    (Kind.EXCEPT, BUT_URGENT, _fixed(None)),
    (Kind.BEYOND, BEYOND, lambda m: m[0].strip()),
    (Kind.BEYOND, OPPOSITE, lambda m: m[0]),
    *((kind, pattern, _fixed(None)) for kind, pattern in PASSING),
    (Kind.DOSSIER, rf"(?:dossier )?(?:n |numero |no )?(?P<ref>{dossier_words.REFERENCE})", _reference),
    (Kind.THING, dossier_words.ALL_DOSSIERS, _fixed("dossiers")),
    (Kind.DOSSIER, r"par (?:dossier|patient)", _fixed(dossier_words.EACH)),
    (Kind.DOSSIER, r"dossiers? (?:n |numero |no )?(?P<n>\d{1,6})\b(?! (?:h|jours|semaines|mois)\b)", _fixed(None)),
    (Kind.DOSSIER, r"(?:(?:ce|cet|le|un|du|son|mon) )?(?:dossier|patient|patiente)\b(?! usager)", _fixed(None)),
    (Kind.DOSSIER, r"(?:m \.|(?:mr|mme|mlle|monsieur|madame)(?: \.)?) [a-z]{2,}", _fixed(None)),
    (Kind.EVEN, rf"{dossier_words.EVEN}|{dossier_words.WAKE_ME}", _fixed(None)),
    (Kind.ALSO, dossier_words.ALL_THE_SAME, _fixed(None)),
    (Kind.TELL, dossier_words.DISTURB_ME, _fixed(None)),
    (Kind.NEVER, dossier_words.NOT_THE_REST, _fixed(False)),
    (Kind.WAITS, dossier_words.WAITS, _fixed(None)),
    (Kind.EXCEPT, dossier_words.BUT_FOR, _fixed(None)),
    (Kind.BREAK, r"a partir (?:de maintenant|d aujourd hui)|desormais|dorenavant|a l avenir", _fixed(None)),
    (Kind.UNREADABLE, UNREADABLE, _fixed(None)),
    (Kind.UNREADABLE, rf"(?:le )?{DAY} (?:de |d |du )(?:l )?(?:paques|pentecote|ascension|noel|toussaint|an)", _fixed(None)),
    (Kind.UNREADABLE, rf"(?:du|de) {DAY} (?:{PART}|{HOUR}) (?:au|a) {DAY}(?: (?:{PART}|{HOUR}))?", _fixed(None)),
    (Kind.UNTIL, rf"(?:reprise|retour) (?:prevue? )?(?:pour )?(?P<words>{_DATED})", _words),
    (Kind.RANGE, rf"(?:de |a partir de |apres |des )?(?P<from>{HOUR}) (?:et )?jusqu a (?P<to>{HOUR})", _range),
    (Kind.SINCE, rf"(?:a partir (?:de |du |d |de la )|des )(?P<words>{_DATED})(?! au\b)", _words),
    (Kind.UNTIL, rf"avant (?P<words>{_DATED})", _words),
    (Kind.DATES, PAIRED_DATES, dates.two_days),
    (Kind.DATES, NUMERIC_DATES, lambda m: m),
    (Kind.DATES, DATES, lambda m: m),
    (Kind.UNTIL, rf"(?:jusqu (?:a|au|aux|en)(?: la| l| le)?|d ici(?: a| au)?(?: la| l| le)?) (?P<words>{_MOMENT})", _words),
    (Kind.UNTIL, r"jusqu (?:a|au|aux) (?:nouvel ordre|ce que (?:je|j) [a-z ]*)|d ici (?:a )?ce que (?:je|j) [a-z ]*", _fixed("")),
    (Kind.DURATION, r"(?:au|en) (?:travail|boulot|taf)", _fixed(None)),
    (Kind.UNTIL, r"jusqu (?:a|au|aux|en)\b(?: [a-z]+){0,3}", _fixed(None)),
    (Kind.COUNT, rf"(?:(?P<n>{N}) )?(?:seule? )?(?:fois )?(?:par|/) (?:jour|semaine|mois|heure|an)", dates.count),
    (
        Kind.COUNT,
        rf"(?P<n>{N})(?= (?:seule? )?(?:mail|notif|messages?|resumes?|recaps?|sms) (?:maximum |max |"
        rf"maxi )?par (?P<per>jour|semaine|mois))",
        lambda m: (dates.number(m["n"]), {"jour": "day", "semaine": "week"}.get(m["per"], "other")),
    ),
    (Kind.COUNT, rf"(?P<n>{N}) fois (?:tous|toutes|chaque) [a-z]+(?: {N})?(?: [a-z]+)?", lambda m: (0, "other")),
    (
        Kind.COUNT,
        rf"(?:tous|toutes) les {N} (?:h|heures|jours|semaines)|toutes les (?:h|heures)|mensuel(?:le|"
        r"lement)?s?|chaque mois",
        lambda m: (0, "other"),
    ),
    (
        Kind.COUNT,
        r"(?P<n>\b\B)?(?:quotidien(?:ne|nement)?s?|journalieres?|journaliers?|hebdo(?:madaire)?s?|"
        r"chaque (?:jour|semaine)|tous les jours|toutes les semaines)",
        dates.count,
    ),
    (Kind.DURATION, rf"(?:pendant|durant|pour|sur) (?:encore )?(?:environ )?{SPAN}(?! a\b)", _words),
    (
        Kind.DURATION,
        rf"(?:(?<=sourdine )|(?<=pause )|(?<=silence )|(?<=mute )|(?<=muet )|(?<=pause d )|(?<=pause de )){SPAN}(?! a\b| -)",
        _words,
    ),
    (Kind.DURATION, rf"(?:dans )?{N} min(?:utes?)?\b", _words),
    (
        Kind.PART,
        r"(?:(?:pendant|durant|a) )?(?:(?:la|ma|mes|les|l|le|mon|une) )?(?:(?:pauses?|heures) (?:du |de |de la )?)?(?:dejeuners?|repas)",
        _fixed("midi"),
    ),
    (Kind.PART, r"(?:(?:pendant|durant|a) )?(?:(?:la|ma|mes|les|l|le) )?(?:pauses?|heures) (?:du |de )?midi", _fixed("midi")),
    (
        Kind.DURATION,
        rf"(?:pendant|durant|pour|sur) (?:encore )?(?:les |une? )?(?:{N} )?(?:prochaine?s? )?(?:(?:{UNIT})\b|"
        r"demi e?heures?|demie heure)",
        _words,
    ),
    (Kind.DURATION, r"(?:pendant|durant) (?:mes |mon |ma |les |la |le |toute |tout )*(?:[a-z]+)", _fixed(None)),
    (Kind.DURATION, rf"(?:[lc]es )?{N} (?:prochaine?s? )?(?:jours?|semaines?|mois)\b(?! \d)", _words),
    (Kind.DURATION, rf"les {N} prochaines heures", _words),
    (
        Kind.DURATION,
        r"(?:(?<=sourdine )|(?<=pause )|(?<=silence )|(?<=pause de ))"
        rf"(?:{N} (?:h|heures|minutes?|min)|une? (?:demie? )?heures?)\b(?! a| -)",
        _words,
    ),
    (Kind.RANGE, r"entre (?P<from>midi) et (?P<to>\d{1,2}|une|deux|trois)\b(?! (?:h|heures|:))", dates.lunch),
    (Kind.RANGE, rf"(?:de |entre |des |d ){_PAIR}", _range),
    (Kind.RANGE, r"entre (?P<from>\d{1,2}) et (?P<to>\d{1,2})\b(?! (?:[a-z]*jour|semaine|mois|/))", _range),
    (Kind.RANGE, rf"(?P<from>{HOUR}) (?:a|-|/|jusqu a) (?P<to>{HOUR})", _range),
    (
        Kind.AFTER,
        rf"(?:passee? |apres |a partir de |a compter de |des |au dela de |apartir de )(?P<at>{HOUR}|"
        rf"\d{{1,2}}(?! (?:h|/|jours?|semaines?|mois|{MONTH})\b))",
        _hour,
    ),
    (Kind.BEFORE, rf"avant (?P<at>{HOUR}|\d{{1,2}}(?! (?:h|/|jours?|semaines?|mois|{MONTH})\b))", _hour),
    # days
    (Kind.ONCE, rf"(?:le )?(?P<words>{AHEAD})", _words),
    (
        Kind.DAYS,
        rf"(?:(?P<first_>du|de) )?(?P<first>{DAY}) (?:au|a|-|jusqu au|jusqu a) (?P<last>{DAY})(?! (?:prochain|en)\b)",
        _span_of_days,
    ),
    (
        Kind.ONCE,
        rf"(?:ce|cet|cette) (?:weekend|semaine|{PART}|{DAY}(?: {PART})?)|aujourd hui|(?:apres )?demain(?: {PART})?|"
        rf"(?:le |la |ce )?(?:{DAY}|weekend|semaine) prochaine?",
        _words,
    ),
    (Kind.ONCE, rf"(?:le )?(?P<words>{DATE}(?: {PART})?|{DAY} \d{{1,2}}(?! (?:h|heures|:)))", _words),
    (Kind.ONCE, r"le (?P<words>\d{1,2})\b(?! (?:h|heures|:|/|jours?|semaines?|mois)\b)", _words),
    (Kind.ONCE, r"(?:pour |toute )?(?P<words>la semaine)(?! prochaine)", _words),
    (Kind.DAYS, rf"(?:{_ARTICLE} )?{DAY}s?(?: (?:et|,|ou) {DAY}s?)*(?: (?P<part>{PART}))?", _weekdays),
    (
        Kind.DAYS,
        r"(?:(?:les |tous les |le |chaque |des )?weekend)",
        lambda m: Days(
            frozenset({5, 6}),
            bare=not re.match(r"(?:les|tous|le|chaque|des) ", m[0]),
        ),
    ),
    (Kind.DAYS, r"(?:les |le )?(?:jours? )?feries?", _fixed(Days(frozenset({HOLIDAY})))),
    (Kind.DAYS, r"en semaine|(?:les )?jours (?:ouvres|ouvrables|ouvre|de semaine|travailles)", _fixed(Days(frozenset(range(5))))),
    (Kind.DAYS, r"7 (?:j|jours) ?/ ?7", _fixed(Days(EVERY_DAY))),
    (Kind.AT, r"(?:a|vers|pour) (?P<at>midi(?: et demie?| trente)?|minuit)", _hour),
    (Kind.PART, rf"(?:(?:{_ARTICLE}) )?(?P<part>{PART})\b", lambda m: dates.part_name(m["part"])),
    (Kind.AT, rf"(?:(?:a|vers|pour) )?(?P<at>{HOUR})", _hour),
    # channels
    (Kind.ALSO, r"en plus (?:de |d |du |des )(?:telegram|teams|mail)|en plus|aussi|egalement|les (?:deux|2)", _fixed(None)),
    (Kind.WAY, r"telegram", _fixed(DeliveryChannel.TELEGRAM)),
    (Kind.WAY, r"teams", _fixed(DeliveryChannel.TEAMS)),
    (
        Kind.WAY,
        r"(?:(?:boites?|adresses?) (?:de )?)?(?:mail|e mail)|courriers? electroniques?|messageries? electroniques?|"
        r"boites? (?:aux lettres|de reception|electroniques?)|ma messagerie|(?:dans|par|via|sur) (?:la |notre )?messagerie",
        _fixed(DeliveryChannel.MAIL),
    ),
    (Kind.WAY, r"sphere|cloche|(?:l )?appli(?:cation)?|le site", _fixed(DeliveryChannel.SPHERE)),
    (Kind.WAY, r"sms|whatsapp|signal|messenger|telephone|appel|vocal|fax|slack|discord", lambda m: m[0]),
    (Kind.WAY, r"ici\b|sur ce chat|dans ce chat", _fixed("here")),
    (Kind.WAY, r"partout|(?:(?:sur|par) )?tous (?:les |mes |vos )?(?:canaux|moyens|supports)(?: confondus)?", _fixed("all")),
    # rhythm
    (
        Kind.DIGEST,
        r"(?:(?P<the>le|les|mon|mes|du|des|ce) )?(?:resumes?|recaps?|recapitulatifs?|syntheses?|bilans?|digests?|condenses?|abreges?)|"
        r"compil(?:ation)?|group(?:es?|ees?)|un point\b|en une (?:seule )?fois|(?:un|une|1) seule? (?:notif|message|mail|fois)",
        lambda m: bool(m["the"]),
    ),
    (
        Kind.CONVERT,
        r"(?:passe[rz]?|decal[a-z]*|avance[rz]?|repousse[rz]?|deplace[rz]?|change[rz]?)\b(?=.*\b(?:resume|recap|synthese|bilan|digest))|"
        r"(?:mets?|mettez|mettre)\b(?=.*\b(?:les?|mon|mes) (?:resume|recap|synthese|bilan|digest))",
        _fixed(None),
    ),
    (Kind.CONVERT, r"regroup(?:e|er|ez|ees?)(?: moi)?", _fixed("together")),
    (Kind.CONVERT, r"(?:passe|passer|passez) de\b|(?:passe|passer|passez|mets?|mettre|mettez)\b(?=.*\ben\b)", _fixed(None)),
    (
        Kind.NOW,
        r"tout de suite|immediat(?:e|ement)?s?|(?:en )?temps reel|en direct|instantanee?(?:ment)?|"
        r"au fur et a mesure|sans attendre|a chaque (?:fois|evenement)|des qu[e]?\b|aussitot|directement|"
        r"au moment",
        _fixed(None),
    ),
    # turns
    (
        Kind.AWAY,
        r"conges?|vacances|arret (?:maladie|de travail)|en arret|maternite|paternite|en (?:formation|stage|seminaire|deplacement)|"
        r"en repos|rtt|absente?s?|"
        r"je pars",
        _fixed(None),
    ),
    (Kind.NEVER, r"non plus", _fixed("neither")),
    (
        Kind.RESUME,
        r"(?:plus|pas) (?:a etre )?en (?:sourdine|pause|silencieux|veille)|plus (?:de |d |aucune )(?:mise en )?sourdines?",
        _fixed(None),
    ),
    (Kind.PREFER, r"pas plus\b", _fixed(None)),
    (
        Kind.ONLY,
        r"rien (?:que|d autre)|(?:et )?c est tout|(?:plus|pas autre chose) que\b(?= (?:par|sur|du|"
        r"de|des|telegram|teams|mail|sphere))",
        _fixed(None),
    ),
    (Kind.INSTEAD, r"plutot que|au lieu d[eu]|a la place d[eu]|et non(?: pas)?|autre que", _fixed(None)),
    (
        Kind.REST,
        r"(?:pour |et )?(?:tout )?le reste|du reste|(?:pour |et )?(?:toutes |tous )?les autres(?: notif| dossiers?)?|"
        r"(?:pour )?l autre(?: dossier)?|sinon\b",
        _fixed(None),
    ),
    (
        Kind.OUTSIDE,
        r"en dehors(?: de (?:ces|mes|ses) h(?:eures|oraires)?(?: de travail)?)?|hors (?:de )?(?:mes |"
        r"ces )?(?:horaires|heures)|mes horaires|(?:mes )?heures de travail|je (?:travaille|bosse)\b",
        _fixed(None),
    ),
    (
        Kind.QUIET,
        r"(?:heures?|plages?|horaires?|periodes?|temps) (?:calmes?|silencieu(?:x|ses?)|"
        r"(?:horaires? )?(?:de )?(?:la )?nuit(?=.*\d)|de (?:silence|"
        r"calme|repos)|tranquilles?)|ne pas deranger|mode nuit",
        _fixed(None),
    ),
    (
        Kind.RESUME,
        r"reactiv[a-z]*|rallum[a-z]*|repren[a-z]*|reprise|relanc[a-z]*|rouvr[a-z]*|[ad]e? nouveau|"
        r"recommenc[a-z]*|renvo[iy]e[rz]?|rebranch[a-z]*|de retour|desourdine|remets? le son|remise? en (?:route|"
        r"marche)",
        _fixed(None),
    ),
    (
        Kind.RESUME,
        r"reme(?:ts?|tre|ttre|ttez)\b(?!.*(?:sourdine|pause|silenc|veille))|(?:suis |je )?rentre[e]? (?:de|"
        r"des)\b|c est fini\b|(?:mettre |mettez |mets )?(?:fin|un terme) "
        r"(?:a la|au|aux|de la|des|du|de|a) (?=sourdine|pause|silence|conges?|vacances|mode)|retabli[a-z]*|"
        r"(?:remets?|remettez|remettre)(?: (?:moi|les|la|le))? en (?:route|marche|service)",
        _fixed(None),
    ),
    (
        Kind.LIFT,
        r"(?:enlev|retir|annul|supprim|leve|sor[st])[a-z]*|arrete[rz]? (?:de )?(?=la (?:sourdine|"
        r"pause)|le (?:silence|mode))|desactive[rz]? (?=la (?:sourdine|pause)|le (?:silence|mode)|"
        r"les heures)|stop (?=(?:la )?(?:sourdine|pause))|lever\b|oubli[a-z]*|laisse[rz]? tomber|(?:plus|pas) besoin "
        r"(?=(?:de la |du |de |des )(?:mise|sourdine|pause|silence|mode|heures calmes))|"
        r"(?:fini[a-z]*|termin[a-z]*|arrete[rz]?|cess[a-z]*|stopp?e?[rz]?|coupe[rz]?|vire[rz]?|otez?|oter) "
        r"(?=(?:avec )?(?:la |le |ma |mon |cette |ce )?"
        r"(?:mise en )?(?:sourdine|pause|silence|mode (?:muet|silencieux)))",
        _fixed(None),
    ),
    (
        Kind.PAUSE,
        r"sourdine|pause|silenc(?:e|ieu(?:x|ses?))|muets?|(?:fais|faites|faire) taire|(?:en )?veille|"
        r"tranquille|suspen[a-z]*|gel(?:e|er|ez)?\b|bloqu[a-z]*|mute",
        _fixed(None),
    ),
    (
        Kind.FEWER,
        r"(?:(?:arret[a-z]*|stop[a-z]*|cess[a-z]*|fini[a-z]*|marre|assez) )?(?:(?:de|d|du|des|le|les|vos|tes|me|m|nous|avec) )*"
        r"(?:spam[a-z]*|inond[a-z]*|harcel[a-z]*|harass[a-z]*|bombard[a-z]*|embet[a-z]*|submerg[a-z]*|saoul[a-z]*|gonfl[a-z]*|pollu[a-z]*|"
        r"envahi[a-z]*|assomm[a-z]*)|trop souvent|calme[rz]? (?:toi|vous)|lache[rz]? moi|baisse[rz]?\b|(?:fais|faites|faire) moins",
        _fixed(None),
    ),
    (
        Kind.FEWER,
        r"ca suffit (?=(?:avec |de )?(?:les|vos|tes|ces) )|"
        r"(?:moins|trop|reduire|diminuer|beaucoup) (?:de |d )?(?=notif|message|mail|sms|bruit|telegram)|"
        r"moins souvent|moins\b|trop de bruit|j en ai trop|en recois trop",
        _fixed(None),
    ),
    (
        Kind.NEVER,
        r"jamais|(?:plus|pas) (?:de|d|du|des)\b|plus (?:rien|aucune?)|rien (?:du tout)?|aucune?|"
        r"inutile (?:de|d)\b|interromp[a-z]*|(?:mettre|mettez|mets) (?:fin|un terme) (?:a|au|aux)\b(?: l envoi)?(?: (?:de|des|d))?|"
        r"(?:fous|foutez|fichez|fiche|laisse[rz]?)(?: moi| nous)? (?:la paix|en paix|souffler|respirer)|"
        r"\bni\b|n en veux plus|en veux plus|\bstop[a-z]*|arret(?:e[rz]?|ons)\b|coup(?:e[rz]?|ees?)\b|"
        r"desactiv[a-z]*|vire[rz]?\b|fini (?=les?|la|avec)|sans\b|cess[a-z]*|desabonn[a-z]*|desinscri[a-z]*",
        _strong,
    ),
    (Kind.NEVER, r"pas\b|plus\b(?! (?:tard|tot|souvent|vite|simple))", _fixed(None)),
    (Kind.ONLY, r"seule?ment|uniquement|exclusivement|\bjuste\b|only", _fixed(None)),
    (
        Kind.PREFER,
        r"suffi(?:t|ra|rait|sent)|plutot|prefere[a-z]*|a la place|bascule[rz]?|tout (?=(?:sur|par|"
        r"vers) (?:telegram|teams|mail|sphere|ici))",
        _fixed(None),
    ),
    (
        Kind.ONLY,
        r"(?<!plutot )(?<!des )(?<!est ce )(?<!parce )(?<!pour )(?<!alors )(?<!autre )(?<!aimerais )\bque? (?=(?:par|"
        r"sur|pour|du|des|telegram|teams|mail|sphere|sms|l urgen|entre|de \d|en|le (?:matin|soir|weekend|"
        r"lundi)|les (?:nouveaux|documents|messages|rendez|urgen|notes|arrivees|acces)|ici|"
        rf"{dossier_words.NARROWED})\b)(?!.*\b(?:arrivent|"
        r"soient|viennent|passent|arrive|soit|aillent)\b)|\bqu (?=une?\b)",
        _fixed(ALONE),
    ),
    (
        Kind.ON,
        r"activ[a-z]*|(?<!de )(?<!ma )(?<!mes )(?<!une )(?<!en )(?<!la )gard[a-z]*|conserv[a-z]*|allum[a-z]*|ajout[a-z]*",
        _fixed(None),
    ),
    (
        Kind.TELL,
        r"envo[iy][a-z]*|previen[a-z]*|preven[a-z]*|notifi[a-z]*|averti[a-z]*|alert[a-z]*|recevoir|"
        r"recoive[a-z]*|contact[a-z]*|laisse[rz]? (?:moi )?passer|ok\b|" + dossier_words.YES_TO_IT,
        _fixed(None),
    ),
    (Kind.BREAK, rf"(?<=urgent )(?:doi(?:t|vent)|devra|devront) passer|(?<=urgent ){COMES} passe(?:nt|ra)?\b", _fixed(None)),
    (Kind.URGENT, r"(?:les |des |d )?(?:urgen(?:ces?|t(?:es?|s)?)|important(?:e?s?))", _fixed(None)),
    (Kind.URGENT, r"urgen(?:ces?|t(?:es?|s)?)", _fixed(None)),
    # categories
    (
        Kind.CATEGORY,
        r"documents?|fichiers?|comptes? rendus?|ordonnances?|pieces? jointes?|(?:les |des )?notes?(?: de liaison)?|"
        r"liaisons?|transmissions?",
        _fixed(Category.DOCUMENTS),
    ),
    (
        Kind.CATEGORY,
        r"(?:les|mes|des nouveaux|aux|vos) messages?|messagerie|(?:les |des )?rendez vous",
        lambda m: Category.APPOINTMENTS if "rendez" in m[0] else Category.MESSAGES,
    ),
    (Kind.CATEGORY, r"agenda", _fixed(Category.APPOINTMENTS)),
    (
        Kind.CATEGORY,
        r"(?:l )?equipes?(?: de soins?)?|arrivees?(?: et (?:les )?departs?)?|departs?|cercle de soins?|membres|"
        r"nouve(?:aux?|lles?) (?:membres?|partenaires?|intervenants?)",
        _fixed(Category.TEAM),
    ),
    (Kind.CATEGORY, r"acces\b", _fixed(Category.ACCESS)),
    (Kind.CATEGORY, r"(?:mon |de |du )?comptes?\b", _fixed(Category.ACCOUNT)),
    (Kind.CATEGORY, r"(?:infos? |informations? |annonces? )?(?:de |du )?services?\b|maintenances?|annonces?", _fixed(Category.SERVICE)),
    (Kind.THING, r"tout\b|toutes\b", _fixed("all")),
    (Kind.THING, r"notif|messages?|derang[a-z]*|ecri(?:re|vez|s)", _fixed(None)),
    (Kind.BUT, r"mais\b", _fixed(None)),
    (Kind.BREAK, r"[,;.!?:]|\bet\b|\bpuis\b", lambda m: m[0]),
)
"""Kind, pattern, and what the value is of what was found."""
