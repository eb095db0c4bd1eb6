"""How one is told of things: see it, change it by talking, be left alone for a while, be told again.

Three tasks that differ in what starts them and in what they do where little was said; what is wished is read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, by_reference, read_dossier
from actions.flows.notifications.notification_page import EVERYTHING, says_all
from actions.flows.notifications.preference_request import (
    Taken,
    amended,
    answered,
    ask,
    asked,
    is_dead_end,
    open_question,
    read_wish,
    sentence,
    wished,
)
from actions.flows.notifications.preferences import NAMES_CHANGE, overview_button, takes_back
from actions.flows.notifications.presets import LASTING, PRESETS, lasting_mute, preset_changes
from actions.framework.action import Context
from actions.framework.answers import among, shown_position
from actions.framework.lifecycle import Abort, Slots, Task, just_ended, register
from actions.framework.turn import Turn
from bot.notifications.changes import EndMutes
from bot.notifications.preferences import Mute
from bot.notifications.wishes import About, Question, Wish

_BARE = re.compile(r"\W*(?:(?:met\w*|pass\w*|mode)\s+)?(?:moi\s+)?(?:en\s+|la\s+)?(?:sourdine|silencieux|muet|pause)\W*", re.IGNORECASE)
_INSTEAD = re.compile(r"\W*(?:non|pas|plut[ôo]t|en fait|finalement|enfin|pardon)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\bSPH[\s-]?\d{4}[\s-]?\d{6}\b", re.IGNORECASE)
_WISHES = frozenset({"manage_notifications", "mute_notifications", "resume_notifications"})


class WishTask(Task):
    """About which dossier, where one is meant and is not clear; then what is wished."""

    required = ("dossier", "wish")
    slots = (*required, "wish_question", "wish_text", *DOSSIER_LISTS)
    amendable = True
    free_text: ClassVar[frozenset[str]] = frozenset({"wish"})
    names: ClassVar[frozenset[str]] = frozenset({"usager_name"})
    """Entities that stand for a dossier."""

    def is_answer(self, turn: Turn) -> bool:
        """Whatever is said of notifications while a wish is being asked about is about that wish."""
        return super().is_answer(turn) or (turn.requested == "wish" and turn.intent in _WISHES and not turn.is_button)

    async def begin(self, context: Context) -> Slots:
        """What a button or the sentence says. Raises Abort where there is nothing to be done."""
        turn = context.turn
        if turn.entity("undo") or NAMES_CHANGE.search(turn.text):
            version = turn.entity("undo") or ""
            return {"dossier": EVERYTHING, "wish": {"undo": int(version) if version.isdecimal() else None}}
        before = just_ended(context, *_WISHES) if _INSTEAD.match(turn.text) else None
        if before is not None and (amended_wish := await self.amend(context, before)):
            return amended_wish
        ready = await self.pressed(context)
        if ready is not None:
            return ready
        text, said = self.sentence(context), context.speech.said
        slots = await self.named(context, asked=False)
        if slots.get("dossier") is None and (slots or context.speech.said > said):
            return {**slots, "wish_text": text}
        return {**slots, **self.taken(context, await read_wish(context, text, slots.get("dossier")), text, slots.get("dossier"))}

    async def hear(self, context: Context) -> Slots:
        """The dossier; the answer to a question; or another wish in the place of the first."""
        turn = context.turn
        if turn.intent == "deny" and not turn.message.get("entities"):
            context.speech.say("utter_task_dropped", task=context.speech.phrase(f"utter_task_{self.name}"))
            raise Abort
        if turn.requested == "dossier":
            return await self._which(context)
        question, dossier = open_question(context), turn.slot("dossier") or None
        text = self.sentence(context)
        found = await answered(context, question, dossier, text) if question is not None else await read_wish(context, text, dossier)
        if found is None:
            return {}
        return self.taken(context, found, found.text if isinstance(found, Question) and found.text else text, dossier)

    async def amend(self, context: Context, slots: Slots) -> Slots:
        """« non, 20h », right after a change: it is taken back, and the wish read again with that in the place of its like."""
        turn, dossier, wish = context.turn, slots.get("dossier") or None, slots.get("wish_text")
        text, made = amended(turn, wish) if wish else None, takes_back(turn)
        found = await read_wish(context, text, dossier) if text and made is not None else None
        if text is None or not isinstance(found, Wish):
            return {}
        account_id, channel = (await context.speaker()).id, turn.channel
        await context.services.notifications.undo(account_id, channel=channel, conversation_id=turn.conversation_id, version=made)
        context.speech.say("utter_undone_first")
        return self.taken(context, found, text, dossier)

    async def pressed(self, context: Context) -> Slots | None:
        """What a button that starts the task says; None for typed words."""
        return None

    def sentence(self, context: Context) -> str:
        """The words to read."""
        return sentence(context, self.names)

    async def named(self, context: Context, *, asked: bool) -> Slots:
        """The dossier that is named, as `read_dossier` has it."""
        return await read_dossier(context, asked=asked)

    def taken(self, context: Context, found: Taken, text: str, dossier: str | None) -> Slots:
        """The slots of what was read. Raises Abort where what must be known first is nothing that can be asked."""
        known: Slots = {"dossier": dossier or EVERYTHING, "wish_text": text}
        if isinstance(found, Wish):
            return {**known, **wished(found.changes)}
        if found is None:
            return self.unsaid(text)
        if found.about is About.DOSSIER:
            return {**known, "dossier": None}
        if is_dead_end(found):
            ask(context, found)
            raise Abort
        return {**known, **asked(found)}

    def unsaid(self, text: str) -> Slots:
        """Where nothing is wished: all the settings are shown."""
        return {"dossier": EVERYTHING, "wish_text": text, "wish": {"show": True}}

    async def everything(self, context: Context) -> Slots:
        """« toutes mes notifications », where it was asked of which dossier."""
        return self.unsaid("")

    async def _which(self, context: Context) -> Slots:
        turn = context.turn
        if (turn.entity("everything") or says_all(turn.text)) and not turn.entity("dossier_ref"):
            return await self.everything(context)
        slots = await self.named(context, asked=True)
        dossier = slots.get("dossier")
        if dossier is None:
            return slots
        this = context.speech.phrase("utter_said_this_dossier")
        text = _REFERENCE.sub(this, turn.slot("wish_text") or self.sentence(context))  # one that was refused is not meant any more
        return {**slots, **self.taken(context, await read_wish(context, text, dossier), text, dossier)}


class ManageNotifications(WishTask):
    """Settings: shown where nothing is wished."""

    name = "manage_notifications"

    async def pressed(self, context: Context) -> Slots | None:
        """One of the ready changes; else they are shown."""
        preset = context.turn.entity("preset")
        if preset in PRESETS:
            return {"dossier": EVERYTHING, **wished(await preset_changes(context, preset))}
        return self.unsaid("") if context.turn.is_button else None


class MuteNotifications(WishTask):
    """A pause: of what, until when."""

    name = "mute_notifications"
    names: ClassVar[frozenset[str]] = frozenset({"usager_name", "partner_name"})

    async def pressed(self, context: Context) -> Slots | None:
        """An end for a mute that has none; everything; or of what, where no more was said than « en sourdine »."""
        lasting = context.turn.entity("lasting")
        if lasting in LASTING:
            reference = context.turn.entity("dossier_ref")
            named = await by_reference(context, reference) if reference else {"dossier": EVERYTHING}
            if not named:
                raise Abort
            return {**named, **wished(await lasting_mute(context, lasting, reference))}
        if context.turn.entity("everything"):
            return await self.everything(context)
        return self.unsaid(self.sentence(context)) if _BARE.fullmatch(self.sentence(context)) else None

    def sentence(self, context: Context) -> str:
        """A button under a notice only carries the dossier."""
        return context.speech.phrase("utter_said_mute") if context.turn.is_button else super().sentence(context)

    def unsaid(self, text: str) -> Slots:
        """Of what?"""
        return {"dossier": None, "wish_text": text}

    async def everything(self, context: Context) -> Slots:
        """As if it had been typed."""
        text = context.speech.phrase("utter_said_mute_everything")
        return self.taken(context, await read_wish(context, text, None), text, None)


class ResumeNotifications(WishTask):
    """Which mute is to end, where there are several and it was not said."""

    name = "resume_notifications"
    names: ClassVar[frozenset[str]] = frozenset({"usager_name", "partner_name"})

    async def pressed(self, context: Context) -> Slots | None:
        """Nothing to end; everything; a dossier that is muted, whether the speaker still takes part in it or not."""
        mutes = await held(context)
        if not mutes:
            context.speech.say("utter_not_muted", [overview_button(context)])
            raise Abort
        return await self.everything(context) if context.turn.entity("everything") else None

    def sentence(self, context: Context) -> str:
        """A button says no more than its name."""
        return context.speech.phrase("utter_said_resume") if context.turn.is_button else super().sentence(context)

    async def named(self, context: Context, *, asked: bool) -> Slots:
        """A dossier that is muted need not be one of the speaker's any more."""
        turn = context.turn
        muted = muted_dossiers(await held(context))
        shown = among(turn.slot("dossier_shown") or [], shown_position(turn)) if asked else None
        given = (turn.entity("dossier_ref") or shown or "").upper()
        mine = next((dossier for dossier in muted if given and (dossier == given or dossier.endswith(f"-{given.zfill(6)}"))), None)
        return {"dossier": mine} if mine else await super().named(context, asked=asked)

    def unsaid(self, text: str) -> Slots:
        """Which?"""
        return {"dossier": None, "wish_text": text}

    async def everything(self, context: Context) -> Slots:
        """No mute is left."""
        return {"dossier": EVERYTHING, **wished((EndMutes(),))}


async def held(context: Context) -> list[Mute]:
    """The speaker's mutes that hold now or are to come."""
    now = context.services.clock.now()
    preferences = await context.services.notifications.preferences((await context.speaker()).id)
    return [mute for mute in preferences.mutes if mute.until is None or mute.until > now]


def muted_dossiers(mutes: Sequence[Mute]) -> list[str]:
    return list(dict.fromkeys(mute.dossier for mute in mutes if mute.dossier is not None))


MANAGE, MUTE, RESUME = register(ManageNotifications()), register(MuteNotifications()), register(ResumeNotifications())
