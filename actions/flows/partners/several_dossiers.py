"""Several dossiers of one wish: « mes quatre dossiers », « les trois autres », « Durand et Garnier ».

One is taken up at once; the others wait in the slot `MORE` of the flow, which goes on with them, the person and the dates as they are by
then.
"""

from __future__ import annotations

import re

from actions.flows.dossiers.dossier_slot import dossier_slots, read_dossier
from actions.flows.partners.access_dates import read_dates
from actions.flows.partners.last_acts import acts_of, last_act_of
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.negation import affirmed
from actions.framework.own_usagers import usager_mentions
from actions.framework.remarks import without_remarks
from actions.framework.reservation import names_reservation
from actions.framework.turn import Turn
from actions.framework.usager_names import DOSSIERS, same_begins, says_same
from bot.core.text_folding import flat

MORE = "more_dossiers"
"""Slot: the references of the dossiers that come after the one in hand, in their order; None where there are none."""
RESERVED = "reserved"
"""Beside `MORE`: what was said of the further dossiers holds a reservation. No slot."""
_NUMBERS = {word: at for at, word in enumerate(["deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"], start=2)}
_NUMBER = rf"(?:{'|'.join(_NUMBERS)}|\d\d?)"
_WHAT = r"(?:dossiers|usagers|patients|patientes)"
_COUNTED = re.compile(
    rf"\b(?:(?:tous|toutes|chacun de) (?:mes|nos|les) (?:{_NUMBER} )?{_WHAT}|(?:mes|nos|les|ses) {_NUMBER} {_WHAT}"
    rf"|(?:mes|nos|les) (?:{_NUMBER} )?autres)\b"
)
"""Of flat texts: « tous mes dossiers », « les quatre dossiers », « les trois autres »."""
_COUNTED_ALONE = re.compile(
    rf"\W*(?:(?:sur|pour) )?(?:(?:tous|toutes|tt)(?: les)?(?: {_NUMBER})?|(?:les )?{_NUMBER})(?: dossiers)?\W*(?:s il \w+ plait|svp)?\W*"
)
"""« les quatre », « tous », where the dossier was asked for."""
_LEADS_ON = re.compile(
    r"(?:\W|\b(?:et|puis|ensuite|apres|aussi|ainsi que|faites|fais|faire|mettez|mets|sur|pour|la|le|les|de|madame|monsieur|mme|m)\b)*\Z"
)
"""Words that lead on to further dossiers."""


def counts_dossiers(text: str) -> bool:
    """Return whether a text means several of the user's dossiers by their number, or all: « mes quatre dossiers »."""
    return bool(_COUNTED.search(flat(text)))


def answers_with_dossiers(turn: Turn) -> bool:
    """Return whether a message answers « quel dossier ? » whatever its intent: by a number of them, or by names that mean nothing else."""
    if turn.requested_slot != "dossier" or turn.is_button:
        return False
    named = turn.intent in {"nlu_fallback", "out_of_scope"} and len(turn.entities("usager_name") + turn.entities("partner_name")) > 1
    return named or counts_dossiers(turn.text)


async def read_dossiers(context: Context, *, asked: bool) -> Slots:
    """Return the slots of the dossier that the message names, as `read_dossier` does, with the others that it names in `MORE`."""
    references = await named_dossiers(context, asked=asked)
    if references is None:
        return {}
    return first_of(references) if references else await read_dossier(context, asked=asked)


def first_of(references: list[str]) -> Slots:
    """Return the slots of the first of several dossiers of the user, the others after it."""
    return {**dossier_slots(references[0]), MORE: references[1:] or None}


async def named_dossiers(context: Context, *, asked: bool) -> list[str] | None:
    """Return the references of the several dossiers of the user that the message names; none where it names at most one.

    None where there are not as many as it says: the user was told so.
    """
    turn = context.turn
    if turn.is_button:
        return []
    if len(named := list(turn.message.get(DOSSIERS) or [])) > 1:
        return named
    counted = _COUNTED.search(flat(turn.text)) or (_COUNTED_ALONE.fullmatch(flat(turn.text)) if asked and not turn.text.isdigit() else None)
    own = await context.dossiers.own(await context.linked_account()) if counted or len(_references(turn)) > 1 else []
    if counted is None:
        if len(given := _references(turn)) < 2:
            return []
        references = [reference for reference in given if any(dossier.reference == reference for dossier in own)]
        for reference in given:
            if reference not in references:
                context.utterances.utter("utter_not_a_member", reference=reference)
        return references or None
    number = re.search(rf"\b{_NUMBER}\b", counted[0])
    left = _dealt_with(turn) if "autres" in counted[0] else set[str]()
    left |= {mention.reference for mention in usager_mentions(turn.raw_text, own) if mention.left_out}
    references = [dossier.reference for dossier in own if dossier.reference not in left]
    wanted = (_NUMBERS.get(number[0]) or int(number[0])) if number else len(references)
    if not references or wanted != len(references):
        few = {0: "_none", 1: "_one"}.get(len(references), "")
        context.utterances.utter(f"utter_dossiers_counted{few}", count=len(references))
        return None
    return references


def _references(turn: Turn) -> list[str]:
    values = affirmed(turn.raw_text, turn.entities("dossier_ref"))
    return list(dict.fromkeys(str(value["value"]).upper() for value in values if str(value["value"]).upper().startswith("SPH-")))


def _dealt_with(turn: Turn) -> set[str]:
    """Return the dossiers that « les autres » leaves out: the one in hand, and those in which the last person was dealt with."""
    last = last_act_of(turn, "added", "requested", "removed")
    done = {
        act["dossier"] for act in acts_of(turn) if last and act["name"] == last["name"] and act["act"] == last["act"] and not act["undone"]
    }
    return done | ({turn.slot("dossier")} if turn.slot("dossier") else set())


async def tell_more(context: Context, references: list[str]) -> None:
    """Say which dossiers come after the one in hand."""
    labels = {d.reference: d.label for d in await context.dossiers.own(await context.linked_account())}
    separator = context.utterances.text("utter_agenda_separator")
    told = separator.join(labels.get(reference, reference) for reference in references)
    context.utterances.utter("utter_dossiers_to_come", dossiers=told)


async def take_further(context: Context) -> Slots:
    """Return the further dossiers for which a message wants what the card shows, in `MORE`; without those words it is the answer then.

    « Oui, même équipe. Et ensuite les trois autres pareil ». `context.turn` is the turn without them. Where they hold a reservation, or
    dates that the card has not, `RESERVED` is there too: nothing is confirmed by what stands before.
    """
    turn = context.turn
    words = flat(turn.raw_text)
    if turn.is_button or not (says_same(turn.raw_text) or _COUNTED.search(words)):
        return {}
    named: list[str] = turn.message.get(DOSSIERS) or []
    references = named if len(named) == 1 else await named_dossiers(context, asked=False)
    further = [reference for reference in references or [] if reference != turn.slot("dossier")]
    if not further:
        return {}
    counted = _COUNTED.search(words)
    begins = [at for at in (counted.start() if counted else None, same_begins(turn.raw_text)) if at is not None]
    begins += [e.get("start") or 0 for e in turn.entities("usager_name")]
    cut = _LEADS_ON.sub("", words[: min(begins)])
    text, tail = turn.raw_text[: len(cut)], turn.raw_text[len(cut) :]
    now = context.services.clock.now()
    dates = read_dates(without_remarks(tail), now, confirming=True)
    as_shown = bool(dates.slots) and not dates.unclear and not dates.changed(turn)  # said again: the card has them
    reserved = dates.reserved if as_shown else names_reservation(tail) or bool(dates)
    entities = [e for e in turn.message.get("entities") or [] if e["entity"] == "basis" or (e.get("end") or 0) <= len(cut)]
    context.turn = turn.with_message({**turn.message, "text": text, "said": text, "entities": entities})
    more = [*(turn.slot(MORE) or []), *(one for one in further if one not in (turn.slot(MORE) or []))]
    return {MORE: more, **({RESERVED: True} if reserved else {})}
