"""Measures everything that is claimed: `python -m bench [--quick] [--out results.json]`; exit code 1 where a target is missed."""

from __future__ import annotations

import sys

from bench import channels, crash, desk, directory, idle, notifications, startup, training, typed_names
from bench.figures import Figure, arguments, console, describe_machine, machine, missed, save, show
from bench.growth import growth
from bench.installed import installation, say
from bench.load import load
from bench.memory import memory
from bench.turns import turns

TITLES = {
    "turns": "Turns: through the web chat beside straight to Rasa, taken alternately",
    "growth": "A conversation that grows: processor time of its turns",
    "load": "Many conversations at once, through the web chat",
    "memory": "Memory of the processes",
    "startup": "Start and stop",
    "training": "Training the model",
    "channels": "Channels: what each adds to a turn of the web chat, and a burst under the limits of Telegram",
    "desk": "The desk, full",
    "notifications": "Notifications: from an event to its messages",
    "typed names": "Names typed where no usager may be named",
    "crash": "Notices being told by two bots, each killed fifty times",
    "idle": "Two idle bots on PostgreSQL",
    "directory": "Directory: import and search, one typing error in the family name of every query",
}


def main() -> int:
    """Measure, print as it comes, write."""
    given, start = arguments(__doc__), machine()
    console().print(describe_machine(start))
    results: dict[str, list[Figure]] = {}

    def keep(claim: str, figures: list[Figure]) -> None:
        results[claim] = figures
        show(TITLES[claim], figures)
        if given.out:
            save(given.out, results, start)

    with installation() as (stack, _):
        keep("turns", turns(stack, given.quick))
        keep("growth", growth(stack, given.quick))
        keep("load", load(stack, given.quick))
        keep("memory", memory(stack, given.quick))
    keep("startup", startup.measure(given.quick))
    keep("training", training.measure(given.quick))
    keep("channels", channels.measure(given.quick))
    keep("desk", desk.measure(given.quick))
    keep("notifications", notifications.measure(given.quick))
    keep("typed names", typed_names.measure(given.quick))
    keep("crash", crash.measure(given.quick))
    keep("idle", idle.measure(given.quick))
    say("the directory…")
    keep("directory", directory.figures(given.quick))
    failed = missed([figure for figures in results.values() for figure in figures])
    console().print(f"At the end, {describe_machine(machine())}")
    console().print(f"Targets missed: {', '.join(figure.what for figure in failed) or 'none'}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
