"""What account requests say by themselves: mails to the team and to the new partner, notices in requesters' chats."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.directory_record import Fiche
from bot.accounts.tables import AccountRequest, AccountRequester
from bot.core.clock import PARIS
from bot.core.mail import mail_payload, render_text
from bot.identity.deep_links import INVITATION_TTL, deep_link, link_channels
from bot.identity.link_tokens import issue_link_token
from bot.identity.tables import ChatLink
from bot.jobs.outbox import CHAT, MAIL, enqueue
from bot.settings import Settings
from bot.support.tickets import SupportRequest

LEAVE_A_MESSAGE = "support.leave"
"""Intent of the gateway's own button that asks for a message to the team."""


class RequestMessages:
    """Writes to the outbox, in the caller's transaction. A dossier is called by its reference alone, everywhere."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._contact = {"support_phone": settings.support_phone, "support_email": settings.support_email}

    async def to_team(self, session: AsyncSession, request: AccountRequest, asker: AccountRequester) -> None:
        """Tell the SPHERE team that an account was asked for, with all it needs to verify."""
        fiche = Fiche.model_validate(asker.fiche)
        payload = mail_payload(
            self._settings.support_email,
            "accounts/request_to_team",
            reference=request.reference,
            joined=asker.joined,
            at=f"{asker.at.astimezone(PARIS):%d/%m/%Y %H:%M}",
            requester=asker.requester,
            dossier=asker.dossier,
            basis=asker.basis,
            lines=fiche.lines(),
            warnings=fiche.warnings,
            url=f"{self._settings.own_url}/desk/requests/{request.reference}",
        )
        await enqueue(session, kind=MAIL, key=f"account-request:{asker.key}", payload=payload, now=asker.at)

    async def codes(self, session: AsyncSession, request: AccountRequest, code: str, now: datetime) -> None:
        """Mail the login and the first-use code to the new partner: the only place where that code is written.

        With links that open a chat with the assistant, linked to the account: one token, so that the first one followed ends the others.
        """
        fiche, settings = Fiche.model_validate(request.fiche), self._settings
        assert request.account_id is not None
        token = await issue_link_token(session, settings.required("secret"), request.account_id, life=INVITATION_TTL, now=now)
        payload = mail_payload(
            fiche.email,
            "accounts/account_codes",
            name=fiche.name,
            reference=request.reference,
            login=fiche.email,
            code=code,
            links=[(channel, deep_link(settings, channel, token)) for channel in link_channels(settings)],
            days=INVITATION_TTL.days,
            **self._contact,
        )
        await enqueue(session, kind=MAIL, key=f"account-codes:{request.reference}", payload=payload, now=now)

    async def to_asker(
        self, session: AsyncSession, template: str, request: AccountRequest, asker: AccountRequester, now: datetime, *, event: str
    ) -> None:
        """Tell one requester, once for each `event`, in a chat that is still theirs.

        A chat that is nobody's any more, or somebody else's, only learns that a request moved on.
        """
        conversation_id, theirs = await _chat_of(session, asker, now)
        text = render_text(
            f"accounts/{template}" if theirs else "accounts/notice_unlinked",
            reference=request.reference,
            name=Fiche.model_validate(request.fiche).name,
            own=asker.requester_id is None,
            dossier=asker.dossier,
            outcome=asker.outcome,
            reason=request.reason,
            **self._contact,
        )
        # By requester, chat and dossier: who asked twice for the same is told once.
        key = f"{event}:{request.reference}:{asker.requester_id or '-'}:{asker.conversation_id}:{asker.dossier or '-'}"
        buttons = [_answer(request.reference)] if theirs and template == "notice_more_info" else []
        payload: dict[str, Any] = {"text": text, "buttons": buttons, "link": None}
        await enqueue(session, kind=CHAT, key=key, payload=payload, now=now, conversation_id=conversation_id)


def _answer(reference: str) -> dict[str, Any]:
    """The button that takes the requester's answer: a message left to the team, which says what it is about."""
    task = render_text("accounts/answer_task", reference=reference)
    return {"title": render_text("accounts/answer_button"), "intent": LEAVE_A_MESSAGE, "entities": SupportRequest(task=task).values}


async def _chat_of(session: AsyncSession, asker: AccountRequester, now: datetime) -> tuple[str, bool]:
    """The chat to write to, and whether it is the requester's: the one they asked in, else the last that they linked."""
    if asker.requester_id is None:
        return asker.conversation_id, True
    links = select(ChatLink).where(ChatLink.account_id == asker.requester_id, ChatLink.expires_at > now)
    chats = [link.conversation_id for link in await session.scalars(links.order_by(ChatLink.linked_at.desc()))]
    if asker.conversation_id in chats:
        return asker.conversation_id, True
    return (chats[0], True) if chats else (asker.conversation_id, False)
