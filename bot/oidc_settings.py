"""Settings of the OpenID Connect issuer that users sign in with."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class OidcSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    oidc_issuer: str | None = Field(
        None, alias="OIDC_ISSUER", description="OpenID Connect issuer that users sign in with (Pro Santé Connect); none: by e-mail only."
    )
    oidc_discovery: str = Field(
        ".well-known/openid-configuration", alias="OIDC_DISCOVERY", description="Path of the issuer's metadata, below OIDC_ISSUER."
    )
    oidc_client_id: str | None = Field(None, alias="OIDC_CLIENT_ID", description="Our client id at the issuer.")
    oidc_client_secret: SecretStr | None = Field(None, alias="OIDC_CLIENT_SECRET", description="Our client secret at the issuer.")
    oidc_scope: str = Field("openid scope_all", alias="OIDC_SCOPE", description="Scopes asked for; Pro Santé Connect wants these.")
    oidc_acr: str = Field("eidas1", alias="OIDC_ACR", description="`acr` asked for and required in the ID token; `none`: neither.")
    oidc_name: str = Field("Pro Santé Connect", alias="OIDC_NAME", description="What users call the issuer.")
