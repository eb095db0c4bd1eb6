"""Stopping mails by the token that every notification mail carries (RFC 8058): it does this and nothing else."""

from __future__ import annotations

from sqlalchemy import select

from bot.core.database import Database
from bot.notifications.kinds import Category, DeliveryChannel, Mode
from bot.notifications.preferences import Preferences
from bot.notifications.tables import NotificationPerson

KEPT = frozenset({Category.ACCOUNT})
"""Categories that are still mailed: what happens to somebody's account is told them where only they read it."""


async def account_of_token(database: Database, token: str) -> str | None:
    """The account whose mails carry this token."""
    async with database.reading() as session:
        return await session.scalar(select(NotificationPerson.account_id).where(NotificationPerson.unsubscribe_token == token))


def without_mails(preferences: Preferences) -> Preferences:
    """The same preferences with *never* by mail for all but the kept categories, handed on from a missing chat or not."""
    said = {
        category: {**preferences.matrix.get(category, {}), DeliveryChannel.MAIL: Mode.NEVER}
        for category in Category
        if category not in KEPT
    }
    return preferences.model_copy(update={"matrix": {**preferences.matrix, **said}})
