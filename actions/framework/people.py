"""A wish for several people taken apart: for each of them the message with that person's own name and facts alone.

Offsets stay as they are: what belongs to the others becomes spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from actions.framework.negation import affirmed
from actions.framework.turn import words_of
from bot.core.text_folding import name_words

Message = dict[str, Any]
"""A message, or a part of it, as Rasa's part publishes it: `text`, `intent`, `entities`, perhaps `said` and `says`."""
PARTNER = "partner_name"
OF_ONE_PERSON = frozenset(["profession", "city", "organization", "email", "phone", "rpps", "adeli"])
"""Entities of one person: they belong to the name that they stand beside, or to all where they come before all names."""
_LEADS_IN = re.compile(r"\s*(?:(?:dr|docteure?|pr|professeure?|m|mr|mme|mlle|monsieur|madame|mademoiselle)\b\.?\s*)*\Z", re.IGNORECASE)

_LEAD = 60
"""Characters before a fact that are read to tell whose it is."""
_SPEAKER = re.compile(
    r"\b(?:je suis|j['’]exerce|je travaille|en tant qu(?:e |['’]))\s*(?:(?:une?|la|le|moi[- ]m[êe]me|comme|[àa]|au|en|dans|l['’])\s*)*\Z",
    re.IGNORECASE,
)
"""What leads to a fact of the speaker: « je suis infirmière »."""
_GOES_ON = re.compile(r"(?:[\s,(]|\b(?:[àa]|au|aux|en|dans|de|du|d['’]|la|le|lib[ée]rale?)(?:\b|(?<=['’])))*", re.IGNORECASE)
"""What stands between facts of one person: « infirmière libérale à Tours »."""


def facts_of_speaker(message: Message) -> list[dict[str, Any]]:
    """Return the entities that say of the speaker, beside the one who is named, who they are: « je suis infirmière à Tours »."""
    text, found, end = words_of(message), list[dict[str, Any]](), -1
    entities = sorted(message.get("entities") or [], key=lambda entity: entity.get("start") or 0)
    if not any(entity["entity"] == PARTNER for entity in entities):
        return []
    for entity in entities:
        start = entity.get("start") or 0
        if entity["entity"] not in OF_ONE_PERSON or (entity.get("end") or 0) <= start:
            continue
        if _SPEAKER.search(text[max(start - _LEAD, 0) : start]) or (found and _GOES_ON.fullmatch(text[end:start])):
            found.append(entity)
            end = entity["end"]
    return found


def named_people(message: Message) -> list[dict[str, Any]]:
    """Return the entities of the people that a message affirms, each person once, in the order of the text."""
    found: list[dict[str, Any]] = []
    entities = sorted((e for e in message.get("entities") or [] if e["entity"] == PARTNER), key=lambda e: e.get("start") or 0)
    for entity in affirmed(words_of(message), entities):
        words = set(name_words(str(entity["value"])))
        same = next((other for other in found if _is_same(words, set(name_words(str(other["value"]))))), None)
        if same is None:
            found.append(entity)
        elif len(str(entity["value"])) > len(str(same["value"])):
            found[found.index(same)] = entity
    return sorted(found, key=lambda entity: entity.get("start") or 0)


def split_people(message: Message) -> list[Message]:
    """Return a message for each person that is named; the message itself where fewer than two are."""
    people = named_people(message)
    if len(people) < 2:
        return [message]
    return [_of_one(message, person, people) for person in people]


def own_words(part: Message) -> str:
    """Return the words of a part that begin with its person's name and end before the next person's."""
    begin, end = part.get("own") or (0, None)
    return words_of(part)[begin:end]


def without_names(message: Message, names: Sequence[dict[str, Any]]) -> Message:
    """Return the message without these entities; their words become spaces."""
    text = _blank(words_of(message), names)
    return {**message, "text": text, "said": text, "entities": [e for e in message.get("entities") or [] if e not in names]}


def _is_same(one: set[str], other: set[str]) -> bool:
    return bool(one) and (one <= other or other <= one)


def _of_one(message: Message, person: dict[str, Any], people: list[dict[str, Any]]) -> Message:
    entities = message.get("entities") or []
    others = [
        entity
        for entity in entities
        if (entity["entity"] == PARTNER and entity is not person)
        or (entity["entity"] in OF_ONE_PERSON and (owner := owner_of(entity, people, message)) is not None and owner is not person)
    ]
    after = [other["start"] for other in people if other["start"] > person["start"]]
    part = without_names(message, others)
    return {**part, "own": (person["start"], min(after, default=None))}


def owner_of(entity: dict[str, Any], people: list[dict[str, Any]], message: Message) -> dict[str, Any] | None:
    """Return the person whose fact an entity is; None where it is of all: « les kinés Martin et Durand »."""
    start, end, text = entity.get("start") or 0, entity.get("end") or 0, words_of(message)
    before: dict[str, Any] | None = next((person for person in reversed(people) if person["end"] <= start), None)
    after: dict[str, Any] | None = next((person for person in people if person["start"] >= end), None)
    if before is not None and not text[before["end"] : start].strip(" ,("):
        return before
    if after is not None and _LEADS_IN.match(text[end : after["start"]]):
        others = any(e["entity"] == entity["entity"] and e is not entity for e in message.get("entities") or [])
        return after if before is not None or others else None
    return before


def _blank(text: str, entities: Sequence[dict[str, Any]]) -> str:
    for entity in entities:
        start, end = entity.get("start") or 0, entity.get("end") or 0
        text = text[:start] + " " * (end - start) + text[end:]
    return text
