"""A CRF that tags names, professions, places, organizations, channels, frequencies and times in a sentence (BIO encoding)."""

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
"""Start and end offsets in code points, and the label."""

# About this many sentences are read in all, so that a small training set gets more epochs than a large one.
_TARGET_SENTENCES, _MIN_EPOCHS, _MAX_EPOCHS = 250_000, 10, 40
# The shares of training sentences without the intent and without the gazetteers' less reliable classes.
_INTENT_DROPOUT_PERCENT = 20
_GAZETTEER_DROPOUT_TENTHS = 2
_RELIABLE_CLASSES = frozenset(["civ", "channel", "freq", "time"])

# Words after which a name or a place is likely, and which tell whose it is.
_CUES = frozenset([
    "dossier", "dossiers", "usager", "usagere", "patient", "patiente", "resident", "residente", "beneficiaire", "docteur", "madame",
    "monsieur", "mademoiselle", "professeur", "maitre", "ne", "nee", "collegue", "chez", "a", "au", "en", "sur", "vers", "dans", "pres",
    "nom", "prenom", "appelle", "suivi", "suit", "partenaire", "compte", "ajoute", "ajouter", "retire", "retirer", "associe", "associer",
    "cherche", "trouve", "famille", "entre", "jusqu", "apres", "avant", "pendant", "par", "via", "tous", "chaque", "non", "pas",
])  # fmt: skip


class CrfTagger:
    """The trained tagger with its gazetteers; crfsuite's file, in which it is stored, holds features, no sentence.

    Attributes:
        words: folded forms that many training sentences hold, and how many; typing errors are corrected to these.
    """

    def __init__(self, content: bytes, gazetteers: Gazetteers, words: Mapping[str, int]) -> None:
        self._content = content  # the tagger reads these bytes as long as it lives
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)
        self._gazetteers = gazetteers
        self.words = dict(words)
        self._corrector = SpellingCorrector(words)

    @classmethod
    def train(cls, texts: list[str], intents: list[str], spans: list[list[Span]], gazetteers: Gazetteers, path: Path) -> CrfTagger:
        """Train on `texts` with their `intents` and labelled `spans`, and write crfsuite's file to `path`.

        A share of the sentences is learnt without the intent, a share without the gazetteers (feature dropout), since both may be
        wrong.
        """
        sentences, tags = [], []
        forms: Counter[str] = Counter()
        for text, intent, labelled in zip(texts, intents, spans, strict=True):
            tokens = analyse(text, gazetteers)
            if not tokens:
                continue
            forms.update({token.form for token in tokens})
            draw = zlib.crc32(text.encode()) % 100  # the same in every training
            if draw % 10 < _GAZETTEER_DROPOUT_TENTHS:
                tokens = [replace(token, classes=token.classes & _RELIABLE_CLASSES) for token in tokens]
            sentences.append(extract_features(tokens, intent if draw >= _INTENT_DROPOUT_PERCENT else ""))
            tags.append(_encode_bio(tokens, labelled))
        # The averaged perceptron is as accurate here as L-BFGS, in a tenth of its time.
        epochs = min(max(_TARGET_SENTENCES // max(len(sentences), 1), _MIN_EPOCHS), _MAX_EPOCHS)
        trainer = sklearn_crfsuite.CRF(algorithm="ap", max_iterations=epochs, min_freq=2, model_filename=str(path))
        trainer.fit(sentences, tags)
        return cls.load(path, gazetteers, {form: n for form, n in sorted(forms.items()) if n >= MIN_DOCUMENT_FREQUENCY})

    @classmethod
    def load(cls, path: Path, gazetteers: Gazetteers, words: Mapping[str, int]) -> CrfTagger:
        """Return the tagger in the file that `train` wrote; the file is not needed afterwards."""
        return cls(path.read_bytes(), gazetteers, words)

    def extract(self, text: str, intent: str = "", lexicon: Lexicon = EMPTY_LEXICON) -> list[EntityMatch]:
        """Return the tagged entities of `text`, in order; none holds a rule match. `intent`: full name, where it is confident."""
        typed = analyse(text, self._gazetteers)
        if not typed:
            return []
        tokens = lexicon.add_classes(self._corrector.correct_tokens(typed), self.words)
        tags = self._tagger.tag(pycrfsuite.ItemSequence(extract_features(tokens, intent)))
        return [EntityMatch(label, start, end, text[start:end]) for start, end, label in _decode_bio(typed, tags)]


def extract_features(tokens: Sequence[Token], intent: str = "") -> list[dict[str, object]]:
    """Return the features of each token: the word, its classes and concepts, its neighbours, the last cue words before it."""
    case_is_informative = _is_mixed_case(tokens)
    words = [_mask_number(token) for token in tokens]
    codes = ["" if token.form.isdigit() else phonetic_code(token.text)[:6] for token in tokens]
    concepts = [sorted(find_concepts(token.form, token.text)) if token.rule_entity is None else [] for token in tokens]
    sentence: list[dict[str, object]] = []
    cues = ["-", "-"]
    for index, token in enumerate(tokens):
        word = token.form
        row: dict[str, object] = {"bias": 1.0, "w": words[index], "cue": cues[-1], "cue2": cues[-2] + "|" + cues[-1], "glued": token.glued}
        row["length"] = min(len(word), 10)
        if not word.isdigit():  # the value of a number says little about its label
            row["pre"], row["suf3"], row["suf2"] = word[:3], word[-3:], word[-2:]
            row["pre5"], row["heard"] = word[:5], codes[index]
        row["intent"], row["intent cue"] = intent, intent + "|" + cues[-1]
        for concept in concepts[index]:
            row["about " + concept] = True
        if case_is_informative and token.text[:1].isupper():
            row["upper"] = "all" if len(token.text) > 1 and token.text.isupper() else "first"
        for name in sorted(token.classes):
            row["is " + name] = True
            row[f"is {name} {intent}"] = True
        for offset in (-2, -1, 1, 2):
            other = index + offset
            inside = 0 <= other < len(tokens)
            row[f"w{offset}"] = words[other] if inside else "^$"
            if inside and abs(offset) == 1:
                row[f"heard{offset}"] = codes[other]
                row.update((f"is{offset} {name}", True) for name in sorted(tokens[other].classes))
                row.update((f"about{offset} {concept}", True) for concept in concepts[other])
        if index:
            row["w-1w"] = f"{words[index - 1]} {words[index]}"
        if index + 1 < len(tokens):
            row["ww+1"] = f"{words[index]} {words[index + 1]}"
        if index > 1:
            row["w-2w-1"] = f"{words[index - 2]} {words[index - 1]}"
        sentence.append(row)
        cues += [form for form in word.split() if form in _CUES or form.rstrip("'") in _CUES]
    return sentence


def _mask_number(token: Token) -> str:
    """Return a token's form, only the length of a number."""
    return f"<{len(token.form)} digits>" if token.form.isdigit() else token.form


def _is_mixed_case(tokens: Sequence[Token]) -> bool:
    """Return whether capitals are informative: some words have one (the first does not count), some have none."""
    words = [token.text for token in tokens if token.text[:1].isalpha()]
    return any(w[0].isupper() for w in words[1:]) and any(w[0].islower() for w in words)


def _encode_bio(tokens: Sequence[Token], spans: list[Span]) -> list[str]:
    """Return a BIO tag for each token; a rule match is outside."""
    tags: list[str] = []
    for token in tokens:
        span = next((s for s in spans if s[0] <= token.start and token.end <= s[1]), None)
        if span is None or token.rule_entity is not None:
            tags.append("O")
        else:
            first = not tags or tags[-1] == "O" or not any(span[0] <= t.start < token.start for t in tokens)
            tags.append(("B-" if first else "I-") + span[2])
    return tags


def _decode_bio(tokens: Sequence[Token], tags: Sequence[str]) -> list[Span]:
    """Return the spans of `tags`, without punctuation marks at their ends (« à Tours ? »)."""
    runs: list[tuple[list[Token], str]] = []
    previous = "O"
    for token, tag in zip(tokens, tags, strict=True):
        label = tag[2:]
        if tag == "O" or token.rule_entity is not None:
            previous = "O"
            continue
        if tag.startswith("I-") and previous == label and runs:
            runs[-1][0].append(token)
        else:
            runs.append(([token], label))
        previous = label
    spans = []
    for run, label in runs:
        if words := [token for token in run if any(c.isalnum() for c in token.text)]:
            spans.append((words[0].start, words[-1].end, label))
    return spans
