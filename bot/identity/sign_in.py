"""Linking a chat by OpenID Connect: the link from the chat to the sign-in page, and the state between page, issuer and callback.

State (used once, ten minutes), the cookie of the browser that left for the issuer, and the nonce in the ID token must all belong
together. Nonce and PKCE verifier are derived from cookie and state, so neither is stored.
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
from bot.identity.oidc import VerifiedIdentity
from bot.identity.tables import SignIn
from bot.settings import Settings

SIGN_IN_TTL = timedelta(minutes=10)
"""Lifetime of the link that a chat gives, and again of the state from when the browser leaves for the issuer."""


class SignInExpired(Exception):
    """The link or the state is unknown, too old, already used, or another browser's."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").splitlines()[0])


@dataclass(frozen=True)
class AuthorizationRequest:
    """What the browser takes to the issuer; the verifier follows when the code is exchanged."""

    state: str
    nonce: str
    verifier: str
    """PKCE code verifier: 64 characters."""


@dataclass(frozen=True)
class SignInCallback:
    """A browser that came back with its state: which chat it is about, and what the issuer's answer must match."""

    conversation_id: str
    token_hash: str
    nonce: str
    verifier: str


class SignIns:
    """Keeps the sign-ins under way."""

    def __init__(self, database: Database, registry: AccountRegistry, clock: Clock, settings: Settings) -> None:
        self._database, self._registry, self._clock, self._settings = database, registry, clock, settings
        self._secret = settings.required("secret")

    async def create_link(self, conversation_id: str) -> str:
        """Return the absolute URL of the sign-in page for this chat; sign-ins that are over are deleted."""
        token, now = secrets.token_urlsafe(24), self._clock.now()
        over = (SignIn.expires_at < now, SignIn.state_until.is_(None) | (SignIn.state_until < now))
        async with self._database.writing() as session:
            await session.execute(delete(SignIn).where(*over))
            row = SignIn(token_hash=self._hash("sign-in", token), conversation_id=conversation_id, expires_at=now + SIGN_IN_TTL)
            session.add(row)
        return f"{self._settings.own_url}/link?t={token}"

    async def conversation_of(self, token: str) -> str:
        """Return the id of the conversation that a link is about.

        Uses nothing up, since chat platforms open links to preview them. Raises SignInExpired.
        """
        usable = (SignIn.token_hash == self._hash("sign-in", token), SignIn.expires_at > self._clock.now())
        async with self._database.reading() as session:
            conversation_id = await session.scalar(select(SignIn.conversation_id).where(*usable))
        if conversation_id is None:
            raise SignInExpired
        return conversation_id

    async def start(self, token: str, browser: str) -> AuthorizationRequest:
        """Send the browser with this cookie to the issuer; this ends a sign-in started by the same link before.

        Raises SignInExpired.

        Args:
            token: the token of the link.
            browser: the value of the browser's cookie.
        """
        state, now = secrets.token_urlsafe(24), self._clock.now()
        usable = (SignIn.token_hash == self._hash("sign-in", token), SignIn.expires_at > now)
        started = {"state_hash": self._hash("state", state), "browser_hash": self._hash("browser", browser)}
        start = update(SignIn).where(*usable).values(**started, state_until=now + SIGN_IN_TTL)
        async with self._database.writing() as session:
            if await session.scalar(start.returning(SignIn.token_hash)) is None:
                raise SignInExpired
        return AuthorizationRequest(state, *self._derived(browser, state))

    async def use_state(self, state: str, browser: str) -> SignInCallback:
        """Use a state up. Raises SignInExpired, after which the state of another browser is still good."""
        matches = (SignIn.state_hash == self._hash("state", state), SignIn.browser_hash == self._hash("browser", browser))
        use = update(SignIn).where(*matches, SignIn.state_until > self._clock.now()).values(state_hash=None)
        async with self._database.writing() as session:
            found = (await session.execute(use.returning(SignIn.conversation_id, SignIn.token_hash))).one_or_none()
        if found is None:
            raise SignInExpired
        return SignInCallback(found.conversation_id, found.token_hash, *self._derived(browser, state))

    async def finish(self, callback: SignInCallback, who: VerifiedIdentity) -> Account | None:
        """Link the chat to the account of the person whom the issuer vouches for; None where they have none.

        The link is used up either way.

        Raises FhirUnavailable, after which the link is still good, and SignInExpired where it was used meanwhile.
        """
        account = await self._account(who)
        now = self._clock.now()
        async with self._database.writing() as session:
            used = delete(SignIn).where(SignIn.token_hash == callback.token_hash)
            if await session.scalar(used.returning(SignIn.token_hash)) is None:
                raise SignInExpired
            actor, outcome = (account.id, "linked") if account else (None, "no_account")
            await record_event(session, actor, "identity.sign_in", callback.conversation_id, outcome, now)
            if account is not None:
                await link_chat(session, callback.conversation_id, account, now=now, settings=self._settings)
        return account

    async def _account(self, who: VerifiedIdentity) -> Account | None:
        """Find the account by national number, then by the e-mail that the issuer verified unless that account has another number."""
        account = await self._registry.by_identifier(rpps=who.rpps or None, adeli=who.adeli or None)
        if account is not None or not who.email:
            return account
        account = await self._registry.by_email(who.email)
        return account if account is not None and _numbers_agree(account, who) else None

    def _derived(self, browser: str, state: str) -> tuple[str, str]:
        return self._hash("nonce", browser, state), self._hash("verifier", browser, state)

    def _hash(self, *parts: str) -> str:
        return keyed_hash(self._secret, *parts)


def _numbers_agree(account: Account, who: VerifiedIdentity) -> bool:
    numbers = ((account.rpps, who.rpps), (account.adeli, who.adeli))
    return all(not ours or not theirs or ours == theirs for ours, theirs in numbers)
