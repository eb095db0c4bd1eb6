"""A CRF that marks names, professions, places, structures and how-and-when words in a sentence."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pycrfsuite
import sklearn_crfsuite

from nlu.components.analysis import Token, analyse
from nlu.components.concepts import find_concepts
from nlu.components.gazetteers import Gazetteers
from nlu.components.identifiers import EntityMatch
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.components.phonetics import phonetic_code
from nlu.components.spelling_correction import MIN_DOCUMENT_FREQUENCY, SpellingCorrector

Span = tuple[int, int, str]

# Few sentences are read more often than many.
_LEAST_EPOCHS, _MOST_EPOCHS, _SENTENCES_READ = 10, 40, 250_000
_PERCENT_WITHOUT_INTENT = 20
_OF_TEN_WITHOUT_LISTS = 2
_SURE_CLASSES = frozenset(["civ", "channel", "freq", "time"])

# Words after which a name or a place is likely, and whose it is.
_CUES = frozenset([
    "dossier", "dossiers", "usager", "usagere", "patient", "patiente", "resident", "residente", "beneficiaire", "docteur", "madame",
    "monsieur", "mademoiselle", "professeur", "maitre", "ne", "nee", "collegue", "chez", "a", "au", "en", "sur", "vers", "dans", "pres",
    "nom", "prenom", "appelle", "suivi", "suit", "partenaire", "compte", "ajoute", "ajouter", "retire", "retirer", "associe", "associer",
    "cherche", "trouve", "famille", "entre", "jusqu", "apres", "avant", "pendant", "par", "via", "tous", "chaque", "non", "pas",
])  # fmt: skip


class CrfTagger:
    """The trained tagger with its word lists. Saved as crfsuite's own file, which holds features, no sentence.

    `words`: the words that many training sentences hold, and how many; slips are read as these (`correction.py`).
    """

    def __init__(self, content: bytes, gazetteers: Gazetteers, words: Mapping[str, int]) -> None:
        self._content = content  # the tagger reads from these very bytes as long as it lives
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)
        self._gazetteers = gazetteers
        self.words = dict(words)
        self._corrector = SpellingCorrector(words)

    @classmethod
    def train(cls, texts: list[str], intents: list[str], spans: list[list[Span]], gazetteers: Gazetteers, path: Path) -> CrfTagger:
        """Fits on `texts` with their `intents` and labelled `spans` (start, end, label); the tagger's file is `path`.

        A share of the sentences is learnt without their intent, a share without what the word lists say, since both may be wrong.
        """
        sentences, tags = [], []
        forms: Counter[str] = Counter()
        for text, intent, labelled in zip(texts, intents, spans, strict=True):
            units = analyse(text, gazetteers)
            if not units:
                continue
            forms.update({unit.form for unit in units})
            chance = zlib.crc32(text.encode()) % 100
            if chance % 10 < _OF_TEN_WITHOUT_LISTS:
                units = [replace(unit, classes=unit.classes & _SURE_CLASSES) for unit in units]
            sentences.append(features(units, intent if chance >= _PERCENT_WITHOUT_INTENT else ""))
            tags.append(_tags(units, labelled))
        # The averaged perceptron is as exact here as L-BFGS, in a tenth of its time.
        epochs = min(max(_SENTENCES_READ // max(len(sentences), 1), _LEAST_EPOCHS), _MOST_EPOCHS)
        trainer = sklearn_crfsuite.CRF(algorithm="ap", max_iterations=epochs, min_freq=2, model_filename=str(path))
        trainer.fit(sentences, tags)
        return cls.load(path, gazetteers, {form: n for form, n in sorted(forms.items()) if n >= MIN_DOCUMENT_FREQUENCY})

    @classmethod
    def load(cls, path: Path, gazetteers: Gazetteers, words: Mapping[str, int]) -> CrfTagger:
        """The tagger in the file that `train` wrote; the file is not needed afterwards."""
        return cls(path.read_bytes(), gazetteers, words)

    def find(self, text: str, intent: str = "", lexicon: Lexicon = EMPTY_LEXICON) -> list[EntityMatch]:
        """The labelled spans of `text`, in order; what rules found is never inside one. `intent`: full name, where it is sure."""
        units = analyse(text, self._gazetteers)
        if not units:
            return []
        seen = lexicon.add_classes(self._corrector.correct_tokens(units), self.words)
        tags = self._tagger.tag(pycrfsuite.ItemSequence(features(seen, intent)))
        return [EntityMatch(label, start, end, text[start:end]) for start, end, label in _spans(units, tags)]


def features(units: Sequence[Token], intent: str = "") -> list[dict[str, object]]:
    """The features of each unit: itself, what it may be, its neighbours, the last cue word before it."""
    cased = _tells_case(units)
    plain = [_plain(unit) for unit in units]
    heard = ["" if unit.form.isdigit() else phonetic_code(unit.text)[:6] for unit in units]
    meant = [sorted(find_concepts(unit.form, unit.text)) if unit.rule_entity is None else [] for unit in units]
    sentence: list[dict[str, object]] = []
    cues = ["-", "-"]
    for index, unit in enumerate(units):
        word = unit.form
        row: dict[str, object] = {"bias": 1.0, "w": plain[index], "cue": cues[-1], "cue2": cues[-2] + "|" + cues[-1], "glued": unit.glued}
        row["length"] = min(len(word), 10)
        if not word.isdigit():  # which number it is says little of its label
            row["pre"], row["suf3"], row["suf2"] = word[:3], word[-3:], word[-2:]
            row["pre5"], row["heard"] = word[:5], heard[index]
        row["intent"], row["intent cue"] = intent, intent + "|" + cues[-1]
        for concept in meant[index]:
            row["about " + concept] = True
        if cased and unit.text[:1].isupper():
            row["upper"] = "all" if len(unit.text) > 1 and unit.text.isupper() else "first"
        for name in sorted(unit.classes):
            row["is " + name] = True
            row[f"is {name} {intent}"] = True
        for offset in (-2, -1, 1, 2):
            other = index + offset
            inside = 0 <= other < len(units)
            row[f"w{offset}"] = plain[other] if inside else "^$"
            if inside and abs(offset) == 1:
                row[f"heard{offset}"] = heard[other]
                row.update((f"is{offset} {name}", True) for name in sorted(units[other].classes))
                row.update((f"about{offset} {concept}", True) for concept in meant[other])
        if index:
            row["w-1w"] = f"{plain[index - 1]} {plain[index]}"
        if index + 1 < len(units):
            row["ww+1"] = f"{plain[index]} {plain[index + 1]}"
        if index > 1:
            row["w-2w-1"] = f"{plain[index - 2]} {plain[index - 1]}"
        sentence.append(row)
        cues += [form for form in word.split() if form in _CUES or form.rstrip("'") in _CUES]
    return sentence


def _plain(unit: Token) -> str:
    return f"<{len(unit.form)} digits>" if unit.form.isdigit() else unit.form


def _tells_case(units: Sequence[Token]) -> bool:
    """Whether capitals mean anything here: some words have one, some have none."""
    words = [unit.text for unit in units if unit.text[:1].isalpha()]
    return any(w[0].isupper() for w in words[1:]) and any(w[0].islower() for w in words)


def _tags(units: Sequence[Token], spans: list[Span]) -> list[str]:
    tags: list[str] = []
    for unit in units:
        span = next((s for s in spans if s[0] <= unit.start and unit.end <= s[1]), None)
        if span is None or unit.rule_entity is not None:
            tags.append("O")
        else:
            first = not tags or tags[-1] == "O" or not any(span[0] <= u.start < unit.start for u in units)
            tags.append(("B-" if first else "I-") + span[2])
    return tags


def _spans(units: Sequence[Token], tags: Sequence[str]) -> list[Span]:
    """The spans that `tags` mark; they neither begin nor end with a mark (« à Tours ? »)."""
    runs: list[tuple[list[Token], str]] = []
    previous = "O"
    for unit, tag in zip(units, tags, strict=True):
        label = tag[2:]
        if tag == "O" or unit.rule_entity is not None:
            previous = "O"
            continue
        if tag.startswith("I-") and previous == label and runs:
            runs[-1][0].append(unit)
        else:
            runs.append(([unit], label))
        previous = label
    spans = []
    for run, label in runs:
        if words := [unit for unit in run if any(c.isalnum() for c in unit.text)]:
            spans.append((words[0].start, words[-1].end, label))
    return spans
