"""The flow that finds a professional in the directory, and says whether they have an account, without adding them to anything."""

from __future__ import annotations

import asyncio
import re
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.flows.directory.account_question import asks_for_account
from actions.flows.directory.search import account_of, describe, read_criteria, search_as_meant, was_looked_up_everywhere
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.lifecycle import slots_of_last_flow
from actions.framework.turn import Turn
from actions.framework.utterances import MAX_SHOWN, Button, make_button
from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.accounts.phones import display_phone
from bot.directory.records import Professional

_CONTINUATION = re.compile(r"\W*et\b(?! (?:ajoute|demande|cr[ée]e))", re.IGNORECASE)
"""« et à Blois ? »."""


ACCOUNT_ASKED = "account_asked"
"""Slot: whether the question is if the person has an account."""


class FindProfessional(Flow):
    """Collect whom to look for. No account is needed."""

    name = "find_professional"
    required_slots = ("professional_query",)
    slots = (*required_slots, ACCOUNT_ASKED)
    needs_link = False
    correctable = True
    claims_replies = True
    of_one_person = True
    names_usagers = True
    free_text_slots: ClassVar[frozenset[str]] = frozenset({"professional_query"})

    async def start(self, context: Context) -> Slots:
        """Return what the message gives of the person; « et à Blois ? » right after a search is the same search elsewhere."""
        criteria = read_criteria(context.turn)
        before = slots_of_last_flow(context, self.name) if _CONTINUATION.match(context.turn.text) else None
        if before is not None:
            return await self.correct(context, before)
        turn = context.turn
        asked = {ACCOUNT_ASKED: True} if not turn.is_button and asks_for_account(turn.text) else {}
        if asked and not criteria and turn.slot("last_partner"):
            criteria = {"name": str(turn.slot("last_partner"))}
        return {"professional_query": criteria, **asked} if criteria else asked

    def claims(self, turn: Turn) -> bool:
        """Return whether the words ask if a professional has an account: no intent says that."""
        named = turn.entity("partner_name") or turn.entity("profession") or turn.slot("last_partner")
        return bool(named) and asks_for_account(turn.text)

    async def correct(self, context: Context, slots: Slots) -> Slots:
        """Return the last search with what the message replaces: « non, à Blois »."""
        known = slots["professional_query"]
        criteria = read_criteria(context.turn, known)
        return {**slots, "professional_query": criteria} if criteria != known else {}

    async def collect(self, context: Context) -> Slots:
        """Return a name, a profession, a place; any other words are a name."""
        criteria = read_criteria(context.turn)
        if not criteria and context.turn.intent not in {"affirm", "deny"} and context.turn.text and not context.turn.masked:
            criteria = {"name": context.turn.text[:80]}
        return {"professional_query": criteria} if criteria else {}


FIND_PROFESSIONAL = register_flow(FindProfessional())


class SubmitFindProfessional(SubmitFlow):
    """Show at most five professionals, with what tells them apart and a button that adds each as a partner."""

    flow = FIND_PROFESSIONAL

    async def submit(self, context: Context) -> Events:
        """Search and show."""
        turn, utterances = context.turn, context.utterances
        criteria, matches = await search_as_meant(context, turn.slot("professional_query"))
        full = [match for match in matches if match.full]
        shown = [match.professional for match in (full or matches)[:MAX_SHOWN]]
        place = criteria.get("place", "")
        if not full and not await was_looked_up_everywhere(context, criteria):
            utterances.utter("utter_local_list_only")
        if not shown:
            utterances.utter("utter_nobody_found", what=", ".join(criteria.values()))
            return []
        head = "utter_professionals_found" if full else "utter_professionals_near"
        accounts = await self._accounts(context, shown) if turn.slot(ACCOUNT_ASKED) else {}
        lines = [
            utterances.text("utter_professional_line", professional=self._line(person, place)) + accounts.get(person.key, "")
            for person in shown
        ]
        utterances.utter_lines([utterances.text(head, count=len(shown)), *lines], [self._button(person) for person in shown])
        return [SlotSet("last_partner", shown[0].display)] if len(shown) == 1 else []

    @staticmethod
    async def _accounts(context: Context, shown: list[Professional]) -> dict[str, str]:
        """Return what is said of the account of each person, by key; whose chat is linked to nobody is not told."""
        text = context.utterances.text
        if await context.proven_account() is None:
            return {person.key: text("utter_account_not_told") for person in shown}
        states = await asyncio.gather(*(_account_state(context, person) for person in shown))
        return {person.key: text(state) for person, state in zip(shown, states, strict=True)}

    @staticmethod
    def _line(person: Professional, place: str) -> str:
        rpps = f"RPPS {person.rpps}" if person.rpps else ""
        return " – ".join(part for part in (describe(person, place), _format_phone(person.phone), rpps) if part)

    @staticmethod
    def _button(person: Professional) -> Button:
        return make_button(f"+ {person.display}", "add_partner", choice=person.key)


async def _account_state(context: Context, person: Professional) -> str:
    """Return the response that says whether a person has an account, or one was requested."""
    if await account_of(context, person):
        return "utter_has_account"
    numbers = {"rpps": person.rpps or None, "adeli": person.adeli or None}
    requested = await context.services.account_requests.open_for(**numbers, email=person.email or None)
    return "utter_account_requested" if requested else "utter_no_account"


def _format_phone(raw: str) -> str:
    """Return a phone number of the directory as people read it, "" if it is none."""
    try:
        return display_phone(validate_field("phone", raw)) if raw else ""
    except FieldError:
        return ""
