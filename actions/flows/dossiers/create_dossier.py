"""The flow that creates a dossier usager."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.identity_traits import (
    IDENTITY_TRAITS,
    NAME_OF_USE,
    find_trait,
    gives_full_name,
    holds_name_alone,
    named_text,
    read_answered_names,
    read_complained,
    read_head,
    read_name,
    read_sex,
    read_told,
    read_written_date,
    replace_denied_name,
    split_name,
    trait_asked_for,
    validate_name,
    without_family,
)
from actions.flows.dossiers.partners_to_add import (
    ADD,
    PARTNERS,
    TEAM,
    additions,
    goes_ahead,
    is_of_new_dossier,
    kept_partners,
    names_of,
    read_partners,
    with_dossier,
    words_after,
    words_before,
)
from actions.framework.action import AssistantAction
from actions.framework.answers import CORRECTION_REQUEST, gives_no_answer
from actions.framework.cards import utter_card, was_shown
from actions.framework.context import Context, FlowOutcome
from actions.framework.dialogue_stack import DIALOGUE_STACK, frames_of, is_on_agenda, push
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.lifecycle import offer_flow
from actions.framework.reservation import confirmation, has_reservation, names_reservation
from actions.framework.turn import Turn
from actions.framework.utterances import MAX_SHOWN
from actions.framework.web_continuation import refer_to_web_chat
from bot.accounts.directory_record_fields import FieldError
from bot.core.clock import PARIS
from bot.core.person_names import CIVILITY, holds_marked_name
from bot.core.told_names import spelled_name
from bot.core.typed_text import plain_text
from bot.core.written_dates import in_words
from bot.dossiers.records import Usager, usager_born
from bot.fhir.errors import FhirUnavailable
from bot.fhir.operations import Pending

FULL_DATE = len("1948-03-12")
MAX_AGE_YEARS = 125
"""Nobody is older: an earlier birth date is a typing error."""


class CreateDossier(Flow):
    """Collect the four identity traits, then a confirmation that shows possible duplicates first."""

    name = "create_dossier"
    required_slots = (*IDENTITY_TRAITS, "confirmed")
    slots = (*required_slots, NAME_OF_USE, PARTNERS, "correcting")
    confirmation_slot = "confirmed"
    single_value_entities: ClassVar[frozenset[str]] = frozenset({"birth_date"})
    free_text_slots: ClassVar[frozenset[str]] = frozenset({"usager_family", "usager_given", "usager_sex"})
    asks_identity = True
    keeps_wishes = True

    def claims(self, turn: Turn) -> bool:
        """Return whether the words are a wish for a new dossier, whatever else they ask for it: « il me faudrait un dossier pour … »."""
        started = [str(command["start"]) for command in turn.message.get("commands") or [] if "start" in command]
        named = turn.intent in {ADD, TEAM} and bool(turn.entity("birth_date")) and not turn.entity("dossier_ref")
        return named and started[:1] == [self.name] and _NEW_DOSSIER.search(turn.text) is not None

    def is_answer(self, turn: Turn) -> bool:
        """Return True too for partners who are to be added to the new dossier: they are kept."""
        if not turn.is_button and turn.intent in {ADD, TEAM}:
            return self.takes_along(turn, {**turn.message, "full_intent": turn.intent})
        return super().is_answer(turn)

    def takes_along(self, turn: Turn, act: Slots) -> bool:
        """Return whether a further act of the message adds partners to the new dossier."""
        return turn.trusted and is_of_new_dossier(turn, act)

    def takes_unknown_of(self, turn: Turn) -> bool:
        """Return whether a message that was read as « je ne sais pas » gives a name or the sex all the same."""
        asked_sex = turn.requested_slot == "usager_sex"
        return holds_name_alone(turn) or (asked_sex and bool(read_sex(turn.text, asked=True)))

    async def start(self, context: Context) -> Slots:
        """Return the names, birth date and sex that the message gives, and the partners who are to follow."""
        partners, _ = read_partners(context.turn)
        known = {**read_name(context.turn), **self._read_birth_date(context), **read_sex(context.turn.text)}
        return {**known, PARTNERS: partners or None}

    async def collect(self, context: Context) -> Slots:
        """Return the trait that was asked for, or a correction of an earlier one; no turn both changes and confirms."""
        told, own = read_partners(context.turn)
        kept = kept_partners(context.turn, told)
        if kept and not told and context.turn.intent == "inform" and not context.turn.message.get("entities"):
            context.utterances.utter("utter_noted")  # « elle m'a donné son accord »: no name
            return kept
        context.turn.tracker.slots |= kept
        before = words_before(context.turn, own) if own else ""
        after = words_after(context.turn, own) if own else ""
        if own:
            context.turn = context.turn.without_entities(own)
        confirming = context.turn.requested_slot == "confirmed"
        unsure = bool(context.turn.says.get("doubt") or context.turn.says.get("condition"))
        agreed = context.turn.intent == "affirm" and before and not (names_reservation(before) or names_reservation(after))
        if own and confirming and not unsure and (goes_ahead(before, after) or agreed):
            changed = self._changed_traits(context)
            return {**kept, **(changed or {"confirmed": "affirm"})}
        if told and context.turn.intent in {ADD, TEAM}:
            slots = self._changed_traits(context)
        elif own and confirming:
            slots = self._changed_traits(context) or {"correcting": None}
        else:
            slots = await self._collect(context)
        if told and not confirming and not context.utterances.has_uttered:
            context.utterances.utter("utter_partners_noted", people=names_of(told))
        elif (own or read_told(context.turn)) and not context.utterances.has_uttered and self._known(context.turn, slots):
            context.utterances.utter("utter_noted")
        return {**slots, **kept}

    @staticmethod
    def _known(turn: Turn, slots: Slots) -> bool:
        """Return whether slots change nothing: all of it was known."""
        return all(turn.slot(slot) == value for slot, value in slots.items())

    def _changed_traits(self, context: Context) -> Slots:
        """Return the traits that the message gives by their word or their form."""
        return {**self._read_birth_date(context), **read_sex(context.turn.text), **read_told(context.turn)}

    async def _collect(self, context: Context) -> Slots:
        turn = context.turn
        if turn.intent == self.name and turn.entity("usager_name"):
            context.utterances.utter("utter_starting_over")
            return {**dict.fromkeys(self.slots), **await self.start(context)}
        if turn.requested_slot == "confirmed":
            return self._collect_confirmation(context)
        spelled = turn.requested_slot in {"usager_family", "usager_given"} and bool(spelled_name(turn.raw_text))
        if turn.is_correction and not spelled:
            said = read_complained(turn, str(turn.requested_slot))
            return {**self._read_birth_date(context), **read_sex(turn.text), **said} if said else self._collect_correction(context)
        return self._collect_trait(context)

    def _collect_trait(self, context: Context) -> Slots:
        turn, utterances = context.turn, context.utterances
        match turn.requested_slot:
            case "usager_birth_date":
                slots = self._read_birth_date(context)
                if not slots and not utterances.has_uttered:
                    utterances.utter("utter_birth_date_invalid")
                return {**slots, **read_sex(turn.text)} if slots else {}  # « née le… » gives both
            case "usager_sex":
                slots = {"usager_sex": turn.entity("sex")} if turn.is_button else read_sex(turn.text, asked=True)
                if not slots.get("usager_sex") and (later := self._read_birth_date(context)):
                    utterances.utter("utter_noted")
                    return later
                if not slots.get("usager_sex"):
                    utterances.utter("utter_sex_invalid")
                    return {}
                return {**slots, **read_told(turn)}
        new_date = self._read_birth_date(context) if turn.slot("usager_birth_date") is None else {}
        if (turn.intent in {"affirm", "deny"} or gives_no_answer(turn.text)) and not holds_name_alone(turn):
            utterances.utter("utter_identity_needed")
            return new_date
        if new_date and not (turn.entity("usager_name") or turn.entity("partner_name")):
            utterances.utter("utter_noted")
            return new_date
        return {**new_date, **self._collect_name(context, str(turn.requested_slot))}

    def _collect_name(self, context: Context, slot: str) -> Slots:
        """Return the answer to one of the two questions for a name; « Jeanne Durand » for the birth name gives both."""
        turn = context.turn
        told = read_told(turn)
        given = read_answered_names(turn, slot) if not told else read_head(turn, slot) if slot not in told else {}
        if told or given:
            if set(told) == {NAME_OF_USE} and slot not in given:
                context.utterances.utter("utter_name_of_use_noted", name=told[NAME_OF_USE])
            return {**self._without_family(turn, given), **told}
        words = named_text(turn) or turn.text
        names = split_name(words)
        if slot not in names and holds_marked_name(words):  # « Besson, veuve Klein »: what was asked for stands before the other name
            words, names = turn.text, split_name(turn.text)
        family = str(turn.slot("usager_family") or "")
        if holds_marked_name(words):
            names = {name: value for name, value in names.items() if name == slot or turn.slot(name) is None}
            if not names.keys() - {NAME_OF_USE}:  # « veuve Klein » alone: no name that was asked for
                context.utterances.utter("utter_identity_needed")
                return names
        elif slot == "usager_given":
            found = turn.affirmed_entities("usager_name") or turn.affirmed_entities("partner_name")
            several = turn.raw_text[found[0].get("start") or 0 : found[-1].get("end") or 0] if len(found) > 1 else words
            names = {"usager_given": without_family(several, family)}
        elif turn.slot("usager_given") is not None or not (turn.entity("usager_name") or gives_full_name(turn, words)):
            names = {"usager_family": words}
        if not names:
            names = {slot: words}
        try:
            return {name: validate_name(name, CIVILITY.sub("", plain_text(value))) for name, value in names.items()}
        except FieldError:
            context.utterances.utter("utter_name_invalid")
            return {}

    @staticmethod
    def _without_family(turn: Turn, names: Slots) -> Slots:
        """Return names without the family name in the given ones: « Jean Martin » → « Jean »."""
        family = str(names.get("usager_family") or turn.slot("usager_family") or "")
        given = names.get("usager_given")
        return {**names, "usager_given": without_family(given, family)} if given else names

    def _read_birth_date(self, context: Context) -> Slots:
        """Return the birth date that the message gives, a FHIR date; say so if it is impossible, or not whole."""
        turn, utterances = context.turn, context.utterances
        value, today = turn.entity("birth_date"), context.services.clock.now().astimezone(PARIS).date()
        if not value:
            return self._read_other_date(context, today)
        if not today.year - int(value[:4]) <= MAX_AGE_YEARS or value > today.isoformat():
            utterances.utter("utter_birth_date_impossible", date=in_words(value))
            return {}
        return {"usager_birth_date": value}

    @staticmethod
    def _read_other_date(context: Context, today: date) -> Slots:
        """Return a date without its day or month, or say that a day does not exist: what the understanding takes for no birth date."""
        utterances = context.utterances
        written = read_written_date(context, asked=context.turn.requested_slot == "usager_birth_date")
        if not written.written:
            return {}
        if not written.exists:
            utterances.utter("utter_birth_date_no_such_day", date=written.written)
            return {}
        if not written.value or today.year - int(written.value[:4]) > MAX_AGE_YEARS:
            utterances.utter("utter_birth_date_impossible", date=written.written)
            return {}
        if len(written.value) < FULL_DATE:
            utterances.utter("utter_birth_date_partial", date=written.written)
        return {"usager_birth_date": written.value}

    def _collect_correction(self, context: Context) -> Slots:
        """Return a corrected trait: « non, prénom Léana », « née en mai », « c'est une femme ».

        A name without a word for the trait replaces the last name given.
        """
        turn = context.turn
        slots = {**self._read_birth_date(context), **read_sex(turn.text)}
        if told := read_told(turn):
            return {**slots, **told}
        name = turn.entity("usager_name") or turn.entity("partner_name")
        if name is None:
            return slots or self._ask_which_trait(context)
        if replaced := replace_denied_name(turn, name):
            return {**slots, **replaced}
        trait = find_trait(turn.text)
        if trait is None and turn.requested_slot == "confirmed":
            return slots or self._ask_which_trait(context)
        if trait is None:
            requested = str(turn.requested_slot)
            before = IDENTITY_TRAITS[: IDENTITY_TRAITS.index(requested)] if requested in IDENTITY_TRAITS else ()
            trait = next((each for each in reversed(before) if each in {"usager_family", "usager_given"}), requested)
        return {**slots, trait: name} if trait in {"usager_family", "usager_given"} else slots or self._ask_which_trait(context)

    def _collect_confirmation(self, context: Context) -> Slots:
        turn = context.turn
        field = turn.entity("field")
        if turn.is_button and turn.intent == "correct" and field in IDENTITY_TRAITS:
            return {str(field): None}
        if turn.is_button:
            return self._ask_which_trait(context) if turn.intent == "correct" else {"confirmed": turn.intent}
        changed = {**self._read_birth_date(context), **read_sex(turn.text), **read_told(turn)}
        if changed.keys() & {"usager_family", "usager_given", NAME_OF_USE}:
            return changed
        if not changed and goes_ahead(turn.text) and not has_reservation(turn):
            return {"confirmed": "affirm"}
        if not changed and (asked := trait_asked_for(turn.text)):
            return {asked: None}
        trait = find_trait(turn.text)
        if turn.is_correction or CORRECTION_REQUEST.match(turn.text):
            if trait and not (changed or turn.entity("usager_name") or turn.entity("partner_name")):
                return {trait: None}
            return self._collect_correction(context)
        if name := turn.entity("usager_name") or turn.entity("partner_name"):
            changed |= replace_denied_name(turn, name)
            return changed or self._ask_which_trait(context)
        if changed:
            return changed
        return {"confirmed": confirmation(context)} if turn.intent in {"affirm", "deny"} else {}

    def _ask_which_trait(self, context: Context) -> Slots:
        buttons = [context.utterances.button(f"utter_title_{trait}", "correct", field=trait) for trait in IDENTITY_TRAITS]
        context.utterances.utter("utter_which_trait", buttons=buttons)
        return {"correcting": True}


_NEW_DOSSIER = re.compile(r"\b(?:un|ce|le|nouveau|nouvel)\s+(?:nouveau\s+)?dossier\b", re.IGNORECASE)

CREATE_DOSSIER = register_flow(CreateDossier())


def usager_of_slots(context: Context) -> Usager:
    """Return the usager that the slots describe."""
    slot = context.turn.slot
    used = slot(NAME_OF_USE) or ""
    return usager_born(slot("usager_family"), slot("usager_given"), slot("usager_birth_date"), slot("usager_sex"), used)


class AskCreateDossierConfirmed(AssistantAction):
    """Show possible duplicates, then the identity to confirm."""

    action_name = "action_ask_create_dossier_form_confirmed"

    async def act(self, context: Context) -> Events:
        """Show the user's own duplicates, then the card. Of the dossiers of others nothing is said, nor asked."""
        turn, utterances = context.turn, context.utterances
        if turn.slot("correcting"):
            return [SlotSet("correcting", None)]
        if not turn.trusted:
            await refer_to_web_chat(context, "utter_identity_elsewhere")
            return []
        usager = usager_of_slots(context)
        try:
            own = await context.dossiers.possible_duplicates(await context.linked_account(), usager)
        except FhirUnavailable:  # creating asks the platform again; the user is told that nothing was compared
            utterances.utter("utter_duplicates_unchecked")
            own = []
        warnings = [utterances.text("utter_duplicate_line", dossier=d.label) for d in own[:MAX_SHOWN]]
        if own:
            warnings.insert(0, utterances.text("utter_duplicates_own"))
        born = in_words(turn.slot("usager_birth_date"))
        sex = utterances.text(f"utter_sex_{usager.sex}")
        card = "utter_card_create_duplicate" if own else "utter_card_create_dossier"
        more = [utterances.text("utter_card_used", used=usager.used)] if usager.used else []
        people = names_of(turn.slot(PARTNERS) or [])
        then = "\n" + utterances.text("utter_card_partners", people=people) if people else ""
        family = "\n".join([usager.family, *more])
        again = "utter_again_create_duplicate" if own else "utter_again_create_dossier"
        values: dict[str, Any] = {"family": family, "given": usager.given, "born": born, "sex": sex, "then": then}
        values["name"] = f"{usager.given} {usager.family}"
        if warnings and not was_shown(context, card, again, **values):
            utterances.utter_lines(warnings)
        utter_card(context, card, again, **values)
        return []


class SubmitCreateDossier(SubmitFlow):
    """Create the dossier and offer to add a partner at once, as the guide does."""

    flow = CREATE_DOSSIER

    async def submit(self, context: Context) -> Events:
        """Create it if that was confirmed."""
        turn, utterances = context.turn, context.utterances
        if turn.slot("confirmed") != "affirm":
            context.utter_unchanged("utter_create_declined")
            return []
        try:
            reference = await context.dossiers.create(
                usager_of_slots(context),
                await context.linked_account(),
                turn.key,
                channel=turn.channel,
                conversation_id=turn.conversation_id,
            )
        except Pending:
            context.outcome = FlowOutcome.PENDING
            utterances.utter("utter_create_pending")
            return []
        utterances.utter("utter_dossier_created", reference=reference)
        self._follow(context, reference)
        return [SlotSet("last_dossier", reference)]

    @staticmethod
    def _follow(context: Context, reference: str) -> None:
        """Put the partners who were told on the stack, for this dossier; where nobody was, propose to add one."""
        turn = context.turn
        before = frames_of(turn)
        frames = with_dossier(before, reference)
        if partners := turn.slot(PARTNERS):
            frames = push(frames, *additions(partners, reference))
        turn.tracker.slots[DIALOGUE_STACK] = frames
        if frames == before and not any(is_on_agenda(frame) for frame in frames):
            offer_flow(context, ADD, {"dossier": reference, "offered": True})
