"""Reading which dossier is meant: by reference, by position in the list shown, by the usager's name, or « ce dossier »."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from actions.framework.action import AssistantAction, Context, Events
from actions.framework.answers import among, shown_position
from actions.framework.lifecycle import Slots, set_slots
from actions.framework.negation import meant
from actions.framework.turn import Turn
from actions.framework.utterances import Button, titled
from actions.framework.visible_dossiers import SeenDossier
from actions.framework.web_continuation import elsewhere
from bot.dossiers.errors import NotAMember, UnknownDossier

SHOWN = 5
"""Entries of a list, at the most."""
DOSSIER_LISTS = ("dossier_choices", "dossier_shown")
"""Slots: the dossiers that a name may mean, and those whose buttons were shown last."""
_NUMBER = re.compile(
    r"(?:\b(?:le|du|au|dossier|num[ée]ro|non|pardon|euh|heu|plut[ôo]t|enfin)[\s,]+|n°\s*)(\d{2,6})(?![\w/.:-]|\s?\d)", re.IGNORECASE
)
_THIS = re.compile(r"\b(ce|même|meme|son|le meme|le même) dossier\b|\baussi\b|\bau dossier\s*$", re.IGNORECASE)


async def read_dossier(context: Context, *, asked: bool) -> Slots:
    """Slots `dossier` and `last_dossier` from the message; empty when it names none that will do (and says why).

    `asked` tells that the dossier is what was asked for: then a bare number, a position or a bare name is one too. On an external
    channel a dossier that is named by its usager is not looked for: the speaker is told why, with a link to where it may be.
    """
    turn = context.turn
    given = dossier_said(turn, asked=asked) or (_from_list(context) or _bare_number(turn.text) if asked else None)
    name = turn.entity("usager_name") or (turn.entity("partner_name") if asked else None)
    born = turn.entity("birth_date")
    if given is not None:
        slots = await by_reference(context, given)
        return await _unless_of_another(context, slots) if slots and turn.trusted and turn.entity("usager_name") else slots
    if not turn.trusted and (turn.masked or (asked and name is not None)):
        await elsewhere(context, "utter_usager_not_named")
        return {}
    if name is not None or (born is not None and asked):
        return await _by_usager(context, name, born)
    if not asked and turn.slot("last_dossier") and _THIS.search(turn.text):
        return {"dossier": turn.slot("last_dossier")}
    return {}


async def by_reference(context: Context, given: str) -> Slots:
    """The dossier of a reference, or of the bare number that ends the reference of one of the speaker's own; says why not."""
    person = await context.member()
    reference = given.upper()
    if not reference.startswith("SPH-"):
        own = [d.reference for d in await context.dossiers.own(person) if d.reference.endswith(reference.zfill(6))]
        if len(own) != 1:
            context.speech.say("utter_dossier_number_ambiguous" if own else "utter_dossier_number_unknown", reference=given)
            return {}
        reference = own[0]
    try:
        return chosen_dossier((await context.dossiers.get(reference, person)).reference)
    except UnknownDossier:
        context.speech.say("utter_dossier_unknown", reference=reference)
    except NotAMember:
        context.speech.say("utter_not_a_member", reference=reference)
    return {}


def chosen_dossier(reference: str) -> Slots:
    """The slots of a dossier that is known to be the speaker's."""
    return {"dossier": reference, "last_dossier": reference, "dossier_choices": None, "dossier_shown": None}


def dossier_said(turn: Turn, *, asked: bool = False) -> str | None:
    """The reference or number that is meant; of several the first, unless the later ones correct it.

    A bare number (« le 142 ») is one where the dossier was asked for or is corrected, or beside another that is one.
    """
    named = turn.entities("dossier_ref")
    least = 2 if asked or named or "dossier" in turn.text.lower() else 3  # « le 37 » is a département before it is a dossier
    numbers = _numbers(turn) if asked or named or turn.corrects else []
    values = [*named, *(number for number in numbers if len(number["value"]) >= least)]
    found = meant(turn.raw, sorted(values, key=lambda value: value.get("start") or 0), strict=turn.corrects)
    return str(found[-1 if turn.corrects else 0]["value"]) if found else None


def _numbers(turn: Turn) -> list[dict[str, Any]]:
    """The numbers of a typed message that may be dossiers' and that nothing else was understood by."""
    taken = [(entity.get("start") or 0, entity.get("end") or 0) for entity in turn.message.get("entities") or []]
    free = [n for n in _NUMBER.finditer(turn.raw) if not any(start < n.end(1) and n.start(1) < end for start, end in taken)]
    return [{"value": number[1], "start": number.start(1), "end": number.end(1)} for number in free]


async def of_usager(context: Context, name: str | None, born: str | None) -> list[SeenDossier]:
    """The speaker's own dossiers of an usager; of those that the last question was about, if any of these fits."""
    found = await context.dossiers.search(await context.member(), name=name, birth_date=date.fromisoformat(born) if born else None)
    choices: list[str] = context.turn.slot("dossier_choices") or []
    return [dossier for dossier in found if dossier.reference in choices] or found


async def _unless_of_another(context: Context, slots: Slots) -> Slots:
    """The dossier of a reference, unless the usager who is named with it has another one: then which of them must be said."""
    turn = context.turn
    others = [dossier.reference for dossier in await of_usager(context, turn.entity("usager_name"), turn.entity("birth_date"))]
    if not others or slots["dossier"] in others:
        return slots
    return {"dossier_choices": [slots["dossier"], *others][:SHOWN]}


async def _by_usager(context: Context, name: str | None, born: str | None) -> Slots:
    found = await of_usager(context, name, born)
    if len(found) == 1:
        return chosen_dossier(found[0].reference)
    if not found:
        context.speech.say("utter_no_dossier_of_that_name")
        return {}
    return {"dossier_choices": [d.reference for d in found[:SHOWN]]}


def _bare_number(text: str) -> str | None:
    found = re.fullmatch(r"\D{0,20}?(\d{1,6})\W*", text)
    return found[1] if found and len(found[1]) > 1 else None


def _from_list(context: Context) -> str | None:
    choices: list[str] = context.turn.slot("dossier_shown") or []
    return among(choices, shown_position(context.turn))


async def ask_dossier(context: Context) -> Slots:
    """Ask which dossier, with a button for each of (at most five of) the speaker's own; the slots to remember the list by."""
    own = await context.dossiers.own(await context.member())
    found, last = context.turn.slot("dossier_choices") or [], context.turn.slot("last_dossier")
    shown = [d for d in own if d.reference in found] or sorted(own, key=lambda d: d.reference != last)[:SHOWN]
    if not shown:
        context.speech.say("utter_ask_dossier_none")
        return {"dossier_shown": None}
    context.speech.say("utter_ask_dossier_among" if found else "utter_ask_dossier", buttons=[dossier_button(d) for d in shown])
    return {"dossier_shown": [d.reference for d in shown]}


class AskDossier(AssistantAction):
    """Base of the questions which dossier: the same for every task that needs one."""

    async def act(self, context: Context) -> Events:
        """List the speaker's own dossiers."""
        return set_slots(await ask_dossier(context))


async def shown_dossier(context: Context, reference: str) -> str:
    """How a dossier is named on a confirmation: with its usager where that may be said, so that a wrong one is noticed in time."""
    try:
        return (await context.dossiers.get(reference, await context.member())).label
    except (NotAMember, UnknownDossier):  # the act itself will say so
        return reference


def dossier_button(dossier: SeenDossier) -> Button:
    """A button that names a dossier."""
    return titled(dossier.label, "inform", dossier_ref=dossier.reference)
