"""Taking back a request for an account: which one is meant, of those that the user made."""

from __future__ import annotations

import re

from actions.flows.accounts.request_references import account_references
from actions.flows.partners.last_acts import Act, acts_of
from actions.flows.partners.member_names import matching_name
from actions.framework.context import Context
from actions.framework.turn import Turn
from actions.framework.utterances import Button, make_button
from bot.accounts.request_views import RequestStatus
from bot.accounts.tables import OPEN
from bot.core.text_folding import MAX_CHARACTERS, fold

REQUEST_BUTTON = "request"
"""Entity of the button that takes back one request: its reference."""
_VERB = r"(?:annul|retir|stopp|arret|supprim|enlev)(?:e|es|er|ez|ons)"
_REQUEST = r"(?:(?<!\ba la )(?<!\ba sa )(?<!\ba leur )(?<!\ba ma )demandes?\b(?! a l (?:equipe|assistance))|dc \d{4} \d{1,6}\b)"
_WITHDRAWING = re.compile(
    rf"\b{_VERB}\b(?: \w+){{0,4}}? {_REQUEST}"
    rf"|\b(?:dc \d{{4}} \d{{1,6}}|(?:la|ma|sa|une|cette|leur|les|mes|ses|ces) {_REQUEST})\b(?: \w+){{0,6}}? "
    rf"(?:(?:faut|veux|voudrais|souhaite|pouvez|peux|peut)(?: \w+){{0,2}} )?"
    rf"(?:l |la |les |tu l |vous l )?{_VERB}\b"
)
_TOLD = re.compile(
    rf"\b(?:qui|pourquoi|quand|comment|a|as|ai|avez|ont|est|ete|etait|peut on|ne|n) (?:\w+ )?{_VERB}\b|\bplus tard\b|\b{_VERB} pas\b"
)


def withdraws_request(turn: Turn) -> bool:
    """Return whether typed words surely take back a request for an account: « annulez la demande de compte pour Hugues Martin »."""
    return not turn.is_button and takes_back_request(turn.text)


def takes_back_request(text: str) -> bool:
    """Return whether a text surely takes back a request for an account."""
    folded = fold(text.replace("’", "'"))
    return len(text) <= MAX_CHARACTERS and bool(_WITHDRAWING.search(folded)) and not _TOLD.search(folded)


async def meant_requests(context: Context) -> list[RequestStatus]:
    """Return the user's requests that the message may be about: by reference, by name, the last one made here, else those still open."""
    turn = context.turn
    account_id = (await context.account_reference()).id
    own = await context.services.account_requests.for_conversation(turn.conversation_id, account_id)
    pressed = turn.entity(REQUEST_BUTTON) if turn.is_button else None
    references = [str(pressed)] if pressed else account_references(turn.text)
    if references:
        return [one for one in own if one.reference in references]
    names = [str(entity["value"]) for entity in turn.entities("partner_name")]
    if names:
        named = [one for one in own if any(matching_name(name, one.name) for name in names)]
        return [one for one in named if one.state in OPEN] or named[:1]
    made = next((act.get("request") for act in reversed(acts_of(turn)) if act["act"] == "requested"), None)
    return [one for one in own if one.reference == made] or [one for one in own if one.state in OPEN]


async def act_of(context: Context, status: RequestStatus) -> Act:
    """Return a request as an act that may be undone: the kept one, or one made of what is known of it."""
    kept = next((act for act in acts_of(context.turn) if act.get("request") == status.reference), None)
    if kept is not None:
        return {**kept, "undone": None}
    made: Act = {"act": "requested", "dossier": "", "member": "", "name": status.name, "partner": None, "from": None, "until": None}
    made |= {"by": (await context.account_reference()).id, "key": status.reference, "turn": "", "at": status.created_at.isoformat()}
    return made | {"undone": None, "request": status.reference}


def which_buttons(context: Context, requests: list[RequestStatus]) -> list[Button]:
    """Return a button for each request, which takes it back."""
    return [make_button(f"{one.reference} – {one.name}", "cancel", **{REQUEST_BUTTON: one.reference}) for one in requests]
