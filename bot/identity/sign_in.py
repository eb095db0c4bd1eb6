"""Linking a chat by OpenID Connect: the link that leads from the chat to the page, and the state between page, issuer and callback.

Everything that comes back must fit together: the state (used once, ten minutes), the cookie of the browser that left for the
issuer, and the nonce in the ID token. Nonce and PKCE verifier are derived from cookie and state, so neither is stored.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from bot.accounts.registry import Account, AccountRegistry
from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.keyed_hash import keyed_hash
from bot.identity.chat_links import link_chat, record_event
from bot.identity.oidc import Identified
from bot.identity.tables import SignIn
from bot.settings import Settings

SIGN_IN_TTL = timedelta(minutes=10)
"""Of the link that a chat gives, and again of the state from when the browser leaves for the issuer."""


class SignInExpired(Exception):
    """The link or the state is unknown, too old, already used, or of another browser."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class AuthorizationRequest:
    """What goes to the issuer with the browser; the verifier follows when the code is exchanged."""

    state: str
    nonce: str
    verifier: str
    """PKCE: 64 characters."""


@dataclass(frozen=True)
class SignInCallback:
    """A browser that came back with its state: which chat it is about, and what the issuer's answer must fit."""

    conversation_id: str
    token_hash: str
    nonce: str
    verifier: str


class SignIns:
    """The sign-ins under way."""

    def __init__(self, database: Database, registry: AccountRegistry, clock: Clock, settings: Settings) -> None:
        self._database, self._registry, self._clock, self._settings = database, registry, clock, settings
        self._secret = settings.required("secret")

    async def offer(self, conversation_id: str) -> str:
        """The address of the page for this chat."""
        token, now = secrets.token_urlsafe(24), self._clock.now()
        over = (SignIn.expires_at < now, SignIn.state_until.is_(None) | (SignIn.state_until < now))
        async with self._database.writing() as session:
            await session.execute(delete(SignIn).where(*over))
            row = SignIn(token_hash=self._hash("sign-in", token), conversation_id=conversation_id, expires_at=now + SIGN_IN_TTL)
            session.add(row)
        return f"{self._settings.own_url}/link?t={token}"

    async def chat_of(self, token: str) -> str:
        """The conversation that a link is about; nothing is used up, for previews of links open them too. Raises SignInOver."""
        good = (SignIn.token_hash == self._hash("sign-in", token), SignIn.expires_at > self._clock.now())
        async with self._database.reading() as session:
            found = await session.scalar(select(SignIn.conversation_id).where(*good))
        if found is None:
            raise SignInExpired
        return found

    async def start(self, token: str, browser: str) -> AuthorizationRequest:
        """The browser with this cookie leaves for the issuer; what was begun by the same link before is over. Raises SignInOver."""
        state, now = secrets.token_urlsafe(24), self._clock.now()
        good = (SignIn.token_hash == self._hash("sign-in", token), SignIn.expires_at > now)
        begun = {"state_hash": self._hash("state", state), "browser_hash": self._hash("browser", browser)}
        leave = update(SignIn).where(*good).values(**begun, state_until=now + SIGN_IN_TTL)
        async with self._database.writing() as session:
            if await session.scalar(leave.returning(SignIn.token_hash)) is None:
                raise SignInExpired
        return AuthorizationRequest(state, *self._derived(browser, state))

    async def come_back(self, state: str, browser: str) -> SignInCallback:
        """Use a state up. Raises SignInOver, and then a state that is another browser's stays good."""
        mine = (SignIn.state_hash == self._hash("state", state), SignIn.browser_hash == self._hash("browser", browser))
        use = update(SignIn).where(*mine, SignIn.state_until > self._clock.now()).values(state_hash=None)
        async with self._database.writing() as session:
            found = (await session.execute(use.returning(SignIn.conversation_id, SignIn.token_hash))).one_or_none()
        if found is None:
            raise SignInExpired
        return SignInCallback(found.conversation_id, found.token_hash, *self._derived(browser, state))

    async def finish(self, back: SignInCallback, who: Identified) -> Account | None:
        """Link the chat to the account of whom the issuer vouches for; None where they have none. The link is used up either way.

        Raises FhirUnavailable, after which the link is still good, and SignInOver where it was used meanwhile.
        """
        account = await self._account(who)
        now = self._clock.now()
        async with self._database.writing() as session:
            used = delete(SignIn).where(SignIn.token_hash == back.token_hash)
            if await session.scalar(used.returning(SignIn.token_hash)) is None:
                raise SignInExpired
            actor, outcome = (account.id, "linked") if account else (None, "no_account")
            await record_event(session, actor, "identity.sign_in", back.conversation_id, outcome, now)
            if account is not None:
                await link_chat(session, back.conversation_id, account.id, now=now, days=self._settings.link_days)
        return account

    async def _account(self, who: Identified) -> Account | None:
        """By national number, then by an address that the issuer verified, unless that account is of another number."""
        account = await self._registry.by_identifier(rpps=who.rpps or None, adeli=who.adeli or None)
        if account is not None or not who.email:
            return account
        account = await self._registry.by_email(who.email)
        return account if account is not None and _fits(account, who) else None

    def _derived(self, browser: str, state: str) -> tuple[str, str]:
        return self._hash("nonce", browser, state), self._hash("verifier", browser, state)

    def _hash(self, *parts: str) -> str:
        return keyed_hash(self._secret, *parts)


def _fits(account: Account, who: Identified) -> bool:
    known = ((account.rpps, who.rpps), (account.adeli, who.adeli))
    return all(not ours or not theirs or ours == theirs for ours, theirs in known)
