"""Noise augmentation: lost accents, typing errors, shorthand, phonetic spelling, dictation; spans stay exact."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from nlu.components.folding import strip_accents
from nlu.corpus.examples import Segment, Segments, merge_segments, read_yaml
from nlu.corpus.slot_values import DATA

# The entities (None: plain text) that may hold errors. Numbers, addresses and references are copied with care, or not recognised.
_ERROR_PRONE = frozenset({None, "partner_name", "usager_name", "profession", "city", "organization"})
_KEPT = frozenset({"email", "rpps", "adeli", "finess", "phone", "dossier_ref", "birth_date"})


class NoiseAugmenter:
    """Adds noise to sentences, drawn from its own random generator."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        data = read_yaml(DATA / "noise.yml")
        self._neighbours: dict[str, str] = data["neighbours"]
        self._shorthand: dict[str, list[str]] = data["shorthand"]
        self._phonetic_spellings = [(re.compile(pattern), spellings) for pattern, spellings in data["phonetic"]]
        longest_first = sorted(self._shorthand, key=len, reverse=True)
        self._words = re.compile(r"(?<![\w'])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w'])", re.IGNORECASE)

    def augment(self, segments: Segments) -> Segments:
        """Return the sentence as somebody in a hurry would type or dictate it; at times only its case changes."""
        steps: list[tuple[float, Callable[[Segments], Segments]]] = [
            (0.35, self._abbreviate),
            (0.65, _remove_accents),
            (0.6, _lowercase),
            (0.05, _uppercase),
            (0.6, _remove_punctuation),
            (0.35, self._remove_apostrophes),
            (0.4, self._spell_phonetically),
            (0.12, self._remove_space),
            (0.55, self._make_typo),
            (0.2, self._make_typo),
        ]
        for chance, step in steps:
            if self._random.random() < chance:
                segments = step(segments)
        return merge_segments(segments)

    def _abbreviate(self, segments: Segments) -> Segments:
        def abbreviate(match: re.Match[str]) -> str:
            return self._random.choice(self._shorthand[match[0].lower()]) if self._random.random() < 0.6 else match[0]

        return _change_plain(segments, lambda text: self._words.sub(abbreviate, text))

    def _remove_apostrophes(self, segments: Segments) -> Segments:
        replacement = self._random.choice(["", " "])
        # Before an entity there must be a space, or the article would become part of the entity's first word.
        return _change_plain(segments, lambda text: re.sub(r"['’]$", " ", re.sub(r"['’](?=\w)", replacement, text)))

    def _spell_phonetically(self, segments: Segments) -> Segments:
        """Spell one to three places as they sound."""
        for _ in range(self._random.randint(1, 3)):
            places = [
                (index, match, spellings)
                for index, part in enumerate(segments)
                if part.entity in _ERROR_PRONE
                for pattern, spellings in self._phonetic_spellings
                for match in pattern.finditer(part.text)
            ]
            if not places:
                break
            index, match, spellings = self._random.choice(places)
            text = segments[index].text
            spelt = text[: match.start()] + match.expand(self._random.choice(spellings)) + text[match.end() :]
            if spelt.strip():
                segments = (*segments[:index], Segment(spelt, segments[index].entity), *segments[index + 1 :])
        return segments

    def _remove_space(self, segments: Segments) -> Segments:
        """Remove one space between two plain words."""
        places = [
            (i, m.start()) for i, part in enumerate(segments) if part.entity is None for m in re.finditer(r"(?<=\w) (?=\w)", part.text)
        ]
        if not places:
            return segments
        index, at = self._random.choice(places)
        text = segments[index].text
        return (*segments[:index], Segment(text[:at] + text[at + 1 :]), *segments[index + 1 :])

    def _make_typo(self, segments: Segments) -> Segments:
        """Delete, double, swap or replace (by a neighbouring key's) one letter of a word of four or more."""
        places = [
            (i, at)
            for i, part in enumerate(segments)
            if part.entity in _ERROR_PRONE
            for m in re.finditer(r"[^\W\d_]{4,}", part.text)
            for at in range(m.start() + 1, m.end() - 1)
        ]
        if not places:
            return segments
        index, at = self._random.choice(places)
        text, kind = segments[index].text, self._random.randrange(4)
        if kind == 0:
            typo = text[:at] + text[at + 1 :]
        elif kind == 1:
            typo = text[:at] + text[at] + text[at:]
        elif kind == 2:
            typo = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        else:
            near = self._neighbours.get(text[at].lower(), text[at])
            typo = text[:at] + self._random.choice(near) + text[at + 1 :]
        return (*segments[:index], Segment(typo, segments[index].entity), *segments[index + 1 :])


def _change_plain(segments: Segments, change: Callable[[str], str]) -> Segments:
    return tuple(part if part.entity else Segment(change(part.text)) for part in segments)


def _change_words(segments: Segments, change: Callable[[str], str]) -> Segments:
    return tuple(part if part.entity in _KEPT else Segment(change(part.text), part.entity) for part in segments)


def _remove_accents(segments: Segments) -> Segments:
    return _change_words(segments, strip_accents)


def _lowercase(segments: Segments) -> Segments:
    return tuple(Segment(part.text.lower(), part.entity) for part in segments)


def _uppercase(segments: Segments) -> Segments:
    return _change_words(segments, str.upper)


def _remove_punctuation(segments: Segments) -> Segments:
    return _change_plain(segments, lambda text: re.sub(r"\s*[?!.,;:…]+(?=\s|$)", "", text))
