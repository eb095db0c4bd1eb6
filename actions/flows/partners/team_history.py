"""The answer to « qui l'a ajouté ? »: a line for each stay in the team that is meant, with who, when and on what basis."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.flows.partners.history_question import HistoryQuestion
from actions.flows.partners.member_names import matching_name
from actions.framework.context import Context
from actions.framework.dates import format_moment, format_relative_day
from actions.framework.events import Events
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from actions.framework.utterances import MAX_SHOWN, make_button
from bot.core.text_folding import fold
from bot.directory.codes import profession_by_text
from bot.dossiers.history import Change, Participation
from bot.dossiers.period import day_words, midnight, paris_day

HISTORY = "history_question"
"""Slot: what is asked, {"act", "mine", "name", "profession"}."""
ANY_DOSSIER = ""
"""Value of the slot `dossier` where the speaker's own acts are meant in whatever dossier."""
_POINTS_TO_ONE = re.compile(
    r"\b(?:(?:l|lui) (?:a|avait|as|ont)|la (?:ajout|retir|enlev|mis)\w*|(?:il|elle) (?:a|est|y|fait|n)|est (?:il"
    r"|elle)|a t (?:il|elle)|y est"
    r"|ce (?:monsieur|mr|medecin|docteur|kine|type|gars)|cette (?:dame|personne|infirmiere|femme)|celui la|celle la|est la)\b"
)
"""Words that point to the person spoken of last: « qui l'a ajouté », « depuis quand il est là »."""


def history_slots(turn: Turn, question: HistoryQuestion, name: str | None, profession: str | None) -> Slots:
    """Return the slot of the question with the person whom it is about: named, or spoken of last."""
    asked: Slots = {"act": question.act, "mine": question.mine, "name": name, "profession": profession}
    if not asked["name"] and not asked["profession"] and not question.mine:
        pointed = turn.same_partner or (turn.slot("last_partner") if _POINTS_TO_ONE.search(fold(turn.text)) else None)
        asked["name"] = pointed
    return {HISTORY: asked}


async def utter_history(context: Context) -> Events:
    """Answer the question in the slots. Raise NotAMember, LimitReached, LinkEnded and FhirUnavailable."""
    turn, reader, history = context.turn, await context.account_reference(), context.services.partner_history
    asked, reference = turn.slot(HISTORY), turn.slot("dossier")
    if reference == ANY_DOSSIER:
        stays = await history.own_acts(reader, turn.origin)
    else:
        stays = await history.of_dossier(reference, reader, turn.origin)
    shown = [stay if turn.trusted else stay.unnamed for stay in stays]
    meant = [stay for stay in shown if _is_meant(stay, asked)]
    if not meant:
        return _utter_none(context, asked, reference)
    authors = await _author_names(context, meant, reader.id)
    lines = [_line(context, stay, authors, named=reference == ANY_DOSSIER) for stay in meant[:MAX_SHOWN]]
    head = context.utterances.text("utter_history_own") if reference == ANY_DOSSIER else ""
    if reference != ANY_DOSSIER and len(meant) > 1:
        head = context.utterances.text("utter_history_of", reference=reference)
    only = {stay.name for stay in meant}
    dossiers = {stay.dossier for stay in meant}
    listing = [
        make_button(context.utterances.text("utter_title_list_partners"), "list_partners", dossier_ref=found)
        for found in sorted(dossiers)
        if len(dossiers) == 1
    ]
    context.utterances.utter_lines([head, *lines], listing)
    return [
        *([SlotSet("last_dossier", dossiers.pop())] if len(dossiers) == 1 else []),
        *([SlotSet("last_partner", only.pop())] if len(only) == 1 else []),
    ]


def _utter_none(context: Context, asked: Slots, reference: str) -> Events:
    who = asked["name"] or asked["profession"]
    if reference == ANY_DOSSIER:
        context.utterances.utter("utter_history_own_none")
        return []
    listing = [make_button(context.utterances.text("utter_title_list_partners"), "list_partners", dossier_ref=reference)]
    response = "utter_history_unknown" if who else f"utter_history_none_{asked['act']}"
    context.utterances.utter(response, listing, name=who or "", reference=reference)
    return [SlotSet("last_dossier", reference)]


def _is_meant(stay: Participation, asked: Slots) -> bool:
    """Return whether the question is about this stay; one about a person holds whichever act it names."""
    if asked["name"]:
        return matching_name(str(asked["name"]), stay.name)
    if asked["profession"]:
        labels = {fold(label) for _, label in profession_by_text(str(asked["profession"]))}
        if fold(stay.profession) not in labels and fold(str(asked["profession"])) not in fold(stay.profession):
            return False
    return asked["act"] != "removed" or stay.ended is not None


async def _author_names(context: Context, stays: Sequence[Participation], reader: str) -> dict[str, str]:
    """Return the names of those who acted, by account id; the reader is « vous »."""
    changes = [change for stay in stays for change in (stay.started, stay.ended) if change is not None]
    ids = {change.actor for change in changes if change.actor and not change.actor.startswith("agent:")}
    names = {account.id: account.name for account in await context.services.registry.get_many(sorted(ids - {reader}))}
    return {**names, reader: context.utterances.text("utter_history_you")}


def _line(context: Context, stay: Participation, authors: dict[str, str], *, named: bool) -> str:
    """Return « • Paul Martin – Kiné : ajouté hier à 10h par Claire Moreau (accord de l'usager recueilli). »."""
    text = context.utterances.text
    who = " – ".join(dict.fromkeys(part for part in (stay.name, stay.profession) if part)) or text("utter_history_nobody")
    parts = [_start(context, stay.started, authors)]
    if stay.until is not None:
        today = paris_day(context.services.clock.now())
        parts.append(text("utter_history_until", day=day_words(stay.until, today)))
    if stay.ended is not None:
        parts.append(_end(context, stay, stay.ended, authors))
    dossier = text("utter_history_in", reference=stay.dossier) if named else ""
    return text("utter_history_line", who=who, what="".join(parts), dossier=dossier)


def _start(context: Context, change: Change, authors: dict[str, str]) -> str:
    text, when = context.utterances.text, _when(context, change)
    author, now = _author(context, change, authors), context.services.clock.now()
    basis = text(f"utter_history_basis_{change.basis}") if change.basis else ""
    if change.at is not None and change.at > now:
        day = day_words(paris_day(change.at), paris_day(now))
        if not author or change.done is None:
            return text("utter_history_planned", day=day)
        return text("utter_history_planned_by", day=day, when=format_moment(change.done, now), author=author, basis=basis)
    if not author:
        return text("utter_history_since", when=when)
    if change.done is not None and change.at is not None and paris_day(change.done) < paris_day(change.at):
        day = day_words(paris_day(change.at), paris_day(now))
        return text("utter_history_added_ahead", when=format_moment(change.done, now), author=author, basis=basis, day=day)
    return text("utter_history_restored" if change.restored else "utter_history_added", when=when, author=author, basis=basis)


def _end(context: Context, stay: Participation, change: Change, authors: dict[str, str]) -> str:
    text, when = context.utterances.text, _when(context, change)
    if change.actor and change.actor == stay.account_id:
        return text("utter_history_left", when=when)
    author = _author(context, change, authors)
    return text("utter_history_removed", when=when, author=author) if author else text("utter_history_ended", when=when)


def _when(context: Context, change: Change) -> str:
    """Return « hier à 10h », the day alone where the platform has no more."""
    now = context.services.clock.now()
    if change.at is None:
        return context.utterances.text("utter_history_undated")
    if change.at == midnight(paris_day(change.at)):
        return format_relative_day(paris_day(change.at), paris_day(now))
    return format_moment(change.at, now)


def _author(context: Context, change: Change, authors: dict[str, str]) -> str:
    """Return who did it, "" where nobody is known."""
    if change.actor is None:
        return ""
    if change.actor.startswith("agent:"):
        return context.utterances.text("utter_history_support")
    return authors.get(change.actor) or context.utterances.text("utter_history_former")
