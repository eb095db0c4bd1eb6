"""Facts of a directory record that words give beside the answer: a name in any order, a town in the name of a structure."""

from __future__ import annotations

import asyncio
import re

from rapidfuzz.distance import OSA

from actions.flows.accounts.directory_record import field_slot
from actions.flows.directory.person_facts import valid_value
from actions.flows.directory.search import names_nobody, search
from actions.framework.context import Context
from actions.framework.turn import Turn
from bot.core.text_folding import PARTICLES, fold, word_set
from bot.core.told_names import BIRTH, CITY, FAMILY, GIVEN, USED, bare_names, read_told_names, spelled_name
from bot.directory.places import town_key
from bot.directory.records import proper_case

_STRUCTURES = word_set(
    "admr association cabinet ccas centre ch chr chru chu clinique esa ehpad foyer had hopital ide laboratoire maison mairie msp pharmacie"
    " pole polyclinique residence service ssiad ssr usld"
)
_NAME_ENDS = re.compile(r"\s+(?:sans|avec|pas|et|au lieu)\b.*", re.IGNORECASE)
"""What a spelling is explained with: « Martin sans s »."""
_CALLED = re.compile(r"(?:\bs['’ ]?appell?e|\bpr[ée]nomm?\w*(?:\s+c['’ ]?est)?\s*:?)\s+\Z", re.IGNORECASE)
_SEND = re.compile(r"\b(?:envo(?:yez|ie|yer)|transmett(?:ez|re)|transmets|faites la partir)\b")
_NOT_SENT = re.compile(r"\b(?:n|ne|pas|jamais|surtout|attend\w*|annul\w*|laiss\w*|plus)\b")
_AND_SO_ON = re.compile(r"\s+(?:quelque chose|machin\w*|truc)\b", re.IGNORECASE)
_NO_NUMBER = re.compile(r"\b(?:pas|aucun|sans|plus tard|inconnu|manque|retrouve|sais|donnera)\b")
_TOLD_STRUCTURE = re.compile(
    r"\b(?:structure|(?:nom (?:du|de son)|le|son) (?:cabinet|centre|service))\s{0,3}(?::|c['’ ]?est\b|s['’ ]?appelle\b)\s{0,3}"
    r"(?:(?:le|la|du)\s|l['’])?(?P<name>[^,.;:!?\n]{2,80})(?P<end>.?)",
    re.IGNORECASE,
)
_NO_STRUCTURE = re.compile(r"(?:pas|plus|bien|bon(?:ne)?|faux|fausse|ok|quoi|ou|lequel|laquelle|comme|mem?e|n|ne|deja)\b")
_MORE_WORDS = re.compile(r"\s+(?:sinon|envo(?:ie|yez|yer)|et (?:envo|l['’]adresse|son|sa|le|la)\b).*", re.IGNORECASE)
_HELP = word_set("aide aidez aider help menu info infos")
_IN_STRUCTURES = frozenset(["partner_name", "usager_name", "profession", "city"])
"""What words of a structure's name are taken for: « Podologie du Change »."""
_SHORTEST_NEAR = 4
"""Letters of a name from which a typing error in it is told from another name."""
_TOWN_WORDS = 5
"""Words of a town's name at most."""


def names_structure(text: str) -> bool:
    """Return whether a text says what kind of structure it names: « la clinique de Blois »."""
    return not _STRUCTURES.isdisjoint(fold(text).split())


def read_name(turn: Turn) -> str:
    """Return the name of a person that the message affirms, without the words that explain its spelling; "" if it names nobody."""
    name = _NAME_ENDS.sub("", turn.entity("partner_name") or "").strip()
    return "" if names_nobody(name) else next(iter(bare_names(name)), name)


def told_structure(text: str) -> str:
    """Return the structure that a text tells by its word: « structure : Podologie du Change », « son cabinet s'appelle … »; "" if none."""
    told = _TOLD_STRUCTURE.search(text)
    if told is None or told["end"] == "?" or _NO_STRUCTURE.match(fold(told["name"])):
        return ""
    return _MORE_WORDS.sub("", told["name"]).strip()


def told_fields(turn: Turn, asked: str) -> dict[str, str | None]:
    """Return the names, town and structure that the message tells by their word, or spells: « nom : Moulins », « K E R V E L L A ».

    A name that is told to be something else than what it was taken for leaves its field (None).
    """
    if turn.is_button:
        return {}
    told = read_told_names(turn.raw_text)
    known = {field: turn.slot(field_slot(field)) for field in ("given", "family")}
    family = next((told.names[role] for role in (FAMILY, USED, BIRTH) if role in told.names), "")
    found = {"given": told.names.get(GIVEN, ""), "family": family, "city": told.names.get(CITY, "")}
    if told.respelt:
        old, new = told.respelt
        found |= {field: new for field, value in known.items() if value and fold(value) == fold(old)}
    spelled = spelled_name(turn.raw_text)
    if spelled and not (found["given"] or found["family"]):
        near = misspelt_field(spelled, known["given"], known["family"])
        found[near or ("given" if asked == "given" and " " not in read_name(turn) else "family")] = spelled
    values = {field: proper_case(name) if name.isupper() else name for field, name in found.items()}
    values["organization"] = told_structure(turn.raw_text)
    fields: dict[str, str | None] = {field: value for field, raw in values.items() if (value := valid_value(field, raw))}
    if "family" not in fields and known["family"] and fold(told.denied.get(FAMILY, "")) == fold(known["family"]):
        fields["family"] = None
    return fields


def without_told(turn: Turn, fields: dict[str, str | None]) -> Turn:
    """Return the turn without the entities that names which were told were taken for: « nom : Moulins » is no town."""
    names = {word for field in ("given", "family") for word in fold(fields.get(field) or "").split()}
    structure = {*fold(fields.get("organization") or "").split()}
    gone = [
        entity
        for entity in turn.message.get("entities") or []
        if (structure and entity["entity"] in _IN_STRUCTURES and {*fold(str(entity["value"])).split()} <= structure)
        or (structure and entity["entity"] == "organization")
        or (entity["entity"] in {"partner_name", "usager_name"} and names)
        or (entity["entity"] in {"city", "organization"} and {*fold(str(entity["value"])).split()} <= names)
        or (entity["entity"] == "city" and fields.get("city"))
    ]
    return turn.without_entities([], gone) if gone else turn


def only_name(turn: Turn) -> Turn:
    """Return the turn of an answer to a question for a name without what its words were taken for: « Moulins » is no town then."""
    if len(turn.text.split()) > 3 or turn.is_button:
        return turn
    gone = [entity for entity in turn.message.get("entities") or [] if entity["entity"] in {"city", "organization", "profession"}]
    return turn.without_entities([], gone) if gone else turn


def is_bare_name(turn: Turn) -> bool:
    """Return whether the message is one word with a capital, and no call for help."""
    words = turn.text.split()
    return len(words) == 1 and words[0][:1].isupper() and words[0].isalpha() and fold(words[0]) not in _HELP


def leaves_out_number(text: str) -> bool:
    """Return whether a clause says that the number is not at hand: « son RPPS je ne l'ai pas sous la main »."""
    clauses = [fold(clause) for clause in re.split(r"[.,;:!?\n]+", text)]
    return any({"rpps", "adeli"} & {*clause.split()} and _NO_NUMBER.search(clause) and not re.search(r"\d", clause) for clause in clauses)


def is_given_name(context: Context, turn: Turn, name: str) -> bool:
    """Return whether a single word is somebody's given name: the directory knows it as one, and no civility stands before it."""
    at = turn.raw_text.find(name)
    if _CALLED.search(turn.raw_text[: max(at, 0)]) or _AND_SO_ON.match(turn.raw_text[max(at, 0) + len(name) :]):
        return True
    before = turn.raw_text[: max(at, 0)].split()
    titled = bool(before) and valid_value("civility", before[-1].strip(".,;:")) is not None
    return not titled and fold(name) in context.services.directory.given_names([fold(name)])


async def split_name(context: Context, name: str, email: str = "") -> tuple[str, str]:
    """Return given and family name of a name in either order; a single word is a family name.

    Capitals tell the family name (« KERBRAT Solène »), else the person's e-mail address (« s.kerbrat@… »), else what the directory
    knows as given names; else the last word is it.
    """
    words = name.split()
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    if capitals and len(capitals) < len(words):
        family = " ".join(word for word in words if word in capitals)
        return " ".join(word for word in words if word not in capitals), proper_case(family)
    if len(words) < 2:
        return "", name
    if len(words) == 2:
        mailbox = fold(email.partition("@")[0]).split()
        if mailbox[-1:] == [fold(words[0])] and fold(words[1]).startswith("".join(mailbox[:-1])):
            return words[1], words[0]
        known = await asyncio.to_thread(context.services.directory.given_names, [fold(word) for word in words])
        if fold(words[1]) in known and fold(words[0]) not in known:
            return words[1], words[0]
    start = len(words) - 1
    while start > 1 and fold(words[start - 1]) in PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def misspelt_field(name: str, given: str | None, family: str | None) -> str | None:
    """Return which of two names a single word spells otherwise: « Toullec » for « Toulec » → "family"; None if neither, or both."""
    word = fold(name)
    near = [
        field
        for field, current in (("given", given), ("family", family))
        if len(word) >= _SHORTEST_NEAR and current and 0 < OSA.distance(word, fold(current)) <= (1 if len(word) < 6 else 2)
    ]
    same = {fold(current) for current in (given, family) if current}
    return near[0] if len(near) == 1 and word not in same else None


async def town_of(context: Context, organization: str) -> str | None:
    """Return the town that ends the name of a structure, if somebody of the directory practises there: « SSIAD d'Amboise »."""
    words = re.split(r"\s+|(?<=['’])", organization.strip())
    for start in range(max(1, len(words) - _TOWN_WORDS), len(words)):
        typed = " ".join(words[start:])
        key = town_key(typed)
        for match in await search(context, {"place": typed}) if key else []:
            practice = next((p for p in match.professional.practices if town_key(p.city) == key), None)
            if practice is not None:
                return proper_case(practice.city)
    return None


def is_part_of(value: str, current: str | None) -> bool:
    """Return whether a value says less than the current one: « EHPAD » beside « EHPAD de la Loire »."""
    return bool(current) and set(fold(value).split()) <= set(fold(current or "").split())


def orders_to_send(text: str) -> bool:
    """Return whether a text orders to send, in spite of a « no » to something else: « rien à corriger, envoyez la demande »."""
    words = fold(text)
    return bool(_SEND.search(words)) and not _NOT_SENT.search(words)
