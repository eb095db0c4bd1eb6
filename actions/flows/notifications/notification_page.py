"""What tasks about notifications share: of which dossier, what may be shown of a line, in which words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions.flows.dossiers.dossier_slot import SHOWN, read_dossier
from actions.framework.action import Context
from actions.framework.dates import moment
from actions.framework.lifecycle import Slots
from bot.notifications.reading import Line, Page
from bot.notifications.telling import Told

EVERYTHING = ""
"""Value of the slot `dossier` where notifications about whatever are meant."""
_ALL = re.compile(r"\btou(?:t|te|s|tes)\b|\bmes\b|\bles (?:notif|alerte)", re.IGNORECASE)


def says_all(text: str) -> bool:
    """« tout », « toutes », « mes notifications »."""
    return bool(_ALL.search(text))


async def read_about(context: Context, *, asked: bool) -> Slots:
    """The dossier that is named, else everything; empty, or with a list to choose from, where it must be asked for (again)."""
    turn = context.turn
    if asked and (turn.entity("everything") or says_all(turn.text)) and not turn.entity("dossier_ref"):
        return {"dossier": EVERYTHING}
    said = context.speech.said
    slots = await read_dossier(context, asked=asked)
    return slots if slots or asked or context.speech.said > said else {"dossier": EVERYTHING}


async def shown_page(context: Context, *, dossier: str | None, with_read: bool, before: int | None) -> Page:
    """Part of the speaker's list as this channel may show it.

    What an event is called may name an usager: it is shown in the trusted web chat alone, and of dossiers that the speaker has access
    to now.
    """
    person = await context.member()
    page = await context.services.notifications.page(
        person.id, dossier=dossier, unread=not with_read, before=before, size=SHOWN, titles=context.turn.trusted
    )
    if not any(line.dossier and line.title for line in page.lines):
        return page
    own = {seen.reference for seen in await context.dossiers.own(person)}
    return replace(page, lines=tuple(line if line.dossier in {None, *own} else replace(line, title="", url=None) for line in page.lines))


def worded(context: Context, lines: Sequence[Line], *, mark: bool) -> list[str]:
    """The lines in words; `mark`: those that are unread are told apart."""
    now = context.services.clock.now()
    return [
        context.speech.phrase(
            _line_response(line, mark=mark),
            sentence=Told(line.kind, line.dossier, line.author, line.urgent, line.mine, line.title).sentence.rstrip("."),
            when=moment(line.occurred_at, now),
        )
        for line in lines
    ]


def _line_response(line: Line, *, mark: bool) -> str:
    if mark and not line.read:
        return "utter_notice_line_unread_urgent" if line.urgent else "utter_notice_line_unread"
    return "utter_notice_line_urgent" if line.urgent else "utter_notice_line"


def about(context: Context, dossier: str | None) -> str:
    """« sur le dossier SPH-2024-000137 », with a space before it; nothing for everything."""
    return context.speech.phrase("utter_notices_about", reference=dossier) if dossier else ""
