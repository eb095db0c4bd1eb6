"""What is asked and done where the dates of an access change: the questions and the card, and the change itself."""

from __future__ import annotations

from typing import Any

from actions.flows.dossiers.dossier_slot import ask_dossier, dossier_label
from actions.flows.partners.date_change import ask_for_dates, dates_words
from actions.flows.partners.last_acts import ACTS, LAST_ACTS, Act, acts_of, remember_act
from actions.framework.cards import utter_card
from actions.framework.context import Context, FlowOutcome
from actions.framework.events import Events
from actions.framework.flow import set_slots
from actions.framework.utterances import make_button
from bot.dossiers.errors import CannotLeave, EndBeforeStart, NotAllowed, PeriodOver
from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod
from bot.fhir.operations import Pending


async def ask_dated(context: Context) -> Events:
    """Ask for the dossier, who is meant, the dates; or show the card: who, which dossier, the dates before and after."""
    acts: list[Act] = context.turn.slot(ACTS)
    utterances, reference = context.utterances, acts[0]["dossier"]
    if not reference:
        return set_slots(await ask_dossier(context))
    if acts[0].get("pick"):
        buttons = [make_button(act["label"], "choose", member=act["member"]) for act in acts]
        utterances.utter("utter_dates_whose", [*buttons, utterances.button("utter_title_cancel", "cancel")], reference=reference)
        return []
    names = ", ".join(act["name"] for act in acts)
    if asked := acts[0].get("asked"):
        values = {"name": names, "reference": reference, "before": dates_words(context, acts[0]["was"])}
        utterances.utter(f"utter_ask_dates_{asked}", **values)
        return []
    lines, after = [], []
    for act in acts:
        new = dates_words(context, [act["from"], act["until"]], from_now=bool(act["was"][0]))
        after.append(new)
        lines.append(utterances.text("utter_dates_line", name=act["name"], before=dates_words(context, act["was"]), after=new))
    values = {"lines": "\n".join(lines), "dossier": await dossier_label(context, reference), "reference": reference, "name": names}
    utter_card(context, "utter_card_dates", "utter_again_dates", **values, after=", ".join(dict.fromkeys(after)))
    return []


async def change_dates(context: Context, act: Act, key: str) -> bool:
    """Give an access its new dates and say what came of it; return whether it has them, or will. The backend checks who may."""
    turn, utterances, requester = context.turn, context.utterances, await context.account_reference()
    after = dates_words(context, [act["from"], act["until"]], from_now=bool(act["was"][0]))
    values: dict[str, Any] = {"name": act["name"], "reference": act["dossier"], "after": after}
    period = AccessPeriod.read(act["from"], act["until"])
    where: dict[str, Any] = {"channel": turn.channel, "key": key, "conversation_id": turn.conversation_id}
    try:
        outcome = await context.services.partners.set_period(act["dossier"], requester, act["member"], period, **where)
    except Pending:
        context.outcome = FlowOutcome.PENDING
        utterances.utter("utter_dates_pending", **values)
        return True
    except NotAllowed:
        context.utter_unchanged("utter_dates_nobody_may", [ask_for_dates(context, act)], **values)
    except CannotLeave:
        context.utter_unchanged("utter_cannot_leave", **values)
    except (PeriodOver, EndBeforeStart):  # a day went by while the card was open
        context.utter_unchanged("utter_dates_over")
    else:
        if outcome is Outcome.DATED:
            _remember(context, act, key, requester.id)
            undo = [] if act["key"] else [utterances.button("utter_title_undo_dated", "cancel", undo=turn.key)]
            utterances.utter("utter_dates_changed", undo, **values)
            return True
        gone = outcome is Outcome.NOT_THERE
        context.utter_unchanged("utter_partner_was_gone" if gone else "utter_dates_same", **values, period=after)
    return False


def _remember(context: Context, act: Act, key: str, requester: str) -> None:
    """Keep the change, unless it takes one back, and the new dates with the addition: « mêmes dates » means these."""
    turn = context.turn
    of_member = {"dossier": act["dossier"], "member": act["member"], "act": "added"}
    turn.tracker.slots[LAST_ACTS] = [
        {**one, "from": act["from"], "until": act["until"]} if of_member.items() <= one.items() else one for one in acts_of(turn)
    ]
    if not act["key"]:
        done = {"dossier": act["dossier"], "name": act["name"], "member": act["member"], "was": act["was"]}
        remember_act(context, "dated", by=requester, period=AccessPeriod.read(act["from"], act["until"]), key=key, **done)
