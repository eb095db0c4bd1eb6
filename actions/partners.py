"""Linking a partner to a dossier: the three cases of the guide."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Ending, Events, Speaker
from actions.basis import CARE_TEAM, CONSENT, DECLINED, NEITHER, read_basis
from actions.dossier_slot import DOSSIER_LISTS, AskDossier, dossier_said, of_usager, read_dossier, shown_dossier
from actions.partner_slot import (
    NOBODY,
    account_of,
    address_said,
    choose,
    corrected_query,
    hear_partner,
    list_buttons,
    look_up,
    look_up_instead,
    professional,
    read_query,
    search,
)
from actions.reading import shown_position, typed_address
from actions.speech import Button, titled
from actions.task_actions import SubmitTask, ValidateTask
from actions.tasks import Abort, Slots, Task, register
from bot.accounts.directory_record import Fiche, FieldError, prefill, validate_field
from bot.dossiers.errors import AccountClosed, CannotAddSelf, MissingBasis, NotAMember, UnknownDossier
from bot.dossiers.partners import Outcome
from bot.dossiers.records import Practitioner
from bot.fhir.client import FhirUnavailable
from bot.fhir.operations import Pending


class AddPartner(Task):
    """Which dossier, who, the e-mail where an account must be asked for and none is known, on what basis.

    Whatever of this a message says is taken, in whatever order, and asked for no more.
    """

    name = "add_partner"
    required = ("dossier", "partner", "partner_email", "basis")
    slots = (*required, *DOSSIER_LISTS, "partner_query", "partner_choices", "basis_said", "email_said", "agreed", "offered")
    confirmed_by = "basis"
    one_only: ClassVar[frozenset[str]] = frozenset({"email"})
    free_text: ClassVar[frozenset[str]] = frozenset({"partner", "basis"})

    async def begin(self, context: Context) -> Slots:
        """Everything that the sentence says already: person, dossier, basis."""
        turn = context.turn
        slots = await read_dossier(context, asked=False)
        slots |= {"basis_said": read_basis(turn), "email_said": address_said(context)}
        if turn.entity("choice"):
            slots |= await choose(context, str(turn.entity("choice")))
        elif query := read_query(turn):
            slots |= await look_up(context, query)
        if len(turn.different("partner_name")) > 1 or len(turn.different("dossier_ref")) > 1:
            context.speech.say("utter_one_at_a_time")
        await self._check(context, slots)
        return slots

    async def hear(self, context: Context) -> Slots:
        """An answer to the question asked, a correction of an earlier one, or both."""
        turn = context.turn
        if turn.requested == "partner_email" and len(turn.text.split()) == 1 and turn.intent != "deny":
            return self._hear_email(context)
        slots = await self._hear_dossier(context)
        slots |= await self._hear_person(context, about_dossier=bool(slots))
        refused = context.speech.said_something and not slots
        if turn.requested == "partner_email" and not slots:
            slots |= self._hear_email(context)
        if turn.requested == "basis" and not refused:
            slots |= self._hear_basis(context, slots)
        else:
            slots |= self._besides(context, slots)
            if slots and turn.requested not in slots and "dossier_choices" not in slots and not context.speech.said_something:
                context.speech.say("utter_noted")
        if not slots and turn.intent == "deny" and not context.speech.said_something:
            self._decline(context)
        if slots.get("dossier") or slots.get("partner"):
            await self._check(context, slots)
        return slots

    def _besides(self, context: Context, heard: Slots) -> Slots:
        """The basis and the address, where they are said before they are asked for."""
        turn, found = context.turn, {"basis_said": read_basis(context.turn), "email_said": address_said(context)}
        besides = {name: value for name, value in found.items() if value not in {None, NEITHER, turn.slot(name)}}
        chosen: dict[str, Any] = turn.slot("partner") or {}
        if besides.get("email_said") and chosen and not chosen.get("account") and "partner" not in heard:
            besides["partner_email"] = besides["email_said"]
        return besides

    async def _hear_dossier(self, context: Context) -> Slots:
        """The dossier, where it was asked for or is named: one that takes another's place is said."""
        turn, asked = context.turn, context.turn.requested == "dossier"
        usager, reference = turn.entity("usager_name") or turn.masked, dossier_said(turn, asked=asked)
        if asked and not reference and (turn.intent == "deny" or not (usager or await self._names_usager(context))):
            return {}
        if not asked and not reference and not (usager and "dossier" in turn.text.lower()):
            return {}
        slots = await read_dossier(context, asked=asked)
        if asked and not slots and not context.speech.said_something:
            context.speech.say("utter_dossier_not_understood")
        if not asked and slots.get("dossier") == turn.slot("dossier"):
            return {}
        if not asked and slots.get("dossier"):
            context.speech.say("utter_dossier_changed", reference=slots["dossier"])
        return slots

    async def _names_usager(self, context: Context) -> bool:
        """Whether what is said of a person answers « quel dossier ? », rather than being about the professional.

        A bare name is the usager's whose dossier was asked for: if the professional is known already, or if the speaker has such a dossier.
        """
        turn, query = context.turn, read_query(context.turn)
        if not query and not read_basis(turn) and not typed_address(turn.text):
            return True
        if set(query) != {"name"} or _TITLE.search(turn.text):
            return False
        if turn.slot("partner_query") or not turn.trusted:
            return bool(turn.slot("partner_query"))
        return bool(await of_usager(context, query["name"], turn.entity("birth_date")))

    async def _hear_person(self, context: Context, *, about_dossier: bool) -> Slots:
        """The person: asked for, corrected, or another one named in the place of the first."""
        turn, query = context.turn, read_query(context.turn)
        if turn.requested == "partner":
            return {} if about_dossier and not query else await hear_partner(context)
        if turn.requested == "dossier" and set(query) == {"name"} and await self._names_usager(context):
            return {}
        if turn.entity("choice") or not query or (turn.requested == "basis" and read_basis(turn) and not query.get("name")):
            return {}
        known: dict[str, str] = turn.slot("partner_query") or {}
        query = await corrected_query(context, known) if "name" not in query or len(query["name"].split()) == 1 else query
        return {} if query == known else {"partner_email": None, **await look_up_instead(context, query)}

    def _hear_email(self, context: Context) -> Slots:
        turn = context.turn
        if turn.intent == "deny":
            return {}
        try:
            return {"partner_email": validate_field("email", typed_address(turn.text) or turn.entity("email") or turn.text)}
        except FieldError:
            context.speech.say("utter_email_invalid")
            return {}

    def _hear_basis(self, context: Context, changed: Slots) -> Slots:
        """A yes with its basis, a no, or a last correction. What changes the card is shown on it before anything is confirmed."""
        turn = context.turn
        said = read_basis(turn)
        if typed_address(turn.text) and not changed:
            changed = self._hear_email(context)
        if changed or (said and turn.corrects and not turn.is_button):
            return {**changed, "basis_said": said if said in {CARE_TEAM, CONSENT} else None, "agreed": None}
        if said is None and (position := shown_position(turn)) is not None:
            said = [CARE_TEAM, CONSENT, NEITHER, DECLINED][position] if 0 <= position < 4 else None
        if said:
            return {"basis": said}
        if turn.corrects:
            context.speech.say("utter_ask_what_to_correct")
            return {}
        if turn.intent == "deny":
            return {"basis": DECLINED}
        if turn.intent == "affirm":
            return {"basis": turn.slot("basis_said")} if turn.slot("basis_said") else {"agreed": True}
        return {}

    def _decline(self, context: Context) -> None:
        """« Non » to a question that is no yes or no: the user wants none of it. Raises Abort."""
        offered = context.turn.slot("offered")
        context.speech.say("utter_later" if offered else "utter_task_dropped", task=context.speech.phrase("utter_task_add_partner"))
        raise Abort

    async def _check(self, context: Context, slots: Slots) -> None:
        """Say at once, rather than after the confirmation, that there is nothing to do. Raises Abort."""
        turn, speaker = context.turn, await context.speaker()
        partner = slots["partner"] if "partner" in slots else turn.slot("partner")
        dossier = slots["dossier"] if "dossier" in slots else turn.slot("dossier")
        if not partner or not partner.get("account"):
            return
        if partner["account"]["id"] == speaker.id:
            context.speech.say("utter_cannot_add_self")
            raise Abort
        if dossier and any(p.account_id == partner["account"]["id"] for p in await context.services.partners.list(dossier, speaker)):
            another = titled(context.speech.phrase("utter_title_add_another"), "add_partner", dossier_ref=dossier)
            context.speech.say("utter_already_partner", name=partner["name"], reference=dossier, buttons=[another])
            raise Abort


_TITLE = re.compile(r"\b(?:dr|docteure?|pr|professeure?)\b", re.IGNORECASE)
"""What no usager is called by."""

ADD_PARTNER = register(AddPartner())


class ValidateAddPartner(ValidateTask):
    """Hears the answers of the task."""

    task = ADD_PARTNER


async def known_fiche(context: Context) -> dict[str, Any]:
    """The fiche of the chosen person: what the directory knows, and the e-mail that may have been asked for."""
    partner = context.turn.slot("partner")
    person = await professional(context, partner["key"])
    return {**(prefill(person, partner.get("place", "")) if person else {}), "email": context.turn.slot("partner_email")}


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
        if choices and choices != NOBODY:
            fits = len(choices) > 1 and any(match.full for match in await search(context, query or {}))
            speech.say("utter_choose_partner" if fits else "utter_choose_partner_near", buttons=await list_buttons(context, choices))
        elif query:
            response = "utter_partner_none_fits" if choices == NOBODY else "utter_partner_not_found"
            speech.say(response, name=", ".join(query.values()))
        else:
            later = [speech.button("utter_title_later", "cancel")] if turn.slot("offered") else []
            speech.say("utter_ask_partner", reference=turn.slot("dossier"), buttons=later)
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
        speech = context.speech
        fiche = await known_fiche(context)
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
        turn = context.turn
        basis, partner, reference = turn.slot("basis"), turn.slot("partner"), turn.slot("dossier")
        if basis == DECLINED:
            context.unchanged("utter_add_declined", name=partner["name"])
            return []
        if basis == NEITHER:
            context.unchanged("utter_basis_refused", name=partner["name"])
            return []
        try:
            account = await self._account(context)
            if account is not None:
                await self._grant(context, account)
            else:
                await self._request(context)
        except NotAMember:
            context.unchanged("utter_not_a_member", reference=reference)
        except UnknownDossier:
            context.unchanged("utter_dossier_unknown", reference=reference)
        except CannotAddSelf:
            context.unchanged("utter_cannot_add_self")
        except MissingBasis:
            context.unchanged("utter_basis_refused", name=partner["name"])
        except AccountClosed:
            context.unchanged("utter_partner_account_closed", name=partner["name"], reference=reference)
        return [SlotSet("last_dossier", reference)]

    async def _account(self, context: Context) -> Practitioner | None:
        """The person's account as it is now; while the platform is away, as it was on the card: the operation checks it again."""
        partner = context.turn.slot("partner")
        record = await professional(context, partner["key"])
        try:
            return await account_of(context, record) if record else None
        except FhirUnavailable:
            if not partner.get("account"):
                raise
            return Speaker(**partner["account"])

    async def _grant(self, context: Context, account: Practitioner) -> None:
        turn, speech = context.turn, context.speech
        reference, name, speaker = turn.slot("dossier"), turn.slot("partner")["name"], await context.speaker()
        another = titled(speech.phrase("utter_title_add_another"), "add_partner", dossier_ref=reference)
        try:
            outcome = await context.services.partners.add(
                reference,
                speaker,
                account,
                basis=turn.slot("basis"),
                channel=turn.channel,
                key=turn.key,
                conversation_id=turn.conversation_id,
            )
        except Pending:
            context.ending = Ending.PENDING
            speech.say("utter_add_pending", name=name, reference=reference)
            return
        if outcome is Outcome.ALREADY:
            context.unchanged("utter_already_partner", name=name, reference=reference, buttons=[another])
            return
        listing = titled(speech.phrase("utter_title_list_partners"), "list_partners", dossier_ref=reference)
        speech.say("utter_partner_added", name=name, reference=reference, buttons=[another, listing])

    async def _request(self, context: Context) -> None:
        turn, speech = context.turn, context.speech
        submission = await context.services.requests.submit(
            Fiche.of(await known_fiche(context)),
            requester=await context.member(),
            conversation_id=turn.conversation_id,
            dossier=turn.slot("dossier"),
            basis=turn.slot("basis"),
            key=turn.key,
        )
        if submission.account is not None:  # known by another number or by this address: no account is to be made
            await self._grant(context, submission.account)
            return
        response = "utter_request_joined_dossier" if submission.joined else "utter_request_sent_dossier"
        speech.say(response, name=turn.slot("partner")["name"], request=submission.reference, reference=turn.slot("dossier"))
