"""The bell of the web chat: SPHERE's list of the account that a chat is linked to, read and marked read (docs/reference.md).

Only here, where usagers may be named, are events' titles and addresses told; those of a dossier to nobody who does not take part in it now.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.fhir.client import FhirUnavailable
from bot.http.problems import Problem
from bot.identity.service import Identity
from bot.messaging.texts import Texts
from bot.notifications.care_team_cache import CareTeamCache
from bot.notifications.notification_list import Line
from bot.notifications.rendering import EventText
from bot.notifications.service import Notifications

AT_ONCE = 20
"""Notices of one answer."""


class _Read(BaseModel):
    """Body of `POST /chat/notifications/read`: ids, or all."""

    model_config = ConfigDict(strict=True, extra="ignore")

    ids: Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]], Field(max_length=500)] | None = None
    all: Literal[True] | None = None

    @model_validator(mode="after")
    def _either(self) -> _Read:
        if (self.ids is None) == (self.all is None):
            raise ValueError("either ids or all")
        return self


class Bell:
    """What the routes of the bell do for a conversation. Every method raises Problem 403 where it is linked to no open account."""

    def __init__(self, notifications: Notifications, identity: Identity, circles: CareTeamCache, texts: Texts) -> None:
        self._notifications, self._identity, self._circles, self._texts = notifications, identity, circles, texts

    async def page(self, conversation_id: str, *, before: int | None, dossier: str | None) -> dict[str, Any]:
        """`{"unread", "notifications", "more"}`: the newest twenty, or those older than `before`; of one dossier where it is named."""
        account_id = await self._account(conversation_id)
        page = await self._notifications.page(account_id, dossier=dossier, before=before, size=AT_ONCE, titles=True)
        circles = await self._circles.several({line.dossier for line in page.lines if line.dossier})
        taking_part = {reference for reference, circle in circles.items() if circle is not None and account_id in circle.names}
        shown = [_shown(line, named=line.dossier is None or line.dossier in taking_part) for line in page.lines]
        return {"unread": await self._notifications.unread(account_id), "notifications": shown, "more": page.more}

    async def read(self, conversation_id: str, body: bytes) -> dict[str, Any]:
        """`{"unread", "read"}`: how many are unread now, and how many became read. Raises Problem 422 for what is neither ids nor all."""
        account_id = await self._account(conversation_id)
        try:
            wanted = _Read.model_validate_json(body)
        except ValidationError as error:
            found = [{"pointer": "/" + "/".join(map(str, e["loc"])), "detail": e["type"]} for e in error.errors(include_input=False)]
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, self._texts.render("malformed"), errors=found) from None
        which = None if wanted.ids is None else {int(notice) for notice in wanted.ids}
        read = await self._notifications.mark_read(account_id, notices=which)
        return {"unread": await self._notifications.unread(account_id), "read": read}

    async def _account(self, conversation_id: str) -> str:
        try:
            person = await self._identity.person_of(conversation_id)
            account_id = person.id if person is not None else None
        except FhirUnavailable:  # the list is ours; what only the platform can allow is left out
            account_id = await self._identity.linked_account_id(conversation_id)
        if account_id is None:
            raise Problem(HTTPStatus.FORBIDDEN, self._texts.render("not_linked"))
        return account_id


def _shown(line: Line, *, named: bool) -> dict[str, Any]:
    told = EventText(line.kind, line.dossier, line.author, line.urgent, line.mine)
    return {
        "id": str(line.id),
        "at": line.occurred_at.isoformat(),
        "kind": line.kind,
        "text": told.sentence,
        "dossier": line.dossier,
        "author": line.author or None,
        "title": (line.title or None) if named else None,
        "url": line.url if named else None,
        "urgent": line.urgent,
        "read": line.read,
    }
