"""Every table of the database, gathered for migrations."""

from __future__ import annotations

import bot.accounts.tables
import bot.audit
import bot.conversation.tables
import bot.identity.continuations
import bot.identity.tables
import bot.notifications.tables
import bot.operations
import bot.outbox  # noqa: F401 - each import declares its tables
from bot.database import Table

metadata = Table.metadata
