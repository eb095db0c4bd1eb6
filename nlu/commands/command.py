"""A command, what had been asked, and what was read of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nlu.commands.labels import CLOSED_SLOTS, HEADS, SLOTS, WITH_INTENT

Slots = dict[str, list[str]]
"""The values of each slot, in the order of the text."""
Place = tuple[int, int]
"""Where something stands in a text: start and end, in code points."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question on the table: the task under way and what it asks for; empty where nothing was asked."""

    task: str = ""
    question: str = ""


NOTHING_ASKED = Asked()


@dataclass(frozen=True, slots=True)
class Command:
    """What a part of a message comes to.

    Attributes:
        head: one of `HEADS`.
        intent: the full name of an intent, of `start` and `forbid` alone.
        slots: the values of its slots, as written.
        anchor: the words of the message that it stands on, of labelled messages alone.
        confidence: how likely it is meant, 0 to 1.
        at: where in the text the token stands that it was read at: start and end, in code points.
        places: where in the text the values stand, by slot; those that stand for somebody or something have no place.
    """

    head: str
    intent: str = ""
    slots: Slots = field(default_factory=dict)
    anchor: str = ""
    confidence: float = 1.0
    at: Place = field(default=(0, 0), compare=False)
    places: dict[str, list[Place]] = field(default_factory=dict, compare=False)

    @property
    def label(self) -> str:
        """The head, with the intent where there is one: `start:add_partner`."""
        return f"{self.head}:{self.intent}" if self.intent else self.head

    def to_dict(self) -> dict[str, Any]:
        """Return it as the contract writes it: one value alone, several as a list."""
        head = {self.head: self.intent if self.head in WITH_INTENT else True}
        return {**head, **{slot: values[0] if len(values) == 1 else values for slot, values in self.slots.items()}}


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a message.

    Attributes:
        commands: in the order in which they are to be carried out.
        withheld: commands that were read but are too doubtful to be carried out: a question says which was meant.
    """

    commands: list[Command]
    withheld: list[Command] = field(default_factory=list)


def parse_command(data: Mapping[str, Any]) -> Command:
    """Return the command that a mapping of the contract holds, `at` being its anchor.

    Raises:
        ValueError: there is not exactly one head, or a key or a value is none of the contract.
    """
    heads = [key for key in data if key in HEADS]
    if len(heads) != 1:
        raise ValueError(f"a command has one head, not {heads}: {dict(data)}")
    head = heads[0]
    if (head in WITH_INTENT) != isinstance(data[head], str):
        raise ValueError(f"{head}: {data[head]!r}")
    slots: Slots = {}
    for key, value in data.items():
        if key in (head, "at"):
            continue
        if key not in SLOTS:
            raise ValueError(f"no slot is called {key}")
        values = [str(item) for item in (value if isinstance(value, list) else [value])]
        if key == "sex":
            values = [item[:1].upper() for item in values]
        if key in CLOSED_SLOTS and not set(values) <= set(CLOSED_SLOTS[key]):
            raise ValueError(f"{key}: {values}")
        slots[key] = values
    return Command(head, data[head] if head in WITH_INTENT else "", slots, str(data.get("at", "")))
