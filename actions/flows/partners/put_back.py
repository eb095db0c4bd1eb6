"""Who is to be put back in a team they once were in: « remettez Boulanger dans le dossier Lamy, je l'ai retiré hier ».

What this conversation removed is taken back by `undo_act`; who left before is known from the dossier's history. It is an addition like any
other, with its card and its basis: only who is meant, and where, is known better than from the directory.
"""

from __future__ import annotations

import re
from typing import Any

from actions.flows.directory.search import Criteria, account_of, get_professional
from actions.flows.dossiers.dossier_slot import read_reference
from actions.flows.partners.member_names import matching_name
from actions.flows.partners.partner_slot import choose_partner, look_up
from actions.flows.partners.undo_wish import read_undo_wish
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from actions.framework.usager_names import DOSSIERS
from bot.core.text_folding import flat
from bot.dossiers.history import Participation
from bot.notifications.preference_parser import is_wish

_OF_NOTICES = re.compile(r"\b(?:notif\w*|alertes?|sourdine|messages?|mails?|sms|resumes?|rappels?|codes?|silence|telegram|teams)\b")
_OF_TEAM = re.compile(r"\b(?:dossiers?|equipe|acces|sph)\b")
_PUTTING_BACK = re.compile(
    r"\b(?:remet\w*|re ?ajout\w*|rajout\w*|reintegr\w*|redonn\w*|retabl\w*|reassoci\w*|restaur\w*)\W+"
    r"(?:(?:moi|nous|aussi|bien|l|le|la|acces|a|au|dr|docteure?|pr|m|mr|mme|mlle|monsieur|madame)\b\W*){0,5}\Z"
)
"""Words right before the name of who is put back; of flat texts."""
_BEFORE = 60


def puts_back(turn: Turn) -> bool:
    """Return whether typed words ask to put somebody who is named back in a team, and speak of no notices."""
    if turn.is_button or "?" in turn.text or not (turn.entities("partner_name") or turn.entities("usager_name")):
        return False
    wish, words = read_undo_wish(turn.text), flat(turn.raw_text)
    if wish is None or not wish.restores or _OF_NOTICES.search(words) or is_wish(turn.raw_text):
        return False
    return bool(_target(turn)) and (bool(turn.entities("partner_name")) or bool(_OF_TEAM.search(words)))


def told_target(turn: Turn) -> None:
    """Take the name right after « remettez » as that of a professional, where it was read as an usager's."""
    target = _target(turn)
    if target is not None and target["entity"] == "usager_name":
        entities = [{**e, "entity": "partner_name"} if e is target else e for e in turn.message.get("entities") or []]
        turn.tracker.latest_message = {**turn.message, "entities": entities}


async def look_up_former(context: Context, reference: str | None, criteria: Criteria) -> Slots:
    """Return the slots of the one person of that name who left the dossier (or the last one): none if none or several did."""
    turn, name = context.turn, criteria.get("name")
    dossier = reference or (None if names_dossier(turn) else turn.slot("last_dossier"))
    if not dossier or not name:
        return {}
    reader = await context.account_reference()
    stays = await context.services.partner_history.of_dossier(dossier, reader, turn.origin)
    there = {_who(stay) for stay in stays if stay.ended is None}
    left = {_who(stay): stay for stay in stays if stay.ended is not None and matching_name(name, stay.name) and _who(stay) not in there}
    if len(left) != 1:
        return {}
    found = await _look_up_stay(context, next(iter(left.values())), criteria)
    return {"dossier": dossier, **found} if found else {}


async def _look_up_stay(context: Context, stay: Participation, criteria: Criteria) -> Slots:
    """Return the slots of who stayed: their entry in the directory is the one that has their account, or the only one of their name."""
    slots = await look_up(context, {**criteria, "name": stay.name})
    if (slots.get("partner") or {}).get("account") or not stay.account_id:
        return slots if slots.get("partner") else {}
    for key in slots.get("partner_choices") or []:
        person = await get_professional(context, key)
        account = await account_of(context, person) if person is not None else None
        if account is not None and account.id == stay.account_id:
            return {**slots, **await choose_partner(context, key)}
    return slots if slots.get("partner") else {}


def names_dossier(turn: Turn) -> bool:
    """Return whether a message names a dossier or an usager, or masks a name: the last dossier is then not taken in its place."""
    named = turn.entities("dossier_ref") or turn.entities("usager_name") or turn.message.get(DOSSIERS)
    return bool(named) or read_reference(turn) is not None or turn.masked


def _target(turn: Turn) -> dict[str, Any] | None:
    """Return the name right after the words that put back."""
    words = flat(turn.raw_text)
    named = [*turn.entities("partner_name"), *turn.entities("usager_name")]
    places = ((entity, entity.get("start") or 0) for entity in named)
    return next((entity for entity, start in places if _PUTTING_BACK.search(words[max(start - _BEFORE, 0) : start])), None)


def _who(stay: Participation) -> str:
    return stay.account_id or stay.member
