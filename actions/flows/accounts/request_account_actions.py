"""The actions of the flow that requests an account: its start from an addition, its questions, its submission."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.flows.accounts.directory_record import ASKED_FIELDS, field_slot
from actions.flows.accounts.request_account import REQUEST_ACCOUNT
from actions.flows.directory.person_facts import record_lines
from actions.flows.partners.access_dates import FROM, UNTIL, access_line, period_of
from actions.flows.partners.last_acts import kept_acts, remember_act
from actions.flows.partners.shown_people import NOBODY
from actions.framework.action import AssistantAction
from actions.framework.answers import SKIPPED
from actions.framework.cards import utter_card
from actions.framework.context import Context
from actions.framework.dates import format_until
from actions.framework.events import Events
from actions.framework.flow import active_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.lifecycle import claiming_flow, reset_flow, start_flow
from bot.accounts.directory_record import Fiche, FieldError
from bot.accounts.errors import TooManyRequests
from bot.dossiers.errors import EndBeforeStart, NotAMember, PeriodOver
from bot.dossiers.period import ALWAYS


class StartRequestAccount(AssistantAction):
    """Start a request. It replaces the addition of a partner that it comes from and takes over its dossier and person."""

    action_name = "action_begin_request_account"

    async def act(self, context: Context) -> Events:
        """Take over what the addition collected, then start the flow."""
        turn = context.turn
        current = active_flow(turn)
        if (claimed := claiming_flow(turn)) is not None:
            return await start_flow(claimed, context)
        if current is None or current.name != "add_partner":
            return await start_flow(REQUEST_ACCOUNT, context)
        partner = turn.slot("partner") or {}
        turn.tracker.slots["adding"] = {
            "dossier": turn.slot("dossier"),
            "basis": turn.slot("basis_said"),
            **{name: turn.slot(name) for name in (FROM, UNTIL)},
            "key": partner.get("key"),
            "query": turn.slot("partner_query") or {},
            "email": turn.slot("email_said"),
            "record": turn.slot("record_said"),
            "nobody": turn.slot("partner_choices") == NOBODY,
        }
        turn.tracker.active_loop = {}
        return [*reset_flow(current), *await start_flow(REQUEST_ACCOUNT, context)]


def record_values(context: Context) -> dict[str, Any]:
    """Return the fields of the directory record that the slots hold, without those that were skipped."""
    asked = {field: context.turn.slot(field_slot(field)) for field in ASKED_FIELDS}
    both = {**(context.turn.slot("fiche_rest") or {}), **asked}
    return {field: value for field, value in both.items() if value and value != SKIPPED}


class AskRequestAccountBasis(AssistantAction):
    """Ask on what basis the access that waits for the account will be given."""

    action_name = "action_ask_request_account_form_basis"

    async def act(self, context: Context) -> Events:
        """Ask, naming the person and the dossier."""
        values = record_values(context)
        name = f"{values.get('given', '')} {values.get('family', '')}".strip()
        context.utterances.utter("utter_ask_basis", name=name, reference=context.turn.slot("dossier"))
        return []


class AskRequestAccountConfirmed(AssistantAction):
    """Show the whole directory record before it is sent."""

    action_name = "action_ask_request_account_form_confirmed"

    async def act(self, context: Context) -> Events:
        """Show the record, a line for each field; if a field is missing or not valid, ask for it instead."""
        turn, utterances = context.turn, context.utterances
        if turn.slot("correcting"):
            return [{"event": "slot", "name": "correcting", "value": None}]
        try:
            record = Fiche.of(record_values(context))
        except FieldError as error:
            missing = error.field if error.field in ASKED_FIELDS else "organization"
            utterances.utter("utter_field_needed", field=utterances.text(f"utter_field_{missing}"))
            return [
                {"event": "slot", "name": field_slot(missing), "value": None},
                {"event": "followup", "name": REQUEST_ACCOUNT.form},
            ]
        dossier = utterances.text("utter_fiche_dossier", reference=turn.slot("dossier")) if turn.slot("dossier") else ""
        dossier += access_line(context) if dossier else ""
        values: dict[str, Any] = {"fiche": record_lines(utterances, record), "dossier": dossier, "name": record.name}
        utter_card(context, "utter_card_request", "utter_again_request", **values)
        return []


class SubmitRequestAccount(SubmitFlow):
    """Send the request to the SPHERE team."""

    flow = REQUEST_ACCOUNT

    async def submit(self, context: Context) -> Events:
        """Send it if that was confirmed."""
        turn, utterances = context.turn, context.utterances
        if turn.slot("confirmed") != "affirm":
            context.utter_unchanged("utter_request_declined")
            return []
        dossier, basis = turn.slot("dossier"), turn.slot("basis")
        record = Fiche.of(record_values(context))
        requester = await context.account()
        try:
            submission = await context.services.account_requests.submit(
                record,
                requester=requester,
                conversation_id=turn.conversation_id,
                dossier=dossier,
                basis=basis if dossier else None,
                key=turn.key,
                period=period_of(turn) if dossier else ALWAYS,
            )
        except NotAMember:
            context.utter_unchanged("utter_not_a_member", reference=dossier)
            return []
        except (PeriodOver, EndBeforeStart):
            context.utter_unchanged("utter_access_period_over", name=record.name, reference=dossier)
            return []
        except TooManyRequests as many:
            settings, until = context.services.settings, format_until(many.until, context.services.clock.now())
            context.utter_unchanged("utter_request_limited", until=until, phone=settings.support_phone, email=settings.support_email)
            return []
        if submission.account is not None:
            context.utter_unchanged("utter_request_has_account", name=record.name)
            return []
        sent = "utter_request_sent" if record.email else "utter_request_sent_without_email"
        response = ("utter_request_joined" if submission.joined else sent) + ("_dossier" if dossier else "")
        period = access_line(context) if dossier else ""
        utterances.utter(response, name=record.name, request=submission.reference, reference=dossier or "", period=period)
        if requester is not None:
            given = {"period": period_of(turn), "basis": basis} if dossier else {}
            asked = {"dossier": dossier or "", "name": record.name, "request": submission.reference, **given}
            if turn.slot("fiche_rest") in (None, {}):
                asked["record"] = record.model_dump(exclude_none=True)
            remember_act(context, "requested", by=requester.id, **asked)
        return [SlotSet("last_partner", record.name), *kept_acts(turn)]
