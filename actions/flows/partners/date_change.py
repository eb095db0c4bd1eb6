"""Changing the dates of an access that was given: of whom, in which dossier, from what to what. It is a part of `undo_act`.

Each access is an act of the kind `dated`: `was` are its dates as they are, `from` and `until` those that it is to have. `pick` says that it
is one of those among whom is asked, `asked` which dates are asked for in the place of the card; `dossier` is "" until it is known.
"""

from __future__ import annotations

from actions.flows.dossiers.dossier_slot import read_dossier
from actions.flows.partners.access_dates import FROM, UNTIL, AccessDates, names_access_dates, period_words
from actions.flows.partners.card_question import CardQuestion, read_card_question
from actions.flows.partners.date_wish import changes_dates, corrects_dates, ends_later, has_second_thought, named_bound, read_new_dates
from actions.flows.partners.last_acts import ACTS, Act, acts_of, newest_acts, turns_since
from actions.flows.partners.list_partners import partner_label
from actions.flows.partners.member_names import matching_name
from actions.flows.partners.members import matching_members
from actions.flows.partners.sent_request import changed_request
from actions.framework.answers import at_position, list_position
from actions.framework.context import Context
from actions.framework.dialogue_stack import DIALOGUE_STACK, Frame
from actions.framework.flow import FLOWS, FlowAborted, Slots
from actions.framework.lifecycle import CORRECTABLE_FLOW
from actions.framework.people import PARTNER, without_names
from actions.framework.reservation import confirmation, has_reservation, utter_reservation
from actions.framework.turn import Turn, words_of
from actions.framework.utterances import MAX_SHOWN, Button
from actions.framework.yes_and import further_wish, stack_with_wish
from bot.core.text_folding import fold
from bot.dossiers.errors import EndBeforeStart, PeriodOver
from bot.dossiers.period import AccessPeriod, paris_day
from bot.dossiers.records import Partner

DATED = "dated"
_MISREAD = frozenset({"mute_notifications", "out_of_scope", "nlu_fallback", "inform", "correct"})
"""Intents that « Luce arrête le 18 décembre » is taken for."""
NEAR, NEAR_BARE = 10, 3
"""Messages after an act in which « changez la date de fin », and bare dates, are about it."""


def wishes_dates(turn: Turn) -> bool:
    """Return whether typed words change the dates of an access: in so many words, or as a second thought right after an act."""
    if turn.is_button or turn.masked or changed_request(turn) is not None:  # a sent request is the team's to change
        return False
    said, named = said_of_dates(turn), bool(turn.entity(PARTNER) or turn.same_partner)
    if changes_dates(said):
        return bool(named or "acc" in said.lower() or turn.slot("last_dossier") or _near(turn, NEAR))
    if named and turn.intent in _MISREAD and ends_later(said):
        return True
    ended = turn.slot(CORRECTABLE_FLOW)
    if ended and turn.follows_turn(ended["turn"]):  # that is what is corrected
        return False
    acts = _near(turn, NEAR_BARE)
    if changes_dates(said, after_act=bool(acts or named)):
        return True
    next_turn = bool(acts) and turn.follows_turn(acts[-1]["turn"])
    if next_turn and turn.intent in _MISREAD and has_second_thought(said) and names_access_dates(said) and "?" not in said:
        return True  # « ah non zut, c'est jusqu'au 4, enfin le 4 c'est un lundi, donc jusqu'au dimanche 3 »
    return bool(acts) and corrects_dates(said) and (next_turn or has_second_thought(said))


def said_of_dates(turn: Turn) -> str:
    """Return the words of a message without the names in it."""
    named = [e for name in (PARTNER, "usager_name", "dossier_ref") for e in turn.entities(name) if (e.get("start") or 0) >= 0]
    return words_of(without_names(turn.message, named))


def _near(turn: Turn, messages: int) -> list[Act]:
    """Return what was given, requested or dated last, if no other act followed and that is not long ago."""
    acts = [act for act in acts_of(turn) if not act["undone"]]
    newest = newest_acts(acts) if acts else []
    since = turns_since(turn, newest[-1]["turn"]) if newest else None
    if since is None or since > messages or any(act["act"] in {"removed", "left"} for act in newest):
        return []
    return newest


def is_dated(acts: list[Act]) -> bool:
    """Return whether acts are changes of dates."""
    return bool(acts) and all(act["act"] == DATED for act in acts)


async def dated_back(context: Context, acts: list[Act]) -> list[Act]:
    """Return changes of dates that were made as changes to the dates of before. Raise FlowAborted where they cannot be, and say why."""
    back = []
    for act in acts:
        (now,) = await _as_it_is(context, act)
        back.append({**now, "from": act["was"][0], "until": act["was"][1], "key": act["key"]})
    return back


async def find_dated(context: Context) -> Slots:
    """Return the accesses whose dates the message changes. Raise FlowAborted where there are none, and say why."""
    turn, before = context.turn, context.utterances.count
    name = turn.entity(PARTNER) or turn.same_partner or ""
    slots = await read_dossier(context, asked=False)
    if not slots and context.utterances.count > before:
        raise FlowAborted
    said = said_of_dates(turn)
    said = said if changes_dates(said) else ends_later(said) or said
    if slots.get("dossier_choices"):  # several usagers of that name: which?
        return {**slots, ACTS: _dated(context, await _of_dossier(context, "", name, named=False), said)}
    found = _of_last_acts(turn, name, slots.get("dossier"))
    if found:
        acts = [act for one in found for act in await _as_it_is(context, one)]
    else:
        reference = slots.get("dossier") or turn.slot("last_dossier") or ""
        acts = await _of_dossier(context, reference, name, named=bool(slots.get("dossier")))
    return {ACTS: _dated(context, acts, said)}


def _of_last_acts(turn: Turn, name: str, reference: str | None) -> list[Act]:
    """Return the acts of this conversation that are meant: those of the name, or the newest; each access once."""
    kept = [act for act in acts_of(turn) if not act["undone"] and act["act"] in {"added", DATED, "requested"}]
    if name:
        kept = [act for act in kept if matching_name(name, act["name"])][-1:]
    else:
        kept = [act for act in _near(turn, NEAR) if act["act"] in {"added", DATED, "requested"}]
    return [act for act in kept if reference in {None, act["dossier"]}]


async def _as_it_is(context: Context, act: Act) -> list[Act]:
    """Return the access of an act as the platform has it now. Raise FlowAborted where it waits for an account, or is gone."""
    members = await context.partners_of(act["dossier"]) if act["dossier"] else []
    found = [one for one in members if act["member"] and one.is_member(act["member"])]
    found = found or [one for one in members if act["act"] == "requested" and matching_name(act["name"], one.display)]
    values = {"name": act["name"], "reference": act["dossier"], "request": act.get("request") or ""}
    if found:
        return [await _checked(context, act["dossier"], found[-1], members)]
    if act["act"] == "requested":
        context.utter_unchanged("utter_dates_of_request", [ask_for_dates(context, act)], **values)
    else:
        context.utter_unchanged("utter_partner_was_gone", **values)
    raise FlowAborted


async def _of_dossier(context: Context, reference: str, name: str, *, named: bool) -> list[Act]:
    """Return the accesses of a dossier that a name may mean; where it is not known, one that asks for it."""
    turn = context.turn
    unknown: Act = {
        "act": DATED,
        "dossier": "",
        "member": "",
        "name": name,
        "from": None,
        "until": None,
        "was": [None, None],
        "undone": None,
    }
    if not reference:
        return [unknown]
    members, requester = await context.partners_of(reference), (await context.account_reference()).id
    oneself = not name and turn.says.get("partner") == "self"
    if oneself:
        found = [one for one in members if one.account_id == requester]
    else:
        found = matching_members({"name": name}, members) if name else [one for one in members if one.account_id != requester]
    if not found and not named:
        return [unknown]
    if not found:
        context.utter_unchanged("utter_member_unknown" if name else "utter_dates_nobody", name=name, reference=reference)
        raise FlowAborted
    if len(found) == 1 and (name or oneself):
        return [await _checked(context, reference, found[0], members)]
    return [{**access_of(reference, one), "pick": True} for one in found[:MAX_SHOWN]]


async def _checked(context: Context, reference: str, member: Partner, members: list[Partner]) -> Act:
    """Return a member's access. Raise FlowAborted where the user may not change its dates, and say who may."""
    act = access_of(reference, member)
    if member.elsewhere:
        context.utter_unchanged("utter_member_elsewhere", name=act["name"], reference=reference)
        raise FlowAborted
    if _may_date(member, members, (await context.account_reference()).id):
        return act
    names = ", ".join(one.display for one in members if one.is_referent)
    values = {"name": act["name"], "reference": reference, "referents": names}
    context.utter_unchanged("utter_dates_not_allowed", [ask_for_dates(context, act)], **values)
    raise FlowAborted


async def redated(context: Context, reference: str, member: Partner, dates: AccessDates) -> list[Act]:
    """Return a member's access with other dates; none where they are its own, cannot be, or are not the user's to change."""
    act, members = access_of(reference, member), await context.partners_of(reference)
    given = AccessDates({name: day for name, day in dates.slots.items() if day})
    may = _may_date(member, members, (await context.account_reference()).id)
    return [new] if may and _changes(new := _with(act, given)) and _fits(context, act, given) else []


async def end_on(context: Context, reference: str, member: Partner, end: str) -> list[Act]:
    """Return a member's access with another last day. Raise FlowAborted where it cannot have it, or not from the user, and say why."""
    act = await _checked(context, reference, member, await context.partners_of(reference))
    dates = AccessDates({UNTIL: end})
    if not _fits(context, act, dates):
        raise FlowAborted
    if not _changes(new := _with(act, dates)):
        _utter_same(context, new)
        raise FlowAborted
    return [new]


def _may_date(member: Partner, members: list[Partner], requester: str) -> bool:
    return not member.elsewhere and (
        member.added_by == requester or any(one.is_referent and one.account_id == requester for one in members)
    )


def access_of(reference: str, member: Partner) -> Act:
    """Return a member's access as an act that may change its dates: it has those that it has."""
    start, end = AccessPeriod(member.since if member.planned else None, member.until).iso
    act: Act = {"act": DATED, "dossier": reference, "member": member.reference, "name": member.display, "partner": None, "undone": None}
    return act | {"label": partner_label(member), "was": [start, end], "from": start, "until": end, "key": "", "turn": ""}


def ask_for_dates(context: Context, act: Act) -> Button:
    """Return the button that asks the SPHERE team to change the dates, with the facts."""
    facts = {"topic": "undo_dated", "who": act["name"], "dossier_ref": act["dossier"]}
    return context.utterances.button("utter_title_ask_support", "contact_support", reason="asked", **facts)


def _dated(context: Context, acts: list[Act], said: str) -> list[Act]:
    """Return the acts with the dates that the words give; those that are not clear are asked for."""
    now = context.services.clock.now()
    if not acts[0]["dossier"] or acts[0].get("pick"):  # whose they are is asked first
        return [{**act, "said": said} for act in acts]
    given = [read_new_dates(said, now, AccessPeriod.read(*act["was"])) for act in acts]
    if any(dates.unclear for dates in given):
        context.utterances.utter("utter_access_dates_unclear")
    clear = all(dates.slots and not dates.unclear and _fits(context, act, dates) for act, dates in zip(acts, given, strict=True))
    if not clear:
        return [{**act, "asked": named_bound(said), "said": said} for act in acts]
    dated = [{**_with(act, dates), "said": said} for act, dates in zip(acts, given, strict=True)]
    if not any(_changes(act) for act in dated):
        _utter_same(context, dated[0])
        raise FlowAborted
    return [act for act in dated if _changes(act)]


def _utter_same(context: Context, act: Act) -> None:
    context.utter_unchanged("utter_dates_same", name=act["name"], reference=act["dossier"], period=dates_words(context, act["was"]))


def _changes(act: Act) -> bool:
    return bool([act["from"], act["until"]] != act["was"])


def _with(act: Act, dates: AccessDates) -> Act:
    new = {FROM: act["from"], UNTIL: act["until"]} | dates.slots
    return {**act, "from": new[FROM], "until": new[UNTIL], "asked": None}


def _fits(context: Context, act: Act, dates: AccessDates) -> bool:
    """Return whether an access can have these dates; say so where it cannot."""
    new = _with(act, dates)
    try:
        AccessPeriod.read(new["from"], new["until"]).checked(paris_day(context.services.clock.now()))
    except EndBeforeStart:
        context.utterances.utter("utter_access_end_before_start")
    except PeriodOver:
        context.utterances.utter("utter_dates_over")
    else:
        return True
    return False


def dates_words(context: Context, dates: list[str | None], *, from_now: bool = False) -> str:
    """Return the dates of an access in words; `from_now`: it was to begin later, and begins at once."""
    words = period_words(context, AccessPeriod.read(*dates))
    if from_now and not dates[0]:
        words = context.utterances.text("utter_access_from_now") + (words or context.utterances.text("utter_dates_no_end"))
    return words or context.utterances.text("utter_same_without_dates")


def answers_dated(turn: Turn) -> bool:
    """Return whether a message speaks of the dates at the card, whatever intent it was given."""
    return not turn.is_button and (changes_dates(said := said_of_dates(turn), after_act=True) or corrects_dates(said))


async def collect_dated(context: Context, confirmed: str) -> Slots:
    """Return what an answer tells of the dossier, who is meant, the dates, or the yes or no (slot `confirmed`)."""
    turn, acts = context.turn, list(context.turn.slot(ACTS))
    if not acts[0]["dossier"]:
        return await _collect_dossier(context, acts[0])
    if acts[0].get("pick"):
        return await _collect_member(context, acts)
    if not acts[0].get("asked") and (question := read_card_question(turn)) in {CardQuestion.DONE, CardQuestion.TOLD, CardQuestion.WHEN}:
        context.utterances.utter("utter_question_done" if question is CardQuestion.DONE else f"utter_question_{question}_dates")
        return {}
    other = turn.entity(PARTNER)
    if other and not turn.is_button and not any(matching_name(other, act["name"]) for act in acts):
        if (stack := await _stack_with_addition(context, acts, other)) is not None:
            return {DIALOGUE_STACK: stack, confirmed: "affirm"}
        return {ACTS: await _of_somebody_else(context, acts, other)}
    return _collect_card(context, acts, confirmed)


def _collect_card(context: Context, acts: list[Act], confirmed: str) -> Slots:
    turn, utterances, now = context.turn, context.utterances, context.services.clock.now()
    said, asked = "" if turn.is_button else said_of_dates(turn), acts[0].get("asked")
    given = [read_new_dates(said, now, AccessPeriod.read(*act["was"]), asked) if said else AccessDates() for act in acts]
    if any(dates.unclear for dates in given):
        utterances.utter("utter_access_dates_unclear")
        return {}
    if all(dates.slots for dates in given):
        if not all(_fits(context, act, dates) for act, dates in zip(acts, given, strict=True)):
            return {}
        new = [_with(act, dates) for act, dates in zip(acts, given, strict=True)]
        if not any(_changes(act) for act in new):
            _utter_same(context, new[0])
            raise FlowAborted
        if given[0].conditional:
            utter_reservation(context)
        if new != acts or asked or given[0].reserved or turn.intent != "affirm":
            if not utterances.has_uttered and not asked:
                utterances.utter("utter_access_dates_noted" if new != acts else "utter_access_dates_same")
            return {ACTS: new}
        if "?" in turn.text:  # « jusqu'au 15 janvier, c'est bien ça ? » asks back
            utterances.utter("utter_access_dates_same")
            return {}
        return {confirmed: "affirm"}
    if asked:
        if turn.intent == "deny" or has_reservation(turn):
            return {confirmed: "deny"} if turn.intent == "deny" else {}
        utterances.utter("utter_dates_needed")
        return {}
    answer = confirmation(context)
    return {confirmed: answer} if answer else {}


async def _collect_dossier(context: Context, act: Act) -> Slots:
    """Return the access in the dossier that answers the question."""
    if context.turn.intent == "deny" and not context.turn.message.get("entities"):
        context.utterances.utter("utter_undo_declined")
        raise FlowAborted
    slots = await read_dossier(context, asked=True)
    if not slots.get("dossier"):
        if not slots and not context.utterances.has_uttered:
            context.utterances.utter("utter_dossier_not_understood")
        return slots
    found = await _of_dossier(context, slots["dossier"], act["name"], named=True)
    return slots | {ACTS: _dated(context, found, act.get("said", ""))}


async def _collect_member(context: Context, acts: list[Act]) -> Slots:
    """Return the access of the one who is chosen, by a button, a place in the list or a name."""
    turn, members = context.turn, await context.partners_of(acts[0]["dossier"])
    if turn.intent == "deny" and not turn.message.get("entities"):
        context.utterances.utter("utter_undo_declined")
        raise FlowAborted
    chosen = turn.entity("member") or at_position([act["member"] for act in acts], list_position(turn))
    name = turn.entity(PARTNER) or ("" if turn.is_button else fold(turn.text))
    found = [one for one in members if one.reference == chosen] or (matching_members({"name": name}, members) if name else [])
    if len(found) != 1:
        context.utterances.utter("utter_not_in_list")
        return {}
    return {ACTS: _dated(context, [await _checked(context, acts[0]["dossier"], found[0], members)], acts[0].get("said", ""))}


async def _of_somebody_else(context: Context, acts: list[Act], name: str) -> list[Act]:
    """Return the access of who is named in the place of those on the card, with the dates that were said."""
    said = said_of_dates(context.turn)
    said = said if read_new_dates(said, context.services.clock.now(), AccessPeriod()) else acts[0].get("said", "")
    return _dated(context, await _of_dossier(context, acts[0]["dossier"], name, named=True), said)


async def _stack_with_addition(context: Context, acts: list[Act], name: str) -> list[Frame] | None:
    """Return the stack with the addition of somebody who is not there yet, said after a clean yes: « oui. et Olivier à partir du 16 »."""
    begin, reference = further_wish(context.turn), acts[0]["dossier"]
    if begin is None or acts[0].get("asked") or matching_members({"name": name}, await context.partners_of(reference)):
        return None
    return stack_with_wish(context.turn, FLOWS["add_partner"], begin, dossier_ref=reference)
