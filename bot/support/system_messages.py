"""The messages of the system around a conversation with human agents: texts of `bot/support/texts.yml` with support's own buttons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.messaging.messages import Button, Link, Reply
from bot.support.queue import estimate_wait, queue_place
from bot.support.records import Agent, Reason, SupportRequest, TicketEventType
from bot.support.tables import TicketRow
from bot.support.texts import SupportTexts
from bot.support.tickets import assignee_of, reference_of

HANDLED_PREFIX = "support."
"""Prefix of the intents that support acts on itself: Rasa knows none of them."""
REQUEST_AGENT, END, LEAVE, WAIT, ADD, RATE, REOPEN, TRANSCRIPT, WEB_CHAT = (
    HANDLED_PREFIX + name for name in ("ask", "end", "leave", "wait", "add", "rate", "reopen", "transcript", "web_chat")
)
"""Intents of support's own buttons. The transcript may also be asked for in words."""
KEEP, DROP, REDIRECT = (HANDLED_PREFIX + name for name in ("keep", "drop", "redirect"))
"""Intents of the buttons under the question whether to leave what was written: leave it, leave nothing, it was for the assistant.

The last one also stands under words of the wait that the assistant could answer."""
WITHDRAW = HANDLED_PREFIX + "withdraw"
"""Intent of the button that takes back a request which stays with the team."""
CONTACT_SUPPORT = "contact_support"
"""Intent of the dialogue's own buttons that ask for a person, with the facts that they carry."""
RATINGS = {3: "button_very_useful", 2: "button_useful", 1: "button_useless"}
"""Ratings, with the names of their buttons' titles."""


class SystemMessages:
    """Composes the messages of the system."""

    def __init__(self, texts: SupportTexts) -> None:
        self.texts = texts

    def help_button(self, error_id: str) -> Button:
        """Return the button that asks for a person where something failed; Rasa need not be there for it."""
        return self._button("button_ask", REQUEST_AGENT, **SupportRequest(Reason.FAILED, error_ids=(error_id,)).values)

    def text_only(self, name: str, row: TicketRow | None = None, **values: object) -> Reply:
        """Return a message without buttons."""
        return Reply(text=self.texts.render(name, reference=reference_of(row.id) if row else "", **values))

    async def queued(self, session: AsyncSession, row: TicketRow, now: datetime, name: str = "waiting", **values: object) -> Reply:
        """Return the message that the ticket waits: its place in the queue, and the estimated wait if there is an estimate."""
        place = await queue_place(session, row)
        queue = {"place": self.texts.place(place), "wait": self.texts.wait(await estimate_wait(session, place, now))}
        text = self.texts.render(name, reference=reference_of(row.id), **queue, **values)
        return Reply(text=text, buttons=(self._button("button_end", END),))

    def added(self, name: str, row: TicketRow, request: dict[str, Any] | None = None) -> Reply:
        """Return the message that words of the wait are kept for the team, with the way back to the assistant.

        `request`: the entities of the button that hands those words to it, for the text that offers it.
        """
        redirect = (self._button("button_redirect", REDIRECT, **request),) if request is not None else ()
        return Reply(text=self.text_only(name, row).text, buttons=(*redirect, self._button("button_end", END)))

    def kept(self, row: TicketRow) -> Reply:
        """Return the message that a request stays with the team though its user waits no longer."""
        buttons = (self._button("button_withdraw", WITHDRAW, ticket=row.id), self._button("button_add", ADD))
        return Reply(text=self.text_only("wait_left", row).text, buttons=(*buttons, *self._resume_button(row.context)))

    def withdrawn(self, row: TicketRow) -> Reply:
        """Return the message that a request was taken back by its user."""
        reopen = self._button("button_reopen", REOPEN, ticket=row.id)
        return Reply(text=self.text_only("withdrawn", row).text, buttons=(reopen, *self._resume_button(row.context)))

    def closed_offer(self, request: SupportRequest, row: TicketRow | None, now: datetime) -> Reply:
        """Return the message out of hours: when the team answers next, and that a message can be left, or added to."""
        text = self.texts.render("closed_offer", opening=self.texts.opening(now))
        title, intent, more = ("button_add", ADD, {"offered": True}) if row else ("button_leave", LEAVE, {})
        leave = self._button(title, intent, **request.values, **more)
        return Reply(text=text, buttons=(leave, *self._resume_button(request.values)))

    def ask_for_message(self, name: str, now: datetime, *, can_wait: bool = False) -> Reply:
        """Return the message that asks the user to write the message that is left."""
        text = self.texts.render(name, opening=self.texts.opening(now))
        wait = (self._button("button_wait", WAIT),) if can_wait else ()
        return Reply(text=text, buttons=(*wait, self._button("button_end", END)))

    def confirm_message(self, text: str, entities: dict[str, Any]) -> Reply:
        """Return the question whether to leave what was written; `entities` are the request's, with the ids of its `turns`."""
        buttons = (("button_keep", KEEP), ("button_redirect", REDIRECT), ("button_drop", DROP))
        return Reply(
            text=self.texts.render("confirm_message", text=text),
            buttons=tuple(self._button(title, intent, **entities) for title, intent in buttons),
        )

    def dropped(self, entities: Mapping[str, Any]) -> Reply:
        """Return the message that nothing is left; what was put aside may be resumed."""
        return Reply(text=self.texts.render("dropped"), buttons=self._resume_button(entities))

    def message_left(self, row: TicketRow, now: datetime, *, is_open: bool) -> Reply:
        """Return the message that what the user left is kept, and when it is answered."""
        name = "left_open" if is_open else "left_closed"
        text = self.texts.render(name, reference=reference_of(row.id), opening="" if is_open else self.texts.opening(now))
        return Reply(text=text, buttons=(self._button("button_add", ADD), *self._resume_button(row.context)))

    def joined(self, row: TicketRow, *, trusted: bool, left: bool) -> Reply:
        """Return the message that an agent joined; `left`: to answer a message that was left."""
        text = self.texts.render("joined_left" if left else "joined", agent=row.agent_name, reference=reference_of(row.id))
        return Reply(text=text if trusted else f"{text} {self.texts.render('joined_external')}")

    def replaced(self, row: TicketRow, former: Agent) -> Reply:
        """Return the message that an agent took over from another."""
        return self.text_only("replaced", row, agent=row.agent_name, former=former.name)

    def closed(self, row: TicketRow, event_type: TicketEventType, minutes: int) -> Reply:
        """Return the message that the assistant answers again, which asks for a rating where an agent had answered.

        Args:
            row: the ticket.
            event_type: why it was closed.
            minutes: how long nothing was written, where it was closed by silence.
        """
        resume = self._resume_button(row.context)
        reopen = self._button("button_reopen", REOPEN, ticket=row.id)
        if event_type is TicketEventType.AGENT_CLOSED:
            if row.first_reply_at is None:
                return Reply(text=self.text_only("closed_unanswered", row).text, buttons=(reopen, *resume))
            ratings = (self._button(title, RATE, ticket=row.id, rating=rating) for rating, title in RATINGS.items())
            agent = assignee_of(row)
            text = self.text_only("agent_closed", row, agent=agent.name if agent else "").text
            return Reply(text=text, buttons=(*ratings, reopen, self._transcript_button(row), *resume))
        if event_type is TicketEventType.TIMED_OUT:
            return Reply(text=self.texts.render("nothing_left"), buttons=resume)
        name = "silence" if event_type is TicketEventType.SILENCE else "user_ended" if row.agent_id else "wait_ended"
        text = self.text_only(name, row, minutes=minutes).text
        return Reply(text=text, buttons=(reopen, self._transcript_button(row), *resume) if row.first_reply_at else resume)

    def rated(self, row: TicketRow) -> Reply:
        """Return thanks for a rating; the ticket may still be reopened."""
        buttons = (self._button("button_reopen", REOPEN, ticket=row.id), self._transcript_button(row))
        return Reply(text=self.texts.render("rated"), buttons=buttons)

    def transcript(self, row: TicketRow, url: str) -> Reply:
        """Return the message with the transcript's address, for a trusted chat; a closed ticket may be reopened from there as well."""
        buttons = (self._button("button_reopen", REOPEN, ticket=row.id),) if row.closed_at else ()
        link = Link(title=self.texts.render("link_transcript"), url=url)
        return Reply(text=self.text_only("transcript", row).text, link=link, buttons=buttons)

    def replied_elsewhere(self, row: TicketRow, agent: Agent, url: str) -> Reply:
        """Return the message that an agent answered in the trusted web chat, with the link that leads there, and a button for another."""
        text = self.text_only("replied_elsewhere", row, agent=agent.name).text
        return Reply(text=text, link=self._web_chat_link(url), buttons=(self._button("button_new_link", WEB_CHAT),))

    def another_link(self, url: str) -> Reply:
        """Return a new link to the trusted web chat."""
        text = self.texts.render("another_link")
        return Reply(text=text, link=self._web_chat_link(url), buttons=(self._button("button_new_link", WEB_CHAT),))

    def _web_chat_link(self, url: str) -> Link:
        return Link(title=self.texts.render("link_elsewhere"), url=url)

    def transcript_elsewhere(self, row: TicketRow, url: str) -> Reply:
        """Return the message that the transcript is in the trusted web chat, with the link that leads there."""
        link = Link(title=self.texts.render("link_elsewhere"), url=url)
        return Reply(text=self.text_only("transcript_elsewhere", row).text, link=link)

    def _transcript_button(self, row: TicketRow) -> Button:
        return self._button("button_transcript", TRANSCRIPT, ticket=row.id)

    def _resume_button(self, context: Mapping[str, Any]) -> tuple[Button, ...]:
        """Return the button that resumes the task which was put aside: the dialogue's own « oui ». Nothing where there is no task."""
        task = context.get("task")
        if not task or not context.get("resumes"):
            return ()
        return (Button(title=self.texts.render("button_resume", task=task), intent="affirm"),)

    def _button(self, title: str, intent: str, **entities: Any) -> Button:
        return Button(title=self.texts.render(title), intent=intent, entities=entities)
