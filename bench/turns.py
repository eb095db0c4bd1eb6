"""How long a turn takes through the web chat, beside the same turn straight to Rasa: `python -m bench.turns [--quick]`.

Claims: the median of a chit-chat turn is at most 2.5 times, of a granting turn at most 1.5 times, that of the same turn sent
straight to Rasa's input channel: same model, same actions, same run, the two taken alternately so that noise hits both. A turn
lasts from the sending of the POST to the last byte of its answer. Conversations are renewed every ten turns, the usual length
of one; what a long one costs has lines of its own.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from bench.chats import CLAIRE, Chat, StraightChat, Turn
from bench.figures import Figure, percentile, run_alone
from bench.grants import Grants
from bench.installed import installation, say
from bench.latency_breakdown import measure_parts
from tests.stack import Stack

TURNS_A_CONVERSATION = 10
LONG = 60
"""Turns of a long conversation."""
CHITCHAT, SEARCH = "bonjour", "tu connais un cardiologue à Tours nommé Benali ?"
EXPECTED = {CHITCHAT: "Bonjour", SEARCH: "Benali"}
REPETITIONS = {"chit-chat": (200, 40), "search": (200, 40), "granting": (100, 20)}
"""For each kind of turn: how often, and how often where quick."""
TARGETS = {"chit-chat": 2.5, "granting": 1.5}
WARMING = 3
BEFORE, AFTER = "until understood", "from the last action to the answer"

Take = Callable[[Chat], Turn]


@dataclass
class Timed:
    """Turns of one kind on one way: whole durations and those of their parts, in ms."""

    whole: list[float] = field(default_factory=list)
    part: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, chat: Chat, turn: Turn) -> None:
        """Count a turn that has just been taken; its parts from what Rasa wrote down of it."""
        self.whole.append(turn.ms)
        steps = chat.last_steps()
        last = steps[0]["timestamp"]
        self.part[BEFORE].append((last - turn.sent) * 1000)
        for step in steps:
            if step["event"] == "action" and step["name"] != "action_listen":
                self.part[step["name"]].append((step["timestamp"] - last) * 1000)
                last = step["timestamp"]
        self.part[AFTER].append((turn.answered - last) * 1000)


@dataclass
class Compared:
    """The same turns on both ways."""

    web: Timed = field(default_factory=Timed)
    straight: Timed = field(default_factory=Timed)


def compare(stack: Stack, repetitions: int, take: Take, linked: str | None = None) -> Compared:
    """Take the turn on both ways alternately, each first in half of the pairs, in fresh conversations every now and then."""
    found = Compared()
    for begun in range(0, repetitions, TURNS_A_CONVERSATION):
        web, straight = Chat(stack), StraightChat(stack)
        if linked:
            web.link(linked)
            straight.link(linked)
        ways = [(web, found.web), (straight, found.straight)]
        if begun == 0:
            for _ in range(WARMING):
                take(web)
                take(straight)
        for number in range(min(TURNS_A_CONVERSATION, repetitions - begun)):
            for chat, timed in ways if number % 2 else ways[::-1]:
                timed.add(chat, take(chat))
        web.close()
        straight.close()
    return found


def saying(text: str) -> Take:
    """A turn that types `text`; fails where the answer is not the one expected."""

    def take(chat: Chat) -> Turn:
        turn = chat.say(text)
        if EXPECTED[text] not in turn.text:
            raise RuntimeError("a turn was not answered as expected")
        return turn

    return take


def granting(grants: Grants) -> Take:
    """The press of the button that gives access; asking for its card and taking the access back are not timed."""

    def take(chat: Chat) -> Turn:
        card = chat.say(grants.request())
        turn = chat.press(card.button("même équipe"))
        if "a maintenant accès" not in turn.text:
            raise RuntimeError("access was not given")
        grants.put_back()
        return turn

    return take


def lengthening(stack: Stack, turns: int, text: str) -> list[Figure]:
    """What a turn costs late in one long conversation, on both ways alternately."""
    take = saying(text)
    chats = {"web chat": Chat(stack), "straight to Rasa": StraightChat(stack)}
    times: dict[str, list[float]] = {way: [] for way in chats}
    for _ in range(turns):
        for way, chat in chats.items():
            times[way].append(take(chat).ms)
    figures = []
    for way, chat in chats.items():
        chat.close()
        late, early = median(times[way][-10:]), median(times[way][:10])
        meaning = f"median of turns {turns - 9} to {turns} of one conversation; its first ten: {early:.1f} ms"
        figures.append(Figure(f"search turn late in a long conversation, {way}", late, "ms", meaning))
    return figures


def describe(kind: str, found: Compared) -> list[Figure]:
    """The figures of one kind of turn."""
    web, straight = found.web, found.straight
    count = len(web.whole)
    figures = [
        Figure(f"{kind} turn, web chat, p50", median(web.whole), "ms", f"POST /chat/messages?wait=true to its whole answer; {count} turns"),
        Figure(f"{kind} turn, web chat, p95", percentile(web.whole, 0.95), "ms", ""),
        Figure(f"{kind} turn, straight to Rasa, p50", median(straight.whole), "ms", "the same turn, sent to the input channel"),
        Figure(f"{kind} turn, straight to Rasa, p95", percentile(straight.whole, 0.95), "ms", ""),
        Figure(f"{kind} turn, ratio of the medians", median(web.whole) / median(straight.whole), "×", "", TARGETS.get(kind)),
    ]
    before, after = (median(web.part[part]) - median(straight.part[part]) for part in (BEFORE, AFTER))
    figures += [
        Figure(f"  {kind}: gateway, before Rasa", before, "ms", "received over HTTP, written down, routed, sent on"),
        Figure(f"  {kind}: gateway, after Rasa", after, "ms", "checked, written down with its buttons, answered over HTTP"),
        Figure(f"  {kind}: Rasa {BEFORE}", median(straight.part[BEFORE]), "ms", "HTTP, tracker read, understanding (a button needs none)"),
    ]
    for name, times in straight.part.items():
        if name not in (BEFORE, AFTER):
            figures.append(Figure(f"  {kind}: {name}", median(times), "ms", "predicted, run on the action server, its events applied"))
    figures.append(Figure(f"  {kind}: Rasa {AFTER}", median(straight.part[AFTER]), "ms", "last prediction, tracker saved, HTTP"))
    return figures


def turns(stack: Stack, quick: bool) -> list[Figure]:
    """Everything about single turns, on a running installation."""
    figures: list[Figure] = []
    grants = Grants(stack)
    takes: dict[str, tuple[Take, str | None]] = {
        "chit-chat": (saying(CHITCHAT), None),
        "search": (saying(SEARCH), None),
        "granting": (granting(grants), CLAIRE),
    }
    for kind, (take, linked) in takes.items():
        count = REPETITIONS[kind][quick]
        say(f"{count} {kind} turns on each way…")
        figures += describe(kind, compare(stack, count, take, linked))
    grants.close()
    figures += lengthening(stack, LONG, SEARCH)
    say("the parts alone…")
    return figures + measure_parts(stack, [CHITCHAT, SEARCH], 20 if quick else 100)


def measure(quick: bool) -> list[Figure]:
    """On an installation of its own."""
    with installation() as (stack, _):
        return turns(stack, quick)


if __name__ == "__main__":
    sys.exit(run_alone("turns", __doc__, measure))
