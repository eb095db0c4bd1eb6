"""Messages that people labelled with their commands, and where each command and value stands in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from nlu.commands.command import Asked, Command, parse_command
from nlu.commands.labels import REFERENCES, TEXT_SLOTS
from nlu.components.analysis import Token
from nlu.components.folding import fold

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """A message with its commands; `writer` is the name of its file, so that writers can be held out."""

    text: str
    asked: Asked
    commands: tuple[Command, ...]
    writer: str = ""


@dataclass(frozen=True, slots=True)
class SlotSpan:
    """Tokens `first` to `last` (included) that are a value of `slot` in the commands numbered `commands`."""

    slot: str
    first: int
    last: int
    commands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the commands stand: the first and last token of each one's anchor, and the spans of their values."""

    anchors: tuple[tuple[int, int], ...]
    spans: tuple[SlotSpan, ...]


def read_messages(path: Path) -> list[LabelledMessage]:
    """Return the messages of a file of the contract's form.

    Raises:
        ValueError: the file is not of this form; the message's number is said.
    """
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(content, list):
        raise ValueError(f"{path}: not a list of messages")
    messages = []
    for number, item in enumerate(content, 1):
        try:
            messages.append(_parse_message(item, path.name.split(".")[0]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path}, message {number}: {error}") from error
    return messages


def _parse_message(item: dict[str, Any], writer: str) -> LabelledMessage:
    asked = item.get("asked") or {}
    commands = tuple(parse_command(command) for command in item["commands"])
    return LabelledMessage(str(item["text"]), Asked(asked.get("task") or "", asked.get("question") or ""), commands, writer)


def align(message: LabelledMessage, tokens: list[Token]) -> Alignment | None:
    """Return where the commands and their values stand in the text, or None if one stands nowhere."""
    anchors: list[tuple[int, int]] = []
    taken: set[int] = set()
    for command in message.commands:
        places = (_covering(tokens, start, end) for start, end in _occurrences(message.text, command.anchor))
        place = next((place for place in places if place and not taken & set(place)), None)
        if place is None:
            return None
        anchors.append((place[0], place[-1]))
        taken |= set(place)
    spans: dict[tuple[str, int, int], list[int]] = {}
    for number, command in enumerate(message.commands):
        for slot, value in _values(command):
            places = [_covering(tokens, start, end) for start, end in _occurrences(message.text, value)]
            if not any(places):
                return None
            nearest = min(filter(None, places), key=lambda place: abs(place[0] - anchors[number][0]))
            spans.setdefault((slot, nearest[0], nearest[-1]), []).append(number)
    return Alignment(tuple(anchors), tuple(SlotSpan(*key, tuple(numbers)) for key, numbers in spans.items()))


def _values(command: Command) -> Iterable[tuple[str, str]]:
    for slot, values in command.slots.items():
        if slot in TEXT_SLOTS:
            yield from ((slot, value) for value in values if value not in REFERENCES.get(slot, ()))


def _occurrences(text: str, value: str) -> list[tuple[int, int]]:
    """Return where `value` stands in `text`, case and accents apart: those between word boundaries if there are any."""
    pattern = r"\s+".join(map(re.escape, fold(value).split()))
    found = [match.span(1) for match in re.finditer(f"(?=({pattern}))", fold(text))] if pattern else []
    whole = [(start, end) for start, end in found if not _inside_word(text, start) and not _inside_word(text, end)]
    return whole or found


def _inside_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _covering(tokens: list[Token], start: int, end: int) -> list[int]:
    return [number for number, token in enumerate(tokens) if token.start < end and start < token.end]
