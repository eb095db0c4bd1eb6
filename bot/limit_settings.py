"""Settings of limits and terms: how long things are kept or may last, and how often they may be done."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class LimitSettings(BaseSettings):
    """Part of `bot.settings.Settings`. Units are in the names or the descriptions."""

    link_days: int = Field(90, alias="LINK_DAYS", ge=1, description="Days until a chat's link to an account expires.")
    proof_days: int = Field(
        30,
        alias="PROOF_DAYS",
        ge=1,
        description="Days without use after which a linked chat must prove whose it is by a new code.",
    )
    button_hours: int = Field(24, alias="BUTTON_HOURS", ge=1, description="Hours until a button that was not pressed expires.")
    access_end_notice_days: int = Field(
        3,
        alias="ACCESS_END_NOTICE_DAYS",
        ge=0,
        le=60,
        description="Days before the last day of an access on which its end is announced; 0: only when it has ended.",
    )
    notice_days: int = Field(365, alias="NOTICE_DAYS", ge=30, description="Days that notices, and what became of them, are kept.")
    outbox_days: int = Field(30, alias="OUTBOX_DAYS", ge=1, description="Days that rows of what was sent, and dead letters, are kept.")
    retention_days: int = Field(
        90, alias="RETENTION_DAYS", ge=1, description="Days, in Paris, that what was said is kept; what figures are made of stays."
    )
    conversation_days: int = Field(
        365, alias="CONVERSATION_DAYS", ge=30, description="Days after which the id of a chat that nobody writes in is erased."
    )
    account_request_days: int = Field(
        365, alias="ACCOUNT_REQUEST_DAYS", ge=30, description="Days that a decided account request is kept, directory record included."
    )
    log_megabytes: float = Field(10.0, alias="LOG_MEGABYTES", gt=0, le=10_000, description="Size at which a log file is rotated.")
    log_files: int = Field(5, alias="LOG_FILES", ge=1, le=100, description="Rotated log files that are kept of each process.")
    dossier_refusals_per_hour: int = Field(
        20,
        alias="DOSSIER_REFUSALS_PER_HOUR",
        ge=1,
        description="References of dossiers that are not their own which an account, and a chat, may give in an hour.",
    )
    dossier_creations_per_hour: int = Field(
        20, alias="DOSSIER_CREATIONS_PER_HOUR", ge=1, description="Dossiers that an account, and a chat, may create in an hour."
    )
    dossier_searches_per_hour: int = Field(
        120,
        alias="DOSSIER_SEARCHES_PER_HOUR",
        ge=1,
        description="Searches by an usager's name or birth date that an account, and a chat, may make in an hour.",
    )
    audit_log: str | None = Field(
        None,
        alias="AUDIT_LOG",
        pattern=r"^(file:/.+|syslog:(/.+|[^/:\s]+(:\d{1,5})?))$",
        description="Where the audit trail is copied to: `file:/path`, `syslog:/dev/log` or `syslog:host:port` (UDP); none: nowhere.",
    )
    turn_seconds: float = Field(
        60.0, alias="TURN_SECONDS", gt=0, description="How long a message may wait for Rasa before the user is told."
    )
    chat_messages_per_minute: int = Field(
        600, alias="CHAT_MESSAGES_PER_MINUTE", ge=1, description="Messages one web chat may send in a minute."
    )
    chat_sessions_per_minute: int = Field(
        600, alias="CHAT_SESSIONS_PER_MINUTE", ge=1, description="Web chats one address may open in a minute."
    )
    chat_unlinked_per_minute: int = Field(
        600,
        alias="CHAT_UNLINKED_PER_MINUTE",
        ge=1,
        description="Messages that all web chats of one address which are linked to no account may send in a minute.",
    )
    chat_idle_hours: int = Field(72, alias="CHAT_IDLE_HOURS", ge=1, description="Hours until an unused session of the web chat ends.")
    chat_session_days: int = Field(30, alias="CHAT_SESSION_DAYS", ge=1, description="Days until any session of the web chat ends.")
    shared_idle_minutes: int = Field(15, alias="SHARED_IDLE_MINUTES", ge=1, description="The same minutes, on a shared machine.")
    shared_session_hours: int = Field(10, alias="SHARED_SESSION_HOURS", ge=1, description="The same hours, on a shared machine.")
    shared_machines: bool = Field(False, alias="SHARED_MACHINES", description="Whether every browser is taken for a shared machine's.")
    account_idle_minutes: int = Field(20, alias="ACCOUNT_IDLE_MINUTES", ge=1, description="Minutes until an unused account page closes.")
