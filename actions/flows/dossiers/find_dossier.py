"""The flows that find a dossier of the user's own, and list them all."""

from __future__ import annotations

from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import find_by_reference
from actions.flows.dossiers.identity_traits import read_written_date
from actions.framework.context import Context, FlowOutcome
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.turn import Turn
from actions.framework.utterances import MAX_SHOWN, Button, make_button
from actions.framework.visible_dossiers import VisibleDossier

Criteria = dict[str, str]
"""Criteria of a search by name: reference, name, birth_date (FHIR date)."""


class FindDossier(Flow):
    """Collect a reference, a name or a birth date."""

    name = "find_dossier"
    changes = False
    required_slots = slots = ("usager_query",)
    correctable = True
    single_value_entities: ClassVar[frozenset[str]] = frozenset({"birth_date"})
    free_text_slots: ClassVar[frozenset[str]] = frozenset({"usager_query"})
    asks_identity = True

    def needs_identity(self, turn: Turn) -> bool:
        """Return True unless the message gives a reference."""
        return turn.entity("dossier_ref") is None

    async def start(self, context: Context) -> Slots:
        """Return what the message gives of the usager."""
        criteria = self._read_criteria(context)
        return {"usager_query": criteria} if criteria else {}

    async def collect(self, context: Context) -> Slots:
        """Return what the message gives of the usager; any other words are a name."""
        criteria = self._read_criteria(context)
        if not criteria and context.turn.intent not in {"affirm", "deny"} and context.turn.text:
            criteria = {"name": context.turn.text[:80]}
        return {"usager_query": criteria} if criteria else {}

    async def correct(self, context: Context, slots: Slots) -> Slots:
        """Return the last search with what the message adds or replaces: « née le 12/03/1948 », « non, Garnier »."""
        criteria, known = self._read_criteria(context), slots["usager_query"]
        turn = context.turn
        # A bare name alone corrects nothing.
        corrects = turn.is_correction or turn.intent == "choose" or set(criteria) & {"birth_date", "reference"}
        if not criteria or not corrects or (not turn.trusted and "reference" not in criteria):
            return {}
        return {"usager_query": criteria if "reference" in criteria else {k: v for k, v in known.items() if k != "reference"} | criteria}

    def _read_criteria(self, context: Context) -> Criteria:
        turn = context.turn
        given = {
            "reference": turn.entity("dossier_ref"),
            "name": turn.entity("usager_name") or turn.entity("partner_name"),
            "birth_date": turn.entity("birth_date") or read_written_date(context, asked=False).value,
        }
        return {name: value for name, value in given.items() if value}


FIND_DOSSIER = register_flow(FindDossier())


class SubmitFindDossier(SubmitFlow):
    """Show the dossiers found among the user's own."""

    flow = FIND_DOSSIER

    async def submit(self, context: Context) -> Events:
        """Search and show."""
        criteria = context.turn.slot("usager_query")
        if criteria.get("reference"):
            return await self._show_by_reference(context, criteria["reference"])
        born = criteria.get("birth_date")
        found = await context.dossiers.search(await context.linked_account(), name=criteria.get("name"), birth_date=born)
        return _show(context, found, "utter_dossiers_found", "utter_no_dossier_of_that_name")

    async def _show_by_reference(self, context: Context, reference: str) -> Events:
        found = (await find_by_reference(context, reference)).get("dossier")
        if not found:
            context.outcome = FlowOutcome.UNCHANGED
            return []
        dossier = await context.dossiers.get(found, await context.linked_account())
        return _show(context, [dossier], "utter_dossiers_found", "utter_no_dossier_of_that_name")


class ListDossiers(Flow):
    """List the user's own dossiers; nothing is asked."""

    name = "list_dossiers"
    changes = False

    async def collect(self, context: Context) -> Slots:
        """Return nothing: nothing was asked."""
        return {}


LIST_DOSSIERS = register_flow(ListDossiers())


class SubmitListDossiers(SubmitFlow):
    """List the dossiers that the user takes part in."""

    flow = LIST_DOSSIERS

    async def submit(self, context: Context) -> Events:
        """Show at most five and say how many there are."""
        found = await context.dossiers.own(await context.linked_account())
        return _show(context, found, "utter_dossiers_own", "utter_no_dossier_yet")


def _show(context: Context, found: list[VisibleDossier], head: str, none_found: str) -> Events:
    utterances = context.utterances
    if not found:
        context.utter_unchanged(none_found)
        return []
    shown = found[:MAX_SHOWN]
    lines = [utterances.text("utter_dossier_line", dossier=dossier.label) for dossier in shown]
    more = [utterances.text("utter_more_dossiers", count=len(found) - MAX_SHOWN)] if len(found) > MAX_SHOWN else []
    utterances.utter_lines([utterances.text(head, count=len(found)), *lines, *more], _buttons(context, shown))
    return [SlotSet("last_dossier", shown[0].reference)] if len(found) == 1 else []


def _buttons(context: Context, shown: list[VisibleDossier]) -> list[Button]:
    if len(shown) == 1:
        reference = shown[0].reference
        return [
            context.utterances.button("utter_title_list_partners", "list_partners", dossier_ref=reference),
            context.utterances.button("utter_title_add_partner_here", "add_partner", dossier_ref=reference),
        ]
    return [make_button(dossier.reference, "list_partners", dossier_ref=dossier.reference) for dossier in shown]
