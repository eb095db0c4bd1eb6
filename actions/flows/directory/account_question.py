"""« Est-ce que le Dr Souleault a un compte chez vous ? »: questions about whether a professional has an account."""

from __future__ import annotations

import re

from bot.core.text_folding import MAX_CHARACTERS, fold

_ADVERBS = r"(?: (?:t )?(?:il|elle|on|ils|elles|t il|t elle))?(?: (?:deja|bien|toujours|encore|donc|pas|plus|jamais))*"
_ON_SPHERE = r"(?:sur|dans|chez|a|avec) (?:sphere|vous|la plateforme|la plate forme|l outil)"
_HAS_ACCOUNT = re.compile(
    rf"\b(?:a|as|ont|aurait|possede|possedent|dispose|disposent){_ADVERBS} (?:(?:un|une|de|d un|d|son|leur) )?"
    rf"(?:comptes?|acces (?:a )?sphere|identifiants?|codes? (?:d acces )?sphere)\b"
    rf"|\b(?:est|sont){_ADVERBS} (?:(?:bien|deja|inscrit|enregistre|connu|reference|present|abonne)(?:e|s|es)? )*(?:deja )?{_ON_SPHERE}\b"
    r"|\butilise(?:nt)?(?: (?:il|elle))?(?: (?:deja|bien))? (?:sphere|la plateforme|l outil)\b"
)
_QUESTION = re.compile(
    r"\b(?:est ce (?:que|qu)|esk|savoir si|sais si|savez vous si|dire si|verifi\w+ si|voir si|t il|t elle|a t|ont ils|qui|si)\b"
)
_ABOUT_ONESELF = re.compile(r"\b(?:j ai|ai je|je n ai|je suis|suis je|mon|ma|mes|moi)\b(?! (?:collegue|confrere|associe|remplacant))")
_ORDER = re.compile(
    r"\b(?:ajout|cr[ée]e|demand|associ|invit|donn|retir|enlev)(?:e|es|ez|er)(?!\w)|\b(?:veux|voudrais (?!savoir)"
    r"|faut|faudrait|besoin d|mets|mettez)\b"
)


def asks_for_account(text: str) -> bool:
    """Return whether a message asks if somebody has an account of the platform; an order, or a statement, asks nothing."""
    if len(text) > MAX_CHARACTERS:
        return False
    words = fold(text.replace("’", "'"))
    if not _HAS_ACCOUNT.search(words) or _ABOUT_ONESELF.search(words) or _ORDER.search(words):
        return False
    return "?" in text or bool(_QUESTION.search(words))
