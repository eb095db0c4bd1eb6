"""The installation's secret, with another one that is taken as well while the secret is changed (docs/dev/key_rotation.md)."""

from __future__ import annotations


class Secret(str):
    """A secret: what is encrypted or hashed is so with itself; `also` is tried too when something is decrypted or checked."""

    also: str | None

    def __new__(cls, value: str, also: str | None = None) -> Secret:
        """Take the secret, and the other one; the same one twice is one."""
        made = super().__new__(cls, value)
        made.also = also if also != value else None
        return made


def keys_of(secret: str) -> tuple[str, ...]:
    """Return the secrets that are taken: the one in use first."""
    also = secret.also if isinstance(secret, Secret) else None
    return (str(secret),) if also is None else (str(secret), also)
