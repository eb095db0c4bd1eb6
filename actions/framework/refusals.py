"""How a dossier that may not be opened is refused, in the same words whether or not there is one of this reference."""

from __future__ import annotations

from actions.framework.dates import format_time
from actions.framework.utterances import Utterances
from bot.dossiers.errors import LimitReached, NotAMember


def utter_refusal(utterances: Utterances, refusal: NotAMember | LimitReached, reference: str) -> None:
    """Say that a dossier is refused: in the same words whether or not there is one of this reference."""
    if isinstance(refusal, LimitReached):
        utterances.utter(f"utter_limit_{refusal.what}", until=format_time(refusal.until))
    else:
        utterances.utter("utter_not_a_member", reference=reference)
