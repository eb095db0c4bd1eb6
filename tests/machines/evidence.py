"""What is true once all has come to rest: read from the database and from the stand-ins, beside what the users noted."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.machines.companions import Notified
from tests.machines.installation import Machines
from tests.machines.ledger import Fault, Ledger, Said
from tests.machines.users import TeamsUser, TelegramUser, User, WebUser
from tests.stack import wait_for

REST_SECONDS = 300
IN_FLIGHT = 10.0
"""Seconds between sending a message and noting that it was sent, at the most, on a machine that is busy otherwise."""


@dataclass(frozen=True)
class Shown:
    """A message as its reader has it: instants in seconds since 1970."""

    key: str
    text: str
    at: float


@dataclass
class Verdict:
    """What should not be is listed, so that one can look."""

    lost: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    """Told twice, and not in flight when something was done to the machines."""
    in_flight: int = 0
    """Told twice, and in flight."""
    undone: list[str] = field(default_factory=list)
    """What the database has that is not done, or given up."""

    @property
    def faults(self) -> list[str]:
        """All of it."""
        return [*self.lost, *self.crossed, *self.disordered, *self.twice, *self.undone]


def wait_rest(machines: Machines) -> None:
    """Wait until every turn is over and everything that is due is delivered."""
    open_rows = (
        "SELECT (SELECT count(*) FROM inbox WHERE state <> 'done')"
        " + (SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL)"
        " + (SELECT count(*) FROM events WHERE fanned_out_at IS NULL)"
    )
    wait_for("everything to come to rest", lambda: machines.read(open_rows)[0][0] == 0, REST_SECONDS)


def judge(machines: Machines, ledger: Ledger, users: Sequence[User], notified: Notified) -> Verdict:
    """Say what became of everything that was said in a run."""
    verdict = Verdict()
    verdict.undone += ledger.broken
    _judge_database(machines, ledger, verdict)
    everybody = {said.name: said for said in ledger.said}
    for user in users:
        shown = _shown(user)
        own = [said for said in ledger.said if said.user == user.name]
        _judge_chat(user.name, own, shown, everybody, verdict)
        _judge_copies(user.name, shown, ledger.faults, verdict)
        if isinstance(user, WebUser):
            _judge_page(user, verdict)
    _judge_notices(machines, ledger, notified, verdict)
    return verdict


def _shown(user: User) -> list[Shown]:
    """Return what the assistant, or an agent, said in a chat, in the order in which it stands there."""
    if isinstance(user, WebUser):
        return [Shown(m["id"], m["text"], 0.0) for m in user.history() if m["author"] != "user"]
    if isinstance(user, TelegramUser):
        return [Shown(str(m["message_id"]), m.get("text", ""), float(m["date"])) for m in user.messages()]
    assert isinstance(user, TeamsUser)
    return [Shown(str(number), text, number / 1000) for number, text in user.numbered()]


def _names(text: str, known: dict[str, Said]) -> list[str]:
    """Return what a text is the answer to."""
    return [name for name in re.findall(r"réponse [\d-]+\.|[A-Z][a-z]{13,24}", text) if name in known]


def _judge_chat(user: str, own: Sequence[Said], shown: Sequence[Shown], everybody: dict[str, Said], verdict: Verdict) -> None:
    wanted = [said.name for said in own]
    first: dict[str, int] = {}
    for place, message in enumerate(shown):
        for name in _names(message.text, everybody):
            first.setdefault(name, place)
            if everybody[name].user != user:
                verdict.crossed.append(f"{user} was told what {everybody[name].user} asked for: {name}")
    verdict.lost += [f"{user} was never answered about {name}" for name in wanted if name not in first]
    places = [first[name] for name in wanted if name in first]
    verdict.disordered += [f"{user}: after answer {n}" for n, (a, b) in enumerate(pairwise(places)) if a >= b]


def _judge_copies(who: str, shown: Sequence[Shown], faults: Sequence[Fault], verdict: Verdict) -> None:
    """Look for what was told twice; of the web chat, where it is never in flight, each time too many is one."""
    copies: defaultdict[str, list[float]] = defaultdict(list)
    for message in shown:
        copies[message.text].append(message.at)
    for text, times in copies.items():
        for at in sorted(times)[:-1]:
            if any(fault.clock[0] - IN_FLIGHT <= at <= fault.clock[1] + IN_FLIGHT for fault in faults):
                verdict.in_flight += 1
            else:
                verdict.twice.append(f"{who}: {text[:60]}")


def _judge_page(user: WebUser, verdict: Verdict) -> None:
    """A page that was open all the time has what one that is opened now has, each message once."""
    then, now = [m["id"] for m in user.seen], [m["id"] for m in user.history()]
    if then != now:
        missing, more = [m for m in now if m not in then], [m for m in then if then.count(m) > 1]
        verdict.lost.append(f"{user.name}: the open page lacks {missing}, has twice {more}, order kept: {then == sorted(then, key=int)}")


def _judge_database(machines: Machines, ledger: Ledger, verdict: Verdict) -> None:
    """Each turn is over, without an error; each answer is in one place, that of its question."""
    undone = "SELECT id, error_id, attempts FROM inbox WHERE (state <> 'done' OR error_id IS NOT NULL) AND received_at >= :began"
    rows = machines.read(undone, began=ledger.began)
    verdict.undone += [f"turn {turn}: error {error}, {attempts} attempts" for turn, error, attempts in rows]
    dead = machines.read("SELECT kind, last_error FROM outbox WHERE dead_at IS NOT NULL AND created_at >= :began", began=ledger.began)
    verdict.undone += [f"given up: {kind}, {error}" for kind, error in dead]
    known = {said.name: said for said in ledger.said}
    answers: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for conversation, turn, text in machines.read("SELECT conversation_id, id, text FROM messages WHERE author <> 'user'"):
        for name in _names(text, known):
            answers[name].add((conversation, turn))
            homes[known[name].user].add(conversation)
    verdict.twice += [f"{name} is answered {len(found)} times in the database" for name, found in answers.items() if len(found) > 1]
    verdict.crossed += [f"{user} has answers in {len(found)} conversations" for user, found in homes.items() if len(found) > 1]


def _judge_notices(machines: Machines, ledger: Ledger, notified: Notified, verdict: Verdict) -> None:
    """Each event is stored once and told once."""
    wanted = "SELECT e.event_id, count(n.id) FROM events e LEFT JOIN notices n ON n.event_id = e.id GROUP BY e.id, e.event_id"
    stored: defaultdict[str, list[int]] = defaultdict(list)
    for event, notices in machines.read(wanted):
        stored[event].append(notices)
    verdict.lost += [f"event {event}: {stored[event]} notices" for event in ledger.events if stored[event] != [1]]
    shown = [Shown(str(m["message_id"]), json.dumps(m.get("reply_markup")), float(m["date"])) for m in notified.told()][notified.before :]
    told = len({message.text for message in shown})
    if told != len(ledger.events):
        verdict.lost.append(f"{len(ledger.events)} events were taken, {told} told")
    _judge_copies(notified.name, shown, ledger.faults, verdict)
