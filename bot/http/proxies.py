"""Who a request comes from behind a reverse proxy: believed only from proxies that TRUSTED_PROXIES names.

Anybody can send `X-Forwarded-For`. The proxy appends whom it was spoken to by, so that the list is read from its end: what proxies of
ours say is believed, and the first address that is none of them is the client. What stands before it is whatever the client likes.
Only the header that TRUSTED_PROXY_HEADER names is read: a proxy passes the other one on as it came.

An address is no proof on loopback: every process of the machine has it. With TRUSTED_PROXY_TOKEN the proxy that speaks to us is believed
only where it shows that token as well, in a header of its own that goes no further.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;,\s"]+)', re.IGNORECASE)
"""The member of an element of `Forwarded` that names the client (RFC 7239, 4)."""
TOKEN_HEADER = b"x-proxy-token"
"""Header in which a proxy shows TRUSTED_PROXY_TOKEN, in the place of what its client put there."""


class TrustedProxies:
    """Puts the client that trusted proxies tell in the place of the proxy, for everything that asks for it later."""

    def __init__(self, app: ASGIApp, networks: Sequence[Network], header: str, token: str | None = None) -> None:
        self._app, self._networks, self._header = app, networks, header.lower().encode()
        self._token = token.encode() if token is not None else None
        self._forwarded = self._header == b"forwarded"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, from the client that it came from."""
        if self._networks and scope["type"] in {"http", "websocket"} and scope.get("client"):
            peer, headers = scope["client"][0], scope["headers"]
            client = self._client(peer, headers) if self._shows_token(headers) else peer
            if client != peer:
                scope = {**scope, "client": (client, 0)}
            if self._token is not None:
                scope = {**scope, "headers": [(name, value) for name, value in headers if name.lower() != TOKEN_HEADER]}
        await self._app(scope, receive, send)

    def _shows_token(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        if self._token is None:
            return True
        shown = [value for name, value in headers if name.lower() == TOKEN_HEADER]
        return len(shown) == 1 and hmac.compare_digest(shown[0], self._token)

    def _client(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> str:
        told = ",".join(value.decode("latin-1") for name, value in headers if name.lower() == self._header)
        nearest = peer
        for entry in reversed(told.split(",")):
            address = _address(nearest)
            if address is None or not self._trusts(address):
                break
            named = _address(self._named(entry))
            if named is None:  # unreadable, « unknown » or hidden: the proxy that said so is as far as we see
                break
            nearest = str(named)
        return nearest

    def _named(self, entry: str) -> str:
        if not self._forwarded:
            return entry.strip()
        found = _FOR.search(entry.strip())
        return found[1].strip('"') if found else ""

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> _Address | None:
    """Return an IP address that may have a port, or brackets around it; an IPv4 one that is mapped into IPv6 as itself."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
