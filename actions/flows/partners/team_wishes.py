"""The wishes of one message that belong together: people added to and removed from one dossier, as one act with a part for each person.

« X à la place de Y », « X remplace Y » and « Y s'en va, X prend la suite » remove Y as they add X, unless X only stands in for a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from actions.flows.partners.access_dates import names_access_dates
from actions.flows.partners.date_wish import ends_later
from actions.flows.partners.members import ONESELF_IN_REQUEST
from actions.framework.negation import affirmed
from actions.framework.people import OF_ONE_PERSON, PARTNER, Message, owner_of, split_people, without_names
from actions.framework.turn import words_of
from actions.framework.usager_names import DOSSIERS
from bot.core.text_folding import fold

ADD, REMOVE = "add_partner", "remove_partner"
TOGETHER = frozenset({ADD, REMOVE})
"""Intents whose wishes for one dossier belong together."""
PARTS = "parts"
"""Where an act holds its parts, one for each person."""
MAX_LINES = 10
"""People of one message."""
_OF_DOSSIER = ("dossier_ref", "usager_name", "birth_date")
_EVERYBODY = frozenset({"all", "all_but_self"})
_TITLES = r"(?:(?:dr|docteure?|pr|professeure?|m|mr|mme|mlle|monsieur|madame)\b\.?\s*)*"
_REPLACED = re.compile(
    r"(?:\bau lieu d|\b[àa] la (?:place|suite) d|\bsucc[èeé]d\w*|\bprend\w* (?:la )?(?:suite|place|rel[èe]ve) d|\brempla[cç]\w*)"
    rf"(?:e l[ae]|['’e]|u|es)?\s*(?:à|a|au|aux|le|la|l['’])?\s*{_TITLES}\Z",
    re.IGNORECASE,
)
"""Words before the name of who is replaced."""
_LEAVING = re.compile(
    r"\W{1,3}(?:\w+\W+){0,3}?"
    r"(?:quitte|arr[êe]te|cesse|s['’]en va|part|sort|s['’]arr[êe]te|prend sa retraite|n['’]intervient plus|ne \w+ plus)\b",
    re.IGNORECASE,
)
"""Words after the name of who leaves."""
_SENT_OFF = re.compile(rf"\b(?:sort|d[ée]part d[eu]|part)\s+(?:le|la|de|du)?\s*{_TITLES}\Z", re.IGNORECASE)
"""Words before it."""
_FOR_A_TIME = re.compile(
    r"\b(?:pendant|durant|le temps d|cong[ée]s?|vacances|absen\w+|arr[êe]t maladie|provisoire\w*|temporaire\w*)", re.IGNORECASE
)


def gather_wishes(acts: Sequence[Message], name: str) -> list[Message]:
    """Return the acts of a message, those about one dossier that come to more than one person as one act of the intent `name`."""
    groups: list[tuple[set[str], list[Message], list[Message]]] = []
    placed: list[Message | tuple[set[str], list[Message], list[Message]]] = []
    for act in acts:
        alone = ends_ahead(act) or _names_two_dossiers(act) or (act.get("says") or {}).get("partner") in _EVERYBODY
        if act["full_intent"] not in TOGETHER or alone:
            placed.append(act)
            continue
        act = _with_roles(act) if act.get("commands") else act
        named = {fold(str(e["value"])) for e in _affirmed(act, _OF_DOSSIER[:2])}
        group = next((one for one in reversed(groups) if not named or not one[0] or named & one[0]), None)
        if group is None:
            group = (set(), [], [])
            groups.append(group)
            placed.append(group)
        group[0].update(named)
        group[1].append(act)
        group[2].extend(_parts_of(act))
    found: list[Message] = []
    for one in placed:
        if isinstance(one, dict):
            found.append(one)
            continue
        _, wishes, parts = one
        parts = [part for part in parts if _names_somebody(part) or not _is_said(part, parts)]
        if len(parts) < 2:
            found.extend(_alone(act, part) for part in parts for act in wishes if id(act) == part["act"])
        else:
            found.append(_one_act(wishes, parts, name))
    return found


def ends_ahead(act: Message) -> bool:
    """Return whether a removal names a day that may lie ahead: it changes the date of an access, and is nothing that a yes does today."""
    if act["full_intent"] != REMOVE:
        return False
    named = [entity for entity in act.get("entities") or [] if entity["entity"] in {PARTNER, *_OF_DOSSIER}]  # « Noël » is a name too
    return bool(ends_later(words_of(without_names(act, named))))


def _names_somebody(part: Message) -> bool:
    told = {e["entity"] for e in part["entities"]} & {PARTNER, "profession", "rpps", "adeli"}
    return bool(told or (part.get("says") or {}).get("partner") or ONESELF_IN_REQUEST.search(words_of(part)))


def _is_said(part: Message, parts: Sequence[Message]) -> bool:
    """Return whether another part of the same kind says of whom: two words of one wish were taken for two."""
    return any(other["full_intent"] == part["full_intent"] and _names_somebody(other) for other in parts)


def _alone(act: Message, part: Message) -> Message:
    """Return the wish for one person as it was read, but without those who are not meant."""
    if len(part["entities"]) == len(act.get("entities") or []):
        return act
    return {**act, **{name: part[name] for name in ("text", "said", "entities")}}


def _parts_of(act: Message) -> list[Message]:
    """Return a part for each person of a wish; the act itself where it names none or one."""
    text = words_of(act)
    number = id(act)
    act = without_names(act, _not_meant(act))
    replaced = [e for e in _named(act) if _is_replaced(e, text, _named(act))]
    if act["full_intent"] != ADD or len(replaced) == len(_named(act)):
        replaced = []
    named = sorted(_named(act), key=lambda entity: entity.get("start") or 0)
    theirs = [e for e in act["entities"] if e["entity"] in OF_ONE_PERSON and owner_of(e, named, act) in replaced]
    rest = without_names(act, [*replaced, *theirs]) if replaced else act
    parts = [{**part, "full_intent": act["full_intent"], "act": number} for part in split_people(rest)]
    if not replaced or _FOR_A_TIME.search(text) or names_access_dates(text):
        return parts
    others = [e for e in act["entities"] if e["entity"] not in _OF_DOSSIER]
    for entity in replaced:
        left = without_names(act, [e for e in others if e is not entity])
        parts.append({**left, "full_intent": REMOVE, "intent": {**act["intent"], "name": REMOVE}, "act": number})
    return parts


def _is_replaced(entity: dict[str, Any], text: str, named: list[dict[str, Any]]) -> bool:
    before, end = text[: entity.get("start") or 0], entity.get("end") or 0
    until = min([e["start"] for e in named if e["start"] > end], default=len(text))
    return bool(_REPLACED.search(before) or _SENT_OFF.search(before) or _LEAVING.match(text[end:until]))


def _with_roles(act: Message) -> Message:
    """Return the wish with the names that its commands give a role as what they are: of an usager, or of somebody to add or remove."""
    commands = act.get("commands") or []
    usagers = {fold(value) for command in commands for value in _values(command.get("usager"))}
    started = [command for command in commands if command.get("start") == act["full_intent"]]
    partners = {fold(value) for command in started for value in _values(command.get("partner"))}
    names = dict.fromkeys(usagers - partners, "usager_name") | dict.fromkeys(partners - usagers, PARTNER)
    of_names = {PARTNER, "usager_name"}
    entities = act.get("entities") or []
    changed = [{**e, "entity": names.get(fold(str(e["value"])), e["entity"])} if e["entity"] in of_names else e for e in entities]
    return {**act, "entities": changed}


def _not_meant(act: Message) -> list[dict[str, Any]]:
    """Return the entities of those who only speak of it, or are excepted, as far as the commands of the message were read at all."""
    commands = act.get("commands") or []
    named = {fold(value) for command in commands for slot in ("by", "except") for value in _values(command.get(slot))}
    return [e for e in _named(act) if fold(str(e["value"])) in named]


def _values(value: object) -> Iterable[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value] if value else [])]


def _named(act: Message) -> list[dict[str, Any]]:
    return [e for e in act.get("entities") or [] if e["entity"] == PARTNER]


def _affirmed(act: Message, names: Sequence[str]) -> list[dict[str, Any]]:
    found = [e for name in names for e in affirmed(words_of(act), [e for e in act.get("entities") or [] if e["entity"] == name])]
    return sorted(found, key=lambda entity: entity.get("start") or 0)


def _names_two_dossiers(act: Message) -> bool:
    return len({fold(str(e["value"])) for e in _affirmed(act, ("dossier_ref",))}) > 1


def _one_act(acts: Sequence[Message], parts: Sequence[Message], name: str) -> Message:
    """Return the act of a whole team: what it says of the dossier and of the basis stands beside its words."""
    texts = list(dict.fromkeys(words_of(act) for act in acts))
    said = [e for act in acts for e in (*_affirmed(act, _OF_DOSSIER), *(e for e in act.get("entities") or [] if e["entity"] == "basis"))]
    entities = list({(e["entity"], e["value"]): {**e, "start": 0, "end": 0} for e in said}.values())
    confidence = min(float(act["intent"].get("confidence") or 0.0) for act in acts)
    dossier = next((act["says"]["dossier"] for act in acts if (act.get("says") or {}).get("dossier")), None)
    dossiers = list(dict.fromkeys(reference for act in acts for reference in act.get(DOSSIERS) or []))
    numbers = {number: at for at, number in enumerate(dict.fromkeys(part["act"] for part in parts))}
    return {
        "text": " ".join(texts),
        "said": " ".join(texts),
        "intent": {"name": name, "confidence": confidence},
        "full_intent": name,
        "entities": entities,
        "says": {"dossier": dossier} if dossier else {},
        DOSSIERS: dossiers,
        PARTS: [_kept(part, numbers[part["act"]]) for part in parts[:MAX_LINES]],
        "more": len(parts) > MAX_LINES,
    }  # fmt: skip


def _kept(part: Message, number: int) -> Message:
    """Return what a flow needs of a part: it may wait on the dialogue stack."""
    names = ("text", "said", "own", "full_intent", "entities", "says")
    return {**{name: part[name] for name in names if name in part}, "act": number}
