"""Simulated users with goals over a whole installation, judged by the data.

`python -m bench.dialogues [--goals ID…] [--wordings K] [--out FILE]`: docs/dev/dialogue_benchmark.md. The exit code is 1 where an act was
done that nobody meant.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.dialogues.conversations import Conversations, Held
from bench.dialogues.goals import Manner, load_goals
from bench.dialogues.report import document, figures, show_goals
from bench.figures import console, describe_machine, machine, missed, show
from bench.installed import installation, say
from tests.channels import ALWAYS_OPEN


def main() -> int:
    """Hold the conversations, print the figures, write them with the transcripts of what failed."""
    parser = argparse.ArgumentParser(prog="python -m bench.dialogues", description=__doc__)
    parser.add_argument(
        "--goals", nargs="+", default=[], metavar="ID", help="ids of goals, or names of their files; all where none is given"
    )
    parser.add_argument(
        "--wordings", type=int, choices=range(1, len(Manner) + 1), default=len(Manner), help="how many wordings of each goal"
    )
    parser.add_argument("--out", type=Path, help="write everything to this file as JSON")
    given, start = parser.parse_args(), machine()
    try:
        chosen = load_goals(given.goals)
    except KeyError as error:
        parser.error(f"there is no goal {error}")
    held: list[Held] = []
    with installation(**ALWAYS_OPEN) as (stack, _):
        conversations = Conversations(stack, load_goals())
        for number, goal in enumerate(chosen, 1):
            mine = [conversations.hold(goal, manner) for manner in list(Manner)[: given.wordings]]
            held += mine
            say(f"{number}/{len(chosen)} {goal.id}: {sum(one.reached for one in mine)} of {len(mine)}")
            if given.out:
                _write(given.out, held, start)
    console().print(describe_machine(start))
    show_goals(held)
    show("Dialogues", figures(held))
    return 1 if missed(figures(held)) else 0


def _write(out: Path, held: Sequence[Held], start: Mapping[str, Any]) -> None:
    """Write what was held so far: a run that is cut short loses nothing."""
    found = [asdict(figure) | {"kept": figure.kept} for figure in figures(held)]
    whole = {"machine": start, "figures": found, **document(held)}
    out.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
