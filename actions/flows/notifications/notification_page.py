"""What the flows about notifications share: which dossier they concern, a page of the list, its lines in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from actions.flows.dossiers.dossier_slot import read_dossier
from actions.framework.context import Context
from actions.framework.dates import format_moment
from actions.framework.flow import Slots
from actions.framework.utterances import MAX_SHOWN
from bot.notifications.notification_list import Line, Page
from bot.notifications.rendering import EventText

EVERYTHING = ""
"""Value of the slot `dossier` if notifications about anything are meant."""
_ALL = re.compile(r"\btou(?:t|te|s|tes)\b|\bmes\b|\bles (?:notif|alerte)", re.IGNORECASE)


def means_everything(text: str) -> bool:
    """Return whether a text means all notifications: « tout », « toutes », « mes notifications »."""
    return bool(_ALL.search(text))


async def read_scope(context: Context, *, asked: bool) -> Slots:
    """Return the dossier that the message names, else EVERYTHING; none, or a list to choose from, if it must be asked for (again).

    Args:
        asked: whether the dossier was asked for.
    """
    turn = context.turn
    if asked and (turn.entity("everything") or means_everything(turn.text)) and not turn.entity("dossier_ref"):
        return {"dossier": EVERYTHING}
    before = context.utterances.count
    slots = await read_dossier(context, asked=asked)
    return slots if slots or asked or context.utterances.count > before else {"dossier": EVERYTHING}


async def visible_page(context: Context, *, dossier: str | None, with_read: bool, before: int | None) -> Page:
    """Return a page of the user's list as this channel may show it.

    The title of an event may name an usager: it is shown in the trusted web chat only, and only for dossiers that the user has access to
    now.

    Args:
        dossier: reference of the dossier, None for everything.
        with_read: whether read notifications are listed too.
        before: id of the notification before which the page begins, None for the first page.
    """
    account = await context.linked_account()
    page = await context.services.notifications.page(
        account.id, dossier=dossier, unread=not with_read, before=before, size=MAX_SHOWN, titles=context.turn.trusted
    )
    if not any(line.dossier and line.title for line in page.lines):
        return page
    own = {each.reference for each in await context.dossiers.own(account)}
    return replace(page, lines=tuple(line if line.dossier in {None, *own} else replace(line, title="", url=None) for line in page.lines))


def format_lines(context: Context, lines: Sequence[Line], *, mark_unread: bool) -> list[str]:
    """Return the lines in words; `mark_unread` tells the unread ones apart."""
    now = context.services.clock.now()
    return [
        context.utterances.text(
            _line_response(line, mark_unread=mark_unread),
            sentence=EventText(line.kind, line.dossier, line.author, line.urgent, line.mine, line.title, until=line.until).sentence.rstrip(
                "."
            ),
            when=format_moment(line.occurred_at, now),
        )
        for line in lines
    ]


def _line_response(line: Line, *, mark_unread: bool) -> str:
    if mark_unread and not line.read:
        return "utter_notice_line_unread_urgent" if line.urgent else "utter_notice_line_unread"
    return "utter_notice_line_urgent" if line.urgent else "utter_notice_line"


def scope_text(context: Context, dossier: str | None) -> str:
    """Return « sur le dossier SPH-2024-000137 » with a space before it, "" for everything."""
    return context.utterances.text("utter_notices_about", reference=dossier) if dossier else ""
