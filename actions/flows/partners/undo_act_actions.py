"""The actions of the flow that takes the last act back: its confirmation card, its submission."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import dossier_label
from actions.flows.partners.brought_back import REDATED
from actions.flows.partners.date_change import dates_words, is_dated
from actions.flows.partners.date_change_actions import ask_dated, change_dates
from actions.flows.partners.last_acts import ACTS, LAST_ACTS, Act, acts_of
from actions.flows.partners.undo_act import CONFIRMED, ELSEWHERE, INSTEAD, UNDO_ACT, ask_support
from actions.framework.action import AssistantAction
from actions.framework.cards import utter_card
from actions.framework.context import Context, FlowOutcome
from actions.framework.dialogue_stack import DIALOGUE_STACK, frames_of, push, waiting_act
from actions.framework.events import Events
from actions.framework.flow import FLOWS
from actions.framework.flow_actions import SubmitFlow
from actions.framework.turn import BUTTON_EXTRACTOR
from bot.accounts.errors import RequestError, WrongState
from bot.accounts.tables import CREATED
from bot.dossiers.errors import AccountClosed, CannotLeave, EndBeforeStart, NotAllowed, NotUndoable, PeriodOver
from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod
from bot.fhir.operations import Pending


class AskUndoActConfirmed(AssistantAction):
    """Show the confirmation card: whose access, to which dossier, ends or comes back."""

    action_name = "action_ask_undo_act_form_undo_confirmed"

    async def act(self, context: Context) -> Events:
        """Show the card; several people of one act are named on it together."""
        acts: list[Act] = context.turn.slot(ACTS) or []
        if is_dated(acts):
            return await ask_dated(context)
        names = ", ".join(act["name"] for act in acts)
        if acts[0]["act"] == "requested":
            requests = ", ".join(act.get("request") or "" for act in acts)
            utter_card(context, "utter_card_undo_requested", "utter_again_undo_requested", name=names, request=requests)
            return []
        dossier = await dossier_label(context, acts[0]["dossier"])
        values = {"name": names, "dossier": dossier, "reference": acts[0]["dossier"]}
        if acts[0].get(REDATED):
            period = _new_period(context, acts[0])
            utter_card(context, "utter_card_undo_removed_dated", "utter_again_undo_removed_dated", period=period, **values)
            return []
        utter_card(context, f"utter_card_undo_{acts[0]['act']}", f"utter_again_undo_{acts[0]['act']}", **values)
        return []


def _new_period(context: Context, act: Act) -> str:
    """Return the dates with which an access comes back, in words."""
    return dates_words(context, [act["from"], act["until"]])


class SubmitUndoAct(SubmitFlow):
    """Take the act back, then go on where it should have been done."""

    flow = UNDO_ACT

    async def submit(self, context: Context) -> Events:
        """Undo each act unless that was declined; the backend checks who may."""
        turn = context.turn
        acts: list[Act] = turn.slot(ACTS) or []
        if turn.slot(CONFIRMED) != "affirm":
            context.utter_unchanged("utter_undo_declined")
            return []
        done = [act for position, act in enumerate(acts) if act["undone"] or await self._undo(context, act, f"{turn.key}:undo:{position}")]
        if done:
            self._go_on(context, done)
        taken_back = {(act["key"], act["member"]) for act in done}
        kept = [{**act, "undone": act["undone"] or turn.key} if (act["key"], act["member"]) in taken_back else act for act in acts_of(turn)]
        dossier = [SlotSet("last_dossier", acts[-1]["dossier"])] if acts[-1]["dossier"] else []
        return [SlotSet(LAST_ACTS, kept), *dossier, SlotSet("last_partner", acts[-1]["name"])]

    async def _undo(self, context: Context, act: Act, key: str) -> bool:
        """Undo one act and say what came of it; return whether it is undone."""
        values: dict[str, Any] = {"name": act["name"], "reference": act["dossier"]}
        if act["act"] == "requested":
            return await self._withdraw(context, act)
        if is_dated([act]):
            return await change_dates(context, act, key)
        try:
            outcome = await self._carry_out(context, act, key)
        except Pending:
            context.outcome = FlowOutcome.PENDING
            context.utterances.utter(f"utter_undo_pending_{act['act']}", **values)
            return True
        except (NotAllowed, NotUndoable) as refusal:
            response = "utter_undo_nobody_may" if isinstance(refusal, NotAllowed) else "utter_undo_too_old"
            context.utter_unchanged(response, [ask_support(context, act)], **values)
        except CannotLeave:
            context.utter_unchanged("utter_cannot_leave", **values)
        except AccountClosed:
            context.utter_unchanged("utter_partner_account_closed", **values)
        except (PeriodOver, EndBeforeStart):
            context.utter_unchanged("utter_access_period_over", **values)
        else:
            if outcome == Outcome.RESTORED and act.get(REDATED):
                context.utterances.utter("utter_undone_removed_dated", period=_new_period(context, act), **values)
            else:
                self._utter(context, outcome, values)
            return True
        return False

    @staticmethod
    async def _withdraw(context: Context, act: Act) -> bool:
        """Withdraw a request for an account and say what came of it; return whether it is withdrawn."""
        values = {"name": act["name"], "request": act.get("request") or ""}
        requester, conversation_id = await context.linked_account(), context.turn.conversation_id
        try:
            done = await context.services.account_requests.withdraw(values["request"], requester, conversation_id)
        except RequestError as refusal:
            created = isinstance(refusal, WrongState) and refusal.state == CREATED
            response = "utter_undo_request_created" if created else "utter_undo_requested"
            context.utter_unchanged(response, [ask_support(context, act)], **values)
            return False
        context.utterances.utter("utter_undone_request_of_others" if done.others else "utter_undone_requested", **values)
        return True

    @staticmethod
    async def _carry_out(context: Context, act: Act, key: str) -> Outcome:
        requester, turn = await context.account_reference(), context.turn
        where: dict[str, Any] = {"channel": turn.channel, "key": key, "conversation_id": turn.conversation_id}
        if act["act"] == "added":
            return await context.services.partners.remove(act["dossier"], requester, act["member"], **where)
        period = AccessPeriod.read(act["from"], act["until"])
        return await context.services.restorations.restore(act["key"], requester, period=period, **where)

    @staticmethod
    def _utter(context: Context, outcome: Outcome, values: dict[str, Any]) -> None:
        response = {
            Outcome.REMOVED: "utter_undone_added",
            Outcome.RESTORED: "utter_undone_removed",
            Outcome.ALREADY: "utter_already_partner",
        }.get(outcome, "utter_partner_was_gone")
        if outcome in {Outcome.REMOVED, Outcome.RESTORED}:
            context.utterances.utter(response, **values)
        else:
            context.utter_unchanged(response, **values)

    @staticmethod
    def _go_on(context: Context, done: list[Act]) -> None:
        """Propose the same person for the dossier that was meant, or the removal of who was meant: each with its own card."""
        turn, elsewhere, instead = context.turn, context.turn.slot(ELSEWHERE), context.turn.slot(INSTEAD)
        frames = []
        if elsewhere is not None and done[0]["act"] == "added":
            for act in done:
                who = {"choice": act["partner"]} if act["partner"] else {"partner_name": act["name"]}
                frames.append(waiting_act(FLOWS["add_partner"], _wish("add_partner", who | elsewhere)))
        if instead:
            who = {"partner_name": instead, "dossier_ref": done[0]["dossier"]}
            frames.append(waiting_act(FLOWS["remove_partner"], _wish("remove_partner", who)))
        if frames:
            turn.tracker.slots[DIALOGUE_STACK] = push(frames_of(turn), *reversed(frames))


def _wish(intent: str, entities: dict[str, str]) -> dict[str, Any]:
    """Return a wish as a pressed button would say it."""
    found = [{"entity": name, "value": value, "extractor": BUTTON_EXTRACTOR} for name, value in entities.items()]
    return {"text": "", "said": "", "intent": {"name": intent, "confidence": 1.0}, "entities": found}
