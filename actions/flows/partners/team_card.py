"""What an answer changes on the card of a team: lines taken off or wanted again, people added or in the place of others, facts, dates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.flows.directory.search import read_criteria
from actions.flows.dossiers.dossier_slot import dossier_label
from actions.flows.partners.access_dates import FROM, UNTIL, AccessDates, said_dates
from actions.flows.partners.dates_of_lines import LineDates, dates_by_line
from actions.flows.partners.line_mentions import Mentions, keep_only_named, read_mentions
from actions.flows.partners.team_lines import Change, Line, State, is_active, name_of, read_lines, resolve, set_dates
from actions.flows.partners.team_wishes import ADD, REMOVE, TOGETHER
from actions.framework.agenda import ALONG, quoted, utter_left
from actions.framework.context import Context
from actions.framework.negation import is_denied
from actions.framework.people import PARTNER, Message, split_people, without_names
from actions.framework.reservation import asks_back, has_reservation, utter_reservation
from actions.framework.turn import Turn
from bot.core.text_folding import fold

_FACTS = ("profession", "city", "organization", "rpps")
_STANDS_FOR = frozenset({"correct", "inform", "choose"})
"""Intents of a message whose person may stand for one who was not found."""


class TeamCard:
    """The lines of a card, as one answer changes them in place.

    Args:
        context: of the turn that answers.
        lines: the lines.
    """

    def __init__(self, context: Context, lines: list[Line]) -> None:
        self._context, self._lines, self._turn = context, lines, context.turn
        self._dates = AccessDates() if context.turn.is_button else said_dates(context)
        self._apart: list[LineDates] = []
        self.notes: list[str] = []
        """What changed, in words."""
        self.added = False
        """Whether somebody was added."""

    @property
    def has_reservation(self) -> bool:
        """Whether a yes holds a reservation beside the dates."""
        return self._dates.reserved if self._dates.slots else has_reservation(self._turn)

    async def change(self, reference: str) -> bool:
        """Change the lines as the message says and return whether anything changed; say so where it is not clear what is meant."""
        said = read_mentions(self._turn, self._lines)
        if self._turn.intent == "affirm" and not self._dates and not self._turn.message.get(ALONG):
            said = keep_only_named(said, self._lines)
        self._apart = self._dates_apart()
        if any(one.addressed for one in self._apart):  # « jusqu'au 15, pour Durand seulement »
            said = replace(said, off=said.off - said.limited)
        if await self._apply(self._turn, said, reference) and await self.take_along(reference):
            self._date(said)
            return bool(self.notes)
        return False

    async def take_along(self, reference: str) -> bool:
        """Change the lines as the further wishes of the message say and return whether they are clear; say which of them change none."""
        left: list[str] = []
        for act in self._turn.message.get(ALONG) or []:
            turn, told = self._turn.with_message(act), len(self.notes)
            if not await self._apply(turn, read_mentions(turn, self._lines), reference):
                return False
            if len(self.notes) == told:
                left.append(self._context.utterances.text("utter_left_words", words=quoted(act)))
        utter_left(left, self._context.utterances)
        return True

    async def _apply(self, turn: Turn, said: Mentions, reference: str) -> bool:
        """Change the lines as one wish says and return whether it is clear who is meant; say so where it is not."""
        if said.unclear and not said.off:
            names = ", ".join(dict.fromkeys(name_of(self._lines[number]) for number in sorted(said.unclear)))
            self._context.utterances.utter("utter_line_unclear", names=names)
            return False
        await self._take_in(turn, said, self._take_off(said), reference)
        if not self.added:
            await self._correct_facts(turn, said, reference)
        return True

    def _take_off(self, said: Mentions) -> list[Line]:
        """Take lines off and on again, and return those that were taken off."""
        off = [self._lines[number] for number in sorted(said.off) if self._lines[number]["state"] != State.OFF]
        on = [self._lines[number] for number in sorted(said.on) if self._lines[number]["state"] == State.OFF]
        for line in off:
            line |= {"was": line["state"], "state": State.OFF}
        for line in on:
            line["state"] = line.pop("was", State.SAID)
        self._note("utter_note_off", off)
        self._note("utter_note_on", on)
        return off

    async def _take_in(self, turn: Turn, said: Mentions, replaced: list[Line], reference: str) -> None:
        """Take in people who are on no line; who was not found, or was taken off, tells what is to become of them."""
        parts = await self._new_people(turn, said, reference)
        if not parts:
            return
        unknown = [line for line in self._lines if line["state"] == State.UNKNOWN]
        if not replaced and len(unknown) == 1 and len(parts) == 1 and turn.intent in _STANDS_FOR:
            unknown[0]["state"] = State.OFF
            replaced = unknown
        intent = turn.intent if turn.intent in TOGETHER else REMOVE if any(e["change"] == Change.REMOVE for e in replaced) else ADD
        wishes = [{**part, "full_intent": intent, "intent": {"name": intent, "confidence": 1.0}} for part in parts]
        lines = read_lines(self._context, [{**part, "act": 0} for part in wishes])
        self._lines[:] = await resolve(self._context, reference, [*self._lines, *lines])
        self.added = self.added or any(line["change"] == Change.ADD for line in lines)
        self._note("utter_note_new", [line for line in self._lines if any(line is new for new in lines)])

    async def _new_people(self, turn: Turn, said: Mentions, reference: str) -> list[Message]:
        """Return a part of the message for each person whom it names and no line does; never the usager of the dossier."""
        if turn.is_button or turn.intent in {"affirm", "cancel"}:
            return []
        usager = set(fold(await dossier_label(self._context, reference)).split())
        entities = turn.entities(PARTNER)
        known = [
            entity
            for entity in entities
            if _stands_in(entity, said.places) or is_denied(turn.raw_text, entity) or set(fold(str(entity["value"])).split()) <= usager
        ]
        rest = without_names(turn.message, known)
        if len(known) < len(entities):
            return split_people(rest)
        trade = turn.intent == ADD and any(not _stands_in(entity, said.places) for entity in turn.entities("profession"))
        return [rest] if trade and not said.named else []

    async def _correct_facts(self, turn: Turn, said: Mentions, reference: str) -> None:
        """Look up the one person whose town, profession or structure the message corrects; without a name, who was not found."""
        named = [self._lines[number] for number in sorted(said.named - said.off)]
        unfound = [line for line in self._lines if line["state"] in (State.UNKNOWN, State.SEVERAL)]
        meant = named if said.named else unfound
        facts = any(not _stands_in(entity, said.places) for name in _FACTS for entity in turn.affirmed_entities(name))
        if turn.intent == "affirm" or not facts or len(meant) != 1 or meant[0]["change"] != Change.ADD:
            return
        line = meant[0]
        criteria = read_criteria(turn, line["query"])
        if criteria == line["query"]:
            return
        line |= {"query": criteria, "person": None, "choices": None, "state": State.SAID, "email": None}
        self._lines[:] = await resolve(self._context, reference, self._lines)
        self._note("utter_note_looked_up", [line])

    def _date(self, said: Mentions) -> None:
        """Set the dates that the message gives for the lines that it names, or for all additions."""
        if self._apart:
            for one in self._apart:
                self._set_dates([self._lines[number] for number in one.lines], one.dates)
            return
        if not self._dates:
            return
        if self._dates.unclear:
            self._context.utterances.utter("utter_access_dates_unclear")
            return
        if self._dates.conditional:
            utter_reservation(self._context)
        named = [self._lines[number] for number in sorted(said.named - said.off)]
        self._set_dates(named or [line for line in self._lines if is_active(line) or line["state"] == State.UNKNOWN], self._dates)

    def _set_dates(self, meant: list[Line], dates: AccessDates) -> None:
        if dates.slots.get(UNTIL, dates.slots.get(FROM)) and all(line["change"] == Change.REMOVE for line in meant):
            self._context.utterances.utter("utter_remove_day_unclear")  # a removal is done today
            return
        self._note("utter_note_dates", set_dates(self._context, meant, dates.slots))

    def _dates_apart(self) -> list[LineDates]:
        """Return the dates that the message gives to single lines; what it says of dates is then that."""
        found = dates_by_line(self._turn, self._lines, self._context.services.clock.now())
        if not found or any(one.dates.unclear for one in found):
            return []
        if any(one.dates.conditional for one in found):
            utter_reservation(self._context)
        slots = {name: day for one in found for name, day in one.dates.slots.items()}
        self._dates = AccessDates(slots, reserved=any(one.dates.reserved for one in found) or asks_back(self._turn.text))
        return found

    def _note(self, response: str, lines: list[Line]) -> None:
        names = ", ".join(name for line in lines if (name := name_of(line)))
        if lines:
            self.notes.append(self._context.utterances.text(response, names=names))


def _stands_in(entity: dict[str, Any], places: list[tuple[int, int]]) -> bool:
    start, end = entity.get("start") or 0, entity.get("end") or 0
    return any(start < other_end and other_start < end for other_start, other_end in places)
