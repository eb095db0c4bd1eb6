"""The names of usagers of the user's own dossiers, told from those of professionals before a message is taken up.

« Ajoutez Paul Martin sur les dossiers de Jeanne Durand et de Marcel Garnier » names one professional and two dossiers. Only the names of
the user's own dossiers are known here, and only on a trusted channel.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actions.framework.context import Context, LinkEnded
from actions.framework.flow import FLOWS, active_flow
from actions.framework.people import PARTNER, Message
from actions.framework.turn import full_intent, words_of
from actions.framework.visible_dossiers import VisibleDossier
from bot.core.text_folding import fold, word_set
from bot.fhir.errors import FhirUnavailable
from bot.notifications.preference_parser import is_common_word

MAX_MENTIONS = 60
"""Mentions of usagers in one text; who names more makes no list."""
DOSSIERS = "dossiers"
"""Where a message holds the references of the dossiers that it surely names by their usagers."""
_NAMES = frozenset({PARTNER, "usager_name"})
_CIVILITY = r"(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)"
_JOINT = re.compile(rf"(?:\W|\b(?:et|puis|ainsi|que|ou|de|du|des|d|le|la|les|l|sur|chez|pour|celui|celle|virgule|{_CIVILITY})\b)*")
"""What stands between the names of a list."""
_LEADS_TO_LIST = re.compile(rf"\b(?:dossiers?|sur|chez)\W+(?:(?:ceux|celui|de|du|des|d|la|le|{_CIVILITY})\W+)*\Z")
_MAY_NAME_ONE = re.compile(r"\b(?:dossiers|sur|chez|pour)\b")
_TITLED = re.compile(r"\b(?:dr|docteure?|pr|professeure?)\W+\Z")
_CALLED = re.compile(rf"\b{_CIVILITY}\W+\Z")
_FOR_SOMEBODY = re.compile(rf"\bpour\W+{_CIVILITY}\W+\Z")
_IS_USAGER = re.compile(
    r"\b(?:c est|est|sont)(?: aussi| pourtant| bien)?(?: le| la| les| l| mon| ma| notre| une?| des)? ?(?:patiente?s?|usag\w+)\b(?! inform)"
)
_LEFT_OUT = re.compile(rf"\b(?:sauf|hormis|excepte|pas|sans)\W+(?:(?:celui|de|du|la|le|pour|sur|chez|{_CIVILITY})\W+)*\Z")
SAME_ONE = r"(?:le|la|les) memes?(?= *(?:$|[,.;:!]|(?:pour|sur|au|aux|chez|avec|dates|mais)\b))"
"""« le même » alone, not « la même équipe »; of a flat text."""
_SAME = re.compile(rf"\b(?:pareil|idem|meme chose|memes? (?:dates?|conditions|periodes?))\b|\b{SAME_ONE}")
_FILLERS = word_set("et de du des d la le les l pour sur chez madame monsieur m mme mr mlle")


@dataclass(frozen=True)
class UsagerMention:
    """Where a text names the usager of a dossier; `left_out`: « sauf Mme Noël »."""

    start: int
    end: int
    reference: str
    left_out: bool
    whole: bool
    """Whether given and family name are said."""


def flat(text: str) -> str:
    """Return a text without accents and case, each character in its place."""
    letters = (unicodedata.normalize("NFKD", letter.lower())[:1] or " " for letter in text)
    return "".join(letter if letter.isalnum() else " " if letter in "’'-_" else letter for letter in letters)


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


def usager_mentions(text: str, own: Sequence[VisibleDossier]) -> list[UsagerMention]:
    """Return where a text names usagers of the user's own dossiers, in its order; one whom two dossiers fit is named by none."""
    words, found = flat(text), list[UsagerMention]()
    for dossier in own:
        if not fold(dossier.family):
            continue
        family, givens = _pattern(dossier.family), [_pattern(dossier.given), *map(_pattern, dossier.given.split()[:1])]
        given = "|".join(one for one in dict.fromkeys(givens) if one)
        named = rf"\b(?:(?:{given})\W+{family}|{family}\W+(?:{given})|{family})\b" if given else rf"\b{family}\b"
        for at in re.finditer(named, words):
            whole = len(fold(at[0])) > len(fold(dossier.family))
            found.append(UsagerMention(at.start(), at.end(), dossier.reference, bool(_LEFT_OUT.search(words[: at.start()])), whole))
    if len(found) > MAX_MENTIONS:
        return []
    places = Counter((mention.start, mention.end) for mention in found)
    return sorted((m for m in found if not any(_covers(o, m, places) for o in found)), key=lambda mention: mention.start)


def _covers(other: UsagerMention, mention: UsagerMention, places: Counter[tuple[int, int]]) -> bool:
    """Return whether the words of a mention are those of another dossier's usager as well, or are part of a longer name."""
    if other.reference == mention.reference:
        return False
    longer = other.start <= mention.start and mention.end <= other.end and (other.start, other.end) != (mention.start, mention.end)
    return longer or places[mention.start, mention.end] > 1


def _pattern(name: str) -> str:
    return r"\W+".join(re.escape(word) for word in fold(name).split())


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
