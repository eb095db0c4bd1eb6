"""The flow that lists the partners of a dossier, and tells who added or removed whom."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions.flows.dossiers.dossier_slot import DOSSIER_LISTS, AskDossier, read_dossier, read_dossier_or_last
from actions.flows.partners.access_dates import partner_period
from actions.flows.partners.history_names import read_names
from actions.flows.partners.history_question import ORDERS, HistoryQuestion, read_history_question
from actions.flows.partners.team_history import ANY_DOSSIER, HISTORY, history_slots, utter_history
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow import Flow, Slots, register_flow
from actions.framework.flow_actions import SubmitFlow
from actions.framework.turn import Turn
from actions.framework.utterances import make_button
from bot.core.text_folding import MAX_CHARACTERS, fold
from bot.dossiers.errors import NotAMember
from bot.dossiers.period import day_words, paris_day
from bot.dossiers.records import Partner

_STILL_HAS_ACCESS = re.compile(
    r"\b(?:a|ont)(?: t)?(?: elles?| ils?)? (?:encore|toujours|tjs|bien|deja) (?:l |un |son )?acces\b"
    r"|\b(?:est|sont)(?: elles?| ils?)? (?:encore|toujours|tjs) "
    r"(?:(?:une? )?(?:partenaire|membre)|sur le dossier|dans (?:le dossier|l equipe))"
)
_IS_IN = re.compile(
    r"\b(?:(?:est|sont)(?: elles?| ils?)?|y (?:est|sont)(?: elles?| ils?)?|(?:a|ont)(?: t)?(?: elles?| ils?)? (?:(?:bien|deja) )?ete)"
    r" (?:(?:bien|deja|quand meme|vraiment) )*"
    r"(?:dedans|dessus|ajoutee?s?|enregistree?s?|associee?s?|rattachee?s?|(?:dans|sur|au) (?:le |son |ce )?(?:dossier|equipe))\b"
    r"|\b(?:elle|il|elles|ils) (?:y )?(?:est|sont) (?:bien|deja) (?:dedans|dessus|dans|sur|la|ajoutee?s?)\b"
    r"|\by (?:est|sont)(?: (?:elles?|ils?))? (?:bien|deja)\b|\best (?:elle|il) (?:bien |deja )?(?:dedans|dessus|ajoutee?)\b"
)
"""« elle est bien dedans ? »: a question about what is, not about what is to be done; of folded text."""
_ASKS = re.compile(r"\?|\bou (?:pas|non|plus)\b")


def asks_who_still_has_access(text: str) -> bool:
    """Return whether a text asks if somebody has access to a dossier still: « Inès a encore accès chez Lamy ou pas ? »."""
    words = fold(text[:MAX_CHARACTERS].replace("’", "'"))
    return bool(_STILL_HAS_ACCESS.search(words) and _ASKS.search(text) and not ORDERS.search(words))


def asks_if_somebody_is_in(text: str) -> bool:
    """Return whether a text asks if somebody is in a dossier: « attendez, elle est bien dedans ?? »; « est-elle ajoutée ? »."""
    words = fold(text.replace("’", "'"))
    return len(text) <= MAX_CHARACTERS and bool(_IS_IN.search(words) and _ASKS.search(text) and not ORDERS.search(_IS_IN.sub(" ", words)))


class ListPartners(Flow):
    """Collect the dossier. A question about the past of its team is answered by that."""

    name = "list_partners"
    changes = False
    required_slots = ("dossier",)
    slots = (*required_slots, *DOSSIER_LISTS, HISTORY)
    correctable = True
    claims_replies = True
    claims_amid = True

    async def start(self, context: Context) -> Slots:
        """Return the dossier that the message names, or the one talked about last.

        Who asks about their own acts and names no dossier may well be asking which it was.
        """
        turn = context.turn
        question = None if turn.is_button else _question_of(turn)
        if question is None:
            return await read_dossier_or_last(context)
        before = context.utterances.count
        named = await read_names(context, question)
        asked, slots = history_slots(turn, question, named.name, named.profession), named.dossier
        if question.mine and not slots and context.utterances.count == before:
            slots = {"dossier": ANY_DOSSIER}
        return slots | asked

    def claims(self, turn: Turn) -> bool:
        """Return whether the words ask who did what in a team, which no intent says, or whether somebody still has access."""
        return _question_of(turn) is not None or asks_who_still_has_access(turn.text)

    def claims_whole(self, turn: Turn) -> bool:
        """Return whether the message asks nothing but who did what in a team, or whether somebody is in it."""
        return _question_of(turn) is not None

    async def collect(self, context: Context) -> Slots:
        """Return the dossier."""
        return await read_dossier(context, asked=True)

    async def correct(self, context: Context, slots: Slots) -> Slots:
        """Return another dossier: « non, le 142 »."""
        found = await read_dossier(context, asked=False)
        return found if found.get("dossier") else {}


def _question_of(turn: Turn) -> HistoryQuestion | None:
    """Return what the message asks of the past of a team, or of what is: that is answered by how it came to be."""
    state = HistoryQuestion("any") if asks_if_somebody_is_in(turn.text) else None
    return read_history_question(turn.text) or state


LIST_PARTNERS = register_flow(ListPartners())


class AskListPartnersDossier(AskDossier):
    """Ask whose partners are to be listed."""

    action_name = "action_ask_list_partners_form_dossier"


class SubmitListPartners(SubmitFlow):
    """List the partners of a dossier."""

    flow = LIST_PARTNERS

    async def submit(self, context: Context) -> Events:
        """Show each partner's name and profession, who is the referent, and the dates of an access that has some."""
        turn, utterances = context.turn, context.utterances
        reference = turn.slot("dossier")
        try:
            if turn.slot(HISTORY):
                return await utter_history(context)
            partners = await context.partners_of(reference)
        except NotAMember:
            context.utter_unchanged("utter_not_a_member", reference=reference)
            return []
        lines = [
            utterances.text("utter_partner_line_referent" if p.is_referent else "utter_partner_line", partner=partner_label(p))
            + _since(context, p)
            + (utterances.text("utter_partner_period", period=words) if (words := partner_period(context, p)) else "")
            for p in partners
        ]
        head = utterances.text("utter_partners_of", reference=reference, count=len(partners))
        add_partner = make_button(utterances.text("utter_title_add_partner_here"), "add_partner", dossier_ref=reference)
        utterances.utter_lines([head, *lines], [add_partner])
        return [SlotSet("last_dossier", reference)]


def _since(context: Context, partner: Partner) -> str:
    """Return since when somebody has access, "" where it is still to come or not known."""
    if partner.since is None or partner.planned:
        return ""
    today = paris_day(context.services.clock.now())
    return context.utterances.text("utter_partner_since", day=day_words(partner.since, today))


def partner_label(partner: Partner) -> str:
    """Return a partner's name and profession; who has no name is called what they are, which is not said twice."""
    return " – ".join(dict.fromkeys(part for part in (partner.display, partner.profession) if part))
