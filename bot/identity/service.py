"""Identity of conversations: linking by a one-time code sent to the account's professional e-mail, looking up, unlinking.

The other ways to be linked are in `link_tokens` and `sign_in`. A code has six digits, lasts 10 minutes and is used once. Nothing that
a chat sees tells whether an address has an account: the same steps are taken either way, and where there is none a code that nobody
knows is awaited.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.registry import Account, AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database, random_id
from bot.core.keyed_hash import keyed_hash
from bot.core.mail import MailCipher, mail_payload
from bot.identity import lockout
from bot.identity.chat_links import link_chat, record_event
from bot.identity.errors import AccountClosed, CodeExpired, IdentityError, Locked, NoCode, WrongCode
from bot.identity.link_tokens import LinkTokens
from bot.identity.oidc import is_configured
from bot.identity.sign_in import SignIns
from bot.identity.tables import ChatLink, LoginCode, LoginCounter
from bot.jobs.outbox import MAIL, enqueue
from bot.settings import Settings

CODE_TTL = timedelta(minutes=10)


class Identity:
    """Tells who a conversation is. Every change is written to the audit trail in the same transaction."""

    def __init__(self, database: Database, registry: AccountRegistry, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._settings = settings
        self._secret = settings.required("secret")
        self._mails = MailCipher(self._secret)
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
        """End this chat's link; return False where there was none."""
        async with self._database.writing() as session:
            link = await session.get(ChatLink, conversation_id)
            if link is None:
                return False
            await session.delete(link)
            await self._record(session, link.account_id, "identity.unlink", conversation_id, "asked")
            return True

    async def start_code(self, conversation_id: str, email: str) -> None:
        """Send a code to the account of this e-mail if there is one; nothing tells the caller whether there is.

        Raises Locked (too many wrong codes, or five unused codes in 15 minutes, for this chat or this address) and FhirUnavailable.
        """
        address = email.strip().lower()
        subjects = [lockout.chat_subject(conversation_id), self._address_subject(address)]
        if until := await self._limited_until(subjects):
            raise Locked(until)
        account = await self._registry.by_email(address)
        code, now = f"{secrets.randbelow(10**6):06d}", self._clock.now()
        mail = mail_payload(
            account.email if account else address,
            "identity/login_code",
            code=code,
            minutes=CODE_TTL // timedelta(minutes=1),
            support_phone=self._settings.support_phone,
            support_email=self._settings.support_email,
        )
        payload = self._mails.seal(mail, holds_code=True, until=now + CODE_TTL)
        async with self._database.writing() as session:
            counters = await lockout.lock_counters(session, subjects, now)
            until = lockout.locked_until(counters) or lockout.next_code_at(counters)
            if until is None:
                lockout.count_code(counters, now)
                await self._store_code(session, conversation_id, account, subjects[1], code)
                actor, outcome = (account.id, "sent") if account else (None, "unknown")
                await self._record(session, actor, "identity.code", conversation_id, outcome)
                if account is not None:
                    await enqueue(session, kind=MAIL, key=f"login-code:{random_id()}", payload=payload, now=now)
        if until is not None:
            raise Locked(until)

    async def check_code(self, conversation_id: str, code: str) -> Account:
        """Link this chat to the account whose code this is, and return the account.

        Spaces in the code do not matter; what is not six digits is wrong but not counted as a try. Raises WrongCode, Locked (at
        the fifth wrong code, and while locked even for the right one), CodeExpired, NoCode, AccountClosed, and FhirUnavailable, after
        which the code is still good.
        """
        account_id = await self._verify(conversation_id, code, use=False)
        account = await self._registry.get(account_id)
        closed = account is None or not account.active
        # The code is used up only now, so that an unreachable platform costs nobody their code.
        await self._verify(conversation_id, code, use=True, link=not closed)
        if account is None or closed:
            raise AccountClosed
        return account

    async def new_link_token(self, account_id: str, ttl: timedelta) -> str:
        """Return a token of 32 characters of `[A-Za-z0-9_-]` that links, once, the chat in which it is shown to this account."""
        return await self._link_tokens.issue(account_id, ttl)

    async def redeem(self, conversation_id: str, token: str) -> Account:
        """Link this chat to the account whose token this is, and return the account.

        The same chat may show the token again, since a message may be delivered twice. Raises LinkTokenInvalid (unknown, too old, or
        another chat's: not telling which), Locked (at the fifth such token, and while
        locked even for a good one), AccountClosed, and FhirUnavailable, after which the token is still good.
        """
        return await self._link_tokens.redeem(conversation_id, token)

    async def new_sign_in_link(self, conversation_id: str) -> str | None:
        """Return the URL of a page that links this chat by OpenID Connect, good for ten minutes; None where no issuer is configured."""
        return await self.sign_ins.create_link(conversation_id) if is_configured(self._settings) else None

    async def _verify(self, conversation_id: str, code: str, *, use: bool, link: bool = False) -> str:
        """Return the account id of the right code. Failures are counted before they are raised: an exception would undo them."""
        failure: IdentityError | None
        async with self._database.writing() as session:
            verdict = await self._check(session, conversation_id, code)
            failure = verdict if isinstance(verdict, IdentityError) else None
            if isinstance(verdict, LoginCode) and verdict.account_id is not None and use:
                await session.delete(verdict)
                await self._use(session, verdict.account_id, conversation_id, verdict.limit_subject, link=link)
        if failure is not None:
            raise failure
        assert isinstance(verdict, LoginCode)
        assert verdict.account_id is not None  # a code without account is never right
        return verdict.account_id

    async def _check(self, session: AsyncSession, conversation_id: str, code: str) -> LoginCode | IdentityError:
        now = self._clock.now()
        awaited = await session.get(LoginCode, conversation_id, with_for_update=True)
        subjects = [lockout.chat_subject(conversation_id)] + ([awaited.limit_subject] if awaited else [])
        counters = await lockout.lock_counters(session, subjects, now)
        if until := lockout.locked_until(counters):
            return Locked(until)
        if awaited is None:
            return NoCode()
        if awaited.expires_at <= now:
            await session.delete(awaited)
            return CodeExpired()
        given = re.sub(r"\s", "", code)
        if not re.fullmatch(r"[0-9]{6}", given):
            return WrongCode(lockout.tries_left(counters))
        right = hmac.compare_digest(awaited.code_hash, self._hash(conversation_id, given))
        if right and awaited.account_id is not None:
            return awaited
        return await self._count_wrong(session, awaited, counters, now)

    async def _count_wrong(self, session: AsyncSession, awaited: LoginCode, counters: list[LoginCounter], now: datetime) -> IdentityError:
        lockout.count_failure(counters, now)
        until = lockout.locked_until(counters)
        await self._record(session, awaited.account_id, "identity.wrong_code", awaited.conversation_id, "locked" if until else "refused")
        if until is None:
            return WrongCode(lockout.tries_left(counters))
        await session.delete(awaited)
        return Locked(until)

    async def _use(self, session: AsyncSession, account_id: str, conversation_id: str, subject: str, *, link: bool) -> None:
        now = self._clock.now()
        for counter in await lockout.lock_counters(session, [subject], now):
            lockout.reset(counter)
        if not link:
            await self._record(session, account_id, "identity.link", conversation_id, "account_closed")
            return
        await link_chat(session, conversation_id, account_id, now=now, days=self._settings.link_days)

    async def _store_code(self, session: AsyncSession, conversation_id: str, account: Account | None, subject: str, code: str) -> None:
        now = self._clock.now()
        await session.execute(delete(LoginCode).where(LoginCode.expires_at <= now))
        await lockout.delete_stale(session, now)
        await session.merge(
            LoginCode(
                conversation_id=conversation_id,
                account_id=account.id if account else None,
                limit_subject=subject,
                code_hash=self._hash(conversation_id, code),
                expires_at=now + CODE_TTL,
            )
        )

    async def _limited_until(self, subjects: list[str]) -> datetime | None:
        """Return until when no code may be sent, before the platform is asked anything; None where one may be sent."""
        now = self._clock.now()
        async with self._database.reading() as session:
            counters = await lockout.read_counters(session, subjects, now)
        return lockout.locked_until(counters) or lockout.next_code_at(counters)

    async def _end_link(self, link: ChatLink, outcome: str) -> None:
        async with self._database.writing() as session:
            current = await session.scalar(
                select(ChatLink).where(ChatLink.conversation_id == link.conversation_id, ChatLink.linked_at == link.linked_at)
            )
            if current is not None:  # else it was ended or replaced meanwhile
                await session.delete(current)
                await self._record(session, link.account_id, "identity.unlink", link.conversation_id, outcome)

    async def _record(self, session: AsyncSession, actor: str | None, action: str, conversation_id: str, outcome: str) -> None:
        await record_event(session, actor, action, conversation_id, outcome, self._clock.now())

    def _address_subject(self, address: str) -> str:
        return f"account:{self._mac('address', address)}"

    def _hash(self, conversation_id: str, code: str) -> str:
        return self._mac("code", conversation_id, code)

    def _mac(self, *parts: str) -> str:
        return keyed_hash(self._secret, *parts)
