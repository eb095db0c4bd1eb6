"""The actions of the flow that changes a dossier's team: its questions, its card, its submission line by line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rasa_sdk.events import SlotSet

from actions.flows.directory.search import account_of, get_professional, search, was_looked_up_everywhere
from actions.flows.dossiers.dossier_slot import AskDossier, dossier_label
from actions.flows.partners.access_dates import FROM, UNTIL
from actions.flows.partners.change_team import CHANGE_TEAM, NOTHING, PERSON
from actions.flows.partners.last_acts import Kind, kept_acts, remember_act
from actions.flows.partners.list_partners import partner_label
from actions.flows.partners.members import ask_for_removal
from actions.flows.partners.partner_slot import list_buttons
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, DECLINED, NEITHER, basis_line, keep_basis_beside
from actions.flows.partners.shown_people import NOBODY
from actions.flows.partners.team_lines import LINES, Change, Line, State, as_of, follows, is_active, label_of, name_of, period_of
from actions.flows.partners.undo_act import UNDO_BUTTON, may_take_back_addition
from actions.framework.action import AssistantAction
from actions.framework.cards import utter_card, was_shown
from actions.framework.context import Context, FlowOutcome
from actions.framework.dialogue_stack import DIALOGUE_STACK, MAX_DEPTH, Frame, frames_of, on_agenda, push
from actions.framework.events import Events
from actions.framework.flow import FLOWS, Slots, set_slots
from actions.framework.flow_actions import ANSWERED_TURN, SubmitFlow
from actions.framework.utterances import Button, make_button
from bot.core.errors import log_error
from bot.dossiers.errors import (
    AccountClosed,
    CannotAddSelf,
    CannotLeave,
    Elsewhere,
    EndBeforeStart,
    MissingBasis,
    NotAllowed,
    NotAMember,
    PeriodOver,
)
from bot.dossiers.partners import Outcome
from bot.dossiers.period import AccessPeriod
from bot.dossiers.records import AccountReference, Practitioner
from bot.fhir.errors import FhirUnavailable
from bot.fhir.operations import OperationFailed, Pending

DONE, UNCHANGED, PENDING, FAILED, NOT_A_MEMBER = "done", "unchanged", "pending", "failed", "not_a_member"
"""How a line ended; a failed one may be tried again."""
_REFUSALS = {
    CannotAddSelf: "utter_line_oneself",
    MissingBasis: "utter_line_no_basis",
    PeriodOver: "utter_line_period_over",
    EndBeforeStart: "utter_line_period_over",
    AccountClosed: "utter_line_account_closed",
    NotAllowed: "utter_line_forbidden",
    Elsewhere: "utter_line_elsewhere",
    CannotLeave: "utter_line_last_referent",
}


class AskChangeTeamDossier(AskDossier):
    """Ask whose team is to be changed."""

    action_name = "action_ask_change_team_form_dossier"


class AskChangeTeamPerson(AssistantAction):
    """Ask who is meant by the first line of which that is not clear."""

    action_name = "action_ask_change_team_form_line_person"

    async def act(self, context: Context) -> Events:
        """Show those who match, or ask for a name."""
        turn, utterances = context.turn, context.utterances
        line = next((line for line in turn.slot(LINES) if line["state"] == State.SEVERAL), None)
        reference, nobody = turn.slot("dossier"), utterances.button("utter_title_nobody", "choose", choice=NOBODY)
        if line is None:  # they are looked up with the answer
            utterances.utter("utter_ask_line_name", buttons=[nobody], reference=reference)
            return []
        choices = line.get("choices") or []
        if line["change"] == Change.REMOVE:
            members = [p for p in await context.partners_of(reference) if p.reference in choices]
            shown = [make_button(partner_label(p), "choose", member=p.reference) for p in members]
            utterances.utter("utter_which_member", buttons=[*shown, nobody], name=name_of(line), reference=reference)
        elif choices:
            turn.tracker.slots["partner_query"] = line["query"]
            full = len(choices) > 1 and any(match.full for match in await search(context, line["query"]))
            response = "utter_which_line" if full else "utter_which_line_near"
            utterances.utter(response, buttons=await list_buttons(context, choices), name=name_of(line))
        else:
            utterances.utter("utter_ask_line_name", buttons=[nobody], reference=reference)
        return []


class AskChangeTeamBasis(AssistantAction):
    """Show the card: the dossier, a line for each person, one basis; or ask for the basis alone."""

    action_name = "action_ask_change_team_form_basis"

    async def act(self, context: Context) -> Events:
        """Show the whole card, or after a change what a yes goes for now."""
        turn, utterances = context.turn, context.utterances
        lines: list[Line] = turn.slot(LINES)
        reference = turn.slot("dossier")
        if turn.slot("agreed"):
            utterances.utter("utter_ask_team_basis", reference=reference)
            return []
        left = [line for line in lines if line["state"] != State.OFF]
        values = {"dossier": await dossier_label(context, reference), "reference": reference, "acts": acts_of_card(context, lines)}
        whole, active = ("\n".join(card_line(context, one) for one in of) for of in (left, [line for line in left if is_active(line)]))
        again = "utter_card_team", "utter_again_team"
        adds = any(is_active(line) and line["change"] == Change.ADD for line in lines)
        basis = basis_line(context) if adds else ""
        shown = [was_shown(context, *again, lines=of + basis, **values) for of in (active, whole)]
        kept: Slots = {}
        if adds and any(shown) and turn.slot(ANSWERED_TURN) != turn.key:  # the message was a digression from it
            kept = await keep_basis_beside(context, reference)
            basis = basis_line(context)
        short = turn.slot("team_changed") or shown[0]
        unfound = [] if short else [line["query"] for line in left if line["state"] == State.UNKNOWN and line.get("query")]
        if not all(await asyncio.gather(*(was_looked_up_everywhere(context, query) for query in unfound))):
            utterances.utter("utter_local_list_only")
        utter_card(context, *again, self._buttons(context, lines), lines=(active if short else whole) + basis, **values)
        return [SlotSet("team_changed", None), *set_slots(kept)]

    def _buttons(self, context: Context, lines: list[Line]) -> list[Button]:
        utterances, given = context.utterances, context.turn.slot("basis_said")
        if not any(is_active(line) and line["change"] == Change.ADD for line in lines):
            return [utterances.button("utter_title_yes_remove", "affirm"), utterances.button("utter_title_no", "deny")]
        bases = [CONSENT, CARE_TEAM] if given == CONSENT else [CARE_TEAM, CONSENT]
        return [
            *(utterances.button(f"utter_title_yes_{basis}", "affirm", basis=basis) for basis in bases),
            utterances.button("utter_title_neither", "deny", basis=NEITHER),
            utterances.button("utter_title_no", "deny"),
        ]


def _period(context: Context, line: Line) -> str:
    if line.get("undated") and is_active(line):
        return context.utterances.text("utter_line_dates_open")
    words = as_of(context.services.clock.now(), line)
    return context.utterances.text("utter_partner_period", period=words) if words else ""


def acts_of_card(context: Context, lines: list[Line]) -> str:
    """Return what a yes does, in a few words: who is added, with what dates, and who is removed."""
    parts = []
    for change in Change:
        names = [name_of(line) + _period(context, line) for line in lines if is_active(line) and line["change"] == change]
        if names:
            parts.append(context.utterances.text(f"utter_again_team_{change}", names=", ".join(names)))
    return context.utterances.text("utter_agenda_separator").join(parts)


def card_line(context: Context, line: Line) -> str:
    """Return what the card says of a line."""
    utterances = context.utterances
    period = _period(context, line)
    values = {"partner": label_of(line), "name": name_of(line), "period": period, "referents": ", ".join(line.get("referents") or [])}
    kind = f"{line['change']}_{line['state']}" if line["state"] in (State.READY,) else str(line["state"])
    return utterances.text(f"utter_card_line_{kind}", **values)


@dataclass(frozen=True)
class LineResult:
    """How a line ended, and what is said of it."""

    how: str
    text: str


class SubmitChangeTeam(SubmitFlow):
    """Do all lines that can be done, say of each what became of it, and put what needs more on the agenda."""

    flow = CHANGE_TEAM

    async def submit(self, context: Context) -> Events:
        """Do it unless it was declined; the backend checks the rights for each line as it is done."""
        turn = context.turn
        basis, reference, lines = turn.slot("basis"), turn.slot("dossier"), turn.slot(LINES)
        if basis in {DECLINED, NEITHER}:
            context.utter_unchanged("utter_team_declined" if basis == DECLINED else "utter_team_basis_refused", reference=reference)
            return [SlotSet("last_dossier", reference)]
        active = [number for number, line in enumerate(lines) if line["state"] == State.READY]
        results = await self._do(context, active)
        await self._say(context, results)
        failed = [lines[number] for number, result in results.items() if result.how == FAILED]
        self._put_on_agenda(context, [line for line in lines if follows(line)], failed)
        names = [SlotSet("last_partner", name_of(lines[active[-1]]))] if active else []
        return [*kept_acts(turn), SlotSet("last_dossier", reference), *names]

    async def _do(self, context: Context, active: list[int]) -> dict[int, LineResult]:
        """Return what became of each line: additions first, then removals, the speaker's own last, who could do nothing any more.

        Where the platform does not answer, the rest is handed over at once: each of them is kept and tried again.
        """
        lines: list[Line] = context.turn.slot(LINES)
        leaving = [number for number in active if lines[number].get("oneself")]
        queue = [number for number in sorted(active, key=lambda n: lines[n]["change"] == Change.REMOVE) if number not in leaving]
        results: dict[int, LineResult] = {}
        while queue:
            number = queue.pop(0)
            results[number] = await self._do_line(context, number, lines[number])
            if results[number].how == PENDING:
                rest = await asyncio.gather(*(self._do_line(context, other, lines[other]) for other in queue))
                results |= dict(zip(queue, rest, strict=True))
                break
        for number in leaving:
            if any(result.how in (PENDING, FAILED) for result in results.values()):
                results[number] = LineResult(UNCHANGED, self._text(context, "utter_line_leaves_later", lines[number]))
            else:
                results[number] = await self._do_line(context, number, lines[number])
        return results

    async def _do_line(self, context: Context, number: int, line: Line) -> LineResult:
        """Do one line, under its own key: played again, it is not done again."""
        key = f"{context.turn.key}:{number}"
        try:
            return await (self._add(context, line, key) if line["change"] == Change.ADD else self._remove(context, line, key))
        except tuple(_REFUSALS) as refusal:
            return LineResult(UNCHANGED, self._text(context, _REFUSALS[type(refusal)], line))
        except NotAMember:
            return LineResult(NOT_A_MEMBER, self._text(context, "utter_line_not_done", line))
        except Pending:
            return LineResult(PENDING, self._text(context, f"utter_line_{line['change']}_pending", line))
        except (FhirUnavailable, OperationFailed):
            return LineResult(FAILED, self._text(context, "utter_line_not_done", line))
        except Exception as error:  # the other lines are not this one's: what was done is said in any case
            return LineResult(FAILED, self._text(context, "utter_line_failed", line, error_id=log_error(error)))

    async def _add(self, context: Context, line: Line, key: str) -> LineResult:
        turn, account = context.turn, await self._account(context, line)
        if account is None:
            return LineResult(UNCHANGED, self._text(context, "utter_line_account_closed", line))
        outcome = await context.services.partners.add(
            turn.slot("dossier"),
            await context.account_reference(),
            account,
            basis=turn.slot("basis"),
            channel=turn.channel,
            key=key,
            conversation_id=turn.conversation_id,
            period=period_of(line),
        )
        added = outcome is Outcome.ADDED
        if added:
            done = {"dossier": turn.slot("dossier"), "name": name_of(line), "member": account.reference, "partner": line["person"]["key"]}
            done["basis"] = turn.slot("basis")
            remember_act(context, "added", by=(await context.account_reference()).id, period=period_of(line), key=key, **done)
        return LineResult(DONE if added else UNCHANGED, self._text(context, "utter_line_added" if added else "utter_line_was_there", line))

    async def _remove(self, context: Context, line: Line, key: str) -> LineResult:
        turn = context.turn
        outcome = await context.services.partners.remove(
            turn.slot("dossier"),
            await context.account_reference(),
            line["person"]["reference"],
            channel=turn.channel,
            key=key,
            conversation_id=turn.conversation_id,
        )
        removed, person = outcome is Outcome.REMOVED, line["person"]
        if removed:
            period = AccessPeriod.read(person.get("from"), person.get("until"))
            done = {"dossier": turn.slot("dossier"), "name": name_of(line), "member": person["reference"]}
            act: Kind = "left" if line.get("oneself") else "removed"
            remember_act(context, act, by=(await context.account_reference()).id, period=period, key=key, **done)
        response = "utter_line_removed" if removed else "utter_line_was_gone"
        return LineResult(DONE if removed else UNCHANGED, self._text(context, response, line))

    @staticmethod
    async def _account(context: Context, line: Line) -> Practitioner | None:
        """Return the person's account as it is now; while the platform is down, as it was on the card: the operation checks it again."""
        record = await get_professional(context, line["person"]["key"])
        try:
            return await account_of(context, record) if record else None
        except FhirUnavailable:
            return AccountReference(**line["person"]["account"])

    @staticmethod
    def _text(context: Context, response: str, line: Line, **values: str) -> str:
        words = as_of(context.services.clock.now(), line)
        period = context.utterances.text("utter_partner_period", period=words) if words else ""
        return context.utterances.text(response, name=name_of(line), period=period, **values)

    async def _say(self, context: Context, results: dict[int, LineResult]) -> None:
        """Say in one message what became of every line."""
        turn, utterances = context.turn, context.utterances
        reference, lines = turn.slot("dossier"), turn.slot(LINES)
        how = [result.how for result in results.values()]
        if DONE not in how:
            context.outcome = FlowOutcome.PENDING if PENDING in how else FlowOutcome.UNCHANGED
        nothing = turn.slot("basis") == NOTHING
        said = [results[number].text for number in range(len(lines)) if number in results]
        forbidden = [line for line in lines if line["state"] == State.FORBIDDEN]
        said += [card_line(context, one) for one in lines if one["state"] != State.OFF and (nothing or follows(one) or one in forbidden)]
        if NOT_A_MEMBER in how and len(set(how)) == 1:
            utterances.utter("utter_not_a_member", reference=reference)
            return
        if PENDING in how:
            said.append(utterances.text("utter_team_pending"))
        if NOT_A_MEMBER in how:
            said.append(utterances.text("utter_not_a_member", reference=reference))
        partly = {PENDING, FAILED, NOT_A_MEMBER} & set(how)
        head = "utter_team_state" if partly else "utter_team_outcome" if DONE in how else "utter_team_unchanged"
        added = any(lines[number]["change"] == Change.ADD for number in results)
        undoable = kept_acts(turn) and (not added or await may_take_back_addition(context, reference))
        undo = [utterances.button("utter_title_undo_team", "cancel", **{UNDO_BUTTON: turn.key})] if undoable else []
        buttons = [
            *undo,
            *([ask_for_removal(context, ", ".join(name_of(line) for line in forbidden), reference)] if forbidden else []),
            make_button(utterances.text("utter_title_add_another"), "add_partner", dossier_ref=reference),
            make_button(utterances.text("utter_title_list_partners"), "list_partners", dossier_ref=reference),
        ]
        utterances.utter_lines([utterances.text(head, reference=reference), *said], buttons)

    def _put_on_agenda(self, context: Context, more: list[Line], failed: list[Line]) -> None:
        """Put what needs more than a yes on the agenda, and in front of it what failed: a yes tries that again."""
        turn, stack = context.turn, frames_of(context.turn)
        frames = [_addition(context, line) for line in more]
        if failed:
            slots = {"dossier": turn.slot("dossier"), PERSON: True, LINES: failed, "basis_said": _basis(context)}
            frames.insert(0, on_agenda(CHANGE_TEAM, slots))
        room = max(MAX_DEPTH - len(stack), 1)
        if left := [name_of(line) for line in more[room - bool(failed) :]]:
            context.utterances.utter("utter_team_say_later", names=", ".join(left))
        turn.tracker.slots[DIALOGUE_STACK] = push(stack, *reversed(frames[:room]))


def _addition(context: Context, line: Line) -> Frame:
    """Return an addition of its own for somebody who needs an account, or was not found, with all that is known."""
    slots = {"dossier": context.turn.slot("dossier"), "partner_query": line["query"], "basis_said": _basis(context)}
    slots |= {"partner": line.get("person"), "partner_email": line.get("email"), "record_said": line.get("record")}
    slots |= {FROM: line.get("from"), UNTIL: line.get("until")}
    return on_agenda(FLOWS["add_partner"], {name: value for name, value in slots.items() if value is not None})


def _basis(context: Context) -> str | None:
    found = (context.turn.slot("basis"), context.turn.slot("basis_said"))
    return next((basis for basis in found if basis in {CARE_TEAM, CONSENT}), None)
