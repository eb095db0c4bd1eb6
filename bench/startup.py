"""How long an installation takes to start and to stop: `python -m bench.startup [--quick]`.

Claim: from the command to `run.json`, that is until every process answers, at most 30 s, on an installed checkout with a trained
model. On an empty data folder that includes the databases, the demo platform and the demo directory; and a start on a folder
that has them. A stop is clean within 10 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.figures import Figure, run_alone
from bench.installed import say, train_once
from tests.stack import Stack

STARTS = (3, 1)
"""How often each kind of start is measured, and when quick."""
MOST_START, MOST_STOP = 30.0, 10.0


def measure(quick: bool) -> list[Figure]:
    """Start and stop installations, each on a folder of its own, then again on the same."""
    train_once()
    first: list[float] = []
    again: list[float] = []
    stops: list[float] = []
    for number in range(STARTS[quick]):
        say(f"start {number + 1} of {STARTS[quick]}…")
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            stack = Stack(Path(folder) / "var")
            for seconds in (first, again):
                began = time.monotonic()
                try:
                    stack.start()
                    seconds.append(time.monotonic() - began)
                finally:
                    stops.append(stack.stop())
    count = f"median of {len(first)}"
    return [
        Figure("first start, empty data folder", median(first), "s", f"`bot run` to run.json, model trained; {count}", MOST_START),
        Figure("start on a folder that was used", median(again), "s", f"the same without making the demo data; {count}", MOST_START),
        Figure("slowest start", max(first + again), "s", "", MOST_START),
        Figure("slowest stop", max(stops), "s", "SIGTERM until every process is gone", MOST_STOP),
    ]


if __name__ == "__main__":
    sys.exit(run_alone("startup", __doc__, measure))
