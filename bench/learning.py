"""What the models learn from their data: `nlu/.venv/bin/python -m bench.learning folds|curve|seeds`.

- `folds`: five-fold cross-validation;
- `curve`: the learning curve, how much better more data is;
- `seeds`: whether two trainings give the same models.

A fold is a fifth of every intent's *phrasings*: a carrier with all its sentences, or the hand-written sentences that begin alike. The
figures are therefore those of sentences of unseen families, as written and perturbed (`tests/understanding/perturbations.py`, which is
independent of the training data's noise). The models are trained as their components train them, without Rasa.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from bench.standalone_pipeline import StandalonePipeline, to_examples
from nlu.corpus.examples import Examples, Segments, deduplication_key, plain_text, read_handwritten
from nlu.corpus.generator import HANDWRITTEN_DIR, generate_examples
from nlu.corpus.templates import Templates
from nlu.environment import prepare_process
from nlu.evaluate import compute_metrics
from nlu.train import ROOT, SEED
from tests.understanding.perturbations import perturb

FOLDS = 5
SHARES = (0.125, 0.25, 0.5, 1.0)
"""The points of the learning curve: shares of the training phrasings."""


def _place(text: str) -> float:
    """Return a number from 0 to 1, the same for the same text everywhere."""
    return zlib.crc32(text.encode()) / 2**32


def _beginning(example: Segments) -> str:
    return " ".join(deduplication_key(plain_text(example)).split()[:2])


def select_phrasings(selects: Callable[[float], bool]) -> Examples:
    """Return the hand-written and generated examples of the phrasings whose place, from 0 to 1, `selects` accepts."""
    handwritten = {
        intent: [example for example in examples if selects(_place(f"{intent} {_beginning(example)}"))]
        for intent, examples in read_handwritten(HANDWRITTEN_DIR).items()
    }
    generated = generate_examples(SEED, handwritten, Templates(lambda carrier: selects(_place(carrier))))
    return {intent: handwritten[intent] + generated[intent] for intent in handwritten}


def _is_below(limit: float) -> Callable[[float], bool]:
    return lambda place: place < limit


def _perturb(by_intent: Examples) -> Examples:
    return {intent: [perturb(example, plain_text(example)) for example in examples] for intent, examples in by_intent.items()}


def split_fold(number: int) -> tuple[Examples, Examples]:
    """Return the training and the test examples of fold `number`; no sentence is in both."""
    low, high = number / FOLDS, (number + 1) / FOLDS
    held_out = select_phrasings(lambda place: low <= place < high)
    training = select_phrasings(lambda place: not low <= place < high)
    seen = {deduplication_key(plain_text(example)) for examples in training.values() for example in examples}
    test = {intent: [e for e in examples if deduplication_key(plain_text(e)) not in seen] for intent, examples in held_out.items()}
    return training, test


def _measure(pipeline: StandalonePipeline, held_out: Examples) -> str:
    """Return a line of metrics on the held-out examples as written, and one on them perturbed."""
    parts = []
    for name, by_intent in (("held out", held_out), ("careless", _perturb(held_out))):
        examples = to_examples(by_intent)
        metrics = compute_metrics(examples, [pipeline.predict(example.text) for example in examples])
        intent, entities, outside = metrics["intent"], metrics["entities"]["micro"], metrics["out_of_scope"]
        parts.append(
            f"{name}: {len(examples)} sentences, intent {intent['accuracy']:.1%}, macro F1 {intent['macro_f1']:.3f}, "
            f"entity F1 {entities['f1']:.3f}, refused {outside['false_reject_rate']:.1%}, "
            f"out of scope taken {outside['false_accept_rate']:.1%}"
        )
    return "; ".join(parts)


def cross_validate() -> None:
    """Print the metrics of each fold."""
    for number in range(FOLDS):
        training, test = split_fold(number)
        print(f"fold {number + 1}: {_measure(StandalonePipeline.train(training), test)}", flush=True)


def measure_learning_curve() -> None:
    """Print the metrics on the last fold of models trained on growing shares of the others."""
    _, test = split_fold(FOLDS - 1)
    for share in SHARES:
        training = select_phrasings(_is_below(share * (FOLDS - 1) / FOLDS))
        started = time.process_time()
        pipeline = StandalonePipeline.train(training)
        seconds = time.process_time() - started
        print(f"{share:.1%}, {sum(map(len, training.values()))} examples, {seconds:.0f} s: {_measure(pipeline, test)}", flush=True)


def compare_hash_seeds() -> None:
    """Train in two processes with different hash seeds and print whether their files are the same."""
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        run = subprocess.run([sys.executable, "-m", "bench.learning", "digest"], cwd=ROOT, env=environment, check=True, capture_output=True)
        print(f"PYTHONHASHSEED={seed}: {run.stdout.decode().strip()}", flush=True)
        digests.add(run.stdout)
    print("the same models" if len(digests) == 1 else "the models differ")


def print_digest() -> None:
    """Print the digests of the files of models trained on all data, in one line."""
    with tempfile.TemporaryDirectory() as folder:
        StandalonePipeline.train(select_phrasings(lambda _: True)).save(Path(folder))
        files = sorted(Path(folder).iterdir())
        print(" ".join(f"{file.name} {hashlib.sha256(_read_content(file)).hexdigest()[:16]}" for file in files))


def _read_content(file: Path) -> bytes:
    """Return a file's content, of a numpy archive only the arrays: the archive holds its time of writing."""
    if file.suffix != ".npz":
        return file.read_bytes()
    import numpy as np  # type: ignore[import-not-found, unused-ignore]

    with np.load(file) as arrays:
        return b"".join(arrays[name].tobytes() for name in sorted(arrays.files))


COMMANDS = {"folds": cross_validate, "curve": measure_learning_curve, "seeds": compare_hash_seeds, "digest": print_digest}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description="What the models learn from their data.")
    parser.add_argument("command", choices=COMMANDS)
    prepare_process()
    COMMANDS[parser.parse_args().command]()


if __name__ == "__main__":
    main()
