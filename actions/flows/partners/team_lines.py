"""The lines of a card that changes a dossier's team: one for each person, with what stands of them.

A line is kept in the slot `team_lines` as `{"change", "state", "query", …}`: `query` is what was said of the person, `person` who was
found (`key` or `reference`, `name`, `label`, `account`, `trades`), `choices` those among whom is asked, `email` the address that was
given, `from` and `until` the dates of the access, `undated` that those which were said are not clear. Nothing in it is an authority: it is
looked up again when it is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from actions.flows.directory.person_facts import read_facts
from actions.flows.directory.search import account_of, get_professional, read_criteria
from actions.flows.partners.access_dates import names_some_time, read_dates
from actions.flows.partners.list_partners import partner_label
from actions.flows.partners.members import ONESELF_IN_REQUEST, SELF, matching_members, read_member, removal_obstacle
from actions.flows.partners.partner_slot import look_up
from actions.flows.partners.team_wishes import REMOVE
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.people import Message, own_words
from actions.framework.turn import Turn, words_of
from actions.framework.utterances import MAX_SHOWN
from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.core.text_folding import fold
from bot.dossiers.errors import EndBeforeStart, PeriodOver
from bot.dossiers.period import AccessPeriod, paris_day
from bot.dossiers.records import Partner

LINES = "team_lines"
Line = dict[str, Any]


class Change(StrEnum):
    """What is to become of the person."""

    ADD = "add"
    REMOVE = "remove"


class State(StrEnum):
    """What stands of a line."""

    SAID = "said"
    """It was said, and not looked up yet."""
    SEVERAL = "several"
    """Several people match, or nobody was named: it is asked who is meant."""
    READY = "ready"
    """It can be done."""
    REQUEST = "request"
    """An account must be asked for first."""
    UNKNOWN = "unknown"
    PRESENT = "present"
    """Already there, or planned: nothing to add."""
    ABSENT = "absent"
    """Not there: nothing to remove."""
    ONESELF = "oneself"
    """The speaker, who is there already."""
    FORBIDDEN = "forbidden"
    """Only the referent may remove this person."""
    ELSEWHERE = "elsewhere"
    """Nobody here may: they are a member of another system."""
    LAST_REFERENT = "last_referent"
    OFF = "off"
    """Taken off the list."""


_OBSTACLES = {
    "utter_cannot_leave": State.LAST_REFERENT,
    "utter_remove_not_allowed": State.FORBIDDEN,
    "utter_member_elsewhere": State.ELSEWHERE,
}


def is_active(line: Line) -> bool:
    """Return whether a yes goes for the line."""
    return line["state"] in (State.READY, State.REQUEST)


def follows(line: Line) -> bool:
    """Return whether the line needs more than a yes: it is an addition of its own, after the others."""
    return line["change"] == Change.ADD and line["state"] in (State.REQUEST, State.UNKNOWN)


def name_of(line: Line) -> str:
    """Return what the person of a line is called, as far as is known."""
    query = line.get("query") or {}
    return str((line.get("person") or {}).get("name") or query.get("name") or query.get("profession") or query.get("rpps") or "")


def label_of(line: Line) -> str:
    """Return what tells the person of a line apart."""
    return str((line.get("person") or {}).get("label") or name_of(line))


def period_of(line: Line) -> AccessPeriod:
    """Return the dates of a line's access."""
    return AccessPeriod.read(line.get("from"), line.get("until"))


def read_lines(context: Context, parts: list[Message]) -> list[Line]:
    """Return a line for each part of the message, with the dates that are said for it, or for all."""
    lines = [_read_line(context.turn, part) for part in parts]
    for act in dict.fromkeys(part["act"] for part in parts):
        added = [(line, part) for line, part in zip(lines, parts, strict=True) if part["act"] == act and line["change"] == Change.ADD]
        _date_lines(context, added)
    return lines


def _read_line(turn: Turn, part: Message) -> Line:
    told = turn.with_message({**part, "intent": {"name": part["full_intent"], "confidence": 1.0}})
    if part["full_intent"] == REMOVE:
        query: Slots = {"oneself": True} if told.says.get("partner") == SELF else read_member(told, oneself=ONESELF_IN_REQUEST) or {}
        return {"change": Change.REMOVE, "state": State.SAID, "query": query}
    line: Line = {"change": Change.ADD, "state": State.SAID, "query": read_criteria(told), "email": _valid_email(told.entity("email"))}
    facts = read_facts(told)
    facts.pop("mode", None)  # its words stand anywhere in the message: it may be anybody's
    return {**line, "record": facts or None}


def _valid_email(given: str | None) -> str | None:
    try:
        return validate_field("email", given) if given else None
    except FieldError:
        return None


def _date_lines(context: Context, added: list[tuple[Line, Message]]) -> None:
    """Give the lines of one wish their dates: each its own; dates that stand after the last person alone are of all."""
    if not added:
        return
    now = context.services.clock.now()
    own = [read_dates(own_words(part), now) for _, part in added] if len(added) > 1 else []
    whole = read_dates(words_of(added[0][1]), now)
    lines = [line for line, _ in added]
    vague = [not dates and names_some_time(own_words(part)) for dates, (_, part) in zip(own, added, strict=False)]
    apart = any(own[:-1]) or any(vague[:-1])
    for line, dates, is_vague in zip(lines, own if apart else [whole] * len(lines), vague or [False], strict=True):
        possible = not dates.slots or _is_possible(context, line, _given(dates.slots))
        if dates.unclear or not possible or (apart and is_vague):
            line["undated"] = True
        else:
            set_dates(context, [line], dates.slots)
    if undated := [name_of(line) for line in lines if line.get("undated")]:
        context.utterances.utter("utter_line_dates_unclear", names=", ".join(undated))


def _given(slots: Slots) -> Slots:
    return {name.removeprefix("access_"): day for name, day in slots.items()}


def _is_possible(context: Context, line: Line, given: Slots) -> bool:
    try:
        period_of(line | given).checked(paris_day(context.services.clock.now()))
    except (EndBeforeStart, PeriodOver):
        return False
    return True


def set_dates(context: Context, lines: Iterable[Line], slots: Slots) -> list[Line]:
    """Set the dates of additions as `AccessDates.slots` gives them and return the lines that changed; say so where they cannot be."""
    changed = []
    for line in lines:
        given, undated = _given(slots), line.get("undated")
        if line["change"] != Change.ADD or not given or (not undated and all(line.get(name) == day for name, day in given.items())):
            continue
        if not _is_possible(context, line, given):
            context.utterances.utter("utter_access_end_before_start")
            break
        line.update(given)
        line.pop("undated", None)
        changed.append(line)
    return changed


async def resolve(context: Context, reference: str, lines: list[Line], *, again: bool = False) -> list[Line]:
    """Look up the lines that were only said, all of them `again` in another dossier, and return the lines, each person once."""
    members, requester = await context.partners_of(reference), (await context.account_reference()).id
    for line in lines:
        if again and line["state"] != State.OFF:
            line["state"] = State.SAID if line["change"] == Change.REMOVE or not line.get("person") else line["state"]
            if line["change"] == Change.ADD and line.get("person"):
                _settle_addition(line, members, requester)
    said = [line for line in lines if line["state"] == State.SAID]
    await asyncio.gather(*(_look_up(context, line, members, requester) for line in said))
    return each_once(lines)


async def _look_up(context: Context, line: Line, members: list[Partner], requester: str) -> None:
    query = line["query"]
    if line["change"] == Change.REMOVE:
        oneself = bool(query.get("oneself"))
        found = [p for p in members if p.account_id == requester] if oneself else matching_members(query, members) if query else []
        settle_removal(line, found, members, requester)
        if not query:
            line |= {"state": State.SEVERAL, "choices": [p.reference for p in members[:MAX_SHOWN]]}
    elif not query:
        line |= {"state": State.SEVERAL, "choices": None}
    else:
        await take_found(context, line, await look_up(context, query), members, requester)


async def take_found(context: Context, line: Line, found: Slots, members: list[Partner], requester: str) -> None:
    """Take what a search or a choice among those shown came to (slots of `partner_slot`) into the line."""
    line["query"] = found["partner_query"] if "partner_query" in found else line["query"]
    if partner := found.get("partner"):
        person = await get_professional(context, partner["key"])
        account = await account_of(context, person) if person else None
        email = (account.email if account else None) or line.get("email") or (person.email if person else None)
        trades = [person.profession, person.speciality] if person else []
        line |= {"person": {**partner, "trades": [trade for trade in trades if trade]}, "email": email or None, "choices": None}
        _settle_addition(line, members, requester)
    elif isinstance(found.get("partner_choices"), list) and found["partner_choices"]:
        line |= {"state": State.SEVERAL, "choices": found["partner_choices"], "person": None}
    else:
        line |= {"state": State.UNKNOWN, "choices": None, "person": None}


def _settle_addition(line: Line, members: list[Partner], requester: str) -> None:
    account = line["person"]["account"]
    present = next((p for p in members if account and p.account_id == account["id"]), None)
    if account and account["id"] == requester:
        line["state"] = State.ONESELF
    elif present is not None:
        since = present.since.isoformat() if present.planned and present.since else None
        line |= {"state": State.PRESENT, "present": [since, present.until.isoformat() if present.until else None]}
    else:
        line["state"] = State.READY if account else State.REQUEST


def settle_removal(line: Line, found: list[Partner], members: list[Partner], requester: str) -> None:
    """Set what stands of a removal from the members who match."""
    if len(found) != 1:
        line |= {"state": State.SEVERAL if found else State.ABSENT, "choices": [p.reference for p in found[:MAX_SHOWN]] or None}
        return
    member = found[0]
    start, end = AccessPeriod(member.since if member.planned else None, member.until).iso
    person: dict[str, Any] = {"reference": member.reference, "name": member.display, "label": partner_label(member)}
    person |= {"trades": [member.profession], "from": start, "until": end}
    obstacle = removal_obstacle(member, members, requester)
    line |= {"state": _OBSTACLES.get(obstacle or "", State.READY), "person": person, "choices": None}
    line["oneself"] = member.account_id == requester
    line["referents"] = [p.display for p in members if p.is_referent]


def each_once(lines: list[Line]) -> list[Line]:
    """Return the lines without those that say again what an earlier one says; dates that only one of them has are kept."""
    kept: list[Line] = []
    for line in lines:
        same = next((one for one in kept if one["change"] == line["change"] and _is_same(one, line)), None)
        if same is None:
            kept.append(line)
        elif not (same.get("from") or same.get("until")):
            same.update({name: line[name] for name in ("from", "until") if line.get(name)})
    return kept


def _is_same(one: Line, other: Line) -> bool:
    return bool(_who(other)) and _who(one) == _who(other) and State.OFF not in (one["state"], other["state"])


def _who(line: Line) -> str:
    person = line.get("person") or {}
    return str(person.get("key") or person.get("reference") or fold(name_of(line)))


def as_of(now: datetime, line: Line) -> str:
    """Return the dates of a line's access in words; of somebody who is there already, theirs."""
    start, end = line["present"] if line["state"] == State.PRESENT else (line.get("from"), line.get("until"))
    return AccessPeriod.read(start, end).words(paris_day(now))
