"""The Rasa component that publishes the entities found by rules."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.entity_match import EntityMatch
from nlu.components.regex_rules import RULE_ENTITIES, find_entities

EXTRACTOR = "ExactExtractor"
"""The `extractor` of these entities in parse data and in stored trackers; it does not follow the class's name."""
_ACTIVE_FLAG = "active"


def to_rasa_entity(match: EntityMatch) -> dict[str, Any]:
    """Return `match` as an entity of Rasa's parse data."""
    return {
        "entity": match.entity,
        "start": match.start,
        "end": match.end,
        "value": match.value,
        "confidence_entity": 1.0,
        "extractor": EXTRACTOR,
    }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FrenchRegexEntityExtractor(GraphComponent):
    """Adds to each message the entities that rules find, where the training data label any of them."""

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
        """Return an untrained component, which finds nothing."""
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
        """Return the component as it was trained."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, active=(folder / _ACTIVE_FLAG).exists())

    def train(self, training_data: TrainingData) -> Resource:
        """Activate the component where the training data label one of its entities, so that other data sets are left as they are."""
        with self._storage.write_to(self._resource) as folder:
            if training_data.entities & set(RULE_ENTITIES):
                (folder / _ACTIVE_FLAG).touch()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities that rules find to ENTITIES of each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            entities = [to_rasa_entity(match) for match in find_entities(text)] if self._active else []
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
