"""Messages that account requests send: mails to the team and to the new partner, notices in the requesters' chats."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.directory_record import Fiche
from bot.accounts.tables import AccountRequest, AccountRequester
from bot.core.clock import PARIS, french_hour
from bot.core.mail import MailCipher, mail_payload, render_text
from bot.dossiers.period import AccessPeriod, paris_day
from bot.jobs.outbox import CHAT, MAIL, enqueue
from bot.settings import Settings

LEAVE_A_MESSAGE = "support.leave"
"""Intent of the gateway's own button that asks for a message to the team."""


class AccountChats(Protocol):
    """What account requests need of identity (`bot.identity.account_chats`). Each method works in the caller's transaction."""

    invitation_days: int
    """How long an invitation is good, in days."""

    async def linked(self, session: AsyncSession, account_id: str, now: datetime) -> list[str]:
        """Return the ids of the conversations that are linked to this account now, the last linked first."""

    async def invite(self, session: AsyncSession, account_id: str, now: datetime) -> list[tuple[str, str]]:
        """Return (channel, absolute URL) for each channel on which the owner of an account can open a linked chat."""

    async def source_of(self, session: AsyncSession, conversation_id: str) -> str | None:
        """Return the keyed hash of where a chat was last used from; None where that is not known."""


class RequestMessages:
    """Writes messages to the outbox, in the caller's transaction. A dossier is called by its reference alone, everywhere."""

    def __init__(self, settings: Settings, chats: AccountChats) -> None:
        self._settings, self._chats = settings, chats
        self._mails = MailCipher(settings.required("secret"))
        self._contact = {"support_phone": settings.support_phone, "support_email": settings.support_email}

    async def mail_team(self, session: AsyncSession, request: AccountRequest, requester: AccountRequester) -> None:
        """Mail the SPHERE team that an account was asked for, with all it needs to verify."""
        fiche, at = Fiche.model_validate(requester.fiche), requester.at.astimezone(PARIS)
        mail = mail_payload(
            self._settings.support_email,
            "accounts/request_to_team",
            reference=request.reference,
            joined=requester.joined,
            at=f"{at:%d/%m/%Y} à {french_hour(at.time())}",
            requester=requester.display,
            dossier=requester.dossier,
            basis=requester.basis,
            period=AccessPeriod(requester.access_from, requester.access_until).words(paris_day(requester.at)),
            lines=fiche.lines(),
            warnings=fiche.warnings,
            address_missing=request.email is None,
            url=f"{self._settings.own_url}/desk/requests/{request.reference}",
        )
        await enqueue(session, kind=MAIL, key=f"account-request:{requester.key}", payload=self._mails.seal(mail), now=requester.at)

    async def mail_withdrawal(
        self, session: AsyncSession, request: AccountRequest, requester: AccountRequester, now: datetime, *, others: int
    ) -> None:
        """Mail the SPHERE team that a requester withdrew what they asked for; `others` go on asking for it."""
        mail = mail_payload(
            self._settings.support_email,
            "accounts/withdrawal_to_team",
            reference=request.reference,
            requester=requester.display,
            dossier=requester.dossier,
            others=others,
            url=f"{self._settings.own_url}/desk/requests/{request.reference}",
        )
        await enqueue(session, kind=MAIL, key=f"account-withdrawal:{requester.key}", payload=self._mails.seal(mail), now=now)

    async def mail_codes(self, session: AsyncSession, request: AccountRequest, code: str, now: datetime, *, again: str = "") -> None:
        """Mail the login and the first-use code to the new partner: the only place where that code is written.

        Once for each value of `again`.

        The mail also holds links that open a chat with the assistant, linked to the account; the first one followed ends the others.
        """
        fiche = Fiche.model_validate(request.fiche)
        assert request.account_id is not None
        assert fiche.email is not None  # no account is created before the address is known
        mail = mail_payload(
            fiche.email,
            "accounts/account_codes",
            name=fiche.name,
            reference=request.reference,
            login=fiche.email,
            code=code,
            links=await self._chats.invite(session, request.account_id, now),
            days=self._chats.invitation_days,
            sphere_url=self._settings.sphere_url,
            **self._contact,
        )
        key, payload = f"account-codes:{request.reference}{again and ':'}{again}", self._mails.seal(mail, holds_code=True)
        await enqueue(session, kind=MAIL, key=key, payload=payload, now=now)

    async def notify_requester(
        self,
        session: AsyncSession,
        template: str,
        request: AccountRequest,
        requester: AccountRequester,
        now: datetime,
        *,
        event: str,
    ) -> None:
        """Notify one requester, once for each `event`, in a chat that is still theirs.

        A chat that is nobody's any more, or somebody else's, only learns that a request moved on.
        """
        period = AccessPeriod(requester.access_from, requester.access_until)
        conversation_id, is_theirs = await self._chat_of(session, requester, now)
        text = render_text(
            f"accounts/{template}" if is_theirs else "accounts/notice_unlinked",
            reference=request.reference,
            name=Fiche.model_validate(request.fiche).name,
            own=requester.requester_id is None,
            address_given=bool(requester.fiche.get("email")),
            dossier=requester.dossier,
            outcome=requester.outcome,
            period=period.words(paris_day(now)),
            later=period.begins_later(paris_day(now)),
            reason=request.reason,
            **self._contact,
        )
        # By requester, chat and dossier: who asked twice for the same is notified once.
        key = f"{event}:{request.reference}:{requester.requester_id or '-'}:{requester.conversation_id}:{requester.dossier or '-'}"
        buttons = [_answer_button(request.reference)] if is_theirs and template == "notice_more_info" else []
        words = [request.reason] if request.reason else []
        payload: dict[str, Any] = {"text": text, "buttons": buttons, "link": None, "own_words": words}
        await enqueue(session, kind=CHAT, key=key, payload=payload, now=now, conversation_id=conversation_id)

    async def _chat_of(self, session: AsyncSession, requester: AccountRequester, now: datetime) -> tuple[str, bool]:
        """Return the chat to write to and whether it is the requester's: the one they asked in, else the last that they linked."""
        if requester.requester_id is None:
            return requester.conversation_id, True
        chats = await self._chats.linked(session, requester.requester_id, now)
        if requester.conversation_id in chats:
            return requester.conversation_id, True
        return (chats[0], True) if chats else (requester.conversation_id, False)


def _answer_button(reference: str) -> dict[str, Any]:
    """Return the button that takes the requester's answer: a message left to the team, which says what it is about."""
    task = render_text("accounts/answer_task", reference=reference)
    # The values that `bot.support.tickets.SupportRequest.of` reads, written here because support imports accounts.
    about: dict[str, Any] = {"reason": "asked", "task": task, "dossier": None, "error_ids": [], "tried": [], "resumes": False}
    return {"title": render_text("accounts/answer_button"), "intent": LEAVE_A_MESSAGE, "entities": about}
