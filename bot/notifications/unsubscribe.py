"""Unsubscribing from mails by the token that every notification mail carries (RFC 8058): it does this and nothing else."""

from __future__ import annotations

from sqlalchemy import select

from bot.core.database import Database
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import Preferences
from bot.notifications.tables import NotificationPerson

STILL_MAILED = frozenset({Category.ACCOUNT})
"""Categories that are still mailed: what happens to somebody's account is sent where only they read it."""


async def account_of_token(database: Database, token: str) -> str | None:
    """Return the account whose mails carry this token, None where there is none."""
    async with database.reading() as session:
        return await session.scalar(select(NotificationPerson.account_id).where(NotificationPerson.unsubscribe_token == token))


def without_mails(preferences: Preferences) -> Preferences:
    """Return the preferences with *never* by mail for all but `STILL_MAILED`, also where mail replaces a missing chat."""
    modes = {
        category: {**preferences.matrix.get(category, {}), DeliveryChannel.MAIL: Mode.NEVER}
        for category in Category
        if category not in STILL_MAILED
    }
    return preferences.model_copy(update={"matrix": {**preferences.matrix, **modes}})
