"""The gradient descent that trains the network (TensorFlow)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.commands.network import CLOSED, Inputs, init_weights, run_network
from nlu.commands.training_examples import Example, to_arrays

EPOCHS, BATCH, RATE, GOING_ON_RATE, LAST_RATE = 12, 32, 1.5e-3, 5e-4, 2e-5
SENTENCES_OF_AN_EPOCH = 1200
"""How many sentences of which the intent alone is known are seen in each epoch."""
WORDS_HIDDEN = 0.12
"""The share of words of which the network sees the parts and lists alone."""
WEIGHTS_OF_LOSSES = {"anchors": 4.0, "slots": 4.0, "attachment": 1.0, "closed": 0.6, "sentences": 0.05}
_FIXED_WIDTH = frozenset(["buckets", "ngrams", "numbers", "vectors", "intents", "positions", "pairs", "asked"])
"""Arrays whose last dimension is the same in every batch."""


def train_network(
    known: Sequence[Example],
    copies: Sequence[Example],
    sentences: Sequence[Example],
    sizes: tuple[int, int, int, int],
    seed: int,
    report: Callable[[int, float], None],
    epochs: int = EPOCHS,
    start: dict[str, npt.NDArray[np.float32]] | None = None,
) -> dict[str, npt.NDArray[np.float32]]:
    """Return trained weights.

    Args:
        known: messages whose commands are known, seen in every epoch.
        copies: copies of them, a third of which is seen in each epoch.
        sentences: sentences of which the intent alone is known.
        sizes: how many labels, tasks, questions and intents there are.
        seed: of chance.
        report: called after each epoch with its number and the mean loss.
        epochs: how often the messages are seen.
        start: weights to go on from, at a rate for what is mostly learnt; none: from chance.
    """
    import tensorflow as tf
    from tensorflow.experimental import numpy as tnp

    tnp.experimental_enable_numpy_behavior(prefer_float32=True)
    tf.keras.utils.set_random_seed(seed)
    rng = random.Random(seed)
    weights = {name: tf.Variable(value) for name, value in (start or init_weights(*sizes, seed)).items()}
    of_an_epoch = len(known) + len(copies) // 3 + min(SENTENCES_OF_AN_EPOCH, len(sentences))
    schedule = tf.keras.optimizers.schedules.PolynomialDecay(
        GOING_ON_RATE if start else RATE, epochs * (of_an_epoch // BATCH + 1), LAST_RATE
    )
    optimizer = tf.keras.optimizers.legacy.Adam(schedule, clipnorm=1.0)
    first = to_arrays(known[:2])
    signature = {
        name: tf.TensorSpec([*[None] * (value.ndim - 1), value.shape[-1] if name in _FIXED_WIDTH else None], value.dtype)
        for name, value in first.items()
    }

    @tf.function(input_signature=[signature])
    def step(arrays: dict[str, Any]) -> Any:
        with tf.GradientTape() as tape:
            loss = _loss(tf, tnp, weights, arrays)
        gradients = tape.gradient(loss, weights)
        optimizer.apply_gradients([(gradients[name], variable) for name, variable in weights.items()])
        return loss

    shuffled: list[Example] = []
    for epoch in range(epochs):
        if epoch % 3 == 0:
            shuffled = rng.sample(list(copies), len(copies))
        share = len(copies) // 3
        part = shuffled[epoch % 3 * share : (epoch % 3 + 1) * share]
        seen = [*known, *part, *rng.sample(list(sentences), min(SENTENCES_OF_AN_EPOCH, len(sentences)))]
        seen.sort(key=lambda example: len(example.features) + 6 * rng.random())
        batches = [seen[at : at + BATCH] for at in range(0, len(seen), BATCH)]
        rng.shuffle(batches)
        losses = [float(step({name: tf.constant(value) for name, value in to_arrays(one).items()})) for one in batches]
        report(epoch, float(np.mean(losses)))
    return {name: value.numpy() for name, value in weights.items()}


def _loss(tf: Any, tnp: Any, weights: dict[str, Any], arrays: dict[str, Any]) -> Any:
    """Return the loss of a batch."""
    buckets = arrays["buckets"]
    seen = tf.cast(tf.random.uniform(tf.shape(buckets)[:2]) > WORDS_HIDDEN, tf.int32)
    buckets = tf.concat([(buckets[:, :, 0] * seen)[:, :, None], buckets[:, :, 1:]], axis=-1)
    given = {name: arrays[name] for name in Inputs.__slots__} | {"buckets": buckets}
    out = run_network(tnp, weights, Inputs(**given), tf.nn.dropout)
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
    known = tf.cast(arrays["intent"] < 0, tf.float32)[:, None] * arrays["mask"]
    tokens, count = tf.reduce_sum(arrays["mask"]), tf.reduce_sum(known) + 1.0
    on_anchor = known * tf.cast(arrays["anchors"] > 0, tf.float32)
    anchors = tf.reduce_sum(cross_entropy(arrays["anchors"], out.anchors) * (known + 0.5 * on_anchor)) / count
    slots = tf.reduce_sum(cross_entropy(arrays["tags"], out.slots) * arrays["mask"]) / tokens
    closed = sum(
        tf.reduce_sum(cross_entropy(arrays["closed"][:, number], out.closed[slot]) * on_anchor) for number, slot in enumerate(CLOSED)
    ) / (tf.reduce_sum(on_anchor) + 1.0)
    pairs = arrays["pairs"]
    label = tf.maximum(pairs[:, 4], 0)
    logits = (
        tf.gather_nd(out.attachment, pairs[:, :3])
        + tf.gather_nd(weights["fits"], tf.stack([pairs[:, 3], label], axis=1))
        + tf.gather_nd(weights["steps"], tf.stack([pairs[:, 3], pairs[:, 5], pairs[:, 6]], axis=1))
    )
    belongs = tf.cast(pairs[:, 7], tf.float32)
    attachment = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(belongs, logits)) / (tf.cast(tf.shape(pairs)[0], tf.float32) + 1.0)
    losses = {
        "anchors": anchors,
        "slots": slots,
        "closed": closed,
        "attachment": attachment,
        "sentences": _sentences(tf, out.anchors, arrays),
    }
    return sum(WEIGHTS_OF_LOSSES[name] * loss for name, loss in losses.items())


def _sentences(tf: Any, logits: Any, arrays: dict[str, Any]) -> Any:
    """Return the loss of sentences of which one label is known: it stands on some token, and no other label on any."""
    of_one = tf.cast(arrays["intent"] > 0, tf.float32)
    chances = tf.nn.softmax(logits)
    wanted = tf.one_hot(tf.maximum(arrays["intent"], 0), tf.shape(logits)[-1])[:, None, :]
    right = tf.reduce_sum(chances * wanted, axis=-1) * arrays["mask"]
    found = -tf.math.log(tf.reduce_max(right, axis=1) + 1e-6)
    others = -tf.reduce_sum(tf.math.log(tf.minimum(right + chances[:, :, 0], 1.0) + 1e-6) * arrays["mask"], axis=1)
    return tf.reduce_sum((found + others) * of_one) / (tf.reduce_sum(of_one) + 1.0)
