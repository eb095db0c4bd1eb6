"""Access tokens for the connector: by client credentials of the bot's tenant, or made up where Teams is a stand-in."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import jwt

from bot.channels.teams.registration import Registration
from bot.channels.teams.sdk import AppTokenProvider, ClientCredentials, TokenCredentials, TokenManager, TokenProtocol
from bot.core.errors import log_error
from bot.messaging.channel import ChannelUnavailable

_TIMEOUT_SECONDS = 20.0


class BotTokens:
    """The SDK's token provider, off the event loop: it looks up its authority in a blocking call."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="teams-token")
        self._lock = asyncio.Lock()
        self._token: TokenProtocol | None = None
        self._provider = self._new_provider()

    def close(self) -> None:
        """Get no further token."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def forget(self) -> None:
        """Forget the token, which was refused, and get another one when asked."""
        self._token, self._provider = None, self._new_provider()

    async def get(self, scope: str) -> TokenProtocol:
        """Return a token that is valid for five minutes at least. Raise ChannelUnavailable."""
        async with self._lock:
            if self._token is None or self._token.is_expired():
                self._token = await self._acquire(scope)
            return self._token

    async def _acquire(self, scope: str) -> TokenProtocol:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                token = await loop.run_in_executor(self._threads, lambda: asyncio.run(self._provider.get_app_token(scope)))
            if token is None:
                raise ValueError("no token")
        except Exception as error:  # the SDK and its HTTP library raise what they like; none of it ends the bot
            log_error(error, "getting a token for Teams")
            raise ChannelUnavailable from None
        return token

    def _new_provider(self) -> AppTokenProvider:
        registration = self._registration
        credentials: ClientCredentials | TokenCredentials
        if registration.loopback:
            credentials = TokenCredentials(
                client_id=registration.app_id, tenant_id=registration.tenant_id, token=lambda _scope, _tenant: self._loopback_token()
            )
        else:
            credentials = ClientCredentials(
                client_id=registration.app_id, client_secret=registration.password or "", tenant_id=registration.tenant_id
            )
        return AppTokenProvider(TokenManager(credentials, registration.cloud), registration.cloud)

    def _loopback_token(self) -> str:
        """Return a well-formed token, signed with a key that everybody may know: only a stand-in on this machine gets it."""
        return jwt.encode({"appid": self._registration.app_id, "aud": "loopback"}, "loopback" * 4, algorithm="HS256")
