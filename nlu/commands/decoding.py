"""From the network's probabilities to a list of commands with their confidences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nlu.commands.command import Command, Place, Reading
from nlu.commands.labels import CHANGING, TEXT_SLOTS
from nlu.commands.network import CLOSED, SLOT_TAGS, place_pair
from nlu.components.analysis import Token

FloatArray = npt.NDArray[np.float32]
MIN_ONLY_COMMAND = 0.25
"""How likely a command must be that is read where no token has one for its likeliest label."""
IDENTITY_SLOTS = frozenset(["partner", "usager", "dossier", "birth_name", "given_names"])
"""Slots that say about whom a command is: a doubt about them is a doubt about the command."""
_NAME_SLOTS = frozenset(["partner", "usager", "birth_name", "given_names"])
_SLOT_OF_BARE_NAME = {
    "partner": "partner", "dossier": "usager", "usager": "usager", "birth_name": "birth_name", "given_names": "given_names",
}  # fmt: skip
"""Whose name it is that is said alone, by the question on the table."""


@dataclass(frozen=True, slots=True)
class Probabilities:
    """The outputs for a message of n tokens, as probabilities.

    Attributes:
        anchors: n x labels + 1, the first being that no command stands there.
        slots: n x `SLOT_TAGS`.
        attachment: n x n: logits that a value which begins at the first token belongs to a command on the second.
        closed: n x values, by slot of `CLOSED`.
        fits: `TEXT_SLOTS` x labels, added to `attachment`.
        steps: `TEXT_SLOTS` x places (`place_pair`), added to `attachment`.
    """

    anchors: FloatArray
    slots: FloatArray
    attachment: FloatArray
    closed: dict[str, FloatArray]
    fits: FloatArray
    steps: FloatArray


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidences below which a command that changes something, and a plain yes, is withheld."""

    change: float
    affirm: float


@dataclass(frozen=True, slots=True)
class _Anchor:
    token: int
    label: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `first` to `last` (included) that are a value of `slot`, and how likely that is."""

    slot: str
    first: int
    last: int
    confidence: float


def decode(text: str, tokens: Sequence[Token], found: Probabilities, labels: Sequence[str], question: str = "") -> list[Command]:
    """Return the commands of a message, in its order.

    Args:
        text: the message.
        tokens: its tokens.
        found: what the networks say of them.
        labels: those of the anchors' columns 1 and up.
        question: the question on the table.
    """
    if not tokens:
        return []
    anchors = _find_anchors(found.anchors)
    spans = [span for span in find_spans(found.slots) if _is_possible(span, tokens, question)]
    values: list[dict[str, list[str]]] = [{} for _ in anchors]
    places: list[dict[str, list[Place]]] = [{} for _ in anchors]
    doubts = [1.0] * len(anchors)
    own = [0] * len(anchors)
    for span in spans if anchors else []:
        chances = _attachment(span, spans, anchors, found)
        owners = [at for at, chance in enumerate(chances) if chance >= 0.5] or [int(np.argmax(chances))]
        place = (tokens[span.first].start, tokens[span.last].end)
        value = text[slice(*place)]
        for at in owners:
            values[at].setdefault(span.slot, [])
            places[at].setdefault(span.slot, []).append(place)
            if value not in values[at][span.slot]:
                values[at][span.slot].append(value)
            own[at] += len(owners) == 1
        if span.slot in IDENTITY_SLOTS:
            for at, chance in enumerate(chances):
                doubts[at] = min(doubts[at], max(chance, 1 - chance) * (span.confidence if at in owners else 1.0))
    commands = []
    for at, anchor in enumerate(anchors):
        head, _, intent = labels[anchor.label - 1].partition(":")
        for slot, choices in CLOSED.items():
            chosen = int(np.argmax(found.closed[slot][anchor.token]))
            if chosen and (slot == "except" or slot not in values[at]):
                values[at].setdefault(slot, []).append(choices[chosen])
        stands_at = (tokens[anchor.token].start, tokens[anchor.token].end)
        confidence = anchor.confidence * doubts[at]
        commands.append(Command(head, intent, values[at], confidence=confidence, at=stands_at, places=places[at]))
    return _without_repetitions([_as_asked(command, text, question) for command in commands], own)


def _as_asked(command: Command, text: str, question: str) -> Command:
    """Return the command with a name that is the whole answer under the slot that was asked for: « Zoé » is no usager at « prénom ? »."""
    slot = _SLOT_OF_BARE_NAME.get(question)
    if command.head != "set" or slot is None or len(command.slots) != 1:
        return command
    read, values = next(iter(command.slots.items()))
    if read not in _NAME_SLOTS or read == slot or len(values) != 1 or values[0] != text.strip(" .!\n"):
        return command
    return replace(command, slots={slot: values}, places={slot: command.places.get(read, [])})


def _is_possible(span: Span, tokens: Sequence[Token], question: str) -> bool:
    """Return whether a value may be one of its slot: nobody's name is without a letter, nor is a login code that was asked for a birth."""
    if span.slot not in _NAME_SLOTS and (span.slot != "birth_date" or question != "code"):
        return True
    return any(letter.isalpha() for token in tokens[span.first : span.last + 1] for letter in token.text)


def withhold(commands: Sequence[Command], thresholds: Thresholds) -> Reading:
    """Separate the commands that change something, or say yes, and are too doubtful."""
    doubtful = [command for command in commands if command.confidence < _threshold(command, thresholds)]
    return Reading([command for command in commands if command not in doubtful], doubtful)


def _threshold(command: Command, thresholds: Thresholds) -> float:
    if command.head == "affirm" and "condition" not in command.slots:
        return thresholds.affirm
    return thresholds.change if command.head == "start" and command.intent in CHANGING else 0.0


def _find_anchors(chances: FloatArray) -> list[_Anchor]:
    likeliest = chances[:, 1:].argmax(axis=1) + 1
    anchors = [
        _Anchor(at, int(label), float(chances[at, label]))
        for at, label in enumerate(likeliest)
        if chances[at, 0] < max(0.5, float(chances[at, label]))
    ]
    if not anchors:
        at = int(chances[:, 1:].max(axis=1).argmax())
        if chances[at, likeliest[at]] >= MIN_ONLY_COMMAND:
            anchors = [_Anchor(at, int(likeliest[at]), float(chances[at, likeliest[at]]))]
    return anchors


def _attachment(span: Span, spans: Sequence[Span], anchors: Sequence[_Anchor], found: Probabilities) -> list[float]:
    """Return how likely the value belongs to each command."""
    slot = TEXT_SLOTS.index(span.slot)
    same = sum(other.slot == span.slot for other in spans)
    nearest = nearest_command(span.first, [anchor.token for anchor in anchors])
    logits = [
        found.attachment[span.first, anchor.token]
        + found.fits[slot, anchor.label - 1]
        + found.steps[(slot, *place_pair(at, nearest, same))]
        for at, anchor in enumerate(anchors)
    ]
    return [float(1 / (1 + np.exp(-logit))) for logit in logits]


def nearest_command(token: int, anchors: Sequence[int]) -> int:
    """Return the number of the last command whose token is not after `token`, or of the first."""
    return max((number for number, anchor in enumerate(anchors) if anchor <= token), default=0)


def _without_repetitions(commands: Sequence[Command], own: Sequence[int]) -> list[Command]:
    """Leave out a command that says what its neighbour says: two words of one wish were each taken for one."""
    kept: list[Command] = []
    for number, command in enumerate(commands):
        previous = kept[-1] if kept else None
        if previous is None or previous.label != command.label or (own[number] and own[number - 1] and command.slots != previous.slots):
            kept.append(command)
            continue
        slots, places = {**command.slots, **previous.slots}, {**command.places, **previous.places}
        kept[-1] = replace(previous, slots=slots, places=places, confidence=max(previous.confidence, command.confidence))
    return kept


def find_spans(chances: FloatArray) -> list[Span]:
    """Return the spans of the likeliest sequence of tags in which an inside follows a tag of its slot (Viterbi)."""
    scores = np.log(chances + 1e-9)
    starts, insides = _outer_tags(), _inside_tags()
    best = np.where(_is_inside(), -np.inf, scores[0])
    back = np.zeros(scores.shape, np.int64)
    for at in range(1, len(scores)):
        top = int(best.argmax())
        step = np.empty_like(best)
        step[starts], back[at, starts] = best[top], top
        from_start, from_inside = best[insides - 1], best[insides]
        longer = from_inside > from_start
        step[insides], back[at, insides] = np.where(longer, from_inside, from_start), np.where(longer, insides, insides - 1)
        best = step + scores[at]
    tags = [int(best.argmax())]
    for at in range(len(scores) - 1, 0, -1):
        tags.append(int(back[at, tags[-1]]))
    spans: list[Span] = []
    for at, tag in enumerate(reversed(tags)):
        place, _, slot = SLOT_TAGS[tag].partition("-")
        if place == "B":
            spans.append(Span(slot, at, at, float(chances[at, tag])))
        elif place == "I":
            spans[-1] = replace(spans[-1], last=at, confidence=min(spans[-1].confidence, float(chances[at, tag])))
    return spans


@lru_cache(maxsize=1)
def _is_inside() -> npt.NDArray[np.bool_]:
    return np.array([tag.startswith("I-") for tag in SLOT_TAGS])


@lru_cache(maxsize=1)
def _inside_tags() -> npt.NDArray[np.int64]:
    return np.flatnonzero(_is_inside())


@lru_cache(maxsize=1)
def _outer_tags() -> npt.NDArray[np.int64]:
    return np.flatnonzero(~_is_inside())
