"""The pipeline of `config.yml` on somebody else's data: `nlu/.venv/bin/python -m bench.understanding TRAIN TEST [TEST…]`.

TRAIN and the TESTs are Rasa NLU YAML files. As for the assistant itself, each training example is written a second time carelessly
by the generator's own noise; nothing else is added, and the configuration is the assistant's, untouched. `--spans-of CLEAN`: the
first test's sentences are those of CLEAN written carelessly, one by one, but its spans do not keep to their words; CLEAN's spans are
then carried over letter by letter and measured against too.
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

from nlu.components.folding import tokenize
from nlu.corpus.examples import Segments, deduplication_key, plain_text, read_files, write_examples
from nlu.corpus.noise import NoiseAugmenter
from nlu.environment import prepare_process
from nlu.evaluate import Entity, Example, figures, parser, read_examples
from nlu.train import ROOT, SEED


def augment_examples(by_intent: dict[str, list[Segments]]) -> dict[str, list[Segments]]:
    """Each example written carelessly, where that differs from it; seeded by its intent."""
    copies = {}
    for intent, examples in by_intent.items():
        noise = NoiseAugmenter(f"{SEED}:{intent}")
        spoilt = [(example, noise.augment(example)) for example in examples]
        copies[intent] = [
            other
            for example, other in spoilt
            if deduplication_key(plain_text(other)) != deduplication_key(plain_text(example)) and plain_text(other)
        ]
    return copies


def trained(train: Path, folder: Path) -> Path:
    """A model of `config.yml` without policies' data, trained in `folder` on `train` and its noisy copy."""
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
    """Which part of the labelled spans begins and ends with a word: the most that a tagger of words can find."""
    whole = total = 0
    for example in examples:
        words = tokenize(example.text)
        starts, ends = {word.start for word in words}, {word.end for word in words}
        total += len(example.entities)
        whole += sum(start in starts and end in ends for _, start, end in example.entities)
    return whole / total if total else 1.0


def project_spans(clean: list[Example], careless: list[Example]) -> list[Example]:
    """The careless sentences with the spans of the clean ones, moved to the words that now stand there. Both in the same order."""
    return [
        Example(other.text, other.intent, frozenset(filter(None, (_carried(entity, one.text, other.text) for entity in one.entities))))
        for one, other in zip(clean, careless, strict=True)
    ]


def _carried(entity: Entity, source: str, target: str) -> Entity | None:
    blocks = difflib.SequenceMatcher(None, source.lower(), target.lower(), autojunk=False).get_matching_blocks()
    place = {block.a + i: block.b + i for block in blocks for i in range(block.size)}
    name, start, end = entity
    kept = [place[index] for index in range(start, end) if index in place]
    if not kept:
        return None
    low, high = min(kept), max(kept) + 1
    words = [word for word in tokenize(target) if word.is_word and _overlaps(word.start, word.end, low, high)]
    return (name, words[0].start, words[-1].end) if words else None


def _overlaps(start: int, end: int, low: int, high: int) -> bool:
    """Whether half of the shorter of the two stretches is in the other."""
    return 2 * (min(end, high) - max(start, low)) >= min(end - start, high - low)


def main() -> None:
    """The command line."""
    parse = argparse.ArgumentParser(prog="python -m bench.understanding", description="The pipeline on a public set.")
    parse.add_argument("train", type=Path, help="Rasa NLU YAML to train on")
    parse.add_argument("tests", type=Path, nargs="+", help="Rasa NLU YAML to measure on")
    parse.add_argument("--spans-of", type=Path, help="the first test's sentences, written well")
    given = parse.parse_args()
    train, tests = given.train.resolve(), [test.resolve() for test in given.tests]
    clean = given.spans_of.resolve() if given.spans_of else None
    prepare_process()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="understanding-") as folder, contextlib.redirect_stdout(sys.stderr):
        began = time.monotonic()
        model = trained(train, Path(folder))
        seconds, size = time.monotonic() - began, model.stat().st_size / 1e6
        read, sets = parser(model), {test.name: read_examples(test) for test in tests}
        if clean:
            sets["its spans on words"] = project_spans(read_examples(clean), sets[tests[0].name])
        measured = {name: figures(examples, read(examples)) for name, examples in sets.items()}
    print(f"trained in {seconds:.0f} s, {size:.1f} MB")
    for name, result in measured.items():
        raw, micro, whole = result["intent"]["accuracy"], result["entities"]["micro"]["f1"], compute_word_aligned_share(sets[name])
        print(
            f"{name:<20} intent {raw:.1%}   slot F1 {micro:.1%} ({whole:.1%} of the labels on whole words)"
            f"   {result['ms']['median']} ms   {result['rss_mb']} MB"
        )


if __name__ == "__main__":
    main()
