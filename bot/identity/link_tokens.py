"""Single-use tokens that link the chat in which they are shown (`/start <token>`): issued for an account, redeemed by a chat.

Only a token's hash is stored. Why a token is refused is never said, so that guessing teaches nothing.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account, AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.figures import count_figure
from bot.core.keyed_hash import keyed_hash, keyed_hashes
from bot.core.limits import Exhausted, Hit, count, hold
from bot.identity import lockout
from bot.identity.chat_links import link_chat, record_event, record_refused
from bot.identity.code_limits import Asking, source_of_chat
from bot.identity.errors import AccountClosed, IdentityError, LinkTokenInvalid, Locked
from bot.identity.tables import LinkToken
from bot.settings import Settings

RETENTION = timedelta(days=1)
"""How long after its end a token is still known to the chat that used it: a message may be delivered twice."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,60}")


async def issue_link_token(session: AsyncSession, secret: str, account_id: str, *, ttl: timedelta, now: datetime) -> str:
    """Return a new token of 32 characters of `[A-Za-z0-9_-]` (192 bits) for this account, in the caller's writing transaction."""
    token = secrets.token_urlsafe(24)
    await session.execute(delete(LinkToken).where(LinkToken.expires_at < now - RETENTION))
    session.add(LinkToken(token_hash=_hash(secret, token), account_id=account_id, expires_at=now + ttl))
    await record_event(session, account_id, "identity.link_token", None, "made", now)
    return token


class LinkTokens:
    """Issues and redeems link tokens."""

    def __init__(self, database: Database, registry: AccountRegistry, clock: Clock, settings: Settings) -> None:
        self._database, self._registry, self._clock = database, registry, clock
        self._secret, self._settings = settings.required("secret"), settings

    async def issue(self, account_id: str, ttl: timedelta) -> str:
        """Issue a token: see `Identity.new_link_token`."""
        async with self._database.writing() as session:
            return await issue_link_token(session, self._secret, account_id, ttl=ttl, now=self._clock.now())

    async def redeem(self, conversation_id: str, token: str) -> Account:
        """Redeem a token: see `Identity.redeem`."""
        subject = lockout.chat_subject(conversation_id)
        hashes = _hashes(self._secret, token)
        async with self._database.reading() as session:
            if until := lockout.locked_until(await lockout.read_counters(session, [subject], self._clock.now())):
                raise Locked(until)
            row = await _find(session, hashes)
        # The platform is asked before anything is written: one that is away costs nobody their token.
        account = await self._registry.get(row.account_id) if row is not None and self._is_usable(row, conversation_id) else None
        async with self._database.writing() as session:
            failure = await self._use(session, hashes, conversation_id, account)
        if failure is not None:  # raised only now: an exception inside would undo the count
            raise failure
        assert account is not None
        return account

    async def account_of(self, token: str) -> Account | None:
        """Return the account of a token that nobody used yet: see `Identity.account_of_link`."""
        async with self._database.reading() as session:
            row = await _find(session, _hashes(self._secret, token))
        if row is None or row.used_by is not None or row.expires_at <= self._clock.now():
            return None
        account = await self._registry.get(row.account_id)
        return account if account is not None and account.active else None

    async def _use(
        self, session: AsyncSession, hashes: tuple[str, ...], conversation_id: str, account: Account | None
    ) -> IdentityError | None:
        now = self._clock.now()
        row = await _find(session, hashes, with_for_update=True)
        if row is None or not self._is_usable(row, conversation_id):
            return await self._count_invalid(session, conversation_id, now)
        if account is None or not account.active:  # no limit holds a token that is good: nobody guesses one, and floods must not stop it
            await record_event(session, row.account_id, "identity.link", conversation_id, "account_closed", now)
            return AccountClosed()
        if row.used_by is None:
            row.used_by = conversation_id
            await link_chat(session, conversation_id, account, now=now, settings=self._settings)
        return None

    async def _count_invalid(self, session: AsyncSession, conversation_id: str, now: datetime) -> IdentityError:
        counters = await lockout.lock_counters(session, [lockout.chat_subject(conversation_id)], now)
        until, exhausted = lockout.locked_until(counters), await self._held(session, conversation_id, now)
        if until is None and exhausted is None:
            lockout.count_failure(counters, now)
            until = lockout.locked_until(counters)
            await count(session, await self._guesses(session, conversation_id), now)
            await count_figure(session, "link_token_wrong")
            if until is not None:
                await count_figure(session, "lock_chat")
        until = until or (exhausted.until if exhausted else None)
        await record_refused(session, None, "identity.link_token", conversation_id, "locked" if until else "refused", now)
        return Locked(until) if until else LinkTokenInvalid()

    async def _held(self, session: AsyncSession, conversation_id: str, now: datetime) -> Exhausted | None:
        return await hold(session, await self._guesses(session, conversation_id), now)

    async def _guesses(self, session: AsyncSession, conversation_id: str) -> list[Hit]:
        """Return what a token that is no good counts towards: whose it might be is not known."""
        asking = Asking(conversation_id, "", await source_of_chat(session, conversation_id), known=False)
        return asking.guesses(lifted=self._settings.lifts_limits)

    def _is_usable(self, row: LinkToken, conversation_id: str) -> bool:
        return row.used_by == conversation_id or (row.used_by is None and row.expires_at > self._clock.now())


def _hash(secret: str, token: str) -> str:
    return keyed_hash(secret, "link", token)


def _hashes(secret: str, token: str) -> tuple[str, ...]:
    """Return by what a token may be stored; one of another form is stored by nothing."""
    return keyed_hashes(secret, "link", token if _TOKEN.fullmatch(token) else "")


async def _find(session: AsyncSession, hashes: tuple[str, ...], *, with_for_update: bool = False) -> LinkToken | None:
    for token_hash in hashes:
        if (row := await session.get(LinkToken, token_hash, with_for_update=with_for_update)) is not None:
            return row
    return None
