"""Identity of conversations: linking by a one-time code sent to the account's professional e-mail, looking up, unlinking.

The other ways to be linked are in `link_tokens` and `sign_in`. A code has six digits, lasts 10 minutes and is used once. Nothing that
a chat sees tells whether an address has an account: the same steps are taken either way, and where there is none a code that nobody
knows is awaited.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account, AccountRegistry
from bot.core.clock import PARIS, Clock, french_hour
from bot.core.database import Database, random_id
from bot.core.encryption import ADDRESSES, Cipher, DecryptionFailed
from bot.core.figures import count_figure
from bot.core.keyed_hash import is_keyed_hash, keyed_hash
from bot.core.limits import Hit, clear, count, delete_over, give_back, hold, take
from bot.core.mail import MailCipher, mail_payload
from bot.identity import code_limits, lockout
from bot.identity.chat_links import link_chat, record_code_sent, record_event, record_refused
from bot.identity.chat_sessions import Ended, end_sessions
from bot.identity.code_limits import WRONG_PER_ADDRESS, Asking
from bot.identity.errors import AccountClosed, CodeExpired, IdentityError, Locked, NoCode, TooManyCodes, WrongCode
from bot.identity.link_ends import end_link, revoke_tokens
from bot.identity.link_tokens import LinkTokens
from bot.identity.oidc import is_configured
from bot.identity.sign_in import SignIns
from bot.identity.tables import ChatLink, LoginCode, LoginCounter
from bot.jobs.outbox import MAIL, enqueue
from bot.settings import Settings

CODE_TTL = timedelta(minutes=10)
MAX_SOURCES = 10_000
"""Chats of which this process remembers, for a minute, that it has written down where they are used from."""
USE_INTERVAL = timedelta(hours=1)
"""How often it is written at the most that a linked chat is used."""


class Identity:
    """Tells who a conversation is. Every change is written to the audit trail in the same transaction."""

    def __init__(self, database: Database, registry: AccountRegistry, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._settings = settings
        self._secret = settings.required("secret")
        self._mails = MailCipher(self._secret)
        self._sources: OrderedDict[str, tuple[str, datetime]] = OrderedDict()
        self._cipher, self._lifted = Cipher(self._secret, ADDRESSES), settings.lifts_limits
        self._link_tokens = LinkTokens(database, registry, clock, settings)
        self.sign_ins = SignIns(database, registry, clock, settings)

    async def linked_account_id(self, conversation_id: str) -> str | None:
        """Return the id of the account this chat is linked to, from the database alone; the platform is not asked if it is still open."""
        async with self._database.reading() as session:
            link = await session.get(ChatLink, conversation_id)
        return link.account_id if link is not None and link.expires_at > self._clock.now() else None

    async def person_of(self, conversation_id: str) -> Account | None:
        """Return the account this chat is linked to, as the platform has it now; None where there is no link (any more).

        Ends a link that expired or whose account was closed. Raises FhirUnavailable, after which the link is kept.
        """
        async with self._database.reading() as session:
            link = await session.get(ChatLink, conversation_id)
        if link is None:
            return None
        if link.expires_at <= self._clock.now():
            await self._end_link(link, "expired")
            return None
        account = await self._registry.get(link.account_id)
        if account is None or not account.active:
            await self._end_link(link, "account_closed")
            return None
        return account

    async def unlink(self, conversation_id: str) -> bool:
        """End this chat's link, and the sessions of the web chat that read it; return False where there was no link."""
        now = self._clock.now()
        async with self._database.writing() as session:
            link = await session.get(ChatLink, conversation_id)
            if link is None:
                await end_sessions(session, conversation_id, Ended.UNLINKED, now)
                return False
            await end_link(session, link, "asked", now)
            return True

    async def unlink_account_of(self, email: str) -> int | None:
        """End the links of every chat of the account of this e-mail, and the tokens that would link one, as support does.

        Return how many links there were, None for no open account.

        Raises FhirUnavailable.
        """
        account = await self._registry.by_email(email.strip().lower())
        if account is None:
            return None
        async with self._database.writing() as session:
            links = list(await session.scalars(select(ChatLink).where(ChatLink.account_id == account.id)))
            for link in links:
                await end_link(session, link, "support", self._clock.now())
            await revoke_tokens(session, account.id)
        return len(links)

    async def needs_proof(self, conversation_id: str) -> bool:
        """Return whether this chat is linked, but was not used for so long (PROOF_DAYS) that it must prove by a code whose it is."""
        async with self._database.reading() as session:
            link = await session.get(ChatLink, conversation_id)
        return link is not None and self._is_silent(link)

    async def note_use(self, conversation_id: str) -> None:
        """Note that the account is used in this chat, unless it must prove first whose it is."""
        now = self._clock.now()
        async with self._database.reading() as session:
            link = await session.get(ChatLink, conversation_id)
        if link is None or self._is_silent(link) or (link.used_at is not None and link.used_at + USE_INTERVAL > now):
            return
        same = (ChatLink.conversation_id == conversation_id, ChatLink.linked_at == link.linked_at)
        async with self._database.writing() as session:
            await session.execute(update(ChatLink).where(*same).values(used_at=now))

    async def note_source(self, conversation_id: str, source: str) -> None:
        """Note where on the network this chat is used from; limits by source count by it. Nothing but a keyed hash is kept, for a day."""
        if not source:
            return
        hashed, now = self._mac("source", source), self._clock.now()
        if self._sources.get(conversation_id) == (hashed, now.replace(second=0, microsecond=0)):
            return
        self._sources[conversation_id] = (hashed, now.replace(second=0, microsecond=0))
        if len(self._sources) > MAX_SOURCES:
            self._sources.popitem(last=False)
        async with self._database.reading() as session:
            if await code_limits.is_source_fresh(session, conversation_id, hashed, now):
                return
        async with self._database.writing() as session:
            await code_limits.write_source(session, conversation_id, hashed, now)

    async def start_code(self, conversation_id: str, email: str) -> None:
        """Send a code to the account of this e-mail if there is one; nothing tells the caller whether there is.

        Raises Locked (too many wrong codes in this chat), TooManyCodes (`bot.identity.code_limits`) and FhirUnavailable.
        """
        address = email.strip().lower()
        chat = [lockout.chat_subject(conversation_id)]
        async with self._database.reading() as session:  # before the platform is asked anything
            if until := lockout.locked_until(await lockout.read_counters(session, chat, self._clock.now())):
                raise Locked(until)
        account = await self._registry.by_email(address)
        to = (account.address(address) if account else None) or address
        code, now = f"{secrets.randbelow(10**6):06d}", self._clock.now()
        mail = mail_payload(
            to,
            "identity/login_code",
            code=code,
            minutes=CODE_TTL // timedelta(minutes=1),
            support_phone=self._settings.support_phone,
            support_email=self._settings.support_email,
        )
        payload = self._mails.seal(mail, holds_code=True, until=now + CODE_TTL)
        refused: Locked | None = None
        async with self._database.writing() as session:
            asking = await self._asking(session, conversation_id, self._mac("address", address), account.id if account else None)
            until = lockout.locked_until(await lockout.lock_counters(session, chat, now))
            exhausted = await take(session, asking.sends(lifted=self._lifted), now) if until is None else None
            if until is not None:
                refused = Locked(until)
            elif exhausted is not None:
                refused = TooManyCodes(exhausted.until)
                await record_refused(session, account.id if account else None, "identity.code", conversation_id, "limited", now)
            else:
                await self._store_code(session, conversation_id, account, asking.address, code, to)
                await count_figure(session, "code_sent" if account else "code_unknown")
                if account is not None:
                    await enqueue(session, kind=MAIL, key=f"login-code:{random_id()}", payload=payload, now=now)
                    await record_code_sent(session, account.id, conversation_id, now)
                else:
                    await record_refused(session, None, "identity.code", conversation_id, "unknown", now)
        if refused is not None:
            raise refused

    async def check_code(self, conversation_id: str, code: str) -> Account:
        """Link this chat to the account whose code this is, and return the account.

        Spaces in the code do not matter; what is not six digits is wrong but not counted as a try. Raises WrongCode, Locked (at
        the fifth wrong code, and while locked even for the right one), CodeExpired, NoCode, AccountClosed, and OtherAccountLinked and
        FhirUnavailable, after which the code is still good.
        """
        account_id = await self._verify(conversation_id, code)
        account = await self._registry.get(account_id)
        # The code is used up only now, so that an unreachable platform costs nobody their code.
        await self._verify(conversation_id, code, used_by=account if account is not None and account.active else None, use=True)
        if account is None or not account.active:
            raise AccountClosed
        return account

    async def new_link_token(self, account_id: str, ttl: timedelta) -> str:
        """Return a token of 32 characters of `[A-Za-z0-9_-]` that links, once, the chat in which it is shown to this account."""
        return await self._link_tokens.issue(account_id, ttl)

    async def redeem(self, conversation_id: str, token: str) -> Account:
        """Link this chat to the account whose token this is, and return the account.

        The same chat may show the token again, since a message may be delivered twice. Raises LinkTokenInvalid (unknown, too old, or
        another chat's: not telling which), Locked (at the fifth such token, and while
        locked even for a good one), AccountClosed, and OtherAccountLinked and FhirUnavailable, after which the token is still good.
        """
        return await self._link_tokens.redeem(conversation_id, token)

    async def account_of_link(self, token: str) -> Account | None:
        """Return the open account that a token would link a chat to; nothing is used up. None where it is good for nothing (any more).

        Raises FhirUnavailable.
        """
        return await self._link_tokens.account_of(token)

    async def new_sign_in_link(self, conversation_id: str) -> str | None:
        """Return the URL of a page that links this chat by OpenID Connect, good for ten minutes; None where no issuer is configured."""
        return await self.sign_ins.create_link(conversation_id) if is_configured(self._settings) else None

    async def _verify(self, conversation_id: str, code: str, *, use: bool = False, used_by: Account | None = None) -> str:
        """Return the account id of the right code. Failures are counted before they are raised: an exception would undo them."""
        failure: IdentityError | None
        async with self._database.writing() as session:
            verdict = await self._check(session, conversation_id, code)
            failure = verdict if isinstance(verdict, IdentityError) else None
            if isinstance(verdict, LoginCode) and verdict.account_id is not None and use:
                await session.delete(verdict)
                await self._use(session, verdict, used_by)
        if failure is not None:
            raise failure
        assert isinstance(verdict, LoginCode)
        assert verdict.account_id is not None  # a code without account is never right
        return verdict.account_id

    async def _check(self, session: AsyncSession, conversation_id: str, code: str) -> LoginCode | IdentityError:
        now = self._clock.now()
        awaited = await session.get(LoginCode, conversation_id, with_for_update=True)
        counters = await lockout.lock_counters(session, [lockout.chat_subject(conversation_id)], now)
        if until := lockout.locked_until(counters):
            return Locked(until)
        if awaited is None:
            return NoCode()
        asking = await self._asking(session, conversation_id, awaited.limit_subject, awaited.account_id)
        if exhausted := await hold(session, asking.guesses(lifted=self._lifted), now):
            return Locked(exhausted.until)
        if awaited.expires_at <= now:
            await session.delete(awaited)
            return CodeExpired()
        given = re.sub(r"\s", "", code)
        if not re.fullmatch(r"[0-9]{6}", given):
            return WrongCode(lockout.tries_left(counters))
        right = is_keyed_hash(awaited.code_hash, self._secret, "code", conversation_id, given)
        if right and awaited.account_id is not None:
            return awaited
        return await self._count_wrong(session, awaited, asking, counters, now)

    async def _count_wrong(
        self, session: AsyncSession, awaited: LoginCode, asking: Asking, counters: list[LoginCounter], now: datetime
    ) -> IdentityError:
        lockout.count_failure(counters, now)
        reached = await count(session, [*asking.guesses(lifted=self._lifted), Hit(WRONG_PER_ADDRESS, asking.address)], now)
        await count_figure(session, "code_wrong")
        until = lockout.locked_until(counters)
        if any(exhausted.limit is WRONG_PER_ADDRESS for exhausted in reached):
            await self._tell_of_guesses(session, awaited, now)
        if until is not None:
            await count_figure(session, "lock_chat")
            await session.delete(awaited)
        outcome = "locked" if until else "refused"
        await record_refused(session, awaited.account_id, "identity.wrong_code", awaited.conversation_id, outcome, now)
        return Locked(until) if until else WrongCode(lockout.tries_left(counters))

    async def _tell_of_guesses(self, session: AsyncSession, awaited: LoginCode, now: datetime) -> None:
        """Mail the holder of the account that many wrong codes came for; for an unknown address the same is done but the mail."""
        at, address = now.astimezone(PARIS), ""
        with suppress(DecryptionFailed):  # SECRET was changed within the ten minutes of a code
            address = self._cipher.decrypt(awaited.sealed_address or "")
        mail = mail_payload(
            address,
            "identity/wrong_codes",
            day=f"{at:%d/%m/%Y}",
            hour=french_hour(at.time()),
            support_phone=self._settings.support_phone,
            support_email=self._settings.support_email,
        )
        if awaited.account_id is not None and address:
            await enqueue(session, kind=MAIL, key=f"wrong-codes:{random_id()}", payload=self._mails.seal(mail), now=now)

    async def _use(self, session: AsyncSession, used: LoginCode, account: Account | None) -> None:
        now = self._clock.now()
        asking = await self._asking(session, used.conversation_id, used.limit_subject, used.account_id)
        await clear(session, asking.of_address)
        await give_back(session, asking.unused(lifted=self._lifted), now)
        await count_figure(session, "code_right")
        if account is None:
            await self._record(session, used.account_id, "identity.link", used.conversation_id, "account_closed")
            return
        await link_chat(session, used.conversation_id, account, now=now, settings=self._settings)

    async def _asking(self, session: AsyncSession, conversation_id: str, address: str, account_id: str | None) -> Asking:
        known = await code_limits.is_known(session, conversation_id, account_id)
        return Asking(conversation_id, address, await code_limits.source_of_chat(session, conversation_id), known)

    async def _store_code(
        self, session: AsyncSession, conversation_id: str, account: Account | None, subject: str, code: str, address: str
    ) -> None:
        now = self._clock.now()
        await session.execute(delete(LoginCode).where(LoginCode.expires_at <= now))
        await lockout.delete_stale(session, now)
        await delete_over(session, now)
        await session.merge(
            LoginCode(
                conversation_id=conversation_id,
                account_id=account.id if account else None,
                limit_subject=subject,
                code_hash=self._hash(conversation_id, code),
                sealed_address=self._cipher.encrypt(address),
                expires_at=now + CODE_TTL,
            )
        )

    def _is_silent(self, link: ChatLink) -> bool:
        now = self._clock.now()
        return link.expires_at > now and (link.used_at or link.linked_at) + timedelta(days=self._settings.proof_days) <= now

    async def _end_link(self, link: ChatLink, outcome: str) -> None:
        async with self._database.writing() as session:
            current = await session.scalar(
                select(ChatLink).where(ChatLink.conversation_id == link.conversation_id, ChatLink.linked_at == link.linked_at)
            )
            if current is not None:  # else it was ended or replaced meanwhile
                await end_link(session, current, outcome, self._clock.now())

    async def _record(self, session: AsyncSession, actor: str | None, action: str, conversation_id: str, outcome: str) -> None:
        await record_event(session, actor, action, conversation_id, outcome, self._clock.now())

    def _hash(self, conversation_id: str, code: str) -> str:
        return self._mac("code", conversation_id, code)

    def _mac(self, *parts: str) -> str:
        return keyed_hash(self._secret, *parts)
