"""Evaluation of the model on labelled examples: `python -m nlu.evaluate FILE [--out OUT] [--directory INDEX]`.

Parses each example of a Rasa NLU file with the model of the present sources, and reports the metrics of intents and entities, the
out-of-scope examples that were accepted, the others that were rejected, time and memory. Intent names are full retrieval names; a
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
"""Name, start and end; offsets are in code points."""


@dataclass(frozen=True)
class Example:
    """A sentence with its expected intent and entities."""

    text: str
    intent: str
    entities: frozenset[Entity]


@dataclass(frozen=True)
class Prediction:
    """What the model predicted for a sentence, and in how many milliseconds."""

    intent: str
    entities: frozenset[Entity]
    ms: float


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a Rasa NLU YAML file that have an intent.

    Raises:
        ValueError: no example has one.
    """
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


def load_predictor(model: Path, directory: Path | None = None) -> Callable[[list[Example]], list[Prediction]]:
    """Load the model and return a function that predicts lists of examples.

    Args:
        model: the model's path.
        directory: the index of an imported directory whose names are features; without it, no directory is used, whether or not the
            installation has one.
    """
    os.environ.pop("DIRECTORY_INDEX", None)
    if directory:
        os.environ["DIRECTORY_INDEX"] = str(directory)
    from rasa.core.agent import Agent

    agent = Agent.load(model)

    async def predict(examples: list[Example]) -> list[Prediction]:
        await agent.parse_message("bonjour")  # the first message loads what is loaded lazily
        predictions = []
        for example in examples:
            started = time.perf_counter()
            data = await agent.parse_message(example.text.lstrip("/ "))
            ms = (time.perf_counter() - started) * 1000
            predictions.append(Prediction(read_full_intent(data), _read_entities(data), ms))
        return predictions

    return lambda examples: asyncio.run(predict(examples))


def read_full_intent(data: dict[str, Any]) -> str:
    """Return the intent of Rasa's parse data under its full retrieval name."""
    name = str(data["intent"]["name"])
    selected = data.get("response_selector", {}).get(name)
    return str(selected["response"]["intent_response_key"]) if selected else name


def _read_entities(data: dict[str, Any]) -> frozenset[Entity]:
    return frozenset((e["entity"], e["start"], e["end"]) for e in data["entities"])


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _score(correct: int, predicted: int, expected: int) -> dict[str, float]:
    precision, recall = _ratio(correct, predicted), _ratio(correct, expected)
    f1 = round(2 * precision * recall / (precision + recall), 4) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def compute_intent_metrics(examples: list[Example], predictions: list[Prediction]) -> dict[str, Any]:
    """Return accuracy, macro F1 over the expected intents, metrics per intent, and every confusion."""
    pairs = list(zip(examples, predictions, strict=True))
    correct = Counter(e.intent for e, p in pairs if e.intent == p.intent)
    expected = Counter(e.intent for e in examples)
    predicted = Counter(p.intent for p in predictions)
    per_intent = {name: {**_score(correct[name], predicted[name], expected[name]), "support": expected[name]} for name in sorted(expected)}
    confusions = [{"expected": e.intent, "got": p.intent, "text": e.text} for e, p in pairs if e.intent != p.intent]
    return {
        "accuracy": _ratio(sum(correct.values()), len(examples)),
        "macro_f1": round(statistics.fmean(metrics["f1"] for metrics in per_intent.values()), 4),
        "per_intent": per_intent,
        "confusions": confusions,
    }


def compute_entity_metrics(examples: list[Example], predictions: list[Prediction]) -> dict[str, Any]:
    """Return metrics over all entities and per entity; one is correct when name, start and end are those of the example."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example, prediction in zip(examples, predictions, strict=True):
        correct = example.entities & prediction.entities
        for kind, entities in (("expected", example.entities), ("predicted", prediction.entities), ("correct", correct)):
            for name, _, _ in entities:
                counts[name][kind] += 1
    total: Counter[str] = sum(counts.values(), Counter())
    return {
        "micro": _score(total["correct"], total["predicted"], total["expected"]),
        "per_entity": {
            name: {**_score(c["correct"], c["predicted"], c["expected"]), "support": c["expected"]} for name, c in sorted(counts.items())
        },
    }


def compute_out_of_scope_rates(examples: list[Example], predictions: list[Prediction]) -> dict[str, float]:
    """Return the share of out-of-scope examples that were accepted, and the share of the others that were rejected."""
    rejections = {FALLBACK, OUT_OF_SCOPE}
    outside = [p for e, p in zip(examples, predictions, strict=True) if e.intent == OUT_OF_SCOPE]
    inside = [p for e, p in zip(examples, predictions, strict=True) if e.intent != OUT_OF_SCOPE]
    return {
        "false_accept_rate": _ratio(sum(p.intent not in rejections for p in outside), len(outside)),
        "false_reject_rate": _ratio(sum(p.intent in rejections for p in inside), len(inside)),
    }


def measure_resident_memory() -> float:
    """Return this process's resident memory in megabytes."""
    status = Path("/proc/self/status")
    if status.exists() and (match := re.search(r"VmRSS:\s+(\d+) kB", status.read_text())):
        return round(int(match.group(1)) / 1024, 1)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def compute_metrics(examples: list[Example], predictions: list[Prediction]) -> dict[str, Any]:
    """Return all metrics in the shape of the `make nlu-eval` contract; rates are from 0 to 1, times in milliseconds."""
    times = sorted(p.ms for p in predictions)
    return {
        "examples": len(examples),
        "intent": compute_intent_metrics(examples, predictions),
        "entities": compute_entity_metrics(examples, predictions),
        "out_of_scope": compute_out_of_scope_rates(examples, predictions),
        "ms": {"median": round(statistics.median(times), 2), "p95": round(times[int(0.95 * (len(times) - 1))], 2)},
        "rss_mb": measure_resident_memory(),
    }


def format_report(metrics: dict[str, Any]) -> str:
    """Return the metrics as text: totals, then intents and entities from the lowest F1, then the confusions."""
    intent, entities, outside = metrics["intent"], metrics["entities"], metrics["out_of_scope"]
    micro = entities["micro"]
    lines = [
        f"{metrics['examples']} examples",
        f"intents    accuracy {intent['accuracy']:.1%}   macro F1 {intent['macro_f1']:.3f}",
        f"entities   precision {micro['precision']:.1%}   recall {micro['recall']:.1%}   F1 {micro['f1']:.3f}",
        f"out of scope   taken for something {outside['false_accept_rate']:.1%}   in scope but refused {outside['false_reject_rate']:.1%}",
        f"time       median {metrics['ms']['median']} ms   p95 {metrics['ms']['p95']} ms   memory {metrics['rss_mb']} MB",
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
    """Run the command line."""
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
        predictions = load_predictor(model, directory)(examples)
    metrics = compute_metrics(examples, predictions)
    print(format_report(metrics))
    if out:
        out.write_text(json.dumps(metrics, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
