"""The tokens that the bot shows to the connector: by client credentials of its tenant, or made up where Teams is a fake one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import jwt

from bot.channels.teams.registration import Registration
from bot.channels.teams.sdk import AppTokenProvider, ClientCredentials, TokenCredentials, TokenManager, TokenProtocol
from bot.core.errors import log_error
from bot.messaging.channel import ChannelUnavailable

_SECONDS = 20.0


class BotTokens:
    """The SDK's token source, off the event loop: it looks its authority up in a blocking call."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="teams-token")
        self._lock = asyncio.Lock()
        self._token: TokenProtocol | None = None
        self._source = self._new_source()

    def close(self) -> None:
        """Get no token any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def forget(self) -> None:
        """The token was refused: get another one."""
        self._token, self._source = None, self._new_source()

    async def get(self, scope: str) -> TokenProtocol:
        """A token that is good for five minutes at least. Raises ChannelUnavailable."""
        async with self._lock:
            if self._token is None or self._token.is_expired():
                self._token = await self._acquire(scope)
            return self._token

    async def _acquire(self, scope: str) -> TokenProtocol:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_SECONDS):
                token = await loop.run_in_executor(self._threads, lambda: asyncio.run(self._source.get_app_token(scope)))
            if token is None:
                raise ValueError("no token")
        except Exception as error:  # the SDK and its HTTP library raise what they like; none of it ends the bot
            log_error(error, "getting a token for Teams")
            raise ChannelUnavailable from None
        return token

    def _new_source(self) -> AppTokenProvider:
        mine = self._registration
        credentials: ClientCredentials | TokenCredentials
        if mine.loopback:
            credentials = TokenCredentials(client_id=mine.app_id, tenant_id=mine.tenant_id, token=lambda _scope, _tenant: self._made_up())
        else:
            credentials = ClientCredentials(client_id=mine.app_id, client_secret=mine.password or "", tenant_id=mine.tenant_id)
        return AppTokenProvider(TokenManager(credentials, mine.cloud), mine.cloud)

    def _made_up(self) -> str:
        """A well-formed token, signed with a key that everybody may know: only a fake Teams on this machine is shown it."""
        return jwt.encode({"appid": self._registration.app_id, "aud": "loopback"}, "loopback" * 4, algorithm="HS256")
