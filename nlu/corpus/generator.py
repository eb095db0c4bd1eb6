"""The generated training data: templates filled in, hand-written sentences about others, careless writing."""

from __future__ import annotations

import random
from pathlib import Path

from nlu.corpus.entity_substitution import EntitySubstituter
from nlu.corpus.examples import Segments, deduplication_key, plain_text, read_handwritten, read_yaml, write_examples
from nlu.corpus.noise import NoiseAugmenter
from nlu.corpus.slot_values import DATA, SlotValues
from nlu.corpus.templates import Templates

HANDWRITTEN_DIR = Path(__file__).resolve().parents[2] / "data" / "nlu"
_TRIES_PER_SENTENCE = 6


def generate(out_dir: Path, seed: int) -> None:
    """Writes `generated.yml` (Rasa NLU YAML) into `out_dir`, to train on beside the hand-written files.

    The same seed over the same data files gives the same bytes.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    write_examples(out_dir / "generated.yml", build_corpus(seed))


def build_corpus(seed: int, handwritten: Path = HANDWRITTEN_DIR) -> dict[str, list[Segments]]:
    """The generated examples by intent. No sentence is one of the hand-written, nor stands under two intents."""
    return generated(seed, read_handwritten(handwritten), Templates())


def generated(seed: int, written: dict[str, list[Segments]], templates: Templates) -> dict[str, list[Segments]]:
    """What comes of these hand-written examples and these carriers alone, by intent."""
    amounts = read_yaml(DATA / "amounts.yml")
    taken = {deduplication_key(plain_text(example)) for examples in written.values() for example in examples}
    result: dict[str, list[Segments]] = {}
    for intent, examples in written.items():
        wanted = round(int(amounts["templates"].get(intent, 0)) * templates.shares.get(intent, 0.0))
        candidates = _from_templates(intent, templates.carriers.get(intent, []), templates, wanted, amounts, seed)
        families = templates.families.get(intent, [])
        candidates += _from_templates(intent, families, templates, len(families) * int(amounts["share"]["of_a_family"]), amounts, seed + 1)
        candidates += _from_handwritten(intent, examples, amounts, seed)
        kept: list[Segments] = []
        for candidate in candidates:
            key = deduplication_key(plain_text(candidate))
            if key not in taken and key:
                taken.add(key)
                kept.append(candidate)
        result[intent] = kept
    return result


def _from_templates(
    intent: str, carriers: list[str], templates: Templates, wanted: int, amounts: dict[str, dict[str, float]], seed: int
) -> list[Segments]:
    """`wanted` sentences, each carrier in its turn; a share of them written carelessly."""
    if not wanted or not carriers:
        return []
    rng, vocabulary, noise = (
        random.Random(f"{seed}:{intent}:templates"),
        SlotValues(f"{seed}:{intent}"),
        NoiseAugmenter(f"{seed}:{intent}"),
    )
    found: dict[str, Segments] = {}
    for turn in range(wanted * _TRIES_PER_SENTENCE):
        if len(found) == wanted:
            break
        sentence = templates.sentence(carriers[turn % len(carriers)], vocabulary, rng)
        if rng.random() < amounts["share"]["noisy_templates"]:
            sentence = noise.augment(sentence)
        found.setdefault(deduplication_key(plain_text(sentence)), sentence)
    return list(found.values())


def _from_handwritten(intent: str, examples: list[Segments], amounts: dict[str, dict[str, float]], seed: int) -> list[Segments]:
    """Hand-written sentences about others, and written carelessly."""
    rng, noise = random.Random(f"{seed}:{intent}:handwritten"), NoiseAugmenter(f"{seed}:{intent}:handwritten")
    swaps = EntitySubstituter(SlotValues(f"{seed}:{intent}:swaps"))
    found: list[Segments] = []
    for example in examples:
        other = swaps.substitute(example) if rng.random() < amounts["share"]["swapped"] else example
        if other != example:
            found.append(other)
        if rng.random() < amounts["share"]["noisy_handwritten"]:
            found.append(_spoilt(other, noise))
    return found


def _spoilt(example: Segments, noise: NoiseAugmenter) -> Segments:
    """`example` written carelessly, so that more than accents and capitals differ where a few tries manage it."""
    for _ in range(_TRIES_PER_SENTENCE):
        spoilt = noise.augment(example)
        if deduplication_key(plain_text(spoilt)) != deduplication_key(plain_text(example)):
            break
    return spoilt
