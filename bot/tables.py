"""Every table of the database, gathered for migrations."""

from __future__ import annotations

import bot.accounts.tables
import bot.audit
import bot.conversation.retention
import bot.conversation.tables
import bot.identity.continuations
import bot.identity.tables
import bot.notifications.tables
import bot.operations
import bot.outbox
import bot.support.agents_tables
import bot.support.tables
import bot.support.threads_tables  # noqa: F401 - each import declares its tables
from bot.database import Table

metadata = Table.metadata
