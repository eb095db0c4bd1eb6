"""Asking for an account: the *fiche annuaire*, field by field, and where a request stands."""

from __future__ import annotations

from typing import Any, ClassVar

from actions.flows.accounts.directory_record import ASKED, ENTITIES, SKIPPABLE, SKIPPED, field_named, manner_said, slot_of, valid
from actions.flows.dossiers.dossier_slot import read_dossier
from actions.flows.partners.partner_slot import NOBODY, is_meant, professional, read_query, search
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, NEITHER, read_basis
from actions.framework.action import AssistantAction, Context, Events
from actions.framework.answers import ASKS_TO_CORRECT, does_not_know, typed_address
from actions.framework.dates import day
from actions.framework.flow_actions import SubmitTask, ValidateTask
from actions.framework.lifecycle import Slots, Task, register, running
from actions.framework.turn import Turn
from actions.framework.utterances import titled
from bot.accounts.fiche import Fiche, FieldError, prefill, validate_field
from bot.clock import PARIS
from bot.directory.folding import fold
from bot.dossiers.errors import NotAMember, UnknownDossier


class RequestAccount(Task):
    """The fiche, a basis where a dossier waits for it, and a last look before it is sent."""

    name = "request_account"
    needs_link = False
    required = (*(slot_of(name) for name in ASKED), "basis", "confirmed")
    slots = (*required, "fiche_rest", "dossier", "correcting")
    confirmed_by = "confirmed"
    one_only: ClassVar[frozenset[str]] = frozenset({"email", "rpps"})
    free_text: ClassVar[frozenset[str]] = frozenset(slot_of(name) for name in ASKED)

    def is_answer(self, turn: Turn) -> bool:
        """« Passer » is one, whatever it was taken for."""
        return super().is_answer(turn) or (turn.requested in self.free_text and not turn.is_button and does_not_know(turn.text))

    def must_link(self, turn: Turn) -> bool:
        """Only a member may have an access wait for the account."""
        return bool(turn.entity("dossier_ref"))

    async def begin(self, context: Context) -> Slots:
        """What the sentence or the addition under way says of the person; the directory fills in the rest."""
        adding = context.turn.slot("adding") or {}
        dossier = adding.get("dossier")
        if not dossier and context.turn.entity("dossier_ref"):
            dossier = (await read_dossier(context, asked=False)).get("dossier")
        slots: Slots = {"dossier": dossier, "basis": adding.get("basis") if dossier else "none"}
        key = context.turn.entity("choice") or adding.get("key")
        query = adding.get("query") or read_query(context.turn)
        found = await professional(context, str(key)) if key else None
        if found is None and query.get("name") and not adding.get("nobody"):
            full = [match.professional for match in await search(context, query) if match.full and is_meant(match.professional, query)]
            found = full[0] if len(full) == 1 else None
        if found is not None:
            values = prefill(found)
            context.speech.say("utter_fiche_prefilled", name=found.display)
            slots |= {slot_of(name): values.get(name) for name in ASKED}
            slots["fiche_rest"] = {name: value for name, value in values.items() if name not in ASKED}
            slots |= {slot_of(name): SKIPPED for name in SKIPPABLE if not values.get(name)}
        else:
            slots |= self._from_query(query)
        return {**{k: v for k, v in manner_said(context.turn).items() if not found}, **slots, **self._contact(context.turn)}

    def _from_query(self, query: dict[str, str]) -> Slots:
        """Fields that the user named while looking for the person; a single word is the family name."""
        words = query.get("name", "").split()
        said = {"family": words[-1] if words else "", "given": " ".join(words[:-1]), "profession": query.get("profession", "")}
        said |= {"city": query.get("place", ""), "organization": query.get("organization", ""), "rpps": query.get("rpps", "")}
        return {slot_of(name): value for name, raw in said.items() if (value := valid(name, raw))}

    def _contact(self, turn: Turn) -> Slots:
        """E-mail and phone, where the sentence gives them."""
        said = {"email": typed_address(turn.text) or "", "phone": turn.entity("phone") or ""}
        return {slot_of(name): value for name, raw in said.items() if (value := valid(name, raw))}

    async def hear(self, context: Context) -> Slots:
        """The field that was asked for, and any other that the sentence gives."""
        turn = context.turn
        requested = turn.requested or ""
        if turn.is_button and turn.entity("field") in ASKED and turn.entity("value"):
            return {slot_of(str(turn.entity("field"))): valid(str(turn.entity("field")), str(turn.entity("value")))}
        if requested == "confirmed":
            return self._hear_confirmation(context)
        if requested == "basis":
            return self._hear_basis(context)
        field = requested.removeprefix("fiche_")
        slots = self._others(context, field)
        if not slots and self._asks_which_name(context):
            return {"correcting": None}
        if slots and (turn.corrects or not self._is_about(turn, field)):
            context.speech.say("utter_noted")
            return slots
        return {**slots, **self._field(context, field)}

    @staticmethod
    def _is_about(turn: Turn, field: str) -> bool:
        """Whether a message that fills other fields answers the one that was asked as well."""
        if field in {"given", "family"}:
            return turn.entity("partner_name") is not None
        if field in {"civility", "mode"}:
            return slot_of(field) in manner_said(turn)
        entity = ENTITIES.get(field)
        return bool(entity and turn.entity(entity))

    def _field(self, context: Context, field: str) -> Slots:
        turn = context.turn
        if turn.entity("skip") or (not turn.is_button and does_not_know(turn.text)):
            if field in SKIPPABLE:
                return {slot_of(field): SKIPPED}
            context.speech.say("utter_field_needed", field=context.speech.phrase(f"utter_field_{field}"))
            return {}
        entity = None if field == "email" else ENTITIES.get(field)
        if not turn.is_button and (said := manner_said(turn).get(slot_of(field))):
            return {slot_of(field): said}
        raw = (typed_address(turn.text) if field == "email" else None) or turn.entity("value") or (turn.entity(entity) if entity else None)
        raw = raw or self._name_part(context, field) or ("" if turn.masked else turn.text)
        if not raw and turn.masked:  # a person who is called like an usager, or a date: what was typed is gone
            return {}
        if field == "rpps" and turn.entity("adeli"):
            return {slot_of("rpps"): SKIPPED, "fiche_rest": {**(turn.slot("fiche_rest") or {}), "adeli": turn.entity("adeli")}}
        try:
            return {slot_of(field): validate_field(field, raw)}
        except FieldError as error:
            known = f"utter_reason_{error.reason}"
            context.speech.say(known if context.speech.has(known) else f"utter_reason_{field}_invalid")
            return {}

    def _name_part(self, context: Context, field: str) -> str | None:
        """« Zoé Zwartkowski » as an answer to the given name or the family name gives both (see `_others`)."""
        words = (context.turn.entity("partner_name") or "").split()
        if not words or field not in {"given", "family"}:
            return None
        if len(words) == 1:
            return words[0]
        return words[-1] if field == "family" else " ".join(words[:-1])

    def _others(self, context: Context, asked: str) -> Slots:
        """Fields besides the one asked for, where they are empty or are being corrected."""
        turn = context.turn
        correcting = turn.corrects or turn.requested == "confirmed"
        found: Slots = {}
        for field, entity in ENTITIES.items():
            if entity is None or field == "adeli" or (field == asked and not correcting):
                continue
            current = turn.slot(slot_of(field))
            raw = turn.corrected(entity, current)
            if raw and (correcting or current is None) and (value := valid(field, raw)):
                found[slot_of(field)] = value
        if not turn.is_button:
            said = manner_said(turn)
            found |= {k: v for k, v in said.items() if k != slot_of(asked) and (correcting or turn.slot(k) is None) and v != turn.slot(k)}
        return found | self._names(turn, asked, correcting=correcting)

    @staticmethod
    def _names(turn: Turn, asked: str, *, correcting: bool) -> Slots:
        """Given and family name; a single one where it is clear which: « pas Zoé, Léa », « son prénom c'est Léa »."""
        words = (turn.entity("partner_name") or "").split()
        unknown = turn.slot("fiche_given") is None and turn.slot("fiche_family") is None
        if len(words) > 1 and (correcting or unknown or asked in {"given", "family"}):
            return {slot_of("given"): " ".join(words[:-1]), slot_of("family"): words[-1]}
        if len(words) != 1 or not correcting:
            return {}
        wrong = [fold(value) for value in turn.denied("partner_name")]
        which = [name for name in ("given", "family") if fold(turn.slot(slot_of(name)) or "") in wrong]
        named = which or [name for name in (field_named(turn.text),) if name in {"given", "family"}]
        return {slot_of(named[0]): words[0]} if len(named) == 1 and valid(named[0], words[0]) else {}

    @staticmethod
    def _denied(turn: Turn) -> str | None:
        """« oui mais pas Amboise »: the field whose value is said to be wrong."""
        wrong = {field: [fold(value) for value in turn.denied(entity)] for field, entity in ENTITIES.items() if entity and field in ASKED}
        return next((field for field, values in wrong.items() if values and fold(turn.slot(slot_of(field)) or "") in values), None)

    @staticmethod
    def _asks_which_name(context: Context) -> bool:
        """« non, Léa »: the given name or the family name? Asked, with a button for each."""
        turn, speech = context.turn, context.speech
        may_correct = (turn.corrects or turn.requested == "confirmed") and not turn.is_button
        name = turn.entity("partner_name") if may_correct else None
        names = ("given", "family")
        if name is None or " " in name or any(turn.slot(slot_of(each)) is None for each in names):
            return False
        speech.say("utter_which_name", [speech.button(f"utter_title_field_{f}", "correct", field=f, value=name) for f in names], name=name)
        return True

    def _hear_basis(self, context: Context) -> Slots:
        turn = context.turn
        said = read_basis(turn)
        if said in {CARE_TEAM, CONSENT}:
            return {"basis": said}
        if said == NEITHER or turn.intent == "deny":
            context.speech.say("utter_basis_refused_request")
            return {"basis": "none", "dossier": None}
        return self._others(context, "")

    def _hear_confirmation(self, context: Context) -> Slots:
        """Yes or no, unless something is corrected: then the fiche is shown again before it is sent."""
        turn = context.turn
        field = turn.entity("field") or (field_named(turn.text) if turn.corrects or ASKS_TO_CORRECT.match(turn.text) else None)
        field = field or self._denied(turn)
        changed = self._others(context, "")
        if changed:
            return changed
        if self._asks_which_name(context):
            return {"correcting": True}
        if field in ASKED:
            return {slot_of(str(field)): None}
        if turn.corrects or ASKS_TO_CORRECT.match(turn.text):
            buttons = [context.speech.button(f"utter_title_field_{name}", "correct", field=name) for name in ASKED]
            context.speech.say("utter_which_field", buttons=buttons)
            return {"correcting": True}
        return {"confirmed": turn.intent} if turn.intent in {"affirm", "deny"} else {}


REQUEST_ACCOUNT = register(RequestAccount())


def fiche_values(context: Context) -> dict[str, Any]:
    """The fiche as the slots hold it, without what was passed over."""
    asked = {name: context.turn.slot(slot_of(name)) for name in ASKED}
    both = {**(context.turn.slot("fiche_rest") or {}), **asked}
    return {name: value for name, value in both.items() if value and value != SKIPPED}


class ValidateRequestAccount(ValidateTask):
    """Hears the answers of the task."""

    task = REQUEST_ACCOUNT


class AskRequestAccountBasis(AssistantAction):
    """Asks on what basis the access that waits for the account will be given."""

    action_name = "action_ask_request_account_form_basis"

    async def act(self, context: Context) -> Events:
        """Ask, naming person and dossier."""
        values = fiche_values(context)
        name = f"{values.get('given', '')} {values.get('family', '')}".strip()
        context.speech.say("utter_ask_basis", name=name, reference=context.turn.slot("dossier"))
        return []


class AskRequestAccountConfirmed(AssistantAction):
    """Shows the whole fiche before it is sent."""

    action_name = "action_ask_request_account_form_confirmed"

    async def act(self, context: Context) -> Events:
        """The fiche, a line a field."""
        turn, speech = context.turn, context.speech
        if turn.slot("correcting"):
            return [{"event": "slot", "name": "correcting", "value": None}]
        try:
            lines = Fiche.of(fiche_values(context)).lines()
        except FieldError as error:
            missing = error.field if error.field in ASKED else "organization"
            speech.say("utter_field_needed", field=speech.phrase(f"utter_field_{missing}"))
            return [
                {"event": "slot", "name": slot_of(missing), "value": None},
                {"event": "followup", "name": REQUEST_ACCOUNT.form},
            ]
        shown = [speech.phrase("utter_fiche_line", label=speech.phrase(f"utter_field_{name}"), value=value) for name, value in lines]
        dossier = speech.phrase("utter_fiche_dossier", reference=turn.slot("dossier")) if turn.slot("dossier") else ""
        speech.say("utter_card_request", fiche="\n".join(shown), dossier=dossier)
        return []


class SubmitRequestAccount(SubmitTask):
    """Sends the request to the SPHERE team."""

    action_name = "action_request_account"
    task = REQUEST_ACCOUNT

    async def submit(self, context: Context) -> Events:
        """Send it if it was confirmed."""
        turn, speech = context.turn, context.speech
        if turn.slot("confirmed") != "affirm":
            context.unchanged("utter_request_declined")
            return []
        dossier, basis = turn.slot("dossier"), turn.slot("basis")
        fiche = Fiche.of(fiche_values(context))
        try:
            submission = await context.services.requests.submit(
                fiche,
                requester=await context.person(),
                conversation_id=turn.conversation_id,
                dossier=dossier,
                basis=basis if dossier else None,
                key=turn.key,
            )
        except NotAMember:
            context.unchanged("utter_not_a_member", reference=dossier)
            return []
        except UnknownDossier:
            context.unchanged("utter_dossier_unknown", reference=dossier)
            return []
        if submission.account is not None:
            context.unchanged("utter_request_has_account", name=fiche.name)
            return []
        response = ("utter_request_joined" if submission.joined else "utter_request_sent") + ("_dossier" if dossier else "")
        speech.say(response, name=fiche.name, request=submission.reference, reference=dossier or "")
        return []


class CheckRequest(Task):
    """Nothing to ask: one's own requests are known."""

    name = "check_request"
    needs_link = False

    async def hear(self, context: Context) -> Slots:
        """Nothing was asked."""
        return {}


CHECK_REQUEST = register(CheckRequest())


class SubmitCheckRequest(SubmitTask):
    """Says where the speaker's own requests stand."""

    action_name = "action_check_request"
    task = CHECK_REQUEST

    async def submit(self, context: Context) -> Events:
        """A line a request."""
        speech, turn = context.speech, context.turn
        person = await context.person()
        requests = await context.services.requests.for_conversation(turn.conversation_id, person.id if person else None)
        if not requests:
            speech.say("utter_no_request", buttons=[titled(speech.phrase("utter_title_request_account"), "request_account")])
            return []
        lines = []
        for request in requests:
            state = speech.phrase(f"utter_state_{request.state}", reason=request.reason or "")
            since = day(request.since.astimezone(PARIS).date())
            lines.append(speech.phrase("utter_request_line", request=request.reference, name=request.name, state=state, since=since))
        speech.say_parts([speech.phrase("utter_requests"), *lines])
        return []


class BeginRequestAccount(AssistantAction):
    """Starts a request; one that comes out of an addition replaces it and carries its dossier and person along."""

    action_name = "action_begin_request_account"

    async def act(self, context: Context) -> Events:
        """Take over what the addition knows, then begin."""
        from actions.framework.lifecycle import begin, clear

        turn = context.turn
        current = running(turn)
        if current is None or current.name != "add_partner":
            return await begin(REQUEST_ACCOUNT, context)
        partner = turn.slot("partner") or {}
        turn.tracker.slots["adding"] = {
            "dossier": turn.slot("dossier"),
            "basis": turn.slot("basis_said"),
            "key": partner.get("key"),
            "query": turn.slot("partner_query") or {},
            "nobody": turn.slot("partner_choices") == NOBODY,
        }
        turn.tracker.active_loop = {}
        return [*clear(current), *await begin(REQUEST_ACCOUNT, context)]
