"""What is wished of one's notifications: reading it, and asking what is not clear, with the choices that there are."""

from __future__ import annotations

import hashlib
from datetime import time
from typing import Any

from actions.base import Context
from actions.reading import shown_position
from actions.speech import Button, Speech, titled
from actions.tasks import Slots
from actions.times import DAYS
from actions.turn import MASKS, Turn
from bot.identity.deep_links import link_channels
from bot.notifications import preference_parser
from bot.notifications.kinds import CHATS, DeliveryChannel
from bot.notifications.preference_changes import CHANGES, Change
from bot.notifications.preference_parser import About, Choice, PreferenceRequest, Question, Span
from bot.support.opening_hours import french_hour

MANY = 6
"""Choices that are shown as buttons, at the most."""
_REPLACED = ("time", "channel", "frequency")
"""Entities of a wish of which a correction may give another value."""
TYPED_HOURS = frozenset({About.EVENING, About.HALF, About.HOURS})
"""Questions to which « 8 » is an hour, not a position in the list."""
Taken = PreferenceRequest | Question | None
"""What words come to: a wish, what must be asked first, or nothing."""


def wished(changes: tuple[Change, ...]) -> Slots:
    """The slots of a wish without doubt."""
    return {"wish": {"changes": CHANGES.dump_python(changes, mode="json")}, "wish_question": None}


def changes_of(wish: dict[str, Any]) -> tuple[Change, ...]:
    """The changes that a slot holds."""
    return CHANGES.validate_python(wish["changes"])


def asked(question: Question) -> Slots:
    """The slots of a question that must be answered first."""
    return {"wish": None, "wish_question": question.model_dump(mode="json")}


def amended(turn: Turn, wish: str) -> str | None:
    """A wish of the turn before, with what these words say in the place of its like: « plus rien après 19h », then « non, 20h »."""
    before = [event.get("parse_data") or {} for event in turn.tracker.events if event.get("event") == "user"][-2:-1]
    text = wish
    for kind in _REPLACED:
        new, said = turn.different(kind), [e for parsed in before for e in parsed.get("entities") or [] if e.get("entity") == kind]
        old = [str(before[0].get("text") or "")[e["start"] : e["end"]] for e in said if e.get("end")]
        if new and len(old) == 1 and old[0] in text:
            text = text.replace(old[0], new[-1], 1)
    return text if text != wish else None


def open_question(context: Context) -> Question | None:
    """The question that was asked."""
    held = context.turn.slot("wish_question")
    return Question.model_validate(held) if held else None


async def wish_context(context: Context, dossier: str | None) -> preference_parser.Context:
    """What the speaker's words are read against."""
    person, service = await context.member(), context.services.notifications
    here = DeliveryChannel(context.turn.channel) if context.turn.channel in CHATS else DeliveryChannel.SPHERE
    preferences, ways = await service.preferences(person.id), await service.ways(person.id, person.email)
    return preference_parser.Context(preferences, ways, context.services.clock.now(), dossier=dossier, here=here)


def sentence(context: Context, names: frozenset[str]) -> str:
    """The typed words, with « ce dossier » in the place of whoever one of these entities names, or of what was masked."""
    turn = context.turn
    text = str(turn.message.get("text") or "")
    this = context.speech.phrase("utter_said_this_dossier")
    for entity in sorted(turn.message.get("entities") or [], key=lambda e: e.get("start") or 0, reverse=True):
        if entity.get("entity") in names and entity.get("end"):
            text = text[: entity["start"]] + this + text[entity["end"] :]
    for mask in MASKS:
        text = text.replace(mask, this)
    return text


async def read_wish(context: Context, text: str, dossier: str | None) -> Taken:
    """What a sentence wishes."""
    return preference_parser.read(text, _spans(context, text), await wish_context(context, dossier))


def _spans(context: Context, text: str) -> list[Span]:
    """What the model found in the words, if it is these that are read."""
    message = context.turn.message
    if text != message.get("text"):
        return []
    found = [e for e in message.get("entities") or [] if e.get("start") is not None and e.get("end") is not None]
    return [Span(e["entity"], e["start"], e["end"]) for e in found]


async def answered(context: Context, question: Question, dossier: str | None, text: str) -> Taken:
    """What a press, a position in the list or typed words make of the question; None where they are no answer."""
    known = await wish_context(context, dossier)
    choice = _chosen(context, question)
    if choice is not None:
        return preference_parser.choose(question, choice, known)
    return None if context.turn.is_button else preference_parser.answer(question, text, _spans(context, text), known)


def _chosen(context: Context, question: Question) -> Choice | None:
    given, choices = context.turn.entity("option"), question.choices
    if given is not None:
        of, _, position = given.partition(".")
        return choices[int(position)] if of == _mark(question) and position.isdecimal() and int(position) < len(choices) else None
    if question.about in TYPED_HOURS:
        return None
    place = shown_position(context.turn)
    return choices[place] if place is not None and -len(choices) <= place < len(choices) else None


def _mark(question: Question) -> str:
    """Tells the buttons of this question from those of an earlier one."""
    return hashlib.sha256(question.model_dump_json().encode()).hexdigest()[:8]


def is_dead_end(question: Question) -> bool:
    """Whether nothing that could be answered now would help."""
    return not question.choices and question.about in {About.NOT_LINKED, About.DOSSIER_MODE, About.URGENT}


def ask(context: Context, question: Question) -> None:
    """Ask it, with a button for each choice."""
    about, value = question.about, _value(context.speech, question.about, question.value)
    if about is About.NOT_LINKED and question.value in CHATS and question.value not in link_channels(context.services.settings):
        context.speech.say("utter_way_not_here", way=context.speech.phrase(f"utter_way_{question.value}"))
        return
    response = "utter_wish_unclear_words" if about is About.UNCLEAR and value else f"utter_wish_{about}"
    context.speech.say(response, buttons=_buttons(context.speech, question), value=value)


def _buttons(speech: Speech, question: Question) -> list[Button]:
    mark = _mark(question)
    shown = [titled(_title(speech, question, choice), "choose", option=f"{mark}.{n}") for n, choice in enumerate(question.choices[:MANY])]
    if question.about is About.NOT_LINKED and question.value in CHATS:
        shown.append(speech.button("utter_title_link_way", "link_account", channel=question.value))
    return shown


def _title(speech: Speech, question: Question, choice: Choice) -> str:
    own, value = f"utter_choice_{question.about}_{choice.name}", choice.value or question.value
    response = own if speech.has(own) else f"utter_choice_{choice.name}"
    if not value and speech.has(f"{response}_unsaid"):
        response = f"{response}_unsaid"
    return speech.phrase(response, value=_value(speech, question.about, value))


def _value(speech: Speech, about: About, value: str) -> str:
    """What makes a choice this one, in words: a way, an hour, a day, a dossier."""
    if value in set(DeliveryChannel):
        return speech.phrase(f"utter_name_{value}")
    if about is About.DAY and value.isdecimal() and int(value) < len(DAYS):
        return DAYS[int(value)]
    try:
        return french_hour(time.fromisoformat(value)) if ":" in value else value
    except ValueError:
        return value
