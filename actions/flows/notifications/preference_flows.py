"""The flows of the notification preferences: show or change them, mute, end a mute.

The three differ in what starts them and in what they do with a message that asks for little; requests are read the same way.
"""

from __future__ import annotations

import re
from typing import ClassVar

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, dossier_slots, find_by_reference, read_dossier
from actions.flows.notifications.corrected_dossier import about_dossier, corrected_dossier
from actions.flows.notifications.current_mutes import current_mutes, muted_dossiers
from actions.flows.notifications.handed_over import changes_team, hands_over_own, refuses_access
from actions.flows.notifications.named_dossiers import Wording, with_references
from actions.flows.notifications.notification_page import EVERYTHING, means_everything
from actions.flows.notifications.own_notices import asked_to_see, say_only, shown, tell_own, wants_what_holds
from actions.flows.notifications.preference_presets import MUTE_DURATIONS, PRESETS, mute_for, preset_changes
from actions.flows.notifications.preference_request import (
    Reading,
    ask_question,
    change_slots,
    confirm_first,
    correct_request,
    is_dead_end,
    open_question,
    question_slots,
    read_answer,
    read_request,
    request_text,
)
from actions.flows.notifications.preferences import UNDO_REQUEST, asks_to_undo, preferences_button, undoable_version
from actions.framework.answers import at_position, list_position
from actions.framework.context import Context
from actions.framework.flow import MIN_CONFIDENCE, Flow, FlowAborted, Slots, active_flow, register_flow
from actions.framework.lifecycle import slots_of_last_flow
from actions.framework.turn import Turn
from bot.notifications.preference_changes import EndMutes
from bot.notifications.preference_parser import (
    About,
    PreferenceRequest,
    Question,
    asks_for_settings,
    asks_what_passes,
    calms_a_day,
    corrected_hours,
    disowns,
    excepts_urgent,
    hands_over,
    is_wish,
    refuses_mute,
    stands_in,
    urgent_anyway,
    with_hours,
    without_hand_over,
)

_MUTE_ONLY = re.compile(
    r"\W*(?:(?:met\w*|pass\w*|mode)\s+)?(?:moi\s+)?(?:en\s+|la\s+)?(?:sourdine|silencieux|muet|pause)\W*", re.IGNORECASE
)
"""Words that ask for a mute and say nothing else."""
_REPLACEMENT = re.compile(r"\W*(?:non|pas|plut[ôo]t|en fait|finalement|enfin|pardon)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\bSPH[\s-]?\d{4}[\s-]?\d{6}\b", re.IGNORECASE)
_REPLIES = frozenset({"affirm", "deny", "inform", "cancel", "correct"})
"""Intents of what is no wish unless it is sure."""
_PREFERENCE_INTENTS = frozenset({"manage_notifications", "mute_notifications", "resume_notifications"})


class PreferenceFlow(Flow):
    """Base of the three flows: collect the dossier if one is meant and it is not clear which, then the changes."""

    required_slots = ("dossier", "wish")
    slots = (*required_slots, "wish_question", "wish_text", *DOSSIER_LISTS)
    correctable = True
    reads_exceptions = True
    free_text_slots: ClassVar[frozenset[str]] = frozenset({"wish"})
    dossier_entities: ClassVar[frozenset[str]] = frozenset({"usager_name"})
    """Entities that stand for a dossier."""
    bare_wish: ClassVar[str] = ""
    """Response with the words that are proposed for a dossier where those of the user cannot be read; "" for none."""

    def claims(self, turn: Turn) -> bool:
        """Return True for words that surely request a change of notices: « laisse juste les urgences »."""
        return is_wish(turn.raw_text)

    def is_answer(self, turn: Turn) -> bool:
        """Return True for any request about notifications too while a question about one is open."""
        if turn.is_button:
            return super().is_answer(turn)
        told = (
            excepts_urgent(turn.raw_text)
            or (turn.intent != "emergency" and urgent_anyway(turn.raw_text) is not None)
            or (stands_in(turn.raw_text) and not changes_team(turn.text))
        )
        return told or super().is_answer(turn) or (turn.requested_slot == "wish" and turn.intent in _PREFERENCE_INTENTS)

    async def start(self, context: Context) -> Slots:
        """Return what a button or the message asks for. Raise FlowAborted if there is nothing to do."""
        turn = context.turn
        if turn.entity("undo") or UNDO_REQUEST.search(turn.text):
            version = turn.entity("undo") or ""
            return {"dossier": EVERYTHING, "wish": {"undo": int(version) if version.isdecimal() else None}}
        self._leave_if_disowned(context)
        if shown := asked_to_see(turn):
            return shown
        if not turn.is_button and hands_over(turn.raw_text):
            return await self._instead_of_a_stand_in(context)
        if (settled := wants_what_holds(context)) is not None:
            return settled
        turn = context.turn
        if not turn.is_button and refuses_mute(turn.raw_text):
            if own := await self._instead_of_a_mute(context):
                return own
            last = undoable_version(turn)
            if last is not None and await current_mutes(context):
                return {"dossier": EVERYTHING, "wish": {"undo": last}}
            context.utterances.utter("utter_task_dropped", task=context.utterances.text(f"utter_task_{self.name}"))
            raise FlowAborted
        corrects = _REPLACEMENT.match(turn.text) or corrected_hours(turn.raw_text)
        before = slots_of_last_flow(context, *_PREFERENCE_INTENTS) if corrects and not turn.is_button else None
        if before is not None and (corrected := await self.correct(context, before)):
            return corrected
        from_button = await self.start_from_button(context)
        if from_button is not None:
            return from_button
        wording, count = await self.wording(context), context.utterances.count
        text = wording.text
        slots = dossier_slots(wording.references[0]) if wording.references else await self.read_dossier(context, asked=False)
        dossier = slots.get("dossier")
        if dossier is None and (slots or context.utterances.count > count):
            return {**slots, "wish_text": text}
        reading = await read_request(context, text, dossier)
        if isinstance(reading, PreferenceRequest) and _is_doubtful(turn):
            reading = confirm_first(context, text)
        return {**slots, **self.slots_of_reading(context, reading, text, dossier)}

    async def collect(self, context: Context) -> Slots:
        """Return the dossier, the answer to a question, or another request that replaces the first."""
        turn = context.turn
        self._leave_if_disowned(context)
        if shown := asked_to_see(turn):
            return shown
        if not turn.is_button and (hands_over(turn.raw_text) or stands_in(turn.raw_text)):
            tell_own(context)
            if not (rest := without_hand_over(turn.raw_text)):
                return {}
            say_only(context, rest)
        if (settled := wants_what_holds(context)) is not None:
            return settled
        turn = context.turn
        refuses = not turn.is_button and refuses_mute(turn.raw_text)
        if refuses and (own := await self._instead_of_a_mute(context)):
            return own
        if refuses or (turn.intent == "deny" and not turn.message.get("entities")):
            context.utterances.utter("utter_task_dropped", task=context.utterances.text(f"utter_task_{self.name}"))
            raise FlowAborted
        if turn.requested_slot == "dossier":
            return await self._collect_dossier(context)
        wording = await self.wording(context)
        question, text = open_question(context), wording.text
        dossier = next(iter(wording.references), None) or turn.slot("dossier") or None
        said = str(turn.slot("wish_text") or "")
        if question is not None and said and excepts_urgent(turn.raw_text) and not excepts_urgent(said):
            text = context.utterances.text("utter_said_but_urgent", wish=said)
            reading = await read_request(context, text, dossier)
        elif question is not None:
            reading = await read_answer(context, question, dossier, text)
        else:
            reading = await read_request(context, text, dossier)
        if reading is None:
            return {}
        words = reading.text if isinstance(reading, Question) and reading.text else text
        return self.slots_of_reading(context, reading, words, dossier)

    def _leave_if_disowned(self, context: Context) -> None:
        """Drop the flow where the words say that nothing was asked about notices. Raise FlowAborted then."""
        if not context.turn.is_button and disowns(context.turn.text):
            context.utterances.utter("utter_task_dropped", task=context.utterances.text(f"utter_task_{self.name}"))
            raise FlowAborted

    async def _instead_of_a_mute(self, context: Context) -> Slots:
        """Return the slots of what a text that refuses a mute asks for besides; none where that is nothing that can be read."""
        wording, dossier = await self.wording(context), context.turn.slot("dossier") or None
        reading = await read_request(context, wording.text, next(iter(wording.references), dossier))
        readable = isinstance(reading, PreferenceRequest) or (isinstance(reading, Question) and bool(reading.choices))
        return self.slots_of_reading(context, reading, wording.text, dossier) if readable else {}

    async def _instead_of_a_stand_in(self, context: Context) -> Slots:
        """Say that notices go to nobody else, and return the question about what else is said, of an absence. Nothing is done unasked."""
        tell_own(context)
        text = "" if refuses_access(context.turn.text) else without_hand_over(context.turn.raw_text)
        reading = await read_request(context, text, None) if text else None
        if isinstance(reading, PreferenceRequest):
            reading = confirm_first(context, text)
        if not isinstance(reading, Question) or not reading.choices:
            raise FlowAborted
        return self.slots_of_reading(context, reading, text, None)

    async def correct(self, context: Context, slots: Slots) -> Slots:
        """Undo the change that was just made and return the request with the corrected value: « non, 20h »."""
        turn, dossier, request = context.turn, slots.get("dossier") or None, slots.get("wish_text")
        if other := await corrected_dossier(context, dossier):
            dossier, request = other, about_dossier(request or "", other)
        version, hours = undoable_version(turn), corrected_hours(turn.raw_text)
        text = request if hours or other else correct_request(turn, request) if request else None
        reading = await read_request(context, text, dossier) if text and version is not None else None
        if hours and isinstance(reading, PreferenceRequest):
            corrected = with_hours(reading.changes, hours)
            reading = PreferenceRequest(changes=corrected) if corrected else None
        if text is None or not isinstance(reading, PreferenceRequest):
            return {}
        account_id, channel = (await context.account_reference()).id, turn.channel
        await context.services.notifications.undo(account_id, channel=channel, conversation_id=turn.conversation_id, version=version)
        context.utterances.utter("utter_undone_first")
        return self.slots_of_reading(context, reading, text, dossier)

    async def start_from_button(self, context: Context) -> Slots | None:
        """Return what a button that starts the flow asks for, None for typed words."""
        return None

    def request_text(self, context: Context) -> str:
        """Return the words to read."""
        return request_text(context, self.dossier_entities)

    async def wording(self, context: Context) -> Wording:
        """Return the words to read, with references for the user's own usagers that a typed message names."""
        if context.turn.is_button:
            return Wording(self.request_text(context))
        return await with_references(context, self.dossier_entities)

    async def read_dossier(self, context: Context, *, asked: bool) -> Slots:
        """Return the slots of the dossier that the message names, as `dossier_slot.read_dossier` does."""
        return await read_dossier(context, asked=asked)

    def slots_of_reading(self, context: Context, reading: Reading, text: str, dossier: str | None) -> Slots:
        """Return the slots of what was read from `text`. Raise FlowAborted if no question could make it clear."""
        known: Slots = {"dossier": dossier or EVERYTHING, "wish_text": text}
        if isinstance(reading, PreferenceRequest):
            return {**known, **change_slots(reading.changes)}
        if reading is None:
            return self.slots_without_request(text)
        if reading.about is About.DOSSIER:
            return {**known, "dossier": None}
        if is_dead_end(reading):
            ask_question(context, reading)
            raise FlowAborted
        return {**known, **question_slots(reading)}

    def slots_without_request(self, text: str) -> Slots:
        """Return the slots if nothing is asked for: all the preferences are shown."""
        return shown(text)

    async def slots_for_everything(self, context: Context) -> Slots:
        """Return the slots if everything is meant: « toutes mes notifications »."""
        return self.slots_without_request("")

    async def _collect_dossier(self, context: Context) -> Slots:
        turn = context.turn
        if (turn.entity("everything") or means_everything(turn.text)) and not turn.entity("dossier_ref"):
            return await self.slots_for_everything(context)
        slots = await self.read_dossier(context, asked=True)
        dossier = slots.get("dossier")
        if dossier is None:
            return slots
        this_dossier = context.utterances.text("utter_said_this_dossier")
        # A reference in the request was refused: it is not meant any more.
        own, reading = await self.wording(context), None
        if not turn.is_button and is_wish(turn.raw_text):  # the answer says all of it again: « en sourdine le dossier de … jusqu'à lundi »
            reading, text = await read_request(context, own.text, dossier), own.text
        if not isinstance(reading, PreferenceRequest):
            text = _REFERENCE.sub(this_dossier, turn.slot("wish_text") or self.request_text(context))
            reading = await read_request(context, text, dossier)
        if self.bare_wish and (reading is None or (isinstance(reading, Question) and reading.about is About.DOSSIER)):
            text = context.utterances.text(self.bare_wish)  # it would be asked for again and again
            reading = confirm_first(context, text)
        return {**slots, **self.slots_of_reading(context, reading, text, dossier)}


class ManageNotifications(PreferenceFlow):
    """Change the preferences; show them if no change is asked for."""

    name = "manage_notifications"
    claims_replies = True
    claims_amid = True

    def claims(self, turn: Turn) -> bool:
        """Return True as well for who asks about the settings, wants somebody else to be told, or corrects hours just set."""
        corrects = bool(corrected_hours(turn.raw_text)) and undoable_version(turn) is not None
        asks = asks_for_settings(turn.raw_text) or (turn.intent != "emergency" and asks_what_passes(turn.raw_text))
        settled = turn.intent != "emergency" and urgent_anyway(turn.raw_text) is not None
        wish = turn.intent not in _REPLIES or (turn.intent in {"correct", "inform"} and calms_a_day(turn.raw_text))
        return corrects or asks or settled or self.claims_whole(turn) or (wish and super().claims(turn))

    def claims_whole(self, turn: Turn) -> bool:
        """Return whether the message wants somebody else to be told, or the last change of the settings undone."""
        return not changes_team(turn.text) and (asks_to_undo(turn) or hands_over_own(turn))

    def takes_over(self, flow: Flow, turn: Turn) -> bool:
        """Return True too for an addition of who stands in for the speaker's notices: it was not meant."""
        return super().takes_over(flow, turn) or (flow.name in {"add_partner", "change_team"} and hands_over_own(turn))

    async def start_from_button(self, context: Context) -> Slots | None:
        """Return the changes of a preset; for any other button, show the preferences."""
        preset = context.turn.entity("preset")
        if preset in PRESETS:
            return {"dossier": EVERYTHING, **change_slots(await preset_changes(context, preset))}
        return self.slots_without_request("") if context.turn.is_button else None


class MuteNotifications(PreferenceFlow):
    """Mute a dossier or everything, for a while or without an end."""

    name = "mute_notifications"
    bare_wish = "utter_said_mute"
    dossier_entities: ClassVar[frozenset[str]] = frozenset({"usager_name", "partner_name"})

    async def start_from_button(self, context: Context) -> Slots | None:
        """Return an end for a mute that has none, or everything. Ask what to mute after « en sourdine » alone."""
        duration = context.turn.entity("lasting")
        if duration in MUTE_DURATIONS:
            reference = context.turn.entity("dossier_ref")
            slots = await find_by_reference(context, reference) if reference else {"dossier": EVERYTHING}
            if not slots:
                raise FlowAborted
            return {**slots, **change_slots(await mute_for(context, duration, reference))}
        if context.turn.entity("everything"):
            return await self.slots_for_everything(context)
        return self.slots_without_request(self.request_text(context)) if _MUTE_ONLY.fullmatch(self.request_text(context)) else None

    def request_text(self, context: Context) -> str:
        """Return the words to read; for the button under a notification, which carries the dossier alone, those that ask for a mute."""
        return context.utterances.text("utter_said_mute") if context.turn.is_button else super().request_text(context)

    def slots_without_request(self, text: str) -> Slots:
        """Return the slots that have the dossier asked for."""
        return {"dossier": None, "wish_text": text}

    async def slots_for_everything(self, context: Context) -> Slots:
        """Return the slots of a mute of everything: with the dates and exceptions of the wish; where it is not clear, the question."""
        text, said = context.utterances.text("utter_said_mute_everything"), context.turn.slot("wish_text") or ""
        if not said or context.turn.requested_slot != "dossier" or _MUTE_ONLY.fullmatch(said):
            return self.slots_of_reading(context, await read_request(context, text, None), text, None)
        this_dossier, everything = (context.utterances.text(f"utter_said_{name}") for name in ("this_dossier", "everything"))
        wanted = _REFERENCE.sub(this_dossier, said).replace(this_dossier, everything)
        reading = await read_request(context, wanted, None)
        if reading is None or (isinstance(reading, Question) and reading.about is About.DOSSIER):
            reading = confirm_first(context, text)
        return self.slots_of_reading(context, reading, wanted, None)


class ResumeNotifications(PreferenceFlow):
    """End a mute; ask which if there are several and none is named."""

    name = "resume_notifications"
    bare_wish = "utter_said_resume"
    dossier_entities: ClassVar[frozenset[str]] = frozenset({"usager_name", "partner_name"})

    async def start_from_button(self, context: Context) -> Slots | None:
        """Return everything if the button says so. Raise FlowAborted, and say so, if nothing is muted."""
        mutes = await current_mutes(context)
        if not mutes:
            context.utterances.utter("utter_not_muted", [preferences_button(context)])
            raise FlowAborted
        return await self.slots_for_everything(context) if context.turn.entity("everything") else None

    def request_text(self, context: Context) -> str:
        """Return the words to read; for a button, those that ask to end a mute."""
        return context.utterances.text("utter_said_resume") if context.turn.is_button else super().request_text(context)

    async def read_dossier(self, context: Context, *, asked: bool) -> Slots:
        """Return the dossier that the message names: a muted one, even if the user has left it, or one of their own."""
        turn = context.turn
        muted = muted_dossiers(await current_mutes(context))
        chosen = at_position(turn.slot("dossier_shown") or [], list_position(turn)) if asked else None
        given = (turn.entity("dossier_ref") or chosen or "").upper()
        found = next((dossier for dossier in muted if given and (dossier == given or dossier.endswith(f"-{given.zfill(6)}"))), None)
        return {"dossier": found} if found else await super().read_dossier(context, asked=asked)

    def slots_without_request(self, text: str) -> Slots:
        """Return the slots that have the dossier asked for."""
        return {"dossier": None, "wish_text": text}

    async def slots_for_everything(self, context: Context) -> Slots:
        """Return the slots that end every mute."""
        return {"dossier": EVERYTHING, **change_slots((EndMutes(),))}


def _is_doubtful(turn: Turn) -> bool:
    """Return whether typed words may not be meant as a change: they came inside another flow, or were hardly understood as one."""
    if turn.is_button:
        return False
    active = active_flow(turn)
    elsewhere = active is not None and not isinstance(active, PreferenceFlow)
    return elsewhere or bool(turn.says.get("doubt")) or (turn.confidence < MIN_CONFIDENCE and not is_wish(turn.raw_text))


MANAGE_NOTIFICATIONS = register_flow(ManageNotifications())
MUTE_NOTIFICATIONS = register_flow(MuteNotifications())
RESUME_NOTIFICATIONS = register_flow(ResumeNotifications())
