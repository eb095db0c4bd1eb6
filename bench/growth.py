"""What a turn costs as a conversation grows: `python -m bench.growth [--quick]`.

Claim: turn 100 costs at most 1.15 times turn 10, in processor time of all processes, for chit-chat, for a search and for a linked
conversation of mixed turns. Processor time is what the system counted for each process (10 ms at the finest), over windows of turns:
how busy the machine is besides does not matter.
"""

from __future__ import annotations

import sys
from itertools import cycle, islice

import psutil

from bench.chats import CLAIRE, Chat
from bench.figures import Figure, run_alone
from bench.installed import installation, say
from tests.stack import Stack

KINDS: dict[str, tuple[str, ...]] = {
    "chit-chat": ("bonjour", "merci", "ça va ?", "vous êtes un robot ?"),
    "search": ("tu connais un cardiologue à Tours nommé Benali ?",),
    "mixed": (
        "bonjour",
        "mes dossiers",
        "qui a accès au dossier SPH-2024-000137 ?",
        "ajoute le Dr Leïla Benali au dossier SPH-2024-000137",
        "annule",
        "tu connais un kiné à Vierzon ?",
        "qu'est-ce qu'un dossier usager ?",
        "merci",
    ),
}
WINDOW = 16
"""Turns of a window: whole rounds of every kind."""
EARLY, LATE = 10, 100
MOST = 1.15


def growth(stack: Stack, quick: bool) -> list[Figure]:
    """Take conversations of each kind, and compare the processor time of their windows of turns."""
    figures = []
    for kind, texts in KINDS.items():
        say(f"growth: {kind}…")
        chat = _open(stack, kind)
        _windows(stack, chat, texts, WINDOW)  # what is read or compiled at first use is no part of a turn
        chat.close()
        chat = _open(stack, kind)
        windows = _windows(stack, chat, texts, LATE + WINDOW if quick else 200)
        early = next(window for begin, window in windows if begin + WINDOW > EARLY)
        late = next(window for begin, window in windows if begin + WINDOW > LATE)
        ratio = sum(late.values()) / sum(early.values())
        meaning = f"{_described(early)} a turn around turn {EARLY}; {_described(late)} around turn {LATE}"
        figures.append(Figure(f"{kind}: turn {LATE} beside turn {EARLY}", ratio, "×", meaning, MOST))
        most = max(sum(window.values()) for _, window in windows[1:]) / sum(early.values())
        figures.append(
            Figure(f"{kind}: dearest window of {windows[-1][0] + WINDOW} turns", most, "×", f"of {WINDOW} turns, beside turn {EARLY}")
        )
        chat.close()
    return figures


def _open(stack: Stack, kind: str) -> Chat:
    chat = Chat(stack)
    if kind == "mixed":
        chat.link(CLAIRE)
    return chat


def _windows(stack: Stack, chat: Chat, texts: tuple[str, ...], turns: int) -> list[tuple[int, dict[str, float]]]:
    """The first turn of each window, and the ms of processor time that each process took for one of its turns."""
    names = ("bot", "rasa", "actions")
    processes = {name: psutil.Process(int(stack.run["pids"][name])) for name in names}
    said = list(islice(cycle(texts), turns // WINDOW * WINDOW))
    windows = []
    for begin in range(0, len(said), WINDOW):
        before = {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
        for text in said[begin : begin + WINDOW]:
            chat.say(text)
        windows.append((begin, {name: (sum(p.cpu_times()[:2]) - before[name]) * 1000 / WINDOW for name, p in processes.items()}))
    return windows


def _described(window: dict[str, float]) -> str:
    return ", ".join(f"{name} {ms:.0f} ms" for name, ms in window.items())


def measure(quick: bool) -> list[Figure]:
    """On an installation of its own."""
    with installation() as (stack, _):
        return growth(stack, quick)


if __name__ == "__main__":
    sys.exit(run_alone("growth", __doc__, measure))
