"""The ticket card at the head of a thread: the ticket's state, its context, and what an agent can do with it."""

from __future__ import annotations

from typing import Any

from bot.channels.teams.cards import VERSION, Card, summary
from bot.channels.teams.markdown import escape
from bot.support.groups.commands import Command
from bot.support.groups.group import TicketCard
from bot.support.groups.group_texts import GroupTexts
from bot.support.records import QUEUED, Outcome, TicketState

VERB = "support"
TICKET, ACTION, TEXT, OUTCOME = "ticket", "act", "text", "outcome"
REPLY = "repondre"
"""The action that is no command: what was entered is a reply to the user."""
MAX_INPUT_LENGTH = 4_000


def group_card(card: TicketCard, texts: GroupTexts) -> Card:
    """Return the Adaptive Card of a ticket; a closed one has but the button that opens it at the desk."""
    text = card.text
    body: list[Card] = [{"type": "TextBlock", "text": escape(card.heading), "wrap": True, "weight": "Bolder", "size": "Medium"}]
    facts = [{"title": escape(label), "value": escape(" ".join(value.split()))} for label, value in card.facts]
    body.append({"type": "FactSet", "facts": facts})
    lines = [line for before in card.earlier for line in before.splitlines() if line.strip()]
    body += [{"type": "TextBlock", "text": escape(line), "wrap": True, "spacing": "Small", "isSubtle": True} for line in lines]
    actions = _actions(card, texts)
    if actions:
        body += _inputs(texts)
    actions.append({"type": "Action.OpenUrl", "title": texts.render("button_open"), "url": card.url})
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "lang": "fr",
        "fallbackText": summary(text),
        "msteams": {"width": "full"},
        "body": body,
        "actions": actions,
    }


def _actions(card: TicketCard, texts: GroupTexts) -> list[Card]:
    if card.state is TicketState.CLOSED:
        return []
    commands = {"button_take": Command.TAKE.value, "button_note": Command.NOTE.value, "button_close": Command.CLOSE.value}
    if card.state not in QUEUED:
        commands = {
            "button_reply": REPLY,
            "button_note": Command.NOTE.value,
            "button_close": Command.CLOSE.value,
            "button_release": Command.RELEASE.value,
            "button_take_over": Command.TAKE_OVER.value,
        }
    return [_execute(texts.render(title), {TICKET: card.ticket_id, ACTION: action}) for title, action in commands.items()]


def _execute(title: str, data: dict[str, Any]) -> Card:
    """Return a button that is answered within the card; clients without `Action.Execute` send its data as a message."""
    fallback = {"type": "Action.Submit", "title": title, "data": data}
    return {"type": "Action.Execute", "title": title, "verb": VERB, "data": data, "fallback": fallback}


def _inputs(texts: GroupTexts) -> list[Card]:
    label, ending = texts.render("input"), texts.render("input_outcome")
    choices = [{"title": texts.label("outcome", outcome), "value": outcome.value} for outcome in Outcome]
    return [
        {"type": "Input.Text", "id": TEXT, "label": label, "isMultiline": True, "maxLength": MAX_INPUT_LENGTH, "separator": True},
        {"type": "Input.ChoiceSet", "id": OUTCOME, "label": ending, "choices": choices, "value": Outcome.SOLVED.value},
    ]


def pressed_command(data: dict[str, Any]) -> tuple[int, str] | None:
    """Return the ticket and the reply or command that a pressed button stands for; None where it is no button of these cards."""
    ticket, action, text = data.get(TICKET), data.get(ACTION), data.get(TEXT)
    if not isinstance(ticket, int) or isinstance(ticket, bool) or not 0 < ticket < 2**31 or not isinstance(action, str):
        return None
    text = text.replace("\0", "") if isinstance(text, str) else ""
    if action == REPLY:
        return ticket, text
    if action == Command.NOTE:
        return ticket, f"/{action} {text}"
    if action == Command.CLOSE:
        return ticket, f"/{action} {data.get(OUTCOME) or ''}"
    return (ticket, f"/{action}") if action in {Command.TAKE, Command.TAKE_OVER, Command.RELEASE} else None
