"""The OpenID Connect issuer that users sign in with: Pro Santé Connect, or any other.

Authorization code flow with PKCE (RFC 7636). What the issuer answers is believed only with a valid ID token: signature by the issuer's
published keys, issuer, audience, times, nonce, and the assurance level where one is required (OpenID Connect Core 1.0, 3.1.3.7).
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt
from pydantic import BaseModel, ValidationError

from bot.core.clock import Clock
from bot.core.tls import ssl_context
from bot.settings import Settings

TIMEOUT_SECONDS = 10.0
"""Maximum wait for one response of the issuer."""
LEEWAY_SECONDS = 60
"""How far the issuer's clock may be from ours."""
REQUIRED_CLAIMS = ("iss", "aud", "sub", "exp", "iat", "nonce")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a published key only: with « none » or a shared secret, anybody or we ourselves could have signed."""
NO_ACR = "none"
"""Value of OIDC_ACR that requires no assurance level: an empty environment variable counts as not set."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_KEY_TYPES = {"RSA", "EC"}
"""Of `ALGORITHMS`; keys of other types are ignored (RFC 7517, 5)."""
_JWKS = Sequence[Mapping[str, Any]]
"""The issuer's published keys (RFC 7517), as JSON."""


class OidcError(Exception):
    """Nobody was identified."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class IssuerUnavailable(OidcError):
    """The issuer cannot be reached, or its answer makes no sense: try again later."""


class SignInRefused(OidcError):
    """The issuer refuses the code, or its answer is not valid."""


class AssuranceTooLow(OidcError):
    """The user signed in with less assurance than is required."""


@dataclass(frozen=True)
class VerifiedIdentity:
    """Who signed in, as the issuer vouches for it; empty strings where it says nothing. The issuer verified `email`."""

    rpps: str = ""
    adeli: str = ""
    email: str = ""


class _Metadata(BaseModel):
    """The issuer's published metadata (OpenID Connect Discovery 1.0), as far as it is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class _Tokens(BaseModel):
    """The issuer's token response."""

    access_token: str
    id_token: str


def is_configured(settings: Settings) -> bool:
    """Return whether users can sign in with an issuer."""
    return bool(settings.oidc_issuer and settings.oidc_client_id)


class Issuer:
    """Sends browsers to the issuer, and asks it who came back. Every method raises IssuerUnavailable."""

    def __init__(self, settings: Settings, clock: Clock, callback: str = "/link/callback") -> None:
        """Take the `callback` path that browsers come back to. Raise SettingsError where no issuer is configured."""
        self._clock = clock
        self._url = settings.required("oidc_issuer").rstrip("/")
        self._discovery = f"{self._url}/{settings.oidc_discovery.lstrip('/')}"
        self._client_id = settings.required("oidc_client_id")
        self._client_secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
        self._scope = settings.oidc_scope
        self._acr = "" if settings.oidc_acr == NO_ACR else settings.oidc_acr
        self._callback = f"{settings.own_url}{callback}"

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return the URL that the browser is sent to.

        Args:
            state: comes back with the browser.
            nonce: comes back in the ID token.
            verifier: the secret of PKCE, which `identify` shows.
        """
        async with self._http() as http:
            metadata = await self._metadata(http)
        parameters = {
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
            parameters["acr_values"] = self._acr
        separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return metadata.authorization_endpoint + separator + urlencode(parameters)

    async def identify(self, code: str, *, issuer: str | None, nonce: str, verifier: str) -> VerifiedIdentity:
        """Return who signed in, by the code that came back.

        Args:
            code: of the authorization response.
            issuer: the parameter `iss` of the response (RFC 9207), where there is one.
            nonce: that was given to `authorization_url`.
            verifier: that was given to `authorization_url`.

        Raises:
            SignInRefused: the issuer refuses the code, or its answer is not valid.
            AssuranceTooLow: the user signed in with less assurance than is required.
        """
        async with self._http() as http:
            metadata = await self._metadata(http)
            if issuer is not None and issuer != metadata.issuer:
                raise SignInRefused
            tokens = await self._exchange(http, metadata, code, verifier)
            keys = await self._keys(http, metadata)
            claims = self._id_token_claims(tokens.id_token, keys, metadata.issuer, nonce)
            return identity_of(claims | await self._userinfo(http, metadata, tokens.access_token, claims["sub"], keys))

    def _http(self) -> httpx.AsyncClient:
        trust_env = urlsplit(self._url).hostname not in _LOOPBACK
        return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=trust_env, verify=ssl_context(trust_env=trust_env))

    async def _metadata(self, http: httpx.AsyncClient) -> _Metadata:
        try:
            metadata = _Metadata.model_validate(await _fetch_json(http, self._discovery))
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
        response = await _fetch(http, "POST", metadata.token_endpoint, data=form, headers=headers)
        try:
            return _Tokens.model_validate(_json(response))
        except ValidationError:
            raise SignInRefused from None

    async def _keys(self, http: httpx.AsyncClient, metadata: _Metadata) -> _JWKS:
        """Fetch the keys, anew each time: issuers change them, and sign-ins are rare."""
        published = (await _fetch_json(http, metadata.jwks_uri)).get("keys")
        listed = published if isinstance(published, list) else []
        keys = [key for key in listed if isinstance(key, dict) and key.get("kty") in _KEY_TYPES]
        try:
            jwt.PyJWKSet(keys)
        except jwt.PyJWTError:  # none of them can be used
            raise IssuerUnavailable from None
        return keys

    def _id_token_claims(self, token: str, keys: _JWKS, issuer: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token. Raise SignInRefused, AssuranceTooLow."""
        claims = _verified_claims(token, keys, issuer=issuer, audience=self._client_id)
        if not claims["sub"] or claims["nonce"] != nonce or not self._is_in_time(claims):
            raise SignInRefused
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise SignInRefused
        if self._acr and claims.get("acr") not in self._acr.split():
            raise AssuranceTooLow
        return claims

    def _is_in_time(self, claims: Mapping[str, Any]) -> bool:
        """Return whether `exp`, `iat` and `nbf` hold by our clock; PyJWT would ask the machine's."""
        now = int(self._clock.now().timestamp())
        expires_at, starts = claims["exp"], [claims[name] for name in ("iat", "nbf") if name in claims]
        if not all(_is_numeric_date(value) for value in (expires_at, *starts)):
            return False
        return bool(now - LEEWAY_SECONDS < expires_at and all(start <= now + LEEWAY_SECONDS for start in starts))

    async def _userinfo(self, http: httpx.AsyncClient, metadata: _Metadata, access_token: str, subject: str, keys: _JWKS) -> dict[str, Any]:
        """Return the claims of the userinfo endpoint, which come as JSON or signed. Raise SignInRefused where they are somebody else's."""
        if metadata.userinfo_endpoint is None:
            return {}
        response = await _fetch(http, "GET", metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {access_token}"})
        signed = response.headers.get("content-type", "").startswith("application/jwt")
        claims = _verified_claims(response.text, keys) if signed else _json(response)
        if claims.get("sub") != subject:
            raise SignInRefused
        return claims


async def _fetch(http: httpx.AsyncClient, method: str, url: str, **content: Any) -> httpx.Response:
    """Return a response of the issuer. Raise IssuerUnavailable, and SignInRefused for what the issuer refuses."""
    try:
        response = await http.request(method, url, **content)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IssuerUnavailable from error
    if response.status_code in {400, 401, 403}:
        raise SignInRefused
    if response.status_code != 200:
        raise IssuerUnavailable
    return response


async def _fetch_json(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """Return the JSON object of a response. Raise as `_fetch` does."""
    return _json(await _fetch(http, "GET", url))


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        content = response.json()
    except ValueError:
        raise IssuerUnavailable from None
    if not isinstance(content, dict):
        raise IssuerUnavailable
    return content


def _verified_claims(token: str, keys: _JWKS, *, issuer: str | None = None, audience: str | None = None) -> dict[str, Any]:
    """Return the claims of a JWT signed with one of `keys`. Raise SignInRefused.

    Args:
        token: the JWT.
        keys: the issuer's.
        issuer: with `audience`, for an ID token, which must have them and all of `REQUIRED_CLAIMS`; times are not checked.
        audience: the client that the token is for.
    """
    is_id_token = audience is not None
    checks: Any = {f"verify_{name}": is_id_token for name in ("iss", "aud", "sub", "jti")}
    checks |= {f"verify_{name}": False for name in ("exp", "iat", "nbf")}
    try:
        return jwt.decode(
            token,
            _signing_key(jwt.get_unverified_header(token), keys),
            algorithms=ALGORITHMS,
            options=checks | {"require": REQUIRED_CLAIMS if is_id_token else ()},
            issuer=issuer,
            audience=audience,
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise SignInRefused from None


def _signing_key(header: Mapping[str, Any], keys: _JWKS) -> jwt.PyJWK:
    """Return the key that a JWT's header names, bound to its algorithm; the only key where it names none. Raise KeyError."""
    kid, algorithm = header.get("kid"), header["alg"]
    if algorithm not in ALGORITHMS:
        raise KeyError("no such signature")
    for key in keys:
        is_named = len(keys) == 1 if kid is None else key.get("kid") == kid
        if is_named and (key.get("use") or "sig") == "sig" and (key.get("alg") or algorithm) == algorithm:
            return jwt.PyJWK(dict(key), algorithm)
    raise KeyError("no such key")


def _is_numeric_date(value: Any) -> bool:
    """Return whether a claim is a number of seconds (RFC 7519): no truth value, neither NaN nor infinite."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)))


def _challenge(verifier: str) -> str:
    """Return the PKCE challenge of a verifier (S256 of RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def identity_of(claims: Mapping[str, Any]) -> VerifiedIdentity:
    """Return whom these claims identify: by the national numbers that Pro Santé Connect gives, and by an e-mail address if it was verified.

    `SubjectNameID` is « 8 » and the RPPS, « 0 » and the ADELI number, or a bare RPPS; other numbers are in `otherIds`.
    """
    number, others = str(claims.get("SubjectNameID") or "").strip(), claims.get("otherIds")
    listed = [other for other in others if isinstance(other, dict)] if isinstance(others, list) else []
    numbers = [number, *(str(other.get("identifiant") or "") for other in listed if other.get("origine") == "RPPS")]
    rpps = next((found[1] for found in (re.fullmatch(r"8?(\d{11})", text) for text in numbers) if found), "")
    adeli = re.fullmatch(r"0(\d{9})", number)
    verified = claims.get("email_verified") in (True, "true")
    return VerifiedIdentity(rpps, adeli[1] if adeli else "", str(claims.get("email") or "").strip() if verified else "")
