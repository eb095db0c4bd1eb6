"""Generation of training data: filled templates, hand-written sentences with other entities, and noisy copies."""

from __future__ import annotations

import random
from pathlib import Path

from nlu.corpus.entity_substitution import EntitySubstituter
from nlu.corpus.examples import Examples, Segments, deduplication_key, plain_text, read_handwritten, read_yaml, write_examples
from nlu.corpus.noise import NoiseAugmenter
from nlu.corpus.slot_values import DATA, SlotValues
from nlu.corpus.templates import Templates

HANDWRITTEN_DIR = Path(__file__).resolve().parents[2] / "data" / "nlu"
_TRIES_PER_SENTENCE = 6


def generate(out_dir: Path, seed: int) -> None:
    """Write `generated.yml` (Rasa NLU YAML) into `out_dir`, to train on beside the hand-written files.

    The same seed and data files give the same bytes.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    write_examples(out_dir / "generated.yml", build_corpus(seed))


def build_corpus(seed: int, handwritten: Path = HANDWRITTEN_DIR) -> Examples:
    """Return the generated examples by intent. None is a hand-written one, and none has two intents."""
    return generate_examples(seed, read_handwritten(handwritten), Templates())


def generate_examples(seed: int, handwritten: Examples, templates: Templates) -> Examples:
    """Return the examples generated from these hand-written examples and these templates alone, by intent."""
    amounts = read_yaml(DATA / "amounts.yml")
    seen = {deduplication_key(plain_text(example)) for examples in handwritten.values() for example in examples}
    generated: Examples = {}
    for intent, examples in handwritten.items():
        wanted = round(int(amounts["templates"].get(intent, 0)) * templates.shares.get(intent, 0.0))
        candidates = _fill_templates(intent, templates.carriers.get(intent, []), templates, wanted, amounts, seed)
        families = templates.families.get(intent, [])
        candidates += _fill_templates(intent, families, templates, len(families) * int(amounts["share"]["of_a_family"]), amounts, seed + 1)
        candidates += _vary_handwritten(intent, examples, amounts, seed)
        kept: list[Segments] = []
        for candidate in candidates:
            key = deduplication_key(plain_text(candidate))
            if key not in seen and key:
                seen.add(key)
                kept.append(candidate)
        generated[intent] = kept
    return generated


def _fill_templates(
    intent: str, carriers: list[str], templates: Templates, wanted: int, amounts: dict[str, dict[str, float]], seed: int
) -> list[Segments]:
    """Return `wanted` sentences, from the carriers in turn; a share of them is noisy."""
    if not wanted or not carriers:
        return []
    rng, values, noise = (
        random.Random(f"{seed}:{intent}:templates"),
        SlotValues(f"{seed}:{intent}"),
        NoiseAugmenter(f"{seed}:{intent}"),
    )
    found: dict[str, Segments] = {}
    for turn in range(wanted * _TRIES_PER_SENTENCE):
        if len(found) == wanted:
            break
        sentence = templates.expand(carriers[turn % len(carriers)], values, rng)
        if rng.random() < amounts["share"]["noisy_templates"]:
            sentence = noise.augment(sentence)
        found.setdefault(deduplication_key(plain_text(sentence)), sentence)
    return list(found.values())


def _vary_handwritten(intent: str, examples: list[Segments], amounts: dict[str, dict[str, float]], seed: int) -> list[Segments]:
    """Return hand-written sentences with other entities, and noisy copies."""
    rng, noise = random.Random(f"{seed}:{intent}:handwritten"), NoiseAugmenter(f"{seed}:{intent}:handwritten")
    substituter = EntitySubstituter(SlotValues(f"{seed}:{intent}:swaps"))
    found: list[Segments] = []
    for example in examples:
        other = substituter.substitute(example) if rng.random() < amounts["share"]["substituted"] else example
        if other != example:
            found.append(other)
        if rng.random() < amounts["share"]["noisy_handwritten"]:
            found.append(_make_noisy(other, noise))
    return found


def _make_noisy(example: Segments, noise: NoiseAugmenter) -> Segments:
    """Return a noisy copy in which more than accents and capitals differ, where a few tries find one."""
    for _ in range(_TRIES_PER_SENTENCE):
        noisy = noise.augment(example)
        if deduplication_key(plain_text(noisy)) != deduplication_key(plain_text(example)):
            break
    return noisy
