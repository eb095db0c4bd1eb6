"""Who may speak to the connector: a bot with a well-formed token that is not another bot's nor expired.

The signature is not checked: who runs the bot against this fake has no secret that Microsoft would sign for.
"""

from __future__ import annotations

import time
from typing import Any

import jwt

from bot.sandbox.teams.problems import not_registered, unauthorized


def check_authorization(header: str | None, app_id: str) -> None:
    """Raises ConnectorProblem (401) unless the header bears a JWT of this bot (or one that names no bot)."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    try:
        claims: dict[str, Any] = jwt.decode(token.strip(), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise unauthorized() from None
    expiry = claims.get("exp")
    if expiry is not None and (not isinstance(expiry, int | float) or expiry < time.time()):
        raise unauthorized()
    if str(claims.get("appid", claims.get("azp", app_id))).lower() != app_id.lower():
        raise not_registered()
