"""Settings of the installation's secret, and of its change (docs/dev/key_rotation.md)."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from bot.core.secret import Secret


class SecretSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    secret: SecretStr | None = Field(
        None, alias="SECRET", min_length=32, description="Key of hashes of codes and tokens (≥ 32 characters)."
    )
    secret_also: SecretStr | None = Field(
        None, alias="SECRET_ALSO", min_length=32, description="While SECRET is changed: the other one, by which what is stored is read too."
    )

    def secret_with_other(self) -> Secret:
        """Return SECRET, which must be set, with the other one."""
        assert self.secret is not None
        return Secret(self.secret.get_secret_value(), self.secret_also.get_secret_value() if self.secret_also is not None else None)
