"""Settings of the directories that are asked live: the Annuaire Santé and the ROR (docs/integration.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from bot.reader_settings import is_loopback

_URL = r"^https?://[^\s/?#@\\]+(/[^\s?#\\]*)?$"
_VALUE = r"^[\x21-\x7e]+( [\x21-\x7e]+)*$"
_OF_THE_ROR = ("ROR_TOKEN_URL", "ROR_CLIENT_ID", "ROR_PROFILE_CODE", "ROR_PROFILE_SYSTEM", "ROR_ROLE_CODE", "ROR_ROLE_SYSTEM")


class DirectorySettings(BaseSettings):
    """Part of `bot.settings.Settings`. Units are in the names or the descriptions."""

    annuaire_sante_url: str = Field(
        "https://gateway.api.esante.gouv.fr/fhir/v2",
        alias="ANNUAIRE_SANTE_URL",
        pattern=_URL,
        description="FHIR base of the Annuaire Santé, version 2.",
    )
    annuaire_sante_key: SecretStr | None = Field(
        None,
        alias="ANNUAIRE_SANTE_KEY",
        min_length=8,
        description="Our `ESANTE-API-KEY` for it; none: only the imported list is looked at.",
    )
    annuaire_sante_seconds: float = Field(
        3.0,
        alias="ANNUAIRE_SANTE_SECONDS",
        gt=0,
        le=30,
        description="Longest wait of a turn for the Annuaire Santé, all its calls together.",
    )
    annuaire_sante_refresh_hours: float = Field(
        6.0,
        alias="ANNUAIRE_SANTE_REFRESH_HOURS",
        ge=0,
        le=24 * 14,
        description="Hours between two fetches of what changed there since the import; 0: never.",
    )
    ror_url: str | None = Field(
        None, alias="ROR_URL", pattern=_URL, description="FHIR base of the ROR; none: it is not asked, and no text names it."
    )
    ror_token_url: str | None = Field(None, alias="ROR_TOKEN_URL", pattern=_URL, description="Its token endpoint (OAuth2).")
    ror_client_id: str | None = Field(None, alias="ROR_CLIENT_ID", pattern=_VALUE, description="Our client id there.")
    ror_client_secret: SecretStr | None = Field(
        None, alias="ROR_CLIENT_SECRET", description="Our client secret, where access is to public data; else ROR_CERT."
    )
    ror_cert: Path | None = Field(None, alias="ROR_CERT", description="Our client certificate (IGC-Santé), PEM; with it goes ROR_KEY.")
    ror_key: Path | None = Field(None, alias="ROR_KEY", description="Its key, PEM, without a passphrase.")
    ror_ca: Path | None = Field(None, alias="ROR_CA", description="Certificates, PEM, that are trusted for the ROR beside the usual ones.")
    ror_profile_code: str | None = Field(
        None, alias="ROR_PROFILE_CODE", pattern=_VALUE, description="Header `Ror-Profil-Utilisateur-Code`, as the ROR's team gives it."
    )
    ror_profile_system: str | None = Field(
        None, alias="ROR_PROFILE_SYSTEM", pattern=_VALUE, description="Header `Ror-Profil-Utilisateur-System`."
    )
    ror_role_code: str | None = Field(None, alias="ROR_ROLE_CODE", pattern=_VALUE, description="Header `Ror-Role-Metier-Code`.")
    ror_role_system: str | None = Field(None, alias="ROR_ROLE_SYSTEM", pattern=_VALUE, description="Header `Ror-Role-Metier-System`.")
    ror_region: str | None = Field(
        None,
        alias="ROR_REGION",
        pattern=r"^[0-9A-Z]{2,3}$",
        description="Code of our region (TRE_R30): `24`; none: all regions are looked at.",
    )

    @property
    def ror_headers(self) -> dict[str, str]:
        """The four headers that the ROR wants with every request."""
        values = {
            "Ror-Profil-Utilisateur-Code": self.ror_profile_code,
            "Ror-Profil-Utilisateur-System": self.ror_profile_system,
            "Ror-Role-Metier-Code": self.ror_role_code,
            "Ror-Role-Metier-System": self.ror_role_system,
        }
        return {name: value for name, value in values.items() if value}

    @model_validator(mode="after")
    def _of_the_annuaire(self) -> Self:
        if not _is_safe(self.annuaire_sante_url):
            raise ValueError("ANNUAIRE_SANTE_URL must be https, unless it is on this machine")
        key = self.annuaire_sante_key.get_secret_value() if self.annuaire_sante_key else ""
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("ANNUAIRE_SANTE_KEY holds signs that no key has")
        return self

    @model_validator(mode="after")
    def _of_the_ror(self) -> Self:
        if (self.ror_cert is None) != (self.ror_key is None):
            raise ValueError("ROR_CERT and ROR_KEY go together")
        if self.ror_url is None:
            return self
        values = (
            self.ror_token_url,
            self.ror_client_id,
            self.ror_profile_code,
            self.ror_profile_system,
            self.ror_role_code,
            self.ror_role_system,
        )
        missing = [name for name, value in zip(_OF_THE_ROR, values, strict=True) if not value]
        if missing:
            raise ValueError(f"ROR_URL needs {', '.join(missing)}")
        for name, url in (("ROR_URL", self.ror_url), ("ROR_TOKEN_URL", self.ror_token_url or "")):
            if not _is_safe(url):
                raise ValueError(f"{name} must be https, unless it is on this machine")
        return self


def _is_safe(url: str) -> bool:
    return url.startswith("https://") or is_loopback(url)
