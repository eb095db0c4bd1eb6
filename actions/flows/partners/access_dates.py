"""The dates of an access in the user's words: « à partir du 15 décembre », « jusqu'à vendredi », « pour 15 jours ».

Days are read by the one reader of days there is (`bot.notifications.preference_parser`). What an access makes of them differs from a mute:
its last day belongs to it. Nothing is guessed: what names a time and is no day is unclear, and is asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from actions.flows.partners.last_acts import last_act_of
from actions.flows.partners.other_days import without_other_days
from actions.flows.partners.relayed_dates import with_month_of_end
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.remarks import without_remarks
from actions.framework.reservation import asks_back, names_condition, names_reservation, utter_reservation
from actions.framework.turn import Turn
from bot.core.clock import PARIS
from bot.core.text_folding import fold
from bot.dossiers.errors import EndBeforeStart, PeriodOver
from bot.dossiers.period import AccessPeriod, paris_day
from bot.dossiers.records import Partner
from bot.notifications.preference_parser import dates
from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.spelling_correction import canonical
from bot.notifications.preference_parser.tokens import Token, tokenize

FROM, UNTIL = "access_from", "access_until"
"""Slots: first and last day, as ISO dates."""
MANY_DAYS = 300
"""Days from a first day that is past to a last one from which the two were said the wrong way round."""
DATES_ASKED = "dates_asked"
"""Slot: whether the dates are asked for in the place of the card: « mêmes dates », where none are known."""
_REWORDED = (
    (r"\b(?:1|un|une) an(?:nee)?\b", "12 mois"),
    (
        r"\b(?:une |la |sa |comme )?dates? de fin (?:d acces |de l acces )?(?:[:=] )?(?:c est |ce sera |sera |est )?(?:le |au |a )?"
        r"(?=\d{1,2}\b|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain)\b)",
        "jusqu au ",
    ),
    (r"\b(?:2|deux) ans\b", "24 mois"),
    (r"\b(?:3|trois) ans\b", "36 mois"),
    (r"\bnoel\b", "25 decembre"),
    (
        r"\b(?:a compter|pas avant|(?:qui )?(?:commen(?:ce|cera|cant)|demarr(?:e|era|ant)|debut(?:e|era|ant)?))"
        r"(?: que| qu)?(?: le| la| l| du| de la| de l| de| d)?(?: a partir d[eu])? (?=\S)",
        "a partir du ",
    ),
    (
        r"\b(?:pas apres|au plus tard|(?:se )?termin(?:e|era|ant)|(?:qui )?fini(?:t|ra)|s arret(?:e|era)|fin(?: prevue)?(?= (?:le|au|\d)))"
        r"(?: le| la| l| au| a)? (?=\S)",
        "jusqu au ",
    ),
    (r"\bjusqu (?!a\b|au\b|aux\b|en\b)", "jusqu a "),
)
"""Other ways to say since and until, as the reader of days knows them."""
_ENDLESS = re.compile(r"\b(?:sans|pas de|aucune|plus de) (?:date(?: de fin)?|limite(?: de (?:temps|duree))?|fin|duree|echeance)\b")
_LIFTED = re.compile(
    r"\b(?:enlev|retir|supprim|ot|effac|annul)\w* (?:lui |leur )?(?:la|sa|les|ses|cette|ces)"
    r" (?:dates?|limite|echeance)\b(?: de (?:fin|debut))?"
)
_NO_START = re.compile(r"\b(?:sans|pas de|aucune|plus de) (?:date de debut|debut)\b")
_AT_ONCE = re.compile(
    r"(?<!pas )\b(?:tout de suite|des maintenant|des aujourd hui|immediatement|a partir (?:de maintenant|d aujourd hui))\b"
)
_SAME_DATES = re.compile(r"\bmemes? (?:dates?|periodes?|durees?|jours)\b")
_END_OF_MONTH = re.compile(rf"jusqu (?:a|au|en)(?: la)? fin (?:de |d |du mois de )?({'|'.join(dates.MONTHS)})\b")
_VAGUE = re.compile(rf"(?:semaine|mois) prochaine?|(?:{dates.MONTH})")
_SOME_TIME = re.compile(
    r"(?<!bonne )(?<!bon )(?<!au )\b(?:debut|fin|milieu|courant) (?:de |du |d |la )?\w+|\bd ici\b|\ba partir\b|\bjusqu\b"
)
"""What is left of these beside the days that were read is some time or other."""
_END_TO_SET = re.compile(r"\bdates? de fin\b")
_LASTS = re.compile(r"(?:pour|pendant|durant|sur) ")
_STAY = re.compile(r"(?:remplacement|remplace|stage|sejour|mission|hospitalisation|intervention)\w* (?:est )?(?:de|pour) $")
_OF_A_STAY = re.compile(r"\b(?:hospitalis|sejour|admis|oper)\w*(?: (?!acces)\w+){0,6} $")
"""« hospitalisé au CH de Bourges du 4 au 12 décembre », told in a letter, dates no access."""
_IN = re.compile(r"\bdans (?:les )?$")
_NOT_AHEAD = re.compile(r"\b(?:depuis|il y a|d ici|toutes?|tous|chaque)(?: les?)? $")
_ONE_SPAN = re.compile(r"(?:pour|seulement|uniquement|juste|que) (?:le |la )?$")
_COURTESY = re.compile(r"\b(?:a|bon|bonne) $")
"""« à demain », « bon week-end »."""
_PASSED = re.compile(r"\b(?:recueilli|obtenu|donne|signe|informe|vu|ne)(?:e|s|es)?(?: (?!le )\w+)? (?:le )?$")
"""« accord recueilli le 28 novembre » dates the consent, not the access."""
_LINKS = re.compile(
    r"\b(?:mais|seulement|uniquement|juste|donc|bien|et|retire\w*(?: (?:la|le|lui))?|enleve\w*(?: (?:la|le|lui))?|dans"
    r"|a partir d\w*|(?:c est )?(?:pour |pendant )?(?:un|une|le|la|mon|ma|mes|son|sa|ses) "
    r"(?:remplacement|stage|sejour|mission|conges|vacances|absence)(?: est)?(?: (?:de|pour)\b)?)\b"
)
_SPANS = frozenset({Kind.SINCE, Kind.UNTIL, Kind.DATES, Kind.DURATION})
_ABOUT_NOTICES = frozenset({Kind.PAUSE, Kind.WAY, Kind.DIGEST, Kind.QUIET, Kind.RESUME, Kind.THING, Kind.URGENT, Kind.COUNT})


@dataclass(frozen=True)
class AccessDates:
    """What a message says of the dates of an access.

    Attributes:
        slots: `FROM` and `UNTIL` as far as they are said; None takes a date back.
        unclear: whether it names a time that is no day.
        conditional: whether it holds a condition beside the dates.
        reserved: whether it holds any reservation beside the dates.
    """

    slots: Slots = field(default_factory=dict)
    unclear: bool = False
    conditional: bool = False
    reserved: bool = False

    def __bool__(self) -> bool:
        """Return whether anything is said of dates."""
        return bool(self.slots) or self.unclear

    def changed(self, turn: Turn) -> Slots:
        """Return the dates that differ from those that the slots hold."""
        return {name: day for name, day in self.slots.items() if day != turn.slot(name)}


def read_dates(text: str, now: datetime, *, confirming: bool = False) -> AccessDates:
    """Return what a message says of the dates of an access.

    Args:
        text: the message.
        now: the instant; days are those of Paris.
        confirming: whether it answers the confirmation card: there a bare day or duration is about the access as well.
    """
    return _Reader(_reworded(text), now, confirming).read()


def names_access_dates(text: str) -> bool:
    """Return whether a message names a span of days, and is not about notifications."""
    kinds = {token.kind for token in tokenize(_reworded(text))}
    return bool(kinds & _SPANS) and not kinds & _ABOUT_NOTICES


def lifts_dates(text: str) -> bool:
    """Return whether a text takes the dates of an access away: it never takes away the person."""
    return bool(_LIFTED.search(_reworded(text)))


def names_some_time(text: str) -> bool:
    """Return whether a text bounds an access by something that is no day: « à partir de sa sortie »."""
    return bool(re.search(r"\b(?:a partir d\w*|jusqu)\b", fold(text.replace("’", "'"))))


def _reworded(text: str) -> str:
    words = canonical(with_month_of_end(text).replace("’", "'")).text
    for pattern, instead in _REWORDED:
        words = re.sub(pattern, instead, words)
    return without_other_days(words)


def period_of(turn: Turn) -> AccessPeriod:
    """Return the dates that the slots hold."""
    return AccessPeriod.read(turn.slot(FROM), turn.slot(UNTIL))


def period_words(context: Context, period: AccessPeriod | None = None) -> str:
    """Return the dates in words, "" where there are none."""
    return (period or period_of(context.turn)).words(paris_day(context.services.clock.now()))


def access_line(context: Context) -> str:
    """Return a line of a card with the dates that the slots hold, a line break before it; "" where there are none."""
    period = period_of(context.turn)
    words = period_words(context, period)
    now = "" if period.start else context.utterances.text("utter_access_from_now")
    return "\n" + context.utterances.text("utter_access_line", period=now + words) if words else ""


def partner_period(context: Context, partner: Partner) -> str:
    """Return from when and until when a partner has access, in words; "" where neither is to come."""
    return period_words(context, AccessPeriod(partner.since if partner.planned else None, partner.until))


def said_dates(context: Context) -> AccessDates:
    """Return what the message says of dates; a button says nothing."""
    turn = context.turn
    if turn.is_button:
        return AccessDates()
    confirming = turn.requested_slot == "basis"
    dates = read_dates(without_remarks(turn.text), context.services.clock.now(), confirming=confirming)
    dates = replace(dates, reserved=dates.reserved or asks_back(turn.text))
    if dates or not confirming or not says_same_dates(turn.text) or turn.slot(FROM) or turn.slot(UNTIL):
        return dates
    last = last_act_of(turn, "added", "requested")
    known = last is not None and (last["from"] or last["until"])
    return AccessDates({FROM: last["from"], UNTIL: last["until"]}) if last and known else AccessDates(unclear=True)


def says_same_dates(text: str) -> bool:
    """Return whether a text asks for the dates of before."""
    return bool(_SAME_DATES.search(fold(text)))


def accepted_dates(context: Context, others: Slots) -> Slots:
    """Return the dates that a message gives before the confirmation; say so where they are not understood, or contradict each other.

    `others`: what else the message gives, which may hold days of its own (a birth date).
    """
    dates = said_dates(context)
    slots = dates.changed(context.turn)
    if dates.unclear and not slots and others:
        context.utterances.utter("utter_access_dates_unclear")
    return _possible(context, slots)


def confirmed_dates(context: Context, dates: AccessDates) -> Slots:
    """Return the dates that an answer to the confirmation gives, and say that nothing is done yet: the card is shown again with them."""
    slots, before = {} if dates.unclear else dates.changed(context.turn), context.utterances.count
    slots = _possible(context, slots)
    if dates.unclear:
        context.utterances.utter("utter_access_dates_unclear")
    elif dates.conditional:
        utter_reservation(context)
    elif context.utterances.count == before:
        context.utterances.utter("utter_access_dates_noted")
    return slots


def _possible(context: Context, slots: Slots) -> Slots:
    """Return dates as far as they go with those known; say so where the last day comes before the first."""
    if not slots:
        return {}
    both = {FROM: context.turn.slot(FROM), UNTIL: context.turn.slot(UNTIL)} | slots
    try:
        AccessPeriod.read(both[FROM], both[UNTIL]).checked(paris_day(context.services.clock.now()))
    except (EndBeforeStart, PeriodOver):
        context.utterances.utter("utter_access_end_before_start")
        return {}
    return slots


class _Reader:
    """Reads one message."""

    def __init__(self, words: str, now: datetime, confirming: bool) -> None:
        self._words, self._now, self._today, self._confirming = words, now, paris_day(now), confirming
        self._starts: set[date] = set()
        self._ends: set[date] = set()
        self._lasting: list[str] = []
        self._unclear, self._spans = False, list[tuple[int, int]]()

    def read(self) -> AccessDates:
        """Return what it says."""
        tokens = tokenize(self._words)
        slots: Slots = {}
        if endless := _ENDLESS.search(self._words):
            slots[UNTIL] = None
            self._spans.append(endless.span())
        if no_start := _NO_START.search(self._words):
            slots = {FROM: None}  # « pas de date de début » says nothing of the end
            self._spans.append(no_start.span())
        if lifted := _LIFTED.search(self._words):
            of_start, of_end = lifted[0].endswith("debut"), lifted[0].endswith("de fin")
            slots |= ({} if of_end else {FROM: None}) | ({} if of_start or (no_start and not of_end) else {UNTIL: None})
            self._spans.append(lifted.span())
        if open_end := re.search(r"\bjusqu a nouvel ordre\b", self._words):
            slots[UNTIL] = None
            self._spans.append(open_end.span())
        if at_once := _AT_ONCE.search(self._words):
            if self._confirming:
                slots[FROM] = None
            self._spans.append(at_once.span())
        for token in tokens:
            self._take(token)
        start = next(iter(self._starts), None)
        for lasting in self._lasting:
            self._ends.add(self._end_of(lasting, start))
        if self._ends and UNTIL in slots:  # « du 4 au 12, c'était son séjour ; l'accès, sans limite »
            return AccessDates(unclear=True)
        if len(self._starts) > 1 or len(self._ends) > 1:
            return AccessDates(unclear=True)
        if start is not None:
            slots[FROM] = start.isoformat() if start > self._today else None
        if self._ends:
            slots[UNTIL] = next(iter(self._ends)).isoformat()
        rest = self._rest()
        if self._ends:
            rest = _END_TO_SET.sub(" ", rest)
        if self._confirming and UNTIL not in slots and _END_TO_SET.search(rest):
            self._unclear = True
        if self._confirming and _SOME_TIME.search(rest):
            return AccessDates(unclear=True)
        rest = _LINKS.sub(" ", rest)
        return AccessDates(slots, self._unclear, names_condition(rest), names_reservation(rest))

    def _take(self, token: Token) -> None:
        before = self._words[: token.start]
        if any(start <= token.start < end for start, end in self._spans):
            return
        match token.kind:
            case Kind.SINCE:
                vague = token.value.startswith("fin ")
                self._add(self._starts, None if vague else self._days(token.value), first=True)
            case Kind.UNTIL if token.value == "":  # « jusqu'à ce que je revienne » is no day
                self._unclear = True
            case Kind.UNTIL:
                self._take_until(token)
            case Kind.DATES if not self._confirming and _OF_A_STAY.search(before):
                return
            case Kind.DATES:
                span = dates.dates(token.value, self._today)
                if span is None and not self._confirming:  # « du 37 au 41 » is not about days
                    return
                if span and self._is_turned_round(span, self._words[token.start : token.end]):
                    span = None
                self._add(self._starts, span, first=True)
                self._add(self._ends, span)
            case Kind.DURATION:
                self._take_duration(token, before)
            case Kind.ONCE | Kind.DAYS if self._confirming:
                self._take_day(token, before)
            case _:
                return
        self._spans.append((token.start, token.end))

    def _is_turned_round(self, span: tuple[date, date], named: str) -> bool:
        """Return whether the first day would have to be long past: « du 12 au 5 », « du 12 décembre au 5 décembre »."""
        first, last = span
        of_last_month = re.match(r"(?:du |de |entre )?(?:le )?\d{1,2}(?:er)? (?:au|a|et)\b", named) is not None
        return first < self._today and ((of_last_month and first.day > last.day) or (last - first).days > MANY_DAYS)

    def _take_until(self, token: Token) -> None:
        words = self._words[token.start :]
        if month := _END_OF_MONTH.match(words):
            first = dates.dated(f"1 {month[1]}", self._today.replace(day=1))
            self._ends.add((first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if first else self._today)
            return
        named = str(token.value or "")
        if not named or words.startswith("avant ") or _VAGUE.fullmatch(re.sub(r"^(?:le|la|l) ", "", named)):
            self._unclear = True
            return
        span = self._days(named)
        if span and re.match(r"(?:la |le )?fin ", named):  # the reader gives the day after
            span = (span[0], span[0] - timedelta(days=1))
        self._add(self._ends, span)

    def _take_duration(self, token: Token, before: str) -> None:
        named = self._words[token.start : token.end]
        if _NOT_AHEAD.search(before):
            self._unclear = self._unclear or self._confirming
            return
        if token.value is None:  # « pendant mes congés »
            self._unclear = True
        elif re.search(r"\b(?:h|heures?|min|minutes?)\b", named):
            self._unclear = self._unclear or self._confirming
        elif _IN.search(before):
            day = self._after(named)
            removes = re.search(r"\b(?:retir|enlev|supprim|termin|arret|coup)\w*(?: \w+){0,3} dans ", before + named)
            self._add(self._ends if removes else self._starts, (day, day) if day else None, first=True)
        elif self._confirming or _LASTS.match(named) or _STAY.search(before):
            self._lasting.append(named)

    def _take_day(self, token: Token, before: str) -> None:
        """Take a bare day of an answer: « seulement cette semaine » is that span; of « le 15 décembre » it is not known what begins."""
        named = token.value if isinstance(token.value, str) else self._words[token.start : token.end]
        if _ONE_SPAN.search(before) or re.match(r"(?:pour|toute) ", self._words[token.start :]) or named in ("cette semaine", "la semaine"):
            span = self._days(named)
            self._add(self._starts, span, first=True)
            self._add(self._ends, span)
        elif not _COURTESY.search(before) and not (_PASSED.search(before) and re.search(r"\d", named)):
            self._unclear = True

    def _add(self, days: set[date], span: tuple[date, date] | None, *, first: bool = False) -> None:
        if span is None:
            self._unclear = True
        else:
            days.add(span[0] if first else span[1])

    def _days(self, named: str) -> tuple[date, date] | None:
        """Return first and last day of what is named: a day twice, a week or a weekend; None where it names none."""
        named = re.sub(r" (?:inclus|compris)$", "", named.strip())
        named = re.sub(rf" (?:a |vers |au )?(?:{dates.HOUR}|{dates.PART})$", "", named)
        if re.fullmatch(rf"(?:le |la |l |ce |cet |cette )?(?:{dates.HOUR}|{dates.PART})", named):
            return None
        named = named if named in ("la semaine", "la semaine prochaine") else re.sub(r"^(?:le|la|l) ", "", named)
        span = dates.once(named, self._now, PARIS)
        return (paris_day(span[0]), paris_day(span[1] - timedelta(microseconds=1))) if span else None

    def _after(self, named: str) -> date | None:
        at = dates.after_duration(named, self._now, PARIS)
        return paris_day(at) if at else None

    def _end_of(self, lasting: str, start: date | None) -> date:
        """Return the last day of « 15 jours »: counted from a first day, that day is one of them; from now on, today is begun already."""
        at = self._now if start is None else datetime.combine(start, self._now.timetz())
        end = paris_day(dates.after_duration(lasting, at, PARIS) or at)
        return end if start is None else end - timedelta(days=1)

    def _rest(self) -> str:
        """Return the words beside the dates."""
        rest = list(self._words)
        for start, end in self._spans:
            rest[start:end] = " " * (end - start)
        return re.sub(r"\s+", " ", "".join(rest))
