"""The names of usagers of the user's own dossiers, told from those of professionals before a message is taken up.

« Ajoutez Paul Martin sur les dossiers de Jeanne Durand et de Marcel Garnier » names one professional and two dossiers. Only the names of
the user's own dossiers are known here, and only on a trusted channel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from actions.framework.context import Context, LinkEnded
from actions.framework.flow import FLOWS, active_flow
from actions.framework.own_usagers import CIVILITY, UsagerMention, usager_mentions
from actions.framework.people import PARTNER, Message
from actions.framework.turn import full_intent, words_of
from actions.framework.visible_dossiers import VisibleDossier
from bot.core.text_folding import flat, fold, word_set
from bot.fhir.errors import FhirUnavailable
from bot.notifications.preference_parser import is_common_word

DOSSIERS = "dossiers"
"""Where a message holds the references of the dossiers that it surely names by their usagers."""
_NAMES = frozenset({PARTNER, "usager_name"})
_JOINT = re.compile(rf"(?:\W|\b(?:et|puis|ainsi|que|ou|de|du|des|d|le|la|les|l|sur|chez|pour|celui|celle|virgule|{CIVILITY})\b)*")
"""What stands between the names of a list."""
_LEADS_TO_LIST = re.compile(rf"\b(?:dossiers?|sur|chez)\W+(?:(?:ceux|celui|de|du|des|d|la|le|{CIVILITY})\W+)*\Z")
_MAY_NAME_ONE = re.compile(r"\b(?:dossiers|sur|chez|pour)\b")
_TITLED = re.compile(r"\b(?:dr|docteure?|pr|professeure?)\W+\Z")
_CALLED = re.compile(rf"\b{CIVILITY}\W+\Z")
_FOR_SOMEBODY = re.compile(rf"\bpour\W+{CIVILITY}\W+\Z")
_IS_USAGER = re.compile(
    r"\b(?:c est|est|sont)(?: aussi| pourtant| bien)?(?: le| la| les| l| mon| ma| notre| une?| des)? ?(?:patiente?s?|usag\w+)\b(?! inform)"
)
SAME_ONE = r"(?:le|la|les) memes?(?= *(?:$|[,.;:!]|(?:pour|sur|au|aux|chez|avec|dates|mais)\b))"
"""« le même » alone, not « la même équipe »; of a flat text."""
_SAME = re.compile(rf"\b(?:pareil|idem|meme chose|memes? (?:dates?|conditions|periodes?))\b|\b{SAME_ONE}")
_FILLERS = word_set("et de du des d la le les l pour sur chez madame monsieur m mme mr mlle")


def says_same(text: str) -> bool:
    """Return whether a text asks for the same as before, or with the same dates: « pareil pour Mme Noël », « mêmes dates »."""
    return same_begins(text) is not None


def says_usager(text: str) -> bool:
    """Return whether a text says of somebody that they are the usager: « c'est le patient »."""
    return bool(_IS_USAGER.search(flat(text)))


def same_begins(text: str) -> int | None:
    """Return where a text begins to ask for the same as before; None where it does not."""
    found = _SAME.search(flat(text))
    return found.start() if found else None


def list_of_dossiers(message: Message, own: Sequence[VisibleDossier], *, asked: bool = False) -> list[UsagerMention]:
    """Return the mentions of a message that surely stand for dossiers.

    Those of a list that « dossiers de », « sur » or « chez » leads in; where no reference is given, a whole name, or one with « Mme »,
    beside that of a professional, or after « pour »; all of them beside « pareil » or « c'est la patiente », and where the dossier was
    `asked` for. « Dr Noël » is no usager.
    """
    text = words_of(message)
    words, found = flat(text), list[UsagerMention]()
    mentions = [m for m in usager_mentions(text, own) if not _is_of_another(m, message) and not _TITLED.search(words[: m.start])]
    same, usager = asked or says_same(text), says_usager(text)
    others = [e for e in message.get("entities") or [] if e["entity"] == PARTNER and not any(_is_named(e, m) for m in mentions)]
    elsewhere = any(entity["entity"] == "dossier_ref" for entity in message.get("entities") or [])
    listed = 0
    for mention in mentions:
        before = words[: mention.start]
        continued = bool(listed) and bool(_JOINT.fullmatch(words[listed : mention.start]))
        told = bool(others) and not elsewhere and (mention.whole or bool(_CALLED.search(before)))
        told = told or (not elsewhere and bool(_FOR_SOMEBODY.search(before)))
        led = bool(_LEADS_TO_LIST.search(before))
        named = mention.whole or led or bool(_CALLED.search(before)) or not is_common_word(fold(words[mention.start : mention.end]))
        if named and (continued or same or told or mention.left_out or usager or led):
            found.append(mention)
            listed = mention.end
    return found


def _is_of_another(mention: UsagerMention, message: Message) -> bool:
    """Return whether a mention is part of somebody else's name: « Martin » of « Paul Martin »."""
    return any(
        e["entity"] == PARTNER
        and (e.get("start") or 0) <= mention.start
        and mention.end <= (e.get("end") or 0)
        and not _is_named(e, mention)
        for e in message.get("entities") or []
    )


def _is_named(entity: dict[str, Any], mention: UsagerMention) -> bool:
    """Return whether an entity holds the words of a mention and nothing else that counts."""
    start, end = entity.get("start") or 0, entity.get("end") or 0
    if not (start < mention.end and mention.start < end):
        return False
    words = str(entity["value"])
    rest = flat(words)[: max(mention.start - start, 0)] + " " + flat(words)[max(mention.end - start, 0) :]
    return set(fold(rest).split()) <= _FILLERS


async def tell_usagers(context: Context) -> None:
    """Take the names of a message that stand for the user's own dossiers as those of usagers, which are its `DOSSIERS`."""
    turn, flow = context.turn, active_flow(context.turn)
    if turn.is_button or not turn.trusted:
        return
    acts = [turn.message, *(turn.message.get("agenda") or [])]
    same, asked = says_same(turn.raw_text), turn.requested_slot == "dossier"
    if not (same or any(one is not None and one.names_usagers for one in [flow, *(FLOWS.get(full_intent(act)) for act in acts)])):
        return
    names = max(len([e for e in act.get("entities") or [] if e["entity"] in _NAMES]) for act in acts)
    if not (same or asked or names > 1 or (names and (flow or _MAY_NAME_ONE.search(flat(turn.raw_text)) or says_usager(turn.raw_text)))):
        return
    if not await context.is_linked() or await context.needs_proof():
        return
    try:
        own = await context.dossiers.to_compare(await context.linked_account())
    except (FhirUnavailable, LinkEnded):
        return
    told = [_told(act, list_of_dossiers(act, own, asked=asked)) for act in acts]
    if told != acts:
        first, *agenda = told
        turn.tracker.latest_message = {**first, "agenda": agenda} if agenda else first


def _told(act: Message, mentions: list[UsagerMention]) -> Message:
    """Return an act with the mentions in the place of the names that were read for them."""
    if not mentions:
        return act
    named = [m for m in mentions if not m.left_out]
    entities = [e for e in act.get("entities") or [] if e["entity"] not in _NAMES or not any(_overlaps(e, m) for m in mentions)]
    text = words_of(act)
    usagers = [{"entity": "usager_name", "value": text[m.start : m.end], "start": m.start, "end": m.end} for m in named]
    references = list(dict.fromkeys(mention.reference for mention in named))
    told = {**act, "entities": [*entities, *usagers], DOSSIERS: references}
    if act.get("commands"):
        told["commands"] = [
            _without_usagers(command, [set(fold(text[m.start : m.end]).split()) for m in mentions]) for command in act["commands"]
        ]
    return told


def _without_usagers(command: dict[str, Any], usagers: list[set[str]]) -> dict[str, Any]:
    """Return a command that takes nobody of these for its professional."""
    said = command.get("partner")
    if not said:
        return command
    values = [str(value) for value in (said if isinstance(said, list) else [said])]
    kept = [value for value in values if set(fold(value).split()) - _FILLERS not in usagers]
    return {**command, "partner": kept}


def _overlaps(entity: dict[str, Any], mention: UsagerMention) -> bool:
    return bool((entity.get("start") or 0) < mention.end and mention.start < (entity.get("end") or 0))
