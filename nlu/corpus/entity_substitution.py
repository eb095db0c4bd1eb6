"""Entity substitution: the same hand-written sentence about other people, towns and organizations."""

from __future__ import annotations

from nlu.components.folding import strip_accents
from nlu.corpus.examples import Segment, Segments, read_yaml
from nlu.corpus.slot_values import DATA, SlotValues

_TRIES = 40


class EntitySubstituter:
    """Replaces entities by others that fit the words around them: same gender, same elision."""

    def __init__(self, values: SlotValues) -> None:
        self._values = values
        professions: dict[str, list[str]] = read_yaml(DATA / "professions.yml")
        self._profession_forms = {form: {name.lower() for name in names} for form, names in professions.items()}
        patterns = read_yaml(DATA / "organizations.yml")
        self._organization_heads = {form: {p.split()[0].lower() for p in patterns[form]} for form in ("m", "f")}
        self._departments = {name for names in read_yaml(DATA / "communes.yml")["departments"].values() for name in names}

    def substitute(self, segments: Segments) -> Segments:
        """Return a copy with other entities; one without a safe replacement stays."""
        return tuple(self._replace(part) for part in segments)

    def _replace(self, part: Segment) -> Segment:
        slot = self._find_slot(part)
        if slot is None:
            return part
        for _ in range(_TRIES):
            text = self._values.draw(slot).text
            if _starts_with_vowel(text) == _starts_with_vowel(part.text) or part.entity in ("partner_name", "usager_name"):
                return Segment(text.lower() if part.text.islower() else text, part.entity)
        return part

    def _find_slot(self, part: Segment) -> str | None:
        """Return the slot whose values can replace this segment, or None."""
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
                forms = [form for form, heads in self._organization_heads.items() if text.split()[0] in heads]
                return f"organization_{forms[0]}" if len(forms) == 1 else None
        return None


def _starts_with_vowel(text: str) -> bool:
    """Return whether an article may be elided before `text`; every « h » counts as mute."""
    return strip_accents(text.lower())[0] in "aeiouh"
