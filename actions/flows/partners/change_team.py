"""The flow that changes a dossier's team: all that one message asks of it, on one card with a line for each person and one yes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from actions.flows.dossiers.dossier_slot import (
    DOSSIER_LISTS,
    dossier_label,
    dossier_slots,
    find_by_usager,
    read_dossier,
    read_dossier_or_last,
    read_reference,
)
from actions.flows.partners.access_dates import names_access_dates
from actions.flows.partners.dates_of_lines import read_dated_lines
from actions.flows.partners.line_mentions import read_mentions
from actions.flows.partners.members import matching_members, read_member
from actions.flows.partners.partner_slot import collect_partner
from actions.flows.partners.sharing_basis import (
    CARE_TEAM,
    CONSENT,
    DECLINED,
    know_usager,
    proposes_basis,
    read_basis,
    reads_basis,
    utter_reserved_basis,
)
from actions.flows.partners.shown_people import NOBODY
from actions.flows.partners.team_card import TeamCard
from actions.flows.partners.team_lines import (
    LINES,
    Change,
    Line,
    State,
    each_once,
    is_active,
    name_of,
    resolve,
    settle_removal,
    take_found,
)
from actions.flows.partners.team_wishes import MAX_LINES, PARTS, TOGETHER, ends_ahead, gather_wishes
from actions.framework.agenda import ALONG, OF_SEVERAL
from actions.framework.answers import at_position, list_position
from actions.framework.context import Context
from actions.framework.flow import MAX_ANSWER_WORDS, NEVER_AN_ANSWER, Flow, FlowAborted, Slots, active_flow, register_flow
from actions.framework.people import Message
from actions.framework.turn import Turn
from actions.framework.usager_names import says_usager
from bot.core.text_folding import fold, name_words, word_set
from bot.dossiers.errors import LimitReached, NotAMember

NOTHING, NOT_NEEDED = "nothing", "not_needed"
"""In the place of a basis: nothing can be done; nobody is added."""
MAX_DATED_WORDS = 40
"""Words of an answer that speaks of people on the card and of dates."""
PERSON = "line_person"
"""Slot: whether it is clear of every line who is meant."""
_CIVILITIES = word_set("m mr mme mlle monsieur madame mademoiselle")
"""Words before the name of an usager; a professional may be called so too."""


class ChangeTeam(Flow):
    """Collect the dossier, who is meant by each line, and one basis or one yes for all. No intent starts it: it gathers."""

    name = "change_team"
    gathers = TOGETHER
    names_usagers = True
    required_slots = ("dossier", PERSON, "basis")
    slots = (*required_slots, *DOSSIER_LISTS, LINES, "basis_said", "agreed", "team_changed")
    confirmation_slot = "basis"
    free_text_slots: ClassVar[frozenset[str]] = frozenset({PERSON, "basis"})

    def gather(self, acts: list[Message]) -> list[Message]:
        """Return the acts of a message, the additions and removals of one dossier as one."""
        return gather_wishes(acts, self.name)

    def takes_over(self, flow: Flow, turn: Turn) -> bool:
        """Return whether it takes the place of an addition or a removal that knows nobody yet."""
        return flow.name == self.name or (flow.name in self.gathers and not turn.slot("partner") and not turn.slot("member"))

    def takes_along(self, turn: Turn, act: dict[str, Any]) -> bool:
        """Return whether a further wish of an answer is about the same dossier."""
        if turn.requested_slot == "dossier" or act["full_intent"] not in self.gathers or ends_ahead(act):
            return False
        return not _names_other(turn.with_message(act), turn)

    def is_answer(self, turn: Turn) -> bool:
        """Return True too for wishes for the same dossier, and whatever the intent for what speaks of the lines, or of dates."""
        if not turn.is_button and turn.intent in self.gathers:
            return not _names_other(turn, turn)
        if super().is_answer(turn) or (turn.intent == "deny" and turn.says.get("forbids") in self.gathers):
            return True
        words = len(turn.text.split())
        if turn.requested_slot == "dossier" or turn.is_button or words > MAX_DATED_WORDS:
            return False
        if words > MAX_ANSWER_WORDS:  # « oui, mais Mme Petit sans date de fin, et le kiné jusqu'au 31 mars »
            about_lines = turn.requested_slot == "basis" and "?" not in turn.text and turn.intent not in NEVER_AN_ANSWER
            return about_lines and names_access_dates(turn.text) and bool(read_mentions(turn, turn.slot(LINES) or []).named)
        if turn.requested_slot == "basis" and reads_basis(turn):
            return turn.intent not in NEVER_AN_ANSWER
        spoken_of = bool(read_mentions(turn, turn.slot(LINES) or []).named)
        return turn.intent != "emergency" and (spoken_of or (turn.requested_slot == "basis" and names_access_dates(turn.text)))

    async def start(self, context: Context) -> Slots:
        """Return the dossier, a line for each person, and the basis, as far as the message gives them."""
        turn = context.turn
        parts: list[Message] = turn.message.get(PARTS) or []
        if not parts:
            return {}
        if turn.message.get("more"):
            context.utterances.utter("utter_team_too_many", count=MAX_LINES)
        lines, before = read_dated_lines(context, parts), context.utterances.count
        removals = all(line["change"] == Change.REMOVE for line in lines)
        slots = await (read_dossier_or_last(context) if removals else read_dossier(context, asked=False))
        current = active_flow(turn)
        if not slots and current is not None and self.takes_over(current, turn) and turn.slot("dossier"):
            slots = dossier_slots(turn.slot("dossier"))
        if not slots and context.utterances.count == before and turn.trusted:
            slots, lines = await _usager_among(context, lines)
        await know_usager(context, slots.get("dossier"))
        slots |= {LINES: lines, "basis_said": read_basis(turn, several=bool(turn.message.get(OF_SEVERAL)))}
        return slots | (await self._looked_up(context, slots["dossier"], lines) if slots.get("dossier") else {})

    async def resume(self, context: Context, slots: Slots) -> Slots:
        """Return the slots with the lines looked up that were only said, where the dossier came to be known in between."""
        lines: list[Line] = deepcopy(slots.get(LINES) or [])
        if not slots.get("dossier") or not any(line["state"] == State.SAID for line in lines):
            return slots
        try:
            return slots | await self._looked_up(context, slots["dossier"], lines)
        except (NotAMember, LimitReached):  # it is asked for
            return {name: value for name, value in slots.items() if name != "dossier"}

    async def collect(self, context: Context) -> Slots:
        """Return what the answer changes: the dossier, who is meant by a line, the lines themselves, or the basis and the yes."""
        turn = context.turn
        lines: list[Line] = deepcopy(turn.slot(LINES) or [])
        if turn.requested_slot == "dossier":
            return await self._collect_dossier(context, lines)
        if turn.requested_slot == PERSON and not (list_position(turn) is None and read_mentions(turn, lines).off):
            wishes = await self._wishes_another(context, lines)
            slots = {} if wishes else await self._collect_person(context, lines)
            return slots | await self._take_along(context, lines)
        return await self._collect_card(context, lines)

    async def _collect_dossier(self, context: Context, lines: list[Line]) -> Slots:
        turn, utterances = context.turn, context.utterances
        slots = await read_dossier(context, asked=True)
        if (basis := read_basis(turn)) in {CARE_TEAM, CONSENT} and basis != turn.slot("basis_said"):
            slots["basis_said"] = basis
            if len(slots) == 1:
                utterances.utter("utter_noted")
        if slots.get("dossier"):
            return slots | await self._looked_up(context, slots["dossier"], lines)
        if not slots and not utterances.has_uttered:
            if turn.intent == "deny":
                utterances.utter("utter_task_dropped", task=utterances.text(f"utter_task_{self.name}"))
                raise FlowAborted
            utterances.utter("utter_dossier_not_understood")
        return slots

    async def _collect_person(self, context: Context, lines: list[Line]) -> Slots:
        """Return the lines with who is meant by the first of which that is not clear."""
        line = next((line for line in lines if line["state"] == State.SEVERAL), None)
        if line is None:
            return await self._looked_up(context, context.turn.slot("dossier"), lines)
        members, requester = await context.partners_of(context.turn.slot("dossier")), (await context.account_reference()).id
        refused = context.turn.intent == "deny" or context.turn.entity("choice") == NOBODY
        patient = not context.turn.is_button and says_usager(context.turn.text)
        if patient or (not line["choices"] and refused):  # it was asked for a name
            line["state"] = State.OFF
            return _standing(lines)
        if line["change"] == Change.ADD:
            shown = {"partner_query": line["query"], "partner_choices": line["choices"], "partner": None, "email_said": None}
            context.turn.tracker.slots.update(shown)
            found = await collect_partner(context)
            if not found:
                return {}
            if "partner_query" in found and not found["partner_query"]:  # somebody else: who?
                line |= {"query": {}, "choices": None}
            else:
                await take_found(context, line, found, members, requester)
            return _standing(lines)
        turn, choices = context.turn, line["choices"] or []
        position = list_position(turn)
        chosen = turn.entity("member") or at_position(choices, position)
        if position is not None and chosen is None:
            context.utterances.utter("utter_not_in_list")
            return {}
        criteria = None if chosen else read_member(turn, oneself=None)
        if chosen or turn.intent == "deny" or turn.entity("choice") == NOBODY:
            settle_removal(line, [p for p in members if p.reference == chosen], members, requester)
        elif criteria:
            settle_removal(line, matching_members(criteria, members), members, requester)
            line["query"] = criteria
        else:
            return {}
        return _standing(lines)

    @staticmethod
    async def _wishes_another(context: Context, lines: list[Line]) -> bool:
        """Return whether the message, rather than saying who is meant by a line, wishes somebody else too; it is taken along then."""
        turn = context.turn
        line = next((line for line in lines if line["state"] == State.SEVERAL), None)
        names = [set(name_words(str(entity["value"]))) for entity in turn.affirmed_entities("partner_name")]
        if turn.is_button or turn.intent not in TOGETHER or line is None or not line["query"].get("name") or not names:
            return False
        if any(name & set(name_words(line["query"]["name"])) for name in names):
            return False
        own = {name: value for name, value in turn.message.items() if name not in {ALONG, "agenda"}}
        turn.tracker.latest_message = {**turn.message, ALONG: [{**own, "full_intent": turn.intent}, *(turn.message.get(ALONG) or [])]}
        return True

    @staticmethod
    async def _take_along(context: Context, lines: list[Line]) -> Slots:
        """Return the lines with what else the message wishes of the dossier; the card says it all."""
        if not context.turn.message.get(ALONG):
            return {}
        card = TeamCard(context, lines)
        await card.take_along(context.turn.slot("dossier"))
        if not card.notes:
            return {}
        context.utterances.utter_lines(card.notes)
        return _standing(lines)

    async def _collect_card(self, context: Context, lines: list[Line]) -> Slots:
        """Return a yes with its basis, a no, or what changes: that is shown before it is confirmed."""
        await know_usager(context, context.turn.slot("dossier"))
        turn, card = context.turn, TeamCard(context, lines)
        basis = read_basis(turn)
        if turn.is_button:
            return self._answered(context, lines, basis)
        found = await self._other_dossier(context)
        reference = found.get("dossier") or turn.slot("dossier")
        if found.get("dossier"):
            lines[:] = await resolve(context, reference, lines, again=True)
        changed = await card.change(reference) or bool(found.get("dossier"))
        if changed:
            context.utterances.utter_lines(card.notes)
            kept = None if card.added else turn.slot("basis_said")  # a consent with one person does not hold for another
            slots = {**found, "basis_said": basis if basis in {CARE_TEAM, CONSENT} else kept, "agreed": None, "team_changed": True}
            left = any(line["state"] != State.OFF for line in lines)
            return slots | _standing(lines) | ({} if left else {"basis": DECLINED})
        if context.utterances.has_uttered or found:
            return {**found, "basis_said": basis or turn.slot("basis_said"), "agreed": None}
        if card.has_reservation and (basis in {CARE_TEAM, CONSENT} or turn.intent == "affirm"):
            utter_reserved_basis(context, basis)
            return {"basis_said": basis or turn.slot("basis_said"), "agreed": None}
        if turn.is_correction:
            given: Slots = {"basis_said": basis, "agreed": None} if basis in {CARE_TEAM, CONSENT} else {}
            if turn.entities("partner_name") or not given:
                context.utterances.utter("utter_line_not_on_list" if turn.entities("partner_name") else "utter_ask_what_to_correct")
            return given
        if proposes_basis(turn):
            context.utterances.utter("utter_noted")
            return {"basis_said": basis, "agreed": None}
        return self._answered(context, lines, basis)

    @staticmethod
    def _answered(context: Context, lines: list[Line], basis: str | None) -> Slots:
        """Return the answer of a clean yes or no."""
        turn = context.turn
        if basis is None and turn.intent == "deny":
            return {"basis": DECLINED}
        if basis is None and turn.intent != "affirm":
            return {}
        if not any(is_active(line) and line["change"] == Change.ADD for line in lines):
            return {"basis": NOT_NEEDED}
        chosen = basis or turn.slot("basis_said")
        if undated := [name_of(line) for line in lines if is_active(line) and line.get("undated")]:
            context.utterances.utter("utter_line_dates_needed", names=", ".join(undated))
            return {"basis_said": chosen, "agreed": None}
        return {"basis": chosen} if chosen else {"agreed": True}

    @staticmethod
    async def _other_dossier(context: Context) -> Slots:
        """Return the dossier that takes the place of the one on the card; say so."""
        turn = context.turn
        usager = turn.entity("usager_name") and "dossier" in turn.text.lower()
        if turn.intent == "affirm" or not (read_reference(turn) or usager):
            return {}
        slots = await read_dossier(context, asked=False)
        if not slots.get("dossier") or slots["dossier"] == turn.slot("dossier"):
            return {}
        context.utterances.utter("utter_dossier_changed", reference=slots["dossier"])
        return slots

    @staticmethod
    async def _looked_up(context: Context, reference: str, lines: list[Line]) -> Slots:
        return _standing(await resolve(context, reference, await _without_usager(context, reference, lines)))


def _standing(lines: list[Line]) -> Slots:
    """Return the slots of the lines: whether it is clear who is meant, and whether anything can be done at all."""
    lines = each_once(lines)
    several = any(line["state"] == State.SEVERAL for line in lines)
    slots: Slots = {LINES: lines, PERSON: None if several else True}
    return slots if several or any(is_active(line) for line in lines) else {**slots, "basis": NOTHING}


def _names_other(said: Turn, turn: Turn) -> bool:
    """Return whether a message names another dossier than that of the card; by an usager, it cannot be told and may be one."""
    current = str(turn.slot("dossier") or "")
    if not current:
        return False
    if reference := read_reference(said):
        return not current.endswith(reference.upper() if reference.upper().startswith("SPH-") else reference.zfill(6))
    return bool(said.entity("usager_name") or said.masked)


async def _usager_among(context: Context, lines: list[Line]) -> tuple[Slots, list[Line]]:
    """Return the dossier of the usager who was taken for one of the people to add, and the other lines: « M. Lamy, ajoutez … »."""
    for line in lines:
        name = line["query"].get("name", "")
        called = fold(context.turn.text.partition(name)[0]).split()[-1:] if name else []
        if line["change"] == Change.ADD and set(line["query"]) == {"name"} and len(lines) > 1 and set(called) & _CIVILITIES:
            dossiers = await find_by_usager(context, name, None)
            if len(dossiers) == 1:
                return dossier_slots(dossiers[0].reference), [other for other in lines if other is not line]
    return {}, lines


async def _without_usager(context: Context, reference: str, lines: list[Line]) -> list[Line]:
    """Return the lines without the usager's own name, which was taken for one of several: « M. Lamy est informé »."""
    if not context.turn.trusted:
        return lines
    words = set(fold(await dossier_label(context, reference)).split())
    others = [line for line in lines if set(line["query"]) != {"name"} or not set(fold(line["query"]["name"]).split()) <= words]
    return others or lines


CHANGE_TEAM = register_flow(ChangeTeam())
