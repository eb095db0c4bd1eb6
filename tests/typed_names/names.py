"""Names that the product has never seen: real-looking ones that are in none of its lists, and ones made of syllables."""

from __future__ import annotations

import random
from pathlib import Path

from ruamel.yaml import YAML

_PARTS = {
    name: [word for line in lines for word in str(line).split()]
    for name, lines in YAML(typ="safe", pure=True).load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")).items()
}
FAMILY, GIVEN = _PARTS["family"], _PARTS["given"]


def family(rng: random.Random) -> str:
    """A family name."""
    draw = rng.random()
    if draw < 0.06:
        return f"{_family(rng)}-{_family(rng)}"
    if draw < 0.12:
        return rng.choice(["de ", "du ", "de la ", "Le ", "d'", "Ben ", "Van ", "El "]) + _family(rng)
    return _family(rng)


def given(rng: random.Random) -> str:
    """A given name."""
    return f"{_given(rng)}-{_given(rng)}" if rng.random() < 0.07 else _given(rng)


def _family(rng: random.Random) -> str:
    return rng.choice(FAMILY) if rng.random() < 0.5 else _made(rng, _PARTS["family_ends"])


def _given(rng: random.Random) -> str:
    return rng.choice(GIVEN) if rng.random() < 0.6 else _made(rng, _PARTS["given_ends"])


def _made(rng: random.Random, ends: list[str]) -> str:
    middle = rng.choice(_PARTS["middles"]) if rng.random() < 0.4 else ""
    return (rng.choice(_PARTS["starts"]) + middle + rng.choice(ends)).capitalize()
