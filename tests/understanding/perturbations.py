"""Perturbations of test sentences, independent of the training data's noise (`nlu/corpus/noise.py`).

The noise applies independent steps to letters; a perturbation is the manner of one writer (text message, typing with the thumbs,
dictation, capitals) and respells word by word, from lists of its own. Spans stay exact.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from nlu.components.folding import strip_accents
from nlu.corpus.examples import Segment, Segments, merge_segments

# Respellings of words, as seen on phones.
_RESPELLINGS = {
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
# A neighbour of each letter on a QWERTY keyboard.
_NEXT_KEY = dict(zip("abcdefghijklmnopqrstuvwxyz", "sxvfrghjojklkkpoadrguczutx", strict=True))
# Entities that are copied as they are.
_KEPT_ENTITIES = frozenset({"email", "rpps", "adeli", "finess", "phone", "dossier_ref", "birth_date", "ordinal", "time"})
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def perturb(segments: Segments, seed: str) -> Segments:
    """Return the sentence as one of four kinds of writers would send it; the same seed gives the same result."""
    rng = random.Random(seed)
    write = rng.choice([_write_text_message, _write_text_message, _type_with_thumbs, _type_with_thumbs, _dictate, _write_capitals])
    return merge_segments(write(segments, rng))


def _change_words(segments: Segments, change: Callable[[str], str], *, names: bool = False) -> Segments:
    """Return the sentence with `change` applied to each word of plain text, and with `names` of names too."""
    return tuple(
        part
        if part.entity in _KEPT_ENTITIES or (part.entity and not names)
        else Segment(_WORD.sub(lambda match: change(match[0]), part.text), part.entity)
        for part in segments
    )


def _change_text(segments: Segments, change: Callable[[str], str]) -> Segments:
    return tuple(part if part.entity in _KEPT_ENTITIES else Segment(change(part.text), part.entity) for part in segments)


def _remove_punctuation(segments: Segments) -> Segments:
    return tuple(part if part.entity else Segment(re.sub(r"[,;:!.…]+(?=\s|$)|\s*\?", "", part.text)) for part in segments)


def _write_text_message(segments: Segments, rng: random.Random) -> Segments:
    """Respell known words, drop silent endings and apostrophes, write « k » for « qu »."""

    def change(word: str) -> str:
        lower = word.lower()
        if lower in _RESPELLINGS and rng.random() < 0.6:
            return _RESPELLINGS[lower].strip()
        if rng.random() < 0.3:
            lower = re.sub(r"(?<=..)(?:es|s|e|t)$", "", lower)
        if rng.random() < 0.3:
            lower = lower.replace("qu", "k").replace("eau", "o").replace("ph", "f")
        return lower.replace("'", "") if rng.random() < 0.5 else lower

    respelt = _remove_punctuation(_change_words(_change_text(segments, str.lower), change))
    return _change_text(respelt, strip_accents) if rng.random() < 0.5 else respelt


def _type_with_thumbs(segments: Segments, rng: random.Random) -> Segments:
    """Make an error in one word in six, names included: a letter left out, doubled, swapped or replaced by its neighbour's."""

    def change(word: str) -> str:
        if len(word) < 4 or rng.random() > 0.17:
            return word
        at = rng.randrange(1, len(word) - 1)
        return rng.choice(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + _NEXT_KEY.get(strip_accents(word[at].lower()), word[at]) + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            ]
        )

    typed = _change_words(segments, change, names=True)
    return _remove_punctuation(_change_text(typed, lambda text: strip_accents(text.lower()))) if rng.random() < 0.7 else typed


def _dictate(segments: Segments, rng: random.Random) -> Segments:
    """Drop capitals and punctuation, replace words by homophones, begin with a hesitation."""

    def change(word: str) -> str:
        return _HOMOPHONES.get(word.lower(), word) if rng.random() < 0.4 else word

    spoken = _remove_punctuation(_change_words(_change_text(segments, str.lower), change))
    return (Segment(rng.choice(["", "euh ", "alors ", "donc ", "oui alors ", "voilà "])), *spoken)


def _write_capitals(segments: Segments, rng: random.Random) -> Segments:
    """Write all in capitals without accents, as with caps lock on."""
    return _remove_punctuation(_change_text(segments, lambda text: strip_accents(text).upper()))
