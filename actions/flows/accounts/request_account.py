"""The flow that requests an account: the directory record field by field, a basis if access to a dossier waits for it, a confirmation."""

from __future__ import annotations

from typing import ClassVar

from actions.flows.accounts.directory_record import (
    ASKED_FIELDS,
    FIELD_ENTITIES,
    OPTIONAL_FIELDS,
    SKIPPED,
    field_slot,
    find_field,
    read_civility_and_mode,
    valid_value,
)
from actions.flows.directory.search import Criteria, get_professional, is_certain_match, read_criteria, search
from actions.flows.dossiers.dossier_slot import read_dossier
from actions.flows.partners.access_dates import FROM, UNTIL
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, NEITHER, read_basis
from actions.framework.answers import CORRECTION_REQUEST, find_email, gives_no_answer
from actions.framework.context import Context
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.reservation import confirmation
from actions.framework.turn import Turn
from bot.accounts.directory_record import FieldError, prefill, validate_field
from bot.core.text_folding import fold
from bot.directory.records import Professional


class RequestAccount(Flow):
    """Collect the directory record, a basis if access to a dossier waits for the account, and a confirmation."""

    name = "request_account"
    needs_link = False
    required_slots = (*(field_slot(field) for field in ASKED_FIELDS), "basis", "confirmed")
    slots = (*required_slots, "fiche_rest", "dossier", "correcting", FROM, UNTIL)
    confirmation_slot = "confirmed"
    takes_unknown = True
    single_value_entities: ClassVar[frozenset[str]] = frozenset({"email", "rpps"})
    free_text_slots: ClassVar[frozenset[str]] = frozenset(field_slot(field) for field in ASKED_FIELDS)

    def is_answer(self, turn: Turn) -> bool:
        """Return True for « passer » too, whatever its intent."""
        return super().is_answer(turn) or (
            turn.requested_slot in self.free_text_slots and not turn.is_button and gives_no_answer(turn.text)
        )

    def needs_link_for(self, turn: Turn) -> bool:
        """Return whether the message names a dossier: only a member may have access to it wait for the account."""
        return bool(turn.entity("dossier_ref"))

    def needs_proof_for(self, turn: Turn) -> bool:
        """Return True: what a linked chat asks for is asked for in the account's name."""
        return True

    async def start(self, context: Context) -> Slots:
        """Return what the message, or the addition of a partner under way, gives of the person; the directory fills in the rest."""
        adding = context.turn.slot("adding") or {}
        dossier = adding.get("dossier")
        if not dossier and context.turn.entity("dossier_ref"):
            dossier = (await read_dossier(context, asked=False)).get("dossier")
        slots: Slots = {"dossier": dossier, "basis": adding.get("basis") if dossier else "none"}
        slots |= {name: adding[name] for name in (FROM, UNTIL) if dossier and adding.get(name)}
        criteria = adding.get("query") or read_criteria(context.turn)
        person = await self._find_person(context, adding, criteria)
        if person is None:
            return {**read_civility_and_mode(context.turn), **slots, **self._from_criteria(criteria), **self._read_contact(context.turn)}
        values = prefill(person)
        context.utterances.utter("utter_fiche_prefilled", name=person.display)
        slots |= {field_slot(field): values.get(field) for field in ASKED_FIELDS}
        slots["fiche_rest"] = {field: value for field, value in values.items() if field not in ASKED_FIELDS}
        slots |= {field_slot(field): SKIPPED for field in OPTIONAL_FIELDS if not values.get(field)}
        return {**slots, **self._read_contact(context.turn)}

    @staticmethod
    async def _find_person(context: Context, adding: Slots, criteria: Criteria) -> Professional | None:
        """Return the person's record in the directory, if it is certain who is meant."""
        key = context.turn.entity("choice") or adding.get("key")
        person = await get_professional(context, str(key)) if key else None
        if person is not None or not criteria.get("name") or adding.get("nobody"):
            return person
        full = [match.professional for match in await search(context, criteria) if match.full]
        certain = [person for person in full if is_certain_match(person, criteria)]
        return certain[0] if len(certain) == 1 else None

    @staticmethod
    def _from_criteria(criteria: Criteria) -> Slots:
        """Return the fields that the user gave while looking for the person; a single word is the family name."""
        words = criteria.get("name", "").split()
        given = {"family": words[-1] if words else "", "given": " ".join(words[:-1]), "profession": criteria.get("profession", "")}
        given |= {"city": criteria.get("place", ""), "organization": criteria.get("organization", ""), "rpps": criteria.get("rpps", "")}
        return {field_slot(field): value for field, raw in given.items() if (value := valid_value(field, raw))}

    @staticmethod
    def _read_contact(turn: Turn) -> Slots:
        """Return the e-mail address and the phone number that the message gives."""
        given = {"email": find_email(turn.text) or "", "phone": turn.entity("phone") or ""}
        return {field_slot(field): value for field, raw in given.items() if (value := valid_value(field, raw))}

    async def collect(self, context: Context) -> Slots:
        """Return the field that was asked for, and any other that the message gives."""
        turn = context.turn
        requested = turn.requested_slot or ""
        if turn.is_button and turn.entity("field") in ASKED_FIELDS and turn.entity("value"):
            return {field_slot(str(turn.entity("field"))): valid_value(str(turn.entity("field")), str(turn.entity("value")))}
        if requested == "confirmed":
            return self._collect_confirmation(context)
        if requested == "basis":
            return self._collect_basis(context)
        field = requested.removeprefix("fiche_")
        slots = self._collect_others(context, field)
        if not slots and self._asks_which_name(context):
            return {"correcting": None}
        if slots and (turn.is_correction or not self._answers(turn, field)):
            context.utterances.utter("utter_noted")
            return slots
        return {**slots, **self._collect_field(context, field)}

    @staticmethod
    def _answers(turn: Turn, field: str) -> bool:
        """Return whether a message that gives other fields gives the one asked for as well."""
        if field in {"given", "family"}:
            return turn.entity("partner_name") is not None
        if field in {"civility", "mode"}:
            return field_slot(field) in read_civility_and_mode(turn)
        entity = FIELD_ENTITIES.get(field)
        return bool(entity and turn.entity(entity))

    def _collect_field(self, context: Context, field: str) -> Slots:
        turn, utterances = context.turn, context.utterances
        if turn.entity("skip") or turn.says.get("unknown") or (not turn.is_button and gives_no_answer(turn.text)):
            if field in OPTIONAL_FIELDS:
                return {field_slot(field): SKIPPED}
            utterances.utter("utter_field_needed", field=utterances.text(f"utter_field_{field}"))
            return {}
        entity = None if field == "email" else FIELD_ENTITIES.get(field)
        if not turn.is_button and (value := read_civility_and_mode(turn).get(field_slot(field))):
            return {field_slot(field): value}
        raw = (find_email(turn.text) if field == "email" else None) or turn.entity("value") or (turn.entity(entity) if entity else None)
        raw = raw or self._name_part(context, field) or ("" if turn.masked else turn.text)
        if not raw and turn.masked:  # the name of a person who is called like an usager, or a date: what was typed is gone
            return {}
        if field == "rpps" and (adeli := valid_value("adeli", turn.entity("adeli") or ("" if turn.entity("rpps") else raw))):
            return {field_slot("rpps"): SKIPPED, "fiche_rest": {**(turn.slot("fiche_rest") or {}), "adeli": adeli}}
        try:
            return {field_slot(field): validate_field(field, raw)}
        except FieldError as error:
            response = f"utter_reason_{error.reason}"
            utterances.utter(response if utterances.has_response(response) else f"utter_reason_{field}_invalid")
            return {}

    def _name_part(self, context: Context, field: str) -> str | None:
        """Return the part of a name that was asked for. « Zoé Zwartkowski » gives both (see `_collect_others`)."""
        words = (context.turn.entity("partner_name") or "").split()
        if not words or field not in {"given", "family"}:
            return None
        if len(words) == 1:
            return words[0]
        return words[-1] if field == "family" else " ".join(words[:-1])

    def _collect_others(self, context: Context, asked: str) -> Slots:
        """Return the fields besides the one asked for, if they are empty or are being corrected."""
        turn = context.turn
        correcting = turn.is_correction or turn.requested_slot == "confirmed"
        found: Slots = {}
        for field, entity in FIELD_ENTITIES.items():
            if entity is None or field == "adeli" or (field == asked and not correcting):
                continue
            current = turn.slot(field_slot(field))
            raw = turn.corrected_value(entity, current)
            if raw and (correcting or current is None) and (value := valid_value(field, raw)):
                found[field_slot(field)] = value
        if not turn.is_button:
            for slot, value in read_civility_and_mode(turn).items():
                if slot != field_slot(asked) and (correcting or turn.slot(slot) is None) and value != turn.slot(slot):
                    found[slot] = value
        return found | self._collect_names(turn, asked, correcting=correcting)

    @staticmethod
    def _collect_names(turn: Turn, asked: str, *, correcting: bool) -> Slots:
        """Return given and family name; a single word if it is clear which it is: « pas Zoé, Léa », « son prénom c'est Léa »."""
        words = (turn.entity("partner_name") or "").split()
        unknown = turn.slot("fiche_given") is None and turn.slot("fiche_family") is None
        if len(words) > 1 and (correcting or unknown or asked in {"given", "family"}):
            return {field_slot("given"): " ".join(words[:-1]), field_slot("family"): words[-1]}
        if len(words) != 1 or not correcting:
            return {}
        denied = [fold(value) for value in turn.denied_values("partner_name")]
        fields = [field for field in ("given", "family") if fold(turn.slot(field_slot(field)) or "") in denied]
        fields = fields or [field for field in (find_field(turn.text),) if field in {"given", "family"}]
        return {field_slot(fields[0]): words[0]} if len(fields) == 1 and valid_value(fields[0], words[0]) else {}

    @staticmethod
    def _denied_field(turn: Turn) -> str | None:
        """Return the field whose value the message denies: « oui mais pas Amboise »."""
        denied = {
            field: [fold(value) for value in turn.denied_values(entity)]
            for field, entity in FIELD_ENTITIES.items()
            if entity and field in ASKED_FIELDS
        }
        return next((field for field, values in denied.items() if values and fold(turn.slot(field_slot(field)) or "") in values), None)

    @staticmethod
    def _asks_which_name(context: Context) -> bool:
        """Ask whether « non, Léa » is the given or the family name, with a button for each. Return whether that had to be asked."""
        turn, utterances = context.turn, context.utterances
        may_correct = (turn.is_correction or turn.requested_slot == "confirmed") and not turn.is_button
        name = turn.entity("partner_name") if may_correct else None
        fields = ("given", "family")
        if name is None or " " in name or any(turn.slot(field_slot(field)) is None for field in fields):
            return False
        buttons = [utterances.button(f"utter_title_field_{field}", "correct", field=field, value=name) for field in fields]
        utterances.utter("utter_which_name", buttons, name=name)
        return True

    def _collect_basis(self, context: Context) -> Slots:
        turn = context.turn
        basis = read_basis(turn)
        if basis in {CARE_TEAM, CONSENT}:
            return {"basis": basis}
        if basis == NEITHER or turn.intent == "deny":
            context.utterances.utter("utter_basis_refused_request")
            return {"basis": "none", "dossier": None}
        return self._collect_others(context, "")

    def _collect_confirmation(self, context: Context) -> Slots:
        """Return yes or no, unless something is corrected: the record is then shown again before it is sent."""
        turn, utterances = context.turn, context.utterances
        asks_to_correct = turn.is_correction or CORRECTION_REQUEST.match(turn.text)
        field = turn.entity("field") or (find_field(turn.text) if asks_to_correct else None) or self._denied_field(turn)
        changed = self._collect_others(context, "")
        if changed:
            return changed
        if self._asks_which_name(context):
            return {"correcting": True}
        if field in ASKED_FIELDS:
            return {field_slot(str(field)): None}
        if asks_to_correct:
            buttons = [utterances.button(f"utter_title_field_{each}", "correct", field=each) for each in ASKED_FIELDS]
            utterances.utter("utter_which_field", buttons=buttons)
            return {"correcting": True}
        return {"confirmed": confirmation(context)} if turn.intent in {"affirm", "deny"} else {}


REQUEST_ACCOUNT = register_flow(RequestAccount())
