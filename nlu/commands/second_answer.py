"""The answer of a language model: the JSON schema that it is asked to keep to, and what is believed of it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection
from typing import Any

import jsonschema

from nlu.commands.command import Command, parse_command
from nlu.commands.labels import CLOSED_SLOTS, HEADS, REFERENCES, SLOTS, WITH_INTENT
from nlu.components.folding import fold

MAX_COMMANDS, MAX_VALUES = 12, 24
"""Commands of a message, and values of a command, beyond which an answer is none."""


class UnbelievableAnswer(Exception):
    """What was answered is not of the schema, or says what does not stand in the message: all of it counts for nothing."""


def build_schema(intents: Collection[str]) -> dict[str, Any]:
    """Return the schema of an answer: heads, intents and slots are those of the contract, and no key may be added."""
    value = _object(slot={"type": "string", "enum": [*SLOTS]}, value={"type": "string"})
    command = _object(
        head={"type": "string", "enum": [*HEADS]},
        intent={"type": "string", "enum": ["", *sorted(intents)]},
        slots={"type": "array", "items": value, "maxItems": MAX_VALUES},
    )
    return _object(commands={"type": "array", "items": command, "maxItems": MAX_COMMANDS})


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def read_answer(content: str, text: str, schema: dict[str, Any]) -> list[Command]:
    """Return the commands of an answer, in its order.

    Args:
        content: what the language model wrote.
        text: the message that it read: every value must stand in it, whole words, compared without case and accents.
        schema: that of `build_schema`.

    Raises:
        UnbelievableAnswer: one of the commands or of their values is not to be believed.
    """
    try:
        answer = json.loads(content)
        jsonschema.validate(answer, schema)
        return [_read_command(command, fold(unicodedata.normalize("NFC", text))) for command in answer["commands"]]
    except (ValueError, RecursionError, jsonschema.ValidationError):
        raise UnbelievableAnswer from None  # what they say quotes the answer


def _read_command(command: dict[str, Any], folded: str) -> Command:
    head, intent = command["head"], command["intent"]
    if (head in WITH_INTENT) != bool(intent):
        raise ValueError("an intent without its head, or a head without its intent")
    slots: dict[str, list[str]] = {}
    for item in command["slots"]:
        slot, value = item["slot"], item["value"].strip()
        if slot not in CLOSED_SLOTS and value not in REFERENCES.get(slot, ()) and not _stands_in(value, folded):
            raise ValueError("a value that does not stand in the message")
        slots.setdefault(slot, []).append(value)
    return parse_command({head: intent or True, **slots})


def _stands_in(value: str, folded: str) -> bool:
    """Return whether the words of a value stand in a folded text, as whole words."""
    words = fold(unicodedata.normalize("NFC", value)).split()
    pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)"
    return any(any(c.isalnum() for c in word) for word in words) and re.search(pattern, folded) is not None
