"""The flow that says where requests stand: those to the team; those for accounts, one's own and colleagues' for a shared dossier."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA
from rasa_sdk.events import SlotSet

from actions.flows.accounts.awaited_access import awaited_access
from actions.flows.accounts.request_references import (
    account_references,
    asks_about_all,
    asks_about_support_request,
    support_references,
)
from actions.flows.directory.search import account_of, is_certain_match, read_criteria, search
from actions.flows.dossiers.dossier_slot import find_by_usager, read_reference
from actions.framework.context import Context
from actions.framework.dates import format_day, format_time
from actions.framework.dialogue_stack import DIALOGUE_STACK, Frame, frames_of, is_on_agenda
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.turn import Turn, words_of
from actions.framework.utterances import make_button
from bot.accounts.request_views import RequestStatus
from bot.accounts.tables import OPEN
from bot.core.clock import PARIS
from bot.core.text_folding import fold, without_particles
from bot.dossiers.errors import LimitReached
from bot.support.records import TicketState
from bot.support.ticket_status import TicketStatus

_SHORTEST_TYPO = 5
"""Letters of a name from which one typing error is forgiven."""


@dataclass(frozen=True)
class _Line:
    """A request that the user may know of, for a dossier or ""; `requester` is the colleague who made it, "" for the user's own."""

    status: RequestStatus
    dossier: str = ""
    requester: str = ""


class CheckRequest(Flow):
    """Say where requests stand; nothing is asked."""

    name = "check_request"
    slots = ("request_query",)
    needs_link = False
    correctable = True

    claims_replies = True

    def claims(self, turn: Turn) -> bool:
        """Return whether the words surely ask where a request to the team stands, or about the access of who waits for an account."""
        return not turn.is_button and (asks_about_support_request(turn.text) or awaited_access(turn) is not None)

    def needs_proof_for(self, turn: Turn) -> bool:
        """Return whether the message names somebody or a dossier: what colleagues asked for is told to nobody but members."""
        return bool(turn.entity("partner_name") or turn.entity("dossier_ref") or turn.entity("usager_name"))

    async def start(self, context: Context) -> Slots:
        """Return who and what the message names: the parts of one question are one question."""
        parts = [frame["message"] for frame in _parts_of_the_question(context.turn)]
        return {"request_query": await self._read(context, parts)}

    async def correct(self, context: Context, slots: Slots) -> Slots:
        """Return the same question for somebody else, or for another dossier: « Louna Quéméré, je retrouve l'orthographe »."""
        asked, said = slots.get("request_query") or {}, await self._read(context, [])
        if not said["names"] and not said["dossiers"]:
            return {}
        if not said["names"]:  # another dossier
            said |= {"names": asked.get("names", []), "words": f"{asked.get('words', '')} {said['words']}"}
        return {"request_query": said}

    @staticmethod
    async def _read(context: Context, parts: list[dict[str, Any]]) -> dict[str, Any]:
        """Return names, dossiers, criteria and words of the message and of further parts of it."""
        turn = context.turn
        named = [*turn.affirmed_entities("partner_name"), *(e for part in parts for e in part["entities"] if e["entity"] == "partner_name")]
        dossiers = [reference.upper()] if (reference := read_reference(turn)) else []
        usager = turn.entity("usager_name")
        if usager and not dossiers and turn.trusted and await context.proven_account() is not None:
            dossiers = [dossier.reference for dossier in await find_by_usager(context, usager, turn.entity("birth_date"))]
        text = " ".join([turn.text, *(words_of(part) for part in parts)])
        act = awaited_access(turn)
        awaited = [act["request"]] if act else []
        return {
            "references": [*account_references(text), *support_references(text), *awaited],
            "access": bool(awaited),
            "team": asks_about_support_request(text),
            "all": asks_about_all(text),
            "names": list(dict.fromkeys(str(entity["value"]).strip() for entity in named)),
            "dossiers": dossiers,
            "criteria": read_criteria(turn),
            "words": text,
        }

    async def collect(self, context: Context) -> Slots:
        """Return nothing: nothing was asked."""
        return {}


CHECK_REQUEST = register_flow(CheckRequest())


def _parts_of_the_question(turn: Turn) -> list[Frame]:
    """Return the frames of the agenda that ask where a request stands: « faite par X pour Y » names two people in one question."""
    return [frame for frame in frames_of(turn) if is_on_agenda(frame) and frame["task"] == CheckRequest.name]


class SubmitCheckRequest(SubmitFlow):
    """Say where requests stand."""

    flow = CHECK_REQUEST

    async def submit(self, context: Context) -> Events:
        """Show a line for each request that was meant; of what the user may not know of, nothing tells whether it exists."""
        turn, utterances = context.turn, context.utterances
        query: dict[str, Any] = turn.slot("request_query") or {}
        parts = _parts_of_the_question(turn)
        turn.tracker.slots[DIALOGUE_STACK] = [frame for frame in frames_of(turn) if frame not in parts]
        own = await self._own(context)
        if query.get("references") or query.get("team"):
            await self._show_referred(context, query, own)
            return []
        if not query.get("names") and not query.get("dossiers"):
            self._show_own(context, own)
            return []
        known = [*own, *await self._of_own_dossiers(context)]
        found = _named(query, known)
        if not found and not query["names"]:
            found = [line for line in known if line.dossier in query["dossiers"]]
        if found:
            self._show(context, _head_of(found), found)
            return [SlotSet("last_partner", found[0].status.name)] if len({line.status.name for line in found}) == 1 else []
        if (name := await self._with_account(context, query)) is not None:
            utterances.utter("utter_request_person_has_account", name=name)
            return [SlotSet("last_partner", name)]
        if query["names"]:
            name = query["names"][-1]
            ask = make_button(utterances.text("utter_title_request_account"), "request_account", partner_name=name)
            utterances.utter("utter_no_request_named", buttons=[ask], name=name)
        else:
            utterances.utter("utter_no_request_of_dossier")
        if own:
            self._show(context, "utter_requests", own)
        return []

    async def _show_referred(self, context: Context, query: dict[str, Any], own: list[_Line]) -> None:
        """Show the requests whose references were given, and say which are unknown; without any, those to the team that are open."""
        turn, utterances = context.turn, context.utterances
        tickets = await context.services.ticket_statuses.of(turn.conversation_id, await self._account_id(context))
        references: list[str] = query["references"]
        if not references:
            running = [ticket for ticket in tickets if ticket.state is not TicketState.CLOSED]
            shown = running or tickets[:1]
            if shown:
                utterances.utter_lines([utterances.text("utter_tickets"), *(self._ticket_line(context, ticket) for ticket in shown)])
            else:
                utterances.utter("utter_no_ticket")
            if query["all"] and own:
                self._show(context, "utter_requests", own)
            return
        known = [*own, *await self._of_own_dossiers(context)] if any(one.startswith("DC-") for one in references) else []
        shown_lines, unknown = [], []
        for reference in references:
            found = next((ticket for ticket in tickets if ticket.reference == reference), None)
            line = next((line for line in known if line.status.reference == reference), None)
            if found is not None:
                shown_lines.append(self._ticket_line(context, found))
            elif line is not None:
                shown_lines.append(self._line(context, line))
            else:
                unknown.append(reference)
            if line is not None and query.get("access") and line.status.state in OPEN:
                utterances.utter("utter_access_follows", name=line.status.name, request=reference)
        if shown_lines:
            utterances.utter_lines([utterances.text(_head_of(shown_lines)), *shown_lines])
        if unknown:
            utterances.utter("utter_request_unknown", request=", ".join(unknown))

    @staticmethod
    def _ticket_line(context: Context, ticket: TicketStatus) -> str:
        utterances, local = context.utterances, ticket.since.astimezone(PARIS)
        state = utterances.text(f"utter_ticket_{ticket.state}", agent=ticket.agent)
        return utterances.text(
            "utter_ticket_line", request=ticket.reference, state=state, since=format_day(local.date()), hour=format_time(local)
        )

    @staticmethod
    async def _account_id(context: Context) -> str | None:
        return await context.services.identity.linked_account_id(context.turn.conversation_id)

    def _show_own(self, context: Context, own: list[_Line]) -> None:
        utterances = context.utterances
        if own:
            self._show(context, "utter_requests", own)
        else:
            utterances.utter("utter_no_request", buttons=[make_button(utterances.text("utter_title_request_account"), "request_account")])

    @staticmethod
    async def _own(context: Context) -> list[_Line]:
        account = await context.account()
        service = context.services.account_requests
        return [_Line(one) for one in await service.for_conversation(context.turn.conversation_id, account.id if account else None)]

    @staticmethod
    async def _of_own_dossiers(context: Context) -> list[_Line]:
        """Return the requests for the dossiers that the user takes part in today, as the platform says."""
        account = await context.proven_account()
        if account is None:
            return []
        try:
            references = {dossier.reference for dossier in await context.dossiers.own(account)}
        except LimitReached:
            return []
        asked = await context.services.account_requests.of_dossiers(references) if references else []
        return [_Line(one.status, one.dossier, "" if one.requester_id == account.id else one.requester) for one in asked]

    @staticmethod
    async def _with_account(context: Context, query: dict[str, Any]) -> str | None:
        """Return the name of the one person of the directory who is surely meant and has an account; None to who is not linked.

        Of several people it is not known who has asked and who is to have the account.
        """
        if len(query["names"]) != 1 or await context.proven_account() is None:
            return None
        criteria = {**query["criteria"], "name": query["names"][0]}
        people = [match.professional for match in await search(context, criteria) if match.full]
        if len(people) != 1 or not is_certain_match(people[0], criteria):
            return None
        named = _is_named(_name_words(people[0].family)[-1:], fold(criteria["name"]).split())
        return people[0].display if named and await account_of(context, people[0]) is not None else None

    @classmethod
    def _show(cls, context: Context, head: str, lines: list[_Line]) -> None:
        """Show a line for each request."""
        shown = [context.utterances.text(head), *(cls._line(context, line) for line in lines)]
        context.utterances.utter_lines(list(dict.fromkeys(shown)))

    @staticmethod
    def _line(context: Context, line: _Line) -> str:
        utterances, status = context.utterances, line.status
        state = utterances.text(f"utter_state_{status.state}", reason=status.reason or "")
        since = format_day(status.since.astimezone(PARIS).date())
        values = {"request": status.reference, "name": status.name, "state": state, "since": since}
        response = "utter_request_of_colleague_line" if line.requester else "utter_request_line"
        return utterances.text(response, **values, reference=line.dossier, requester=line.requester)


def _head_of(found: Collection[object]) -> str:
    return "utter_requests_found_several" if len(found) > 1 else "utter_requests_found"


def _named(query: dict[str, Any], lines: list[_Line]) -> list[_Line]:
    """Return the requests for whom the words name, by the family name; else those of a colleague whom they name."""
    words = {word for token in " ".join([*query["names"], query["words"]]).split() for word in fold(token).split()}
    people = [line for line in lines if _is_named(_name_words(line.status.name)[-1:], words)]
    return people or [line for line in lines if _is_named(_name_words(line.requester), words)]


def _name_words(name: str) -> list[str]:
    return without_particles(fold(name).split())


def _is_named(names: list[str], words: Collection[str]) -> bool:
    """Return whether one of the names is among the words, a long one with a typing error at most."""
    return any(word == name or (len(name) >= _SHORTEST_TYPO and OSA.distance(word, name) <= 1) for name in names for word in words)
