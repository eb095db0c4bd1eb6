"""Measure the reading of commands: `python -m nlu.commands.evaluate FILE [--out OUT]` (`make commands-eval`).

The file's form and the figures are those of the contract: messages with the question that was asked and the commands that they come to.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nlu.commands.command import Asked, Command, Reading
from nlu.commands.labelled_messages import LabelledMessage, read_messages
from nlu.commands.labels import CHANGING
from nlu.components.folding import fold_word
from nlu.environment import prepare_process

UNCOUNTED_SLOTS = frozenset(["reason"])
DANGEROUS = CHANGING - {"resume_notifications", "mark_notifications_read"}
"""What the contract counts: reading as read, or resuming, loses nothing."""
Reader = Callable[[str, Asked], Reading]


def measure(messages: Sequence[LabelledMessage], read: Reader) -> dict[str, Any]:
    """Return the figures of the contract for a reader."""
    if messages:
        read(messages[0].text, messages[0].asked)  # the first message loads what is loaded lazily
    exact = dangerous = asked = 0
    heads, slots = _Counts(), _Counts()
    per_head: dict[str, _Counts] = {}
    errors, times = [], []
    for message in messages:
        started = time.perf_counter()
        reading = read(message.text, message.asked)
        times.append((time.perf_counter() - started) * 1000)
        got, expected = [_comparable(command) for command in reading.commands], [_comparable(command) for command in message.commands]
        exact += got == expected
        dangerous += is_dangerous(message.commands, reading.commands)
        asked += bool(reading.withheld)
        heads.add((label for label, _ in expected), (label for label, _ in got))
        slots.add(_slot_values(message.commands), _slot_values(reading.commands))
        for head in {command.head for command in (*message.commands, *reading.commands)}:
            counts = per_head.setdefault(head, _Counts())
            counts.add(*([label for label, _ in side if label.split(":")[0] == head] for side in (expected, got)))
        if got != expected:
            errors.append({"text": message.text, "expected": _to_dicts(message.commands), "got": _to_dicts(reading.commands)})
    total = max(len(messages), 1)
    return {
        "messages": len(messages),
        "exact": round(exact / total, 4),
        "heads": heads.f1,
        "slots": slots.f1,
        "dangerous": round(dangerous / total, 4),
        "asked": round(asked / total, 4),
        "per_head": {head: counts.to_dict() for head, counts in sorted(per_head.items())},
        "errors": errors,
        "ms": {"median": round(statistics.median(times), 2) if times else 0.0, "p95": round(_percentile(times, 0.95), 2)},
    }


class _Counts:
    """How many things were expected, got, and both."""

    def __init__(self) -> None:
        self.right = self.expected = self.got = 0

    def add(self, expected: Any, got: Any) -> None:
        wanted, read = Counter(expected), Counter(got)
        self.right += (wanted & read).total()
        self.expected += wanted.total()
        self.got += read.total()

    @property
    def f1(self) -> float:
        return round(2 * self.right / (self.expected + self.got), 4) if self.expected + self.got else 1.0

    def to_dict(self) -> dict[str, float]:
        return {
            "expected": self.expected,
            "precision": round(self.right / self.got, 4) if self.got else 0.0,
            "recall": round(self.right / self.expected, 4) if self.expected else 0.0,
            "f1": self.f1,
        }


def is_dangerous(expected: Sequence[Command], got: Sequence[Command]) -> bool:
    """Return whether carrying out what was read would do something that nobody meant.

    That is: a yes without condition where none is meant; a start of something that changes data where it is forbidden or absent, or where
    it is meant about another person or dossier.
    """
    said_yes = any(command.head == "affirm" and "condition" not in command.slots for command in expected)
    if not said_yes and any(command.head == "affirm" and "condition" not in command.slots for command in got):
        return True
    meant = [(command.intent, _about(command)) for command in expected if command.head == "start"]
    changes = [command for command in got if command.head == "start" and command.intent in DANGEROUS]
    return any((command.intent, _about(command)) not in meant for command in changes)


def _about(command: Command) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(_fold(value) for value in command.slots.get(slot, ())) for slot in ("partner", "usager", "dossier"))


def _comparable(command: Command) -> tuple[str, dict[str, frozenset[str]]]:
    slots = {slot: frozenset(map(_fold, values)) for slot, values in command.slots.items() if slot not in UNCOUNTED_SLOTS}
    return command.label, slots


def _slot_values(commands: Sequence[Command]) -> list[tuple[str, str, str]]:
    """Return the values with their command's head and slot."""
    return [
        (command.head, slot, _fold(value))
        for command in commands
        for slot, values in command.slots.items()
        if slot not in UNCOUNTED_SLOTS
        for value in values
    ]


def _fold(value: str) -> str:
    return " ".join(fold_word(value.replace("’", "'")).split())


def _to_dicts(commands: Sequence[Command]) -> list[dict[str, Any]]:
    return [command.to_dict() for command in commands]


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def format_report(result: dict[str, Any], *, errors: int = 40) -> str:
    """Return the figures as text, with the first errors."""
    lines = [
        f"messages   {result['messages']}",
        f"exact      {result['exact']:.3f}",
        f"heads F1   {result['heads']:.3f}",
        f"slots F1   {result['slots']:.3f}",
        f"dangerous  {result['dangerous']:.3f}",
        f"asked      {result['asked']:.3f}",
        f"ms         median {result['ms']['median']}, p95 {result['ms']['p95']}",
        "",
        f"{'head':<10}{'expected':>9}{'precision':>11}{'recall':>8}{'F1':>7}",
    ]
    for head, counts in result["per_head"].items():
        lines.append(f"{head:<10}{counts['expected']:>9}{counts['precision']:>11.3f}{counts['recall']:>8.3f}{counts['f1']:>7.3f}")
    for error in result["errors"][:errors]:
        lines += ["", error["text"], f"  expected {error['expected']}", f"  got      {error['got']}"]
    if len(result["errors"]) > errors:
        lines += ["", f"… and {len(result['errors']) - errors} more"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the report and write the figures; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the reading of commands on labelled messages.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--without-errors", action="store_true", help="do not show the errors: of a set that is to stay blind")
    options = parser.parse_args(arguments)
    prepare_process()
    from nlu.commands.clause_intents import load_intent_model
    from nlu.commands.reader import load_reader
    from nlu.train import ensure_model

    try:
        messages = read_messages(options.file)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    result = measure(messages, load_reader(load_intent_model(ensure_model())).read)
    print(format_report(result, errors=0 if options.without_errors else 40))
    if options.out:
        options.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
