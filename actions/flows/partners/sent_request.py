"""What is said about an account request that is sent already and would change it: its dates, a spelling, an address.

Only the SPHERE team can: it is told so, with the reference, in one press. The user's words stand right before it in the conversation.
"""

from __future__ import annotations

import re

from actions.flows.accounts.request_references import account_references
from actions.flows.partners.last_acts import Act, acts_of, newest_acts, turns_since
from actions.flows.partners.member_names import matching_name
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, fold

NEAR = 4
"""Messages after a request was sent in which a bare correction is about it."""
_TELLS_TEAM = re.compile(
    r"\b(?:dites|dis|dire|precis\w+|signal\w+|indiqu\w+|transmet\w+)(?: leur)?"
    r" (?:a |aupres de )?(?:l equipe(?: sphere)?|eux|leur|au support) (?:que|qu|c est)\b"
    r"|\b(?:dites|dis|precisez|precise) leur (?:que|qu)\b"
)
_DATES = r"(?:jusqu au|jusqu a|a partir du|a compter du|des le)"
_CHANGES = re.compile(
    rf"\b(?:plutot|finalement|en fait)\b.*\b{_DATES}\b|\b{_DATES}\b.*\b(?:plutot|pas le|et non)\b"
    r"|\b(?:c est|s appelle|s ecrit|son nom est|prend)(?: \w+){1,3} (?:avec|sans) (?:un |une |deux )?\w\b"
    r"|\b(?:chang|modifi|corrig|rectifi|prolong|repouss|avanc)(?:e|es|er|ez|ons)\b(?: \w+){0,6}"
    r" (?:dates?|fin|debut|adresse|mail|nom|prenom|orthographe|telephone|numero|demande|structure)\b"
    r"|\b(?:je me suis trompee?|erreur|faute|mal ecrit\w*|mal orthographi\w+)\b.*\b(?:nom|prenom|date|adresse|mail|orthographe|frappe)\b"
)


def changed_request(turn: Turn) -> Act | None:
    """Return the sent request that typed words would change; None where they are about nothing of that kind."""
    if turn.is_button or len(turn.text) > MAX_CHARACTERS:
        return None
    requested = [act for act in acts_of(turn) if act["act"] == "requested" and act.get("request") and not act["undone"]]
    folded = fold(turn.text.replace("’", "'"))
    changes, tells = bool(_CHANGES.search(folded)), bool(_TELLS_TEAM.search(folded))
    if not requested or not (changes or tells):
        return None
    references = account_references(turn.text)
    named = [str(entity["value"]) for entity in turn.entities("partner_name")]
    meant = [act for act in requested if act["request"] in references or any(matching_name(name, act["name"]) for name in named)]
    if meant:
        return meant[-1]
    newest = newest_acts(acts_of(turn))
    since = turns_since(turn, newest[-1]["turn"])
    if references or since is None or since > NEAR or newest[-1]["act"] != "requested":
        return None
    return newest[-1] if newest[-1] in requested else None
