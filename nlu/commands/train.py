"""Training of the command reader: `python -m nlu.commands.train` writes the files of `data/` that the reader loads, which are committed.

It learns from messages that people wrote and labelled (`data/messages`, one file a writer), from copies of them with other names and
spellings, and from the sentences of one intent (`data/nlu`), of which the intent alone is known, not the words that it stands on.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.commands.clause_intents import load_intent_model
from nlu.commands.labelled_messages import DATA, LabelledMessage, read_messages
from nlu.commands.reader import SETTINGS_FILE, WEIGHTS_FILE
from nlu.commands.training_examples import Example, ExampleBuilder
from nlu.commands.training_loop import EPOCHS, train_network
from nlu.components.analysis import analyse
from nlu.components.gazetteers import Gazetteers
from nlu.corpus.examples import plain_text, read_handwritten
from nlu.corpus.generator import HANDWRITTEN_DIR
from nlu.environment import prepare_process
from nlu.pii.name_tagger import load_tagger
from nlu.train import ensure_model

SEED = 20261130
COPIES, NETWORKS, MIN_COUNT = 3, 2, 2
"""Copies of a message, networks whose answers are averaged, messages that must hold a word for spelling to be corrected to it."""
OTHER_HEADS = frozenset(["affirm", "deny", "cancel", "repeat"])
NO_COMMANDS = frozenset(["inform", "choose", "correct"])
"""Intents whose sentences are left out: what they come to depends on what was asked."""
ENTITIES = {
    "partner_name": "partner", "usager_name": "usager", "profession": "profession", "city": "city", "organization": "organization",
    "dossier_ref": "dossier", "email": "email", "phone": "phone",
}  # fmt: skip
THRESHOLDS = {"change": 0.85, "affirm": 0.8}
"""Chosen so that about one message in eight is asked about: what is dangerous then falls to a third."""


def count_words(messages: Sequence[LabelledMessage], lists: dict[str, list[str]]) -> dict[str, int]:
    """Return the folded forms that at least `MIN_COUNT` messages hold outside the values that name somebody, and how many do."""
    gazetteers = Gazetteers(lists)
    counts: Counter[str] = Counter()
    for message in messages:
        counts.update({token.form for token in analyse(message.text, gazetteers) if token.rule_entity is None and token.text.islower()})
    return {form: number for form, number in sorted(counts.items()) if number >= MIN_COUNT}


def read_sentences() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the hand-written sentences of one intent: text, label of the command, values by slot."""
    sentences = []
    for intent, examples in read_handwritten(HANDWRITTEN_DIR).items():
        if intent in NO_COMMANDS:
            continue
        label = intent if intent in OTHER_HEADS else f"start:{intent}"
        for parts in examples:
            values = [(ENTITIES[part.entity], part.text) for part in parts if part.entity in ENTITIES]
            sentences.append((plain_text(parts), label, values))
    return sentences


def build_examples(
    builder: ExampleBuilder, messages: Sequence[LabelledMessage], seed: int
) -> tuple[list[Example], list[Example], list[Example]]:
    """Return the examples of the messages, of copies of them, and of the sentences of one intent."""
    rng = random.Random(seed)
    known = [example for message in messages if (example := builder.build(message))]
    copies = [example for message in messages for _ in range(COPIES) if (example := builder.vary(message, rng))]
    sentences = [example for sentence in read_sentences() if (example := builder.build_sentence(*sentence))]
    return known, copies, sentences


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the files."""
    parser = argparse.ArgumentParser(description="Train the command reader on data/messages.")
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--hold-out", default="", help="writers that are left out, with commas: to measure")
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--number", type=int, help="train this one alone: each takes a core, two commands train two at once")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--go-on", type=Path, help="folder of earlier files to go on from: a few epochs take in some new messages")
    options = parser.parse_args(arguments)
    prepare_process()
    held_out = set(options.hold_out.split(","))
    messages = [message for path in sorted((DATA / "messages").glob("*.yml")) for message in read_messages(path)]
    messages = [message for message in messages if message.writer not in held_out]
    tagger = load_tagger()
    builder = ExampleBuilder(messages, count_words(messages, tagger.lists), tagger, load_intent_model(ensure_model()))
    examples = build_examples(builder, messages, SEED)
    print(f"{len(messages)} messages, {[len(part) for part in examples]} examples", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    settings = {
        "labels": builder.labels, "tasks": builder.tasks, "questions": builder.questions, "intents": builder.intents,
        "words": builder.words, "thresholds": THRESHOLDS,
    }  # fmt: skip
    if options.go_on:
        _check_same(settings, json.loads((options.go_on / SETTINGS_FILE).read_text("utf-8")), parser)
    (options.out / SETTINGS_FILE).write_text(json.dumps(settings, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    sizes = (len(builder.labels), len(builder.tasks), len(builder.questions), len(builder.intents))
    for number in range(options.networks) if options.number is None else [options.number]:
        started = time.monotonic()

        def report(epoch: int, loss: float, number: int = number, started: float = started) -> None:
            print(f"network {number}, epoch {epoch}: loss {loss:.3f}, {time.monotonic() - started:.0f} s", flush=True)

        start = _read_weights(options.go_on / WEIGHTS_FILE.format(number=number)) if options.go_on else None
        weights = train_network(*examples, sizes, SEED + number, report, options.epochs, start)
        halves = {name: value.astype(np.float16) for name, value in weights.items()}
        np.savez_compressed(options.out / WEIGHTS_FILE.format(number=number), **halves)


def _check_same(settings: dict[str, Any], earlier: dict[str, Any], parser: argparse.ArgumentParser) -> None:
    """End with an error where the earlier weights stand for other labels, tasks, questions or intents."""
    for name in ("labels", "tasks", "questions", "intents"):
        if list(settings[name]) != earlier[name]:
            parser.error(f"the {name} are not those of the earlier files: train anew")


def _read_weights(path: Path) -> dict[str, Any]:
    with np.load(path) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


if __name__ == "__main__":
    main(sys.argv[1:])
