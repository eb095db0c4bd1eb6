"""Facts of a person that words give beside the name: civility, mode of practice, phone; values as a directory record holds them."""

from __future__ import annotations

from actions.framework.turn import Turn
from actions.framework.utterances import Utterances
from bot.accounts.directory_record import ORDER, Fiche, FieldError, validate_field
from bot.accounts.phones import display_phone
from bot.core.text_folding import fold

_PRACTICE_MODES = {"liberal": "libéral", "liberale": "libéral", "salarie": "salarié", "salariee": "salarié", "benevole": "bénévole"}
_ABBREVIATIONS = {"as": "Aide-soignant"}
_CIVILITY_WORDS = {"dame": "Mme", "femme": "Mme", "homme": "M", "madame": "Mme", "monsieur": "M"}


def valid_value(field: str, raw: str) -> str | None:
    """Return the value of a field as it is stored, None if it is not valid."""
    if field == "profession" and fold(raw) in _PRACTICE_MODES:  # « elle est salariée »
        return None
    try:
        return validate_field(field, written_out(field, raw)) if raw else None
    except FieldError:
        return None


def written_out(field: str, raw: str) -> str:
    """Return what an abbreviation that may mean two professions means in a record of somebody who is new: « AS » is an aide-soignant."""
    return _ABBREVIATIONS.get(fold(raw), raw) if field == "profession" else raw


def shown_value(field: str, value: str) -> str:
    """Return a value as people read it."""
    return display_phone(value) if field == "phone" else value


def read_facts(turn: Turn) -> dict[str, str]:
    """Return civility, mode and phone by field, those that the words give: « le Dr Martin », « infirmière libérale »."""
    facts = read_civility_and_mode(turn)
    phone = valid_value("phone", turn.entity("phone") or "")
    return facts | ({"phone": phone} if phone else {})


def read_civility_and_mode(turn: Turn) -> dict[str, str]:
    """Return civility and mode by field, those that the words give."""
    mode = next((_PRACTICE_MODES[word] for word in fold(turn.text).split() if word in _PRACTICE_MODES), None)
    civility = _read_civility(turn)
    return ({"mode": mode} if mode else {}) | ({"civility": civility} if civility else {})


def _read_civility(turn: Turn) -> str | None:
    """Return the civility before the last name, or in the answer to the question for it: « M., infirmier », « c'est une dame »."""
    names, asked = turn.affirmed_entities("partner_name"), turn.requested_slot == "fiche_civility"
    before = turn.raw_text[: names[-1].get("start") or 0].split() if names else turn.text.split()
    if not names and asked:
        before = before[:1]
    if before and (names or len(before) == 1) and not _is_for(before) and (found := valid_value("civility", before[-1].strip(".,;:"))):
        return found
    return next((_CIVILITY_WORDS[word] for word in fold(turn.text).split() if word in _CIVILITY_WORDS), None) if asked else None


def _is_for(words: list[str]) -> bool:
    """Return whether the last word is « pr » for « pour » (« compte pr kerbrat »), no professor (« le pr Kerbrat », « Pr Kerbrat »)."""
    return len(words) > 1 and words[-1] == "pr" and fold(words[-2]) not in {"le", "du", "au", "la", "avec"}


def record_lines(utterances: Utterances, record: Fiche) -> str:
    """Return a record as a card shows it, a line for each field; of a missing e-mail it says who completes it."""
    lines = dict(record.lines())
    if record.email is None:
        lines["email"] = utterances.text("utter_email_to_complete")
    shown = [(utterances.text(f"utter_field_{field}"), lines[field]) for field in ORDER if field in lines]
    return "\n".join(utterances.text("utter_fiche_line", label=label, value=value) for label, value in shown)
