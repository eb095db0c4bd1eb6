"""Careless writing for tests, cast in another mould than the training data's (`nlu/corpus/noise.py`).

There a sentence goes through independent steps on its letters; here a writer has one manner (text message, hasty thumbs,
dictation, capitals) and respells word by word, from a list of its own. Spans stay exact.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

from nlu.corpus.examples import Segment, Segments, merge_segments

# Word by word, as seen on phones; without accents, the first is the most usual.
_RESPELT = {
    "je": "j", "j'ai": "jé", "c'est": "sé", "est": "é", "et": "é", "que": "q", "qui": "ki", "quel": "kel", "quelle": "kelle",
    "pas": "ps", "vous": "vou", "veux": "ve", "voudrais": "voudré", "fait": "fé", "faire": "fer", "faut": "fau", "mais": "mé",
    "avec": "avek", "comment": "koment", "dossier": "dossié", "compte": "conte", "bonjour": "bjour", "merci": "merssi",
    "ajouter": "ajouT", "enlever": "enlevé", "patient": "pasient", "patiente": "pasiente", "besoin": "bezoin", "dans": "dan",
    "au": " o", "aux": "o", "trop": "tro", "beaucoup": "bocou", "combien": "konbien", "quoi": "qoi", "quand": "kand", "peux": "pe",
    "peut": "peu", "pouvez": "pouvé", "suis": "suit", "sont": "son", "mes": "mé", "les": "lé", "des": "dé", "ses": "sé",
    "notifications": "notif", "partenaire": "partenair", "partenaires": "partenairs", "demande": "deman", "accès": "aksès",
    "recevoir": "recevoire", "oublié": "oubliez", "perdu": "perdus", "quelqu'un": "kelqun", "moi": "mwa", "parler": "parlé",
    "toujours": "toujour", "jamais": "jamé", "plus": "pu", "message": "mesage", "téléphone": "tel", "rendez-vous": "rdv",
    "numéro": "n°", "problème": "pblm", "professionnel": "proffesionel", "infirmière": "infirmiere", "aujourd'hui": "auj",
    "maintenant": "maint", "après": "apre", "avant": "avan", "jusqu'à": "jusk a", "pendant": "pdt", "semaine": "sem",
    "identifier": "idantifié", "connecter": "conecter", "mot": "mo", "passe": "pass", "oui": "ouiii", "non": "nonn",
}  # fmt: skip
_HOMOPHONES = {
    "à": "a", "ça": "sa", "où": "ou", "ces": "ses", "ses": "ces", "c'est": "ces", "et": "est", "ajouter": "ajoutez",
    "créer": "créé", "compte": "conte", "voir": "voire", "peut": "peux", "suis": "suit", "son": "sont", "quel": "quelle",
    "mais": "mes", "an": "en", "dossier": "dossiers", "ce": "se", "m'a": "ma", "t'es": "tes", "tout": "tous",
}  # fmt: skip
_NEXT_KEY = dict(zip("abcdefghijklmnopqrstuvwxyz", "sxvfrghjojklkkpoadrguczutx", strict=True))  # a QWERTY keyboard
_KEPT = frozenset({"email", "rpps", "adeli", "finess", "phone", "dossier_ref", "birth_date", "ordinal", "time"})
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def perturb(segments: Segments, seed: str) -> Segments:
    """`segments` as one of five writers would have sent it; the same seed gives the same."""
    rng = random.Random(seed)
    manner = rng.choice([_text_message, _text_message, _thumbs, _thumbs, _dictation, _capitals])
    return merge_segments(manner(segments, rng))


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _words(segments: Segments, change: Callable[[str], str], *, names: bool = False) -> Segments:
    return tuple(
        part
        if part.entity in _KEPT or (part.entity and not names)
        else Segment(_WORD.sub(lambda match: change(match[0]), part.text), part.entity)
        for part in segments
    )


def _all(segments: Segments, change: Callable[[str], str]) -> Segments:
    return tuple(part if part.entity in _KEPT else Segment(change(part.text), part.entity) for part in segments)


def _no_marks(segments: Segments) -> Segments:
    return tuple(part if part.entity else Segment(re.sub(r"[,;:!.…]+(?=\s|$)|\s*\?", "", part.text)) for part in segments)


def _text_message(segments: Segments, rng: random.Random) -> Segments:
    """Known respellings, silent ends lost, « qu » as « k », apostrophes closed up."""

    def change(word: str) -> str:
        lower = word.lower()
        if lower in _RESPELT and rng.random() < 0.6:
            return _RESPELT[lower].strip()
        if rng.random() < 0.3:
            lower = re.sub(r"(?<=..)(?:es|s|e|t)$", "", lower)
        if rng.random() < 0.3:
            lower = lower.replace("qu", "k").replace("eau", "o").replace("ph", "f")
        return lower.replace("'", "") if rng.random() < 0.5 else lower

    spelt = _no_marks(_words(_all(segments, str.lower), change))
    return _all(spelt, _bare) if rng.random() < 0.5 else spelt


def _thumbs(segments: Segments, rng: random.Random) -> Segments:
    """One word in six is hit wrong, names too: a letter left out, two swapped, a neighbour, a space in the middle of nothing."""

    def change(word: str) -> str:
        if len(word) < 4 or rng.random() > 0.17:
            return word
        at = rng.randrange(1, len(word) - 1)
        return rng.choice(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + _NEXT_KEY.get(_bare(word[at].lower()), word[at]) + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            ]
        )

    typed = _words(segments, change, names=True)
    return _no_marks(_all(typed, lambda text: _bare(text.lower()))) if rng.random() < 0.7 else typed


def _dictation(segments: Segments, rng: random.Random) -> Segments:
    """No capitals, no marks, homophones, a hesitation at the beginning."""

    def change(word: str) -> str:
        return _HOMOPHONES.get(word.lower(), word) if rng.random() < 0.4 else word

    spoken = _no_marks(_words(_all(segments, str.lower), change))
    return (Segment(rng.choice(["", "euh ", "alors ", "donc ", "oui alors ", "voilà "])), *spoken)


def _capitals(segments: Segments, rng: random.Random) -> Segments:
    """All capitals without accents, as from a locked key."""
    return _no_marks(_all(segments, lambda text: _bare(text).upper()))
