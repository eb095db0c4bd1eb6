"""Every column that holds something encrypted with a key of SECRET."""

from __future__ import annotations

from bot.accounts.first_use_code import FIRST_USE_CODES
from bot.accounts.tables import AccountRequest
from bot.core.encryption import ACCESS_TOKENS, ADDRESSES, INBOX_TEXTS, MAILS
from bot.core.key_rotation import EncryptedColumn
from bot.fhir.access_tokens import SharedToken
from bot.identity.tables import LoginCode
from bot.jobs.outbox import MAIL, OutboxRow
from bot.messaging.tables import InboxRow
from bot.notifications.page_links import DRAFTS
from bot.notifications.tables import PageLink
from bot.support.second_factor import KEYS
from bot.support.tables import SupportAgent

ENCRYPTED = (
    EncryptedColumn("inbox", INBOX_TEXTS, InboxRow.id, InboxRow.text, only=(InboxRow.sealed.is_(True),)),
    EncryptedColumn("mails", MAILS, OutboxRow.id, OutboxRow.payload, member="encrypted", only=(OutboxRow.kind == MAIL,)),
    EncryptedColumn("login_codes", ADDRESSES, LoginCode.conversation_id, LoginCode.sealed_address),
    EncryptedColumn("access_tokens", ACCESS_TOKENS, SharedToken.name, SharedToken.encrypted),
    EncryptedColumn("page_drafts", DRAFTS, PageLink.token_hash, PageLink.draft),
    EncryptedColumn("first_use_codes", FIRST_USE_CODES, AccountRequest.id, AccountRequest.sealed_code),
    EncryptedColumn("second_factors", KEYS, SupportAgent.id, SupportAgent.totp_key),
)
