"""The report: goals reached, by all their wordings or by some, wrong acts, turns beyond the least."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from rich.table import Table

from bench.dialogues.conversations import Held
from bench.figures import Figure, console


def by_goal(conversations: Iterable[Held]) -> dict[str, list[Held]]:
    """Return the conversations of each goal, in their order."""
    found: dict[str, list[Held]] = defaultdict(list)
    for held in conversations:
        found[held.goal].append(held)
    return dict(found)


def figures(conversations: Sequence[Held]) -> list[Figure]:
    """Return what is claimed of all conversations together."""
    goals = by_goal(conversations)
    most = max((len(held) for held in goals.values()), default=0)
    reached = [held for held in conversations if held.reached]
    wrong = [held for held in conversations if held.verdict.wrong]
    return [
        Figure("pass^1", _share(fmean(h.reached for h in held) for held in goals.values()), "", "share of a goal's wordings that reach it"),
        Figure(f"pass^{most}", _share(float(all(h.reached for h in held)) for held in goals.values()), "", "goals reached by all wordings"),
        Figure(
            "wrong acts", sum(len(held.verdict.wrong) for held in wrong), "", f"in {len(wrong)} of {len(conversations)} conversations", 0
        ),
        Figure(
            "turns beyond the least",
            fmean([h.excess for h in reached] or [0]),
            "turns",
            f"mean of the {len(reached)} that reached their goal",
        ),
        Figure("not held", sum(held.failure is not None for held in conversations), "conversations", "the installation did not answer", 0),
    ]


def show_goals(conversations: Sequence[Held]) -> None:
    """Print a line for each goal."""
    table = Table(title="Goals", title_justify="left", pad_edge=False)
    for title in ("goal", "reached", "wrong acts", "excess", "not reached by"):
        table.add_column(title, overflow="fold")
    for goal, held in by_goal(conversations).items():
        reached = [one for one in held if one.reached]
        excess = f"{fmean(one.excess for one in reached):.1f}" if reached else ""
        wrong = sum(len(one.verdict.wrong) for one in held)
        failed = ", ".join(one.manner.value for one in held if not one.reached)
        table.add_row(goal, f"{len(reached)}/{len(held)}", str(wrong or ""), excess, failed)
    console().print(table)


def document(conversations: Sequence[Held]) -> Mapping[str, Any]:
    """Return all of it, for JSON: per goal, and the conversations with the transcripts of those that failed."""
    goals = {
        goal: {
            "reached": sum(one.reached for one in held),
            "of": len(held),
            "wrong": sum(len(one.verdict.wrong) for one in held),
            "excess": fmean([one.excess for one in held if one.reached] or [0]),
        }
        for goal, held in by_goal(conversations).items()
    }
    return {"goals": goals, "conversations": [held.document for held in conversations]}


def _share(values: Iterable[float]) -> float:
    return fmean(list(values) or [0.0])
