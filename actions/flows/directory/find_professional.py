"""Looking somebody up in the directory, without linking them to anything."""

from __future__ import annotations

import re
from typing import ClassVar

from actions.flows.partners.partner_slot import SHOWN, describe, read_query, search
from actions.framework.action import Context, Events
from actions.framework.flow_actions import SubmitTask, ValidateTask
from actions.framework.lifecycle import Slots, Task, just_ended, register
from actions.framework.utterances import Button, titled
from bot.accounts.fields import FieldError, display_phone, validate_field
from bot.directory.records import Professional


class FindProfessional(Task):
    """Whom to look for; anyone may."""

    name = "find_professional"
    required = slots = ("professional_query",)
    needs_link = False
    amendable = True
    free_text: ClassVar[frozenset[str]] = frozenset({"professional_query"})

    async def begin(self, context: Context) -> Slots:
        """What the sentence says of the person; « et à Blois ? » right after a search is the same one elsewhere."""
        query = read_query(context.turn)
        before = just_ended(context, self.name) if _GOES_ON.match(context.turn.text) else None
        if before is not None:
            return await self.amend(context, before)
        return {"professional_query": query} if query else {}

    async def amend(self, context: Context, slots: Slots) -> Slots:
        """« non, à Blois »: what is said takes the place of its like, the rest of the search stays."""
        known = slots["professional_query"]
        query = read_query(context.turn, known)
        return {"professional_query": query} if query != known else {}

    async def hear(self, context: Context) -> Slots:
        """A name, a profession, a place; words that are none of these are a name."""
        query = read_query(context.turn)
        if not query and context.turn.intent not in {"affirm", "deny"} and context.turn.text and not context.turn.masked:
            query = {"name": context.turn.text[:80]}
        return {"professional_query": query} if query else {}


_GOES_ON = re.compile(r"\W*et\b(?! (?:ajoute|demande|cr[ée]e))", re.IGNORECASE)

FIND_PROFESSIONAL = register(FindProfessional())


class ValidateFindProfessional(ValidateTask):
    """Hears whom to look for."""

    task = FIND_PROFESSIONAL


class SubmitFindProfessional(SubmitTask):
    """Shows at most five professionals, with what tells them apart and a button to link each."""

    action_name = "action_find_professional"
    task = FIND_PROFESSIONAL

    async def submit(self, context: Context) -> Events:
        """Search and show."""
        turn, speech = context.turn, context.speech
        query = turn.slot("professional_query")
        matches = await search(context, query)
        full = [match for match in matches if match.full]
        shown = [match.professional for match in (full or matches)[:SHOWN]]
        place = query.get("place", "")
        if not shown:
            speech.say("utter_nobody_found", what=", ".join(query.values()))
            return []
        head = "utter_professionals_found" if full else "utter_professionals_near"
        lines = [speech.phrase("utter_professional_line", professional=self._line(person, place)) for person in shown]
        speech.say_parts([speech.phrase(head, count=len(shown)), *lines], [self._button(person) for person in shown])
        return []

    @staticmethod
    def _line(person: Professional, place: str) -> str:
        rpps = f"RPPS {person.rpps}" if person.rpps else ""
        return " – ".join(part for part in (describe(person, place), _phone(person.phone), rpps) if part)

    @staticmethod
    def _button(person: Professional) -> Button:
        return titled(f"+ {person.display}", "add_partner", choice=person.key)


def _phone(raw: str) -> str:
    """A phone number of the directory as people read it; "" where it is none."""
    try:
        return display_phone(validate_field("phone", raw)) if raw else ""
    except FieldError:
        return ""
