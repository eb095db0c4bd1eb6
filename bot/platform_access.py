"""The client of the platform, as the settings say how that is reached and knows us."""

from __future__ import annotations

from bot.core.clock import Clock
from bot.core.tls import client_ssl_context
from bot.fhir.authentication import BearerToken, OAuth2ClientCredentials, TokenStore
from bot.fhir.client import FhirClient
from bot.settings import Settings


def platform_client(settings: Settings, clock: Clock, store: TokenStore | None) -> FhirClient:
    """Return the client. Raise SettingsError where the platform's address, or how it knows us, is missing.

    Args:
        settings: the installation's.
        clock: by which tokens end.
        store: where processes share tokens; None: this one is on its own.
    """
    url = settings.required_platform()
    cert, key, ca = settings.platform_cert, settings.platform_key, settings.platform_ca
    tls = client_ssl_context(cert, key, ca) if cert is not None or ca is not None else None
    access: BearerToken | OAuth2ClientCredentials | None = None
    if settings.platform_token_url is not None:
        secret = settings.platform_client_secret
        access = OAuth2ClientCredentials(
            settings.platform_token_url,
            settings.required("platform_client_id"),
            secret.get_secret_value() if secret is not None else None,
            settings.platform_scope,
            clock=clock,
            store=store,
            tls=tls,
        )
    elif settings.platform_token is not None:
        access = BearerToken(settings.platform_token.get_secret_value())
    return FhirClient(
        url,
        access,
        timeout=settings.platform_timeout_seconds,
        tls=tls,
        headers=settings.platform_header_list,
        search_by=settings.platform_search,
        aliases=(settings.platform_url_aliases or "").split(),
    )
