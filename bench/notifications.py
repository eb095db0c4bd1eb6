"""From an event to its messages: rates under Telegram's limits and without, fan-out, latency, a storm, a flood of malformed events."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from bench.crash import empty_database
from bench.figures import Figure, percentile, run_alone
from bench.installed import say
from bot.notifications.tables import Event
from tests.databases import server_url
from tests.notification_load.installation import EVENTS_TOKEN, Installation, in_batches, installation
from tests.notification_load.outcome import left, reading
from tests.notification_load.people import Json, Population
from tests.postgres import NoPostgres
from tests.stack import wait_for

ALLOWED = 30.0
"""Messages a second that Telegram allows."""


def measure(quick: bool) -> list[Figure]:
    """Everything that is fast on SQLite; rates and fan-out on PostgreSQL too, where there is one."""
    figures = _limited(people=720 if quick else 3_600)
    for kind in _kinds():
        figures += [_free(kind, bots, people=600 if quick else 2_000) for bots in (1, 2)]
        figures.append(_fan_out(kind, events=3 if quick else 10))
    figures += _latency(events=20 if quick else 100)
    return [*figures, _storm(events=200 if quick else 1_000, seconds=12 if quick else 60)]


def _kinds() -> tuple[str, ...]:
    try:
        server_url()
    except NoPostgres as error:
        say(str(error))
        return ("SQLite",)
    return ("SQLite", "PostgreSQL")


@contextmanager
def _running(kind: str, population: Population, bots: int = 1, **settings: Any) -> Iterator[Installation]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        empty_database(kind, Path(folder)) as url,
        installation(population, Path(folder), url, bots=bots, **settings) as found,
    ):
        for bot in found.bots:
            bot.start()
        for bot in found.bots:
            bot.wait()
        yield found


def _now(population: Population, number: int) -> list[Json]:
    """The `number`th event of each dossier, at this moment."""
    now = datetime.now(UTC)
    return [population.event(dossier, number, now) for dossier in range(population.dossiers)]


def _post(found: Installation, events: list[Json]) -> None:
    for batch in in_batches(events, 500):
        assert found.post(batch, found.bots[0])


def _sent(found: Installation) -> list[Json]:
    """What was tried to be sent, in the order of time."""
    return sorted((call for call in found.calls() if call["method"] == "sendMessage"), key=lambda call: float(call["at"]))


def _told(found: Installation, wanted: int, seconds: float) -> list[Json]:
    """The same, once so many messages have arrived."""

    def arrived() -> list[Json] | None:
        if found.called < wanted:  # without their contents, which are large
            return None
        sent = _sent(found)
        return sent if sum(call["status"] == 200 for call in sent) >= wanted else None

    return wait_for(f"{wanted} messages", arrived, seconds)


def _rate(sent: list[Json]) -> float:
    times = [float(call["at"]) for call in sent if call["status"] == 200]
    return (len(times) - 1) / (times[-1] - times[0])


def _limited(people: int) -> list[Figure]:
    """Three messages for each person, the stand-in enforcing Telegram's limits."""
    population = Population(people, people * 3 // 10, 10)
    wanted = population.dossiers * (population.members - 1)
    say(f"{wanted} messages under the limits of Telegram…")
    with _running("SQLite", population, TELEGRAM_PER_SECOND=ALLOWED, TELEGRAM_PER_CHAT=1) as found:
        found.fake.post("/limits", json={"on": True})
        _post(found, _now(population, 0))
        sent = _told(found, wanted, 900)
    rate, seconds = _rate(sent), float(sent[-1]["at"]) - float(sent[0]["at"])
    refused = sum(call["status"] == 429 for call in sent)
    return [
        Figure(
            "messages a second under Telegram's limits", rate, "", f"{wanted} messages in {seconds:.0f} s, one bot", 0.95 * ALLOWED, True
        ),
        Figure("refused with 429", refused, "", "by the stand-in, which counts 30 a second and 1 a second a chat", 0),
    ]


def _free(kind: str, bots: int, people: int) -> Figure:
    """The same number of messages for everybody without limits: from the events to the last message."""
    population = Population(people, people * 2 // 10, 10)
    wanted = population.dossiers * (population.members - 1)
    say(f"{wanted} messages without limits, {bots} bots, {kind}…")
    with _running(kind, population, bots) as found:
        began = time.time()
        _post(found, _now(population, 0))
        sent = _told(found, wanted, 900)
    whole = wanted / (float(sent[-1]["at"]) - began)
    meaning = f"{wanted} messages; {whole:.0f} a second from the first event on, fan-out of {population.dossiers} events included"
    return Figure(f"messages a second, {kind}, {bots} bot{'s' * (bots > 1)}", _rate(sent), "", meaning)


def _fan_out(kind: str, events: int) -> Figure:
    """One event of 500 people at a time, from its arrival until everybody has a notice."""
    population = Population(people=501, dossiers=1, members=501)
    say(f"events of 500 people, {kind}…")
    with _running(kind, population) as found:
        for number in range(events):
            _post(found, _now(population, number))
            _wait_for_fan_out(found, number + 1)
            _quiet(found)
        with reading(found.database_url) as session:
            times = session.execute(select(Event.fanned_out_at, Event.received_at)).all()
    took = [(done - arrived).total_seconds() * 1000 for done, arrived in times if done is not None]
    return Figure(f"fan-out of one event to 500, {kind}", percentile(took, 0.5), "ms", f"p95 {percentile(took, 0.95):.0f} ms, of {events}")


def _wait_for_fan_out(found: Installation, events: int) -> None:
    done = select(Event.id).where(Event.fanned_out_at.is_not(None))

    def fanned_out() -> bool:
        with reading(found.database_url) as session:
            return len(session.scalars(done).all()) == events

    wait_for("the fan-out", fanned_out)


def _quiet(found: Installation) -> None:
    """Until nothing is sent any more."""
    before = -1
    while (now := found.called) > before:
        before = now
        time.sleep(1)


def _latency(events: int) -> list[Figure]:
    """One event of two people at a time: nobody else waits. Then the same beside a flood of events that cannot be read."""
    population = Population(people=4 * events, dossiers=2 * events, members=2)
    say(f"{2 * events} single events…")
    with _running("SQLite", population) as found:
        _quiet(found)
        idle = [_one(found, dossier) for dossier in range(events)]
        with _flood(found) as answers:
            flooded = [_one(found, dossier) for dossier in range(events, 2 * events)]
    refused = f"{answers.count(400)} answered 400, {answers.count(429)} answered 429"
    beside = f"p50 {percentile(flooded, 0.5):.0f} ms; {refused}"
    return [
        Figure("event to message, p95, idle", percentile(idle, 0.95), "ms", f"p50 {percentile(idle, 0.5):.0f} ms, {events} events", 1000),
        Figure("the same beside a flood of malformed events", percentile(flooded, 0.95), "ms", beside, 1000),
    ]


def _one(found: Installation, dossier: int) -> float:
    """Milliseconds from posting an event until Telegram has the message."""
    before, posted = len(found.calls()), time.time()
    _post(found, [found.population.event(dossier, 0, datetime.now(UTC))])
    sent = wait_for("the message", lambda: [call for call in found.calls(before) if call["method"] == "sendMessage"])
    return (float(sent[0]["at"]) - posted) * 1000


@contextmanager
def _flood(found: Installation) -> Iterator[list[int]]:
    """Batches of a thousand malformed events, one after the other, as fast as they are answered."""
    answers: list[int] = []
    over = threading.Event()

    def flood() -> None:
        headers = {"Authorization": f"Bearer {EVENTS_TOKEN}"}
        with httpx.Client(headers=headers, timeout=30, trust_env=False, transport=httpx.HTTPTransport(local_address="127.0.0.2")) as http:
            while not over.is_set():
                answers.append(http.post(f"{found.bots[0].url}/events", json=[{"type": "x", "id": n} for n in range(1000)]).status_code)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()


def _storm(events: int, seconds: float) -> Figure:
    """One dossier of ten: many events in a minute, and the minute after it."""
    population = Population(people=10, dossiers=1, members=10)
    say(f"{events} events on one dossier in {seconds:.0f} s…")
    with _running("SQLite", population) as found:
        began = time.monotonic()
        for number in range(events):
            time.sleep(max(0.0, began + number * seconds / events - time.monotonic()))
            _post(found, [population.event(0, number, datetime.now(UTC))])
        wait_for("rest", lambda: _settled(found, events), 180)
        sent = _sent(found)
    by_chat: dict[Any, int] = {}
    for call in sent:
        by_chat[call["chat"]] = by_chat.get(call["chat"], 0) + 1
    meaning = f"to one person of ten, at most; {len(sent)} to all of them, instead of {events * 9}"
    return Figure(f"messages of a storm of {events} events", max(by_chat.values()), "", meaning, 5)


def _settled(found: Installation, events: int) -> bool:
    with reading(found.database_url) as session:
        return left(session, events) == 0


if __name__ == "__main__":
    sys.exit(run_alone("notifications", __doc__, measure))
