"""Messages as the network is trained on them: features, and the numbers that it is to give."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.commands.augmentation import Augmenter
from nlu.commands.clause_intents import ClauseIntents
from nlu.commands.command import Asked
from nlu.commands.decoding import nearest_command
from nlu.commands.features import FeatureExtractor, Features
from nlu.commands.labelled_messages import Alignment, LabelledMessage, SlotSpan, align
from nlu.commands.labels import TEXT_SLOTS
from nlu.commands.network import CLOSED, SLOT_TAGS, batch, place_pair
from nlu.commands.word_vectors import load_word_vectors
from nlu.components.analysis import Token
from nlu.components.intent_model import IntentModel
from nlu.pii.name_tagger import NameTagger


@dataclass(slots=True)
class Example:
    """A message as the network is trained on it.

    Attributes:
        features: its features.
        asked: the numbers of task and question.
        anchors: by token the number of the label of the command on it, 0 for none.
        tags: by token the number of its slot tag.
        closed: by slot of `CLOSED`, by token the number of the value.
        pairs: rows of token of the value, token of the command, slot, label, count, step, belongs (1 or 0).
        intent: the number of the one label that is somewhere in it, -1 where the anchors are known.
    """

    features: Features
    asked: tuple[int, int]
    anchors: npt.NDArray[np.int32]
    tags: npt.NDArray[np.int32]
    closed: npt.NDArray[np.int32]
    pairs: npt.NDArray[np.int32]
    intent: int = -1


class ExampleBuilder:
    """Turns messages into examples; holds the labels, tasks and questions that there are."""

    def __init__(self, messages: Sequence[LabelledMessage], words: dict[str, int], tagger: NameTagger, model: IntentModel) -> None:
        self.labels = sorted({command.label for message in messages for command in message.commands})
        self.tasks = sorted({message.asked.task for message in messages} - {""})
        self.questions = sorted({message.asked.question for message in messages} - {""})
        self.words, self._lists = words, tagger.lists
        self.intents = list(model.intents)
        self.extractor = FeatureExtractor(words, tagger, load_word_vectors(), ClauseIntents(model, self.intents))

    def build(self, message: LabelledMessage) -> Example | None:
        """Return the example of a message, or None where a command or value stands nowhere."""
        tokens = self.extractor.analyse(message.text)
        alignment = align(message, tokens)
        return self._build(message, message.text, tokens, alignment) if alignment and tokens else None

    def vary(self, message: LabelledMessage, rng: random.Random) -> Example | None:
        """Return the example of a copy of a message; None where the copy lost a command or value."""
        tokens = self.extractor.analyse(message.text)
        alignment = align(message, tokens)
        if alignment is None:
            return None
        augmenter = Augmenter(rng, *(self._lists[name] for name in ("first", "last", "city", "job")))
        text, places = augmenter.vary(message, tokens, alignment)
        varied = self.extractor.analyse(text)
        anchors = [_move(anchor, places, varied) for anchor in alignment.anchors]
        spans = [(span, _move((span.first, span.last), places, varied)) for span in alignment.spans]
        if None in anchors or any(place is None for _, place in spans) or len({anchor[0] for anchor in anchors if anchor}) < len(anchors):
            return None
        moved = Alignment(
            tuple(anchor for anchor in anchors if anchor),
            tuple(SlotSpan(span.slot, *place, span.commands) for span, place in spans if place),
        )
        return self._build(message, text, varied, moved)

    def build_sentence(self, text: str, label: str, entities: Sequence[tuple[str, str]]) -> Example | None:
        """Return the example of a sentence of one intent, and those of its entities that are slots."""
        tokens = self.extractor.analyse(text)
        if label not in self.labels or not tokens:
            return None
        example = self._empty(text, tokens, Asked())
        example.intent = self.labels.index(label) + 1
        for slot, value in entities:
            start = text.find(value)
            covered = [number for number, token in enumerate(tokens) if token.start < start + len(value) and start < token.end]
            _tag(example.tags, slot, covered)
        return example

    def _empty(self, text: str, tokens: list[Token], asked: Asked) -> Example:
        numbers = (
            self.tasks.index(asked.task) + 1 if asked.task in self.tasks else 0,
            self.questions.index(asked.question) + 1 if asked.question in self.questions else 0,
        )
        length = len(tokens)
        zeros = np.zeros(length, np.int32)
        closed = np.zeros((len(CLOSED), length), np.int32)
        return Example(self.extractor.extract(text, tokens), numbers, zeros, zeros.copy(), closed, np.zeros((0, 7), np.int32))

    def _build(self, message: LabelledMessage, text: str, tokens: list[Token], alignment: Alignment) -> Example:
        example = self._empty(text, tokens, message.asked)
        labels = [self.labels.index(command.label) if command.label in self.labels else -1 for command in message.commands]
        starts = [first for first, _ in alignment.anchors]
        for command, label, at in zip(message.commands, labels, starts, strict=True):
            example.anchors[at] = label + 1
            for number, (slot, values) in enumerate(CLOSED.items()):
                said = [value for value in command.slots.get(slot, ()) if value in values]
                example.closed[number, at] = values.index(said[0]) if said else 0
        for span in sorted(alignment.spans, key=lambda span: (span.slot == "reason", span.first)):
            _tag(example.tags, span.slot, range(span.first, span.last + 1))
        counts = Counter(span.slot for span in alignment.spans)
        in_order = sorted(starts)
        pairs = []
        for span in alignment.spans:
            nearest = nearest_command(span.first, in_order)
            for number, at in enumerate(starts):
                place = place_pair(in_order.index(at), nearest, counts[span.slot])
                pairs.append((span.first, at, TEXT_SLOTS.index(span.slot), labels[number], *place, number in span.commands))
        example.pairs = np.array(pairs, np.int32).reshape(-1, 7)
        return example


def _tag(tags: npt.NDArray[np.int32], slot: str, tokens: Sequence[int]) -> None:
    if any(tags[number] for number in tokens):
        return
    for order, number in enumerate(tokens):
        tags[number] = SLOT_TAGS.index(f"{'I' if order else 'B'}-{slot}")


def _move(tokens: tuple[int, int], places: Sequence[tuple[int, int]], varied: Sequence[Token]) -> tuple[int, int] | None:
    """Return which tokens of the copy stand where those from the first to the last stood."""
    kept = [place for place in places[tokens[0] : tokens[1] + 1] if place[0] < place[1]]
    if not kept:
        return None
    covered = [number for number, token in enumerate(varied) if token.start < kept[-1][1] and kept[0][0] < token.end]
    return (covered[0], covered[-1]) if covered else None


def to_arrays(examples: Sequence[Example]) -> dict[str, npt.NDArray[Any]]:
    """Return a batch: the inputs, and what they are to give, padded; pairs of all messages have their message's number first."""
    inputs = batch([example.features for example in examples], [example.asked for example in examples])
    size, length = inputs.mask.shape
    arrays: dict[str, npt.NDArray[Any]] = {name: getattr(inputs, name) for name in inputs.__slots__}
    arrays["anchors"], arrays["tags"] = np.zeros((size, length), np.int32), np.zeros((size, length), np.int32)
    arrays["closed"] = np.zeros((size, len(CLOSED), length), np.int32)
    arrays["intent"] = np.array([example.intent for example in examples], np.int32)
    pairs = []
    for number, example in enumerate(examples):
        end = len(example.features)
        arrays["anchors"][number, :end], arrays["tags"][number, :end] = example.anchors, example.tags
        arrays["closed"][number, :, :end] = example.closed
        pairs.append(np.concatenate([np.full((len(example.pairs), 1), number, np.int32), example.pairs], axis=1))
    arrays["pairs"] = np.concatenate(pairs) if pairs else np.zeros((0, 8), np.int32)
    return arrays
