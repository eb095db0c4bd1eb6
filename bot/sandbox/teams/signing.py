"""Signs what is posted to the bot, with keys made at start and published as the Bot Framework does; makes flawed tokens too."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.teams.flaws import Flaw

REAL_ISSUER = "https://api.botframework.com"
OTHER_APP = "00000000-dead-4bad-8bad-000000000000"
LIFETIME = 3600
"""Seconds that a token is valid."""


@cache
def _key(_name: str) -> rsa.RSAPrivateKey:
    """Return a key, made once in a process since it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Signer:
    """Keys, and the tokens signed with them. Times are in whole seconds, as the Bot Framework's."""

    def __init__(self, app_id: str, service_url: str, issuer: str = REAL_ISSUER) -> None:
        self.app_id, self.service_url, self.issuer = app_id, service_url, issuer
        self._keys = {name: _key(name) for name in ("teams", "directline", "forger")}

    def metadata(self, base: str) -> dict[str, Any]:
        """Return the OpenID metadata; `base` is the URL below which it is served."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{base}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, each with the channels that it endorses."""
        return {"keys": [self._public("teams", ["msteams"]), self._public("directline", ["directline", "webchat"])]}

    def _public(self, name: str, endorsements: list[str]) -> dict[str, Any]:
        key: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._keys[name].public_key()))
        key.pop("key_ops", None)
        return key | {"use": "sig", "kid": f"fake-{name}", "x5t": f"fake-{name}", "endorsements": endorsements}

    def authorization(self, flaw: Flaw | None = None) -> str | None:
        """Return the Authorization header of a post; None for no header."""
        if flaw == "no_token":
            return None
        if flaw == "not_bearer":
            return f"Basic {self.token()}"
        return "Bearer not.a.token" if flaw == "garbage" else f"Bearer {self.token(flaw)}"

    def token(self, flaw: Flaw | None = None) -> str:
        """Return a valid token, or one with `flaw`."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "serviceurl": self.service_url,
            "nbf": now - 60,
            "exp": now + LIFETIME,
            "iss": self.issuer,
            "aud": self.app_id,
        }
        if flaw == "unsigned":
            return jwt.encode(claims, "", algorithm="none", headers={"kid": "fake-teams"})
        if flaw == "symmetric":  # signed with a secret that everybody knows
            return jwt.encode(claims, f"{self.app_id}{self.app_id}", algorithm="HS256", headers={"kid": "fake-teams"})
        key = {"wrong_key": "forger", "unknown_key": "forger", "not_endorsed": "directline"}.get(flaw or "", "teams")
        kid = {"unknown_key": "fake-forger", "not_endorsed": "fake-directline"}.get(flaw or "", "fake-teams")
        return jwt.encode(self._with_flaw(claims, flaw, now), self._keys[key], algorithm="RS256", headers={"kid": kid, "x5t": kid})

    def _with_flaw(self, claims: dict[str, Any], flaw: Flaw | None, now: int) -> dict[str, Any]:
        wrong: dict[str, dict[str, Any]] = {
            "expired": {"nbf": now - 2 * LIFETIME, "exp": now - LIFETIME},
            "not_yet": {"nbf": now + LIFETIME, "exp": now + 2 * LIFETIME},
            "other_audience": {"aud": OTHER_APP},
            "other_issuer": {"iss": f"{self.issuer}.example"},
            "other_service_url": {"serviceurl": "https://smba.example.org/emea/"},
        }
        flawed = claims | wrong.get(flaw or "", {})
        left_out = {"no_service_url": "serviceurl", "no_expiry": "exp"}.get(flaw or "")
        return {name: value for name, value in flawed.items() if name != left_out}
