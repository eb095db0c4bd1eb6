"""What the models learn from their data: `nlu/.venv/bin/python -m bench.learning folds|curve|seeds`.

`folds`: cross-validation in five parts; `curve`: how much better more data is; `seeds`: whether two trainings give the same. A part
is a fifth of every intent's *ways to say it*: a carrier with all its sentences, the hand-written sentences that begin alike. What is
measured is therefore how sentences of unseen families are read, as written and again carelessly (`tests/understanding/rough.py`,
another mould than the training data's noise). The two models are trained as their components do, without Rasa.
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

from bench.standalone_pipeline import Reader, to_examples
from nlu.corpus.examples import Segments, deduplication_key, plain_text, read_handwritten
from nlu.corpus.generator import HANDWRITTEN_DIR, generated
from nlu.corpus.templates import Templates
from nlu.environment import prepare_process
from nlu.evaluate import figures
from nlu.train import ROOT, SEED
from tests.understanding.perturbations import perturb

FOLDS = 5
SHARES = (0.125, 0.25, 0.5, 1.0)
ByIntent = dict[str, list[Segments]]


def _place(text: str) -> float:
    """From 0 to 1, the same for the same text everywhere."""
    return zlib.crc32(text.encode()) / 2**32


def _beginning(example: Segments) -> str:
    return " ".join(deduplication_key(plain_text(example)).split()[:2])


def of_ways(wanted: Callable[[float], bool]) -> ByIntent:
    """Hand-written and generated examples of the ways to say it whose place, from 0 to 1, is `wanted`."""
    written = {
        intent: [example for example in examples if wanted(_place(f"{intent} {_beginning(example)}"))]
        for intent, examples in read_handwritten(HANDWRITTEN_DIR).items()
    }
    made = generated(SEED, written, Templates(lambda carrier: wanted(_place(carrier))))
    return {intent: written[intent] + made[intent] for intent in written}


def _below(most: float) -> Callable[[float], bool]:
    return lambda place: place < most


def _carelessly(by_intent: ByIntent) -> ByIntent:
    return {intent: [perturb(example, plain_text(example)) for example in examples] for intent, examples in by_intent.items()}


def _fold(number: int) -> tuple[ByIntent, ByIntent]:
    """What fold `number` trains on and what it is measured on; no sentence is in both."""
    low, high = number / FOLDS, (number + 1) / FOLDS
    held = of_ways(lambda place: low <= place < high)
    known = of_ways(lambda place: not low <= place < high)
    taken = {deduplication_key(plain_text(example)) for examples in known.values() for example in examples}
    return known, {intent: [e for e in examples if deduplication_key(plain_text(e)) not in taken] for intent, examples in held.items()}


def _measured(reader: Reader, held: ByIntent) -> str:
    parts = []
    for name, by_intent in (("held out", held), ("careless", _carelessly(held))):
        examples = to_examples(by_intent)
        result = figures(examples, [reader.parse(example.text) for example in examples])
        intent, entities, outside = result["intent"], result["entities"]["micro"], result["out_of_scope"]
        parts.append(
            f"{name}: {len(examples)} sentences, intent {intent['accuracy']:.1%}, macro F1 {intent['macro_f1']:.3f}, "
            f"entity F1 {entities['f1']:.3f}, refused {outside['false_reject_rate']:.1%}, "
            f"out of scope taken {outside['false_accept_rate']:.1%}"
        )
    return "; ".join(parts)


def folds() -> None:
    """Each fifth held out in its turn."""
    for number in range(FOLDS):
        known, held = _fold(number)
        print(f"fold {number + 1}: {_measured(Reader.train(known), held)}", flush=True)


def curve() -> None:
    """The last fifth held out, of the others a part more each time."""
    _, held = _fold(FOLDS - 1)
    for share in SHARES:
        known = of_ways(_below(share * (FOLDS - 1) / FOLDS))
        began = time.process_time()
        reader = Reader.train(known)
        seconds = time.process_time() - began
        print(f"{share:.1%}, {sum(map(len, known.values()))} examples, {seconds:.0f} s: {_measured(reader, held)}", flush=True)


def seeds() -> None:
    """Two trainings in processes that hash strings otherwise: their files, byte by byte."""
    found = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        made = subprocess.run(
            [sys.executable, "-m", "bench.learning", "digest"], cwd=ROOT, env=environment, check=True, capture_output=True
        )
        print(f"PYTHONHASHSEED={seed}: {made.stdout.decode().strip()}", flush=True)
        found.add(made.stdout)
    print("the same models" if len(found) == 1 else "the models differ")


def digest() -> None:
    """Prints one line for the files that a training on all data gives."""
    with tempfile.TemporaryDirectory() as folder:
        Reader.train(of_ways(lambda _: True)).save(Path(folder))
        files = sorted(Path(folder).iterdir())
        print(" ".join(f"{file.name} {hashlib.sha256(_content(file)).hexdigest()[:16]}" for file in files))


def _content(file: Path) -> bytes:
    """A numpy archive holds the time at which it was written: its arrays count."""
    if file.suffix != ".npz":
        return file.read_bytes()
    import numpy as np  # type: ignore[import-not-found, unused-ignore]

    with np.load(file) as arrays:
        return b"".join(arrays[name].tobytes() for name in sorted(arrays.files))


def main() -> None:
    """The command line."""
    commands = {command.__name__: command for command in (folds, curve, seeds, digest)}
    parser = argparse.ArgumentParser(prog="python -m bench.learning", description="What the models learn from their data.")
    parser.add_argument("command", choices=commands)
    prepare_process()
    commands[parser.parse_args().command]()


if __name__ == "__main__":
    main()
