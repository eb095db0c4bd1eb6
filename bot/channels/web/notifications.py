"""Notifications in the web chat (the bell): the list of the account that a chat is linked to, read and marked read (docs/reference.md).

Only here, where usagers may be named, do notifications carry titles and URLs of events; those of a dossier only for whoever takes part
in it now.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.fhir.errors import FhirUnavailable
from bot.http.problems import Problem, validation_errors
from bot.identity.service import Identity
from bot.messaging.texts import Texts
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.notification_list import Line
from bot.notifications.rendering import EventText
from bot.notifications.service import Notifications

PAGE_SIZE = 20
"""Notifications of one response."""


class _MarkRead(BaseModel):
    """Body of `POST /chat/notifications/read`: ids, or all."""

    model_config = ConfigDict(strict=True, extra="ignore")

    ids: Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]], Field(max_length=500)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _either(self) -> _MarkRead:
        if (self.ids is None) == (self.all is None):
            raise ValueError("either ids or all")
        return self


class WebNotifications:
    """The notifications of a conversation's account.

    Every method raises Problem 403 where it is linked to no open account, or must prove first that it is still that account's.
    """

    def __init__(self, notifications: Notifications, identity: Identity, care_teams: CareTeamCache, texts: Texts) -> None:
        self._notifications, self._identity, self._care_teams, self._texts = notifications, identity, care_teams, texts

    async def page(self, conversation_id: str, *, before: int | None, dossier: str | None) -> dict[str, Any]:
        """Return `{"unread", "notifications", "more"}`: the newest twenty, or those older than `before`; of one dossier if given."""
        account_id = await self._account(conversation_id)
        page = await self._notifications.page(account_id, dossier=dossier, before=before, size=PAGE_SIZE, titles=True)
        care_teams = await self._care_teams.get_many({line.dossier for line in page.lines if line.dossier})
        own_dossiers = {reference for reference, team in care_teams.items() if team is not None and account_id in team.names}
        lines = [_to_json(line, with_title=line.dossier is None or line.dossier in own_dossiers) for line in page.lines]
        return {"unread": await self._notifications.unread(account_id), "notifications": lines, "more": page.more}

    async def mark_read(self, conversation_id: str, body: Any) -> dict[str, Any]:
        """Return `{"unread", "read"}`: how many are unread now, and how many became read. Raise Problem 422 for neither ids nor all."""
        account_id = await self._account(conversation_id)
        try:
            posted = _MarkRead.model_validate(body)
        except ValidationError as error:
            errors = validation_errors(error.errors(include_input=False))
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._texts.render("malformed"), errors=errors) from None
        ids = None if posted.ids is None else {int(notification_id) for notification_id in posted.ids}
        read = await self._notifications.mark_read(account_id, notices=ids)
        return {"unread": await self._notifications.unread(account_id), "read": read}

    async def _account(self, conversation_id: str) -> str:
        if await self._identity.needs_proof(conversation_id):
            raise Problem(HTTPStatus.FORBIDDEN, self._texts.render("not_proven"))
        try:
            person = await self._identity.person_of(conversation_id)
            account_id = person.id if person is not None else None
        except FhirUnavailable:  # the list is ours; what only the platform can allow is left out
            account_id = await self._identity.linked_account_id(conversation_id)
        if account_id is None:
            raise Problem(HTTPStatus.FORBIDDEN, self._texts.render("not_linked"))
        return account_id


def _to_json(line: Line, *, with_title: bool) -> dict[str, Any]:
    text = EventText(line.kind, line.dossier, line.author, line.urgent, line.mine, until=line.until)
    return {
        "id": str(line.id),
        "at": line.occurred_at.isoformat(),
        "kind": line.kind,
        "text": text.sentence,
        "dossier": line.dossier,
        "author": line.author or None,
        "title": (line.title or None) if with_title else None,
        "url": line.url if with_title else None,
        "urgent": line.urgent,
        "read": line.read,
    }
