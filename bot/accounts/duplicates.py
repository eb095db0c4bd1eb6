"""Duplicates: whether two fiches, or a fiche and an account, are about the same person.

The strongest thing that both have decides: RPPS, then ADELI, then the e-mail with a similar name (practices share mailboxes), then
name and profession with the same place. Doubt means two people: joining the wrong one would open a dossier to a stranger.
"""

from __future__ import annotations

from rapidfuzz import fuzz

from bot.accounts.directory_record import Fiche
from bot.accounts.registry import Account
from bot.core.text_folding import fold

SIMILAR_NAMES = 70
"""Similarity of names (0 to 100) from which a shared e-mail means one person: a typing error or a name of use, not a colleague."""


def person_key(fiche: Fiche) -> str:
    """Return the folded name and profession, by which candidates are found."""
    return f"{_fold(fiche.family)} {_fold(fiche.given)}|{_fold(fiche.profession)}"


def same_person(one: Fiche, other: Fiche) -> bool:
    """Tell whether both fiches are about one person."""
    if one.rpps and other.rpps:
        return one.rpps == other.rpps
    if one.adeli and other.adeli:
        return one.adeli == other.adeli
    if one.email and one.email == other.email and _similar_names(one.name, other.name):
        return True
    return person_key(one) == person_key(other) and _same_place(one, other)


def is_account_of(fiche: Fiche, account: Account) -> bool:
    """Tell whether `account`, which has the fiche's e-mail or identifier, is this person's."""
    if fiche.rpps and account.rpps:
        return fiche.rpps == account.rpps
    if fiche.adeli and account.adeli:
        return fiche.adeli == account.adeli
    return fiche.email is not None and account.address(fiche.email) is not None and _similar_names(fiche.name, account.name)


def _same_place(one: Fiche, other: Fiche) -> bool:
    pairs = ((one.postal_code, other.postal_code), (one.city, other.city), (one.organization, other.organization))
    return any(a and b and _fold(a) == _fold(b) for a, b in pairs)


def _similar_names(one: str, other: str) -> bool:
    return fuzz.token_set_ratio(_fold(one), _fold(other)) >= SIMILAR_NAMES


def _fold(text: str) -> str:
    return fold(text) or " ".join(text.casefold().split())  # other scripts fold to nothing
