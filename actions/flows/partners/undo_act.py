"""The flow that takes the last act back: an addition, or a removal, of this conversation and account, of the last hours.

It changes the dates of an access as well (`date_change`), which takes back those that were given.

It names the person and the dossier and asks once; « remettez-la » right after a removal is done at once. Who may not is told who may, with
a button that asks the SPHERE team with the facts.
"""

from __future__ import annotations

import re
from typing import Any

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, find_by_usager, read_reference
from actions.flows.partners.brought_back import answers_with_dates, bring_back_dated, brings_back
from actions.flows.partners.card_question import CardQuestion, answer_change_question, read_card_question
from actions.flows.partners.date_change import answers_dated, collect_dated, dated_back, find_dated, is_dated, wishes_dates
from actions.flows.partners.last_acts import ACTS, Act, acts_of, is_too_old
from actions.flows.partners.meant_acts import UNKNOWN, is_act_of, is_elsewhere, is_of_no_act, looked_up_dossiers, meant_acts
from actions.flows.partners.member_names import matching_name
from actions.flows.partners.time_ahead import names_time_ahead
from actions.flows.partners.undo_request import REQUEST_BUTTON, act_of, meant_requests, which_buttons, withdraws_request
from actions.flows.partners.undo_wish import UndoWish, read_undo_wish
from actions.framework.context import Context
from actions.framework.flow import Flow, FlowAborted, Slots, register_flow
from actions.framework.lifecycle import CORRECTABLE_FLOW
from actions.framework.reservation import confirmation, names_condition
from actions.framework.turn import Turn
from actions.framework.utterances import Button
from bot.accounts.tables import CREATED, OPEN, WITHDRAWN
from bot.core.text_folding import fold
from bot.dossiers.errors import LimitReached, NotAMember
from bot.fhir.errors import FhirUnavailable

UNDO_FLOW = "undo_act"
UNDO_BUTTON = "undo"
"""Entity of the button under a success: the turn of the act that it undoes."""
ELSEWHERE, CONFIRMED, INSTEAD = "undo_elsewhere", "undo_confirmed", "undo_instead"
MAX_SHOWN = 5
"""Requests among which it is asked which one is meant."""
_YES = re.compile(r"(?:oui|ok|ouais|d accord|exact\w*|voila|c est ca|vas y|allez y|confirme|je confirme|tout a fait)\b")
_AGAIN = re.compile(
    r"(?:\w+ ){0,2}(?:retir|enlev|supprim|annul|remet|rajout|redonn)\w*(?: (?:le|la|les|lui|l ajout|l acces|ca|cela))?(?: .{0,20})?"
)


async def may_take_back_addition(context: Context, reference: str) -> bool:
    """Return whether the user could remove whom they add to a dossier: its referent could. False where that cannot be known now."""
    try:
        requester, members = await context.account_reference(), await context.partners_of(reference)
    except (FhirUnavailable, NotAMember, LimitReached):
        return False
    return any(member.account_id == requester.id and member.is_referent for member in members)


class UndoAct(Flow):
    """Find the act that is meant, and collect a confirmation."""

    name = UNDO_FLOW
    required_slots = (CONFIRMED,)
    slots = (CONFIRMED, ACTS, ELSEWHERE, INSTEAD, *DOSSIER_LISTS)
    confirmation_slot = CONFIRMED
    claims_replies = True

    def claims(self, turn: Turn) -> bool:
        """Return whether the words take back an act that is kept, or tell of one themselves, or change the dates of an access."""
        if withdraws_request(turn) or wishes_dates(turn):
            return True
        wish = read_undo_wish(turn.text)
        if wish is None:
            return False
        if wish.tells and turn.entity("partner_name"):
            return True
        ended = turn.slot(CORRECTABLE_FLOW)
        if ended and turn.follows_turn(ended["turn"]) and not (wish.undoes or wish.restores or turn.entity("partner_name")):
            return False  # « non, pas celui-là » right after a mute is about that
        return bool(meant_acts(turn, wish)) or is_of_no_act(turn, wish)

    async def start(self, context: Context) -> Slots:
        """Return the acts to undo, and where they should have been done. Raise FlowAborted where nothing is to be undone."""
        turn, wish = context.turn, UndoWish()
        pressed = turn.entity(UNDO_BUTTON) if turn.is_button else None
        if withdraws_request(turn) or (turn.is_button and turn.entity(REQUEST_BUTTON)):
            meant = [await self._request(context)]
        elif pressed:
            meant = [act for act in acts_of(turn) if act["turn"] == pressed]
        elif wishes_dates(turn):
            return await find_dated(context)
        else:
            wish = read_undo_wish(turn.text) or wish
            references = await looked_up_dossiers(context, wish)
            meant = meant_acts(turn, wish, references) or (await self._told(context, wish) if wish.tells else [])
            if not meant and references and not wish.tells and acts_of(turn):
                if wish.undoes or wish.restores:
                    response = "utter_undo_nothing_there" if UNKNOWN not in references else "utter_undo_nothing_there_unknown"
                    context.utter_unchanged(response, reference=", ".join(references))
                    raise FlowAborted
                meant = meant_acts(turn, wish, ())  # « pas le bon dossier, le 142 »: where it should have been
        requester = (await context.account_reference()).id
        meant = [act for act in meant if act["by"] == requester]
        elsewhere = self._elsewhere(turn, wish, meant)
        again = [act for act in meant if not act["undone"]]
        if again and not is_dated(again):  # of two kinds of one turn the last is meant
            meant = [act for act in meant if act["undone"] or act["act"] == again[-1]["act"]]
            again = [act for act in again if act["act"] == again[-1]["act"]]
        if is_dated(again):
            return {ACTS: await dated_back(context, again)}
        undone = [act for act in meant if act["undone"]]
        if undone and elsewhere and len(undone) == len(meant):
            return {ACTS: meant, ELSEWHERE: elsewhere, CONFIRMED: "affirm"}
        await self._check(context, [act for act in meant if not act["undone"]], undone, requester)
        meant = [act for act in meant if not act["undone"]]
        dated = bring_back_dated(context, meant) if wish.restores else None
        meant = dated or meant
        at_once = wish.restores and dated is None and not self._limits(context)
        at_once = at_once and all(act["act"] == "removed" and turn.follows_turn(act["turn"]) for act in meant)
        return {ACTS: meant, ELSEWHERE: elsewhere, INSTEAD: self._instead(turn, meant, wish), CONFIRMED: "affirm" if at_once else None}

    @staticmethod
    def _limits(context: Context) -> bool:
        """Return whether the words name a time, a condition or a question: then a card is shown before somebody is brought back."""
        text = context.turn.text
        return "?" in text or names_condition(text) or names_time_ahead(text, context.services.clock.now())

    async def _request(self, context: Context) -> Act:
        """Return the one request for an account that is meant. Raise FlowAborted where there is none, or several."""
        requests = await meant_requests(context)
        if len(requests) == 1:
            return await act_of(context, requests[0])
        if requests:
            context.utterances.utter("utter_undo_which_request", which_buttons(context, requests[:MAX_SHOWN]))
        else:
            context.utter_unchanged("utter_undo_no_request")
        raise FlowAborted

    def is_answer(self, turn: Turn) -> bool:
        """Return True too for a yes that says again what is to be done (« oui annulez »), and for a question about the card."""
        if is_dated(turn.slot(ACTS) or []) and answers_dated(turn):
            return True
        if brings_back(turn.slot(ACTS) or []) and answers_with_dates(turn):
            return True
        return super().is_answer(turn) or self._agrees(turn) or read_card_question(turn) is not None

    async def collect(self, context: Context) -> Slots:
        """Return a yes or a no; for dates, what is still open as well."""
        if is_dated(context.turn.slot(ACTS) or []):
            return await collect_dated(context, CONFIRMED)
        question, acts = read_card_question(context.turn), context.turn.slot(ACTS) or []
        of_access = all(act["act"] != "requested" for act in acts) or question is CardQuestion.DONE  # a request has told nobody yet
        if question and of_access and answer_change_question(context, question, ", ".join(act["name"] for act in acts)):
            return {}
        if brings_back(acts) and (dated := bring_back_dated(context, acts)) is not None:
            return {ACTS: dated} if dated else {}
        if self._agrees(context.turn):
            return {CONFIRMED: "affirm"}
        confirmed = confirmation(context)
        return {CONFIRMED: confirmed} if confirmed else {}

    @staticmethod
    def _agrees(turn: Turn) -> bool:
        folded = fold(turn.text.replace("’", "'"))
        if turn.is_button or turn.intent not in {"cancel", "remove_partner", "add_partner", "affirm", "correct"}:
            return False
        yes = _YES.match(folded)
        names = [str(entity["value"]) for entity in turn.entities("partner_name")]
        acts: list[Act] = turn.slot(ACTS) or []
        if any(not matching_name(name, act["name"]) for name in names for act in acts):
            return False
        rest = folded[yes.end() :].strip() if yes else ""
        return bool(yes and rest and _AGAIN.fullmatch(rest))

    @staticmethod
    def _elsewhere(turn: Turn, wish: UndoWish, acts: list[Act]) -> Slots | None:
        """Return the dossier for which it was meant, as entities; {} where it is another one that is not said."""
        if wish.elsewhere is None:
            other = None if wish.undoes or wish.restores or turn.is_button else read_reference(turn)
            return {"dossier_ref": other} if other and acts and not any(is_act_of(act, other) for act in acts) else None
        for name in ("dossier_ref", "usager_name", "partner_name"):
            found = [entity for entity in turn.entities(name) if is_elsewhere(entity, wish)]
            if found:
                return {"usager_name" if name == "partner_name" else name: str(found[-1]["value"])}
        number = read_reference(turn)
        return {"dossier_ref": number} if number else {}

    @staticmethod
    def _instead(turn: Turn, acts: list[Act], wish: UndoWish) -> str | None:
        """Return who should have been removed in the place of who is brought back: « non pas Thierry, Lanmezac ! remettez Thierry »."""
        if not wish.restores or not re.search(r"\bpas\b", turn.text, re.IGNORECASE):
            return None
        names = [str(entity["value"]) for entity in turn.affirmed_entities("partner_name")]
        others = [name for name in names if not any(matching_name(name, act["name"]) for act in acts)]
        return others[0] if len(set(others)) == 1 else None

    async def _told(self, context: Context, wish: UndoWish) -> list[Act]:
        """Return the addition that the message tells of, as it stands in the dossier that it names, or in the speaker's own acts."""
        turn, reader = context.turn, await context.account_reference()
        name = next((str(e["value"]) for e in turn.entities("partner_name") if not is_elsewhere(e, wish)), "")
        places = [str(e["value"]) for e in turn.entities("usager_name") if not is_elsewhere(e, wish)]
        references = [str(e["value"]).upper() for e in turn.entities("dossier_ref") if not is_elsewhere(e, wish)]
        if places and turn.trusted and not references:
            references = [dossier.reference for dossier in await find_by_usager(context, places[0], None)]
        history = context.services.partner_history
        stays = await history.of_dossier(references[0], reader, turn.origin) if len(references) == 1 else []
        stays = stays or await history.own_acts(reader, turn.origin)
        found = [stay for stay in stays if stay.ended is None and matching_name(name, stay.name)]
        if len(found) != 1:
            return []
        act: Act = {"act": "added", "dossier": found[0].dossier, "member": found[0].member, "name": found[0].name, "partner": None}
        dates = {"from": None, "until": None, "key": "", "turn": "", "at": context.services.clock.now().isoformat(), "undone": None}
        return [{**act, **dates, "by": reader.id}]

    async def _check(self, context: Context, acts: list[Act], undone: list[Act], requester: str) -> None:
        """Say why nothing can be undone, and who may. Raise FlowAborted then."""
        utterances, now = context.utterances, context.services.clock.now()
        if not acts:
            values: dict[str, Any] = {"name": undone[-1]["name"], "reference": undone[-1]["dossier"]} if undone else {}
            utterances.utter("utter_undo_twice" if undone else "utter_undo_nothing", **values)
            raise FlowAborted
        act = acts[-1]
        values = {"name": act["name"], "reference": act["dossier"]}
        if act["act"] == "requested":
            await self._check_request(context, act)
        elif act["act"] == "left" or is_too_old(act, now):
            response = "utter_undo_too_old" if is_too_old(act, now) else f"utter_undo_{act['act']}"
            utterances.utter(response, [ask_support(context, act)], **values)
            raise FlowAborted
        if act["act"] == "added":
            members = await context.partners_of(act["dossier"])
            referents = [p for p in members if p.is_referent]
            if not any(p.account_id == requester for p in referents):
                who = ", ".join(p.display for p in referents)
                response = "utter_undo_referent_only" if who else "utter_undo_nobody_may"
                utterances.utter(response, [ask_support(context, act)], referent=who, **values)
                raise FlowAborted

    @staticmethod
    async def _check_request(context: Context, act: Act) -> None:
        """Say why a request can be withdrawn no more. Raise FlowAborted then."""
        service, turn = context.services.account_requests, context.turn
        own = await service.for_conversation(turn.conversation_id, act["by"])
        status = next((one for one in own if one.reference == act.get("request")), None)
        if status is not None and status.state in OPEN:
            return
        values = {"name": act["name"], "request": act.get("request") or ""}
        if status is not None and status.state == WITHDRAWN:
            context.utter_unchanged("utter_undo_request_twice", **values)
        else:
            response = "utter_undo_request_created" if status is not None and status.state == CREATED else "utter_undo_requested"
            context.utter_unchanged(response, [ask_support(context, act)], **values)
        raise FlowAborted


def ask_support(context: Context, act: Act) -> Button:
    """Return the button that asks the SPHERE team to undo an act, with the facts."""
    who = f"{act['name']} ({act['request']})" if act.get("request") else act["name"]
    facts = {"topic": f"undo_{act['act']}", "who": who} | ({"dossier_ref": act["dossier"]} if act["dossier"] else {})
    return context.utterances.button("utter_title_ask_support", "contact_support", reason="asked", **facts)


UNDO_ACT = register_flow(UndoAct())
