"""What was typed when a question about a request had been asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time

from bot.notifications.kinds import DeliveryChannel
from bot.notifications.preference_parser.categories import Kind
from bot.notifications.preference_parser.parser import choose, read
from bot.notifications.preference_parser.recognition import is_wish
from bot.notifications.preference_parser.spelling_correction import canonical
from bot.notifications.preference_parser.tokens import Token, tokenize
from bot.notifications.preference_parser.values import About, Choice, Context, PreferenceRequest, Question, Span

_SAYS = {
    "every_way": r"les deux|partout|tou(?:s|tes)\b",
    "also": r"en plus|aussi|egalement|les deux|garde",
    "only": r"a la place|remplace|seule?ment|uniquement|que\b|plus (?:par|sur)|suffit",
    "digest_at": r"resume|recap|synthese|bilan|digest|groupe",
    "digest": r"resume|recap|synthese|bilan|digest|groupe|une fois par jour|quotidien",
    "not_before": r"\bavant\b|pas plus tot",
    "not_after": r"\bapres\b|pas plus tard|plus rien",
    "only_then": r"seule?ment|que\b|uniquement",
    "once": r"cette fois|une (?:seule )?fois|prochaine?|seule?ment|juste|celui la|ce (?:samedi|dimanche|weekend)",
    "always": r"toujours|tou(?:s|tes) les|chaque|toutes|a chaque fois|l[ea]s\b",
    "daily": r"quotidien|par jour|tous les jours|chaque jour",
    "until_undone": r"nouvel ordre|indefiniment|sans (?:date|fin)|je (?:te|vous) (?:dirai|dis)|jusqu a ce que",
    "quiet_evening": r"soir|nuit",
    "quiet_weekend": r"weekend",
    "never": r"jamais|plus (?:du tout|rien)|desactiv|coupe|arret|stop",
    "now": r"tout de suite|immediat|direct|au fur",
    "all": r"\btou(?:t|s|tes)\b",
    "yes": r"^(?:oui|ok|d accord|c est (?:ca|bien ca)|exact[a-z]*|vas y|allez y|confirm[a-z]*|parfait|tout a fait)\b",
    "included": r"^oui|inclus|compris|avec",
    "excluded": r"^non|exclu|non compris|sans|avant",
    "quiet": r"^(?:(?:surtout|absolument|plus|non) )*rien\b(?! (?:avant|apres|d autre|que))",
    "pause": r"oui|pause|sourdine|stop|coupe|plus (?:de|rien)|ok\b|d accord",
    "mute": r"oui|sourdine|pause|ok\b",
}
_HALF_YES = re.compile(
    r"(?:oui|ok|d accord|parfait|bien)\b(?: (?:oui|ok|bien|sur|ca|va|,|\.|!))* "
    r"(?:mais(?: (?:que|qu|seulement|juste|uniquement))?|que|qu|seulement|juste|uniquement|si|sauf)\b"
)
"""A yes that limits what was proposed."""
_BARE_YES = r"(?:oui|ok|d accord|,|\.|!| )+"
_GOES_ON = re.compile(r"(?:et|aussi|egalement|mais|sauf)\b")
"""Words that begin an addition to a request."""
_ADDED = {About.UNTIL: ("jusqu'à ", "jusqu'au ", "pendant ", "jusqu'à la ")}
"""Words that make a bare answer go on with the request."""


def answer(question: Question, text: str, spans: Sequence[Span], context: Context) -> PreferenceRequest | Question | None:
    """Return what is requested, now that a question was answered in words; None where they answer nothing and request nothing.

    In this order: one of the choices; where a confirmation was asked for, a request of its own; the request read again together with the
    words; a request of its own.
    """
    reading = canonical(text).text.strip()
    if question.about in (About.URGENT, About.URGENT_THEN) and _HALF_YES.match(reading):
        return _narrowed(question, text, context)
    found = tokenize(reading)
    choice, other = _choice(question, reading, found), _names_another_way(question, found)
    if choice is not None and not (other and choice.name == "only"):
        return choose(question, choice, context)
    if question.about is About.MEANING and re.search(_SAYS["quiet"], reading) and any(atom.kind is Kind.URGENT for atom in found):
        return question  # « rien du tout, sauf si c'est urgent », of an hour alone
    alone = None if other else read(text, spans, context)
    goes_on = _GOES_ON.match(reading) is not None
    if question.about is About.CONFIRM and not goes_on:
        replaced = _replaced(question, alone, text, context)
        if replaced is not None:
            return replaced
    if question.about is About.FOR_ALL and any(atom.kind is Kind.UNTIL for atom in found):
        return _of_everything(question, text, context)
    if not other and not re.match(r"non\b|en fait|finalement|plutot", reading):
        doubtful: Question | None = None
        for joined in _joined(question, text):
            again = read(joined, (), context)
            if isinstance(again, Question) and again.about is About.CONFIRM:
                doubtful = doubtful or again
                continue
            if isinstance(again, PreferenceRequest) or (again is not None and again.about not in (question.about, About.UNCLEAR)):
                return again
        if doubtful is not None and (goes_on or not isinstance(alone, PreferenceRequest)):
            return doubtful
    if not other:
        return alone
    instead = read(_in_its_place(question, text), (), context)
    return instead if isinstance(instead, PreferenceRequest) else read(text, spans, context)


def _narrowed(question: Question, text: str, context: Context) -> Question:
    """« oui mais que pendant mes congés »: what was proposed has no end, so that nothing is done; the question is asked with the dates."""
    told = _HALF_YES.sub("", canonical(text).text.strip(), count=1)
    again = read(f"{question.text.rstrip(' .!?,;')} {told}", (), context)
    if question.about is About.URGENT and isinstance(again, Question) and again.choices:
        return again
    return question


def _replaced(
    question: Question, alone: PreferenceRequest | Question | None, text: str, context: Context
) -> PreferenceRequest | Question | None:
    """Return the request that replaces the one to be confirmed; its confirmation without complaint where it is the same; None for none."""
    if isinstance(alone, PreferenceRequest):
        if alone == choose(question, question.choices[0], context):
            return question.model_copy(update={"value": "", "text": text, "spans": ()})
        return alone
    return alone if isinstance(alone, Question) and is_wish(text) else None


def _of_everything(question: Question, text: str, context: Context) -> PreferenceRequest | Question | None:
    """« jusqu'à nouvel ordre », answered to whether everything is meant: a mute of everything, until then."""
    everything = next(choice for choice in question.choices if choice.name == "all")
    longer = question.model_copy(update={"text": next(_joined(question, text))})
    result = choose(longer, everything, context)
    return result if isinstance(result, PreferenceRequest) else choose(question, everything, context)


def _names_another_way(question: Question, found: list[Token]) -> bool:
    """Return whether « par Teams uniquement » answers « par e-mail seulement, ou aussi ? »: then it is Teams that is requested."""
    said = {atom.value for atom in found if atom.kind is Kind.WAY}
    return question.about is About.ALSO_OR_ONLY and bool(said - {atom.value for atom in _ways_of(question)})


def _in_its_place(question: Question, text: str) -> str:
    """Return the request with the words in the place of the channel that it names: its rhythm and its times stay."""
    ways = _ways_of(question)
    start, end = canonical(question.text).origin(ways[0].start, ways[0].end) if len(ways) == 1 else (0, len(question.text))
    return f"{question.text[:start]}{text}{question.text[end:]}"


def _ways_of(question: Question) -> list[Token]:
    return [atom for atom in tokenize(canonical(question.text).text) if atom.kind is Kind.WAY]


def _choice(question: Question, reading: str, found: list[Token]) -> Choice | None:
    values = {kind: [atom.value for atom in found if atom.kind is kind] for kind in (Kind.WAY, Kind.DAYS, Kind.AT, Kind.DOSSIER)}
    if question.about in (About.EVENING, About.HALF):
        return _hour(question, reading, values[Kind.AT])
    if question.about is About.DAY:
        days = [day for each in values[Kind.DAYS] for day in each.days]
        return Choice(name="day", value=str(days[0])) if len(days) == 1 and days[0] < 7 else None
    if re.fullmatch(_BARE_YES, reading) and question.about is About.URGENT_THEN:
        return None  # of a mute of what is urgent too, no bare yes
    if re.fullmatch(_BARE_YES, reading) and question.about is About.URGENT and len(question.choices) == 1:
        return question.choices[0]
    named = {way.value for way in values[Kind.WAY] if isinstance(way, DeliveryChannel)} | {ref for ref in values[Kind.DOSSIER] if ref}
    fitting = [choice for choice in question.choices if choice.value in named] if named else []
    if not fitting:
        fitting = [choice for choice in question.choices if choice.name in _SAYS and re.search(_SAYS[choice.name], reading)]
    return fitting[0] if len(fitting) == 1 else None


def _hour(question: Question, reading: str, hours: list[time]) -> Choice | None:
    bare = re.fullmatch(r"(?:a |vers |pour )?(\d{1,2})", reading)
    if bare is not None and int(bare[1]) < 24:
        hours = [time(int(bare[1]))]
    if len(hours) != 1:
        return None
    (hour,) = hours
    if question.about is About.EVENING and 1 <= hour.hour < 12:
        hour = hour.replace(hour=hour.hour + 12)
    choice = Choice(name="hour", value=f"{hour:%H:%M}")
    return choice if question.about is About.EVENING or choice in question.choices else None


def _joined(question: Question, text: str) -> Iterator[str]:
    wish = question.text.rstrip(" .!?,;")
    for words in _ADDED.get(question.about, ()):
        yield f"{wish} {words}{text}"
    yield f"{wish}, {text}"
