"""Carrier sentences: `{slot}` or `{phrase}`, and `(this|that|)` choices, put together with French elision."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

from nlu.corpus.examples import Segment, Segments, merge_segments, read_yaml
from nlu.corpus.slot_values import DATA, SlotValues

_TOKEN = re.compile(r"\{(\w+)\}|([(|)])|([^{}(|)]+)")
_ELIDED = {"le": "l'", "la": "l'", "du": "de l'", "au": "à l'", "de": "d'", "que": "qu'"}
_ARTICLE = re.compile(r"(^|[ '])(le|la|du|au|de|que) $")
# « de ajouter », « que il »: pieces of plain text put side by side.
_OPEN_SYLLABLE = re.compile(r"\b([Dd]|[Qq]u)e (?=[aeiouéèêîô]|hôpital)")
_ANY_NAME = frozenset({"partner_name", "usager_name", "city"})


class Templates:
    """Carriers by intent, with the phrases that they share.

    `carriers` come in the numbers that `amounts.yml` gives for each intent; `families`, paraphrases of one way to say something
    in one carrier, all equally often.
    """

    def __init__(self, wanted: Callable[[str], bool] = bool) -> None:
        """Reads the carriers that are `wanted`: all, where nothing is said. `shares`: how much of an intent's carriers that is."""
        self._phrases: dict[str, list[str]] = read_yaml(DATA / "phrases.yml")
        self.carriers: dict[str, list[str]] = {}
        self.families: dict[str, list[str]] = {}
        for folder, carriers in (("templates", self.carriers), ("families", self.families)):
            for path in sorted((DATA / folder).glob("*.yml")):
                for intent, found in read_yaml(path).items():
                    carriers.setdefault(intent, []).extend(found)
        self.shares: dict[str, float] = {}
        for intent, found in self.carriers.items():
            self.carriers[intent] = list(filter(wanted, found))
            self.shares[intent] = len(self.carriers[intent]) / len(found)
        self.families = {intent: list(filter(wanted, found)) for intent, found in self.families.items()}

    def sentence(self, carrier: str, vocabulary: SlotValues, rng: random.Random) -> Segments:
        """One sentence from `carrier`, its slots filled. Raises KeyError for a slot that nothing knows."""
        return merge_segments(_elide(merge_segments(self._expand(carrier, vocabulary, rng))))

    def _expand(self, text: str, vocabulary: SlotValues, rng: random.Random) -> list[Segment]:
        segments: list[Segment] = []
        for slot, literal in _chosen(text, rng):
            if slot is None:
                segments.append(Segment(literal))
            elif slot in self._phrases:
                segments += self._expand(rng.choice(self._phrases[slot]), vocabulary, rng)
            else:
                segments.append(vocabulary.fill(slot))
        return segments


def _chosen(text: str, rng: random.Random) -> list[tuple[str | None, str]]:
    """The (slot, literal) pairs of `text` once a branch is drawn for each choice, choices within choices included."""
    stack: list[list[list[tuple[str | None, str]]]] = [[[]]]
    for slot, sign, literal in _TOKEN.findall(text):
        if sign == "(":
            stack.append([[]])
        elif sign == "|":
            stack[-1].append([])
        elif sign == ")":
            branches = stack.pop()
            stack[-1][-1] += rng.choice(branches)
        else:
            stack[-1][-1].append((slot or None, literal))
    return stack[0][0]


def _elide(segments: Segments) -> list[Segment]:
    """« la AS » → « l'AS », « du EHPAD » → « de l'EHPAD », « de Orléans » → « d'Orléans »."""
    done: list[Segment] = []
    for part in segments:
        if part.entity is None:
            part = Segment(_OPEN_SYLLABLE.sub(lambda match: match[1] + "'", part.text))
        if part.entity and done and done[-1].entity is None and _starts_with_vowel(part.text):
            match = _ARTICLE.search(done[-1].text)
            if match and (part.entity not in _ANY_NAME or match[2] in ("de", "que")):
                done[-1] = Segment(done[-1].text[: match.start(2)] + _ELIDED[match[2]])
        done.append(part)
    return done


def _starts_with_vowel(text: str) -> bool:
    bare = unicodedata.normalize("NFKD", text.lower())
    return bare[0] in "aeiou" or bare.startswith(("ho\u0302pital", "hopital", "had"))
