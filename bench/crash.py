"""Notices being told by two bots that are killed again and again: what is lost, told twice, out of order, or in a quiet window."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure, run_alone
from bench.installed import say
from bot.core.database import sqlite_url
from tests.databases import postgres_database
from tests.notification_load.crash import Outcome, Plan, crash
from tests.notification_load.people import Population
from tests.postgres import NoPostgres

FULL = Plan(Population(people=2_000, dossiers=1_000, members=11), events=2, kills=50, patience=20.0, rest_seconds=900)
QUICK = Plan(Population(people=300, dossiers=150, members=11), events=2, kills=8, patience=20.0, rest_seconds=400)


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """URL of an empty database, "SQLite" or "PostgreSQL". Raises NoPostgres."""
    if kind == "SQLite":
        yield sqlite_url(folder / "sphere.db")
        return
    with postgres_database() as url:
        yield url


def measure(quick: bool) -> list[Figure]:
    """On SQLite, and on PostgreSQL where there is one."""
    figures: list[Figure] = []
    plan = QUICK if quick else FULL
    for kind in ("SQLite", "PostgreSQL"):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            say(f"crashing on {kind}…")
            try:
                with empty_database(kind, Path(folder)) as url:
                    figures += _figures(kind, crash(plan, Path(folder), url, say))
            except NoPostgres as error:
                say(str(error))
    return figures


def _figures(kind: str, outcome: Outcome) -> list[Figure]:
    verdict, kills = outcome.verdict, len(outcome.evidence.kills)
    say(f"{kind}: lost {verdict.lost[:5]}, out of order {verdict.disordered[:5]}, in quiet windows {sorted(verdict.quiet)[-5:]}")
    say(f"sent again without a reason: {[(message, verdict.twice[message]) for message in verdict.unexplained[:5]]}")
    note = f"of {verdict.notices}: {verdict.delivered} delivered in {verdict.messages} messages, {verdict.waiting} wait in a quiet window"
    repeated = f"messages too many, of {verdict.messages}: {verdict.repeated / kills:.1f} a kill"
    return [
        Figure(f"{kind}: notices lost", len(verdict.lost), "", f"{note}; {kills} kills, {outcome.seconds:.0f} s", 0),
        Figure(f"{kind}: sent again", verdict.repeated, "", repeated),
        Figure(f"{kind}: of them, answered too late", len(verdict.unanswered), "", "waited for in vain: a busy machine"),
        Figure(f"{kind}: of the others, not in flight at a kill", len(verdict.unexplained), "", "settled, yet sent again", 0),
        Figure(f"{kind}: out of order", len(verdict.disordered), "", "of one person and one dossier", 0),
        Figure(f"{kind}: sent in a quiet window", len(verdict.too_late), "", "more than 2 s after it began", 0),
        Figure(f"{kind}: on its way as one began", len(verdict.quiet) - len(verdict.too_late), "", "within 2 s of its beginning"),
        Figure(f"{kind}: messages nobody knows of", verdict.unknown, "", "sent, and not in the database", 0),
    ]


if __name__ == "__main__":
    sys.exit(run_alone("crash", __doc__, measure))
