"""What is typed while nobody of the team has taken the ticket yet: words for the team, or plainly a wish about the wait itself.

Everything is kept for the team but a bare question about the request. Words that the assistant could answer are kept too, with a button
that hands them to it: it never answers by itself while a person is waited for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.errors import log_error
from bot.core.text_folding import fold, word_set
from bot.messaging.ports import AssistantUnavailable, Messaging
from bot.support.offered_message import EMERGENCY, SURE, SURE_OF_EMERGENCY, sentences_of
from bot.support.records import TicketEventType, TicketState
from bot.support.tables import TicketEventRow, TicketRow

FOR_THE_ASSISTANT = word_set(
    "add_partner list_partners remove_partner find_professional create_dossier find_dossier list_dossiers request_account check_request"
    " who_am_i list_notifications mark_notifications_read manage_notifications mute_notifications resume_notifications"
)
"""Intents that the assistant may be handed, once its user says so."""
BURST = timedelta(minutes=2)
"""Messages that follow one another as fast as that are acknowledged once."""
MANY = 5
"""Of a longer burst each fifth message is acknowledged."""
_MOST_WORDS_OF_A_QUESTION = 12
"""A longer message says something to the team, beside what it asks."""
_FEWEST_WORDS_OF_A_WISH = 3
"""Fewer words after « revenir à l'assistant », or in a sentence beside others, ask for nothing."""
MOST_SENTENCES = 5
"""A message of more sentences is a letter to the team."""
_BACK = re.compile(
    r"\b(?:rev(?:iens|enir|enez|ien)|retour(?:ner?)?|repass\w*|repart\w*|reparler?|parler?|reprendre|continuer)"
    r" (?:a|avec|vers|sur|chez) (?:l )?assistante?\b(?! (?:social|familial|maternel|medical|dentaire|administrati|de|du|d)\w*)"
)
_DENIED = re.compile(r"\b(?:pas|ne|jamais|plus tard|sans)(?: \w+){0,2} $")
_POLITE = re.compile(
    r"\b(?:s il (?:vous|te) plait|svp|stp|merci|en fait|du coup|alors|donc|finalement|pour l instant|maintenant|je prefere)\b"
)
_GO_ON = re.compile(
    r"\b(?:puis je|peux|pouvons|peut|pourrai\w*|possible|pourrais)\b.*\b(?:continuer|utiliser|me servir|travailler|faire autre chose)\b"
    r"|\b(?:continuer|me servir|travailler)\b.*\ben attendant\b"
)
_STATUS = re.compile(
    r"\b(?:ou|a quoi) (?:ca |elle |elles )?en (?:est|sont)\b(?! (?:\w+ )?demandes? de compte)|\ben est ou\b"
    r"|\bma demande\b(?: \w+){0,6} (?:partie|recue|en cours|prise|transmise|tient|avance|lue|vue|traitee)\b"
    r"|\bqui (?:s |est en train de s |va s )?(?:occup\w+|repond\w*|traite)\b"
    r"|\bquand\b(?: \w+){0,4} (?:repond\w*|appel\w*|rappel\w*|contact\w*|quelqu un)\b"
    r"|\b(?:y a|ya|y a t il)(?: \w+)? (?:quelqu un|kelkun|quelkun|pers?sonne|persone|qqn|qq un)\b|\btoujours personne\b"
    r"|\b(?:quelqu un|kelkun|on) (?:va|peut) (?:me |m )?(?:repond\w*|appel\w*|rappel\w*)\b"
    r"|\bcombien de temps\b|\bencore (?:long|longtemps)\b|\b(?:c est|ce sera) long\b|\bvous etes la\b|^(?:allo|alors)$"
)


class WaitingWish(StrEnum):
    """What a message that is typed during the wait asks for."""

    BACK = "back"
    """To leave the wait; `Waiting.rest` is for the assistant."""
    STATUS = "status"
    """Where the request stands."""
    GO_ON = "go_on"
    """Whether the assistant can be used meanwhile."""
    ASSISTANT = "assistant"
    """Something that the assistant surely reads as one of its own tasks."""
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class Waiting:
    """A message of the wait as it was read."""

    wish: WaitingWish | None = None
    rest: str = ""
    """What follows the wish to go back to the assistant, as it was typed."""
    alone: bool = False
    """Whether it holds nothing for the team."""
    sentence: int | None = None
    """Which of its sentences alone the assistant surely reads as one of its own tasks, beside what the others say."""


async def read_waiting(text: str, messaging: Messaging) -> Waiting:
    """Return what a typed message is, beside words for the team. The assistant is asked what it would read; it may be away.

    « Oui, demandez à l'équipe. Et qui reste dans le dossier ? » is for both: none of its sentences is passed over.
    """
    whole, sentences = await _read(text, messaging), sentences_of(text)
    if whole.wish not in {None, WaitingWish.STATUS} or not 1 < len(sentences) <= MOST_SENTENCES:
        return whole
    for number, sentence in enumerate(sentences):
        if len(sentence.split()) < _FEWEST_WORDS_OF_A_WISH:
            continue
        wish = (await _read(sentence, messaging)).wish
        if wish is WaitingWish.EMERGENCY:
            return Waiting(wish)
        if wish is WaitingWish.ASSISTANT:
            return replace(whole, alone=False, sentence=number)
    return whole


async def _read(text: str, messaging: Messaging) -> Waiting:
    folded = fold(text)
    words = len(text.split())
    back = _BACK.search(folded)
    before = folded[: back.start()] if back else ""
    short = len(_POLITE.sub(" ", before).split()) <= _FEWEST_WORDS_OF_A_WISH  # more of them are for the team
    if back and short and not _DENIED.search(before) and not _GO_ON.search(folded):
        return Waiting(WaitingWish.BACK, _rest(text), alone=True)
    if _GO_ON.search(folded):
        return Waiting(WaitingWish.GO_ON)
    if _STATUS.search(folded):
        return Waiting(WaitingWish.STATUS, alone=words <= _MOST_WORDS_OF_A_QUESTION)
    try:
        reading = await messaging.read_intent(text)
    except AssistantUnavailable as error:  # it is for the team, whatever it is
        log_error(error, "asking what a message of the wait is")
        return Waiting()
    if reading.intent == EMERGENCY and reading.confidence >= SURE_OF_EMERGENCY:
        return Waiting(WaitingWish.EMERGENCY)
    return Waiting(WaitingWish.ASSISTANT if reading.intent in FOR_THE_ASSISTANT and reading.confidence >= SURE else None)


async def is_acknowledged(session: AsyncSession, row: TicketRow, now: datetime) -> tuple[bool, bool]:
    """Return whether words that are said to the ticket now are acknowledged, and whether they are the first ones of this wait."""
    event = TicketEventRow
    entered = select(func.max(event.id)).where(
        event.ticket_id == row.id, event.state == TicketState.WAITING, event.type != TicketEventType.SAID
    )
    said = select(event.at).where(
        event.ticket_id == row.id, event.type == TicketEventType.SAID, event.id > func.coalesce(entered.scalar_subquery(), 0)
    )
    before = list(await session.scalars(said.order_by(event.id)))
    return not before or len(before) % MANY == 0 or now - before[-1] > BURST, not before


def _rest(text: str) -> str:
    """Return what is typed after « … l'assistant », where it asks for something."""
    found = re.search(r"assistante?\b", text, re.IGNORECASE)
    rest = text[found.end() :].strip(" ,;:.!\u00a0") if found else ""
    rest = re.sub(
        r"^(?:en fait|du coup|svp|stp|s[’']il (?:vous|te) pla[iî]t|merci|et|alors)\b[\s,;:.!\u00a0]*", "", rest, flags=re.IGNORECASE
    )
    return rest if len(fold(rest).split()) >= _FEWEST_WORDS_OF_A_WISH and len(_POLITE.sub(" ", fold(rest)).split()) > 1 else ""
