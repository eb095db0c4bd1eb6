"""Changing one's notification settings: made at once, read back in words with what it means next, undone by a button."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import ValidationError
from rasa_sdk.events import SlotSet

from actions.base import Context, Events
from actions.notifications_words import Words
from actions.speech import Button
from actions.turn import Turn
from actions.wish_presets import LASTING
from bot.identity.deep_links import link_channels
from bot.notifications.kinds import CHATS, DeliveryChannel, Mode
from bot.notifications.preference_changes import (
    AddQuiet,
    Change,
    ClearQuiet,
    EndMute,
    EndMutes,
    SetDigest,
    SetMode,
    StartMute,
    SwitchOn,
    apply,
)
from bot.notifications.preferences import Preferences

UNDOABLE = "undoable"
"""Slot: the change made last in this conversation, {"version": …, "turn": key of its turn}."""
NAMES_CHANGE = re.compile(r"\bcomme avant\b|\bannul\w+ (?:ce|le|mon) (?:dernier )?changement", re.IGNORECASE)
"""Words that take the last change back."""
_SECTIONS: dict[type[Change], tuple[str, ...]] = {
    SetMode: ("matrix",),
    SwitchOn: ("matrix",),
    SetDigest: ("digest",),
    AddQuiet: ("quiet",),
    ClearQuiet: ("quiet",),
    StartMute: ("mutes",),
    EndMute: ("mutes",),
    EndMutes: ("mutes",),
}
"""What is read back after each change, whether or not anything is other than before."""


async def make(context: Context, changes: Sequence[Change]) -> Events:
    """Make the changes and read them back. Raises FhirUnavailable, and then nothing is changed."""
    person, service, now = await context.member(), context.services.notifications, context.services.clock.now()
    turn = context.turn
    before = await service.preferences(person.id)
    try:
        after = await service.change(
            person.id, lambda held: apply(held, changes, now), channel=turn.channel, conversation_id=turn.conversation_id
        )
    except ValidationError as error:
        context.unchanged(_refusal(error))
        return []
    words = await _words(context, after)
    wanted = {name for change in changes for name in _SECTIONS[type(change)]}
    if any(isinstance(change, SetMode) and change.mode is Mode.DIGEST for change in changes):
        wanted.add("digest")
    lines = [line for name, found in words.sections().items() if name in wanted for line in found]
    missing = _missing(context, words.ways, changes)
    if after == before:
        context.unchanged("utter_settings_same")
        context.speech.say_parts([*lines, *missing, words.outlook()], [overview_button(context)])
        return []
    version = await service.version(person.id)
    back = context.speech.button("utter_title_undo", "manage_notifications", undo=str(version))
    quiet = any(isinstance(change, StartMute) and change.dossier is None for change in changes)
    passes = [context.speech.phrase("utter_mute_passes")] if quiet else []
    said = [context.speech.phrase("utter_settings_changed"), *lines, *passes, *missing, words.outlook()]
    context.speech.say_parts(said, [back, *_ends(context, changes), overview_button(context)])
    return [SlotSet(UNDOABLE, {"version": version, "turn": turn.key})]


async def undo(context: Context, version: int | None) -> Events:
    """Take the last change back, if it is still the one of this version, and read back what holds again."""
    person, service, turn = await context.member(), context.services.notifications, context.turn
    before = await _words(context, await service.preferences(person.id))
    held = await service.undo(person.id, channel=turn.channel, conversation_id=turn.conversation_id, version=version)
    if held is None:
        context.unchanged("utter_nothing_to_undo", [overview_button(context)])
        return [SlotSet(UNDOABLE, None)]
    words = await _words(context, held)
    then, now = before.sections(), words.sections()
    lines = [line for name, found in now.items() if found != then[name] for line in found]
    context.speech.say_parts([context.speech.phrase("utter_settings_undone"), *lines, words.outlook()], [overview_button(context)])
    return [SlotSet(UNDOABLE, None)]


def _ends(context: Context, changes: Sequence[Change]) -> list[Button]:
    """For a mute without end: ends, a press away."""
    endless = [change for change in changes if isinstance(change, StartMute) and change.until is None]
    if len(endless) != 1:
        return []
    which = {"dossier_ref": endless[0].dossier} if endless[0].dossier else {"everything": "1"}
    return [context.speech.button(f"utter_title_mute_{lasting}", "mute_notifications", lasting=lasting, **which) for lasting in LASTING]


def takes_back(turn: Turn) -> int | None:
    """The version of the change that « annule » takes back: the one made in the turn before, or « ce changement » made in this chat."""
    held = turn.slot(UNDOABLE)
    if held and NAMES_CHANGE.search(turn.text):
        return int(held["version"])
    return int(held["version"]) if held and turn.follows(held["turn"]) else None


async def overview(context: Context) -> Events:
    """All the settings, what may be said to change them, some ready changes, and a link to the page."""
    person, service = await context.member(), context.services.notifications
    words = await _words(context, await service.preferences(person.id))
    speech = context.speech
    lines = [line for found in words.sections().values() for line in found]
    speech.say_parts(
        [speech.phrase("utter_settings"), *lines, words.outlook(), speech.phrase("utter_settings_how")], _ready(context, words)
    )
    speech.link(speech.phrase("utter_title_settings_page"), await service.page_link(person.id, context.turn.conversation_id))
    return []


def overview_button(context: Context) -> Button:
    """« Voir mes réglages »."""
    return context.speech.button("utter_title_settings", "manage_notifications", show="1")


async def _words(context: Context, preferences: Preferences) -> Words:
    person = await context.member()
    ways = await context.services.notifications.ways(person.id, person.email)
    return Words(context.speech, preferences, ways, context.services.clock.now())


def _ready(context: Context, words: Words) -> list[Button]:
    """Changes that many want, a press away."""
    speech = context.speech
    muted = words.preferences.mutes and any(mute.until is None or mute.until > words.now for mute in words.preferences.mutes)
    return [
        speech.button("utter_title_one_digest", "manage_notifications", preset="digest"),
        speech.button("utter_title_no_evenings", "manage_notifications", preset="evenings"),
        speech.button("utter_title_no_weekends", "manage_notifications", preset="weekends"),
        speech.button("utter_title_unmute", "resume_notifications")
        if muted
        else speech.button("utter_title_mute", "mute_notifications", everything="1"),
    ]


def _missing(context: Context, ways: Iterable[DeliveryChannel], changes: Iterable[Change]) -> list[str]:
    """For each way that was asked for and that the person does not have: how to have it, or that it is not to be had here."""
    asked = {
        way
        for change in changes
        if isinstance(change, SwitchOn) or (isinstance(change, SetMode) and change.mode is not Mode.NEVER)
        for way in change.ways
        if len(change.ways) < len(DeliveryChannel) - 1  # « tout » names none
    }
    said = []
    for way in (way for way in DeliveryChannel if way in asked - set(ways)):
        name = context.speech.phrase(f"utter_way_{way}")
        here = way not in CHATS or way in link_channels(context.services.settings)
        said.append(context.speech.phrase("utter_way_missing" if here else "utter_way_not_here", way=name))
    return said


def _refusal(error: ValidationError) -> str:
    quiet = any("no moment" in found["msg"] for found in error.errors())
    return "utter_settings_always_quiet" if quiet else "utter_settings_too_many"
