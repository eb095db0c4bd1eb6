"""The trained models combined as the components of `config.yml` combine them, but without Rasa: for dozens of trainings."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.components.analysis import has_no_content
from nlu.components.crf_tagger import CrfTagger
from nlu.components.entity_extractor import MIN_INTENT_CONFIDENCE
from nlu.components.gazetteers import Gazetteers
from nlu.components.intent_classifier import is_confident
from nlu.components.intent_model import IntentModel
from nlu.components.regex_rules import RULE_ENTITIES, find_entities
from nlu.corpus.examples import Examples, plain_text, read_yaml
from nlu.evaluate import FALLBACK, Entity, Example, Prediction
from nlu.train import ROOT

_TAGGER_FILE = "sequence.crfsuite"


def to_examples(by_intent: Examples) -> list[Example]:
    """Return the corpus's sentences as labelled examples of an evaluation."""
    examples = []
    for intent, sentences in by_intent.items():
        for sentence in sentences:
            entities, position = [], 0
            for part in sentence:
                if part.entity:
                    entities.append((part.entity, position, position + len(part.text)))
                position += len(part.text)
            examples.append(Example(plain_text(sentence), intent, frozenset(entities)))
    return examples


@dataclass
class StandalonePipeline:
    """Predicts intents and entities with models trained on given sentences.

    Attributes:
        intent_model: the trained intent model.
        tagger: the trained entity tagger.
        tagger_content: the tagger's file.
        uses_rules: whether rules find identifiers.
    """

    intent_model: IntentModel
    tagger: CrfTagger
    tagger_content: bytes
    uses_rules: bool

    @classmethod
    def train(cls, by_intent: Examples, *, uses_rules: bool = True) -> StandalonePipeline:
        """Train both models on the sentences in their order."""
        examples, gazetteers = to_examples(by_intent), Gazetteers.collect()
        texts, intents = [example.text for example in examples], [example.intent for example in examples]
        spans = [[(s, e, name) for name, s, e in sorted(x.entities) if not uses_rules or name not in RULE_ENTITIES] for x in examples]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _TAGGER_FILE
            tagger = CrfTagger.train(texts, intents, spans, gazetteers, path)
            return cls(IntentModel.train(texts, intents, gazetteers), tagger, path.read_bytes(), uses_rules)

    def predict(self, text: str) -> Prediction:
        """Return what Rasa would predict under the thresholds of `config.yml`."""
        if has_no_content(text):
            return Prediction(FALLBACK, frozenset(), 0.0)
        started = time.perf_counter()
        ranking = self.intent_model.rank(text)
        (first, confidence), confident = ranking[0], is_confident(ranking, _read_classifier_config())
        rule_entities: list[Entity] = [(m.entity, m.start, m.end) for m in find_entities(text)] if self.uses_rules else []
        tagged = [(m.entity, m.start, m.end) for m in self.tagger.extract(text, first if confidence >= MIN_INTENT_CONFIDENCE else "")]
        apart = [(name, s, e) for name, s, e in tagged if all(e <= other[1] or other[2] <= s for other in rule_entities)]
        ms = (time.perf_counter() - started) * 1000
        return Prediction(first if confident else FALLBACK, frozenset(rule_entities + apart), ms)

    def save(self, folder: Path) -> None:
        """Write what the components would store."""
        self.intent_model.save(folder)
        (folder / _TAGGER_FILE).write_bytes(self.tagger_content)


def _read_classifier_config() -> dict[str, Any]:
    pipeline = read_yaml(ROOT / "config.yml")["pipeline"]
    (config,) = (component for component in pipeline if component["name"].endswith(".FrenchIntentClassifier"))
    return dict(config)
