"""The Rasa component around the reading of commands: it publishes `commands` and `acts`; a turn takes the first act as its message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.commands.acts import EMERGENCY, Understood, find_acts, is_doubtful_yes, name_usagers
from nlu.commands.agreement import find_agreed_acts
from nlu.commands.command import Asked, Command, parse_command
from nlu.commands.reader import CommandReader, load_reader
from nlu.components.analysis import has_no_content
from nlu.components.intent_classifier import FALLBACK, build_response_selector
from nlu.components.intent_model import loaded_intent_model
from nlu.components.lexicon import get_imported_lexicon

SURE_EMERGENCY, MIN_EMERGENCY = 0.9, 0.05
"""An emergency stands if the intent model is that sure of it, or the network finds it at least that likely on some word."""
METADATA, ASKED = "metadata", "asked"
"""Where the processor puts the question on the table: `{"task": …, "question": …}` in the message's metadata."""
SECOND = "second"
"""Where it puts what the second reader read, if anything: commands in the contract's form."""
_AT_ONCE = frozenset(["unlink_account", "mark_notifications_read"])
"""Intents that are carried out without a question: a doubtful one was not understood."""
_AWAY_FROM_A_QUESTION = _AT_ONCE | {"contact_support"}
"""Such intents, and one that writes to the team, which doubt is cast upon in the middle of a question where the network sees nothing of
them (« je préfère en parler avec elle d'abord » is no wish to talk with the team)."""
MIN_SEEN = 0.3


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FrenchCommandReader(GraphComponent, EntityExtractorMixin):
    """Publishes `commands` (the contract's form), and where they are sure `acts` and `read_entities`; `says` for what is doubtful.

    `read_entities` are those of the whole text, by which it is masked. Intent and entities stay as the other models read them: a turn
    takes the first act in their place (`take_first_act`). It comes after the entity extractors.
    """

    def __init__(self) -> None:
        self._reader: CommandReader | None = None

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> FrenchCommandReader:
        """Return the component."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Read the commands of each message."""
        for message in messages:
            self._read(message, message.get(TEXT) or "")
        return messages

    def _read(self, message: Message, text: str) -> None:
        model = loaded_intent_model()
        if model is None or has_no_content(text):
            return
        if self._reader is None:
            self._reader = load_reader(model)
        metadata = message.get(METADATA) or {}
        asked, second = Asked(**(metadata.get(ASKED) or {})), metadata.get(SECOND)
        commands, emergency = self._reader.read_with_emergency(text, asked, get_imported_lexicon().current())
        message.set("commands", [command.to_dict() for command in commands], add_to_output=True)
        ranking = message.get("intent_ranking") or []
        confidence = float((message.get(INTENT) or {}).get("confidence") or 0.0)
        fallback = (message.get(INTENT) or {}).get("name") == FALLBACK or not ranking
        if not fallback and ranking[0]["name"] == EMERGENCY and confidence < SURE_EMERGENCY and emergency < MIN_EMERGENCY:
            fallback = True
            message.set("says", {"emergency": True}, add_to_output=True)
        understood = Understood(text, FALLBACK if fallback else ranking[0]["name"], confidence, message.get(ENTITIES) or [])
        if second is None:
            acts = find_acts(understood, commands, asked.question)
            doubt = not acts and (
                _is_far_from(understood.intent, asked, commands) or (understood.intent == "affirm" and is_doubtful_yes(commands))
            )
        else:
            acts, doubt = find_agreed_acts(understood, commands, [*map(parse_command, second)], asked.question)
        if not acts:
            if doubt:
                message.set("says", {"doubt": True}, add_to_output=True)
            return
        message.set("acts", [act.to_dict() for act in acts], add_to_output=True)
        message.set("read_entities", name_usagers(understood, commands), add_to_output=True)


def _is_far_from(intent: str, asked: Asked, commands: list[Command]) -> bool:
    """Return whether an intent would lead away from the question on the table, and the network sees nothing of it."""
    if not asked.question or intent not in _AWAY_FROM_A_QUESTION:
        return False
    return not any(command.intent == intent and command.confidence >= MIN_SEEN for command in commands)


def take_first_act(parse_data: dict[str, Any]) -> None:
    """Make the first act of a message its intent, entities and `said` words, and the others its `agenda`.

    What was hardly an emergency, and no act either, was not understood; nor was a doubtful wish that nothing would be asked about.
    """
    acts = parse_data.pop("acts", None)
    if not acts:
        says = parse_data.get("says") or {}
        if says.get("emergency") or (says.get("doubt") and parse_data["intent"]["name"] in _AWAY_FROM_A_QUESTION):
            parse_data |= {"intent": {"name": FALLBACK, "confidence": 0.0}, "response_selector": {}}
        return
    first, *agenda = acts
    full = first["full_intent"]
    parse_data |= {"intent": first["intent"], "entities": first["entities"], "says": first["says"]}
    parse_data["response_selector"] = build_response_selector(full) if "/" in full else {}
    if first["text"] != parse_data["text"]:
        parse_data["said"] = first["text"]
    if agenda:
        parse_data["agenda"] = agenda
