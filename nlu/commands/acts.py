"""From commands to acts: what each part of a message asks, in the words that the dialogue goes by (intent, entities, text).

The first act takes the place of the message's own intent and entities; the others are the *agenda* that the dialogue works off. Where
the commands say nothing that is sure, the message stays as the intent model and the entity extractor read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nlu.commands.clauses import anchor_of, cards_apart, is_apart, split_text
from nlu.commands.command import Command, Place
from nlu.commands.labels import CHANGING, REFERENCES

MIN_CONFIDENCE = 0.75
"""Confidence from which a command is an act, where the intent model reads the same, or nothing that is sure."""
MIN_AGREED = 0.5
"""Confidence from which a wish is an act that the intent model reads as well, and is sure of."""
MIN_FORBIDDEN = 0.55
"""Confidence from which what the intent model takes for a wish is taken for its prohibition."""
MIN_OFFERED = 0.5
"""Confidence from which a wish in a clause of its own that is no act is offered beside the acts, and an answer to the question is
doubtful: what was said is never passed over in silence."""
MIN_MORE = 0.9
"""Confidence from which a further command of a message is an act of its own."""
SURE_INTENT = 0.75
"""Confidence from which the intent of the whole message stands against a single command that differs."""
ANSWERS = frozenset(["set", "correct", "affirm", "deny", "unknown", "choose", "forbid"])
"""Heads that answer a question, or take something back."""
SOCIAL = frozenset(["greet", "thank", "goodbye", "complain", "bot_challenge"])
UNSURE = frozenset(["nlu_fallback", "out_of_scope"])
EMERGENCY = "emergency"
EXTRACTOR = "commands"
SHARED_ENTITIES = {
    "partner": "partner_name", "usager": "usager_name", "dossier": "dossier_ref", "profession": "profession", "city": "city",
    "organization": "organization", "email": "email", "phone": "phone", "rpps": "rpps", "adeli": "adeli", "finess": "finess",
    "birth_name": "usager_name", "given_names": "usager_name", "birth_date": "birth_date",
}  # fmt: skip
"""Slots of commands, and the entity that a value of each is."""
BASES = {"care_team": "care_team_informed", "consent": "consent_given", "refused": "neither"}
"""Values of the slot `basis`, and of the entity of that name."""
WITH_A_YES = frozenset(["basis", "condition", "reason"])
"""Slots that leave a yes a yes; with any other it changes what is confirmed."""
_NEGATED_ORDER = re.compile(
    r"(?:^|[,;.!:]\s*|\b(?:et|mais|surtout|svp|stp)\s+)(?:surtout\s+)?(?:n['’]\s?|ne\s+)?(?:(?:le|la|les|l['’]|lui|leur)\s?)?"
    r"(?:ajout|associ|retir|enl[eè]v|supprim|cr[ée]|mett?|demand|donn|inscri|inscriv|touch|coup)(?:e|ez|es|s|ons)?"
    r"(?:[- ](?:le|la|les|lui))?"
    r"\s+(?:surtout\s+)?pas\b",
    re.IGNORECASE,
)
"""An imperative with « pas »."""
_RULED_OUT = re.compile(
    r"\b(?:ne |n['’] ?)?(?:doi(?:t|vent)|devrai(?:t|ent)|faut|faudrait) (?:surtout |absolument )?(?:pas|jamais|en aucun cas)\b"
    r"(?! (?:d['’])?(?:oublier|manquer|h[ée]siter|tarder|attendre))"
    r"|\b(?:pas|hors de) question (?:d|qu)|\b(?:veu[xt]|voulons|voulez|souhait\w+) (?:surtout |absolument )?pas (?:du tout )?qu"
    r"|\brefus\w+ qu",
    re.IGNORECASE,
)
"""Other ways to forbid: « ne doit en aucun cas être associé », « pas question de », « je ne veux pas qu'on »."""
_GIVES = frozenset(["add_partner", "create_dossier", "request_account"])
"""What these forbid, if it is one of these: of a removal such words may be the reason (« il ne doit pas voir ce dossier »)."""
_USAGER_BEFORE = re.compile(
    r"\b(?:patiente?|usag[eè]re?|r[ée]sidente?|b[ée]n[ée]ficiaire)\s+(?:(?:m|mr|mme|mlle)\b\.?\s*|madame\s+|monsieur\s+)?$", re.IGNORECASE
)
_NAMES = frozenset(["partner_name", "usager_name"])
_LEADS_TO_PLACE = re.compile(r"(?:\W|\b(?:de|du|des|d|[àa]|au|sur|en|dans|l|le|la|les)\b)*", re.IGNORECASE)
_LEAD_IN = {"dossier": " dossier ", "usager": " dossier de "}


@dataclass(frozen=True, slots=True)
class Understood:
    """A message as the intent model and the entity extractors read it; `intent` is the full name."""

    text: str
    intent: str
    confidence: float
    entities: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Act:
    """What a part of a message asks.

    Attributes:
        intent: the full name of an intent.
        text: the part's words.
        entities: Rasa's form; offsets count in `text`.
        confidence: of the intent, 0 to 1.
        says: what no intent tells: `forbids` (an intent), `unknown`, `condition`, `doubt` (of a yes, a wish), `partner` and `dossier`
            (references), `except` (references, names).
    """

    intent: str
    text: str
    entities: list[dict[str, Any]]
    confidence: float
    says: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as parse data that a flow can start from."""
        intent = {"name": self.intent.split("/")[0], "confidence": self.confidence}
        return {"text": self.text, "intent": intent, "full_intent": self.intent, "entities": self.entities, "says": self.says}


def find_acts(message: Understood, commands: Sequence[Command], question: str = "") -> list[Act]:
    """Return the acts of a message in the order in which they are to be carried out; none where it stays as it was understood.

    Args:
        message: what the other models read.
        commands: what the network read, in the text's order.
        question: the question on the table.
    """
    if message.intent == EMERGENCY or any(command.intent == EMERGENCY for command in commands):
        return []
    card = cards_apart(commands, message.text)
    likely = [command for command in commands if _is_likely(command, message) or command in card]
    groups = _group([command for command in likely if command.intent not in SOCIAL])
    if len(groups) > 1:
        groups = [group for group in groups if _intent(group) == message.intent or _confidence(group) >= MIN_MORE or group[0] in card]
    if not groups or not _is_trusted(groups, message, question):
        found = _find_prohibition(message, commands)
        beside = [] if found else [command for command in commands if command.intent == message.intent]
        more = _more(beside, commands, message, question)
        whole = Act(message.intent, message.text, [dict(entity) for entity in message.entities], message.confidence)
        return [whole, *_offered(beside, more, message)] if more else found
    kept = [command for group in groups for command in group]
    more = _more(kept, commands, message, question)
    parts, others = split_text(message.text, groups), [*groups, *([command] for command in more)]
    acts = [_build(group, part, others, message) for group, part in zip(groups, parts, strict=True)]
    return _without_repetitions([*acts, *_offered(kept, more, message)])


def _more(kept: Sequence[Command], commands: Sequence[Command], message: Understood, question: str) -> list[Command]:
    """Return what stands in a clause of its own beside what is carried out, and is not sure enough for that."""
    if not kept or message.intent in SOCIAL or message.intent in UNSURE:
        return []
    intents = {command.intent for command in kept if command.intent}
    answered = any(command.head in ANSWERS for command in kept)
    return [
        command
        for command in commands
        if command not in kept
        and command.confidence >= MIN_OFFERED
        and (
            (command.head == "start" and command.intent not in intents | SOCIAL | UNSURE | {EMERGENCY})
            or (question and not answered and command.head in ANSWERS - {"forbid", "unknown"})
        )
        and all(is_apart(command, other, message.text) for other in kept)
    ]


def _offered(kept: Sequence[Command], more: Sequence[Command], message: Understood) -> list[Act]:
    """Return doubtful acts for these commands."""
    if not more:
        return []
    groups = sorted([[*kept], *_group(more)], key=anchor_of)
    parts = split_text(message.text, groups)
    acts = [_build(group, part, groups, message) for group, part in zip(groups, parts, strict=True) if group[0] not in kept]
    return [replace(act, says={**act.says, "doubt": True}) for act in acts]


def _without_repetitions(acts: Sequence[Act]) -> list[Act]:
    """Leave out an act that asks what an earlier one asks."""
    kept: list[Act] = []
    for act in acts:
        same = (other for other in kept if other.intent == act.intent and other.says == act.says)
        if not any(_values(other) == _values(act) for other in same):
            kept.append(act)
    return kept


def _values(act: Act) -> set[tuple[str, str]]:
    return {(entity["entity"], str(entity["value"]).casefold()) for entity in act.entities}


def _find_prohibition(message: Understood, commands: Sequence[Command]) -> list[Act]:
    """Return the act of a negated order (« ajoute pas X avant que je le dise ») that the network did not read as a wish for sure."""
    wished = any(c.head == "start" and c.intent == message.intent and c.confidence >= MIN_MORE for c in commands)
    negated = _NEGATED_ORDER.search(message.text) or (message.intent in _GIVES and _RULED_OUT.search(message.text))
    if message.intent not in CHANGING or wished or not negated:
        return []
    return [Act("deny", message.text, [dict(entity) for entity in message.entities], message.confidence, {"forbids": message.intent})]


def _is_likely(command: Command, message: Understood) -> bool:
    """Return whether a command is likely enough to count; where doing it or not is the question, a prohibition counts sooner."""
    if command.head == "forbid" and command.intent == message.intent:
        return command.confidence >= MIN_FORBIDDEN
    if command.head == "start" and command.intent == message.intent and message.confidence >= SURE_INTENT:
        return command.confidence >= MIN_AGREED
    return command.confidence >= MIN_CONFIDENCE


def is_doubtful_yes(commands: Sequence[Command]) -> bool:
    """Return whether what the intent model took for a yes was read as something else."""
    sure = [command for command in commands if command.confidence >= MIN_CONFIDENCE and command.intent not in SOCIAL]
    return bool(sure) and all(command.head != "affirm" for command in sure)


def name_usagers(message: Understood, commands: Sequence[Command]) -> list[dict[str, Any]]:
    """Return the entities of the whole text with all that was read of an usager, by either model: by these it is masked."""
    usagers = [
        {**_entity(slot, message.text[slice(*place)], place[0]), "end": place[1]}
        for command in commands
        for slot in ("usager", "birth_name", "given_names", "birth_date")
        for place in command.places.get(slot, ())
    ]
    others = [dict(e) for e in message.entities if not any(_overlap((e["start"], e["end"]), (u["start"], u["end"])) for u in usagers)]
    return sorted([*usagers, *others], key=lambda entity: entity["start"])


def _group(commands: Sequence[Command]) -> list[list[Command]]:
    """Put together what is one act: the answers of a message; a wish with the facts that follow it."""
    groups: list[list[Command]] = []
    for command in commands:
        previous = groups[-1] if groups else None
        if previous is not None and command.head in ANSWERS and _belongs(command, previous):
            previous.append(command)
        else:
            groups.append([command])
    return groups


def _belongs(command: Command, group: Sequence[Command]) -> bool:
    if group[0].head in ANSWERS:
        return True
    return group[0].head == "start" and command.head in {"set", "correct"}


def _intent(group: Sequence[Command]) -> str:
    """Return the intent that a group comes to."""
    first, heads = group[0], {command.head for command in group}
    if first.head == "start":
        return first.intent
    if first.head in {"cancel", "repeat", "help"}:
        return first.head
    if "affirm" in heads:
        told = any(slot not in WITH_A_YES for command in group if command.head in {"set", "correct", "affirm"} for slot in command.slots)
        return "correct" if told or heads & {"correct", "forbid"} else "affirm"
    return next(
        intent
        for head, intent in (
            ("correct", "correct"), ("choose", "choose"), ("forbid", "deny"), ("deny", "deny"), ("unknown", "deny"), ("set", "inform"),
        )
        if head in heads
    )  # fmt: skip


def _confidence(group: Sequence[Command]) -> float:
    return min(command.confidence for command in group)


def _is_trusted(groups: Sequence[Sequence[Command]], message: Understood, question: str) -> bool:
    """Return whether what the groups say stands against what the whole message was understood as."""
    every = [command for group in groups for command in group]
    intents = {_intent(group) for group in groups} | {_intent([command]) for command in every} | {command.head for command in every}
    if message.intent in intents or message.intent in UNSURE or message.confidence < SURE_INTENT:
        return True
    heads = {command.head for command in every}
    forbidden = {command.intent for command in every if command.head == "forbid"}
    if message.intent in forbidden or (question and "unknown" in heads):
        return True
    return bool(question) and message.intent in SOCIAL and bool(intents & {"affirm", "deny", "correct", "inform", "choose"})


def _build(group: Sequence[Command], part: Place, groups: Sequence[Sequence[Command]], message: Understood) -> Act:
    begin, end = part
    while end > begin and message.text[end - 1].isspace():
        end -= 1
    intent, text = _intent(group), message.text[begin:end]
    others = [command for other in groups if other is not group for command in other]
    entities: list[dict[str, Any]] = []
    for entity in message.entities:
        place = (entity.get("start", 0), entity.get("end", 0))
        slot, elsewhere = _slot_at(place, group), _slot_at(place, others)
        if not begin <= place[0] < end or (slot is None and elsewhere is not None) or slot in {"by", "except", "reason"}:
            continue
        name = entity["entity"]
        if name == "organization" and slot in {"from", "until"}:
            continue  # « je ferme le cabinet du 21 décembre au 3 janvier »
        if name in {"organization", "partner_name"} and _takes_in_city(place, message.text, group):
            continue  # the commands tell them apart: their values stand in its place
        if slot is None and name == "partner_name" and any("partner" in command.places for command in group):
            continue  # told of beside the one who is meant
        if name in _NAMES and slot in SHARED_ENTITIES and SHARED_ENTITIES[slot] in _NAMES:
            name = SHARED_ENTITIES[slot]
        elif name == "partner_name" and slot is None and _USAGER_BEFORE.search(message.text, 0, place[0]):
            name = "usager_name"
        entities.append({**entity, "entity": name, "start": place[0] - begin, "end": place[1] - begin})
    for command in group:
        for slot, places in command.places.items():
            inside = [place for place in places if begin <= place[0] < end]
            for place in (inside or places) if slot in SHARED_ENTITIES else ():
                if begin <= place[0] < end:
                    if not any(_overlap((e["start"] + begin, e["end"] + begin), place) for e in entities if e["end"] > e["start"]):
                        entities.append(_entity(slot, message.text[slice(*place)], place[0] - begin))
                else:
                    lead = _LEAD_IN.get(slot, " ")
                    value = message.text[slice(*place)]
                    entities.append(_entity(slot, value, len(text) + len(lead)))
                    text += lead + value
    if basis := next((command.slots["basis"][0] for command in group if "basis" in command.slots), None):
        entities.append({"entity": "basis", "value": BASES[basis], "start": 0, "end": 0, "extractor": EXTRACTOR})
    entities.sort(key=lambda entity: entity["start"])
    return Act(intent, text, entities, max(_confidence(group), message.confidence if intent == message.intent else 0.0), _says(group))


def _takes_in_city(place: Place, text: str, commands: Sequence[Command]) -> bool:
    """Return whether a name or a structure is a town that the commands read, with the name of its professional or nothing.

    « de Vierzon », « Lucie Bernard d'Orléans », but neither « clinique de Vierzon » nor « Cabinet du Mail, Tours ».
    """
    read = {slot: found for command in commands for slot in ("city", "partner") if (found := command.places.get(slot))}
    inside = sorted(other for found in read.values() for other in found if place[0] <= other[0] and other[1] <= place[1])
    if not any(other in inside for other in read.get("city", ())):
        return False
    rest, at = "", place[0]
    for start, end in [*inside, (place[1], place[1])]:
        rest += text[at:start]
        at = max(at, end)
    return _LEADS_TO_PLACE.fullmatch(rest) is not None


def _entity(slot: str, value: str, start: int) -> dict[str, Any]:
    return {"entity": SHARED_ENTITIES[slot], "value": value, "start": start, "end": start + len(value), "extractor": EXTRACTOR}


def _slot_at(place: Place, commands: Sequence[Command]) -> str | None:
    """Return the slot whose value stands at a place, of the first of the commands that has one there."""
    found = (slot for command in commands for slot, places in command.places.items() if any(_overlap(place, other) for other in places))
    return next(found, None)


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _says(group: Sequence[Command]) -> dict[str, Any]:
    says: dict[str, Any] = {"doubt": True} if {"affirm", "deny"} <= {command.head for command in group} else {}
    for command in group:
        if command.head == "forbid":
            says["forbids"] = command.intent
        if command.head == "unknown":
            says["unknown"] = True
        if "condition" in command.slots:
            says["condition"] = " ".join(command.slots["condition"])
        for slot in ("partner", "dossier"):
            reference = next((value for value in command.slots.get(slot, ()) if value in REFERENCES[slot]), None)
            if reference and not command.places.get(slot):
                says[slot] = reference
        if "except" in command.slots:
            says["except"] = command.slots["except"]
    return says
