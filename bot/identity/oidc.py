"""The OpenID Connect issuer that users sign in with: Pro Santé Connect, or any other.

Code flow with PKCE (RFC 7636). What it answers is believed only with a valid ID token: signature by the issuer's published keys,
issuer, audience, times, nonce, and the assurance level where one is required (OpenID Connect Core 1.0, 3.1.3.7).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from pydantic import BaseModel, ValidationError

from bot.core.clock import Clock
from bot.core.tls import ssl_context
from bot.settings import Settings

TIMEOUT_SECONDS = 10.0
"""Longest wait for one answer of the issuer."""
LEEWAY_SECONDS = 60
"""How far the issuer's clock may be from ours."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a published key only: with « none » or a shared secret, anybody or we ourselves could have signed."""
NO_ACR = "none"
"""Value of OIDC_ACR that asks for nothing: an empty environment variable counts as not set."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class OidcError(Exception):
    """Nobody was identified."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class IssuerUnavailable(OidcError):
    """The issuer cannot be reached, or answers nothing sensible: try again later."""


class SignInRefused(OidcError):
    """The issuer refuses the code, or its answer is not to be believed."""


class AssuranceTooLow(OidcError):
    """The user signed in with less assurance than is required."""


@dataclass(frozen=True)
class Identified:
    """Whom the issuer vouches for; empty strings where it says nothing. `email` is one that it verified."""

    rpps: str = ""
    adeli: str = ""
    email: str = ""


class _Metadata(BaseModel):
    """What we need of the issuer's published metadata (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class _Tokens(BaseModel):
    access_token: str
    id_token: str


def is_configured(settings: Settings) -> bool:
    """Whether users can sign in with an issuer."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


class Issuer:
    """Sends browsers to the issuer, and asks it who came back. Every method raises IssuerUnavailable."""

    def __init__(self, settings: Settings, clock: Clock, callback: str = "/link/callback") -> None:
        """`callback` is the path that browsers come back to. Raises SettingsError where no issuer is configured."""
        self._clock = clock
        self._url = settings.required("oidc_issuer").rstrip("/")
        self._discovery = f"{self._url}/{settings.oidc_discovery.lstrip('/')}"
        self._client_id = settings.required("oidc_client_id")
        self._client_secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
        self._scope = settings.oidc_scope
        self._acr = "" if settings.oidc_acr == NO_ACR else settings.oidc_acr
        self._callback = f"{settings.own_url}{callback}"

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is to go."""
        async with self._http() as http:
            metadata = await self._metadata(http)
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": self._scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        if self._acr:
            asked["acr_values"] = self._acr
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return metadata.authorization_endpoint + joint + urlencode(asked)

    async def identify(self, code: str, *, issuer: str | None, nonce: str, verifier: str) -> Identified:
        """Whom a code that came back stands for. Raises SignInRefused and AssuranceTooLow as well.

        Args:
            issuer: who says that the code is theirs (RFC 9207), where somebody does.
        """
        async with self._http() as http:
            metadata = await self._metadata(http)
            if issuer is not None and issuer != metadata.issuer:
                raise SignInRefused
            tokens = await self._exchange(http, metadata, code, verifier)
            keys = await self._keys(http, metadata)
            claims = self._checked(tokens.id_token, keys, metadata.issuer, nonce)
            return identified(claims | await self._userinfo(http, metadata, tokens.access_token, claims["sub"], keys))

    def _http(self) -> httpx.AsyncClient:
        trust_env = urlsplit(self._url).hostname not in _LOOPBACK
        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=trust_env, verify=ssl_context(trust_env=trust_env))

    async def _metadata(self, http: httpx.AsyncClient) -> _Metadata:
        try:
            metadata = _Metadata.model_validate(_json(await _ask(http, "GET", self._discovery)))
        except ValidationError:
            raise IssuerUnavailable from None
        endpoints = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri, metadata.userinfo_endpoint)
        unsafe = any(url and not url.startswith("https://") for url in endpoints)
        if metadata.issuer.rstrip("/") != self._url or (unsafe and self._url.startswith("https://")):
            raise IssuerUnavailable
        return metadata

    async def _exchange(self, http: httpx.AsyncClient, metadata: _Metadata, code: str, verifier: str) -> _Tokens:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._callback, "code_verifier": verifier}
        headers = {}
        methods = metadata.token_endpoint_auth_methods_supported
        if self._client_secret is None:
            form["client_id"] = self._client_id
        elif "client_secret_post" in methods and "client_secret_basic" not in methods:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        else:  # RFC 6749, 2.3.1
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = await _ask(http, "POST", metadata.token_endpoint, data=form, headers=headers)
        try:
            return _Tokens.model_validate(_json(answer))
        except ValidationError:
            raise SignInRefused from None

    async def _keys(self, http: httpx.AsyncClient, metadata: _Metadata) -> KeySet:
        """Fetched anew each time: issuers change their keys, and sign-ins are rare."""
        published = _json(await _ask(http, "GET", metadata.jwks_uri))
        try:
            return KeySet.import_key_set(cast(KeySetSerialization, published))
        except (JoseError, ValueError, TypeError, KeyError):
            raise IssuerUnavailable from None

    def _checked(self, token: str, keys: KeySet, issuer: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token. Raises SignInRefused, AssuranceTooLow."""
        claims = _signed(token, keys)
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            rules.validate(claims)
        except JoseError:
            raise SignInRefused from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise SignInRefused
        if self._acr and claims.get("acr") not in self._acr.split():
            raise AssuranceTooLow
        return claims

    async def _userinfo(
        self, http: httpx.AsyncClient, metadata: _Metadata, access_token: str, subject: str, keys: KeySet
    ) -> dict[str, Any]:
        """What the issuer says beside the ID token, as JSON or signed. Raises SignInRefused where it is about somebody else."""
        if metadata.userinfo_endpoint is None:
            return {}
        answer = await _ask(http, "GET", metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {access_token}"})
        signed = answer.headers.get("content-type", "").startswith("application/jwt")
        claims = _signed(answer.text, keys) if signed else _json(answer)
        if claims.get("sub") != subject:
            raise SignInRefused
        return claims


async def _ask(http: httpx.AsyncClient, method: str, url: str, **content: Any) -> httpx.Response:
    """One answer. Raises IssuerUnavailable, and SignInRefused for what the issuer refuses."""
    try:
        answer = await http.request(method, url, **content)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IssuerUnavailable from error
    if answer.status_code in {400, 401, 403}:
        raise SignInRefused
    if answer.status_code != 200:
        raise IssuerUnavailable
    return answer


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        raise IssuerUnavailable from None
    if not isinstance(found, dict):
        raise IssuerUnavailable
    return found


def _signed(token: str, keys: KeySet) -> dict[str, Any]:
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise SignInRefused from None
    return dict(claims)


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def identified(claims: dict[str, Any]) -> Identified:
    """Who these claims are about: national numbers as Pro Santé Connect gives them, and an address only if it was verified.

    `SubjectNameID` is « 8 » and the RPPS, « 0 » and the ADELI number, or a bare RPPS; other numbers are in `otherIds`.
    """
    number, others = str(claims.get("SubjectNameID") or "").strip(), claims.get("otherIds")
    listed = [other for other in others if isinstance(other, dict)] if isinstance(others, list) else []
    numbers = [number, *(str(other.get("identifiant") or "") for other in listed if other.get("origine") == "RPPS")]
    rpps = next((found[1] for found in (re.fullmatch(r"8?(\d{11})", text) for text in numbers) if found), "")
    adeli = re.fullmatch(r"0(\d{9})", number)
    verified = claims.get("email_verified") in (True, "true")
    return Identified(rpps, adeli[1] if adeli else "", str(claims.get("email") or "").strip() if verified else "")
