"""Linking a partner to a dossier: the three cases of the guide."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Events
from actions.basis import CARE_TEAM, CONSENT, NEITHER, read_basis
from actions.dossier_slot import AskDossier, read_dossier, shown_dossier
from actions.partner_slot import choose, hear_partner, list_buttons, look_up, professional, read_query
from actions.speech import Button, titled
from actions.tasks import Abort, Slots, SubmitTask, Task, ValidateTask, register
from bot.accounts.fiche import Fiche, FieldError, prefill, validate_field
from bot.accounts.registry import Account
from bot.dossiers.dossiers import NotAMember, UnknownDossier
from bot.dossiers.partners import CannotAddSelf, MissingBasis, Outcome
from bot.operations import Pending


class AddPartner(Task):
    """Which dossier, who, the e-mail where an account must be asked for and none is known, on what basis."""

    name = "add_partner"
    required = ("dossier", "partner", "partner_email", "basis")
    slots = ("dossier", "dossier_choices", "partner_query", "partner_choices", "partner", "partner_email", "basis", "basis_said", "agreed")
    confirmed_by = "basis"
    free_text: ClassVar[frozenset[str]] = frozenset({"partner"})

    async def begin(self, context: Context) -> Slots:
        """Everything that the sentence says already: person, dossier, basis."""
        turn = context.turn
        slots = await read_dossier(context, asked=False)
        slots["basis_said"] = read_basis(turn)
        if turn.entity("choice"):
            slots |= await choose(context, str(turn.entity("choice")))
        elif query := read_query(turn):
            slots |= await look_up(context, query)
        await self._check(context, slots)
        return slots

    async def hear(self, context: Context) -> Slots:
        """An answer to the question asked, a correction of an earlier one, or both."""
        turn = context.turn
        slots = await self._hear_dossier(context)
        match turn.requested:
            case "partner":
                if not slots or turn.entity("partner_name"):
                    slots |= await hear_partner(context)
            case "partner_email" if turn.intent != "correct":
                slots |= self._hear_email(context)
            case "basis":
                slots |= await self._hear_basis(context, slots)
            case _ if read_query(turn):
                slots |= await self._hear_person(context)
        await self._check(context, slots)
        return slots

    async def _hear_dossier(self, context: Context) -> Slots:
        turn = context.turn
        asked = turn.requested == "dossier"
        if asked or turn.entity("dossier_ref") or (turn.intent == "correct" and turn.entity("usager_name")):
            slots = await read_dossier(context, asked=asked)
            if asked and not slots and not context.speech.said_something and not read_query(turn):
                context.speech.say("utter_dossier_not_understood")
            return slots
        return {}

    async def _hear_person(self, context: Context) -> Slots:
        """A person named while something else was asked: taken, over what was known of them if it is a correction."""
        turn = context.turn
        correcting = turn.intent == "correct" or not turn.entity("partner_name")
        known = turn.slot("partner_query") if correcting else None
        return {"partner_email": None, "agreed": None, **await look_up(context, read_query(turn, known))}

    def _hear_email(self, context: Context) -> Slots:
        try:
            return {"partner_email": validate_field("email", context.turn.entity("email") or context.turn.text)}
        except FieldError:
            context.speech.say("utter_email_invalid")
            return {}

    async def _hear_basis(self, context: Context, heard: Slots) -> Slots:
        turn = context.turn
        said = read_basis(turn)
        if said:
            return {"basis": said}
        if turn.intent == "correct" or (turn.intent not in {"affirm", "deny"} and read_query(turn)):
            if read_query(turn):
                return await self._hear_person(context)
            if not heard:
                context.speech.say("utter_ask_what_to_correct")
            return {}
        if turn.intent == "deny":
            return {"basis": "declined"}
        if turn.intent == "affirm":
            return {"basis": turn.slot("basis_said")} if turn.slot("basis_said") else {"agreed": True}
        return {}

    async def _check(self, context: Context, slots: Slots) -> None:
        """Say at once, rather than after the confirmation, that there is nothing to do. Raises Abort."""
        turn, person = context.turn, await context.member()
        partner = slots["partner"] if "partner" in slots else turn.slot("partner")
        dossier = slots["dossier"] if "dossier" in slots else turn.slot("dossier")
        if not partner or not partner.get("account"):
            return
        if partner["account"] == person.id:
            context.speech.say("utter_cannot_add_self")
            raise Abort
        if dossier and any(p.account_id == partner["account"] for p in await context.services.partners.list(dossier, person)):
            context.speech.say("utter_already_partner", name=partner["name"], reference=dossier)
            raise Abort


ADD_PARTNER = register(AddPartner())


class ValidateAddPartner(ValidateTask):
    """Hears the answers of the task."""

    task = ADD_PARTNER


class AskAddPartnerDossier(AskDossier):
    """Asks to which dossier the partner is to be linked."""

    action_name = "action_ask_add_partner_form_dossier"


class AskAddPartnerPartner(AssistantAction):
    """Asks who: the name, or which of those found, or what to do when nobody was."""

    action_name = "action_ask_add_partner_form_partner"

    async def act(self, context: Context) -> Events:
        """Ask what is still needed to know who is meant."""
        turn, speech = context.turn, context.speech
        choices, query = turn.slot("partner_choices"), turn.slot("partner_query")
        if choices:
            speech.say("utter_choose_partner", buttons=await list_buttons(context, choices))
        elif query:
            speech.say("utter_partner_not_found", name=query.get("name") or query.get("rpps") or query.get("profession") or "")
        else:
            speech.say("utter_ask_partner", reference=turn.slot("dossier"))
        return []


class AskAddPartnerEmail(AssistantAction):
    """Asks where to send the codes of a person whose account is to be requested."""

    action_name = "action_ask_add_partner_form_partner_email"

    async def act(self, context: Context) -> Events:
        """Name the person: it is the first time that they are shown."""
        context.speech.say("utter_ask_email_of_partner", partner=context.turn.slot("partner")["label"])
        return []


class AskAddPartnerBasis(AssistantAction):
    """The confirmation card: who, where, which dossier; its buttons say on what basis."""

    action_name = "action_ask_add_partner_form_basis"

    async def act(self, context: Context) -> Events:
        """Show the card of case a (has an account) or b (known, no account), or ask for the basis alone."""
        turn, speech = context.turn, context.speech
        partner: dict[str, Any] = turn.slot("partner") or {}
        values = {"partner": partner.get("label", ""), "name": partner.get("name", ""), "reference": turn.slot("dossier")}
        values["dossier"] = await shown_dossier(context, turn.slot("dossier"))
        if turn.slot("agreed"):
            speech.say("utter_ask_basis", **values)
        elif partner.get("account"):
            speech.say("utter_card_has_account", buttons=self._answers(context), **values)
        else:
            await self._without_account(context, values)
        return []

    async def _without_account(self, context: Context, values: dict[str, Any]) -> None:
        turn, speech = context.turn, context.speech
        person = await professional(context, turn.slot("partner")["key"])
        fiche = {**(prefill(person) if person else {}), "email": turn.slot("partner_email")}
        lines = [
            speech.phrase("utter_fiche_line", label=speech.phrase(f"utter_field_{field}"), value=value)
            for field, value in Fiche.of(fiche).lines()
        ]
        open_one = await context.services.requests.open_for(rpps=fiche.get("rpps"), adeli=fiche.get("adeli"), email=fiche.get("email"))
        known = speech.phrase("utter_request_open", request=open_one.reference) if open_one else ""
        speech.say("utter_card_no_account", buttons=self._answers(context), fiche="\n".join(lines), known=known, **values)

    def _answers(self, context: Context) -> list[Button]:
        """One button for each basis, or a plain yes where the basis was said with the request."""
        speech, said = context.speech, context.turn.slot("basis_said")
        yes = [said] if said in {CARE_TEAM, CONSENT} else [CARE_TEAM, CONSENT]
        return [
            *(speech.button(f"utter_title_yes_{basis}", "affirm", basis=basis) for basis in yes),
            speech.button("utter_title_neither", "deny", basis=NEITHER),
            speech.button("utter_title_no", "deny"),
        ]


class SubmitAddPartner(SubmitTask):
    """Gives the access, or asks for the account that it needs."""

    action_name = "action_add_partner"
    task = ADD_PARTNER

    async def submit(self, context: Context) -> Events:
        """Do it, unless it was declined or rests on no basis."""
        turn, speech = context.turn, context.speech
        basis, partner, reference = turn.slot("basis"), turn.slot("partner"), turn.slot("dossier")
        if basis == "declined":
            speech.say("utter_add_declined", name=partner["name"])
            return []
        if basis == "neither":
            speech.say("utter_basis_refused", name=partner["name"])
            return []
        try:
            person = await context.member()
            record = await professional(context, partner["key"])
            account = await self._account(context, record)
            if account is not None:
                await self._grant(context, person, account)
            else:
                await self._request(context, person, {**(prefill(record) if record else {}), "email": turn.slot("partner_email")})
        except NotAMember:
            speech.say("utter_not_a_member", reference=reference)
        except UnknownDossier:
            speech.say("utter_dossier_unknown", reference=reference)
        except CannotAddSelf:
            speech.say("utter_cannot_add_self")
        except MissingBasis:
            speech.say("utter_basis_refused", name=partner["name"])
        return [SlotSet("last_dossier", reference)]

    async def _account(self, context: Context, record: Any) -> Account | None:
        """The person's account as it is now, not as it was when the card was shown."""
        if record is None:
            return None
        return await context.services.registry.by_identifier(rpps=record.rpps or None, adeli=record.adeli or None)

    async def _grant(self, context: Context, person: Account, account: Account) -> None:
        turn, speech = context.turn, context.speech
        reference, name = turn.slot("dossier"), turn.slot("partner")["name"]
        try:
            outcome = await context.services.partners.add(
                reference, person, account, basis=turn.slot("basis"), channel="web", key=turn.key, conversation_id=turn.conversation_id
            )
        except Pending:
            speech.say("utter_add_pending", name=name, reference=reference)
            return
        if outcome is Outcome.ALREADY:
            speech.say("utter_already_partner", name=name, reference=reference)
            return
        buttons = [
            titled(speech.phrase("utter_title_add_another"), "add_partner", dossier_ref=reference),
            titled(speech.phrase("utter_title_list_partners"), "list_partners", dossier_ref=reference),
        ]
        speech.say("utter_partner_added", name=name, reference=reference, buttons=buttons)

    async def _request(self, context: Context, person: Account, values: dict[str, Any]) -> None:
        turn, speech = context.turn, context.speech
        submission = await context.services.requests.submit(
            Fiche.of(values),
            requester=person,
            conversation_id=turn.conversation_id,
            dossier=turn.slot("dossier"),
            basis=turn.slot("basis"),
            key=turn.key,
        )
        if submission.account is not None:  # known by another number or by this address: no account is to be made
            await self._grant(context, person, submission.account)
            return
        response = "utter_request_joined_dossier" if submission.joined else "utter_request_sent_dossier"
        speech.say(response, name=turn.slot("partner")["name"], request=submission.reference, reference=turn.slot("dossier"))
