"""The flow that ends a partner's access to a dossier."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import (
    DOSSIER_LISTS,
    AskDossier,
    dossier_label,
    dossier_slots,
    find_by_usager,
    read_dossier,
    read_dossier_or_last,
    read_reference,
)
from actions.flows.partners.access_dates import UNTIL, names_access_dates, read_dates
from actions.flows.partners.card_question import answer_change_question, read_card_question
from actions.flows.partners.date_change import end_on, said_of_dates
from actions.flows.partners.date_wish import ends_later
from actions.flows.partners.last_acts import ACTS, kept_acts, last_act_of, remember_act
from actions.flows.partners.list_partners import partner_label
from actions.flows.partners.member_names import matching_name
from actions.flows.partners.members import (
    NOT_ALLOWED,
    ONESELF_IN_ANSWER,
    ONESELF_IN_REQUEST,
    matching_members,
    read_member,
    removal_obstacle,
    utter_referent_only,
)
from actions.flows.partners.same_again import claims_same
from actions.flows.partners.several_dossiers import MORE, answers_with_dossiers, first_of, named_dossiers, tell_more
from actions.flows.partners.time_ahead import names_time_ahead
from actions.flows.partners.undo_act import UNDO_BUTTON, UNDO_FLOW
from actions.framework.action import AssistantAction
from actions.framework.answers import at_position, list_position
from actions.framework.cards import utter_card
from actions.framework.context import Context, FlowOutcome
from actions.framework.dialogue_stack import DIALOGUE_STACK, Frame
from actions.framework.events import Events
from actions.framework.flow import NEVER_AN_ANSWER, Flow, FlowAborted, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.lifecycle import offer_flow
from actions.framework.remarks import without_remarks
from actions.framework.reservation import confirmation
from actions.framework.turn import Turn
from actions.framework.usager_names import says_same
from actions.framework.utterances import MAX_SHOWN, make_button
from actions.framework.yes_and import further_wish, stack_with_wish
from bot.core.text_folding import fold
from bot.dossiers.errors import CannotLeave, NotAllowed, NotAMember
from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod, paris_day
from bot.dossiers.records import Partner
from bot.fhir.operations import Pending


class RemovePartner(Flow):
    """Collect the dossier, the member whose access ends, and a confirmation.

    A member who is named before the dossier is known is looked up once it is known.
    """

    name = "remove_partner"
    required_slots = ("dossier", "member", "confirmed")
    slots = (*required_slots, *DOSSIER_LISTS, "member_choices", "member_said", MORE)
    confirmation_slot = "confirmed"
    names_usagers = True
    claims_replies = True

    def claims(self, turn: Turn) -> bool:
        """Return whether the words ask for the last removal again, in another dossier."""
        return claims_same(turn, "removed")

    async def start(self, context: Context) -> Slots:
        """Return the dossier and the member that the message names."""
        turn, last = context.turn, last_act_of(context.turn, "removed")
        references = await named_dossiers(context, asked=False)
        criteria = read_member(turn, oneself=ONESELF_IN_REQUEST)
        if criteria and (end := _end_said(context)):
            criteria["until"] = end
        if criteria is None and last is not None and says_same(turn.text) and last["by"] == (await context.account_reference()).id:
            criteria = {"name": last["name"]}
        if references:
            return await self.find_in_first(context, references, criteria)
        usager = await self._usager_for_member(context, criteria or {})
        if usager:  # « Mme Vallée ne vient plus chez l'ostéo, enlevez-la »
            criteria = {"profession": (criteria or {})["profession"]}
            return {**dossier_slots(usager), **await self._find_member(context, usager, criteria)}
        slots = await read_dossier_or_last(context) if references is not None else {}
        if len(turn.distinct_values("partner_name")) > 1:
            context.utterances.utter("utter_one_at_a_time")
        if turn.says.get("partner") in {"all", "all_but_self"}:
            context.utterances.utter("utter_remove_one_by_one")
        if slots.get("dossier"):
            return {**slots, **await self._find_member(context, slots["dossier"], criteria)}
        return {**slots, "member_said": criteria}

    async def collect(self, context: Context) -> Slots:
        """Return the dossier, the member, or a yes or no. What is corrected is shown again before it is confirmed."""
        turn, utterances, asked = context.turn, context.utterances, context.turn.requested_slot
        question = read_card_question(turn) if asked == "confirmed" else None
        if question and answer_change_question(context, question, turn.slot("member")["name"]):
            return {}
        if asked == "confirmed" and (end := _end_said(context, at_card=True)):
            member = turn.slot("member")
            found = [one for one in await context.partners_of(turn.slot("dossier")) if one.reference == member["reference"]]
            for one in found:
                await self._offer_end(context, turn.slot("dossier"), one, {"until": end})
        if asked == "confirmed" and (stack := self._stack_with_another(turn)) is not None:
            return {DIALOGUE_STACK: stack, "confirmed": "affirm"}
        if asked == "confirmed" and turn.intent == "affirm" and not turn.is_button and self._names_another_time(context):
            return {}
        if asked == "confirmed" and turn.intent in {"affirm", "deny"} and not turn.message.get("entities"):
            return {"confirmed": confirmation(context)}
        criteria = read_member(turn, oneself=ONESELF_IN_ANSWER if asked == "member" else None)
        before = utterances.count
        slots: Slots = {}
        reference = read_reference(turn, asked=asked == "dossier")
        if asked == "dossier" or reference or (turn.entity("usager_name") and turn.is_correction):
            if asked == "dossier" and criteria and not (reference or turn.entity("usager_name")):
                if not await self._names_usager(context, criteria):
                    utterances.utter("utter_noted")
                    return {"member_said": criteria}
                criteria = None
            references = await named_dossiers(context, asked=True) if asked == "dossier" else []
            if references:
                return await self.find_in_first(context, references, criteria or turn.slot("member_said"))
            slots = await read_dossier(context, asked=asked == "dossier") if references is not None else {}
            if utterances.count > before or not slots.get("dossier"):
                return {**slots, "member_said": criteria or turn.slot("member_said")}
        reference = slots.get("dossier") or turn.slot("dossier")
        criteria = criteria or (turn.slot("member_said") or self._criteria_of_chosen(turn) if slots else None)
        if reference and (criteria or slots or asked == "member" or turn.is_correction):
            if turn.intent == "deny" and not turn.message.get("entities"):
                utterances.utter("utter_task_dropped", task=utterances.text("utter_task_remove_partner"))
                raise FlowAborted
            return {**slots, "confirmed": None, **await self._find_member(context, reference, criteria)}
        if asked == "confirmed" and turn.intent in {"affirm", "deny"}:
            return {"confirmed": confirmation(context)}
        return slots

    def _stack_with_another(self, turn: Turn) -> list[Frame] | None:
        """Return the stack with the removal of somebody else that is added to a clean yes: « oui, et Caron aussi »; else None."""
        begin, member = further_wish(turn), turn.slot("member")
        names = [str(entity["value"]) for entity in turn.affirmed_entities("partner_name")]
        if begin is None or len(names) != 1 or matching_name(names[0], member["name"]) or _ADDS.search(fold(turn.raw_text[begin:])):
            return None
        return stack_with_wish(turn, self, begin, dossier_ref=turn.slot("dossier"))

    @staticmethod
    def _names_another_time(context: Context) -> bool:
        """Return whether a yes names another time than now, which no end of the access could be made of: say so."""
        if not names_time_ahead(without_remarks(said_of_dates(context.turn)), context.services.clock.now()):
            return False
        context.utterances.utter("utter_remove_day_unclear")
        return True

    @staticmethod
    async def _names_usager(context: Context, criteria: Slots) -> bool:
        """Return whether a bare name that answers « quel dossier ? » is that of an usager of one of the user's own dossiers."""
        name = criteria.get("name")
        return bool(name and context.turn.trusted and await find_by_usager(context, name, context.turn.entity("birth_date")))

    @staticmethod
    async def _usager_for_member(context: Context, criteria: Slots) -> str | None:
        """Return the dossier of the usager who was taken for its member, of whom the profession is said: nobody there is called so."""
        turn, name = context.turn, criteria.get("name")
        if not name or not criteria.get("profession") or not turn.trusted or turn.entity("dossier_ref") or turn.entity("usager_name"):
            return None
        found = [one for one in await find_by_usager(context, name, None) if set(fold(name).split()) <= set(fold(one.label).split())]
        if len(found) != 1:
            return None
        places = dict.fromkeys([found[0].reference, *([turn.slot("last_dossier")] if turn.slot("last_dossier") else [])])
        known = [member for reference in places for member in await context.partners_of(reference)]
        return None if matching_members({"name": name}, known) else found[0].reference

    @staticmethod
    def _criteria_of_chosen(turn: Turn) -> Slots | None:
        """Return the name of the member who was chosen before the dossier was corrected."""
        member: dict[str, str] | None = turn.slot("member")
        return {"name": member["name"]} if member else None

    def is_answer(self, turn: Turn) -> bool:
        """Return True too for « mes quatre dossiers » where the dossier was asked for, and for a question about the card."""
        asks = turn.requested_slot == "confirmed" and turn.intent not in NEVER_AN_ANSWER and read_card_question(turn) is not None
        dates = turn.requested_slot == "confirmed" and not turn.is_button and names_access_dates(turn.text)
        return asks or dates or answers_with_dossiers(turn) or super().is_answer(turn)

    async def find_in_first(self, context: Context, references: list[str], criteria: Slots | None) -> Slots:
        """Return the slots of the first of several dossiers in which the member is found, the others after it, and say which.

        Raise FlowAborted where they are in none.
        """
        for at, reference in enumerate(references):
            try:
                found = await self._find_member(context, reference, criteria)
            except FlowAborted:
                continue
            if criteria is None or found.get("member") or found.get("member_choices"):
                slots = first_of(references[at:])
                if slots[MORE]:
                    await tell_more(context, slots[MORE])
                return {**slots, "confirmed": None, **found}
        raise FlowAborted

    async def _find_member(self, context: Context, reference: str, criteria: Slots | None) -> Slots:
        """Return the slots of the member who is meant, of those of the dossier today.

        Raise FlowAborted if the user may not end their access.
        """
        turn, requester = context.turn, await context.account_reference()
        members = await context.partners_of(reference)
        position = list_position(turn) if turn.requested_slot == "member" else None
        chosen = turn.entity("member") or at_position(turn.slot("member_choices") or [], position)
        if position is not None and chosen is None:
            context.utterances.utter("utter_not_in_list")
        if chosen:
            found = [p for p in members if p.reference == chosen]
        elif criteria is None:
            return {"member": None, "member_said": None}
        elif criteria.get("oneself"):
            found = [p for p in members if p.account_id == requester.id]
        else:
            found = matching_members(criteria, members)
        if len(found) != 1:
            if not found:
                name = (criteria or {}).get("name") or (criteria or {}).get("profession")
                context.utterances.utter("utter_member_unknown", name=name, reference=reference)
            return {"member": None, "member_said": None, "member_choices": [p.reference for p in found[:MAX_SHOWN]] or None}
        await self._offer_end(context, reference, found[0], criteria or {})
        if obstacle := removal_obstacle(found[0], members, requester.id):
            if obstacle == NOT_ALLOWED:
                referents = [p.display for p in members if p.is_referent]
                utter_referent_only(context, found[0].display, referents, reference)
                raise FlowAborted
            context.utterances.utter(obstacle, name=found[0].display, reference=reference)
            raise FlowAborted
        start, end = AccessPeriod(found[0].since if found[0].planned else None, found[0].until).iso
        member: dict[str, Any] = {"reference": found[0].reference, "label": partner_label(found[0]), "name": found[0].display}
        member |= {"account": found[0].account_id, "from": start, "until": end}
        return {"member": member, "member_said": None, "last_partner": found[0].display}

    @staticmethod
    async def _offer_end(context: Context, reference: str, member: Partner, criteria: Slots) -> None:
        """Propose the day that was said as the end of the access, where it lies ahead: nothing ends today. Raise FlowAborted then."""
        end = criteria.get("until") or _end_said(context)
        if end:
            offer_flow(context, UNDO_FLOW, {ACTS: await end_on(context, reference, member, end)})
            raise FlowAborted


def _end_said(context: Context, *, at_card: bool = False) -> str | None:
    """Return the day ahead on which the words end an access: « retirez-la dans 15 jours », at the card « pas avant le 18 décembre »."""
    if context.turn.is_button:
        return None
    said, now = said_of_dates(context.turn), context.services.clock.now()
    dates = read_dates(ends_later(said, at_card=at_card), now)
    end: str | None = dates.slots.get(UNTIL)
    return None if dates.unclear or not end or end <= paris_day(now).isoformat() else end


_ADDS = re.compile(r"\b(?:r?ajout|met[st]?\b|mett|associ|invit|inscri|donn|integr|entre)")
"""Words that add somebody, of folded text."""
REMOVE_PARTNER = RemovePartner()
register_flow(REMOVE_PARTNER)


class AskRemovePartnerDossier(AskDossier):
    """Ask from which dossier the partner is removed."""

    action_name = "action_ask_remove_partner_form_dossier"


class AskRemovePartnerMember(AssistantAction):
    """Ask whose access is to end, with a button for each member."""

    action_name = "action_ask_remove_partner_form_member"

    async def act(self, context: Context) -> Events:
        """List the members."""
        turn, utterances = context.turn, context.utterances
        members = [one for one in await context.partners_of(turn.slot("dossier")) if not one.elsewhere]
        choices: list[str] = turn.slot("member_choices") or []
        shown = [p for p in members if p.reference in choices] or members[:MAX_SHOWN]
        utterances.utter(
            "utter_ask_member",
            reference=turn.slot("dossier"),
            buttons=[
                *(make_button(partner_label(p), "choose", member=p.reference) for p in shown),
                utterances.button("utter_title_cancel", "cancel"),
            ],
        )
        return [SlotSet("member_choices", [p.reference for p in shown])]


class AskRemovePartnerConfirmed(AssistantAction):
    """Show the confirmation card: whose access, to which dossier."""

    action_name = "action_ask_remove_partner_form_confirmed"

    async def act(self, context: Context) -> Events:
        """Show the card."""
        turn = context.turn
        dossier = await dossier_label(context, turn.slot("dossier"))
        member = turn.slot("member")
        values = {"partner": member["label"], "name": member["name"], "dossier": dossier, "reference": turn.slot("dossier")}
        utter_card(context, "utter_card_remove_partner", "utter_again_remove_partner", **values)
        return []


class SubmitRemovePartner(SubmitFlow):
    """End a partner's access."""

    flow = REMOVE_PARTNER

    async def next_slots(self, context: Context) -> Slots | None:
        """Return the same member in the next of several dossiers."""
        turn = context.turn
        if not turn.slot(MORE):
            return None
        try:
            slots = await REMOVE_PARTNER.find_in_first(context, turn.slot(MORE), {"name": turn.slot("member")["name"]})
        except FlowAborted:
            return None
        context.utterances.utter("utter_next_dossier", reference=slots["dossier"])
        return slots

    async def submit(self, context: Context) -> Events:
        """End it if that was confirmed; the backend checks who may."""
        turn, utterances = context.turn, context.utterances
        reference, member = turn.slot("dossier"), turn.slot("member")
        values = {"name": member["name"], "reference": reference}
        if turn.slot("confirmed") != "affirm":
            context.utter_unchanged("utter_remove_declined", **values)
            return []
        requester = await context.account_reference()
        try:
            outcome = await context.services.partners.remove(
                reference, requester, member["reference"], channel=turn.channel, key=turn.key, conversation_id=turn.conversation_id
            )
            if outcome is Outcome.REMOVED:
                left = member.get("account") == requester.id
                period = AccessPeriod.read(member.get("from"), member.get("until"))
                done = {"dossier": reference, "name": member["name"], "member": member["reference"]}
                remember_act(context, "left" if left else "removed", by=requester.id, period=period, **done)
                undo = [] if left else [utterances.button("utter_title_undo_removed", "cancel", **{UNDO_BUTTON: turn.key})]
                utterances.utter("utter_partner_removed", undo, **values)
            else:
                context.utter_unchanged("utter_partner_was_gone", **values)
        except NotAMember:
            context.utter_unchanged("utter_not_a_member", reference=reference)
        except NotAllowed:
            context.utter_unchanged("utter_remove_not_allowed", **values)
        except CannotLeave:
            context.utter_unchanged("utter_cannot_leave", reference=reference)
        except Pending:
            context.outcome = FlowOutcome.PENDING
            utterances.utter("utter_remove_pending", **values)
        return kept_acts(turn)
