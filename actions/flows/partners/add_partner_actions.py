"""The actions of the flow that adds a partner: its questions, its confirmation card, its submission."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.flows.directory.person_facts import record_lines
from actions.flows.directory.search import account_of, get_professional, search, was_looked_up_everywhere
from actions.flows.dossiers.dossier_slot import AskDossier, dossier_label
from actions.flows.partners.access_dates import DATES_ASKED, FROM, UNTIL, access_line, period_of, period_words
from actions.flows.partners.add_partner import ADD_PARTNER
from actions.flows.partners.last_acts import kept_acts, remember_act, sent_request
from actions.flows.partners.partner_slot import list_buttons
from actions.flows.partners.several_dossiers import MORE, first_of, tell_more
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, DECLINED, NEITHER, basis_line, keep_basis_beside
from actions.flows.partners.shown_people import NOBODY
from actions.flows.partners.undo_act import UNDO_BUTTON, may_take_back_addition
from actions.framework.action import AssistantAction
from actions.framework.answers import SKIPPED, gives_up
from actions.framework.cards import utter_card, was_shown
from actions.framework.context import Context, FlowOutcome
from actions.framework.events import Events
from actions.framework.flow import FlowAborted, Slots, set_slots
from actions.framework.flow_actions import ANSWERED_TURN, SubmitFlow
from actions.framework.utterances import Button, make_button
from bot.accounts.directory_record import Fiche, prefill
from bot.dossiers.errors import AccountClosed, CannotAddSelf, EndBeforeStart, MissingBasis, NotAMember, PeriodOver
from bot.dossiers.partners import Outcome
from bot.dossiers.period import paris_day
from bot.dossiers.records import AccountReference, Practitioner
from bot.fhir.errors import FhirUnavailable
from bot.fhir.operations import Pending


class AskAddPartnerDossier(AskDossier):
    """Ask to which dossier the partner is added."""

    action_name = "action_ask_add_partner_form_dossier"


class AskAddPartnerPartner(AssistantAction):
    """Ask for the professional: the name, or which of those found, or what to do if nobody was found."""

    action_name = "action_ask_add_partner_form_partner"

    async def act(self, context: Context) -> Events:
        """Ask for what is still needed to know who is meant."""
        turn, utterances = context.turn, context.utterances
        choices, criteria = turn.slot("partner_choices"), turn.slot("partner_query")
        full = any(match.full for match in await search(context, criteria or {})) if choices and choices != NOBODY else False
        sent = sent_request(turn, criteria.get("name", "")) if criteria and not full else None
        if sent is not None:
            titles = (("utter_title_request_dossier", "request_account"), ("utter_title_cancel", "cancel"))
            buttons = [utterances.button(title, intent) for title, intent in titles]
            values = {"name": sent["name"], "request": sent["request"], "reference": turn.slot("dossier")}
            utterances.utter("utter_partner_awaits_account", buttons=buttons, **values)
            return [SlotSet("partner_choices", None)]
        if criteria and choices != NOBODY and not full and not await was_looked_up_everywhere(context, criteria):
            utterances.utter("utter_local_list_only")
        if choices and choices != NOBODY:
            several = full and len(choices) > 1
            utterances.utter(
                "utter_choose_partner" if several else "utter_choose_partner_near", buttons=await list_buttons(context, choices)
            )
        elif criteria:
            response = "utter_partner_none_fits" if choices == NOBODY else "utter_partner_not_found"
            utterances.utter(response, name=", ".join(criteria.values()))
        else:
            later = [utterances.button("utter_title_later", "cancel")] if turn.slot("offered") else []
            utterances.utter("utter_ask_partner", reference=turn.slot("dossier"), buttons=later)
        return []


class AskAddPartnerEmail(AssistantAction):
    """Ask for the e-mail address of a person whose account is to be requested: codes are sent to it."""

    action_name = "action_ask_add_partner_form_partner_email"

    async def act(self, context: Context) -> Events:
        """Ask, and name the person: it is the first time that they are shown."""
        context.utterances.utter("utter_ask_email_of_partner", partner=context.turn.slot("partner")["label"])
        return []


class AskAddPartnerBasis(AssistantAction):
    """Show the confirmation card: who, where, which dossier. Its buttons give the basis."""

    action_name = "action_ask_add_partner_form_basis"

    async def act(self, context: Context) -> Events:
        """Show the card of case a (the person has an account) or b (known, without account), or ask for the basis alone."""
        turn, utterances = context.turn, context.utterances
        partner: dict[str, Any] = turn.slot("partner") or {}
        if turn.slot(DATES_ASKED):  # never a card without the dates that were meant
            utterances.utter("utter_ask_same_dates", name=partner.get("name", ""), reference=turn.slot("dossier"))
            return []
        values = {"partner": partner.get("label", ""), "name": partner.get("name", ""), "reference": turn.slot("dossier")}
        words = period_words(context)
        values["dates"] = utterances.text("utter_partner_period", period=words) if words else ""
        values["dossier"] = await dossier_label(context, turn.slot("dossier"))
        values["period"] = access_line(context) + basis_line(context)
        kind = "has_account" if partner.get("account") else "no_account"
        if not partner.get("account"):
            values |= await self._values_without_account(context)
        card = f"utter_card_{kind}", f"utter_again_{kind}"
        kept = {}
        if turn.slot(ANSWERED_TURN) != turn.key and was_shown(context, *card, **values):  # the message was a digression from it
            kept = await keep_basis_beside(context, turn.slot("dossier"))
            values["period"] = access_line(context) + basis_line(context)
        if turn.slot("agreed") and not kept:
            utterances.utter("utter_ask_basis", **values)
        else:
            utter_card(context, *card, self._buttons(context), **values)
        return set_slots(kept)

    @staticmethod
    async def _values_without_account(context: Context) -> dict[str, Any]:
        utterances = context.utterances
        record = await partner_record(context)
        request = await context.services.account_requests.open_for(
            rpps=record.get("rpps"), adeli=record.get("adeli"), email=record.get("email")
        )
        known = utterances.text("utter_request_open", request=request.reference) if request else ""
        return {"fiche": record_lines(utterances, Fiche.of(record)), "known": known}

    def _buttons(self, context: Context) -> list[Button]:
        """Return a yes for each basis, the one that the user already gave first, then the two ways to say no."""
        utterances, given = context.utterances, context.turn.slot("basis_said")
        bases = [CONSENT, CARE_TEAM] if given == CONSENT else [CARE_TEAM, CONSENT]
        return [
            *(utterances.button(f"utter_title_yes_{basis}", "affirm", basis=basis) for basis in bases),
            utterances.button("utter_title_neither", "deny", basis=NEITHER),
            utterances.button("utter_title_no", "deny"),
        ]


async def partner_record(context: Context) -> dict[str, Any]:
    """Return the directory record of the chosen person by field, with the e-mail address that the user may have given."""
    partner = context.turn.slot("partner")
    person = await get_professional(context, partner["key"])
    email = context.turn.slot("partner_email")
    return {**(prefill(person, partner.get("place", "")) if person else {}), "email": email if email != SKIPPED else None}


class SubmitAddPartner(SubmitFlow):
    """Give the access, or request the account that it needs."""

    flow = ADD_PARTNER

    async def submit(self, context: Context) -> Events:
        """Add the partner unless the addition was declined or has no basis."""
        turn = context.turn
        basis, partner, reference = turn.slot("basis"), turn.slot("partner"), turn.slot("dossier")
        if basis == DECLINED:
            context.utter_unchanged("utter_add_declined", name=partner["name"])
            return []
        if basis == NEITHER:
            context.utter_unchanged("utter_basis_refused", name=partner["name"])
            return []
        try:
            account = await self._partner_account(context)
            if account is not None:
                await self._add(context, account)
            else:
                await self._request_account(context)
        except NotAMember:
            context.utter_unchanged("utter_not_a_member", reference=reference)
            return []
        except CannotAddSelf:
            context.utter_unchanged("utter_cannot_add_self")
        except MissingBasis:
            context.utter_unchanged("utter_basis_refused", name=partner["name"])
        except (PeriodOver, EndBeforeStart):  # a day went by while the card was open
            context.utter_unchanged("utter_access_period_over", name=partner["name"], reference=reference)
        except AccountClosed:
            context.utter_unchanged("utter_partner_account_closed", name=partner["name"], reference=reference)
        return [SlotSet("last_dossier", reference), *kept_acts(turn)]

    async def next_slots(self, context: Context) -> Slots | None:
        """Return the same person and dates for the next of several dossiers, without those in which the person is already."""
        turn = context.turn
        if not turn.slot(MORE):
            return None
        if turn.slot("basis") == DECLINED and gives_up(turn.text):  # « non surtout pas, laissez tomber »: nor the other dossiers
            return None
        kept = ("partner", "partner_query", "partner_email", "email_said", "record_said", FROM, UNTIL)
        slots = {name: turn.slot(name) for name in kept} | first_of(turn.slot(MORE))
        if turn.slot("basis_said") == CARE_TEAM:  # a consent is of one usager
            slots["basis_said"] = CARE_TEAM
        try:
            await ADD_PARTNER.check_each(context, slots)
        except FlowAborted:
            return None
        context.utterances.utter("utter_next_dossier", reference=slots["dossier"])
        if slots[MORE]:
            await tell_more(context, slots[MORE])
        return slots

    async def _partner_account(self, context: Context) -> Practitioner | None:
        """Return the person's account as it is now. While the platform is down, as it was on the card: the operation checks it again."""
        partner = context.turn.slot("partner")
        record = await get_professional(context, partner["key"])
        try:
            return await account_of(context, record) if record else None
        except FhirUnavailable:
            if not partner.get("account"):
                raise
            return AccountReference(**partner["account"])

    async def _add(self, context: Context, account: Practitioner) -> None:
        turn, utterances = context.turn, context.utterances
        reference, name, requester = turn.slot("dossier"), turn.slot("partner")["name"], await context.account_reference()
        add_another = make_button(utterances.text("utter_title_add_another"), "add_partner", dossier_ref=reference)
        try:
            outcome = await context.services.partners.add(
                reference,
                requester,
                account,
                basis=turn.slot("basis"),
                channel=turn.channel,
                key=turn.key,
                conversation_id=turn.conversation_id,
                period=period_of(turn),
            )
        except Pending:
            context.outcome = FlowOutcome.PENDING
            utterances.utter("utter_add_pending", name=name, reference=reference, period=access_line(context))
            return
        if outcome is Outcome.ALREADY:
            context.utter_unchanged("utter_already_partner", name=name, reference=reference, buttons=[add_another])
            return
        list_partners = make_button(utterances.text("utter_title_list_partners"), "list_partners", dossier_ref=reference)
        period, today = period_of(turn), paris_day(context.services.clock.now())
        remember_act(
            context,
            "added",
            by=requester.id,
            dossier=reference,
            name=name,
            member=account.reference,
            partner=turn.slot("partner")["key"],
            period=period,
            basis=turn.slot("basis"),
        )
        undo = [utterances.button("utter_title_undo_added", "cancel", **{UNDO_BUTTON: turn.key})]
        dated = "utter_partner_added_later" if period.begins_later(today) else "utter_partner_added_until"
        words = period_words(context)
        utterances.utter(
            dated if words else "utter_partner_added",
            name=name,
            reference=reference,
            period=words,
            buttons=[add_another, list_partners, *(undo if await may_take_back_addition(context, reference) else [])],
        )

    async def _request_account(self, context: Context) -> None:
        turn, utterances = context.turn, context.utterances
        record = Fiche.of(await partner_record(context))
        submission = await context.services.account_requests.submit(
            record,
            requester=await context.linked_account(),
            conversation_id=turn.conversation_id,
            dossier=turn.slot("dossier"),
            basis=turn.slot("basis"),
            key=turn.key,
            period=period_of(turn),
        )
        if submission.account is not None:  # another number or this address is that of an account: none is to be created
            await self._add(context, submission.account)
            return
        requester, name = await context.account_reference(), turn.slot("partner")["name"]
        asked = {"partner": turn.slot("partner")["key"], "period": period_of(turn), "basis": turn.slot("basis")}
        asked |= {"dossier": turn.slot("dossier"), "name": name, "request": submission.reference}
        remember_act(context, "requested", by=requester.id, **asked)
        sent = "utter_request_sent_dossier" if record.email else "utter_request_sent_without_email_dossier"
        response = "utter_request_joined_dossier" if submission.joined else sent
        values = {"name": turn.slot("partner")["name"], "request": submission.reference, "reference": turn.slot("dossier")}
        utterances.utter(response, period=access_line(context), **values)
