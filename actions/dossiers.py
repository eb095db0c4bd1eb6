"""Dossiers usagers: open one, find one, list one's own."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Ending, Events
from actions.dossier_slot import SHOWN, by_reference
from actions.elsewhere import elsewhere
from actions.reading import ASKS_TO_CORRECT, does_not_know
from actions.seen import SeenDossier
from actions.speech import Button, titled
from actions.task_actions import SubmitTask, ValidateTask
from actions.tasks import Slots, Task, offer_next, register
from actions.times import numeric
from actions.turn import Turn
from actions.usager_slot import (
    CIVILITY,
    TRAITS,
    in_place_of_denied,
    name_said,
    sex_said,
    split_name,
    tells_both,
    trait_named,
)
from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.core.clock import PARIS
from bot.core.text_folding import fold
from bot.dossiers.records import Usager
from bot.fhir.errors import FhirUnavailable
from bot.fhir.operations import Pending

OLDEST_YEARS = 125
"""Nobody is older: a birth date before that is a slip of the finger."""


class CreateDossier(Task):
    """The four identity traits, then a confirmation that shows possible duplicates first."""

    name = "create_dossier"
    required = (*TRAITS, "confirmed")
    slots = (*required, "correcting")
    confirmed_by = "confirmed"
    one_only: ClassVar[frozenset[str]] = frozenset({"birth_date"})
    free_text: ClassVar[frozenset[str]] = frozenset({"usager_family", "usager_given", "usager_sex"})
    asks_identity = True

    async def begin(self, context: Context) -> Slots:
        """Name, birth date and sex where the sentence has them."""
        return {**name_said(context.turn), **self._birth_date(context), **sex_said(context.turn.text)}

    async def hear(self, context: Context) -> Slots:
        """The trait that was asked for, or a correction of an earlier one; nothing is confirmed in a turn that changes something."""
        turn = context.turn
        if turn.intent == self.name and turn.entity("usager_name"):
            context.speech.say("utter_starting_over")
            return {**dict.fromkeys(self.slots), **await self.begin(context)}
        if turn.requested == "confirmed":
            return self._confirmation(context)
        if turn.corrects:
            return self._correction(context)
        return self._answer(context)

    def _answer(self, context: Context) -> Slots:
        turn = context.turn
        match turn.requested:
            case "usager_birth_date":
                slots = self._birth_date(context)
                if not slots and not context.speech.said_something:
                    context.speech.say("utter_birth_date_invalid")
                return {**slots, **sex_said(turn.text)} if slots else {}  # « née le… » says both
            case "usager_sex":
                slots = {"usager_sex": turn.entity("sex")} if turn.is_button else sex_said(turn.text, asked=True)
                if not slots.get("usager_sex"):
                    context.speech.say("utter_sex_invalid")
                    return {}
                return slots
        new_date = self._birth_date(context) if turn.slot("usager_birth_date") is None else {}
        if turn.intent in {"affirm", "deny"} or does_not_know(turn.text):
            context.speech.say("utter_identity_needed")
            return new_date
        if new_date and not (turn.entity("usager_name") or turn.entity("partner_name")):
            context.speech.say("utter_noted")
            return new_date
        return {**new_date, **self._words(context, str(turn.requested))}

    def _words(self, context: Context, slot: str) -> Slots:
        """A name as the answer to one of the two questions; « Jeanne Durand » asked for the birth name gives both."""
        turn = context.turn
        said = turn.entity("usager_name") or turn.entity("partner_name") or turn.text
        parts = split_name(said)
        known = turn.slot("usager_family") or ""
        if slot == "usager_given":
            words = [word for word in said.split() if fold(word) != fold(known)]
            parts = {"usager_given": " ".join(words)}
        elif turn.slot("usager_given") is not None or not (turn.entity("usager_name") or tells_both(turn, said)):
            parts = {"usager_family": said}
        try:
            return {name: validate_field(name.removeprefix("usager_"), CIVILITY.sub("", value)) for name, value in parts.items()}
        except FieldError:
            context.speech.say("utter_name_invalid")
            return {}

    def _birth_date(self, context: Context) -> Slots:
        said = context.turn.entity("birth_date")
        if not said:
            return {}
        born, today = date.fromisoformat(said), context.services.clock.now().astimezone(PARIS).date()
        if born > today or born.year < today.year - OLDEST_YEARS:
            context.speech.say("utter_birth_date_impossible", date=numeric(born))
            return {}
        return {"usager_birth_date": said}

    def _correction(self, context: Context) -> Slots:
        """« non, prénom Léana », « née en mai », « c'est une femme »; without a word for the trait, the one given last is meant."""
        turn = context.turn
        slots = {**self._birth_date(context), **sex_said(turn.text)}
        name = turn.entity("usager_name") or turn.entity("partner_name")
        if name is None:
            return slots or self._which(context)
        if replaced := in_place_of_denied(turn, name):
            return {**slots, **replaced}
        field = trait_named(turn.text)
        if field is None and turn.requested == "confirmed":
            return slots or self._which(context)
        if field is None:
            before = TRAITS[: TRAITS.index(str(turn.requested))] if turn.requested in TRAITS else ()
            field = next((trait for trait in reversed(before) if trait in {"usager_family", "usager_given"}), str(turn.requested))
        return {**slots, field: name} if field in {"usager_family", "usager_given"} else slots or self._which(context)

    def _confirmation(self, context: Context) -> Slots:
        turn = context.turn
        field = turn.entity("field")
        if turn.is_button and turn.intent == "correct" and field in TRAITS:
            return {str(field): None}
        if turn.is_button:
            return self._which(context) if turn.intent == "correct" else {"confirmed": turn.intent}
        changed = {**self._birth_date(context), **sex_said(turn.text)}
        named = trait_named(turn.text)
        if turn.corrects or ASKS_TO_CORRECT.match(turn.text):
            if named and not (changed or turn.entity("usager_name") or turn.entity("partner_name")):
                return {named: None}
            return self._correction(context)
        if name := turn.entity("usager_name") or turn.entity("partner_name"):
            changed |= in_place_of_denied(turn, name)
            return changed or self._which(context)
        if changed:
            return changed
        return {"confirmed": turn.intent} if turn.intent in {"affirm", "deny"} else {}

    def _which(self, context: Context) -> Slots:
        buttons = [context.speech.button(f"utter_title_{name}", "correct", field=name) for name in TRAITS]
        context.speech.say("utter_which_trait", buttons=buttons)
        return {"correcting": True}


CREATE_DOSSIER = register(CreateDossier())


class ValidateCreateDossier(ValidateTask):
    """Hears the answers of the task."""

    task = CREATE_DOSSIER


def usager(context: Context) -> Usager:
    """The usager that the slots describe."""
    slot = context.turn.slot
    return Usager(
        family=slot("usager_family"),
        given=slot("usager_given"),
        birth_date=date.fromisoformat(slot("usager_birth_date")),
        sex=slot("usager_sex"),
    )


class AskCreateDossierConfirmed(AssistantAction):
    """Shows possible duplicates, then the identity to confirm."""

    action_name = "action_ask_create_dossier_form_confirmed"

    async def act(self, context: Context) -> Events:
        """Own duplicates by name, those of others only as a warning: their references are not the speaker's to see."""
        turn, speech = context.turn, context.speech
        if turn.slot("correcting"):
            return [SlotSet("correcting", None)]
        if not turn.trusted:
            await elsewhere(context, "utter_identity_elsewhere")
            return []
        person = usager(context)
        try:
            own, others = await context.dossiers.possible_duplicates(await context.member(), person)
        except FhirUnavailable:  # creating asks the platform again; the speaker is told that nothing was compared
            speech.say("utter_duplicates_unchecked")
            own, others = [], 0
        warnings = [speech.phrase("utter_duplicate_line", dossier=d.label) for d in own[:SHOWN]]
        if own:
            warnings.insert(0, speech.phrase("utter_duplicates_own"))
        if others:
            warnings.append(speech.phrase("utter_duplicates_others"))
        if warnings:
            speech.say_parts(warnings)
        born = numeric(date.fromisoformat(turn.slot("usager_birth_date")))
        sex = speech.phrase(f"utter_sex_{person.sex}")
        speech.say("utter_card_create_dossier", family=person.family, given=person.given, born=born, sex=sex)
        return []


class SubmitCreateDossier(SubmitTask):
    """Opens the dossier and offers the partner search at once, as the guide does."""

    action_name = "action_create_dossier"
    task = CREATE_DOSSIER

    async def submit(self, context: Context) -> Events:
        """Create it if it was confirmed."""
        turn, speech = context.turn, context.speech
        if turn.slot("confirmed") != "affirm":
            context.unchanged("utter_create_declined")
            return []
        try:
            reference = await context.dossiers.create(
                usager(context), await context.member(), turn.key, channel=turn.channel, conversation_id=turn.conversation_id
            )
        except Pending:
            context.ending = Ending.PENDING
            speech.say("utter_create_pending")
            return []
        speech.say("utter_dossier_created", reference=reference)
        offer_next(context, "add_partner", {"dossier": reference, "offered": True})
        return [SlotSet("last_dossier", reference)]


class FindDossier(Task):
    """A reference, a name or a birth date."""

    name = "find_dossier"
    required = slots = ("usager_query",)
    amendable = True
    one_only: ClassVar[frozenset[str]] = frozenset({"birth_date"})
    free_text: ClassVar[frozenset[str]] = frozenset({"usager_query"})
    asks_identity = True

    def names_usager(self, turn: Turn) -> bool:
        """Unless a reference is given."""
        return turn.entity("dossier_ref") is None

    async def begin(self, context: Context) -> Slots:
        """What the sentence says of the usager."""
        query = self._query(context)
        return {"usager_query": query} if query else {}

    async def hear(self, context: Context) -> Slots:
        """The same; words that are nothing else are a name."""
        query = self._query(context)
        if not query and context.turn.intent not in {"affirm", "deny"} and context.turn.text:
            query = {"name": context.turn.text[:80]}
        return {"usager_query": query} if query else {}

    async def amend(self, context: Context, slots: Slots) -> Slots:
        """« née le 12/03/1948 », « non, Garnier »: what is said joins what was looked for, or takes the place of its like."""
        query, known = self._query(context), slots["usager_query"]
        turn = context.turn
        about = turn.corrects or turn.intent == "choose" or set(query) & {"birth_date", "reference"}  # a bare name is about nothing yet
        if not query or not about or (not turn.trusted and "reference" not in query):
            return {}
        return {"usager_query": query if "reference" in query else {k: v for k, v in known.items() if k != "reference"} | query}

    def _query(self, context: Context) -> dict[str, str]:
        turn = context.turn
        said = {
            "reference": turn.entity("dossier_ref"),
            "name": turn.entity("usager_name") or turn.entity("partner_name"),
            "birth_date": turn.entity("birth_date"),
        }
        return {name: value for name, value in said.items() if value}


FIND_DOSSIER = register(FindDossier())


class ValidateFindDossier(ValidateTask):
    """Hears which usager."""

    task = FIND_DOSSIER


class SubmitFindDossier(SubmitTask):
    """Shows the dossiers found among the speaker's own."""

    action_name = "action_find_dossier"
    task = FIND_DOSSIER

    async def submit(self, context: Context) -> Events:
        """Search and show."""
        query = context.turn.slot("usager_query")
        if query.get("reference"):
            return await self._by_reference(context, query["reference"])
        born = query.get("birth_date")
        found = await context.dossiers.search(
            await context.member(), name=query.get("name"), birth_date=date.fromisoformat(born) if born else None
        )
        return _show(context, found, "utter_dossiers_found", "utter_no_dossier_of_that_name")

    async def _by_reference(self, context: Context, reference: str) -> Events:
        found = (await by_reference(context, reference)).get("dossier")
        if not found:
            context.ending = Ending.UNCHANGED
            return []
        dossier = await context.dossiers.get(found, await context.member())
        return _show(context, [dossier], "utter_dossiers_found", "utter_no_dossier_of_that_name")


class ListDossiers(Task):
    """Nothing to ask."""

    name = "list_dossiers"

    async def hear(self, context: Context) -> Slots:
        """Nothing was asked."""
        return {}


LIST_DOSSIERS = register(ListDossiers())


class SubmitListDossiers(SubmitTask):
    """Lists the dossiers that the speaker takes part in."""

    action_name = "action_list_dossiers"
    task = LIST_DOSSIERS

    async def submit(self, context: Context) -> Events:
        """Show five at most and say how many there are."""
        found = await context.dossiers.own(await context.member())
        return _show(context, found, "utter_dossiers_own", "utter_no_dossier_yet")


def _show(context: Context, found: list[SeenDossier], head: str, nothing: str) -> Events:
    speech = context.speech
    if not found:
        context.unchanged(nothing)
        return []
    shown = found[:SHOWN]
    lines = [speech.phrase("utter_dossier_line", dossier=dossier.label) for dossier in shown]
    more = [speech.phrase("utter_more_dossiers", count=len(found) - SHOWN)] if len(found) > SHOWN else []
    speech.say_parts([speech.phrase(head, count=len(found)), *lines, *more], _buttons(context, shown))
    return [SlotSet("last_dossier", shown[0].reference)] if len(found) == 1 else []


def _buttons(context: Context, shown: list[SeenDossier]) -> list[Button]:
    if len(shown) == 1:
        reference = shown[0].reference
        return [
            context.speech.button("utter_title_list_partners", "list_partners", dossier_ref=reference),
            context.speech.button("utter_title_add_partner_here", "add_partner", dossier_ref=reference),
        ]
    return [titled(dossier.reference, "list_partners", dossier_ref=dossier.reference) for dossier in shown]
