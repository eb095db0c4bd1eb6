"""The two trained models together, as the components of `config.yml` use them but without Rasa: for trainings by the dozen."""

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
from nlu.corpus.examples import Segments, plain_text, read_yaml
from nlu.evaluate import FALLBACK, Entity, Example, Prediction
from nlu.train import ROOT


def to_examples(by_intent: dict[str, list[Segments]]) -> list[Example]:
    """Sentences with their labels, in the shape that figures are made of."""
    found = []
    for intent, sentences in by_intent.items():
        for sentence in sentences:
            entities, at = [], 0
            for part in sentence:
                if part.entity:
                    entities.append((part.entity, at, at + len(part.text)))
                at += len(part.text)
            found.append(Example(plain_text(sentence), intent, frozenset(entities)))
    return found


@dataclass
class Reader:
    """Reads texts with models trained on given sentences; `rules`: whether identifiers are found by rule."""

    intents: IntentModel
    entities: CrfTagger
    tagger: bytes
    rules: bool

    @classmethod
    def train(cls, by_intent: dict[str, list[Segments]], *, rules: bool = True) -> Reader:
        """Trains both models, on the sentences in their order."""
        examples, gazetteers = to_examples(by_intent), Gazetteers.collect()
        texts, intents = [example.text for example in examples], [example.intent for example in examples]
        spans = [[(s, e, name) for name, s, e in sorted(x.entities) if not rules or name not in RULE_ENTITIES] for x in examples]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sequence.crfsuite"
            entities = CrfTagger.train(texts, intents, spans, gazetteers, path)
            return cls(IntentModel.train(texts, intents, gazetteers), entities, path.read_bytes(), rules)

    def parse(self, text: str) -> Prediction:
        """What Rasa would answer, under the thresholds of `config.yml`."""
        if has_no_content(text):
            return Prediction(FALLBACK, frozenset(), 0.0)
        began = time.perf_counter()
        ranking = self.intents.rank(text)
        (first, confidence), sure = ranking[0], is_confident(ranking, _settings())
        exact: list[Entity] = [(f.entity, f.start, f.end) for f in find_entities(text)] if self.rules else []
        found = [(f.entity, f.start, f.end) for f in self.entities.find(text, first if confidence >= MIN_INTENT_CONFIDENCE else "")]
        apart = [(name, s, e) for name, s, e in found if all(e <= other[1] or other[2] <= s for other in exact)]
        return Prediction(first if sure else FALLBACK, frozenset(exact + apart), (time.perf_counter() - began) * 1000)

    def save(self, folder: Path) -> None:
        """Writes what the components would keep."""
        self.intents.save(folder)
        (folder / "sequence.crfsuite").write_bytes(self.tagger)


def _settings() -> dict[str, Any]:
    pipeline = read_yaml(ROOT / "config.yml")["pipeline"]
    (found,) = (component for component in pipeline if component["name"].endswith(".FrenchIntentClassifier"))
    return dict(found)
