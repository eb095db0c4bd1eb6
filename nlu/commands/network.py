"""The network that reads commands: one function of its inputs and weights, computed by numpy, and by TensorFlow while it is trained.

A token's features are embedded, then mixed with its neighbours' by gated convolutions and with the whole message's by self-attention.
Of each token it says whether a command stands on it and which (`anchors`), of which slot's value it is part (`slots`), to the command of
which token such a value belongs (`attachment`, to which the tables `fits` and `steps` are added), and what a command on it says that has
no words of its own (`closed`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.commands.features import CHARACTER_BUCKETS, MAX_NGRAMS, MAX_TOKENS, NUMBERS, PART_BUCKETS, SHAPES, WORD_BUCKETS, Features
from nlu.commands.labels import CLOSED_SLOTS, REFERENCES, TEXT_SLOTS
from nlu.commands.word_vectors import LENGTH

Array = Any
"""A numpy array, or a TensorFlow tensor."""
Weights = dict[str, Array]
WIDTH, CONVOLUTIONS, ATTENTIONS, ATTENTION_HEADS = 128, 3, 2, 4
HEAD_WIDTH = WIDTH // ATTENTION_HEADS
STEPS, SAME_SLOT = 7, 3
"""How many places of a command relative to a value, and how many counts of values of one slot, are told apart (`place_pair`)."""
SLOT_TAGS = ("O", *(f"{place}-{slot}" for slot in TEXT_SLOTS for place in "BI"))
CLOSED = {**{slot: ("", *values) for slot, values in CLOSED_SLOTS.items()}, **{slot: ("", *values) for slot, values in REFERENCES.items()}}
"""What a command may say without words that are the value: by slot, its values, the first being "nothing"."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """A batch of b messages of at most n tokens.

    Attributes:
        buckets: b x n x 5.
        ngrams: b x n x g.
        numbers: b x n x `NUMBERS`.
        vectors: b x n x `LENGTH`.
        intents: b x n x i.
        mask: b x n, 1 for a token and 0 for padding.
        asked: b x 2: numbers of the task under way and of the question, 0 where there is none or it is unknown.
        positions: n x `WIDTH`, added so that attention knows the order.
    """

    buckets: Array
    ngrams: Array
    numbers: Array
    vectors: Array
    intents: Array
    mask: Array
    asked: Array
    positions: Array


@dataclass(frozen=True, slots=True)
class Outputs:
    """Logits: anchors b x n x labels + 1, slots b x n x tags, attachment b x n (value) x n (anchor), closed b x n x values by slot."""

    anchors: Array
    slots: Array
    attachment: Array
    closed: dict[str, Array]


def keep_all(values: Array, share: float) -> Array:  # the share is for training
    """Return `values`: nothing is dropped where the network is only read."""
    return values


def run_network(xp: Any, weights: Weights, inputs: Inputs, drop: Callable[[Array, float], Array] = keep_all) -> Outputs:
    """Compute the outputs.

    Args:
        xp: the array library: numpy, or `tensorflow.experimental.numpy`.
        weights: by name, as `init_weights` makes them.
        inputs: the batch.
        drop: replaces a share of the numbers by zeros, in training.
    """

    def dense(values: Array, name: str) -> Array:
        return xp.matmul(values, weights[name]) + weights[name + ".bias"]

    def normalise(values: Array, name: str) -> Array:
        centred = values - xp.mean(values, axis=-1, keepdims=True)
        deviation = xp.sqrt(xp.mean(centred * centred, axis=-1, keepdims=True) + np.float32(1e-3))
        return centred / deviation * weights[name + ".scale"] + weights[name + ".bias"]

    def table(name: str, rows: Array) -> Array:
        return xp.take(weights[name], rows, axis=0)

    def hidden(name: str) -> Array:
        return drop(_gelu(xp, dense(mixed, name)), 0.3)

    mask = inputs.mask[:, :, None]
    written = xp.minimum(inputs.ngrams, 1)[:, :, :, None].astype(np.float32)
    ngrams = xp.sum(table("ngrams", inputs.ngrams) * written, axis=2) / xp.sqrt(xp.sum(written, axis=2) + np.float32(1))
    asked = xp.concatenate([table("task", inputs.asked[:, 0]), table("question", inputs.asked[:, 1])], axis=-1)
    parts = [drop(table(name, inputs.buckets[:, :, at]), 0.3) for at, name in enumerate(("words", "ends", "starts", "sounds"))]
    embedded = [
        *parts, table("shapes", inputs.buckets[:, :, 4]), drop(ngrams, 0.3), drop(dense(drop(inputs.vectors, 0.1), "vectors"), 0.3),
        drop(dense(inputs.intents, "intents"), 0.2), dense(inputs.numbers, "numbers"), asked[:, None, :] * xp.ones_like(mask),
    ]  # fmt: skip
    mixed = normalise(dense(xp.concatenate(embedded, axis=-1), "input"), "input.norm") * mask
    for number in range(CONVOLUTIONS):
        edge = xp.zeros_like(mixed[:, :1])
        before, after = xp.concatenate([edge, mixed[:, :-1]], axis=1), xp.concatenate([mixed[:, 1:], edge], axis=1)
        gated = dense(xp.concatenate([before, mixed, after], axis=-1), f"convolution{number}")
        step = gated[:, :, :WIDTH] * _sigmoid(xp, gated[:, :, WIDTH:])
        mixed = normalise(mixed + drop(step, 0.2), f"convolution{number}.norm") * mask
    mixed = mixed + inputs.positions[None]
    hiding = (inputs.mask[:, None, :] - np.float32(1)) * np.float32(1e4)
    for number in range(ATTENTIONS):
        name = f"attention{number}"
        seen = []
        for head in range(ATTENTION_HEADS):
            query, key, value = (dense(mixed, f"{name}.{part}{head}") for part in ("query", "key", "value"))
            scores = xp.matmul(query, xp.swapaxes(key, 1, 2)) / np.float32(np.sqrt(HEAD_WIDTH)) + hiding
            seen.append(xp.matmul(drop(_softmax(xp, scores), 0.1), value))
        mixed = normalise(mixed + drop(dense(xp.concatenate(seen, axis=-1), name + ".out"), 0.2), name + ".norm")
        step = dense(_gelu(xp, dense(mixed, name + ".wide")), name + ".narrow")
        mixed = normalise(mixed + drop(step, 0.2), name + ".last")
    values, anchors = dense(drop(mixed, 0.3), "value"), dense(drop(mixed, 0.3), "anchor")
    said = hidden("closed")
    return Outputs(
        dense(hidden("anchors"), "anchors.out"),
        dense(hidden("slots"), "slots.out"),
        xp.matmul(values, xp.swapaxes(anchors, 1, 2)) / np.float32(10),
        {slot: dense(said, "closed." + slot) for slot in CLOSED},
    )


def _gelu(xp: Any, values: Array) -> Array:
    return values * _sigmoid(xp, np.float32(1.702) * values)


def _sigmoid(xp: Any, values: Array) -> Array:
    return np.float32(1) / (np.float32(1) + xp.exp(-xp.clip(values, -30, 30)))


def _softmax(xp: Any, values: Array) -> Array:
    values = xp.exp(values - xp.max(values, axis=-1, keepdims=True))
    return values / xp.sum(values, axis=-1, keepdims=True)


@lru_cache(maxsize=1)
def _all_positions() -> npt.NDArray[np.float32]:
    at = np.arange(MAX_TOKENS, dtype=np.float32)[:, None]
    angles = at / np.power(10000.0, np.arange(0, WIDTH, 2, dtype=np.float32) / WIDTH)[None]
    return np.asarray(np.concatenate([np.sin(angles), np.cos(angles)], axis=-1) * 0.3, np.float32)


def batch(features: Sequence[Features], asked: Sequence[tuple[int, int]]) -> Inputs:
    """Return the inputs of some messages, padded to the longest."""
    size, length = len(features), max(map(len, features))
    inputs = Inputs(
        np.zeros((size, length, 5), np.int32),
        np.zeros((size, length, MAX_NGRAMS), np.int32),
        np.zeros((size, length, NUMBERS), np.float32),
        np.zeros((size, length, LENGTH), np.float32),
        np.zeros((size, length, features[0].intents.shape[1]), np.float32),
        np.zeros((size, length), np.float32),
        np.array(asked, np.int32).reshape(size, 2),
        _all_positions()[:length],
    )
    for at, one in enumerate(features):
        end = len(one)
        inputs.buckets[at, :end], inputs.ngrams[at, :end] = one.buckets, one.ngrams
        inputs.numbers[at, :end], inputs.vectors[at, :end] = one.numbers, one.vectors
        inputs.intents[at, :end], inputs.mask[at, :end] = one.intents, 1
    return inputs


def init_weights(labels: int, tasks: int, questions: int, intents: int, seed: int) -> dict[str, npt.NDArray[np.float32]]:
    """Return fresh weights.

    Args:
        labels: how many labels commands have.
        tasks: how many tasks may be under way.
        questions: how many questions may be on the table.
        intents: how many intents the intent model tells apart.
        seed: of the random numbers.
    """
    random = np.random.default_rng(seed)
    weights: dict[str, npt.NDArray[np.float32]] = {}

    def table(name: str, rows: int, width: int) -> None:
        weights[name] = random.uniform(-0.05, 0.05, (rows + 1, width)).astype(np.float32)

    def dense(name: str, width: int, out: int) -> None:
        limit = np.sqrt(6 / (width + out))
        weights[name] = random.uniform(-limit, limit, (width, out)).astype(np.float32)
        weights[name + ".bias"] = np.zeros(out, np.float32)

    def norm(name: str) -> None:
        weights[name + ".scale"], weights[name + ".bias"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    tables = {"words": (WORD_BUCKETS, 64), "ends": (PART_BUCKETS, 24), "starts": (PART_BUCKETS, 24), "sounds": (PART_BUCKETS, 24)}
    tables |= {"shapes": (SHAPES, 8), "ngrams": (CHARACTER_BUCKETS, 48), "task": (tasks, 24), "question": (questions, 24)}
    for name, (rows, width) in tables.items():
        table(name, rows, width)
    dense("vectors", LENGTH, 96)
    dense("numbers", NUMBERS, 48)
    dense("intents", 2 * intents, 64)
    dense("input", sum(width for _, width in tables.values()) + 96 + 48 + 64, WIDTH)
    norm("input.norm")
    for number in range(CONVOLUTIONS):
        dense(f"convolution{number}", 3 * WIDTH, 2 * WIDTH)
        norm(f"convolution{number}.norm")
    for number in range(ATTENTIONS):
        for part in ("query", "key", "value"):
            for head in range(ATTENTION_HEADS):
                dense(f"attention{number}.{part}{head}", WIDTH, HEAD_WIDTH)
        dense(f"attention{number}.out", WIDTH, WIDTH)
        norm(f"attention{number}.norm")
        dense(f"attention{number}.wide", WIDTH, 2 * WIDTH)
        dense(f"attention{number}.narrow", 2 * WIDTH, WIDTH)
        norm(f"attention{number}.last")
    dense("value", WIDTH, 96)
    dense("anchor", WIDTH, 96)
    for name, out in {"anchors": labels + 1, "slots": len(SLOT_TAGS)}.items():
        dense(name, WIDTH, WIDTH)
        dense(name + ".out", WIDTH, out)
    dense("closed", WIDTH, WIDTH)
    for slot, values in CLOSED.items():
        dense("closed." + slot, WIDTH, len(values))
    weights["fits"] = np.zeros((len(TEXT_SLOTS), labels), np.float32)
    weights["steps"] = np.zeros((len(TEXT_SLOTS), SAME_SLOT, STEPS), np.float32)
    return weights


def place_pair(order: int, nearest: int, same_slot: int) -> tuple[int, int]:
    """Return the column of `steps` for a value and a command: how many values of its slot there are, and where the command stands.

    Args:
        order: the command's number.
        nearest: the number of the last command that stands before the value, or of the first.
        same_slot: how many values of that slot the message has, this one included.
    """
    return min(same_slot, SAME_SLOT) - 1, min(max(order - nearest, -(STEPS // 2)), STEPS // 2) + STEPS // 2
