"""How well a set of labelled examples is understood: `python -m nlu.evaluate FILE [--out OUT] [--directory INDEX]`.

Parses each example of a Rasa NLU file with the model of the present sources and reports intents, entities, what is taken for
something though out of scope, what is refused though in scope, time and memory. Intent names are full retrieval names; a
fallback counts as wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.environment import prepare_process
from nlu.train import ROOT, ensure_model

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
Entity = tuple[str, int, int]


@dataclass(frozen=True)
class Example:
    """A labelled sentence."""

    text: str
    intent: str
    entities: frozenset[Entity]


@dataclass(frozen=True)
class Prediction:
    """What the model made of it, in how many milliseconds."""

    intent: str
    entities: frozenset[Entity]
    ms: float


def read_examples(path: Path) -> list[Example]:
    """The examples of a Rasa NLU YAML file that have an intent. Raises ValueError where there is none."""
    from rasa.shared.nlu.training_data.loading import load_data

    examples = []
    for message in load_data(str(path)).training_examples:
        intent = message.get("intent_response_key") or message.get("intent")
        if intent and message.get("text"):
            entities = frozenset((e["entity"], e["start"], e["end"]) for e in message.get("entities", []))
            examples.append(Example(message.get("text"), intent, entities))
    if not examples:
        raise ValueError(f"{path}: no example with an intent")
    return examples


def parser(model: Path, directory: Path | None = None) -> Callable[[list[Example]], list[Prediction]]:
    """Loads the model, once for as many lists of examples as are given to what comes back.

    `directory`: the index of an imported directory whose names help; what happens to be imported here plays no part.
    """
    os.environ.pop("DIRECTORY_INDEX", None)
    if directory:
        os.environ["DIRECTORY_INDEX"] = str(directory)
    from rasa.core.agent import Agent

    agent = Agent.load(model)

    async def run(examples: list[Example]) -> list[Prediction]:
        await agent.parse_message("bonjour")  # the first message pays for what is loaded lazily
        parses = []
        for example in examples:
            started = time.perf_counter()
            data = await agent.parse_message(example.text.lstrip("/ "))
            ms = (time.perf_counter() - started) * 1000
            parses.append(Prediction(read_full_intent(data), _entities(data), ms))
        return parses

    return lambda examples: asyncio.run(run(examples))


def read_full_intent(data: dict[str, Any]) -> str:
    """The intent of Rasa's parse data under its full retrieval name."""
    name = str(data["intent"]["name"])
    selected = data.get("response_selector", {}).get(name)
    return str(selected["response"]["intent_response_key"]) if selected else name


def _entities(data: dict[str, Any]) -> frozenset[Entity]:
    return frozenset((e["entity"], e["start"], e["end"]) for e in data["entities"])


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _scores(right: int, found: int, expected: int) -> dict[str, float]:
    precision, recall = _ratio(right, found), _ratio(right, expected)
    f1 = round(2 * precision * recall / (precision + recall), 4) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def intent_metrics(examples: list[Example], parses: list[Prediction]) -> dict[str, Any]:
    """Accuracy, macro F1 over the expected intents, figures per intent, every confusion."""
    right = Counter(e.intent for e, p in zip(examples, parses, strict=True) if e.intent == p.intent)
    expected = Counter(e.intent for e in examples)
    found = Counter(p.intent for p in parses)
    per_intent = {name: {**_scores(right[name], found[name], expected[name]), "support": expected[name]} for name in sorted(expected)}
    confusions = [
        {"expected": e.intent, "got": p.intent, "text": e.text} for e, p in zip(examples, parses, strict=True) if e.intent != p.intent
    ]
    return {
        "accuracy": _ratio(sum(right.values()), len(examples)),
        "macro_f1": round(statistics.fmean(figures["f1"] for figures in per_intent.values()), 4),
        "per_intent": per_intent,
        "confusions": confusions,
    }


def entity_metrics(examples: list[Example], parses: list[Prediction]) -> dict[str, Any]:
    """Figures over all entities and per entity; one counts when type, start and end are those of the example."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example, parse in zip(examples, parses, strict=True):
        for name, found in (("expected", example.entities), ("found", parse.entities), ("right", example.entities & parse.entities)):
            for entity in found:
                counts[entity[0]][name] += 1
    total: Counter[str] = sum(counts.values(), Counter())
    return {
        "micro": _scores(total["right"], total["found"], total["expected"]),
        "per_entity": {
            name: {**_scores(c["right"], c["found"], c["expected"]), "support": c["expected"]} for name, c in sorted(counts.items())
        },
    }


def out_of_scope_rates(examples: list[Example], parses: list[Prediction]) -> dict[str, float]:
    """Share of out-of-scope examples taken for something, share of the others refused."""
    refused = {FALLBACK, OUT_OF_SCOPE}
    outside = [p for e, p in zip(examples, parses, strict=True) if e.intent == OUT_OF_SCOPE]
    inside = [p for e, p in zip(examples, parses, strict=True) if e.intent != OUT_OF_SCOPE]
    return {
        "false_accept_rate": _ratio(sum(p.intent not in refused for p in outside), len(outside)),
        "false_reject_rate": _ratio(sum(p.intent in refused for p in inside), len(inside)),
    }


def resident_memory_mb() -> float:
    """Resident memory of this process in megabytes."""
    status = Path("/proc/self/status")
    if status.exists() and (match := re.search(r"VmRSS:\s+(\d+) kB", status.read_text())):
        return round(int(match.group(1)) / 1024, 1)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def figures(examples: list[Example], parses: list[Prediction]) -> dict[str, Any]:
    """All figures of a run, in the shape that the contract gives; rates from 0 to 1, times in milliseconds."""
    times = sorted(p.ms for p in parses)
    return {
        "examples": len(examples),
        "intent": intent_metrics(examples, parses),
        "entities": entity_metrics(examples, parses),
        "out_of_scope": out_of_scope_rates(examples, parses),
        "ms": {"median": round(statistics.median(times), 2), "p95": round(times[int(0.95 * (len(times) - 1))], 2)},
        "rss_mb": resident_memory_mb(),
    }


def report(result: dict[str, Any]) -> str:
    """The figures for a reader: totals, then what goes worst."""
    intent, entities, outside = result["intent"], result["entities"], result["out_of_scope"]
    micro = entities["micro"]
    lines = [
        f"{result['examples']} examples",
        f"intents    accuracy {intent['accuracy']:.1%}   macro F1 {intent['macro_f1']:.3f}",
        f"entities   precision {micro['precision']:.1%}   recall {micro['recall']:.1%}   F1 {micro['f1']:.3f}",
        f"out of scope   taken for something {outside['false_accept_rate']:.1%}   in scope but refused {outside['false_reject_rate']:.1%}",
        f"time       median {result['ms']['median']} ms   p95 {result['ms']['p95']} ms   memory {result['rss_mb']} MB",
        "",
        f"{'intent':<28}{'precision':>10}{'recall':>8}{'F1':>8}{'n':>6}",
    ]
    for title, table in (("", intent["per_intent"]), ("entity", entities["per_entity"])):
        if title:
            lines += ["", f"{title:<28}{'precision':>10}{'recall':>8}{'F1':>8}{'n':>6}"]
        for name, row in sorted(table.items(), key=lambda item: item[1]["f1"]):
            lines.append(f"{name:<28}{row['precision']:>10.3f}{row['recall']:>8.3f}{row['f1']:>8.3f}{row['support']:>6}")
    pairs = Counter((c["expected"], c["got"]) for c in intent["confusions"])
    if pairs:
        lines += ["", "most frequent confusions (expected → got)"]
        lines += [f"{n:>4}  {expected} → {got}" for (expected, got), n in pairs.most_common(15)]
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m nlu.evaluate", description="Measure understanding on labelled examples.")
    options.add_argument("file", type=Path, help="Rasa NLU YAML")
    options.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options.add_argument("--directory", type=Path, help="folder of an imported directory whose names help (none: the model alone)")
    arguments = options.parse_args()
    file, out = arguments.file.resolve(), arguments.out.resolve() if arguments.out else None
    if not file.is_file():
        raise SystemExit(f"{file}: no such file")
    directory = arguments.directory.resolve() if arguments.directory else None
    prepare_process()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    with contextlib.redirect_stdout(sys.stderr):
        model = ensure_model()
        try:
            examples = read_examples(file)
        except ValueError as error:
            raise SystemExit(str(error)) from error
        parses = parser(model, directory)(examples)
    result = figures(examples, parses)
    print(report(result))
    if out:
        out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
