"""The partners of a dossier: see who is linked to it, end somebody's access."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rasa_sdk.events import SlotSet

from actions.base import AssistantAction, Context, Events
from actions.dossier_slot import AskDossier, read_dossier, shown_dossier
from actions.speech import titled
from actions.tasks import Slots, SubmitTask, Task, ValidateTask, register
from bot.directory.folding import fold
from bot.dossiers.dossiers import NotAMember, UnknownDossier
from bot.dossiers.partners import CannotLeave, NotAllowed, Outcome, Partner
from bot.operations import Pending

SHOWN = 5
"""Entries of a list of buttons, at the most."""


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
    slots = ("dossier", "dossier_choices")

    async def begin(self, context: Context) -> Slots:
        """Which dossier, where it was said."""
        return await _dossier_said(context)

    async def hear(self, context: Context) -> Slots:
        """Which dossier."""
        return await read_dossier(context, asked=True)


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
            partners = await context.services.partners.list(reference, await context.member())
        except (NotAMember, UnknownDossier):
            speech.say("utter_not_a_member", reference=reference)
            return []
        lines = [speech.phrase("utter_partner_line_referent" if p.is_referent else "utter_partner_line", partner=_who(p)) for p in partners]
        head = speech.phrase("utter_partners_of", reference=reference, count=len(partners))
        speech.say_parts([head, *lines], [titled(speech.phrase("utter_title_add_partner_here"), "add_partner", dossier_ref=reference)])
        return [SlotSet("last_dossier", reference)]


def _who(partner: Partner) -> str:
    return " – ".join(part for part in (partner.display, partner.profession) if part)


class RemovePartner(Task):
    """Which dossier, whose access, and a confirmation."""

    name = "remove_partner"
    required = ("dossier", "member", "confirmed")
    slots = ("dossier", "dossier_choices", "member", "member_choices", "confirmed")
    confirmed_by = "confirmed"
    free_text = frozenset({"member"})

    async def begin(self, context: Context) -> Slots:
        """What the sentence says of the dossier and the person."""
        slots = await _dossier_said(context)
        if slots.get("dossier"):
            slots |= await self._member(context, slots["dossier"])
        return slots

    async def hear(self, context: Context) -> Slots:
        """The dossier, the person, yes or no."""
        turn = context.turn
        if turn.requested == "dossier":
            slots = await read_dossier(context, asked=True)
            return {**slots, **(await self._member(context, slots["dossier"]) if slots.get("dossier") else {})}
        if turn.requested == "member" or (turn.entity("partner_name") and turn.intent in {"correct", "inform", self.name}):
            return await self._member(context, turn.slot("dossier"), asked=True)
        if turn.intent in {"affirm", "deny"}:
            return {"confirmed": turn.intent}
        return {}

    async def _member(self, context: Context, reference: str, *, asked: bool = False) -> Slots:
        """The member meant, among those of the dossier today."""
        turn = context.turn
        members = await context.services.partners.list(reference, await context.member())
        reference_said = turn.entity("member")
        if reference_said:
            return self._chosen(p for p in members if p.reference == reference_said)
        position = turn.entity("ordinal") or (turn.text if re.fullmatch(r"\d", turn.text) else None)
        choices: list[str] = turn.slot("member_choices") or []
        if asked and position and re.fullmatch(r"\d", position) and 1 <= int(position) <= len(choices):
            return self._chosen(p for p in members if p.reference == choices[int(position) - 1])
        said = turn.entity("partner_name") or turn.entity("profession") or (turn.text if asked and not turn.is_button else None)
        if not said:
            return {}
        words = set(fold(said).split())
        found = [p for p in members if words <= set(fold(_who(p)).split())] or [p for p in members if words & set(fold(p.display).split())]
        if len(found) == 1:
            return self._chosen(found)
        if not found:
            context.speech.say("utter_member_unknown", name=said, reference=reference)
        return {"member_choices": [p.reference for p in found[:SHOWN]]} if found else {}

    @staticmethod
    def _chosen(found: Iterable[Partner]) -> Slots:
        return next(({"member": {"reference": p.reference, "label": _who(p), "name": p.display}, "confirmed": None} for p in found), {})


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
        members = await context.services.partners.list(turn.slot("dossier"), await context.member())
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
            speech.say("utter_remove_declined", **values)
            return []
        person = await context.member()
        try:
            outcome = await context.services.partners.remove(
                reference, person, member["reference"], channel="web", key=turn.key, conversation_id=turn.conversation_id
            )
            speech.say("utter_partner_removed" if outcome is Outcome.REMOVED else "utter_partner_was_gone", **values)
        except NotAMember:
            speech.say("utter_not_a_member", reference=reference)
        except UnknownDossier:
            speech.say("utter_dossier_unknown", reference=reference)
        except NotAllowed:
            speech.say("utter_remove_not_allowed", **values)
        except CannotLeave:
            speech.say("utter_cannot_leave", reference=reference)
        except Pending:
            speech.say("utter_remove_pending", **values)
        return []
