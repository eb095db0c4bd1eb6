"""The Rasa component that publishes what rules find."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.identifiers import EntityMatch
from nlu.components.regex_rules import RULE_ENTITIES, find_entities

_ACTIVE = "active"


def as_entity(found: EntityMatch) -> dict[str, Any]:
    """`found` in the shape of a Rasa entity."""
    return {
        "entity": found.entity,
        "start": found.start,
        "end": found.end,
        "value": found.value,
        "confidence_entity": 1.0,
        "extractor": "ExactExtractor",
    }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FrenchRegexEntityExtractor(GraphComponent):
    """Adds to each message the entities that rules find, where the training data knows any of them."""

    def __init__(self, storage: ModelStorage, resource: Resource, active: bool) -> None:
        self._storage = storage
        self._resource = resource
        self._active = active

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FrenchRegexEntityExtractor:
        """A component that has seen no training data yet, and finds nothing."""
        return cls(model_storage, resource, active=False)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FrenchRegexEntityExtractor:
        """The component as it was trained."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, active=(folder / _ACTIVE).exists())

    def train(self, training_data: TrainingData) -> Resource:
        """Learns whether these entities are this assistant's affair: other labels are not to be disturbed."""
        with self._storage.write_to(self._resource) as folder:
            if training_data.entities & set(RULE_ENTITIES):
                (folder / _ACTIVE).touch()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets ENTITIES of each message; what was there and overlaps gives way."""
        for message in messages:
            text = message.get(TEXT) or ""
            entities = [as_entity(found) for found in find_entities(text)] if self._active else []
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
