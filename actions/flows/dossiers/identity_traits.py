"""The identity traits of an usager as a message gives them: names, sex, and which trait a correction concerns."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from actions.framework.answers import gives_no_answer
from actions.framework.context import Context
from actions.framework.flow import Slots
from actions.framework.turn import Turn
from bot.accounts.directory_record_fields import FieldError, validate_field
from bot.core.clock import PARIS
from bot.core.person_names import find_marked_name, holds_marked_name, read_names
from bot.core.text_folding import MAX_CHARACTERS, fold, word_set
from bot.core.told_names import CITY, FAMILY, GIVEN, USED, bare_names, names_only_label, read_told_names, spelled_name
from bot.core.written_dates import WrittenDate, read_birth_date

NAME_OF_USE = "usager_used"
"""Slot of the name of use: it is told, never asked for."""
IDENTITY_TRAITS = ("usager_family", "usager_given", "usager_birth_date", "usager_sex")
"""Slots of the identity traits, in the order in which they are asked for."""
_FEMALE = re.compile(r"\b(?:mme|madame|mlle|mademoiselle|née|femme|féminin|feminin|fille)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:m\.|mr|monsieur|homme|masculin|garçon)(?=\W|$)|\bné\b(?!\()", re.IGNORECASE)
_USAGER_FEMALE = re.compile(
    r"\b(?:une|ma|notre|cette|la|nouvelle)\s+(?:nouvelle\s+|jeune\s+|petite\s+|vieille\s+|autre\s+)?"
    r"(?:patiente|usag[èe]re|r[ée]sidente|dame|femme|fillette)\b|\bnée\b|\belle\s+est\s+(?:née|nee|du\s+\d)|\bsexe\s+f[ée]minin\b",
    re.IGNORECASE,
)
_USAGER_MALE = re.compile(
    r"\bné\s+(?:le|en|à)\b|\bil\s+est\s+(?:né|ne|du\s+\d)"
    r"|\bun\s+(?:jeune\s+|petit\s+|vieux\s+)?(?:monsieur|homme|gar[çc]on)\b|\bsexe\s+masculin\b",
    re.IGNORECASE,
)
"""What is said of the usager alone: « une nouvelle patiente », « née le ». « Un patient » may be anybody."""
_TRAIT_WORDS = {
    "prenom": "usager_given",
    "prenoms": "usager_given",
    "nom": "usager_family",
    "sexe": "usager_sex",
    "date": "usager_birth_date",
}
_ASKING_WORDS = word_set(
    "corriger corrige corrigez changer change changez modifier modifie modifiez le la son sa ses les de naissance famille c est il faut"
)
_COMPLAINT = re.compile(
    r"[,;.!]?\s*\b(?:je (?:vous |te )?l'ai (?:déjà |deja )?(?:dit|écrit|donné)|je viens de (?:vous )?(?:le |l')(?:dire|écrire|donner)"
    r"|(?:déjà|deja) dit)\b",
    re.IGNORECASE,
)
_BORN = re.compile(r"[\s,(]*\bn[ée](?:e|\(e\))?\b", re.IGNORECASE)


def split_name(full_name: str) -> dict[str, str]:
    """Return the slots of a person's whole name (`bot.core.person_names`)."""
    names = read_names(full_name)
    found = {"usager_family": names.birth, "usager_given": names.given, NAME_OF_USE: names.used}
    return {slot: value for slot, value in found.items() if value}


def usager_entities(turn: Turn) -> list[dict[str, Any]]:
    """Return the entities that name the usager, of all names of the message: those that its commands or « née le » say are theirs."""
    found = turn.affirmed_entities("usager_name") or turn.affirmed_entities("partner_name")
    if len(found) < 2:
        return found
    usager, partners = (_told_words(turn, slots) for slots in (("usager", "birth_name", "given_names"), ("partner", "by", "except")))
    chosen = [e for e in found if (words := {*fold(str(e["value"])).split()}) & usager and not words <= partners]
    born = [entity for entity in found if _BORN.match(turn.raw_text, entity.get("end") or 0)]
    return chosen or born or found


def _told_words(turn: Turn, slots: tuple[str, ...]) -> set[str]:
    """Return the folded words of the values that the commands of the message have in these slots."""
    values = [value for command in turn.message.get("commands") or [] for slot in slots for value in as_list(command.get(slot))]
    return {word for value in values for word in fold(value).split()}


def as_list(value: object) -> list[str]:
    """Return the values of a slot of a command, which is one or a list of them."""
    return [str(one) for one in (value if isinstance(value, list) else [value] if value else [])]


def named_text(turn: Turn) -> str | None:
    """Return the words that name the usager: with « née », « épouse » and the like where the message has them, else the entity's."""
    found = usager_entities(turn)
    if turn.trusted and not turn.is_button:
        marked = find_marked_name(turn.raw_text, min((entity.get("start") or 0 for entity in found), default=None))
        if marked is not None:
            return marked
    return str(found[-1]["value"]).strip() if found else None


def read_name(turn: Turn) -> Slots:
    """Return the names of the usager that the message names, as they are stored; what is no name is left to be asked for."""
    name = named_text(turn) if turn.entity("usager_name") or holds_marked_name(turn.text) else None
    names = valid_names(split_name(name)) if name else {}
    return {**read_told(turn, whole=False), **names}


def valid_names(names: dict[str, str]) -> dict[str, str]:
    """Return the names that are valid, each in its one form."""
    valid = {}
    for slot, value in names.items():
        with contextlib.suppress(FieldError):
            valid[slot] = validate_name(slot, value)
    return valid


def validate_name(slot: str, value: str) -> str:
    """Return a name in its one form. Raise FieldError."""
    return validate_field("family" if slot == NAME_OF_USE else slot.removeprefix("usager_"), value)


def read_told(turn: Turn, *, whole: bool = True) -> Slots:
    """Return the names that the message tells by their word: « le nom c'est Perrin et le prénom Odette », « de naissance c'est Lacour ».

    A name that is told to be something else than what it was taken for leaves its place (None).

    Args:
        turn: the turn.
        whole: whether « la dame c'est Odette Perrin » names the usager.
    """
    if turn.is_button or not turn.trusted:
        return {}
    told = read_told_names(turn.raw_text)
    slots: Slots = valid_names(split_name(told.whole)) if told.whole and whole else {}
    names = {"usager_family": told.birth, "usager_given": told.names.get(GIVEN, ""), NAME_OF_USE: told.names.get(USED, "")}
    slots |= valid_names({slot: name for slot, name in names.items() if name})
    places = ("usager_family", "usager_given", NAME_OF_USE)
    if told.respelt:
        old, new = told.respelt
        slots |= valid_names({slot: new for slot in places[:2] if fold(str(turn.slot(slot) or "")) == fold(old)})
    moved = {fold(str(value)): slot for slot, value in slots.items()}
    for slot in places:
        now = fold(str(turn.slot(slot) or ""))
        taken_back = slot == "usager_family" and fold(told.denied.get(FAMILY, "")) == now
        if now and slot not in slots and (taken_back or (moved.get(now, slot) != slot and len(slots) < len(places))):
            slots[slot] = None
    if slots.get(NAME_OF_USE) and fold(slots[NAME_OF_USE]) == fold(str(slots.get("usager_family") or "")):
        del slots[NAME_OF_USE]
    return slots


def read_answered_names(turn: Turn, slot: str) -> Slots:
    """Return the names of an answer to a question for one, without what people put around it: « ben Raymond ! juste Raymond ».

    « Tessier, je vous l'ai dit. Raymond, né le… » gives the family name, then the given one. None where it has no such names.
    """
    if turn.is_button or not turn.trusted or holds_marked_name(turn.raw_text):
        return {}
    names = bare_names(turn.raw_text)
    names = [name for name in names if name[0].isupper()] or names[:1]
    if not names or len(names) > 3:
        return {}
    if slot == "usager_given":
        return valid_names({slot: " ".join(names)})
    if len(names) > 1 and turn.slot("usager_given") is None and len(names[0].split()) == 1:
        return valid_names({slot: names[0], "usager_given": " ".join(names[1:])})
    spelled = spelled_name(turn.raw_text)
    alone = len(names) == 1 and len(names[0].split()) == 1
    return valid_names({slot: names[0] if alone else spelled}) if alone or spelled else {}


def read_complained(turn: Turn, slot: str) -> Slots:
    """Return the name that was asked for where a complaint follows it: « Yvette, je vous l'ai dit. et c'est le 4 septembre »."""
    text = turn.raw_text.replace("’", "'")
    if turn.is_button or not turn.trusted or slot not in {"usager_family", "usager_given"} or turn.slot(slot) is not None:
        return {}
    complaint = _COMPLAINT.search(text[:MAX_CHARACTERS])
    names = bare_names(text[: complaint.start()]) if complaint else []
    return valid_names({slot: names[0]}) if len(names) == 1 else {}


def read_head(turn: Turn, slot: str) -> Slots:
    """Return the name that was asked for where it stands bare before others: « Yvonne je vous l'ai dit, nom de naissance Caillaud »."""
    names = bare_names(read_told_names(turn.raw_text).head)
    return valid_names({slot: names[0]}) if names else {}


def holds_name_alone(turn: Turn) -> bool:
    """Return whether the message spells a name, or tells one by its word, whatever was read in it."""
    return turn.trusted and not turn.is_button and bool(spelled_name(turn.raw_text) or read_told(turn))


def trait_asked_for(text: str) -> str | None:
    """Return the slot of the trait that a text names and gives nothing of: « le nom de famille », « la date de naissance »."""
    label = names_only_label(text)
    if label is not None:
        return {GIVEN: "usager_given", USED: None, CITY: None}.get(label, "usager_family")
    words = set(fold(text).split())
    return find_trait(text) if words and not words - _ASKING_WORDS - _TRAIT_WORDS.keys() else None


def without_family(words: str, family: str) -> str:
    """Return an answer to « prénoms ? » without the family name in it, once: « Jean Martin » → "Jean"; « Martin » stays."""
    given = re.sub(r"[,;]|\bet\b", " ", words).split()
    for name in family.split():
        at = next((n for n, word in enumerate(given) if fold(word) == fold(name)), None)
        if at is not None and len(given) > 1:
            del given[at]
    return " ".join(given)


def read_written_date(context: Context, *, asked: bool) -> WrittenDate:
    """Return a date of birth that the understanding takes for none: without its day or month, or impossible (empty where there is none)."""
    turn, today = context.turn, context.services.clock.now().astimezone(PARIS).date()
    none = WrittenDate("", "")
    return none if turn.is_button or not turn.trusted else read_birth_date(turn.raw_text, today, asked=asked) or none


def gives_full_name(turn: Turn, words: str) -> bool:
    """Return whether an answer to « nom de naissance ? » has the given names too: capitals tell them apart, or a birth date follows."""
    if "," in words.strip(" ,"):
        return True
    capitals = [word.isupper() for word in words.split() if len(word) > 1]
    return len(capitals) > 1 and ((any(capitals) and not all(capitals)) or turn.entity("birth_date") is not None)


def replace_denied_name(turn: Turn, name: str) -> Slots:
    """Return the trait whose denied value `name` replaces (« pas Marguerite, Marie »); its other words stay. None is denied: empty."""
    denied = {fold(value) for entity in ("usager_name", "partner_name") for value in turn.denied_values(entity)}
    for trait in ("usager_given", "usager_family"):
        words = str(turn.slot(trait) or "").split()
        if fold(" ".join(words)) in denied:
            return {trait: name}
        if any(fold(word) in denied for word in words):
            return {trait: " ".join(name if fold(word) in denied else word for word in words)}
    return {}


def read_sex(text: str, *, asked: bool = False) -> Slots:
    """Return the sex that a text gives beyond doubt (« Mme », « née le », « une patiente »); the confirmation shows it.

    Args:
        asked: whether the sex was asked for. « F », « M » and no answer then count too.
    """
    if asked and fold(text) in {"f", "m"}:
        return {"usager_sex": "female" if fold(text) == "f" else "male"}
    if asked and ("non pr" in fold(text) or gives_no_answer(text)):
        return {"usager_sex": "unknown"}
    female, male = _USAGER_FEMALE.search(text), _USAGER_MALE.search(text)
    if not female and not male:
        female, male = _FEMALE.search(text), _MALE.search(text)
    return {"usager_sex": "female" if female else "male"} if bool(female) != bool(male) else {}


def find_trait(text: str) -> str | None:
    """Return the slot of the trait that a text names: « corriger le prénom » → "usager_given"."""
    return next((_TRAIT_WORDS[word] for word in fold(text).split() if word in _TRAIT_WORDS), None)
