"""How an account is named to somebody who may not be its owner: enough to recognise oneself, too little to write to."""

from __future__ import annotations

from bot.accounts.registry import Account

DOTS = "•••"


def mask_email(email: str) -> str:
    """Return an address with one letter before the at sign: « c•••@sphere.example »; an empty one stays empty."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}{DOTS}{at}{domain}" if at else ""


def mask_name(account: Account) -> str:
    """Return the given name and the first letter of the family name: « Claire M. »."""
    initial = f"{account.family[:1]}." if account.family else ""
    return f"{account.given} {initial}".strip()
