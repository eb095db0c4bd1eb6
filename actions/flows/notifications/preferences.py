"""Changing the notification preferences: applied at once, read back in words with what follows, undone by a button."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import ValidationError
from rasa_sdk.events import SlotSet

from actions.flows.notifications.preference_presets import MUTE_DURATIONS
from actions.flows.notifications.preferences_text import PreferencesText
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.turn import Turn
from actions.framework.utterances import Button
from bot.identity.deep_links import link_channels
from bot.notifications.kinds import CHATS, DeliveryChannel, Mode
from bot.notifications.preference_changes import (
    AddQuiet,
    Change,
    ClearQuiet,
    EndMute,
    EndMutes,
    NarrowQuiet,
    PassQuiet,
    SetDigest,
    SetDossierMode,
    SetMode,
    StartMute,
    SwitchOn,
    apply,
)
from bot.notifications.preference_parser import urgent_anyway
from bot.notifications.preferences import Preferences

UNDOABLE_CHANGE = "undoable"
"""Slot: the last change made in this conversation, {"version": …, "turn": key of its turn}."""
_URGENT = re.compile(r"urgen|\bgraves?\b|\bvital", re.IGNORECASE)
UNDO_REQUEST = re.compile(
    r"(?<!reste )(?<!autres )\bcomme (?:avant|c['’ ]?[ée]tait)\b"
    r"|\b(?:annul|d[ée]fai)\w+ (?:ce|le|mon|ces|les|mes|cette|la) (?:derni(?:er|[èe]re) )?(?:changement|r[ée]glage|modif|pr[ée]f[ée]rence)"
    r"|\breven\w+ (?:à|a|aux?) (?:mes |mon )?(?:anciens? )?r[ée]glages?\b",
    re.IGNORECASE,
)
"""Words that ask to undo the last change."""
_AS_BEFORE = re.compile(r"\bcomme (?:avant|c['’ ]?[ée]tait)\b", re.IGNORECASE)
_OF_SETTINGS = re.compile(
    r"\b(?:notif|alerte|avertissement|r[ée]glage|sourdine|r[ée]sum|r[ée]cap|pr[ée]f[ée]rence|mails?\b)", re.IGNORECASE
)
_OF_ACCESS = re.compile(r"\b(?:dates?|acc[èe]s|jusqu|remet\w*[ -](?:le|la|les)\b)", re.IGNORECASE)
_SECTIONS: dict[type[Change], tuple[str, ...]] = {
    SetMode: ("matrix",),
    SwitchOn: ("matrix",),
    SetDigest: ("digest",),
    AddQuiet: ("quiet",),
    ClearQuiet: ("quiet",),
    PassQuiet: ("quiet",),
    NarrowQuiet: ("quiet",),
    SetDossierMode: ("dossiers",),
    StartMute: ("mutes",),
    EndMute: ("mutes",),
    EndMutes: ("mutes",),
}
"""Sections that are read back after each change, whether or not they differ from before."""


async def apply_changes(context: Context, changes: Sequence[Change]) -> Events:
    """Apply the changes and read them back. Raise FhirUnavailable; nothing is changed then."""
    account, service, now = await context.linked_account(), context.services.notifications, context.services.clock.now()
    turn, utterances = context.turn, context.utterances
    before = await service.preferences(account.id)
    try:
        after = await service.change(
            account.id, lambda held: apply(held, changes, now), channel=turn.channel, conversation_id=turn.conversation_id
        )
    except ValidationError as error:
        context.utter_unchanged(_refusal(error))
        return []
    text = await _preferences_text(context, after)
    lines = _read_back(text, changes)
    missing = _missing_ways(context, text.ways, changes)
    if after == before:
        context.utter_unchanged("utter_settings_same")
        utterances.utter_lines([*lines, *missing, text.outlook()], [preferences_button(context)])
        return []
    version = await service.version(account.id)
    undo = utterances.button("utter_title_undo", "manage_notifications", undo=str(version))
    mutes_everything = any(isinstance(change, StartMute) and change.dossier is None for change in changes)
    exceptions = [utterances.text("utter_mute_passes")] if mutes_everything else []
    message = [utterances.text("utter_settings_changed"), *lines, *exceptions, *missing, text.outlook()]
    utterances.utter_lines(message, [undo, *_duration_buttons(context, changes), preferences_button(context)])
    return [SlotSet(UNDOABLE_CHANGE, {"version": version, "turn": turn.key})]


async def proposed_lines(context: Context, changes: Sequence[Change]) -> list[str]:
    """Return how the preferences would be read back after these changes; no line where they cannot be made."""
    account, service = await context.linked_account(), context.services.notifications
    try:
        after = apply(await service.preferences(account.id), changes, context.services.clock.now())
    except ValidationError:
        return []
    return _read_back(await _preferences_text(context, after), changes)


def _read_back(text: PreferencesText, changes: Sequence[Change]) -> list[str]:
    """Return the lines of the sections that the changes are about, and what is off."""
    sections = {name for change in changes for name in _SECTIONS[type(change)]}
    if any(isinstance(change, SetMode) and change.mode is Mode.DIGEST for change in changes):
        sections.add("digest")
    lines = [line for name, found in text.sections().items() if name in sections for line in found]
    return [*lines, *text.off(changes)]


async def undo_change(context: Context, version: int | None) -> Events:
    """Undo the last change if it is still the one that made this version, and read back what holds again."""
    account, service, turn = await context.linked_account(), context.services.notifications, context.turn
    before = await _preferences_text(context, await service.preferences(account.id))
    preferences = await service.undo(account.id, channel=turn.channel, conversation_id=turn.conversation_id, version=version)
    if preferences is None:
        context.utter_unchanged("utter_nothing_to_undo", [preferences_button(context)])
        return [SlotSet(UNDOABLE_CHANGE, None)]
    after = await _preferences_text(context, preferences)
    sections_before = before.sections()
    lines = [line for name, found in after.sections().items() if found != sections_before[name] for line in found]
    message = [context.utterances.text("utter_settings_undone"), *lines, after.outlook()]
    context.utterances.utter_lines(message, [preferences_button(context)])
    return [SlotSet(UNDOABLE_CHANGE, None)]


def _duration_buttons(context: Context, changes: Sequence[Change]) -> list[Button]:
    """Return buttons that give an end to a mute that has none."""
    endless = [change for change in changes if isinstance(change, StartMute) and change.until is None]
    if len(endless) != 1 or endless[0].passing:  # the buttons know of no dossier that passes
        return []
    scope = {"dossier_ref": endless[0].dossier} if endless[0].dossier else {"everything": "1"}
    return [
        context.utterances.button(f"utter_title_mute_{duration}", "mute_notifications", lasting=duration, **scope)
        for duration in MUTE_DURATIONS
    ]


def undoable_version(turn: Turn) -> int | None:
    """Return the version that « annule » undoes: made in the turn before, or in this chat if the words name « ce changement »."""
    change = turn.slot(UNDOABLE_CHANGE)
    if change and UNDO_REQUEST.search(turn.text):
        return int(change["version"])
    return int(change["version"]) if change and turn.follows_turn(change["turn"]) else None


async def show_preferences(context: Context) -> Events:
    """Show all the preferences, what may be said to change them, buttons for some changes, and a link to the page."""
    account, service, utterances = await context.linked_account(), context.services.notifications, context.utterances
    text = await _preferences_text(context, await service.preferences(account.id))
    lines = [line for found in text.sections().values() for line in found]
    message = [utterances.text("utter_settings"), *lines, text.outlook(), utterances.text("utter_settings_how")]
    utterances.utter_lines(message, _preset_buttons(context, text))
    link = await service.page_link(account.id, context.turn.conversation_id)
    utterances.utter_link(utterances.text("utter_title_settings_page"), link)
    return []


async def show_passing(context: Context) -> Events:
    """Say which notices would come in quiet hours and during a mute; before that, to what may be an emergency, whom to call."""
    account = await context.linked_account()
    text = await _preferences_text(context, await context.services.notifications.preferences(account.id))
    said = context.turn.raw_text
    urgent = context.turn.intent == "emergency" or (_URGENT.search(said) and urgent_anyway(said) is None)
    in_case = [context.utterances.text("utter_if_emergency")] if urgent else []
    context.utterances.utter_lines([*in_case, *text.passing()], [preferences_button(context)])
    return []


def asks_to_undo(turn: Turn) -> bool:
    """Return whether a message surely asks to undo the last change of the settings, whatever is under way.

    « comme avant » alone is about it only in the turn after it, and never beside words of an access.
    """
    text = turn.text
    if not UNDO_REQUEST.search(text) or not turn.slot(UNDOABLE_CHANGE) or turn.entities("partner_name"):
        return False
    if not _AS_BEFORE.search(text) or _OF_SETTINGS.search(text):
        return True
    return turn.follows_turn(turn.slot(UNDOABLE_CHANGE)["turn"]) and not _OF_ACCESS.search(text)


def preferences_button(context: Context) -> Button:
    """Return the button « Voir mes réglages »."""
    return context.utterances.button("utter_title_settings", "manage_notifications", show="1")


async def _preferences_text(context: Context, preferences: Preferences) -> PreferencesText:
    account = await context.linked_account()
    ways = await context.services.notifications.channels(account.id, account.email)
    return PreferencesText(context.utterances, preferences, ways, context.services.clock.now())


def _preset_buttons(context: Context, text: PreferencesText) -> list[Button]:
    """Return buttons for changes that many users make."""
    utterances = context.utterances
    muted = text.preferences.mutes and any(mute.until is None or mute.until > text.now for mute in text.preferences.mutes)
    return [
        utterances.button("utter_title_one_digest", "manage_notifications", preset="digest"),
        utterances.button("utter_title_no_evenings", "manage_notifications", preset="evenings"),
        utterances.button("utter_title_no_weekends", "manage_notifications", preset="weekends"),
        utterances.button("utter_title_unmute", "resume_notifications")
        if muted
        else utterances.button("utter_title_mute", "mute_notifications", everything="1"),
    ]


def _missing_ways(context: Context, ways: Iterable[DeliveryChannel], changes: Iterable[Change]) -> list[str]:
    """Return a line for each way that the changes name and the account does not have: how to get it, or that it is not offered here."""
    named = {
        way
        for change in changes
        if isinstance(change, SwitchOn) or (isinstance(change, SetMode) and change.mode is not Mode.NEVER)
        for way in change.ways
        if len(change.ways) < len(DeliveryChannel) - 1  # « tout » names none
    }
    lines = []
    for way in (way for way in DeliveryChannel if way in named - set(ways)):
        name, place = context.utterances.text(f"utter_name_{way}"), context.utterances.text(f"utter_way_{way}")
        offered = way not in CHATS or way in link_channels(context.services.settings)
        lines.append(context.utterances.text("utter_way_missing" if offered else "utter_way_not_here", way=place, name=name))
    return lines


def _refusal(error: ValidationError) -> str:
    always_quiet = any("no moment" in found["msg"] for found in error.errors())
    return "utter_settings_always_quiet" if always_quiet else "utter_settings_too_many"
