"""Who is brought back with other dates than before: « remettez-la jusqu'à vendredi », « oui mais juste jusqu'à vendredi ».

Such an access comes back with the dates that were said, after a card that shows them: never without an end that was asked for.
"""

from __future__ import annotations

import re

from actions.flows.partners.access_dates import FROM, UNTIL, AccessDates, names_access_dates, read_dates
from actions.flows.partners.date_wish import changes_dates
from actions.flows.partners.last_acts import Act
from actions.framework.context import Context
from actions.framework.flow import NEVER_AN_ANSWER
from actions.framework.remarks import without_remarks
from actions.framework.reservation import utter_reservation
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS
from bot.dossiers.errors import EndBeforeStart, PeriodOver
from bot.dossiers.period import AccessPeriod, paris_day

_PUTTING_BACK = re.compile(r"\b(?:re)?met(?:s|tez|tre|tons)\b", re.IGNORECASE)
REDATED = "redated"
"""Key of an act: its access comes back with other dates than it had."""


def brings_back(acts: list[Act]) -> bool:
    """Return whether a yes to these acts gives an access back."""
    return bool(acts) and all(act["act"] == "removed" for act in acts)


def answers_with_dates(turn: Turn) -> bool:
    """Return whether a typed message speaks of the dates of the access that is to come back, whatever intent it was given."""
    if turn.is_button or turn.intent in NEVER_AN_ANSWER or "?" in turn.text or len(turn.text) > MAX_CHARACTERS:
        return False
    return names_access_dates(_without_putting_back(turn.text)) or changes_dates(turn.text, after_act=True)


def bring_back_dated(context: Context, acts: list[Act]) -> list[Act] | None:
    """Return the acts with the dates that the message gives; [] where these are not clear, which is said; None where it gives none."""
    turn, now = context.turn, context.services.clock.now()
    if turn.is_button or not brings_back(acts):
        return None
    dates = read_dates(without_remarks(turn.text), now, confirming=True)
    if dates.unclear and answers_with_dates(turn):
        context.utterances.utter("utter_access_dates_unclear")
        return []
    changed = [_with(act, dates) for act in acts]
    if dates.unclear or all(new[name] == act[name] for new, act in zip(changed, acts, strict=True) for name in ("from", "until")):
        return None
    try:
        for act in changed:
            AccessPeriod.read(act["from"], act["until"]).checked(paris_day(now))
    except (EndBeforeStart, PeriodOver):
        context.utterances.utter("utter_access_end_before_start")
        return []
    if dates.conditional:
        utter_reservation(context)
    else:
        context.utterances.utter("utter_access_dates_noted")
    return changed


def _with(act: Act, dates: AccessDates) -> Act:
    return {**act, "from": dates.slots.get(FROM, act["from"]), "until": dates.slots.get(UNTIL, act["until"]), REDATED: True}


def _without_putting_back(text: str) -> str:
    """Return a text without « remettez », which the reader of notices knows in another sense."""
    return _PUTTING_BACK.sub(" ", text)
