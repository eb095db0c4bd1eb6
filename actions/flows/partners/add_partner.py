"""The flow that adds a partner to a dossier, in the three cases of the guide."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from actions.flows.directory.person_facts import read_facts
from actions.flows.directory.search import Criteria, correct_criteria, read_criteria
from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, find_by_usager, forget_usager, read_reference
from actions.flows.partners.access_dates import (
    DATES_ASKED,
    FROM,
    UNTIL,
    AccessDates,
    accepted_dates,
    confirmed_dates,
    lifts_dates,
    names_access_dates,
    partner_period,
    said_dates,
)
from actions.flows.partners.card_question import answer_addition_question, read_card_question, said_beside
from actions.flows.partners.date_change import redated
from actions.flows.partners.last_acts import ACTS
from actions.flows.partners.partner_slot import choose_partner, collect_partner, look_up, look_up_replacement, said_email
from actions.flows.partners.put_back import look_up_former, puts_back, told_target
from actions.flows.partners.same_again import claims_same, fill_from_last
from actions.flows.partners.several_dossiers import MORE, RESERVED, answers_with_dossiers, first_of, read_dossiers, take_further, tell_more
from actions.flows.partners.sharing_basis import (
    CARE_TEAM,
    CONSENT,
    DECLINED,
    NEITHER,
    know_usager,
    parse_basis,
    proposes_basis,
    read_basis,
    reads_basis,
    utter_reserved_basis,
)
from actions.flows.partners.undo_act import UNDO_FLOW
from actions.framework.answers import SKIPPED, find_email, lacks_email, list_position, opens_with_yes, says_unknown
from actions.framework.context import Context
from actions.framework.flow import MAX_ANSWER_WORDS, NEVER_AN_ANSWER, Flow, FlowAborted, Slots, register_flow
from actions.framework.lifecycle import offer_flow
from actions.framework.reservation import has_reservation
from actions.framework.turn import Turn
from actions.framework.utterances import make_button
from bot.accounts.directory_record import FieldError, validate_field
from bot.dossiers.records import Partner

MAX_DATED_YES = 40
"""Words of a typed yes with dates, which may say much beside them."""


class AlreadyThere(FlowAborted):
    """The person takes part in the dossier already; the user was told so."""


class AddPartner(Flow):
    """Collect the dossier, the professional, the basis, and an e-mail address if an account must be requested and none is known.

    Dates of the access are kept when they are said; nothing asks for them.

    A message may give any of these in any order: what it gives is kept and not asked for again.
    """

    name = "add_partner"
    required_slots = ("dossier", "partner", "partner_email", "basis")
    slots = (
        *required_slots, *DOSSIER_LISTS, "partner_query", "partner_choices", "basis_said", "email_said", "record_said", "agreed", "offered",
        FROM, UNTIL, DATES_ASKED, MORE,
    )  # fmt: skip
    confirmation_slot = "basis"
    single_value_entities: ClassVar[frozenset[str]] = frozenset({"email"})
    free_text_slots: ClassVar[frozenset[str]] = frozenset({"partner", "basis"})
    names_usagers = True
    claims_replies = True

    def claims(self, turn: Turn) -> bool:
        """Return whether the words ask for the last addition again, for another dossier, or put somebody back who is named."""
        return claims_same(turn, "added", "requested") or (turn.intent != self.name and puts_back(turn))

    async def start(self, context: Context) -> Slots:
        """Return what the message gives of the professional, the dossier and the basis."""
        turn, former = context.turn, puts_back(context.turn)
        if former:
            told_target(turn)
        slots = await read_dossiers(context, asked=False)
        await know_usager(context, slots.get("dossier"))
        slots |= {"basis_said": read_basis(turn, several=bool(slots.get(MORE))), "email_said": said_email(context)}
        await forget_usager(context, slots.get("dossier"), answering=False)
        turn = context.turn
        slots["record_said"] = read_facts(turn) or None
        if turn.entity("choice"):
            slots |= await choose_partner(context, str(turn.entity("choice")))
        elif criteria := read_criteria(turn):
            slots |= (former and await look_up_former(context, slots.get("dossier"), criteria)) or await look_up(context, criteria)
            if set(criteria) <= {"organization", "place"} and "organization" in criteria and slots.get("partner_choices"):
                context.utterances.utter("utter_people_of_service")
        if len(turn.distinct_values("partner_name")) > 1:
            context.utterances.utter("utter_one_at_a_time")
        slots |= accepted_dates(context, slots)
        slots |= await fill_from_last(context, slots)
        await self.check_each(context, slots)
        if slots.get(MORE):
            await tell_more(context, slots[MORE])
        return slots

    def is_answer(self, turn: Turn) -> bool:
        """Return True too for « sans mail », and for dates and questions at the confirmation; the dates of a mute are a digression."""
        if super().is_answer(turn) or self._lacks_email(turn):
            return True
        if answers_with_dossiers(turn) or (turn.requested_slot == "basis" and not turn.is_button and lifts_dates(turn.text)):
            return True
        if turn.requested_slot == "partner" and turn.slot("partner_choices") and list_position(turn) is not None:
            return turn.intent not in NEVER_AN_ANSWER
        if turn.requested_slot != "basis" or turn.is_button or turn.intent in NEVER_AN_ANSWER:
            return False
        if read_card_question(turn) is not None or reads_basis(turn):
            return True
        words = MAX_DATED_YES if opens_with_yes(turn.text) and "?" not in turn.text else MAX_ANSWER_WORDS
        return names_access_dates(turn.text) and len(turn.text.split()) <= words

    async def collect(self, context: Context) -> Slots:
        """Return the answer to the question, a correction of an earlier answer, or both."""
        await know_usager(context, context.turn.slot("dossier"))
        if context.turn.slot(DATES_ASKED) and context.turn.requested_slot == "basis":
            return self._collect_dates(context)
        further = await take_further(context) if context.turn.requested_slot == "basis" else {}
        if further:  # « oui, et les trois autres pareil »
            reserved = further.pop(RESERVED, False)
            agreed = not reserved and context.turn.text and (context.turn.intent == "affirm" or read_basis(context.turn) is not None)
            if reserved:
                context.utterances.utter("utter_yes_with_reservation")
            further |= {"basis_said": read_basis(context.turn) or context.turn.slot("basis_said")}
            slots = await self._collect(context) if agreed else {}
            if not slots.get("basis"):
                await tell_more(context, further[MORE])
            return further | slots
        return await self._collect(context)

    def _collect_dates(self, context: Context) -> Slots:
        """Return the dates that were asked for in the place of the card: nothing is confirmed before they are known."""
        dates = said_dates(context)
        if not dates.slots and not dates.unclear and context.turn.intent == "deny":
            self._drop(context)
        if not dates.slots:
            context.utterances.utter("utter_dates_needed")
            return {}
        return {**confirmed_dates(context, dates), DATES_ASKED: None}

    async def _collect(self, context: Context) -> Slots:
        agreeing = context.turn.intent == "affirm" or read_basis(context.turn) is not None
        if context.turn.requested_slot == "basis" and agreeing:
            await forget_usager(context, context.turn.slot("dossier"), answering=True)
        turn, utterances = context.turn, context.utterances
        if turn.requested_slot == "basis" and (question := read_card_question(turn)) is not None:
            answer_addition_question(context, question)
            basis = parse_basis(said_beside(turn.text))
            return {"basis_said": basis, "agreed": None} if basis in {CARE_TEAM, CONSENT} else {"agreed": None}
        if turn.requested_slot == "partner_email" and len(turn.text.split()) == 1 and turn.intent != "deny":
            return self._collect_email(context)
        if self._lacks_email(turn) and (turn.is_button or not turn.message.get("entities")):
            return {"partner_email": SKIPPED}
        slots = await self._collect_dossier(context)
        slots |= await self._collect_partner(context, about_dossier=bool(slots))
        confirming = turn.requested_slot == "basis"
        if not confirming:
            slots |= accepted_dates(context, slots)
            known = {name: turn.slot(name) for name in ("partner", FROM, UNTIL, "basis_said")}
            slots |= await fill_from_last(context, known | slots)
        refused = utterances.has_uttered and not slots
        if turn.requested_slot == "partner_email" and not slots:
            slots |= self._collect_email(context)
        if confirming and not refused:
            slots |= self._collect_basis(context, slots)
        else:
            slots |= self._collect_in_advance(context, slots)
            if slots and turn.requested_slot not in slots and "dossier_choices" not in slots and not utterances.has_uttered:
                utterances.utter("utter_noted")
        if not slots and turn.intent == "deny" and not utterances.has_uttered:
            if not lacks_email(turn.text):
                self._drop(context)
            utterances.utter("utter_noted")
        if slots.get("dossier") or slots.get("partner"):
            await self.check_each(context, slots)
        if slots.get(MORE):
            await tell_more(context, slots[MORE])
        return slots | self._said_of_record(turn, slots)

    @staticmethod
    def _said_of_record(turn: Turn, collected: Slots) -> Slots:
        """Return what the message says for the person's directory record; it is of nobody else than the one who was looked up with it."""
        facts = read_facts(turn) if collected and not turn.is_button else {}
        earlier = {} if "partner_query" in collected else turn.slot("record_said") or {}
        return {"record_said": {**earlier, **facts} or None} if facts or "partner_query" in collected else {}

    def _collect_in_advance(self, context: Context, collected: Slots) -> Slots:
        """Return the basis and the e-mail address that are given before they are asked for."""
        turn, found = context.turn, {"basis_said": read_basis(context.turn), "email_said": said_email(context)}
        slots = {name: value for name, value in found.items() if value not in {None, NEITHER, turn.slot(name)}}
        partner: dict[str, Any] = turn.slot("partner") or {}
        if slots.get("email_said") == SKIPPED and turn.slot("partner_email"):
            return slots
        if slots.get("email_said") and partner and not partner.get("account") and "partner" not in collected:
            slots["partner_email"] = slots["email_said"]
        return slots

    async def _collect_dossier(self, context: Context) -> Slots:
        """Return the dossier if it was asked for or the message names one; say so when it replaces another."""
        turn, asked = context.turn, context.turn.requested_slot == "dossier"
        usager, reference = turn.entity("usager_name") or turn.masked, read_reference(turn, asked=asked)
        if asked and not reference and (turn.intent == "deny" or not (usager or await self._names_usager(context))):
            return {}
        if not asked and not reference and not (usager and "dossier" in turn.text.lower()):
            return {}
        slots = await read_dossiers(context, asked=asked)
        if asked and not slots and not context.utterances.has_uttered:
            context.utterances.utter("utter_dossier_not_understood")
        if not asked and slots.get("dossier") == turn.slot("dossier"):
            return {}
        if not asked and slots.get("dossier"):
            context.utterances.utter("utter_dossier_changed", reference=slots["dossier"])
        return slots

    async def _names_usager(self, context: Context) -> bool:
        """Return whether the person named answers « quel dossier ? », rather than being the professional.

        A bare name is that of the usager if the professional is already known, or if the user has a dossier of that name.
        """
        turn, criteria = context.turn, read_criteria(context.turn)
        if not criteria and not read_basis(turn) and not find_email(turn.text):
            return True
        if set(criteria) != {"name"} or _TITLE.search(turn.text):
            return False
        if turn.slot("partner_query") or not turn.trusted:
            return bool(turn.slot("partner_query"))
        return bool(await find_by_usager(context, criteria["name"], turn.entity("birth_date")))

    async def _collect_partner(self, context: Context, *, about_dossier: bool) -> Slots:
        """Return the professional: the answer, a correction, or somebody else who replaces the first."""
        turn, criteria = context.turn, read_criteria(context.turn)
        if turn.requested_slot == "partner":
            return {} if about_dossier and not criteria else await collect_partner(context)
        if turn.requested_slot == "dossier" and set(criteria) == {"name"} and await self._names_usager(context):
            return {}
        if turn.entity("choice") or not criteria or (turn.requested_slot == "basis" and read_basis(turn) and not criteria.get("name")):
            return {}
        known: Criteria = turn.slot("partner_query") or {}
        criteria = await correct_criteria(context, known) if "name" not in criteria or len(criteria["name"].split()) == 1 else criteria
        return {} if criteria == known else {"partner_email": None, **await look_up_replacement(context, criteria)}

    @staticmethod
    def _lacks_email(turn: Turn) -> bool:
        """Return whether the answer to the question for the e-mail address is that it is not known: the SPHERE team completes it."""
        if turn.requested_slot != "partner_email" or find_email(turn.text):
            return False
        return bool(turn.entity("skip") or turn.says.get("unknown") or says_unknown(turn.text) or lacks_email(turn.text))

    def takes_unknown_of(self, turn: Turn) -> bool:
        """Return whether it is the e-mail address that is not known, which need not be."""
        return self._lacks_email(turn) or lacks_email(turn.text)

    def _collect_email(self, context: Context) -> Slots:
        turn = context.turn
        if self._lacks_email(turn):
            return {"partner_email": SKIPPED}
        if turn.intent == "deny":
            return {}
        try:
            return {"partner_email": validate_field("email", find_email(turn.text) or turn.entity("email") or turn.text)}
        except FieldError:
            context.utterances.utter("utter_email_invalid")
            return {}

    def _collect_basis(self, context: Context, changed: Slots) -> Slots:
        """Return a yes with its basis, a no, or a last correction. The card is shown again with what changed before it is confirmed."""
        turn = context.turn
        basis = read_basis(turn)
        if turn.intent == "deny" and lacks_email(turn.text) and not changed:  # no « no » to the card
            return {}
        if find_email(turn.text) and not changed:
            changed = self._collect_email(context)
        dates = AccessDates() if basis in {NEITHER, DECLINED} or list_position(turn) is not None else said_dates(context)
        if dates.unclear or dates.changed(turn):
            kept = None if changed else turn.slot("basis_said")
            return {**changed, **confirmed_dates(context, dates), "basis_said": basis or kept, "agreed": None}
        if changed or (basis and turn.is_correction and not turn.is_button):
            return {**changed, "basis_said": basis if basis in {CARE_TEAM, CONSENT} else None, "agreed": None}
        if dates.slots and basis is None and turn.intent not in {"affirm", "deny"}:
            context.utterances.utter("utter_access_dates_same")
            return {}
        if basis is None and (position := list_position(turn)) is not None:
            basis = [CARE_TEAM, CONSENT, NEITHER, DECLINED][position] if 0 <= position < 4 else None
        if (
            not turn.is_correction
            and (basis in {CARE_TEAM, CONSENT} or turn.intent == "affirm")
            and (dates.reserved if dates.slots else has_reservation(turn))
        ):
            utter_reserved_basis(context, basis)
            return {"basis_said": basis or turn.slot("basis_said"), "agreed": None}
        if basis and proposes_basis(turn):
            context.utterances.utter("utter_noted")
            return {"basis_said": basis, "agreed": None}
        if basis:
            return {"basis": basis}
        if turn.is_correction:
            context.utterances.utter("utter_ask_what_to_correct")
            return {}
        if turn.intent == "deny":
            return {"basis": DECLINED}
        if turn.intent == "affirm":
            return {"basis": turn.slot("basis_said")} if turn.slot("basis_said") else {"agreed": True}
        return {}

    def _drop(self, context: Context) -> None:
        """Drop the flow after « non » to a question that is no yes-or-no question. Raise FlowAborted."""
        response = "utter_later" if context.turn.slot("offered") else "utter_task_dropped"
        context.utterances.utter(response, task=context.utterances.text("utter_task_add_partner"))
        raise FlowAborted

    async def check_each(self, context: Context, slots: Slots) -> None:
        """Check the addition as `_check_addition` does; of several dossiers, leave out those in which the person is already."""
        more: list[str] = list((slots[MORE] if MORE in slots else context.turn.slot(MORE)) or [])
        while True:
            try:
                return await self._check_addition(context, slots)
            except AlreadyThere:
                if not more:
                    raise
                slots |= first_of(more)
                more = more[1:]

    async def _check_addition(self, context: Context, slots: Slots) -> None:
        """Say before the confirmation, rather than after it, that there is nothing to do. Raise FlowAborted then."""
        turn, utterances, requester = context.turn, context.utterances, await context.account_reference()
        partner = slots["partner"] if "partner" in slots else turn.slot("partner")
        dossier = slots["dossier"] if "dossier" in slots else turn.slot("dossier")
        if not partner or not partner.get("account"):
            return
        if partner["account"]["id"] == requester.id:
            utterances.utter("utter_cannot_add_self")
            raise FlowAborted
        members = await context.partners_of(dossier) if dossier else []
        present = next((p for p in members if p.account_id == partner["account"]["id"]), None)
        if present is not None:
            add_another = make_button(utterances.text("utter_title_add_another"), "add_partner", dossier_ref=dossier)
            values = {"name": partner["name"], "reference": dossier, "period": partner_period(context, present)}
            dated = "utter_already_planned" if present.planned else "utter_already_partner_until"
            utterances.utter(dated if values["period"] else "utter_already_partner", buttons=[add_another], **values)
            await self._offer_dates(context, slots, dossier, present)
            raise AlreadyThere

    @staticmethod
    async def _offer_dates(context: Context, slots: Slots, dossier: str, present: Partner) -> None:
        """Propose the dates that were said for who is there already, where the user may change them."""
        said = {name: slots.get(name) or context.turn.slot(name) for name in (FROM, UNTIL)}
        if any(said.values()) and (acts := await redated(context, dossier, present, AccessDates(said))):
            offer_flow(context, UNDO_FLOW, {ACTS: acts})


_TITLE = re.compile(r"\b(?:dr|docteure?|pr|professeure?)\b", re.IGNORECASE)
"""Titles of professionals: no usager is named with one."""

ADD_PARTNER = AddPartner()
register_flow(ADD_PARTNER)
