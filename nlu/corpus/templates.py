"""Templates: carrier sentences with `{slot}` or `{phrase}` and `(this|that|)` choices, joined with French elision."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from nlu.components.folding import strip_accents
from nlu.corpus.examples import Segment, Segments, merge_segments, read_yaml
from nlu.corpus.slot_values import DATA, SlotValues

_TOKEN = re.compile(r"\\(.)|\{(\w+)\}|([(|)])|([^\\{}(|)]+)")
_ELIDED = {"le": "l'", "la": "l'", "du": "de l'", "au": "à l'", "de": "d'", "que": "qu'"}
_ARTICLE = re.compile(r"(^|[ '])(le|la|du|au|de|que) $")
# « de ajouter », « que il », where pieces of plain text meet.
_UNELIDED = re.compile(r"\b([Dd]|[Qq]u)e (?=[aeiouéèêîô]|hôpital)")
# Before these only « de » and « que » are elided.
_NAME_ENTITIES = frozenset({"partner_name", "usager_name", "city"})


class Templates:
    """Carrier sentences by intent, with the phrases that they share.

    Attributes:
        carriers: each intent's carriers, filled as often as `amounts.yml` says.
        families: each intent's paraphrase families; one carrier paraphrases one way to say something, and all are filled equally often.
        shares: the share of each intent's carriers that was selected, from 0 to 1.
    """

    def __init__(self, selects: Callable[[str], bool] = bool) -> None:
        """Read the carriers that `selects` accepts, by default all."""
        self._phrases: dict[str, list[str]] = read_yaml(DATA / "phrases.yml")
        self.carriers: dict[str, list[str]] = {}
        self.families: dict[str, list[str]] = {}
        for folder, carriers in (("templates", self.carriers), ("families", self.families)):
            for path in sorted((DATA / folder).glob("*.yml")):
                for intent, found in read_yaml(path).items():
                    carriers.setdefault(intent, []).extend(found)
        self.shares: dict[str, float] = {}
        for intent, found in self.carriers.items():
            self.carriers[intent] = list(filter(selects, found))
            self.shares[intent] = len(self.carriers[intent]) / len(found)
        self.families = {intent: list(filter(selects, found)) for intent, found in self.families.items()}

    def expand(self, carrier: str, values: SlotValues, rng: random.Random) -> Segments:
        """Return one sentence from `carrier`, its choices drawn and its slots filled.

        Raises:
            KeyError: a slot is neither a phrase nor a slot of `values`.
        """
        return merge_segments(_elide(merge_segments(self._expand(carrier, values, rng))))

    def _expand(self, text: str, values: SlotValues, rng: random.Random) -> list[Segment]:
        segments: list[Segment] = []
        for slot, literal in draw_choices(text, rng):
            if slot is None:
                segments.append(Segment(literal))
            elif slot in self._phrases:
                segments += self._expand(rng.choice(self._phrases[slot]), values, rng)
            else:
                segments.append(values.draw(slot))
        return segments


def draw_choices(text: str, rng: random.Random) -> list[tuple[str | None, str]]:
    r"""Return the (slot, literal) pairs of `text` with a branch drawn for each choice, nested ones included; `\(` is a bracket."""
    stack: list[list[list[tuple[str | None, str]]]] = [[[]]]
    for escaped, slot, sign, literal in _TOKEN.findall(text):
        if sign == "(":
            stack.append([[]])
        elif sign == "|":
            stack[-1].append([])
        elif sign == ")":
            branches = stack.pop()
            stack[-1][-1] += rng.choice(branches)
        else:
            stack[-1][-1].append((slot or None, escaped or literal))
    return stack[0][0]


def _elide(segments: Segments) -> list[Segment]:
    """Elide before a vowel: « la AS » → « l'AS », « du EHPAD » → « de l'EHPAD », « de Orléans » → « d'Orléans »."""
    done: list[Segment] = []
    for part in segments:
        if part.entity is None:
            part = Segment(_UNELIDED.sub(lambda match: match[1] + "'", part.text))
        if part.entity and done and done[-1].entity is None and _starts_with_vowel(part.text):
            match = _ARTICLE.search(done[-1].text)
            if match and (part.entity not in _NAME_ENTITIES or match[2] in ("de", "que")):
                done[-1] = Segment(done[-1].text[: match.start(2)] + _ELIDED[match[2]])
        done.append(part)
    return done


def _starts_with_vowel(text: str) -> bool:
    folded = strip_accents(text.lower())
    return folded[0] in "aeiou" or folded.startswith(("hopital", "had"))
