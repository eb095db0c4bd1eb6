"""Copies of labelled messages with other names, towns and professions, and in other spellings.

Whoever writes messages has names in mind that are theirs; the network is to know people by what is said around them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from nlu.commands.labelled_messages import Alignment, LabelledMessage, SlotSpan
from nlu.components.analysis import Token
from nlu.components.folding import fold_word, strip_accents

NAMES = frozenset(["partner", "usager", "birth_name", "given_names", "by", "except"])
SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "du",
    "la",
    "le",
    "li",
    "lo",
    "mar",
    "ter",
    "vin",
    "gar",
    "ro",
    "ral",
    "mou",
    "lan",
    "kel",
    "pen",
    "dur",
    "fon",
    "cha",
    "bri",
    "sau",
    "tre",
    "val",
    "ver",
    "gui",
    "nol",
    "tis",
    "ser",
    "cou",
    "zan",
    "vel",
    "ker",
]
ENDINGS = ["", "d", "t", "s", "er", "ard", "eau", "on", "in", "ier", "et", "ez", "i", "ka"]
NO_NAMES = frozenset(["de", "du", "la", "le", "des", "d", "l", "et", "ma", "mon", "sa", "son", "ta", "mme", "mlle", "mr", "m", "dr"])
INVENTED, OTHER_TOWN, OTHER_PROFESSION = 0.45, 0.6, 0.25
LOWER_CASE, WITHOUT_ACCENTS, WITHOUT_MARKS, MISTYPED, MISTYPED_WORDS = 0.22, 0.2, 0.15, 0.2, 0.12
"""Shares: of names that are invented, towns and professions that are replaced; of messages in each spelling; of their words."""
NEAR_KEYS = {
    "a": "zqs",
    "e": "rzd",
    "i": "uo",
    "o": "ip",
    "u": "yi",
    "r": "et",
    "t": "ry",
    "n": "b",
    "s": "dq",
    "l": "km",
    "m": "l",
    "d": "sf",
    "c": "vx",
}


class Augmenter:
    """Makes copies; the same random numbers give the same ones.

    Args:
        rng: the source of chance.
        first_names: names to take instead of given names.
        last_names: names to take instead of family names.
        towns: towns to take instead of towns.
        professions: professions to take instead of professions.
    """

    def __init__(
        self, rng: random.Random, first_names: Sequence[str], last_names: Sequence[str], towns: Sequence[str], professions: Sequence[str]
    ) -> None:
        self._rng, self._first, self._last, self._towns, self._professions = rng, first_names, last_names, towns, professions

    def vary(self, message: LabelledMessage, tokens: Sequence[Token], alignment: Alignment) -> tuple[str, list[tuple[int, int]]]:
        """Return another text, and for each token the characters that stand in its place (empty where it was left out)."""
        words = self._replace(tokens, alignment)
        lower, bare, unmarked, mistyped = (self._rng.random() < share for share in (LOWER_CASE, WITHOUT_ACCENTS, WITHOUT_MARKS, MISTYPED))
        text, places, end = "", [], 0
        for number, token in enumerate(tokens):
            word = words[number]
            gap = message.text[end : token.start] if word or number == 0 else ""
            end = token.end
            if token.rule_entity is None:
                if mistyped and word == token.text and self._rng.random() < MISTYPED_WORDS:
                    word = self._mistype(word)
                word = word.lower() if lower else word
                word = strip_accents(word) if bare else word
                word = "" if unmarked and word in {".", ",", "!", ";"} else word
            text += gap
            places.append((len(text), len(text) + len(word)))
            text += word
        return text + message.text[end:], places

    def _replace(self, tokens: Sequence[Token], alignment: Alignment) -> list[str]:
        """Return the words of a message with its names, towns and professions replaced, the same name by the same one."""
        words, names = [token.text for token in tokens], {}
        for span in alignment.spans:
            if span.slot in NAMES:
                for token in tokens[span.first : span.last + 1]:
                    if _is_name(token, span):
                        given = span.slot == "given_names" or (span.last > span.first and "first" in token.classes)
                        names.setdefault(fold_word(token.text), self._name(given=given))
        for number, token in enumerate(tokens):
            if token.rule_entity is None and (name := names.get(fold_word(token.text))):
                words[number] = _in_case_of(token.text, name)
        for span in alignment.spans:
            listed, share = {"city": (self._towns, OTHER_TOWN), "profession": (self._professions, OTHER_PROFESSION)}.get(
                span.slot, ([], 0.0)
            )
            if listed and self._rng.random() < share:
                first, *rest = range(span.first, span.last + 1)
                words[first] = (
                    _in_case_of(tokens[first].text, self._rng.choice(listed)) if span.slot == "city" else self._rng.choice(listed)
                )
                for number in rest:
                    words[number] = ""
        return words

    def _name(self, *, given: bool) -> str:
        if self._rng.random() < INVENTED:
            return "".join(self._rng.choice(SYLLABLES) for _ in range(self._rng.randint(2, 3))) + self._rng.choice(ENDINGS)
        return self._rng.choice(self._first if given else self._last).split()[0]

    def _mistype(self, word: str) -> str:
        if len(word) < 4 or not word.isalpha():
            return word
        at = self._rng.randrange(1, len(word) - 1)
        kind = self._rng.choice(["left out", "swapped", "doubled", "near"])
        if kind == "left out":
            return word[:at] + word[at + 1 :]
        if kind == "swapped":
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == "doubled":
            return word[: at + 1] + word[at:]
        return word[:at] + self._rng.choice(NEAR_KEYS.get(word[at].lower(), word[at])) + word[at + 1 :]


def _is_name(token: Token, span: SlotSpan) -> bool:
    """Return whether a word of a name may be replaced: not a kinship (« sa fille »), a profession or a particle."""
    if token.rule_entity or not token.text.isalpha() or len(token.text) < 2 or fold_word(token.text) in NO_NAMES:
        return False
    return not token.classes & {"job", "civ"} and (span.slot != "by" or token.text[0].isupper())


def _in_case_of(word: str, name: str) -> str:
    if len(word) > 1 and word.isupper():
        return name.upper()
    return name[:1].upper() + name[1:] if word[:1].isupper() else name.lower()
