"""Where a text names usagers of the user's own dossiers, whatever it is about: partners, notices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from actions.framework.visible_dossiers import VisibleDossier
from bot.core.text_folding import flat, fold
from bot.notifications.preference_parser import is_common_word

MAX_MENTIONS = 60
"""Mentions of usagers in one text; who names more makes no list."""
CIVILITY = r"(?:m|mr|mme|mlle|monsieur|madame|mademoiselle)"
_LEFT_OUT = re.compile(rf"\b(?:sauf|hormis|excepte|pas|sans)\W+(?:(?:celui|de|du|la|le|pour|sur|chez|{CIVILITY})\W+)*\Z")
_BEFORE = 80
"""Characters before a name in which words that lead to it are looked for."""
_CALLED = re.compile(rf"(?:\bdossiers? (?:(?:de|du|d) )?(?:{CIVILITY}\b\.? ?)?|\b{CIVILITY}\b\.? ?)\Z")


@dataclass(frozen=True)
class UsagerMention:
    """Where a text names the usager of a dossier; `left_out`: « sauf Mme Noël »."""

    start: int
    end: int
    reference: str
    left_out: bool
    whole: bool
    """Whether given and family name are said."""
    led_from: int
    """Where « dossier de Mme » before the name begins; `start` without."""
    common: bool
    """Whether the name is also a word that everybody uses."""

    @property
    def is_sure(self) -> bool:
        """Whether it can be no word but the name: « petit » is one beside « Mme » or a given name."""
        return self.whole or self.led_from < self.start or not self.common


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
            if len(found) == MAX_MENTIONS:
                return []
            from_ = max(at.start() - _BEFORE, 0)
            led, left_out = _CALLED.search(words, from_, at.start()), bool(_LEFT_OUT.search(words, from_, at.start()))
            led_from, common = led.start() if led else at.start(), is_common_word(fold(dossier.family))
            whole = len(fold(at[0])) > len(fold(dossier.family))
            found.append(UsagerMention(*at.span(), dossier.reference, left_out, whole, led_from, common))
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
