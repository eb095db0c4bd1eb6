"""What the name tagger sees of each word of a message: whether it is a known word, how it is written, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from spellchecker import SpellChecker

from nlu.components.analysis import Token, analyse
from nlu.components.folding import fold_word
from nlu.components.gazetteers import Gazetteers
from nlu.components.lexicon import EMPTY_LEXICON, Lexicon
from nlu.components.phonetics import phonetic_code
from nlu.components.spelling_correction import SpellingCorrector

RELIABLE_CLASSES = frozenset(("civ", "channel", "freq", "time", "job", "org", "usager"))
"""Lists of words that hold no names: these classes of a word are always seen."""
KNOWN, FRENCH, RARE, MISSPELT, HEARD, NEAR, UNKNOWN = "known", "french", "rare", "misspelt", "heard", "near", "unknown"
"""Kinds of words: in the training messages; frequent or rare in the dictionary; one edit from a training word, like one by sound; one edit
from any frequent word; none of these."""
RULE, NUMBER, MARK = "rule", "number", "mark"
"""Kinds of what is no word."""
FREQUENT, RARE_BELOW = 400, 150
"""How often a word of the dictionary was seen for it to be frequent, and to be no rare one; a word that never was has 50."""
_WINDOW = 3


def split_words(words: str) -> list[str]:
    """Return the words of a list that is written as one text."""
    return words.split()


_CUES = frozenset(
    split_words(
        "dossier dossiers usager usagere patient patiente patients resident residente beneficiaire malade docteur madame monsieur "
        "mademoiselle professeur ne nee nes veuf veuve epouse epoux divorcee mamie mamy papi papy meme pepe tata tonton dame mere pere "
        "fils fille mari femme chez pour de nom prenom appelle nomme suivi suit suivie suivre partenaire compte ajoute ajouter ajoutez "
        "rajoute associe associez associer rattache rattachez rattacher invite retire retirer enleve supprime remplace cherche "
        "chercher recherche trouve connais annuaire collegue confrere consoeur remplacante cordialement cdt cdlt merci bonjour suis "
        "habite domicilie va est a par avec tension pansement visite toilette rdv ordonnance famille exerce cabinet acces accord"
    )
)
"""Words before and after a name that tell whose it is."""
_WEIGHTY = frozenset(
    split_words(
        "docteur professeur dr patient patiente usager usagere mamie papy ne nee compte acces annuaire ajoute ajouter cherche retire "
        "associe rattache remplace collegue suis cordialement cdlt cdt chez partenaire participe famille fille fils"
    )
)
"""Words that tell what the whole message is about."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A token, its kind, and the word that the tagger knows it by: empty where it is not to be known."""

    token: Token
    kind: str
    word: str


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NEAR_LENGTHS = (4, 14)


@lru_cache(maxsize=1)
def load_frequencies() -> dict[str, int]:
    """Return the words of pyspellchecker's French dictionary, folded, and how often each was seen."""
    frequencies: dict[str, int] = {}
    for word, frequency in SpellChecker(language="fr").word_frequency.dictionary.items():
        form = fold_word(word)
        frequencies[form] = max(frequency, frequencies.get(form, 0))
    return frequencies


class WordReader:
    """Reads a text into words; knows the words of the training messages that are no names."""

    def __init__(self, counts: Mapping[str, int], gazetteers: Gazetteers) -> None:
        """Take `counts`: folded forms that are no names, and how many training messages hold each."""
        self._counts, self._gazetteers = dict(counts), gazetteers
        self._corrector = SpellingCorrector(counts)
        self._near = lru_cache(maxsize=8192)(self._find_near)
        self._codes = {phonetic_code(form) for form in counts if len(form) > 3 and form.isalpha()}

    def read(self, text: str, lexicon: Lexicon = EMPTY_LEXICON) -> list[Reading]:
        """Return the words of `text` in order; `lexicon` adds the imported directory's towns and names."""
        tokens = lexicon.add_classes(analyse(text, self._gazetteers), self._counts)
        return [self._reading(token) for token in tokens]

    def _reading(self, token: Token) -> Reading:
        form = token.form
        if token.rule_entity is not None:
            return Reading(token, RULE, form)
        if form.isdigit():
            return Reading(token, NUMBER, f"<{min(len(form), 6)}>")
        if not any(c.isalpha() for c in form):
            return Reading(token, MARK, form)
        if form in self._counts:
            return Reading(token, KNOWN, form)
        if (frequency := load_frequencies().get(form)) is not None:
            return Reading(token, FRENCH if frequency >= RARE_BELOW else RARE, "")
        if (corrected := self._corrector.correct(form)) is not None:
            (classes,) = self._gazetteers.lookup([corrected])
            return Reading(replace(token, classes=token.classes | classes), MISSPELT, corrected)
        if len(form) > 3 and form.isalpha() and phonetic_code(token.text) in self._codes:
            return Reading(token, HEARD, "")
        return Reading(token, NEAR if self._is_near(form) else UNKNOWN, "")

    def _is_near(self, form: str) -> bool:
        return _NEAR_LENGTHS[0] <= len(form) <= _NEAR_LENGTHS[1] and form.isalpha() and self._near(form)

    def _find_near(self, form: str) -> bool:
        frequencies = load_frequencies()
        return any(edit in self._counts or frequencies.get(edit, 0) >= FREQUENT for edit in _edits(form))


def _edits(word: str) -> Iterator[str]:
    """Yield what is one edit away from a word: a letter left out, doubled or replaced, two swapped."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in _LETTERS)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in _LETTERS)


def extract_features(readings: Sequence[Reading], asked: str, *, hide_names: bool = False) -> list[dict[str, object]]:
    """Return the features of each word.

    Args:
        readings: the words of a message.
        asked: what the dialogue had just asked for: `professional`, `usager`, or nothing.
        hide_names: leave out what the lists of names say, so that names that are in none are learnt too.
    """
    case = _case_of_message(readings)
    words = [reading.word or f"<{reading.kind}>" for reading in readings]
    classes = [_classes(reading, hide_names=hide_names) for reading in readings]
    letters = [reading for reading in readings if reading.kind not in (MARK, NUMBER)]
    message: dict[str, object] = {"asked": asked or "-", "case": case, "size": _bucket(len(letters))}
    message |= {f"has {cue}": True for cue in ("<dossier_ref>", "<rpps>", "<email>") if cue in words}
    message |= {f"some {name}": True for name in ("job", "org", "civ", "usager") if any(name in found for found in classes)}
    message |= {f"some {word}": True for word in set(words) & _WEIGHTY}
    message["head"] = words[0] if words else "-"
    left = _cues(words)
    right = [list(reversed(row)) for row in reversed(_cues(list(reversed(words))))]
    rows = []
    for index, reading in enumerate(readings):
        row = dict(message)
        row |= _own(reading, words[index], classes[index], case)
        row["at"] = "first" if index == 0 else "last" if index == len(readings) - 1 else "inside"
        row["left"], row["left2"] = left[index][-1], "|".join(left[index])
        row["right"] = right[index][0]
        row["left right"] = f"{left[index][-1]}|{right[index][0]}"
        row["left asked"] = f"{left[index][-1]}|{asked}"
        row["size kind asked"] = f"{message['size']}|{reading.kind}|{asked}"
        for offset in (*range(-_WINDOW, 0), *range(1, _WINDOW + 1)):
            other = index + offset
            inside = 0 <= other < len(readings)
            row[f"w{offset}"] = words[other] if inside else "^$"
            if inside and abs(offset) <= 2:
                row[f"k{offset}"] = readings[other].kind
                row |= {f"c{offset} {name}": True for name in classes[other]}
        before, after = words[index - 1] if index else "^", words[index + 1] if index + 1 < len(words) else "$"
        row["w-1w+1"], row["w-1k"], row["kw+1"] = f"{before}|{after}", f"{before}|{reading.kind}", f"{reading.kind}|{after}"
        row["w-2w-1"] = f"{words[index - 2] if index > 1 else '^'}|{before}"
        row["w+1w+2"] = f"{after}|{words[index + 2] if index + 2 < len(words) else '$'}"
        rows.append(row)
    return rows


def _own(reading: Reading, word: str, classes: frozenset[str], case: str) -> dict[str, object]:
    token = reading.token
    row: dict[str, object] = {"bias": 1.0, "w": word, "k": reading.kind, "glued": token.glued, "length": min(len(token.text), 9)}
    row |= {f"c {name}": True for name in classes}
    if reading.kind in (FRENCH, RARE, HEARD, NEAR, UNKNOWN, MISSPELT):
        row["suf3"], row["suf2"], row["pre2"] = token.form[-3:], token.form[-2:], token.form[:2]
        row["double"] = any(one == other for one, other in zip(token.form, token.form[1:], strict=False))
    if token.text[:1].isupper():
        row["upper"] = "all" if len(token.text) > 1 and token.text.isupper() else "first"
        row["upper kind case"] = f"{row['upper']}|{reading.kind}|{case}"
    return row


def _classes(reading: Reading, *, hide_names: bool) -> frozenset[str]:
    return reading.token.classes & RELIABLE_CLASSES if hide_names else reading.token.classes


def _case_of_message(readings: Sequence[Reading]) -> str:
    texts = [reading.token.text for reading in readings if reading.token.text[:1].isalpha()]
    if all(text.islower() for text in texts):
        return "lower"
    return "upper" if all(text.isupper() for text in texts) else "mixed"


def _bucket(count: int) -> str:
    return str(count) if count < 4 else "4-6" if count < 7 else "7+"


def _cues(words: Sequence[str]) -> list[list[str]]:
    """Return for each word the last two cue words before it."""
    rows, seen = [], ["-", "-"]
    for word in words:
        rows.append(list(seen))
        found = [part for part in word.split() if part in _CUES]
        if word in ("<dossier_ref>", "."):
            found = [word]
        seen = [*seen, *found][-2:]
    return rows
