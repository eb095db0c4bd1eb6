"""What tests of wishes share: whose settings they are, the table of sentences, and what comes of saying some of them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from bot.core.clock import PARIS
from bot.notifications.kinds import DeliveryChannel
from bot.notifications.preference_changes import apply
from bot.notifications.preference_parser import Context, PreferenceRequest, read
from bot.notifications.preferences import Preferences
from tests.unit.notifications.preference_notation import notation

NOW = datetime(2026, 11, 23, 11, tzinfo=PARIS).astimezone(UTC)  # a Monday
DOSSIER = "SPH-2024-000205"
BOTH = Context(
    Preferences(),
    frozenset({DeliveryChannel.TELEGRAM, DeliveryChannel.MAIL, DeliveryChannel.SPHERE}),
    NOW,
    dossier=DOSSIER,
    here=DeliveryChannel.TELEGRAM,
)
CHAT = replace(BOTH, ways=frozenset({DeliveryChannel.TELEGRAM, DeliveryChannel.SPHERE}))
NO_CHAT = replace(BOTH, ways=frozenset({DeliveryChannel.MAIL, DeliveryChannel.SPHERE}), here=DeliveryChannel.SPHERE)


TABLE = tomllib.loads((Path(__file__).parent / "examples.toml").read_text(encoding="utf-8"))
EXPECTED = [line for section in TABLE.values() for line in section.items()]
SENTENCES = [text for text, _ in EXPECTED]


def applied(preferences: Preferences, result: PreferenceRequest) -> Preferences | None:
    """The preferences with a wish come true; None where it would leave no moment of the week."""
    try:
        return apply(preferences, result.changes, NOW)
    except ValidationError as refused:
        if "no moment of the week" not in str(refused):
            raise
        return None


def wish(text: str, context: Context = CHAT) -> PreferenceRequest:
    result = read(text, [], context)
    assert isinstance(result, PreferenceRequest), notation(result)
    return result


def after(*texts: str, context: Context = CHAT) -> Preferences:
    """The preferences of somebody who said this, one thing after the other."""
    for text in texts:
        context = replace(context, preferences=apply(context.preferences, wish(text, context).changes, NOW))
    return context.preferences


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[arg-type,misc]
