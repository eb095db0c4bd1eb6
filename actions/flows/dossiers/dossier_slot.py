"""The slot `dossier`: read from a reference, a position in the list shown, the usager's name, or « ce dossier »; and asked for."""

from __future__ import annotations

import re
from typing import Any

from actions.framework.action import AssistantAction
from actions.framework.answers import at_position, list_position
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Slots, set_slots
from actions.framework.negation import affirmed
from actions.framework.refusals import utter_refusal
from actions.framework.turn import Turn
from actions.framework.utterances import MAX_SHOWN, Button, make_button
from actions.framework.visible_dossiers import VisibleDossier
from actions.framework.web_continuation import refer_to_web_chat
from bot.core.text_folding import flat, fold, word_set
from bot.core.written_dates import MONTHS
from bot.dossiers.errors import LimitReached, NotAMember

DOSSIER_LISTS = ("dossier_choices", "dossier_shown")
"""Slots: the dossiers that a name may mean, and those whose buttons were shown last."""
_NUMBER = re.compile(
    r"(?:\b(?:le|du|au|dossier|num[ée]ro|non|pardon|euh|heu|plut[ôo]t|enfin)[\s,]+|n°\s*)(\d{2,6})(?![\w/.:-]|\s?\d)", re.IGNORECASE
)
_DAY = r"(?:[12]?\d|3[01])(?:er)?"
_DAYS = re.compile(
    rf"\b{_DAY}(?: (?:au|et|ou|a|jusqu au) (?:le )?{_DAY})? (?:{'|'.join(MONTHS)})\b|\b(?:du|entre le) {_DAY} (?:au|et le) {_DAY}\b"
)
"""Of a flat text: days of a month, whose numbers are none of a dossier."""
DIMINUTIVES = word_set("petit petite p tit ptit ptite bebe jeune grand grande vieux vieille papi papy mamie mami pere mere")
"""Words before an usager's name that are none of it: « le petit Lamy »."""
_TALK = DIMINUTIVES | word_set(
    "ben bah eh bon euh heu mais c est cest oui non alors donc et voila toujours m mr mme mlle monsieur madame mademoiselle le la les l de"
    " du des d dossier celui celle pour chez sur"
)
"""Words around a name that are none of it; folded."""
_THIS_DOSSIER = re.compile(r"\b(ce|même|meme|son|le meme|le même) dossier\b|\baussi\b|\bau dossier\s*$", re.IGNORECASE)


async def read_dossier(context: Context, *, asked: bool) -> Slots:
    """Return the slots of the dossier that the message names; none, and say why, if it names none that can be used.

    On an external channel a dossier named by its usager is not looked up: the user is told why, with a link to the web chat.

    Args:
        asked: whether the dossier was asked for. A bare number, a list position or a bare name then names one too.
    """
    turn = context.turn
    reference = read_reference(turn, asked=asked) or (_from_list(context) or _bare_number(turn.text) if asked else None)
    name = turn.entity("usager_name") or (turn.entity("partner_name") if asked else None)
    birth_date = turn.entity("birth_date")
    if reference is not None:
        slots = await find_by_reference(context, reference)
        return await _check_usager(context, slots) if slots and turn.trusted and turn.entity("usager_name") else slots
    if not turn.trusted and (turn.masked or (asked and name is not None)):
        await refer_to_web_chat(context, "utter_usager_not_named")
        return {}
    if name is not None or (birth_date is not None and asked):
        return await _choose_by_usager(context, name, birth_date)
    if not asked and turn.slot("last_dossier") and (turn.says.get("dossier") == "same" or _THIS_DOSSIER.search(turn.text)):
        return {"dossier": turn.slot("last_dossier")}
    return {}


async def read_dossier_or_last(context: Context) -> Slots:
    """Return the slots of the dossier that the message names, or of the one talked about last."""
    before = context.utterances.count
    slots = await read_dossier(context, asked=False)
    if not slots and context.utterances.count == before and context.turn.slot("last_dossier"):
        slots["dossier"] = context.turn.slot("last_dossier")
    return slots


async def find_by_reference(context: Context, given: str) -> Slots:
    """Return the slots of a dossier by its reference, or by the number that ends the reference of one of the user's own.

    Return none, and say so, if there is no such dossier or the user is not a member of it: in the same words.
    """
    account = await context.linked_account()
    reference = given.upper()
    if not reference.startswith("SPH-"):
        own = [d.reference for d in await context.dossiers.own(account) if d.reference.endswith(reference.zfill(6))]
        if len(own) != 1:
            context.utterances.utter("utter_dossier_number_ambiguous" if own else "utter_dossier_number_unknown", reference=given)
            return {}
        reference = own[0]
    try:
        return dossier_slots((await context.dossiers.get(reference, account)).reference)
    except (NotAMember, LimitReached) as refusal:
        utter_refusal(context.utterances, refusal, reference)
    return {}


def dossier_slots(reference: str) -> Slots:
    """Return the slots of a dossier that is known to be the user's own."""
    return {"dossier": reference, "last_dossier": reference, "dossier_choices": None, "dossier_shown": None}


def read_reference(turn: Turn, *, asked: bool = False) -> str | None:
    """Return the reference or number that the message affirms: the first of several, in a correction the last.

    A bare number (« le 142 ») is one if the dossier was asked for or is corrected, or if it stands beside another reference.
    """
    named = turn.entities("dossier_ref")
    min_digits = 2 if asked or named or "dossier" in turn.text.lower() else 3  # « le 37 » is a département before it is a dossier
    numbers = _numbers(turn) if asked or named or turn.is_correction else []
    values = [*named, *(number for number in numbers if len(number["value"]) >= min_digits)]
    found = affirmed(turn.raw_text, sorted(values, key=lambda value: value.get("start") or 0), strict=turn.is_correction)
    return str(found[-1 if turn.is_correction else 0]["value"]) if found else None


def _numbers(turn: Turn) -> list[dict[str, Any]]:
    """Return the numbers of a typed message that may be those of dossiers and are in no other entity."""
    taken = [(entity.get("start") or 0, entity.get("end") or 0) for entity in turn.message.get("entities") or []]
    taken += [found.span() for found in _DAYS.finditer(flat(turn.raw_text))]
    free = [n for n in _NUMBER.finditer(turn.raw_text) if not any(start < n.end(1) and n.start(1) < end for start, end in taken)]
    return [{"value": number[1], "start": number.start(1), "end": number.end(1)} for number in free]


async def find_by_usager(context: Context, name: str | None, birth_date: str | None) -> list[VisibleDossier]:
    """Return the user's own dossiers of an usager; only those that the last question listed, if any of them matches.

    `birth_date` is an ISO date.
    """
    account = await context.linked_account()
    found = await context.dossiers.search(account, name=name, birth_date=birth_date)
    choices: list[str] = context.turn.slot("dossier_choices") or []
    return [dossier for dossier in found if dossier.reference in choices] or found


async def _check_usager(context: Context, slots: Slots) -> Slots:
    """Return the slots of a reference unless the usager named with it has another dossier: then the user must choose."""
    turn = context.turn
    others = [dossier.reference for dossier in await find_by_usager(context, turn.entity("usager_name"), turn.entity("birth_date"))]
    if not others or slots["dossier"] in others:
        return slots
    return {"dossier_choices": [slots["dossier"], *others][:MAX_SHOWN]}


async def _choose_by_usager(context: Context, name: str | None, birth_date: str | None) -> Slots:
    found = await find_by_usager(context, name, birth_date)
    if not found and name is not None and birth_date is None:
        found = _called(name, await context.dossiers.own(await context.linked_account()))
    if len(found) == 1:
        return dossier_slots(found[0].reference)
    if not found:
        context.utterances.utter("utter_no_dossier_of_that_name")
        return {}
    return {"dossier_choices": [d.reference for d in found[:MAX_SHOWN]]}


def _called(name: str, own: list[VisibleDossier]) -> list[VisibleDossier]:
    """Return the dossiers whose usager has the given or family name that stands among words of a talk: « ben Odette »."""
    words = set(fold(name).split()) - _TALK
    return [d for d in own if words and words <= set(fold(f"{d.given} {d.family}").split())]


def _bare_number(text: str) -> str | None:
    found = re.fullmatch(r"\D{0,20}?(\d{1,6})\W*", text)
    return found[1] if found and len(found[1]) > 1 else None


def _from_list(context: Context) -> str | None:
    shown: list[str] = context.turn.slot("dossier_shown") or []
    return at_position(shown, list_position(context.turn))


async def ask_dossier(context: Context) -> Slots:
    """Ask which dossier, with a button for each of at most five of the user's own; return the slots that remember the list."""
    own = await context.dossiers.own(await context.linked_account())
    found, last = context.turn.slot("dossier_choices") or [], context.turn.slot("last_dossier")
    shown = [d for d in own if d.reference in found] or sorted(own, key=lambda d: d.reference != last)[:MAX_SHOWN]
    if not shown:
        context.utterances.utter("utter_ask_dossier_none")
        return {"dossier_shown": None}
    context.utterances.utter("utter_ask_dossier_among" if found else "utter_ask_dossier", buttons=[dossier_button(d) for d in shown])
    return {"dossier_shown": [d.reference for d in shown]}


class AskDossier(AssistantAction):
    """Base of the questions « quel dossier ? »: the same for every flow that needs one."""

    async def act(self, context: Context) -> Events:
        """List the user's own dossiers."""
        return set_slots(await ask_dossier(context))


async def dossier_label(context: Context, reference: str) -> str:
    """Return the name of a dossier on a confirmation card: with its usager where allowed, so that a wrong one is noticed in time."""
    try:
        return (await context.dossiers.get(reference, await context.linked_account())).label
    except (NotAMember, LimitReached):  # the operation itself will say so
        return reference


async def forget_usager(context: Context, reference: str | None, *, answering: bool) -> None:
    """Take the usager's own name out of the turn where it was read as a professional's: « M. Lamy est informé », said of his dossier.

    A professional may have an usager's name: the only name of a wish stays. `answering`: the message answers the confirmation.
    """
    turn = context.turn
    named = turn.entities("partner_name")
    if reference is None or not turn.trusted or turn.is_button or not named or (len(named) < 2 and not answering):
        return
    words = set(fold(await dossier_label(context, reference)).split())
    told = [entity for entity in named if set(fold(str(entity["value"])).split()) <= words]
    if told and (answering or len(told) < len(named)):
        context.turn = turn.without_entities(told)


def dossier_button(dossier: VisibleDossier) -> Button:
    """Return a button that names a dossier."""
    return make_button(dossier.label, "inform", dossier_ref=dossier.reference)
