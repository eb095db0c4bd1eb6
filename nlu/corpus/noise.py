"""Careless writing: lost accents, slips on the keyboard, shorthand, spelling by ear, dictation; spans stay exact."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

from nlu.corpus.examples import Segment, Segments, merge_segments, read_yaml
from nlu.corpus.slot_values import DATA

# What a slip may spoil; numbers, addresses and references are copied with care, or not recognised at all.
_SPOILABLE = frozenset({None, "partner_name", "usager_name", "profession", "city", "organization"})
_KEPT = frozenset({"email", "rpps", "adeli", "finess", "phone", "dossier_ref", "birth_date"})


class NoiseAugmenter:
    """Spoils sentences with draws from its own generator."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        data = read_yaml(DATA / "noise.yml")
        self._neighbours: dict[str, str] = data["neighbours"]
        self._shorthand: dict[str, list[str]] = data["shorthand"]
        self._sounds = [(re.compile(pattern), instead) for pattern, instead in data["phonetic"]]
        longest_first = sorted(self._shorthand, key=len, reverse=True)
        self._words = re.compile(r"(?<![\w'])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w'])", re.IGNORECASE)

    def augment(self, segments: Segments) -> Segments:
        """The sentence as somebody in a hurry would have typed or dictated it; at times only its case changes."""
        steps: list[tuple[float, Callable[[Segments], Segments]]] = [
            (0.35, self._shorten),
            (0.65, _without_accents),
            (0.6, _lower),
            (0.05, _upper),
            (0.6, _without_punctuation),
            (0.35, self._without_apostrophes),
            (0.4, self._by_ear),
            (0.12, self._glue),
            (0.55, self._slip),
            (0.2, self._slip),
        ]
        for chance, step in steps:
            if self._random.random() < chance:
                segments = step(segments)
        return merge_segments(segments)

    def _shorten(self, segments: Segments) -> Segments:
        def short(match: re.Match[str]) -> str:
            return self._random.choice(self._shorthand[match[0].lower()]) if self._random.random() < 0.6 else match[0]

        return _on_plain(segments, lambda text: self._words.sub(short, text))

    def _without_apostrophes(self, segments: Segments) -> Segments:
        instead = self._random.choice(["", " "])
        # Before an entity a space stays, or the article would be part of the entity's first word.
        return _on_plain(segments, lambda text: re.sub(r"['’]$", " ", re.sub(r"['’](?=\w)", instead, text)))

    def _by_ear(self, segments: Segments) -> Segments:
        """One to three places spelt as they sound."""
        for _ in range(self._random.randint(1, 3)):
            places = [
                (index, match, instead)
                for index, part in enumerate(segments)
                if part.entity in _SPOILABLE
                for pattern, instead in self._sounds
                for match in pattern.finditer(part.text)
            ]
            if not places:
                break
            index, match, instead = self._random.choice(places)
            text = segments[index].text
            spelt = text[: match.start()] + match.expand(self._random.choice(instead)) + text[match.end() :]
            if spelt.strip():
                segments = (*segments[:index], Segment(spelt, segments[index].entity), *segments[index + 1 :])
        return segments

    def _glue(self, segments: Segments) -> Segments:
        """Loses one space between two plain words."""
        places = [
            (i, m.start()) for i, part in enumerate(segments) if part.entity is None for m in re.finditer(r"(?<=\w) (?=\w)", part.text)
        ]
        if not places:
            return segments
        index, at = self._random.choice(places)
        text = segments[index].text
        return (*segments[:index], Segment(text[:at] + text[at + 1 :]), *segments[index + 1 :])

    def _slip(self, segments: Segments) -> Segments:
        """One letter dropped, doubled, swapped with the next or taken from the next key, in a word of four or more."""
        places = [
            (i, at)
            for i, part in enumerate(segments)
            if part.entity in _SPOILABLE
            for m in re.finditer(r"[^\W\d_]{4,}", part.text)
            for at in range(m.start() + 1, m.end() - 1)
        ]
        if not places:
            return segments
        index, at = self._random.choice(places)
        text, kind = segments[index].text, self._random.randrange(4)
        if kind == 0:
            spoilt = text[:at] + text[at + 1 :]
        elif kind == 1:
            spoilt = text[:at] + text[at] + text[at:]
        elif kind == 2:
            spoilt = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        else:
            near = self._neighbours.get(text[at].lower(), text[at])
            spoilt = text[:at] + self._random.choice(near) + text[at + 1 :]
        return (*segments[:index], Segment(spoilt, segments[index].entity), *segments[index + 1 :])


def _on_plain(segments: Segments, change: Callable[[str], str]) -> Segments:
    return tuple(part if part.entity else Segment(change(part.text)) for part in segments)


def _on_words(segments: Segments, change: Callable[[str], str]) -> Segments:
    return tuple(part if part.entity in _KEPT else Segment(change(part.text), part.entity) for part in segments)


def _without_accents(segments: Segments) -> Segments:
    def bare(text: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))

    return _on_words(segments, bare)


def _lower(segments: Segments) -> Segments:
    return tuple(Segment(part.text.lower(), part.entity) for part in segments)


def _upper(segments: Segments) -> Segments:
    return _on_words(segments, str.upper)


def _without_punctuation(segments: Segments) -> Segments:
    return _on_plain(segments, lambda text: re.sub(r"\s*[?!.,;:…]+(?=\s|$)", "", text))
