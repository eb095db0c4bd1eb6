"""How well a masking does on typed messages: three rates, and the messages that it failed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.typed_names.messages import Typed, left_of, lost_of

Mask = Callable[[Typed], str]
"""Returns the message as it is kept."""


@dataclass
class Rates:
    """What became of the names; shares are of 0 to 1.

    Attributes:
        gone: the share of the usagers' names of which nothing is left.
        touched: the share of the messages without any name in which something was masked.
        kept: the share of the messages that name professionals alone in which every one of those names is whole.
        missed: the names that are left, with their messages as they are kept.
        needless: the messages without a name that were touched, as they are kept.
        lost: the professionals' names that were masked, with their messages.
    """

    gone: float = 1.0
    touched: float = 0.0
    kept: float = 1.0
    missed: list[tuple[str, str, str]] = field(default_factory=list)
    needless: list[tuple[str, str]] = field(default_factory=list)
    lost: list[tuple[str, str, str]] = field(default_factory=list)


def measure(messages: Sequence[Typed], mask: Mask) -> Rates:
    """Return the rates of a masking on these messages."""
    rates = Rates()
    names = free = professional = lost = 0
    for message in messages:
        masked = mask(message)
        names += len(message.usagers)
        rates.missed += [(name, message.text, masked) for name in left_of(message.usagers, masked)]
        if not message.usagers and not message.professionals:
            free += 1
            rates.needless += [(message.text, masked)] if masked != message.text else []
        elif not message.usagers:
            professional += 1
            found = lost_of(message.professionals, masked)
            lost += bool(found)
            rates.lost += [(name, message.text, masked) for name in found]
    rates.gone = 1 - len(rates.missed) / max(names, 1)
    rates.touched = len(rates.needless) / max(free, 1)
    rates.kept = 1 - lost / max(professional, 1)
    return rates
