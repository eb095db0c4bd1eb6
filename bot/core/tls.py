"""TLS certificates that this process trusts, and shows, read once: reading them takes longer than most requests."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import httpx


class CertificateError(Exception):
    """A certificate, its key or the certificates to trust cannot be used; the message names the file."""


@cache
def ssl_context(*, trust_env: bool = False) -> ssl.SSLContext:
    """Return the context for `verify=` of an httpx client with the same `trust_env`.

    With `trust_env`, SSL_CERT_FILE and SSL_CERT_DIR may name other certificates.
    """
    return httpx.create_ssl_context(trust_env=trust_env)


@cache
def client_ssl_context(cert: Path | None = None, key: Path | None = None, ca: Path | None = None) -> ssl.SSLContext:
    """Return a context for `verify=` that shows a client certificate, or trusts further ones, or both. Raise CertificateError.

    Args:
        cert: our certificate, PEM, with those between it and its authority.
        key: its key, PEM, without a passphrase.
        ca: certificates, PEM, that are trusted beside the usual ones.
    """
    context = httpx.create_ssl_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except OSError:  # ssl.SSLError is one
            raise CertificateError(f"{ca} holds no certificates that can be read") from None
    if cert is not None:
        try:
            context.load_cert_chain(cert, key, password="")
        except (OSError, ValueError):
            raise CertificateError(f"{cert} and {key}: no certificate and key (PEM, without a passphrase) that can be read") from None
    return context
