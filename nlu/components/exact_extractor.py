"""The Rasa component that publishes what rules find."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.components.exact import find_exact
from nlu.components.identifiers import Found


def as_entity(found: Found) -> dict[str, Any]:
    """`found` in the shape of a Rasa entity."""
    return {
        "entity": found.entity,
        "start": found.start,
        "end": found.end,
        "value": found.value,
        "confidence_entity": 1.0,
        "extractor": "ExactExtractor",
    }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ExactExtractor(GraphComponent):
    """Adds to each message the entities that rules find."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ExactExtractor:
        """A component without settings or state."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets ENTITIES of each message; what was there and overlaps gives way."""
        for message in messages:
            text = message.get(TEXT) or ""
            entities = [as_entity(found) for found in find_exact(text)]
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
