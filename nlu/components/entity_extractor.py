"""The Rasa component around the sequence model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.analysis import has_no_content
from nlu.components.crf_tagger import CrfTagger, Span
from nlu.components.gazetteers import Gazetteers
from nlu.components.identifiers import EntityMatch
from nlu.components.lexicon import get_imported_lexicon
from nlu.components.regex_rules import RULE_ENTITIES

_TAGGER = "sequence.crfsuite"
_LISTS = "gazetteers.json"
_WORDS = "words.json"
MIN_INTENT_CONFIDENCE = 0.5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FrenchEntityExtractor(GraphComponent):
    """Adds names, professions, places, structures, channel, frequency and time to what rules found, never overlapping it.

    Where the intent is sure, it helps to tell whose a name is: an intent classifier stands before this in the pipeline.
    """

    def __init__(self, storage: ModelStorage, resource: Resource, model: CrfTagger | None) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> FrenchEntityExtractor:
        """An untrained component."""
        return cls(model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FrenchEntityExtractor:
        """The component as it was trained."""
        with model_storage.read_from(resource) as folder:
            if not (folder / _TAGGER).exists():
                return cls(model_storage, resource, None)
            entries = json.loads((folder / _LISTS).read_text(encoding="utf-8"))
            words = json.loads((folder / _WORDS).read_text(encoding="utf-8"))
            return cls(model_storage, resource, CrfTagger.load(folder / _TAGGER, Gazetteers(entries), words))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the tagger on all examples; what rules find is left out of the labels."""
        texts, intents, spans = [], [], []
        for example in training_data.training_examples:
            if text := example.get(TEXT):
                texts.append(text)
                intents.append(example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) or "")
                spans.append(_labelled(example))
        gazetteers = Gazetteers.collect()
        with self._storage.write_to(self._resource) as folder:
            if any(spans):
                self._model = CrfTagger.train(texts, intents, spans, gazetteers, Path(folder) / _TAGGER)
                for name, content in ((_LISTS, gazetteers.entries), (_WORDS, self._model.words)):
                    (Path(folder) / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the model's entities to ENTITIES of each message, in the order of the text."""
        for message in messages:
            entities = list(message.get(ENTITIES, []))
            text = message.get(TEXT) or ""
            for found in self._found(text, _sure_intent(message)):
                if all(found.end <= other["start"] or other["end"] <= found.start for other in entities):
                    entities.append(
                        {
                            "entity": found.entity,
                            "start": found.start,
                            "end": found.end,
                            "value": found.value,
                            "extractor": "FrenchEntityExtractor",
                        }
                    )
            message.set(ENTITIES, sorted(entities, key=lambda entity: entity["start"]), add_to_output=True)
        return messages

    def _found(self, text: str, intent: str) -> list[EntityMatch]:
        return self._model.find(text, intent, get_imported_lexicon().now()) if self._model and not has_no_content(text) else []


def _sure_intent(message: Message) -> str:
    ranking = message.get("intent_ranking") or [{"name": "", "confidence": 0.0}]
    return str(ranking[0]["name"]) if ranking[0]["confidence"] >= MIN_INTENT_CONFIDENCE else ""


def _labelled(example: Message) -> list[Span]:
    return [(e["start"], e["end"], e["entity"]) for e in example.get(ENTITIES, []) if e["entity"] not in RULE_ENTITIES]
