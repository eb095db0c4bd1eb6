"""TLS certificates that this process trusts, read once: reading them takes longer than most requests."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def ssl_context(*, trust_env: bool = False) -> ssl.SSLContext:
    """Return the context for `verify=` of an httpx client with the same `trust_env`.

    With `trust_env`, SSL_CERT_FILE and SSL_CERT_DIR may name other certificates.
    """
    return httpx.create_ssl_context(trust_env=trust_env)
