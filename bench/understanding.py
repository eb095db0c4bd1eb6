"""The pipeline of `config.yml` on a public data set: `nlu/.venv/bin/python -m bench.understanding TRAIN TEST [TEST…]`.

TRAIN and the TESTs are Rasa NLU YAML files. As for the assistant, each training example is copied once with the generator's noise;
nothing else is added, and the configuration is the assistant's, unchanged. `--spans-of CLEAN` is for a first test whose sentences are
noisy copies of CLEAN's, one by one, with spans that do not keep to words: CLEAN's spans are then projected onto it, character by
character, and measured as well.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
import tempfile
import time
from pathlib import Path

from nlu.components.tokenization import tokenize
from nlu.corpus.examples import Examples, deduplication_key, plain_text, read_files, write_examples
from nlu.corpus.noise import NoiseAugmenter
from nlu.environment import prepare_process
from nlu.evaluate import Entity, Example, compute_metrics, load_predictor, read_examples
from nlu.train import ROOT, SEED


def augment_examples(by_intent: Examples) -> Examples:
    """Return a noisy copy of each example, where it differs from the example; the noise is seeded by the intent."""
    copies: Examples = {}
    for intent, examples in by_intent.items():
        noise = NoiseAugmenter(f"{SEED}:{intent}")
        pairs = [(example, noise.augment(example)) for example in examples]
        copies[intent] = [
            copy
            for example, copy in pairs
            if deduplication_key(plain_text(copy)) != deduplication_key(plain_text(example)) and plain_text(copy)
        ]
    return copies


def train_model(train: Path, folder: Path) -> Path:
    """Train a model of `config.yml`, without policies, in `folder` on `train` and its noisy copy; return its path."""
    from rasa.model_training import train_nlu  # type: ignore[import-not-found, unused-ignore]

    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    data = folder / "data"
    data.mkdir()
    (data / "train.yml").write_bytes(train.read_bytes())
    write_examples(data / "careless.yml", augment_examples(read_files([train])))
    model = train_nlu(config=str(ROOT / "config.yml"), nlu_data=str(data), output=str(folder), fixed_model_name="model")
    if model is None:
        raise SystemExit("Training failed: see the messages above.")
    return Path(model)


def compute_word_aligned_share(examples: list[Example]) -> float:
    """Return the share of the labelled spans that begin and end with a word: the most that a tagger of words can find."""
    aligned = total = 0
    for example in examples:
        words = tokenize(example.text)
        starts, ends = {word.start for word in words}, {word.end for word in words}
        total += len(example.entities)
        aligned += sum(start in starts and end in ends for _, start, end in example.entities)
    return aligned / total if total else 1.0


def project_spans(clean: list[Example], noisy: list[Example]) -> list[Example]:
    """Return the noisy sentences with the spans of the clean ones, moved to the words in their place; both are in the same order."""
    return [
        Example(copy.text, copy.intent, frozenset(filter(None, (_project(entity, one.text, copy.text) for entity in one.entities))))
        for one, copy in zip(clean, noisy, strict=True)
    ]


def _project(entity: Entity, source: str, target: str) -> Entity | None:
    """Return `entity` of `source` in `target`, on whole words; None where nothing of it is left."""
    blocks = difflib.SequenceMatcher(None, source.lower(), target.lower(), autojunk=False).get_matching_blocks()
    offsets = {block.a + i: block.b + i for block in blocks for i in range(block.size)}
    name, start, end = entity
    kept = [offsets[index] for index in range(start, end) if index in offsets]
    if not kept:
        return None
    low, high = min(kept), max(kept) + 1
    words = [word for word in tokenize(target) if word.is_word and _overlaps_by_half(word.start, word.end, low, high)]
    return (name, words[0].start, words[-1].end) if words else None


def _overlaps_by_half(start: int, end: int, low: int, high: int) -> bool:
    """Return whether half of the shorter of the two spans is in the other."""
    return 2 * (min(end, high) - max(start, low)) >= min(end - start, high - low)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.understanding", description="The pipeline on a public set.")
    parser.add_argument("train", type=Path, help="Rasa NLU YAML to train on")
    parser.add_argument("tests", type=Path, nargs="+", help="Rasa NLU YAML to measure on")
    parser.add_argument("--spans-of", type=Path, help="the first test's sentences, written well")
    arguments = parser.parse_args()
    train, tests = arguments.train.resolve(), [test.resolve() for test in arguments.tests]
    clean = arguments.spans_of.resolve() if arguments.spans_of else None
    prepare_process()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="understanding-") as folder, contextlib.redirect_stdout(sys.stderr):
        started = time.monotonic()
        model = train_model(train, Path(folder))
        seconds, size = time.monotonic() - started, model.stat().st_size / 1e6
        predict, sets = load_predictor(model), {test.name: read_examples(test) for test in tests}
        if clean:
            sets["its spans on words"] = project_spans(read_examples(clean), sets[tests[0].name])
        results = {name: compute_metrics(examples, predict(examples)) for name, examples in sets.items()}
    print(f"trained in {seconds:.0f} s, {size:.1f} MB")
    for name, metrics in results.items():
        accuracy, micro, aligned = metrics["intent"]["accuracy"], metrics["entities"]["micro"]["f1"], compute_word_aligned_share(sets[name])
        print(
            f"{name:<20} intent {accuracy:.1%}   slot F1 {micro:.1%} ({aligned:.1%} of the labels on whole words)"
            f"   {metrics['ms']['median']} ms   {metrics['rss_mb']} MB"
        )


if __name__ == "__main__":
    main()
