"""Dossiers usagers: open one, find one, list one's own."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Events
from actions.dossier_slot import SHOWN, dossier_label
from actions.speech import Button, titled
from actions.tasks import Slots, SubmitTask, Task, ValidateTask, offer_next, register
from actions.times import numeric
from bot.accounts.fields import FieldError, validate_field
from bot.clock import PARIS
from bot.dossiers.dossiers import Dossier, Usager
from bot.operations import Pending

OLDEST_YEARS = 125
"""Nobody is older: a birth date before that is a slip of the finger."""
_SEXES = {"féminin": "female", "feminin": "female", "femme": "female", "f": "female", "masculin": "male", "homme": "male", "m": "male"}


class CreateDossier(Task):
    """The four identity traits, then a confirmation that shows possible duplicates first."""

    name = "create_dossier"
    required = ("usager_family", "usager_given", "usager_birth_date", "usager_sex", "confirmed")
    slots = (*required, "correcting")
    confirmed_by = "confirmed"
    free_text: ClassVar[frozenset[str]] = frozenset({"usager_family", "usager_given", "usager_sex"})

    async def begin(self, context: Context) -> Slots:
        """Name and birth date where the sentence has them."""
        return {**self._name(context), **self._birth_date(context)}

    async def hear(self, context: Context) -> Slots:
        """The trait that was asked for, and the birth date wherever it comes."""
        turn = context.turn
        slots = self._birth_date(context)
        match turn.requested:
            case "usager_family" | "usager_given" if turn.intent not in {"affirm", "deny"}:
                slots |= self._words(context, str(turn.requested))
            case "usager_sex":
                slots |= self._sex(context)
            case "confirmed":
                slots |= self._confirmation(context)
        if turn.requested == "usager_birth_date" and not slots and not context.speech.said_something:
            context.speech.say("utter_birth_date_invalid")
        return slots

    def _name(self, context: Context) -> Slots:
        """« Jeanne Durand » → given name and birth name; a single word is the birth name."""
        said = (context.turn.entity("usager_name") or "").split()
        if not said:
            return {}
        return {"usager_family": said[-1], **({"usager_given": " ".join(said[:-1])} if len(said) > 1 else {})}

    def _words(self, context: Context, slot: str) -> Slots:
        turn = context.turn
        given = slot == "usager_given"
        said = turn.entity("usager_name") or turn.entity("partner_name") or turn.text
        try:
            return {slot: validate_field("given" if given else "family", said)}
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

    def _sex(self, context: Context) -> Slots:
        turn = context.turn
        said = turn.entity("sex") or next((_SEXES[word] for word in turn.text.lower().strip(" .!").split() if word in _SEXES), None)
        if said not in {"female", "male", "other", "unknown"}:
            context.speech.say("utter_sex_invalid")
            return {}
        return {"usager_sex": said}

    def _confirmation(self, context: Context) -> Slots:
        turn = context.turn
        field = turn.entity("field")
        if turn.intent == "correct" and field in self.slots:
            return {str(field): None}
        if turn.intent == "correct" and (turn.entity("usager_name") or turn.entity("partner_name")):
            said = (turn.entity("usager_name") or turn.entity("partner_name") or "").split()
            return {"usager_family": said[-1], **({"usager_given": " ".join(said[:-1])} if len(said) > 1 else {})}
        if turn.intent == "correct":
            names = ("usager_family", "usager_given", "usager_birth_date", "usager_sex")
            buttons = [context.speech.button(f"utter_title_{name}", "correct", field=name) for name in names]
            context.speech.say("utter_which_trait", buttons=buttons)
            return {"correcting": True}
        return {"confirmed": turn.intent} if turn.intent in {"affirm", "deny"} else {}


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
        person = usager(context)
        own, others = await context.services.dossiers.possible_duplicates(await context.member(), person)
        warnings = [speech.phrase("utter_duplicate_line", dossier=dossier_label(d)) for d in own[:SHOWN]]
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
            speech.say("utter_create_declined")
            return []
        try:
            dossier = await context.services.dossiers.create(
                usager(context), await context.member(), turn.key, conversation_id=turn.conversation_id
            )
        except Pending:
            speech.say("utter_create_pending")
            return []
        speech.say("utter_dossier_created", reference=dossier.reference)
        offer_next(context, "add_partner", {"dossier": dossier.reference})
        return [SlotSet("last_dossier", dossier.reference)]


class FindDossier(Task):
    """A reference, a name or a birth date."""

    name = "find_dossier"
    required = slots = ("usager_query",)
    free_text: ClassVar[frozenset[str]] = frozenset({"usager_query"})

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
        person = await context.member()
        if query.get("reference"):
            own = await context.services.dossiers.of_member(person)
            wanted = query["reference"].upper()
            found = [d for d in own if d.reference == wanted or d.reference.endswith("-" + wanted.zfill(6))]
        else:
            born = query.get("birth_date")
            found = await context.services.dossiers.search(
                person, name=query.get("name"), birth_date=date.fromisoformat(born) if born else None
            )
        return _show(context, found, "utter_dossiers_found", "utter_no_dossier_of_that_name")


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
        found = await context.services.dossiers.of_member(await context.member())
        return _show(context, found, "utter_dossiers_own", "utter_no_dossier_yet")


def _show(context: Context, found: list[Dossier], head: str, nothing: str) -> Events:
    speech = context.speech
    if not found:
        speech.say(nothing)
        return []
    shown = found[:SHOWN]
    lines = [speech.phrase("utter_dossier_line", dossier=dossier_label(dossier)) for dossier in shown]
    more = [speech.phrase("utter_more_dossiers", count=len(found) - SHOWN)] if len(found) > SHOWN else []
    speech.say_parts([speech.phrase(head, count=len(found)), *lines, *more], _buttons(context, shown))
    return [SlotSet("last_dossier", shown[0].reference)] if len(found) == 1 else []


def _buttons(context: Context, shown: list[Dossier]) -> list[Button]:
    if len(shown) == 1:
        reference = shown[0].reference
        return [
            context.speech.button("utter_title_list_partners", "list_partners", dossier_ref=reference),
            context.speech.button("utter_title_add_partner_here", "add_partner", dossier_ref=reference),
        ]
    return [titled(dossier.reference, "list_partners", dossier_ref=dossier.reference) for dossier in shown]
