"""Authentication at the connector: a well-formed bearer token that has not expired and is not another bot's.

The signature is not checked: a bot that runs against this fake has no secret for which Microsoft would sign a token.
"""

from __future__ import annotations

import time
from typing import Any

import jwt

from bot.sandbox.teams.errors import bot_not_registered, unauthorized


def check_authorization(header: str | None, app_id: str) -> None:
    """Raise ConnectorError 401 unless the header holds a JWT of this bot, or one that names no bot."""
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
        raise bot_not_registered()
