"""« Pareil pour Mme Noël », « mêmes dates »: the person, the dates and the basis of the last addition, for what a message leaves open.

What is taken over is said, and stands on the card, so that a yes means it. Of an act of somebody else, or one that was taken back, nothing
is.
"""

from __future__ import annotations

import re

from actions.flows.directory.search import read_criteria
from actions.flows.partners.access_dates import DATES_ASKED, FROM, UNTIL, period_words, says_same_dates
from actions.flows.partners.last_acts import Act, Kind, last_act_of, turns_since
from actions.flows.partners.partner_slot import choose_partner
from actions.flows.partners.several_dossiers import counts_dossiers
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from actions.framework.usager_names import SAME_ONE, says_same
from bot.core.text_folding import flat, fold
from bot.dossiers.period import AccessPeriod

NEAR = 10
"""Messages after an act in which « pareil » with a dossier is about it."""
_EVERYTHING = re.compile(rf"\b(?:pareil|idem|meme chose|memes conditions)\b|\b{SAME_ONE}")
_BASIS = re.compile(r"\bmemes? (?:bases?|conditions|accord)\b")


def claims_same(turn: Turn, *kinds: Kind) -> bool:
    """Return whether the words ask for the last act again, on another dossier: « la même chose pour Mme Noël », « les trois autres »."""
    if turn.is_button or not says_same(turn.text) or "?" in turn.text:
        return False
    newest = last_act_of(turn, "added", "requested", "removed")
    since = turns_since(turn, newest["turn"]) if newest and newest["act"] in kinds else None
    named = turn.entity("usager_name") or turn.entity("dossier_ref") or turn.entity("partner_name") or turn.masked
    return since is not None and since <= NEAR and bool(named or counts_dossiers(turn.text))


async def fill_from_last(context: Context, slots: Slots) -> Slots:
    """Return what « pareil », « mêmes dates », « même base » take over from the last addition, beside what the message gives itself.

    Dates that are the same as none that are known are asked for.
    """
    turn = context.turn
    if turn.is_button or not (says_same(turn.text) or _BASIS.search(flat(turn.text))):
        return {}
    act = await _own_act(context)
    everything, dates = bool(_EVERYTHING.search(flat(turn.text))), says_same_dates(turn.text)
    found: Slots = {}
    if act is None:
        return {DATES_ASKED: True} if dates and not (slots.get(FROM) or slots.get(UNTIL)) else {}
    if await _is_same_person(context, act, slots, everything=everything or dates):
        found |= await choose_partner(context, act["partner"])
        found["partner_query"] = {"name": act["name"]}
    if dates and not (act["from"] or act["until"] or slots.get(FROM) or slots.get(UNTIL)):
        found[DATES_ASKED] = True
    elif (everything or dates) and not (slots.get(FROM) or slots.get(UNTIL)):
        found |= {FROM: act["from"], UNTIL: act["until"]}
    basis, same_basis = act.get("basis"), bool(_BASIS.search(flat(turn.text)))
    holds = basis in ({CARE_TEAM, CONSENT} if same_basis else {CARE_TEAM})  # a consent is of one usager: only who says so means it
    if (everything or same_basis) and holds and not slots.get("basis_said"):
        found["basis_said"] = basis
    _tell(context, act, found)
    return found


async def _own_act(context: Context) -> Act | None:
    act = last_act_of(context.turn, "added", "requested")
    return act if act is not None and act["by"] == (await context.account_reference()).id else None


async def _is_same_person(context: Context, act: Act, slots: Slots, *, everything: bool) -> bool:
    """Return whether the person of the last act is meant: nobody else is named, or their own name is said."""
    criteria = read_criteria(context.turn)
    if not act.get("partner") or (slots.get("partner") or {}).get("key") == act["partner"]:
        return False
    if not criteria:
        return everything and not slots.get("partner")
    return "name" in criteria and set(fold(criteria["name"]).split()) <= set(fold(act["name"]).split())


def _tell(context: Context, act: Act, found: Slots) -> None:
    utterances, told = context.utterances, []
    if "partner" in found:
        told.append(act["name"])
    if FROM in found:
        words = period_words(context, AccessPeriod.read(act["from"], act["until"]))
        told.append(words or utterances.text("utter_same_without_dates"))
    if "basis_said" in found:
        told.append(utterances.text(f"utter_same_{found['basis_said']}"))
    if told:
        separator = utterances.text("utter_agenda_separator")
        utterances.utter("utter_same_as_before", reference=act["dossier"], what=separator.join(told))
