"""The members of a dossier: which of them a message means, and what stands in the way of ending their access."""

from __future__ import annotations

import re

from actions.flows.partners.member_names import matching_name
from actions.framework.answers import list_position
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from actions.framework.utterances import Button
from bot.core.text_folding import fold
from bot.directory.codes import profession_by_text
from bot.dossiers.records import Partner

SELF = "self"
"""The reference to the speaker; others (« ce monsieur », « tout le monde ») are never the speaker, whatever pronouns stand beside."""
NOT_ALLOWED = "utter_remove_not_allowed"
"""The obstacle that only the referent may end an access."""
_REMOVING = r"(?:retir|enl[eè]v|supprim|sor[st]|[oô]t|d[ée]s?associ|vir|exclu|d[ée]tach|efface)\w*"
ONESELF_IN_REQUEST = re.compile(
    rf"\b{_REMOVING}[- ]moi\b|\b(?:me\s+|m['’]){_REMOVING}|\bquitt(?:er?|ons)\b|\bmon\s+(?:acc[eè]s|nom)\b"
    r"|\bje\s+(?:(?:ne|veux|souhaite|voudrais|vais|dois|peux|aimerais)\s+|n['’])*"
    r"(?:pars\b|partir\b|sor[st]\w*|intervien\w*|suis\s+plus|travaille\s+plus|m['’]occupe\s+plus)",
    re.IGNORECASE,
)
"""Words that make the speaker the one who leaves: « retire-moi », « je veux quitter le dossier »; never « je veux qu'on l'enlève »."""
ONESELF_IN_ANSWER = re.compile(r"\bmoi\b", re.IGNORECASE)
"""Words for oneself in the answer to « qui ? »."""


def read_member(turn: Turn, *, oneself: re.Pattern[str] | None) -> Slots | None:
    """Return what the message gives of the member: `name`, `profession`, or `oneself` if that pattern matches. None: nothing."""
    given = {"name": turn.entity("partner_name"), "profession": turn.entity("profession")}
    found: Slots = {criterion: value for criterion, value in given.items() if value}
    if found:
        return found
    if turn.same_partner:
        return {"name": turn.same_partner}
    if oneself is not None and not turn.is_button and turn.says.get("partner", SELF) == SELF and oneself.search(turn.text):
        return {"oneself": True}
    is_name = turn.requested_slot == "member" and not turn.masked and turn.intent in {"inform", "choose", "correct"} and not turn.is_button
    return {"name": turn.text} if is_name and turn.text and list_position(turn) is None else None


def matching_members(criteria: Slots, members: list[Partner]) -> list[Partner]:
    """Return the members whose name has every word given, typing errors allowed; by profession if no name is given."""
    if not criteria.get("name"):
        labels = {fold(label) for _, label in profession_by_text(str(criteria["profession"]))}
        profession = fold(str(criteria["profession"]))
        return [p for p in members if fold(p.profession) in labels or profession in fold(p.profession)]
    return [p for p in members if matching_name(str(criteria["name"]), p.display)]


def removal_obstacle(member: Partner, members: list[Partner], requester_id: str) -> str | None:
    """Return the response that says why the requester may not end this access; None where they may."""
    if member.elsewhere:
        return "utter_member_elsewhere"
    oneself = member.account_id == requester_id
    referent = any(p.is_referent and p.account_id == requester_id for p in members)
    if oneself and referent and sum(p.is_referent for p in members) == 1:
        return "utter_cannot_leave"
    return None if oneself or referent else NOT_ALLOWED


def utter_referent_only(context: Context, name: str, referents: list[str], reference: str) -> None:
    """Say that the referent alone may end an access, who that is, with a button that asks the SPHERE team; nothing was changed."""
    known, ask = ", ".join(referents), ask_for_removal(context, name, reference)
    response = "utter_remove_referent_only" if known else NOT_ALLOWED
    context.utter_unchanged(response, [ask], name=name, reference=reference, referents=known)


def ask_for_removal(context: Context, names: str, reference: str) -> Button:
    """Return the button that asks the SPHERE team to end an access, with the facts."""
    facts = {"topic": "removal", "who": names, "dossier_ref": reference}
    return context.utterances.button("utter_title_ask_support", "contact_support", reason="asked", **facts)
