"""The bot's registration with Microsoft: its app id and secret, its one tenant, and who signs requests."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.channels.teams.sdk import PUBLIC, CloudEnvironment, with_overrides
from bot.settings import Settings, SettingsError

_METADATA_SUFFIX = "/openidconfiguration"
"""The SDK finds the keys at `…/keys` beside it."""


@dataclass(frozen=True)
class Registration:
    """The bot's registration. On loopback, where Teams is a stand-in, there is neither a secret nor, necessarily, a tenant."""

    app_id: str
    tenant_id: str | None
    password: str | None
    cloud: CloudEnvironment
    loopback: bool

    @classmethod
    def from_settings(cls, settings: Settings) -> Registration:
        """Return the registration of the settings. Raise SettingsError, naming the variable that is missing or wrong."""
        url = settings.teams_openid_url
        loopback = url is not None and is_loopback(url)
        if url is not None and not url.endswith(_METADATA_SUFFIX):
            raise SettingsError(f"TEAMS_OPENID_URL must end with {_METADATA_SUFFIX}")
        if url is not None and not loopback and urlsplit(url).scheme != "https":
            raise SettingsError("TEAMS_OPENID_URL must be https")
        password = settings.teams_app_password.get_secret_value() if settings.teams_app_password else None
        return cls(
            app_id=settings.required("teams_app_id"),
            tenant_id=settings.teams_tenant_id if loopback else settings.required("teams_tenant_id"),
            password=password if loopback else settings.required("teams_app_password"),
            cloud=with_overrides(PUBLIC, openid_metadata_url=url, token_issuer=settings.teams_issuer),
            loopback=loopback,
        )

    def may_send_to(self, service_url: str) -> bool:
        """Return whether tokens and messages may be sent there: over https, or on this machine where Teams is a stand-in on it."""
        try:
            return urlsplit(service_url).scheme == "https" or (self.loopback and is_loopback(service_url))
        except ValueError:
            return False


def is_loopback(url: str) -> bool:
    """Return whether `url` is of this machine."""
    try:
        return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}
    except ValueError:
        return False
