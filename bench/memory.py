"""What the processes of an installation hold in memory: `python -m bench.memory`.

Claim: all of them together, the supervisor included, hold at most 1.6 GB. RSS counts what processes share once for each, so
that it is the most they can be said to hold; USS is what each holds alone, and what would be free if it ended.
"""

from __future__ import annotations

import asyncio
import sys

import psutil

from bench.figures import Figure, run_alone
from bench.installed import installation, supervisor_pid
from bench.load import run
from tests.stack import Stack

MOST_MB = 1600.0
MEANINGS = {
    "rasa": "Rasa's server with the model",
    "actions": "the action server, with the directory's index mapped",
    "sandbox": "the embedded platform and mailbox; absent where there is a real platform",
    "bot": "the gateway: web chat, events, delivery",
    "supervisor": "`bot run` itself",
}


def memory(stack: Stack, quick: bool) -> list[Figure]:
    """Memory of each process with those it started, and of all; after some conversations."""
    asyncio.run(run(stack, 10, 2 if quick else 5))
    groups = {name: _with_children(pid) for name, pid in stack.run["pids"].items()}
    groups["supervisor"] = [psutil.Process(supervisor_pid(stack))]
    figures, all_rss, all_uss = [], 0.0, 0.0
    for name, group in groups.items():
        info = [process.memory_full_info() for process in group]
        rss, uss = (sum(values) / 1e6 for values in ([i.rss for i in info], [i.uss for i in info]))
        all_rss, all_uss = all_rss + rss, all_uss + uss
        figures.append(Figure(f"{name}, RSS", rss, "MB", f"{MEANINGS.get(name, '')}; USS {uss:.0f} MB"))
    figures.append(Figure("all processes, RSS", all_rss, "MB", "after conversations; shared pages counted for each", MOST_MB))
    return [*figures, Figure("all processes, USS", all_uss, "MB", "what they hold alone")]


def _with_children(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def measure(quick: bool) -> list[Figure]:
    """On an installation of its own."""
    with installation() as (stack, _):
        return memory(stack, quick)


if __name__ == "__main__":
    sys.exit(run_alone("memory", __doc__, measure))
