"""How many account requests are taken: by chat, address on the network, target and installation, and by account where there is one.

Each request is read by a person and makes a mail, so that nobody may send them by the hundred.
"""

from __future__ import annotations

from datetime import timedelta

from bot.accounts.tables import AccountRequester
from bot.core.keyed_hash import keyed_hash
from bot.core.limits import Hit, Limit, Scope, applying

_DAY = timedelta(days=1)
PER_CHAT = Limit("requests_chat", Scope.CHAT, 5, _DAY)
PER_SOURCE = Limit("requests_source", Scope.SOURCE, 30, _DAY)
PER_TARGET = Limit("requests_target", Scope.ACCOUNT, 5, _DAY)
"""By the e-mail address that the account is asked for."""
OF_INSTALLATION = Limit("requests_installation", Scope.INSTALLATION, 300, _DAY)
PER_ACCOUNT = Limit("requests_account", Scope.ACCOUNT, 50, _DAY)
"""By the account of the requester: the other limits are of chats that are linked to none."""


def request_hits(requester: AccountRequester, target: str, source: str | None, *, secret: str, lifted: bool) -> list[Hit]:
    """Return what a request counts towards.

    Args:
        requester: who asks.
        target: e-mail address that the account is asked for.
        source: keyed hash of where the chat is used from, where that is known.
        secret: of the installation.
        lifted: whether limits by source and installation are lifted.
    """
    if requester.requester_id is not None:
        return [Hit(PER_ACCOUNT, requester.requester_id)]
    hits = [
        Hit(PER_CHAT, requester.conversation_id),
        Hit(PER_TARGET, keyed_hash(secret, "request-target", target.strip().lower())),
        Hit(OF_INSTALLATION),
        *([Hit(PER_SOURCE, source)] if source else []),
    ]
    return applying(hits, lifted=lifted)
