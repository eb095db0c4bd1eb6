"""The Rasa component around the CRF tagger."""

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
from nlu.components.entity_match import EntityMatch
from nlu.components.gazetteers import Gazetteers
from nlu.components.lexicon import get_imported_lexicon
from nlu.components.regex_rules import RULE_ENTITIES

MIN_INTENT_CONFIDENCE = 0.5
"""The confidence from which the intent is a feature of the tagger."""
_TAGGER_FILE = "sequence.crfsuite"
_GAZETTEERS_FILE = "gazetteers.json"
_WORDS_FILE = "words.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FrenchEntityExtractor(GraphComponent):
    """Adds names, professions, places, organizations, channels, frequencies and times to what rules found, without overlap.

    A confident intent helps to tell whose a name is, so an intent classifier comes before this component in the pipeline.
    """

    def __init__(self, storage: ModelStorage, resource: Resource, model: CrfTagger | None) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> FrenchEntityExtractor:
        """Return an untrained component."""
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
        """Return the component as it was trained."""
        with model_storage.read_from(resource) as folder:
            if not (folder / _TAGGER_FILE).exists():
                return cls(model_storage, resource, None)
            entries = json.loads((folder / _GAZETTEERS_FILE).read_text(encoding="utf-8"))
            words = json.loads((folder / _WORDS_FILE).read_text(encoding="utf-8"))
            return cls(model_storage, resource, CrfTagger.load(folder / _TAGGER_FILE, Gazetteers(entries), words))

    def train(self, training_data: TrainingData) -> Resource:
        """Train the tagger on all examples and store it; the entities of rules are left out of the labels."""
        texts, intents, spans = [], [], []
        for example in training_data.training_examples:
            if text := example.get(TEXT):
                texts.append(text)
                intents.append(example.get(INTENT_RESPONSE_KEY) or example.get(INTENT) or "")
                spans.append(_read_spans(example))
        gazetteers = Gazetteers.collect()
        with self._storage.write_to(self._resource) as folder:
            if any(spans):
                self._model = CrfTagger.train(texts, intents, spans, gazetteers, Path(folder) / _TAGGER_FILE)
                for name, content in ((_GAZETTEERS_FILE, gazetteers.entries), (_WORDS_FILE, self._model.words)):
                    (Path(folder) / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the tagger's entities to ENTITIES of each message, in the order of the text."""
        for message in messages:
            entities = list(message.get(ENTITIES, []))
            text = message.get(TEXT) or ""
            for match in self._extract(text, _confident_intent(message)):
                if all(match.end <= other["start"] or other["end"] <= match.start for other in entities):
                    entities.append(
                        {
                            "entity": match.entity,
                            "start": match.start,
                            "end": match.end,
                            "value": match.value,
                            "extractor": "FrenchEntityExtractor",
                        }
                    )
            message.set(ENTITIES, sorted(entities, key=lambda entity: entity["start"]), add_to_output=True)
        return messages

    def _extract(self, text: str, intent: str) -> list[EntityMatch]:
        return self._model.extract(text, intent, get_imported_lexicon().current()) if self._model and not has_no_content(text) else []


def _confident_intent(message: Message) -> str:
    """Return the full name of the message's likeliest intent, empty where it is not confident."""
    ranking = message.get("intent_ranking") or [{"name": "", "confidence": 0.0}]
    return str(ranking[0]["name"]) if ranking[0]["confidence"] >= MIN_INTENT_CONFIDENCE else ""


def _read_spans(example: Message) -> list[Span]:
    return [(e["start"], e["end"], e["entity"]) for e in example.get(ENTITIES, []) if e["entity"] not in RULE_ENTITIES]
