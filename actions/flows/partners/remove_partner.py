"""The partners of a dossier: see who is linked to it, end somebody's access."""

from __future__ import annotations

import re

from rapidfuzz import fuzz
from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, AskDossier, dossier_said, of_usager, read_dossier, shown_dossier
from actions.framework.action import AssistantAction, Context, Ending, Events
from actions.framework.answers import among, shown_position
from actions.framework.flow_actions import SubmitTask, ValidateTask
from actions.framework.lifecycle import Abort, Slots, Task, register
from actions.framework.turn import Turn
from actions.framework.utterances import titled
from bot.directory.codes import profession_by_text
from bot.directory.folding import fold
from bot.dossiers.errors import CannotLeave, NotAllowed, NotAMember, UnknownDossier
from bot.dossiers.partners import Outcome
from bot.dossiers.records import Partner
from bot.operations import Pending

SHOWN = 5
"""Entries of a list of buttons, at the most."""
ALIKE = 84
"""Likeness of two words, 0 to 100, above which one is the other with a slip of the finger."""
_ONESELF = re.compile(r"\b(?:moi|me|m'|je)\b|\bm'", re.IGNORECASE)
"""In the sentence that asks for a removal: « retire-moi », « je veux quitter le dossier »."""
_MYSELF = re.compile(r"\bmoi\b", re.IGNORECASE)
"""In an answer to the question who."""


async def _dossier_said(context: Context) -> Slots:
    """The dossier that the sentence names, or the one talked about last."""
    slots = await read_dossier(context, asked=False)
    if not slots and not context.speech.said_something and context.turn.slot("last_dossier"):
        slots["dossier"] = context.turn.slot("last_dossier")
    return slots


class ListPartners(Task):
    """Which dossier; then who is linked to it."""

    name = "list_partners"
    required = ("dossier",)
    slots = (*required, *DOSSIER_LISTS)
    amendable = True

    async def begin(self, context: Context) -> Slots:
        """Which dossier, where it was said."""
        return await _dossier_said(context)

    async def hear(self, context: Context) -> Slots:
        """Which dossier."""
        return await read_dossier(context, asked=True)

    async def amend(self, context: Context, slots: Slots) -> Slots:
        """« non, le 142 »: another dossier."""
        found = await read_dossier(context, asked=False)
        return found if found.get("dossier") else {}


LIST_PARTNERS = register(ListPartners())


class ValidateListPartners(ValidateTask):
    """Hears which dossier."""

    task = LIST_PARTNERS


class AskListPartnersDossier(AskDossier):
    """Asks whose partners are to be listed."""

    action_name = "action_ask_list_partners_form_dossier"


class SubmitListPartners(SubmitTask):
    """Lists the partners of a dossier."""

    action_name = "action_list_partners"
    task = LIST_PARTNERS

    async def submit(self, context: Context) -> Events:
        """Name, profession, since when; who is referent."""
        turn, speech = context.turn, context.speech
        reference = turn.slot("dossier")
        try:
            partners = await context.services.partners.list(reference, await context.speaker())
        except (NotAMember, UnknownDossier):
            context.unchanged("utter_not_a_member", reference=reference)
            return []
        lines = [speech.phrase("utter_partner_line_referent" if p.is_referent else "utter_partner_line", partner=_who(p)) for p in partners]
        head = speech.phrase("utter_partners_of", reference=reference, count=len(partners))
        speech.say_parts([head, *lines], [titled(speech.phrase("utter_title_add_partner_here"), "add_partner", dossier_ref=reference)])
        return [SlotSet("last_dossier", reference)]


def _who(partner: Partner) -> str:
    return " – ".join(part for part in (partner.display, partner.profession) if part)


class RemovePartner(Task):
    """Which dossier, whose access, and a confirmation. Who was named before the dossier was known is looked for once it is."""

    name = "remove_partner"
    required = ("dossier", "member", "confirmed")
    slots = (*required, *DOSSIER_LISTS, "member_choices", "member_said")
    confirmed_by = "confirmed"

    async def begin(self, context: Context) -> Slots:
        """What the sentence says of the dossier and the person."""
        turn, slots, said = context.turn, await _dossier_said(context), self._said(context.turn, oneself=_ONESELF)
        if len(turn.different("partner_name")) > 1 or len(turn.different("dossier_ref")) > 1:
            context.speech.say("utter_one_at_a_time")
        if slots.get("dossier"):
            return {**slots, **await self._member(context, slots["dossier"], said)}
        return {**slots, "member_said": said}

    async def hear(self, context: Context) -> Slots:
        """The dossier, the person, yes or no; what is corrected is shown again before anything is confirmed."""
        turn, asked = context.turn, context.turn.requested
        if asked == "confirmed" and turn.intent in {"affirm", "deny"} and not turn.message.get("entities"):
            return {"confirmed": turn.intent}
        said = self._said(turn, oneself=_MYSELF if asked == "member" else None)
        before = context.speech.said
        slots: Slots = {}
        reference = dossier_said(turn, asked=asked == "dossier")
        if asked == "dossier" or reference or (turn.entity("usager_name") and turn.corrects):
            if asked == "dossier" and said and not (reference or turn.entity("usager_name")):
                if not await self._names_usager(context, said):
                    context.speech.say("utter_noted")
                    return {"member_said": said}
                said = None
            slots = await read_dossier(context, asked=asked == "dossier")
            if context.speech.said > before or not slots.get("dossier"):
                return {**slots, "member_said": said or turn.slot("member_said")}
        reference = slots.get("dossier") or turn.slot("dossier")
        said = said or (turn.slot("member_said") or self._known(turn) if slots else None)
        if reference and (said or slots or asked == "member" or turn.corrects):
            if turn.intent == "deny" and not turn.message.get("entities"):
                context.speech.say("utter_task_dropped", task=context.speech.phrase("utter_task_remove_partner"))
                raise Abort
            return {**slots, "confirmed": None, **await self._member(context, reference, said)}
        if asked == "confirmed" and turn.intent in {"affirm", "deny"}:
            return {"confirmed": turn.intent}
        return slots

    @staticmethod
    async def _names_usager(context: Context, said: Slots) -> bool:
        """Whether a bare name, where the dossier was asked for, is that of an usager of the speaker's."""
        name = said.get("name")
        return bool(name and context.turn.trusted and await of_usager(context, name, context.turn.entity("birth_date")))

    @staticmethod
    def _known(turn: Turn) -> Slots | None:
        """The person chosen before the dossier was corrected."""
        member: dict[str, str] | None = turn.slot("member")
        return {"name": member["name"]} if member else None

    @staticmethod
    def _said(turn: Turn, *, oneself: re.Pattern[str] | None) -> Slots | None:
        """What the words say of the person: a name, a profession, oneself where such words would say so; None where they say nothing."""
        said = {"name": turn.entity("partner_name"), "profession": turn.entity("profession")}
        found: Slots = {what: value for what, value in said.items() if value}
        if found:
            return found
        if oneself is not None and not turn.is_button and oneself.search(turn.text):
            return {"oneself": True}
        words = turn.requested == "member" and not turn.masked and turn.intent in {"inform", "choose", "correct"} and not turn.is_button
        return {"name": turn.text} if words and turn.text and shown_position(turn) is None else None

    async def _member(self, context: Context, reference: str, said: Slots | None) -> Slots:
        """The member meant, among those of the dossier today. Raises Abort where the speaker may not end their access."""
        turn, speaker = context.turn, await context.speaker()
        members = await context.services.partners.list(reference, speaker)
        position = shown_position(turn) if turn.requested == "member" else None
        chosen = turn.entity("member") or among(turn.slot("member_choices") or [], position)
        if position is not None and chosen is None:
            context.speech.say("utter_not_in_list")
        if chosen:
            found = [p for p in members if p.reference == chosen]
        elif said is None:
            return {"member": None, "member_said": None}
        elif said.get("oneself"):
            found = [p for p in members if p.account_id == speaker.id]
        else:
            found = self._named(said, members)
        if len(found) != 1:
            if not found:
                name = (said or {}).get("name") or (said or {}).get("profession")
                context.speech.say("utter_member_unknown", name=name, reference=reference)
            return {"member": None, "member_said": None, "member_choices": [p.reference for p in found[:SHOWN]] or None}
        self._check_may_end(context, reference, found[0], members, speaker.id)
        member = {"reference": found[0].reference, "label": _who(found[0]), "name": found[0].display}
        return {"member": member, "member_said": None}

    @staticmethod
    def _named(said: Slots, members: list[Partner]) -> list[Partner]:
        """The members whom the words fit, every one of them within a slip of the finger; by the profession where no name is said."""
        if not said.get("name"):
            labels = {fold(label) for _, label in profession_by_text(str(said["profession"]))}
            wanted = fold(str(said["profession"]))
            return [p for p in members if fold(p.profession) in labels or wanted in fold(p.profession)]
        words = fold(str(said["name"])).split()
        return [p for p in members if all(_alike(word, fold(p.display).split()) for word in words)]

    @staticmethod
    def _check_may_end(context: Context, reference: str, member: Partner, members: list[Partner], speaker: str) -> None:
        oneself = member.account_id == speaker
        referent = any(p.is_referent and p.account_id == speaker for p in members)
        if oneself and referent and sum(p.is_referent for p in members) == 1:
            context.speech.say("utter_cannot_leave", reference=reference)
            raise Abort
        if not oneself and not referent:
            context.speech.say("utter_remove_not_allowed", name=member.display, reference=reference)
            raise Abort


def _alike(word: str, others: list[str]) -> bool:
    return any(fuzz.ratio(word, other) >= ALIKE for other in others)


REMOVE_PARTNER = register(RemovePartner())


class ValidateRemovePartner(ValidateTask):
    """Hears the answers of the task."""

    task = REMOVE_PARTNER


class AskRemovePartnerDossier(AskDossier):
    """Asks from which dossier."""

    action_name = "action_ask_remove_partner_form_dossier"


class AskRemovePartnerMember(AssistantAction):
    """Asks whose access is to end, with a button for each member."""

    action_name = "action_ask_remove_partner_form_member"

    async def act(self, context: Context) -> Events:
        """List the members."""
        turn, speech = context.turn, context.speech
        members = await context.services.partners.list(turn.slot("dossier"), await context.speaker())
        wanted: list[str] = turn.slot("member_choices") or []
        shown = [p for p in members if p.reference in wanted] or members[:SHOWN]
        speech.say(
            "utter_ask_member",
            reference=turn.slot("dossier"),
            buttons=[
                *(titled(_who(p), "choose", member=p.reference) for p in shown),
                speech.button("utter_title_cancel", "cancel"),
            ],
        )
        return [SlotSet("member_choices", [p.reference for p in shown])]


class AskRemovePartnerConfirmed(AssistantAction):
    """The confirmation card: whose access, to which dossier."""

    action_name = "action_ask_remove_partner_form_confirmed"

    async def act(self, context: Context) -> Events:
        """Show the card."""
        turn = context.turn
        dossier = await shown_dossier(context, turn.slot("dossier"))
        context.speech.say("utter_card_remove_partner", partner=turn.slot("member")["label"], dossier=dossier)
        return []


class SubmitRemovePartner(SubmitTask):
    """Ends a partner's access."""

    action_name = "action_remove_partner"
    task = REMOVE_PARTNER

    async def submit(self, context: Context) -> Events:
        """Do it if it was confirmed; the rules of who may are the backend's."""
        turn, speech = context.turn, context.speech
        reference, member = turn.slot("dossier"), turn.slot("member")
        values = {"name": member["name"], "reference": reference}
        if turn.slot("confirmed") != "affirm":
            context.unchanged("utter_remove_declined", **values)
            return []
        person = await context.speaker()
        try:
            outcome = await context.services.partners.remove(
                reference, person, member["reference"], channel=turn.channel, key=turn.key, conversation_id=turn.conversation_id
            )
            if outcome is Outcome.REMOVED:
                speech.say("utter_partner_removed", **values)
            else:
                context.unchanged("utter_partner_was_gone", **values)
        except NotAMember:
            context.unchanged("utter_not_a_member", reference=reference)
        except UnknownDossier:
            context.unchanged("utter_dossier_unknown", reference=reference)
        except NotAllowed:
            context.unchanged("utter_remove_not_allowed", **values)
        except CannotLeave:
            context.unchanged("utter_cannot_leave", reference=reference)
        except Pending:
            context.ending = Ending.PENDING
            speech.say("utter_remove_pending", **values)
        return []
