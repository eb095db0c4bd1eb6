"""The form of the platform's events: CloudEvents 1.0 in JSON, of the kinds of the contract (docs/dev/dossiers.md)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.fhir.references import References

PREFIX = "fr.sphere."
KINDS = (
    "access.granted",
    "access.ended",
    "team.joined",
    "team.left",
    "document.added",
    "note.added",
    "message.received",
    "appointment.set",
    "account.updated",
    "service.notice",
)
DECLARED_KINDS = ("stay.changed",)
"""Kinds that come of events which others declare as FHIR (`bot.notifications.communication_requests`); taken here, too."""
_DOSSIER = re.compile(r"SPH-\d{4}-\d{6}")


def _storable(text: str) -> str:
    if "\0" in text:  # PostgreSQL keeps none
        raise ValueError("must not hold a NUL character")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("must not hold half a character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[Text, Field(min_length=1, max_length=64)]


class EventData(BaseModel):
    """The data of an event that are kept; anything else is not."""

    model_config = ConfigDict(extra="ignore", strict=True)

    author: Id | None = None
    recipients: Annotated[list[Id], Field(max_length=500)] | None = None
    title: Annotated[Text, Field(max_length=300)] | None = None
    urgent: bool | None = None
    url: Annotated[Text, Field(max_length=2000, pattern=r"^https?://[^\s]+$")] | None = None


class CloudEvent(BaseModel):
    """One event. Extension attributes are allowed and not kept."""

    model_config = ConfigDict(extra="ignore", strict=True)

    specversion: Literal["1.0"]
    id: Annotated[Text, Field(min_length=1, max_length=200)]
    source: Annotated[Text, Field(min_length=1, max_length=300)]
    type: str
    subject: Id | None = None
    time: Annotated[AwareDatetime, Field(strict=False)] | None = None
    datacontenttype: Annotated[str, Field(pattern=r"^application/([a-z.]+\+)?json\b")] | None = None
    data: EventData | None = None

    @property
    def kind(self) -> str:
        """The type without its prefix."""
        return self.type.removeprefix(PREFIX)

    def read_by(self, references: References) -> CloudEvent:
        """Return the event with what it names on the platform as "Type/id", whatever address of the platform stands before it."""
        changed: dict[str, Any] = {}
        if self.data is not None:
            author, recipients = self.data.author, self.data.recipients
            named = [references.read(who) or who for who in recipients] if recipients is not None else None
            changed["data"] = self.data.model_copy(update={"author": references.read(author) or author, "recipients": named})
        if self.kind.startswith("account."):
            changed["subject"] = references.read(self.subject) or self.subject
        return self.model_copy(update=changed)

    @model_validator(mode="before")
    @classmethod
    def _no_binary(cls, value: Any) -> Any:
        if isinstance(value, dict) and "data_base64" in value:
            raise ValueError("data_base64 is not taken: data is JSON")
        return value

    @model_validator(mode="after")
    def _kind_and_subject_agree(self) -> Self:
        if not self.type.startswith(PREFIX) or self.kind not in (*KINDS, *DECLARED_KINDS):
            raise ValueError(f"type must be {PREFIX}<kind>, with a kind of: {', '.join(KINDS)}")
        family = self.kind.partition(".")[0]
        if family == "service" and self.subject is not None:
            raise ValueError("subject must be absent for service.*")
        if family == "account" and self.subject is None:
            raise ValueError("subject must be the account for account.*")
        if family not in ("service", "account") and not _DOSSIER.fullmatch(self.subject or ""):
            raise ValueError("subject must be the reference of a dossier, SPH-YYYY-NNNNNN")
        return self


def parse(value: Any) -> tuple[CloudEvent | None, list[str]]:
    """Return the event, or what is wrong with it: which attribute and why, at most ten, without quoting any value."""
    try:
        return CloudEvent.model_validate(value), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        return None, [f"{'.'.join(str(part) for part in e['loc']) or 'event'}: {e['msg'].removeprefix('Value error, ')}" for e in details][
            :10
        ]
