"""Somebody whom the imported list does not have, looked up in the national directory: for whom that is done, and whom it has."""

from __future__ import annotations

from actions.framework.context import Context, LinkEnded
from actions.framework.own_usagers import usager_mentions
from bot.core.text_folding import fold
from bot.directory.live.lookup import NotLookedUp, meets_name
from bot.directory.search import Match, Query
from bot.fhir.errors import FhirUnavailable


async def search_live(context: Context, query: Query, matches: list[Match]) -> list[Match]:
    """Return whom the national directory has beside the matches of the imported list. Raise NotLookedUp where it does not answer.

    It is asked only where nobody of the list bears the name or has the number, and never for somebody who may be an usager of the user's
    dossiers: such a name does not leave.
    """
    live = context.services.live_directories.lookup
    if live is None or any(map(meets_name, matches)) or not (query.name or query.rpps):
        return []
    if query.name and await _may_be_usager(context, query.name):
        return []
    known = {match.professional.key for match in matches}
    return [match for match in await live.search(query) if match.professional.key not in known]


async def _may_be_usager(context: Context, name: str) -> bool:
    """Return whether all of a name is that of an usager of the user's own dossiers. Raise NotLookedUp where that cannot be known.

    On an untrusted channel such names are masked before anything is read from them.
    """
    if not context.turn.trusted or not await context.is_linked():
        return False
    try:
        own = await context.dossiers.to_compare(await context.account_reference())
    except (FhirUnavailable, LinkEnded):
        raise NotLookedUp from None
    words = len(fold(name).split())
    return any(len(fold(name[mention.start : mention.end]).split()) == words for mention in usager_mentions(name, own))
