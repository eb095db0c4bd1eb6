"""Metadata of every table of the database, for migrations."""

from __future__ import annotations

import bot.accounts.tables
import bot.core.audit
import bot.core.audit_copy
import bot.core.figures
import bot.core.heartbeat
import bot.core.limits
import bot.dossiers.tables
import bot.fhir.access_tokens
import bot.fhir.operations
import bot.identity.code_limits
import bot.identity.continuations
import bot.identity.tables
import bot.jobs.outbox
import bot.messaging.retention
import bot.messaging.tables
import bot.notifications.tables
import bot.notifications.watch.tables
import bot.support.groups.tables
import bot.support.tables  # noqa: F401 - each import declares its tables
from bot.core.database import Table

metadata = Table.metadata
