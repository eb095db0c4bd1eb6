"""The flow that requests an account: the directory record field by field, a basis if access to a dossier waits for it, a confirmation."""

from __future__ import annotations

from typing import Any, ClassVar

from actions.flows.accounts.directory_record import (
    ASKED_FIELDS,
    FIELD_ENTITIES,
    OPTIONAL_FIELDS,
    UNKNOWN_FIELDS,
    WORDED_FIELDS,
    asked_field,
    field_slot,
    find_field,
    find_fields,
)
from actions.flows.accounts.known_person import check_account, find_person, from_criteria, with_number, with_record, with_town
from actions.flows.accounts.record_facts import (
    is_bare_name,
    is_part_of,
    leaves_out_number,
    misspelt_field,
    names_structure,
    only_name,
    orders_to_send,
    read_name,
    split_name,
    told_fields,
    without_told,
)
from actions.flows.directory.person_facts import read_civility_and_mode, read_facts, shown_value, valid_value, written_out
from actions.flows.directory.search import read_criteria
from actions.flows.dossiers.dossier_slot import forget_usager, read_dossier
from actions.flows.partners.access_dates import FROM, UNTIL
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, NEITHER, basis_with_field, read_basis, told_basis
from actions.framework.answers import CORRECTION_REQUEST, SKIPPED, asks_if_needed, find_email, gives_no_answer, lacks_email, says_unknown
from actions.framework.context import Context
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.people import named_people
from actions.framework.reservation import confirmation
from actions.framework.turn import Turn
from bot.accounts.directory_record import FieldError, prefill, validate_field
from bot.core.text_folding import fold
from bot.core.told_names import bare_names


class RequestAccount(Flow):
    """Collect the directory record, a basis if access to a dossier waits for the account, and a confirmation."""

    name = "request_account"
    needs_link, of_one_person = False, True
    required_slots = (*(field_slot(field) for field in ASKED_FIELDS), "basis", "confirmed")
    slots = (*required_slots, "fiche_rest", "dossier", "correcting", FROM, UNTIL)
    confirmation_slot = "confirmed"
    single_value_entities: ClassVar[frozenset[str]] = frozenset({"email", "rpps"})
    free_text_slots: ClassVar[frozenset[str]] = frozenset(field_slot(field) for field in ASKED_FIELDS)

    def is_answer(self, turn: Turn) -> bool:
        """Return True for « passer » and « sans mail » too, whatever their intent."""
        left_out = turn.requested_slot in self.free_text_slots and not turn.is_button
        if turn.requested_slot in {field_slot("given"), field_slot("family")} and turn.intent == "help" and is_bare_name(turn):
            return True
        if turn.requested_slot in {field_slot("mode"), field_slot("civility")} and self._begins_with_answer(turn):
            return True
        return super().is_answer(turn) or (left_out and (gives_no_answer(turn.text) or lacks_email(turn.text)))

    @staticmethod
    def _begins_with_answer(turn: Turn) -> bool:
        """Return whether a message that asks something answers the question first: « libérale, et … faut-il … ? »."""
        field, words = str(turn.requested_slot).removeprefix("fiche_"), turn.text.split()
        return not turn.is_button and len(words) > 1 and valid_value(field, words[0].strip(".,;:")) is not None

    def takes_unknown_of(self, turn: Turn) -> bool:
        """Return whether a field of the record was asked for, each of which has its own answer to that, or it is of the e-mail."""
        return turn.requested_slot in self.free_text_slots or lacks_email(turn.text)

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
            await forget_usager(context, dossier, answering=False)
        slots: Slots = {"dossier": dossier, "basis": (adding.get("basis") or await told_basis(context, dossier)) if dossier else "none"}
        slots |= {name: adding[name] for name in (FROM, UNTIL) if dossier and adding.get(name)}
        criteria = adding.get("query") or read_criteria(context.turn)
        people = named_people(context.turn.message)
        if not adding.get("query") and criteria.get("name") and len(people) == 1:  # « Jennifer, Jennifer Moulin »
            criteria["name"] = str(people[0]["value"])
        spoken = {field_slot(field): value for field, value in ({**(adding.get("record") or {}), **read_facts(context.turn)}).items()}
        contact = self._read_email(context.turn, adding.get("email"))
        person = await find_person(context, adding, criteria)
        if person is None:
            slots["fiche_rest"] = {} if adding.get("nobody") else None
            found = {**spoken, **slots, **await from_criteria(context, criteria, contact.get("fiche_email") or ""), **contact}
            found |= {field_slot("rpps"): SKIPPED} if leaves_out_number(context.turn.text) and not found.get(field_slot("rpps")) else {}
            told = {} if adding else {field_slot(field): value for field, value in told_fields(context.turn, "").items() if value}
            return with_number(context, await with_town(context, {**found, **told}))
        await check_account(context, person, dossier)
        values = prefill(person)
        context.utterances.utter("utter_fiche_prefilled", name=person.display)
        slots |= {field_slot(field): values.get(field) for field in ASKED_FIELDS}
        slots["fiche_rest"] = {field: value for field, value in values.items() if field not in ASKED_FIELDS}
        slots |= {field_slot(field): SKIPPED for field in OPTIONAL_FIELDS if not values.get(field)}
        known = {slot: value for slot, value in {**spoken, **contact}.items() if value != SKIPPED or not slots.get(slot)}
        return {**slots, **known}

    @staticmethod
    def _read_email(turn: Turn, known: str | None = None) -> Slots:
        """Return the e-mail address that the message gives, or an earlier one; one that nobody has is not asked for."""
        value = valid_value("email", find_email(turn.text) or known or "")
        lacks = lacks_email(turn.text) or known == SKIPPED
        return {field_slot("email"): value or SKIPPED} if value or lacks else {}

    async def collect(self, context: Context) -> Slots:
        """Return the field that was asked for and any other that the message gives; of a person that it knows, the directory gives more."""
        turn = context.turn
        if lacks_email(turn.text) and asks_if_needed(turn.text) and turn.requested_slot != field_slot("email"):
            context.utterances.utter("utter_email_not_needed")
        slots = await self._collect(context)
        slots |= await basis_with_field(context)
        if turn.intent.startswith("faq/") and slots and context.utterances.has_response(f"utter_{turn.intent}"):
            settings = context.services.settings
            values: dict[str, Any] = {"phone": settings.support_phone, "email": settings.support_email, "days": settings.retention_days}
            context.utterances.utter(f"utter_{turn.intent}", **values)
        return with_number(context, await with_town(context, await with_record(context, slots)))

    async def _collect(self, context: Context) -> Slots:
        turn = context.turn
        requested = turn.requested_slot or ""
        if turn.is_button and turn.entity("field") in ASKED_FIELDS and turn.entity("value"):
            return {field_slot(str(turn.entity("field"))): valid_value(str(turn.entity("field")), str(turn.entity("value")))}
        told = told_fields(turn, requested.removeprefix("fiche_"))
        if told:
            return await self._collect_told(context, told)
        if requested == "confirmed":
            return await self._collect_confirmation(context)
        if requested == "basis":
            return await self._collect_basis(context)
        field = requested.removeprefix("fiche_")
        if field in {"given", "family"}:
            context.turn = turn = only_name(turn)
        slots = await self._collect_others(context, field)
        if not slots and self._asks_which_name(context):
            return {"correcting": None}
        corrects = turn.is_correction and field not in {"civility", "mode"}  # of these an answer is as sure as a correction
        changed, left_out = self._utter_changed(context, slots), self._is_left_out(turn, field)
        if (slots or self._tells_of_others(turn, field)) and not left_out and (corrects or not self._answers(turn, field)):
            if not changed and not context.utterances.has_uttered:
                context.utterances.utter("utter_noted")
            return slots
        answer = self._collect_field(context, field)
        if field == "given" and answer and fold(str(answer.get("fiche_given"))) == fold(str(turn.slot("fiche_family") or "")):
            answer |= {"fiche_family": None}  # a single name was taken for the family name
        return {**slots, **answer}

    async def _collect_told(self, context: Context, told: dict[str, str | None]) -> Slots:
        """Return the fields that the message tells by their word, with the others that it gives; of the one asked for, no error."""
        context.turn = turn = without_told(context.turn, told)
        asked = str(turn.requested_slot or "").removeprefix("fiche_")
        slots = {**await self._collect_others(context, asked), **{field_slot(field): value for field, value in told.items()}}
        left_out = asked in UNKNOWN_FIELDS and asked in find_fields(turn.text) and self._is_left_out(turn, asked)
        if left_out or (asked == "rpps" and leaves_out_number(turn.text)):
            slots[field_slot(asked)] = SKIPPED
        if not self._utter_changed(context, slots) and all(turn.slot(slot) == value for slot, value in slots.items()):
            context.utterances.utter("utter_noted")
        return slots

    @staticmethod
    def _utter_changed(context: Context, slots: Slots) -> bool:
        """Say which of the slots replace what was known. Return whether any does."""
        turn, utterances = context.turn, context.utterances
        changed = [
            f"{utterances.text(f'utter_field_{field}')}\u00a0: {shown_value(field, slots[field_slot(field)])}"
            for field in ASKED_FIELDS
            if (value := slots.get(field_slot(field))) not in {None, SKIPPED} and turn.slot(field_slot(field)) not in {None, SKIPPED, value}
        ]
        if changed and turn.requested_slot != "confirmed":
            utterances.utter("utter_record_changed", changes=", ".join(changed))
        return bool(changed)

    @staticmethod
    def _answers(turn: Turn, field: str) -> bool:
        """Return whether a message that gives other fields gives the one asked for as well."""
        if field in {"given", "family"}:
            return turn.entity("partner_name") is not None
        if field in {"civility", "mode"}:
            return field in read_civility_and_mode(turn)
        if field == "email":
            return find_email(turn.text) is not None
        if field == "organization" and names_structure(turn.text):
            return True
        entity = FIELD_ENTITIES.get(field)
        return bool((entity and turn.entity(entity)) or (field == "rpps" and turn.entity("adeli")))

    @staticmethod
    def _is_left_out(turn: Turn, field: str) -> bool:
        """Return whether the message leaves this field out or says that it is not known: « je n'ai pas son mail » is of the e-mail."""
        if turn.entity("skip"):
            return True
        if turn.is_button or find_email(turn.text):
            return False
        named = find_fields(turn.text)
        unknown = bool(turn.says.get("unknown")) or says_unknown(turn.text)
        if lacks_email(turn.text):
            return field == "email" or (unknown and field in named)
        if unknown and named:
            return field in named
        return unknown or (gives_no_answer(turn.text) and (field != "email" or fold(turn.text) in {"non", "rien", "plus tard"}))

    def _tells_of_others(self, turn: Turn, field: str) -> bool:
        """Return whether a message that may not be an answer in any words repeats what is known of other fields."""
        if field in WORDED_FIELDS or turn.is_button:
            return False
        names = {*fold(read_name(turn)).split()}
        values = [entity for other, entity in FIELD_ENTITIES.items() if entity and other != field and turn.entity(entity)]
        return bool(
            values or (names and names <= _known_names(turn)) or any(self._is_left_out(turn, other) for other in UNKNOWN_FIELDS - {field})
        )

    def _collect_field(self, context: Context, field: str) -> Slots:
        turn, utterances = context.turn, context.utterances
        if self._is_left_out(turn, field):
            if field in UNKNOWN_FIELDS or (field == "city" and self._has_place(turn)):
                return {field_slot(field): SKIPPED}
            utterances.utter("utter_field_needed", field=utterances.text(f"utter_field_{field}"))
            return {}
        entity = None if field == "email" else FIELD_ENTITIES.get(field)
        if not turn.is_button and (value := read_civility_and_mode(turn).get(field)):
            return {field_slot(field): value}
        raw = (find_email(turn.text) if field == "email" else None) or turn.entity("value") or (turn.entity(entity) if entity else None)
        raw = raw or self._name_part(context, field) or ("" if turn.masked else turn.text)
        mode = valid_value("mode", raw) if field == "profession" else None
        if mode:  # « salariée » is how somebody practises, not what they are
            context.utterances.utter("utter_noted")
            return {field_slot("mode"): mode}
        raw = written_out(field, raw)
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
        if field not in {"given", "family"}:
            return None
        words = read_name(context.turn).split() or next(iter(bare_names(context.turn.text)), "").split()
        if not words:
            return None
        if len(words) == 1:
            return words[0]
        return words[-1] if field == "family" else " ".join(words[:-1])

    @staticmethod
    def _has_place(turn: Turn) -> bool:
        """Return whether the person can be told from homonyms without a town."""
        return any(turn.slot(field_slot(field)) not in {None, SKIPPED} for field in ("organization", "rpps"))

    async def _collect_others(self, context: Context, asked: str) -> Slots:
        """Return the fields besides the one asked for that the message gives.

        What has a shape of its own (an e-mail address, a number) replaces what was known. Words do in a correction, and where no
        words were asked for; otherwise they may be the answer itself, and fill what is empty.
        """
        turn = context.turn
        correcting = turn.is_correction or turn.requested_slot == "confirmed"
        replaces = correcting or not (asked in WORDED_FIELDS or self._answers(turn, asked))
        found: Slots = {}
        for field, entity in FIELD_ENTITIES.items():
            if entity is None or field == "adeli" or (field == asked and not correcting):
                continue
            current = turn.slot(field_slot(field))
            raw = find_email(turn.text) if field == "email" and not turn.is_button else turn.corrected_value(entity, current)
            value = valid_value(field, raw or "")
            if value is None or value == current or (field == "organization" and not correcting and is_part_of(value, current)):
                continue
            more = field == "organization" and is_part_of(str(current), value)  # « ADMR », then « ADMR de Vierzon »
            if replaces or more or current in {None, SKIPPED} or field in {"email", "phone", "rpps"}:
                found[field_slot(field)] = value
        if asked != "rpps" and (adeli := valid_value("adeli", turn.entity("adeli") or "")):
            found |= {field_slot("rpps"): SKIPPED, "fiche_rest": {**(turn.slot("fiche_rest") or {}), "adeli": adeli}}
        names = await self._collect_names(context, asked, correcting=correcting)
        others = {*fold(read_name(turn)).split()} if _known_names(turn) and not names else set()
        if not turn.is_button:
            for field, value in read_civility_and_mode(turn).items():
                current = turn.slot(field_slot(field))
                if field == "civility" and others and others.isdisjoint(_known_names(turn)):
                    continue  # of somebody else: « le Dr Benali m'a donné son numéro »
                if field != asked and (replaces or current in {None, SKIPPED}) and value != current:
                    found[field_slot(field)] = value
            left_out = (field for field in UNKNOWN_FIELDS if field != asked and find_fields(turn.text) and self._is_left_out(turn, field))
            found |= {field_slot(field): SKIPPED for field in left_out if turn.slot(field_slot(field)) is None}
        return found | names

    @staticmethod
    async def _collect_names(context: Context, asked: str, *, correcting: bool) -> Slots:
        """Return given and family name; a single word if it is clear which it is: « pas Zoé, Léa », « son prénom c'est Léa »."""
        turn, name = context.turn, read_name(context.turn)
        known = {field: turn.slot(field_slot(field)) for field in ("given", "family")}
        words = name.split()
        if len(words) > 1:
            typed, current = {*fold(name).split()}, _known_names(turn)
            if typed == current:  # the same name, or its parts were taken for each other
                swapped = turn.is_correction and all(known.values()) and fold(name) != fold(f"{known['given']} {known['family']}")
                return {field_slot("given"): known["family"], field_slot("family"): known["given"]} if swapped else {}
            same_person = not typed.isdisjoint(current)  # « Léa Kerbrat » for « Zoé Kerbrat »
            if not (correcting or not current or asked in known or same_person):
                return {}
            given, family = await split_name(context, name)
            return {field_slot("given"): given, field_slot("family"): family}
        if not words:
            return {}
        denied = [fold(value) for value in turn.denied_values("partner_name")] if correcting else []
        fields = [field for field, current in known.items() if fold(current or "") in denied]
        fields = fields or [field for field in (find_field(turn.text),) if correcting and field in known]
        if not fields and (correcting or asked not in known):
            fields = [field for field in (misspelt_field(name, known["given"], known["family"]),) if field]
        return {field_slot(fields[0]): name} if len(fields) == 1 and valid_value(fields[0], name) else {}

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
        name = read_name(turn) if may_correct else ""
        fields = ("given", "family")
        if not name or " " in name or any(turn.slot(field_slot(field)) is None for field in fields):
            return False
        buttons = [utterances.button(f"utter_title_field_{field}", "correct", field=field, value=name) for field in fields]
        utterances.utter("utter_which_name", buttons, name=name)
        return True

    async def _collect_basis(self, context: Context) -> Slots:
        turn = context.turn
        basis = read_basis(turn)
        if basis in {CARE_TEAM, CONSENT}:
            return {"basis": basis}
        if lacks_email(turn.text):
            context.utterances.utter("utter_noted")
            return await self._collect_others(context, "")
        if basis == NEITHER or turn.intent == "deny":
            context.utterances.utter("utter_basis_refused_request")
            return {"basis": "none", "dossier": None}
        return await self._collect_others(context, "")

    async def _collect_confirmation(self, context: Context) -> Slots:
        """Return yes or no, unless something is corrected: the record is then shown again before it is sent."""
        turn, utterances = context.turn, context.utterances
        asks_to_correct = turn.is_correction or CORRECTION_REQUEST.match(turn.text)
        field = turn.entity("field") or (find_field(turn.text) if asks_to_correct else None) or self._denied_field(turn)
        changed = await self._collect_others(context, "")
        if changed:
            return changed
        if turn.intent == "deny" and (lacks_email(turn.text) or orders_to_send(turn.text)):  # no « no » to the card
            utterances.utter("utter_noted")
            return {}
        if self._asks_which_name(context):
            return {"correcting": True}
        field = field or asked_field(turn.text)
        if field in ASKED_FIELDS:
            return {field_slot(str(field)): None}
        if asks_to_correct:
            buttons = [utterances.button(f"utter_title_field_{each}", "correct", field=each) for each in ASKED_FIELDS]
            utterances.utter("utter_which_field", buttons=buttons)
            return {"correcting": True}
        return {"confirmed": confirmation(context)} if turn.intent in {"affirm", "deny"} else {}


def _known_names(turn: Turn) -> set[str]:
    """Return the folded words of the name in the record."""
    return {*fold(f"{turn.slot('fiche_given') or ''} {turn.slot('fiche_family') or ''}").split()}


REQUEST_ACCOUNT = register_flow(RequestAccount())
