"""Settings of the platform: where it is, how it knows us, and how it wants to be asked."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from bot.core.tls import CertificateError, client_ssl_context

ACCESS = (
    "PLATFORM_TOKEN; PLATFORM_TOKEN_URL, PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET; "
    "PLATFORM_CERT and PLATFORM_KEY; or PLATFORM_HEADERS"
)  # fmt: skip
"""The ways in which a platform may know us."""
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"accept", "content-length", "content-type", "host", "if-match", "if-none-exist", "prefer", "transfer-encoding"})
"""Headers that each request has already."""


class PlatformSettings(BaseSettings):
    """Part of `bot.settings.Settings`."""

    platform_url: str | None = Field(None, alias="PLATFORM_URL", description="FHIR base of the platform; none: the embedded sandbox.")
    platform_url_aliases: str | None = Field(
        None,
        alias="PLATFORM_URL_ALIASES",
        pattern=r"^\s*https?://[^\s?#@\\]+(\s+https?://[^\s?#@\\]+)*\s*$",
        description="Other FHIR bases, separated by spaces, by which its resources refer to each other: what a gateway does not rewrite.",
    )
    platform_plain_http: bool = Field(
        False,
        alias="PLATFORM_PLAIN_HTTP",
        description="`true` declares that the way to a `PLATFORM_URL` or `PLATFORM_TOKEN_URL` of plain http is protected by other means: "
        "tokens and health data go there in the clear. Without it http is taken for this machine and for private addresses "
        "(10.0.0.0/8, say) alone.",
    )
    platform_token: SecretStr | None = Field(None, alias="PLATFORM_TOKEN", description="Bearer token for the platform.")
    platform_token_url: str | None = Field(
        None,
        alias="PLATFORM_TOKEN_URL",
        pattern=r"^https?://[^\s/?#@\\]+(/[^\s#\\]*)?$",
        description="OAuth2 token endpoint that gives bearer tokens for client credentials, instead of PLATFORM_TOKEN.",
    )
    platform_client_id: str | None = Field(None, alias="PLATFORM_CLIENT_ID", description="Our client id there.")
    platform_client_secret: SecretStr | None = Field(
        None, alias="PLATFORM_CLIENT_SECRET", description="Our client secret there; not needed where the endpoint knows PLATFORM_CERT."
    )
    platform_scope: str | None = Field(None, alias="PLATFORM_SCOPE", description="Scopes asked for there, separated by spaces.")
    platform_cert: Path | None = Field(
        None,
        alias="PLATFORM_CERT",
        description="Our client certificate for the platform and its token endpoint: file, PEM, with its chain.",
    )
    platform_key: Path | None = Field(None, alias="PLATFORM_KEY", description="Its private key: file, PEM, without a passphrase.")
    platform_ca: Path | None = Field(
        None, alias="PLATFORM_CA", description="Certificates to trust for the platform beside the usual ones (IGC-Santé, say): file, PEM."
    )
    platform_headers: SecretStr | None = Field(
        None,
        alias="PLATFORM_HEADERS",
        description="Headers that its gateway wants in each request: `Name: value`, one a line (or after `\\n`).",
    )
    platform_search: Literal["auto", "post", "get"] = Field(
        "auto",
        alias="PLATFORM_SEARCH",
        description="How it is searched: `post` keeps names and addresses out of URLs; `get` where it takes nothing else; "
        "`auto`: by `POST`, and by `GET` once that was refused.",
    )
    platform_timeout_seconds: float = Field(5.0, alias="PLATFORM_TIMEOUT", gt=0, description="Longest wait for one answer of the platform.")
    platform_turn_seconds: float = Field(
        6.0,
        alias="PLATFORM_TURN_SECONDS",
        gt=0,
        description="How long the dialogue waits for the platform in one turn, all calls together.",
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        endpoint = {
            "PLATFORM_TOKEN_URL": self.platform_token_url,
            "PLATFORM_CLIENT_ID": self.platform_client_id,
            "PLATFORM_CLIENT_SECRET": self.platform_client_secret,
        }
        given = [name for name, value in endpoint.items() if value is not None]
        missing = [name for name, value in endpoint.items() if value is None]
        if self.platform_cert is not None:
            missing = [name for name in missing if name != "PLATFORM_CLIENT_SECRET"]
        if given and missing:
            raise ValueError(f"{', '.join(given)}: {' and '.join(missing)} missing; the three belong together")
        if given and self.platform_token is not None:
            raise ValueError("PLATFORM_TOKEN and PLATFORM_TOKEN_URL: only one of them gives the token")
        if given and self.platform_url is None:
            raise ValueError("PLATFORM_TOKEN_URL needs PLATFORM_URL, which says what the tokens are for")
        if self.platform_scope is not None and not given:
            raise ValueError("PLATFORM_SCOPE needs PLATFORM_TOKEN_URL, where it is asked for")
        if self.platform_token is not None and not _fits_in_a_header(self.platform_token.get_secret_value()):
            raise ValueError("PLATFORM_TOKEN holds signs that no token has")
        return self

    @model_validator(mode="after")
    def _certificates_can_be_used(self) -> Self:
        if (self.platform_cert is None) != (self.platform_key is None):
            raise ValueError("PLATFORM_CERT and PLATFORM_KEY: one of them is missing")
        if self.platform_cert is None and self.platform_ca is None:
            return self
        if self.platform_url is None or urlsplit(self.platform_url).scheme != "https":
            raise ValueError("PLATFORM_CERT, PLATFORM_KEY and PLATFORM_CA need a PLATFORM_URL that is https")
        try:
            client_ssl_context(self.platform_cert, self.platform_key, self.platform_ca)
        except CertificateError as error:
            raise ValueError(f"PLATFORM_CERT, PLATFORM_KEY, PLATFORM_CA: {error}") from None
        return self

    @model_validator(mode="after")
    def _headers_can_be_sent(self) -> Self:
        names = [name.lower() for name, _ in self.platform_header_list]
        if "authorization" in names and (self.platform_token is not None or self.platform_token_url is not None):
            raise ValueError("PLATFORM_HEADERS holds Authorization beside PLATFORM_TOKEN or PLATFORM_TOKEN_URL, which make it")
        if _OURS & set(names) or len(set(names)) < len(names):
            raise ValueError("PLATFORM_HEADERS holds a header twice, or one that each request has already")
        return self

    @model_validator(mode="after")
    def _nothing_goes_in_the_clear(self) -> Self:
        for name, url in (("PLATFORM_URL", self.platform_url), ("PLATFORM_TOKEN_URL", self.platform_token_url)):
            if url is None or (parts := _split(url)).scheme == "https":
                continue
            if parts.scheme != "http" or not (self.platform_plain_http or _is_private(parts.hostname or "")):
                raise ValueError(
                    f"{name} must be https, unless it is on this machine or at a private address, or PLATFORM_PLAIN_HTTP is true"
                )
        return self

    @property
    def platform_header_list(self) -> list[tuple[str, str]]:
        """Headers of every request to the platform. Raises ValueError where PLATFORM_HEADERS is malformed."""
        written = self.platform_headers.get_secret_value() if self.platform_headers is not None else ""
        headers = []
        for line in written.replace("\\n", "\n").splitlines():
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not line.strip():
                continue
            if not colon or not _HEADER_NAME.fullmatch(name) or not _fits_in_a_header(value):
                raise ValueError("PLATFORM_HEADERS: a line is not « Name: value »")
            headers.append((name, value))
        return headers

    @property
    def has_platform_access(self) -> bool:
        """Whether it is said how the platform knows us."""
        return any(way is not None for way in (self.platform_token, self.platform_token_url, self.platform_cert, self.platform_headers))


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url.strip())
    except ValueError:  # an address between brackets that is none
        return SplitResult("", "", "", "", "")


def _is_private(host: str) -> bool:
    """Return whether a host is this machine, or an address of a private network: a name may be of any network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_private


def _fits_in_a_header(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()
