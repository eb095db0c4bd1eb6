"""What a user asks to change in the notification preferences: read it from words, and ask about what is not clear.

The slot `wish` holds the changes, the slot `wish_question` a question that must be answered first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import time
from typing import Any

from actions.framework.answers import list_position
from actions.framework.context import Context
from actions.framework.dates import DAYS
from actions.framework.flow import Slots
from actions.framework.turn import MASKS, Turn, words_of
from actions.framework.utterances import Button, Utterances, make_button
from bot.core.clock import french_hour
from bot.core.text_folding import MAX_CHARACTERS
from bot.identity.deep_links import link_channels
from bot.notifications import preference_parser
from bot.notifications.kinds import CHATS, DeliveryChannel
from bot.notifications.preference_changes import CHANGES, Change
from bot.notifications.preference_parser import About, Choice, PreferenceRequest, Question, Span

MAX_CHOICES = 6
"""Choices of a question that are shown as buttons."""
_CORRECTABLE_ENTITIES = ("time", "channel", "frequency")
"""Entities of a request of which a correction may give another value."""
HOUR_QUESTIONS = frozenset({About.EVENING, About.HALF, About.HOURS})
"""Questions to which « 8 » is an hour, not a position in the list."""
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
Reading = PreferenceRequest | Question | None
"""What words are read as: changes, a question that must be answered first, or nothing."""


def change_slots(changes: tuple[Change, ...]) -> Slots:
    """Return the slots of changes that are clear."""
    return {"wish": {"changes": CHANGES.dump_python(changes, mode="json")}, "wish_question": None}


def changes_of(wish: dict[str, Any]) -> tuple[Change, ...]:
    """Return the changes that the slot `wish` holds."""
    return CHANGES.validate_python(wish["changes"])


def question_slots(question: Question) -> Slots:
    """Return the slots of a question that must be answered first."""
    return {"wish": None, "wish_question": question.model_dump(mode="json")}


def correct_request(turn: Turn, request: str) -> str | None:
    """Return the request of the turn before with the values of this message: « plus rien après 19h », then « non, 20h ».

    Return None if the message replaces no value.
    """
    before = [event.get("parse_data") or {} for event in turn.tracker.events if event.get("event") == "user"][-2:-1]
    text = request
    for name in _CORRECTABLE_ENTITIES:
        new = turn.distinct_values(name)
        entities = [e for message in before for e in message.get("entities") or [] if e.get("entity") == name]
        old = [words_of(before[0])[e["start"] : e["end"]] for e in entities if e.get("end")]
        if new and len(old) == 1 and old[0] in text:
            text = text.replace(old[0], new[-1], 1)
    return text if text != request else None


def open_question(context: Context) -> Question | None:
    """Return the question that was asked."""
    held = context.turn.slot("wish_question")
    return Question.model_validate(held) if held else None


async def reading_context(context: Context, dossier: str | None) -> preference_parser.Context:
    """Return what the user's words are read against: preferences, ways, time, dossier, this channel."""
    account, service = await context.linked_account(), context.services.notifications
    here = DeliveryChannel(context.turn.channel) if context.turn.channel in CHATS else DeliveryChannel.SPHERE
    preferences, ways = await service.preferences(account.id), await service.channels(account.id, account.email)
    return preference_parser.Context(preferences, ways, context.services.clock.now(), dossier=dossier, here=here)


def request_text(context: Context, dossier_entities: frozenset[str]) -> str:
    """Return the typed words with « ce dossier » in the place of masks and of the entities that stand for a dossier."""
    turn = context.turn
    text = turn.raw_text
    this_dossier = context.utterances.text("utter_said_this_dossier")
    for entity in sorted(turn.message.get("entities") or [], key=lambda e: e.get("start") or 0, reverse=True):
        if entity.get("entity") in dossier_entities and entity.get("end"):
            text = text[: entity["start"]] + this_dossier + text[entity["end"] :]
    for mask in MASKS:
        text = text.replace(mask, this_dossier)
    return text


async def read_request(context: Context, text: str, dossier: str | None) -> Reading:
    """Return what a text asks for; beside a question about something else, what its other sentences ask for."""
    known = await reading_context(context, dossier)
    reading = preference_parser.read(text, _spans(context, text), known)
    if reading is None and len(sentences := _SENTENCE.findall(text[:MAX_CHARACTERS])) > 1:
        orders = " ".join(one.strip() for one in sentences if not one.rstrip().endswith("?"))
        reading = preference_parser.read(orders, [], known) if orders else None
    return reading


def confirm_first(context: Context, text: str) -> Question:
    """Return the question whether what a text asks for is meant."""
    return Question(about=About.CONFIRM, choices=(Choice(name="yes"),), text=text, spans=tuple(_spans(context, text)))


def _spans(context: Context, text: str) -> list[Span]:
    """Return the entities that Rasa found in a text, none if the text is not that of the message."""
    message = context.turn.message
    if text != context.turn.raw_text:
        return []
    found = [e for e in message.get("entities") or [] if e.get("start") is not None and e.get("end") is not None]
    return [Span(e["entity"], e["start"], e["end"]) for e in found]


async def read_answer(context: Context, question: Question, dossier: str | None, text: str) -> Reading:
    """Return what a button, a list position or typed words answer to a question; None if they are no answer."""
    known = await reading_context(context, dossier)
    choice = _chosen(context, question)
    if choice is not None:
        return preference_parser.choose(question, choice, known)
    return None if context.turn.is_button else preference_parser.answer(question, text, _spans(context, text), known)


def _chosen(context: Context, question: Question) -> Choice | None:
    option, choices = context.turn.entity("option"), question.choices
    if option is not None:
        of, _, index = option.partition(".")
        return choices[int(index)] if of == _question_id(question) and index.isdecimal() and int(index) < len(choices) else None
    if question.about in HOUR_QUESTIONS:
        return None
    position = list_position(context.turn)
    return choices[position] if position is not None and -len(choices) <= position < len(choices) else None


def _question_id(question: Question) -> str:
    """Return what tells the buttons of this question from those of an earlier one."""
    return hashlib.sha256(question.model_dump_json().encode()).hexdigest()[:8]


def is_dead_end(question: Question) -> bool:
    """Return whether no answer that can be given now would help."""
    return not question.choices and question.about in {About.NOT_LINKED, About.DOSSIER_MODE, About.URGENT}


async def would_change(context: Context, question: Question, dossier: str | None) -> tuple[Change, ...]:
    """Return what a yes to a question that asks for confirmation changes."""
    result = preference_parser.choose(question, question.choices[0], await reading_context(context, dossier))
    return result.changes if isinstance(result, PreferenceRequest) else ()


def ask_question(context: Context, question: Question, proposed: Sequence[str] = ()) -> None:
    """Ask a question, with a button for each choice; one that asks for confirmation, with the lines of what is proposed."""
    utterances = context.utterances
    if question.about is About.CONFIRM:
        head = "utter_wish_confirm" if question.value else "utter_wish_confirm_first"
        lines = [utterances.text(head, value=question.value), *proposed, utterances.text("utter_wish_confirm_ask")]
        utterances.utter_lines(lines, _buttons(utterances, question))
        return
    about, value = question.about, _value_text(utterances, question.about, question.value)
    if about is About.NOT_LINKED and question.value in CHATS and question.value not in link_channels(context.services.settings):
        utterances.utter("utter_way_not_here", way=utterances.text(f"utter_way_{question.value}"))
        return
    response = "utter_wish_unclear_words" if about is About.UNCLEAR and value else f"utter_wish_{about}"
    utterances.utter(response, buttons=_buttons(utterances, question), value=value)


def _buttons(utterances: Utterances, question: Question) -> list[Button]:
    question_id = _question_id(question)
    buttons = [
        make_button(_choice_title(utterances, question, choice), "choose", option=f"{question_id}.{n}")
        for n, choice in enumerate(question.choices[:MAX_CHOICES])
    ]
    if question.about is About.NOT_LINKED and question.value in CHATS:
        buttons.append(utterances.button("utter_title_link_way", "link_account", channel=question.value))
    return buttons


def _choice_title(utterances: Utterances, question: Question, choice: Choice) -> str:
    own, value = f"utter_choice_{question.about}_{choice.name}", choice.value or question.value
    response = own if utterances.has_response(own) else f"utter_choice_{choice.name}"
    if not value and utterances.has_response(f"{response}_unsaid"):
        response = f"{response}_unsaid"
    return utterances.text(response, value=_value_text(utterances, question.about, value))


def _value_text(utterances: Utterances, about: About, value: str) -> str:
    """Return the value of a choice in words: a way, an hour, a day, a dossier."""
    if value in set(DeliveryChannel):
        return utterances.text(f"utter_name_{value}")
    if about is About.DAY and value.isdecimal() and int(value) < len(DAYS):
        return DAYS[int(value)]
    try:
        return french_hour(time.fromisoformat(value)) if ":" in value else value
    except ValueError:
        return value
