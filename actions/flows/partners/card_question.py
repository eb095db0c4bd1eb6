"""Questions asked at a confirmation card: « quand l'aura-t-elle ? », « est-elle prévenue ? », « vous l'avez bien retirée ? ».

They are answered in a sentence, and what they ask of is not done by them: the card is asked again. The patterns are of folded text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from actions.flows.partners.access_dates import period_words
from actions.framework.answers import SKIPPED
from actions.framework.context import Context
from actions.framework.turn import Turn
from bot.core.text_folding import MAX_CHARACTERS, fold


class CardQuestion(StrEnum):
    """What is asked at a card: when it takes effect, whether the person is told, whether it is done already, what becomes of an e-mail."""

    WHEN = "when"
    TOLD = "told"
    DONE = "done"
    EMAIL = "email"


_HOW_KNOWN = re.compile(
    r"\bcomment (?:est ce que )?(?:je |on |vais je |puis je )?(?:le )?"
    r"(?:sais|saurai|sait|saura|savoir|vais (?:le )?savoir|peux (?:le )?savoir)\b(?! (?:si|qui|ou)\b)"
)
_WHEN = re.compile(r"\b(?:quand|dans combien de temps|sous combien de temps|combien de temps|quel delai|long)\b")
_OBTAINS = re.compile(r"\b(?:aura|auront|aurait|a t (?:elle|il)|pourra|pourront|verra|recevra|recoit|acces|codes?|actif|active|effet)\b")
_PAST = re.compile(r"\b(?:depuis|ete|a eu|avait|etait|la derniere fois)\b")
_TOLD = re.compile(
    r"\b(?:est|sera|va|vont|sont|etre|avez|as|allez|vas|la|le|l) "
    r"(?:t )?(?:(?:elle|il|elles|ils|on|vous|tu|ete|etre|la|le|l|bien|deja) )*"
    r"(?:(?:prevenu|averti|notifi|previen|preven|avertiss)\w*|mise? au courant)"
    r"|\b(?:elle|il) (?:recoit|recevra|va recevoir|aura) (?:un |une |des )?(?:mail|e mail|message|notif\w*|sms|quelque chose)\b"
)
_OTHERS = re.compile(
    r"\b(?:patiente?|usager\w*|famille|fille|fils|mari|femme|equipe|medecin traitant|autres|collegues?|suis je|je (?:suis|serai))\b"
)
_DONE = re.compile(
    r"\b(?:vous|tu) (?:(?:l|le|la|les) )?(?:avez|as) (?:bien |deja |donc )*(?:retir|enlev|supprim|ajout|envoy|fait|mis|remis|annul)\w*"
    r"|\b(?:avez vous|as tu) (?:bien |deja )*(?:retir|enlev|supprim|ajout|envoy|fait|mis|remis|annul)\w*"
    r"|\b(?:l avez vous|l as tu|la|le) (?:bien |deja )*(?:retir|enlev|supprim|ajout|envoy|fait|mis|remis|annul)(?:ee?|ees?|es?|is|ise)\b"
    r"|\bc est (?:bien |deja )?(?:fait|parti|partie|envoye|envoyee)\b"
)
_EMAIL = re.compile(r"\b(?:adresse|mail|e mail|courriel)\b.*\b(?:gard|conserv|enregistr|not|reten)\w*")


def read_card_question(turn: Turn) -> CardQuestion | None:
    """Return what a typed message asks of the card that is shown, None where it asks nothing of these kinds."""
    text = turn.text.replace("’", "'")
    if turn.is_button or not text or len(text) > MAX_CHARACTERS:
        return None
    folded = fold(text)
    if _HOW_KNOWN.search(folded):
        return CardQuestion.WHEN
    if "?" not in text:
        return None
    if _EMAIL.search(folded):
        return CardQuestion.EMAIL
    if _DONE.search(folded):
        return CardQuestion.DONE
    if _TOLD.search(folded) and not _OTHERS.search(folded):
        return CardQuestion.TOLD
    asks_when = _WHEN.search(folded) and _OBTAINS.search(folded) and not _PAST.search(folded)
    return CardQuestion.WHEN if asks_when else None


def said_beside(text: str) -> str:
    """Return the sentences of a text that ask nothing."""
    return " ".join(sentence for sentence in re.findall(r"[^.!?]+[.!?]*", text) if "?" not in sentence)


def answer_addition_question(context: Context, question: CardQuestion) -> None:
    """Answer a question at the card of an addition."""
    turn, utterances = context.turn, context.utterances
    partner: dict[str, Any] = turn.slot("partner") or {}
    email, name, dates = turn.slot("partner_email"), partner.get("name", ""), period_words(context)
    has_account = bool(partner.get("account"))
    match question:
        case CardQuestion.WHEN if not has_account:
            utterances.utter("utter_question_when_request", name=name)
        case CardQuestion.WHEN:
            utterances.utter("utter_question_when_add_dated" if dates else "utter_question_when_add", period=dates)
        case CardQuestion.TOLD:
            utterances.utter("utter_question_told_add" if has_account else "utter_question_told_request", name=name)
        case CardQuestion.DONE:
            utterances.utter("utter_question_done")
        case CardQuestion.EMAIL if has_account:
            utterances.utter("utter_question_email_known", name=name)
        case CardQuestion.EMAIL:
            given = bool(email) and email != SKIPPED
            utterances.utter("utter_question_email_given" if given else "utter_question_email_none", email=email, name=name)


def answer_change_question(context: Context, question: CardQuestion, name: str) -> bool:
    """Answer a question at the card of a removal, or of taking an act back; return whether it is one that such a card has an answer to."""
    match question:
        case CardQuestion.WHEN:
            context.utterances.utter("utter_question_when_end")
        case CardQuestion.TOLD:
            context.utterances.utter("utter_question_told_end", name=name)
        case CardQuestion.DONE:
            context.utterances.utter("utter_question_done")
        case _:
            return False
    return True
