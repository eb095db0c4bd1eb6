"""Training of the name tagger: `python -m nlu.pii.train` writes `data/names.crfsuite` and `data/words.json`, which are committed.

It learns from the assistant's own generated messages and from templates of its own (`data/templates.yml`), with invented names. What it
is judged by are other templates and other names (tests/typed_names).
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pycrfsuite

from nlu.components.gazetteers import Gazetteers
from nlu.components.tokenization import normalise
from nlu.corpus.examples import Examples, Segment, Segments, plain_text, read_handwritten, read_yaml
from nlu.corpus.generator import HANDWRITTEN_DIR, build_corpus
from nlu.corpus.noise import NoiseAugmenter
from nlu.corpus.slot_values import DATA as CORPUS
from nlu.pii.name_features import Reading, WordReader, extract_features
from nlu.pii.name_tagger import FILES, OTHER, PROFESSIONAL, TAGGER_FILE, USAGER, WORDS_FILE
from nlu.pii.template_expansion import fill
from nlu.pii.template_values import DATA, TrainingValues

SEED = 20261129
OF_A_TEMPLATE = {"usager": 36, "professional": 48, "answer_professional": 60, "answer_usager": 60, "free": 22}
"""How many messages each template gives, by group."""
OF_A_MESSAGE = {"free": 3, "professional": 10, "usager": 10, "answer_professional": 12, "answer_correction": 14, "answer_usager": 12}
"""How many messages each one that somebody wrote gives, by group: names and noise differ."""
ASKED_BESIDE = {"": 0.75, "correction": 0.15, "professional": 0.1}
"""What had been asked for when people write what is no answer to it, and how often."""
OF_THE_CORPUS = 0.3
"""The share that is learnt of the assistant's own messages in which no usager is named."""
NOISY_SHARE = 0.45
HIDDEN_NAMES_TENTHS = 4
"""Tenths of the messages that are learnt without what the lists of names say."""
MIN_COUNT = 4
"""How many messages must hold a word for the tagger to know it."""
_LABELS = {"usager_name": USAGER, "partner_name": PROFESSIONAL}
_ASKED = {"answer_professional": "professional", "answer_correction": "correction", "answer_usager": "usager"}


@dataclass(frozen=True)
class Example:
    """A message with its labelled pieces, and what the dialogue had asked for."""

    segments: Segments
    asked: str = ""


def build_examples(seed: int) -> list[Example]:
    """Return the training messages; the same seed and files give the same ones."""
    templates, messages = read_yaml(DATA / "templates.yml"), read_yaml(DATA / "messages.yml")
    written = _filled(f"{seed}:written", messages, OF_A_MESSAGE, written=True)
    return [*_filled(str(seed), templates, OF_A_TEMPLATE), *written, *_from_corpus(seed)]


def _filled(seed: str, groups: Mapping[str, Sequence[str]], amounts: Mapping[str, int], *, written: bool = False) -> Iterator[Example]:
    """Yield messages by the templates of each group, some with noise or in one case; half of those that are `written` stay as they are."""
    for group, amount in amounts.items():
        values, rng = TrainingValues(f"{seed}:{group}"), random.Random(f"{seed}:{group}")
        noise = NoiseAugmenter(f"{seed}:{group}")
        for template in groups[group]:
            for _ in range(amount):
                segments: Segments = tuple(Segment(text, label) for text, label in fill(template, values.draw, rng) if text)
                draw = 1.0 if written and rng.random() < 0.5 else rng.random()
                if draw < NOISY_SHARE:
                    segments = noise.augment(segments)
                elif draw < NOISY_SHARE + 0.12:
                    segments = tuple(Segment(part.text.lower(), part.entity) for part in segments)
                elif draw < NOISY_SHARE + 0.18:
                    segments = tuple(Segment(part.text.upper(), part.entity) for part in segments)
                if segments:
                    beside = rng.choices(list(ASKED_BESIDE), list(ASKED_BESIDE.values()))[0] if written else ""
                    yield Example(segments, _ASKED.get(group, beside))


def _from_corpus(seed: int) -> Iterator[Example]:
    """Yield the assistant's own training messages. A name that stands alone there answers the question who is looked for."""
    values, rng = TrainingValues(f"{seed}:corpus"), random.Random(seed)
    for examples in (read_handwritten(HANDWRITTEN_DIR), build_corpus(seed)):
        for intent, found in _sorted(examples):
            for segments in found:
                names = [part for part in segments if part.entity in _LABELS]
                if not any(part.entity == "usager_name" for part in names) and rng.random() > OF_THE_CORPUS:
                    continue
                renamed = _rename(segments, values) if names and rng.random() < 0.5 else segments
                plain = "".join(part.text for part in segments if part.entity not in _LABELS)
                bare = bool(names) and len(plain.split()) < 3 and intent in ("inform", "correct", "choose")
                yield Example(renamed, "professional" if bare and names[0].entity == "partner_name" else "")


def _sorted(examples: Examples) -> Iterable[tuple[str, list[Segments]]]:
    return sorted(examples.items())


def _rename(segments: Segments, values: TrainingValues) -> Segments:
    slots = {"usager_name": "u", "partner_name": "p"}
    return tuple(Segment(values.draw(slots[part.entity])[0], part.entity) if part.entity in slots else part for part in segments)


def label_words(readings: list[Reading], segments: Segments) -> list[str]:
    """Return a label for each word: that of the piece which it stands in."""
    spans, at = [], 0
    for part in segments:
        spans.append((at, at + len(part.text), _LABELS.get(part.entity or "", OTHER)))
        at += len(part.text)
    return [next((name for start, end, name in spans if start <= r.token.start < end), OTHER) for r in readings]


def count_words(examples: Iterable[Example], reader: WordReader) -> dict[str, int]:
    """Return the folded forms that stand outside of names, with the number of messages that hold each."""
    counts: Counter[str] = Counter()
    for example in examples:
        readings = reader.read(plain_text(example.segments))
        labels = label_words(readings, example.segments)
        forms = {r.token.form for r, label in zip(readings, labels, strict=True) if label == OTHER and r.token.rule_entity is None}
        counts.update(form for form in forms if any(c.isalpha() for c in form))
    return {form: count for form, count in sorted(counts.items()) if count >= MIN_COUNT}


def _collect_lists() -> Gazetteers:
    """Return the assistant's word lists, with the communes that its training data knows."""
    entries = Gazetteers.collect().entries
    communes = read_yaml(CORPUS / "communes.yml")
    towns = {normalise(town) for group in ("centre", "elsewhere") for town in communes[group]}
    return Gazetteers(entries | {"city": sorted({*entries["city"], *towns})})


def _read_things() -> list[str]:
    """Return the folded words of `things`: they are no names."""
    return sorted({form for line in read_yaml(DATA / "templates.yml")["things"] for form in normalise(line).split() if len(form) > 1})


def train(folder: Path, seed: int, *, iterations: int, report: bool = True) -> None:
    """Train on all examples of `seed` and write the two files into `folder`."""
    gazetteers = _collect_lists()
    examples = build_examples(seed)
    listed = {*gazetteers.entries["city"], *gazetteers.entries["first"]}
    counts = count_words(examples, WordReader({}, gazetteers))
    # A town and a given name are known by their lists: most are family names too.
    counts = {form: count for form, count in counts.items() if form not in listed or count > 40}
    counts |= dict.fromkeys(_read_things(), MIN_COUNT) | counts
    reader = WordReader(counts, gazetteers)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params({"c1": 0.2, "c2": 0.02, "max_iterations": iterations, "feature.minfreq": 4, "feature.possible_transitions": True})
    for example in examples:
        text = plain_text(example.segments)
        readings = reader.read(text)
        if readings:
            hidden = zlib.crc32(text.encode()) % 10 < HIDDEN_NAMES_TENTHS
            features = extract_features(readings, example.asked, hide_names=hidden)
            trainer.append(pycrfsuite.ItemSequence(features), label_words(readings, example.segments))
    trainer.train(str(folder / TAGGER_FILE))
    (folder / WORDS_FILE).write_text(
        json.dumps({"counts": counts, "lists": gazetteers.entries}, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    if report:
        print(f"{len(examples)} messages, {len(counts)} words, {(folder / TAGGER_FILE).stat().st_size / 1e3:.0f} kB.")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m nlu.pii.train", description="Train the name tagger.")
    parser.add_argument("--out", type=Path, default=FILES)
    parser.add_argument("--iterations", type=int, default=90)
    arguments = parser.parse_args()
    train(arguments.out, SEED, iterations=arguments.iterations)


if __name__ == "__main__":
    main()
