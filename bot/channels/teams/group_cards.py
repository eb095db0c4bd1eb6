"""The card at the head of a ticket's thread: how it stands, its context, and what an agent can do with it."""

from __future__ import annotations

from typing import Any

from bot.channels.teams.cards import VERSION, Card, shortened
from bot.channels.teams.markdown import escape
from bot.support.groups.commands import Command
from bot.support.groups.group import TicketCard
from bot.support.groups.group_texts import GroupTexts
from bot.support.records import QUEUED, Outcome, TicketState

VERB = "support"
TICKET, ACT, TEXT, OUTCOME = "ticket", "act", "text", "outcome"
REPLY = "repondre"
"""The act that is no command: what was entered is for the user."""
LONGEST_INPUT = 4_000


def group_card(head: TicketCard, words: GroupTexts) -> Card:
    """The Adaptive Card of a head. A closed ticket's has nothing to press."""
    text = head.text
    body: list[Card] = [{"type": "TextBlock", "text": escape(head.heading), "wrap": True, "weight": "Bolder", "size": "Medium"}]
    facts = [{"title": escape(label), "value": escape(" ".join(value.split()))} for label, value in head.facts]
    body.append({"type": "FactSet", "facts": facts})
    lines = [line for before in head.earlier for line in before.splitlines() if line.strip()]
    body += [{"type": "TextBlock", "text": escape(line), "wrap": True, "spacing": "Small", "isSubtle": True} for line in lines]
    actions = _actions(head, words)
    if actions:
        body += _inputs(words)
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "lang": "fr",
        "fallbackText": shortened(text),
        "msteams": {"width": "full"},
        "body": body,
        **({"actions": actions} if actions else {}),
    }


def _actions(head: TicketCard, words: GroupTexts) -> list[Card]:
    if head.state is TicketState.CLOSED:
        return []
    acts = {"button_take": Command.TAKE.value, "button_note": Command.NOTE.value, "button_close": Command.CLOSE.value}
    if head.state not in QUEUED:
        acts = {
            "button_reply": REPLY,
            "button_note": Command.NOTE.value,
            "button_close": Command.CLOSE.value,
            "button_release": Command.RELEASE.value,
            "button_take_over": Command.TAKE_OVER.value,
        }
    return [_execute(words.render(title), {TICKET: head.ticket_id, ACT: act}) for title, act in acts.items()]


def _execute(title: str, data: dict[str, Any]) -> Card:
    """A button that is answered within the card; clients that do not know it send its data as a message."""
    fallback = {"type": "Action.Submit", "title": title, "data": data}
    return {"type": "Action.Execute", "title": title, "verb": VERB, "data": data, "fallback": fallback}


def _inputs(words: GroupTexts) -> list[Card]:
    label, ending = words.render("input"), words.render("input_outcome")
    choices = [{"title": words.label("outcome", outcome), "value": outcome.value} for outcome in Outcome]
    return [
        {"type": "Input.Text", "id": TEXT, "label": label, "isMultiline": True, "maxLength": LONGEST_INPUT, "separator": True},
        {"type": "Input.ChoiceSet", "id": OUTCOME, "label": ending, "choices": choices, "value": Outcome.SOLVED.value},
    ]


def order_in(data: dict[str, Any]) -> tuple[int, str] | None:
    """The ticket and the words or the command that a pressed button stands for; None: it is none of ours."""
    ticket, act, text = data.get(TICKET), data.get(ACT), data.get(TEXT)
    if not isinstance(ticket, int) or isinstance(ticket, bool) or not 0 < ticket < 2**31 or not isinstance(act, str):
        return None
    text = text.replace("\0", "") if isinstance(text, str) else ""
    if act == REPLY:
        return ticket, text
    if act == Command.NOTE:
        return ticket, f"/{act} {text}"
    if act == Command.CLOSE:
        return ticket, f"/{act} {data.get(OUTCOME) or ''}"
    return (ticket, f"/{act}") if act in {Command.TAKE, Command.TAKE_OVER, Command.RELEASE} else None
