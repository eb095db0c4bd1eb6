"""The same hand-written sentence about other people, towns and structures."""

from __future__ import annotations

import unicodedata

from nlu.corpus.examples import Segment, Segments, read_yaml
from nlu.corpus.slot_values import DATA, SlotValues

_TRIES = 40


class EntitySubstituter:
    """Replaces entities by others that fit the words around: the same gender, the same need of an elision."""

    def __init__(self, vocabulary: SlotValues) -> None:
        self._vocabulary = vocabulary
        professions: dict[str, list[str]] = read_yaml(DATA / "professions.yml")
        self._profession_forms = {form: {name.lower() for name in names} for form, names in professions.items()}
        structures = read_yaml(DATA / "organizations.yml")
        self._structure_heads = {form: {p.split()[0].lower() for p in structures[form]} for form in ("m", "f")}
        self._departments = {name for names in read_yaml(DATA / "communes.yml")["departments"].values() for name in names}

    def substitute(self, segments: Segments) -> Segments:
        """A copy with other values; what has no safe replacement stays."""
        return tuple(self._other(part) for part in segments)

    def _other(self, part: Segment) -> Segment:
        slot = self._slot(part)
        if slot is None:
            return part
        for _ in range(_TRIES):
            text = self._vocabulary.fill(slot).text
            if _vowel(text) == _vowel(part.text) or part.entity in ("partner_name", "usager_name"):
                return Segment(text.lower() if part.text.islower() else text, part.entity)
        return part

    def _slot(self, part: Segment) -> str | None:
        """The slot that gives what could stand in this place, or None."""
        text = part.text.lower()
        match part.entity:
            case "partner_name" | "usager_name" | "rpps" | "adeli" | "finess" | "email" | "phone":
                return part.entity
            case "birth_date":
                return None if text.isdigit() and len(text) == 4 else "birth_date"
            case "dossier_ref":
                return "dossier_ref" if text.startswith("sph") else None
            case "city" if text.isdigit():
                return "postal_code" if len(text) == 5 else "department_code"
            case "city" if part.text not in self._departments:
                return "city"
            case "profession":
                forms = [form for form, names in self._profession_forms.items() if text in names]
                return f"profession_{forms[0]}" if len(forms) == 1 else None
            case "organization":
                forms = [form for form, heads in self._structure_heads.items() if text.split()[0] in heads]
                return f"organization_{forms[0]}" if len(forms) == 1 else None
        return None


def _vowel(text: str) -> bool:
    return unicodedata.normalize("NFKD", text.lower())[0] in "aeiouh"
