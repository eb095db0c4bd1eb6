"""A CRF that marks names, professions, places, structures and how-and-when words in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pycrfsuite
import sklearn_crfsuite

from nlu.components.gazetteers import Gazetteers
from nlu.components.identifiers import Found
from nlu.components.reading import Unit, read

LABELS = ("usager_name", "partner_name", "profession", "city", "organization", "channel", "frequency", "time")
Span = tuple[int, int, str]

# Words after which a name or a place is likely, and whose it is.
_CUES = frozenset(
    [
        "dossier",
        "dossiers",
        "usager",
        "usagere",
        "patient",
        "patiente",
        "resident",
        "residente",
        "beneficiaire",
        "docteur",
        "madame",
        "monsieur",
        "mademoiselle",
        "professeur",
        "maitre",
        "ne",
        "nee",
        "collegue",
        "chez",
        "a",
        "au",
        "en",
        "sur",
        "vers",
        "dans",
        "pres",
        "nom",
        "prenom",
        "appelle",
        "suivi",
        "suit",
        "partenaire",
        "compte",
        "ajoute",
        "ajouter",
        "retire",
        "retirer",
        "associe",
        "associer",
        "cherche",
        "trouve",
        "famille",
        "entre",
        "jusqu",
        "apres",
        "avant",
        "pendant",
        "par",
        "via",
        "tous",
        "chaque",
        "non",
        "pas",
    ]
)


class SequenceModel:
    """The trained tagger with its word lists. Saved as crfsuite's own file, which holds features, no sentence."""

    def __init__(self, content: bytes, gazetteers: Gazetteers) -> None:
        self._content = content  # the tagger reads from these very bytes as long as it lives
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(content)
        self._gazetteers = gazetteers

    @classmethod
    def train(cls, texts: list[str], spans: list[list[Span]], gazetteers: Gazetteers, path: Path) -> SequenceModel:
        """Fits on `texts` with their labelled `spans` (start, end, label); the tagger's file is `path`."""
        sentences, tags = [], []
        for text, labelled in zip(texts, spans, strict=True):
            units = read(text, gazetteers)
            if not units:
                continue
            sentences.append(features(units))
            tags.append(_tags(units, labelled))
        trainer = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=0.05, c2=0.02, max_iterations=130, min_freq=2, model_filename=str(path))
        trainer.fit(sentences, tags)
        return cls.load(path, gazetteers)

    @classmethod
    def load(cls, path: Path, gazetteers: Gazetteers) -> SequenceModel:
        """The tagger in the file that `train` wrote; the file is not needed afterwards."""
        return cls(path.read_bytes(), gazetteers)

    def find(self, text: str) -> list[Found]:
        """The labelled spans of `text`, in order; what rules found is never inside one."""
        units = read(text, self._gazetteers)
        if not units:
            return []
        tags = self._tagger.tag(pycrfsuite.ItemSequence(features(units)))
        return [Found(label, start, end, text[start:end]) for start, end, label in _spans(units, tags)]


def features(units: Sequence[Unit]) -> list[dict[str, object]]:
    """The features of each unit: itself, what it may be, its neighbours, the last cue word before it."""
    cased = _tells_case(units)
    plain = [_plain(unit) for unit in units]
    sentence: list[dict[str, object]] = []
    cues = ["-", "-"]
    for index, unit in enumerate(units):
        word = unit.form
        row: dict[str, object] = {"bias": 1.0, "w": word, "cue": cues[-1], "cue2": cues[-2] + "|" + cues[-1], "glued": unit.glued}
        row["pre"], row["suf3"], row["suf2"], row["length"] = word[:3], word[-3:], word[-2:], min(len(word), 10)
        if cased and unit.text[:1].isupper():
            row["upper"] = "all" if len(unit.text) > 1 and unit.text.isupper() else "first"
        for name in unit.classes:
            row["is " + name] = True
        for offset in (-2, -1, 1, 2):
            other = index + offset
            inside = 0 <= other < len(units)
            row[f"w{offset}"] = plain[other] if inside else "^$"
            for name in units[other].classes if inside and abs(offset) == 1 else ():
                row[f"is{offset} {name}"] = True
        if index:
            row["w-1w"] = f"{plain[index - 1]} {plain[index]}"
        if index + 1 < len(units):
            row["ww+1"] = f"{plain[index]} {plain[index + 1]}"
        if index > 1:
            row["w-2w-1"] = f"{plain[index - 2]} {plain[index - 1]}"
        sentence.append(row)
        cues += [form for form in word.split() if form in _CUES or form.rstrip("'") in _CUES]
    return sentence


def _plain(unit: Unit) -> str:
    return f"<{len(unit.form)} digits>" if unit.form.isdigit() else unit.form


def _tells_case(units: Sequence[Unit]) -> bool:
    """Whether capitals mean anything here: some words have one, some have none."""
    words = [unit.text for unit in units if unit.text[:1].isalpha()]
    return any(w[0].isupper() for w in words[1:]) and any(w[0].islower() for w in words)


def _tags(units: Sequence[Unit], spans: list[Span]) -> list[str]:
    tags: list[str] = []
    for unit in units:
        span = next((s for s in spans if s[0] <= unit.start and unit.end <= s[1]), None)
        if span is None or unit.exact is not None:
            tags.append("O")
        else:
            first = not tags or tags[-1] == "O" or not any(span[0] <= u.start < unit.start for u in units)
            tags.append(("B-" if first else "I-") + span[2])
    return tags


def _spans(units: Sequence[Unit], tags: Sequence[str]) -> list[Span]:
    spans: list[Span] = []
    previous = "O"
    for unit, tag in zip(units, tags, strict=True):
        label = tag[2:]
        if tag == "O" or unit.exact is not None:
            previous = "O"
            continue
        if tag.startswith("I-") and previous == label and spans:
            spans[-1] = (spans[-1][0], unit.end, label)
        else:
            spans.append((unit.start, unit.end, label))
        previous = label
    return spans
