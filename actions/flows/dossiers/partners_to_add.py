"""Partners that are told with a new dossier: they are kept, and their addition follows once the dossier is made."""

from __future__ import annotations

import re
from typing import Any

from actions.flows.dossiers.dossier_slot import read_reference
from actions.flows.dossiers.identity_traits import as_list
from actions.flows.partners.sharing_basis import CARE_TEAM, CONSENT, READ, bears_out, parse_basis, undoubted
from actions.framework.agenda import ALONG
from actions.framework.dialogue_stack import Frame, waiting_act
from actions.framework.flow import FLOWS, MAX_ANSWER_WORDS
from actions.framework.people import OF_ONE_PERSON, PARTNER, Message, named_people, split_people, without_names
from actions.framework.remarks import without_remarks
from actions.framework.reservation import names_reservation
from actions.framework.turn import Turn, words_of
from bot.core.text_folding import fold, word_set

ADD, TEAM = "add_partner", "change_team"
PARTNERS = "partners_said"
"""Slot: a message for each partner who is to be added once the dossier is made."""
MAX_PARTNERS = 10
_SURELY = word_set("oui ok ouais parfait accord bon creez cree creer validez valide confirme")
_AHEAD = _SURELY | word_set(
    "c est d tout comme ca cela dans l identite la fiche le les il y a tres bien exact exactement"
    " correct juste merci allez vas vous pouvez tu peux je dossier donc alors et on"
)
"""Words of a yes to the card of a new dossier; folded."""
_NOTHING = re.compile(r"\b(?:(?:plus )?rien|pas) a (?:corriger|changer|modifier)\b")
_NAMES = (PARTNER, "usager_name")
_OF_USAGER = frozenset(["usager_name", "birth_date"])
_TITLE = re.compile(r"\b(?:dr|docteure?|pr|professeure?)\b\.?\s*\Z", re.IGNORECASE)
_WISH = re.compile(
    r"\b(?:mett\w+|mets|ajout\w+|associ\w+|inscri\w+|partenaires?|rajout\w+|pren(?:ez|ds|dre|ons)|en plus|donn\w+\s+acc[èe]s)\b",
    re.IGNORECASE,
)
_IS_A = re.compile(r"[\s,(]*(?:(?:c'est|c|est|comme)\s+)?(?:l[ea]s?\s+|l'|une?\s+|son\s+|sa\s+)?", re.IGNORECASE)
_CIVIL = re.compile(r"\s+(?:(?:mme|madame|m|mr|monsieur)\b\.?\s+)?", re.IGNORECASE)
_CUT = re.compile(r"[,;.!?\n]+\s*|\s+(?=et\b|puis\b|ensuite\b)", re.IGNORECASE)


def is_of_new_dossier(turn: Turn, act: Message) -> bool:
    """Return whether a wish that is said with a new dossier is about its team: it names no other dossier."""
    if act["full_intent"] not in {ADD, TEAM}:
        return False
    parts = [act, *(act.get("parts") or [])]
    if any(part.get("full_intent") == "remove_partner" for part in parts):
        return False
    said = turn.with_message(act)
    if any(read_reference(turn.with_message(part)) for part in parts):
        return False
    usagers = [fold(str(entity["value"])) for part in parts for entity in part.get("entities") or [] if entity["entity"] == "usager_name"]
    if not usagers or said.says.get("dossier") == "same":
        return True
    own = {fold(str(turn.slot(slot))) for slot in ("usager_family", "usager_given", "usager_used") if turn.slot(slot)}
    own |= {fold(entity["value"]) for entity in turn.message.get("entities") or [] if entity["entity"] == "usager_name"}
    known = {word for name in own for word in name.split()}
    return all(set(name.split()) & known for name in usagers)


def read_partners(turn: Turn) -> tuple[list[Message], list[dict[str, Any]]]:
    """Return a message for each partner whom the message tells, and the entities of its own words that name them."""
    if turn.is_button or not turn.trusted:
        return [], []
    own = _own_partners(turn)
    found = _parts(_message_of(turn, own)) if own else []
    for act in turn.message.get(ALONG) or []:
        found += [_without_usager(part) for part in (act.get("parts") or split_people(act)) if part.get("full_intent", ADD) == ADD]
    typed = str(turn.message.get("text") or "")
    return _on_basis([_with_told_basis(part, typed) for part in merged([], found)], turn), own


def kept_partners(turn: Turn, told: list[Message]) -> dict[str, Any]:
    """Return the slot of the partners with those that the message tells, or its basis for them; empty where it tells neither."""
    known: list[Message] = turn.slot(PARTNERS) or []
    partners = merged(known, _on_basis(told, turn)) if told else _on_basis(known, turn)
    return {PARTNERS: partners} if told or partners != known else {}


def merged(known: list[Message], told: list[Message]) -> list[Message]:
    """Return the partners of both, each person once; what is told later of somebody counts where it says as much."""
    kept = list(known)
    for part in told:
        words = _person(part)
        same = next((other for other in kept if words and (words <= _person(other) or _person(other) <= words)), None)
        if same is None:
            kept.append(part)
        elif len(part["entities"]) >= len(same["entities"]):
            kept[kept.index(same)] = part
    return kept[:MAX_PARTNERS]


def _on_basis(parts: list[Message], turn: Turn) -> list[Message]:
    """Return the partners with the basis that the message says of them, where they have none: they are of one usager."""
    basis = None if turn.is_button else parse_basis(without_remarks(str(turn.message.get("text") or "")))
    if basis not in {CARE_TEAM, CONSENT}:
        return parts
    entity = {"entity": "basis", "value": basis, "start": 0, "end": 0}
    has_one = [any(e["entity"] == "basis" for e in part["entities"]) for part in parts]
    return [part if based else {**part, "entities": [*part["entities"], entity]} for part, based in zip(parts, has_one, strict=True)]


def _with_told_basis(part: Message, text: str) -> Message:
    """Return the partner with a basis that the model read only where words of theirs or of the whole message tell it."""
    kept = []
    for entity in part["entities"]:
        read = entity["entity"] == "basis" and entity.get("extractor") == READ
        value = str(entity["value"])
        if read and not (bears_out(value, text) or (bears_out(value, words_of(part)) and undoubted(text) is not None)):
            continue
        kept.append({name: value for name, value in entity.items() if not read or name != "extractor"})
    return {**part, "entities": kept}


def goes_ahead(text: str, after: str = "") -> bool:
    """Return whether a text says nothing but that the dossier is to be made as the card shows it: « rien à corriger, créez ».

    `after`: the words after the partners who are told with it; a lone « finalement » is of them.
    """
    words = set(fold(_NOTHING.sub("", fold(text))).split())
    surely = bool(words & _SURELY) and not words - _AHEAD and "?" not in text + after and len(text.split()) <= MAX_ANSWER_WORDS
    return surely and not names_reservation(after.replace("finalement", ""))


def names_of(parts: list[Message]) -> str:
    """Return the names of the partners in a row."""
    return ", ".join(str(entity["value"]) for part in parts for entity in named_people(part))


def additions(parts: list[Message], reference: str) -> list[Frame]:
    """Return the frames that add these partners to a dossier: one card for several, as everywhere."""
    acts = [_of_dossier(part, reference) for part in parts]
    for flow in FLOWS.values():
        if flow.gathers:
            acts = flow.gather(acts)
    return [waiting_act(FLOWS[act["full_intent"]], act) for act in acts]


def with_dossier(frames: list[Frame], reference: str) -> list[Frame]:
    """Return the stack in which an addition that was set aside for the new dossier, and lacks one, is for it."""
    last = frames[-1] if frames else {}
    if last.get("task") not in {ADD, TEAM} or "message" in last or last["slots"].get("dossier"):
        return frames
    return [*frames[:-1], {**last, "slots": {**last["slots"], "dossier": reference}}]


def words_before(turn: Turn, entities: list[dict[str, Any]]) -> str:
    """Return the words before the clause that names the partners: « Oui, c'est parfait » of « Oui, c'est parfait, et mettez … »."""
    start = min((entity.get("start") or 0 for entity in entities), default=len(turn.raw_text))
    cuts = [found.start() for found in _CUT.finditer(turn.raw_text, 0, start)]
    return turn.raw_text[: cuts[-1]] if cuts else ""


def words_after(turn: Turn, entities: list[dict[str, Any]]) -> str:
    """Return the words after the last of the partners."""
    return turn.raw_text[max((entity.get("end") or 0 for entity in entities), default=0) :]


def _own_partners(turn: Turn) -> list[dict[str, Any]]:
    """Return the entities of the message's own words that name partners, beside the usager's."""
    wishes = turn.intent in {"create_dossier", ADD, TEAM}
    if not wishes and turn.requested_slot not in {"usager_birth_date", "usager_sex", "confirmed"}:
        return []
    commands = turn.message.get("commands") or []
    partners = {fold(value) for command in commands for value in as_list(command.get("partner"))}
    usagers = {
        fold(value)
        for command in commands
        for slot in ("usager", "birth_name", "given_names", "by")
        for value in as_list(command.get(slot))
    }
    of_usager = {word for name in usagers - partners for word in name.split()}
    of_usager |= {word for slot in ("usager_family", "usager_given", "usager_used") for word in fold(str(turn.slot(slot) or "")).split()}
    named = sorted((e for name in _NAMES for e in turn.affirmed_entities(name)), key=lambda entity: entity.get("start") or 0)
    found = []
    for entity in named:
        name = fold(str(entity["value"]))
        sure = name in partners
        if not sure and set(name.split()) & of_usager and not set(name.split()) - of_usager:
            continue
        led = bool(_TITLE.search(turn.raw_text[: entity.get("start") or 0])) or _has_profession(turn, entity)
        wished = bool(_WISH.search(turn.raw_text[: entity.get("start") or 0])) and entity["entity"] == PARTNER and not commands
        if (sure and wishes) or (led and not sure and not wishes) or wished or (sure and (led or bool(_WISH.search(turn.raw_text)))):
            found.append(entity)
    return found


def _has_profession(turn: Turn, person: dict[str, Any]) -> bool:
    """Return whether a profession stands right beside a name: « Paul Martin c'est le kiné », « l'infirmière Claire Moreau »."""
    text, begin, end = turn.raw_text.replace("’", "'"), person.get("start") or 0, person.get("end") or 0
    for profession in turn.entities("profession"):
        start, stop = profession.get("start") or 0, profession.get("end") or 0
        if (start >= end and _IS_A.fullmatch(text[end:start])) or (stop <= begin and _CIVIL.fullmatch(text[stop:begin])):
            return True
    return False


def _message_of(turn: Turn, people: list[dict[str, Any]]) -> Message:
    """Return the message as a wish to add these people, of whom alone it speaks."""
    facts = [e for e in turn.message.get("entities") or [] if e["entity"] in OF_ONE_PERSON]
    entities = [*({**person, "entity": PARTNER} for person in people), *facts]
    entities.sort(key=lambda entity: entity.get("start") or 0)
    return {**turn.message, "text": turn.raw_text, "said": turn.raw_text, "entities": entities}


def _parts(message: Message) -> list[Message]:
    """Return a message for each person, in words made of that person's name and facts alone: nothing else was said of them for sure."""
    found = []
    for part in split_people(message):
        text, entities = "", []
        for entity in _of_person(part):
            value = words_of(part)[entity.get("start") or 0 : entity.get("end") or 0].strip() or str(entity["value"])
            lead = _title(words_of(part), entity) if entity["entity"] == PARTNER else ", "
            entities.append({**entity, "start": len(text + lead), "end": len(text + lead + value)})
            text += lead + value
        found.append(_act(text, entities))
    return found


def _of_person(part: Message) -> list[dict[str, Any]]:
    """Return the entity of the person, then one fact of each kind: the one that stands nearest."""
    person = named_people(part)[0]
    facts = sorted((e for e in part["entities"] if e["entity"] != PARTNER), key=lambda e: _gap(person, e))
    return [person, *{fact["entity"]: fact for fact in reversed(facts)}.values()]


def _gap(one: dict[str, Any], other: dict[str, Any]) -> int:
    return int(max((other.get("start") or 0) - (one.get("end") or 0), (one.get("start") or 0) - (other.get("end") or 0)))


def _title(text: str, entity: dict[str, Any]) -> str:
    found = _TITLE.search(text[: entity.get("start") or 0])
    return f"{found[0].strip()} " if found else ""


def _act(text: str, entities: list[dict[str, Any]]) -> Message:
    intent = {"name": ADD, "confidence": 1.0}
    return {"text": text, "said": text, "intent": intent, "full_intent": ADD, "entities": entities, "says": {}, "response_selector": {}}


def _without_usager(part: Message) -> Message:
    """Return a wish without the usager's name and birth date: they are of the new dossier."""
    told = [entity for entity in part.get("entities") or [] if entity["entity"] in _OF_USAGER]
    clean = without_names(part, told)
    kept = [entity for entity in clean["entities"] if entity.get("entity") not in _OF_USAGER]
    return _act(words_of(clean), kept)


def _of_dossier(part: Message, reference: str) -> Message:
    text = f"{words_of(part)} dossier "
    entity = {"entity": "dossier_ref", "value": reference, "start": len(text), "end": len(text) + len(reference)}
    return {**part, "text": text + reference, "said": text + reference, "entities": [*part["entities"], entity]}


def _person(part: Message) -> set[str]:
    return {word for entity in named_people(part) for word in fold(str(entity["value"])).split()}
