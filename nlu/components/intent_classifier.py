"""The Rasa component around the intent model: intent, ranking, response selection and fallback."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.analysis import has_no_content
from nlu.components.gazetteers import Gazetteers
from nlu.components.intent_model import IntentModel, keep_loaded
from nlu.components.lexicon import get_imported_lexicon

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
_RANKING_LENGTH = 8


def is_confident(ranking: list[tuple[str, float]], config: dict[str, Any]) -> bool:
    """Return whether the first intent has a confidence of at least `threshold` and leads the second by enough.

    Enough is `ambiguity`, or `doubt` where the second is `out_of_scope`.

    Args:
        ranking: intents and their confidences, likeliest first.
        config: the component's configuration.
    """
    confidence = ranking[0][1]
    second, second_confidence = ranking[1] if len(ranking) > 1 else ("", 0.0)
    min_lead = config["doubt"] if second == OUT_OF_SCOPE else config["ambiguity"]
    return bool(confidence >= config["threshold"] and confidence - second_confidence >= min_lead)


def build_response_selector(full_name: str, confidence: float = 1.0) -> dict[str, Any]:
    """Return what Rasa's own response selector would publish for a full retrieval name (« faq/cost »)."""
    intent = full_name.split("/")[0]
    response = {
        "responses": [],
        "confidence": confidence,
        "intent_response_key": full_name,
        "utter_action": f"utter_{full_name}",
    }
    return {"all_retrieval_intents": [intent], intent: {"response": response, "ranking": []}}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FrenchIntentClassifier(GraphComponent, IntentClassifier):
    """Publishes INTENT (of a retrieval intent the base name, with the response selector's property) and `intent_ranking`.

    The ranking holds the eight likeliest intents under their full names, whatever their confidence; INTENT is `nlu_fallback` where
    the first is not confident (`is_confident`) or the text has no content.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the thresholds, from 0 to 1; tuned on held-out and out-of-scope examples."""
        return {"threshold": 0.4, "ambiguity": 0.08, "doubt": 0.08}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: IntentModel | None) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> FrenchIntentClassifier:
        """Return an untrained component."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FrenchIntentClassifier:
        """Return the component as it was trained."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, keep_loaded(IntentModel.load(folder)))

    def train(self, training_data: TrainingData) -> Resource:
        """Train the model on the examples that have an intent, and store it."""
        texts, intents = [], []
        for example in training_data.training_examples:
            if example.get(TEXT) and example.get(INTENT):
                texts.append(example.get(TEXT))
                intents.append(example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))
        self._model = IntentModel.train(texts, intents, Gazetteers.collect())
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set INTENT, `intent_ranking` and `response_selector` of each message."""
        for message in messages:
            self._classify(message, message.get(TEXT) or "")
        return messages

    def _classify(self, message: Message, text: str) -> None:
        if self._model is None or has_no_content(text):
            message.set(INTENT, {"name": FALLBACK, "confidence": 1.0}, add_to_output=True)
            message.set("intent_ranking", [], add_to_output=True)
            return
        ranked = self._model.rank(text, get_imported_lexicon().current())
        ranking = [(name, round(confidence, 4)) for name, confidence in ranked[:_RANKING_LENGTH]]
        full_name, confidence = ranking[0]
        confident = is_confident(ranking, self._config)
        name = full_name.split("/")[0] if confident else FALLBACK
        message.set(INTENT, {"name": name, "confidence": confidence}, add_to_output=True)
        message.set("intent_ranking", [{"name": n, "confidence": c} for n, c in ranking], add_to_output=True)
        if confident and "/" in full_name:
            message.set("response_selector", build_response_selector(full_name, confidence), add_to_output=True)
