"""Rendering: the outbox payloads of notifications for chats and mails, from the templates.

No usager is named: kind of event, professional, reference of the dossier. What an event is called (`title`) and where it leads (`url`)
are given by the caller only where they may be shown (docs/dev/notifications.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bot.core.database import random_id
from bot.core.mail import one_line, render_html, render_text
from bot.dossiers.period import day_words
from bot.notifications.kinds import DeliveryChannel

MAX_SECTIONS = 20
"""Dossiers that one message lists."""
MAX_AUTHORS = 4
MAX_LINES = 5
"""Events of one dossier that a mail lists one by one; more are counted."""


@dataclass(frozen=True)
class EventText:
    """One event as it is worded for one person."""

    kind: str
    dossier: str | None
    author: str
    urgent: bool
    mine: bool
    """Whether the person is one of those whom the event was sent to by name."""
    title: str = ""
    url: str | None = None
    until: date | None = None
    """The last day of an access that ends."""

    @property
    def sentence(self) -> str:
        """The sentence, as in: « Claire Moreau a déposé un document dans le dossier SPH-2024-000137. »."""
        said = render_text(
            "notifications/event",
            kind=self.kind,
            dossier=self.dossier,
            author=self.author,
            mine=self.mine,
            title=self.title,
            until=day_words(self.until, self.until) if self.until else "",
        )
        return one_line(said)


def until_of(data: Mapping[str, Any]) -> date | None:
    """Return the last day of an access that the data of an event name."""
    return date.fromisoformat(data["until"]) if "until" in data else None


@dataclass(frozen=True)
class MessageContent:
    """The content of one message: events in the order of occurrence, all of one dossier (None: of none) unless `mixed`."""

    channel: DeliveryChannel
    events: Sequence[EventText]
    digest: bool = False
    mixed: bool = False
    instead_of: str | None = None
    """The channel whose chat closed, where that is to be said."""

    @property
    def dossier(self) -> str | None:
        """The dossier of all of them."""
        return None if self.digest or self.mixed else self.events[0].dossier

    @property
    def urgent(self) -> bool:
        """Whether one of them is."""
        return any(event.urgent for event in self.events)


def chat_payload(content: MessageContent, message_id: int, page_url: str) -> dict[str, Any]:
    """Return the payload of a CHAT row: a short text, « Marquer comme lu », « Sourdine » where it is about one dossier, and a link.

    Args:
        page_url: address of SPHERE, used where the event gives none.
    """
    events = content.events
    single = len(events) == 1 and not content.digest
    sections, more = _sections(events) if content.digest or content.mixed else ([], 0)
    text = render_text(
        "notifications/chat",
        why=_explanation(content),
        announced=content.channel is DeliveryChannel.SPHERE,
        urgent=content.urgent,
        digest=content.digest,
        sentence=events[0].sentence if single else "",
        many=len(events),
        dossier=content.dossier,
        counts=_counts(events),
        authors=_authors(events),
        sections=[(dossier, _counts(found)) for dossier, found in sections],
        more=more,
    )
    buttons = [{"title": _label("read"), "intent": "mark_notifications_read", "entities": {"message": str(message_id)}}]
    if content.dossier is not None:
        buttons.append({"title": _label("mute"), "intent": "mute_notifications", "entities": {"dossier_ref": content.dossier}})
    url = (events[0].url if len(events) == 1 else None) or page_url
    return {"text": text, "buttons": buttons, "link": {"title": _label("see"), "url": url}}


def mail_payload(content: MessageContent, to: str, page_url: str, stop_url: str) -> dict[str, Any]:
    """Return the payload of a MAIL row: text and HTML, with the headers of RFC 8058 that stop such mails by one click on `stop_url`."""
    events = content.events
    found, more = _sections(events)
    return _mail(
        to,
        _subject(content),
        why=_explanation(content),
        sections=[(_heading(dossier) if len(found) > 1 else "", _lines(some)) for dossier, some in found],
        more=more,
        url=(events[0].url if len(events) == 1 else None) or page_url,
        stop=stop_url,
    )


def reminder_payload(events: Sequence[EventText], to: str, page_url: str, stop_url: str) -> dict[str, Any]:
    """Return the payload of a MAIL row: how many notifications of which dossiers are unread."""
    found, more = _sections(events)
    lines = [f"{_heading(dossier) or 'SPHERE'}\u00a0: {_counts(some)}" for dossier, some in found]
    subject = render_text("notifications/subject", reminder=True, digest=False, many=len(events), urgent=False, dossier=None, sentence="")
    why = render_text("notifications/reminder")
    return _mail(to, one_line(subject), why=why, sections=[("", lines)], more=more, url=page_url, stop=stop_url)


def _mail(to: str, subject: str, **values: Any) -> dict[str, Any]:
    _, _, text = render_text("notifications/mail", subject=subject, **values).partition("\n")
    return {
        "id": random_id(),
        "to": [to],
        "subject": subject,
        "text": text.strip() + "\n",
        "html": render_html("notifications/mail", subject=subject, **values),
        "headers": {"List-Unsubscribe": f"<{values['stop']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    }


def _subject(content: MessageContent) -> str:
    events = content.events
    said = render_text(
        "notifications/subject",
        reminder=False,
        digest=content.digest,
        many=len(events),
        urgent=content.urgent,
        dossier=content.dossier,
        sentence=events[0].sentence.rstrip("."),
    )
    return one_line(said)


def _sections(events: Sequence[EventText]) -> tuple[list[tuple[str, list[EventText]]], int]:
    """Return the events by dossier ("" for none), in the order of their first event, and how many dossiers were left out."""
    found: dict[str, list[EventText]] = {}
    for event in events:
        found.setdefault(event.dossier or "", []).append(event)
    listed = list(found.items())
    return listed[:MAX_SECTIONS], max(0, len(listed) - MAX_SECTIONS)


def _heading(dossier: str) -> str:
    return f"Dossier\u00a0{dossier}" if dossier else ""


def _lines(events: Sequence[EventText]) -> list[str]:
    return [event.sentence for event in events] if len(events) <= MAX_LINES else [_counts(events)]


def _counts(events: Iterable[EventText]) -> str:
    return one_line(render_text("notifications/counts", counts=list(Counter(event.kind for event in events).items())))


def _authors(events: Iterable[EventText]) -> str:
    names = list(dict.fromkeys(event.author for event in events if event.author))
    return ", ".join(names[:MAX_AUTHORS]) + ("…" if len(names) > MAX_AUTHORS else "")


def _explanation(content: MessageContent) -> str:
    return render_text("notifications/why", channel=content.instead_of) if content.instead_of else ""


@cache
def _label(name: str) -> str:
    return render_text("notifications/labels", name=name)
