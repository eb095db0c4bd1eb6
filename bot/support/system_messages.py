"""What is announced to a user around a conversation with the team: texts of `bot/support/texts.yml` with the gateway's own buttons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.messaging.messages import Button, Link, Reply
from bot.messaging.router import OWN, TRANSCRIPT
from bot.support.queue import estimate, place_of
from bot.support.records import Agent, Reason, TicketEventType
from bot.support.tables import TicketRow
from bot.support.texts import SupportTexts
from bot.support.tickets import SupportRequest, agent_of, reference_of

ASK, END, LEAVE, WAIT, ADD, RATE, REOPEN = (OWN + name for name in ("ask", "end", "leave", "wait", "add", "rate", "reopen"))
"""Intents of the gateway's own buttons."""
RATINGS = {3: "button_very_useful", 2: "button_useful", 1: "button_useless"}


class SystemMessages:
    """Puts announcements together."""

    def __init__(self, words: SupportTexts) -> None:
        self.words = words

    def asks(self, error_id: str) -> Button:
        """Asks for a person where something failed; Rasa need not be there for it."""
        return self._button("button_ask", ASK, **SupportRequest(Reason.FAILED, error_ids=(error_id,)).values)

    def say(self, name: str, row: TicketRow | None = None, **values: object) -> Reply:
        """A text alone."""
        return Reply(text=self.words.say(name, reference=reference_of(row.id) if row else "", **values))

    async def queued(self, session: AsyncSession, row: TicketRow, now: datetime, name: str = "waiting", **values: object) -> Reply:
        """That the ticket waits, at which place, and for how long by what is known."""
        place = await place_of(session, row)
        said = {"place": self.words.place(place), "wait": self.words.wait(await estimate(session, place, now))}
        text = self.words.say(name, reference=reference_of(row.id), **said, **values)
        return Reply(text=text, buttons=(self._button("button_end", END),))

    def offer(self, request: SupportRequest, row: TicketRow | None, now: datetime) -> Reply:
        """Out of hours: when the team answers next, and that a message can be left, or added to."""
        text = self.words.say("closed_offer", opening=self.words.opening(now))
        leave = self._button("button_add", ADD) if row else self._button("button_leave", LEAVE, **request.values)
        return Reply(text=text, buttons=(leave, *self._resume(request.values)))

    def write(self, name: str, now: datetime, *, wait: bool = False) -> Reply:
        """That the message that is left is awaited now."""
        text = self.words.say(name, opening=self.words.opening(now))
        waiting = (self._button("button_wait", WAIT),) if wait else ()
        return Reply(text=text, buttons=(*waiting, self._button("button_end", END)))

    def left(self, row: TicketRow, now: datetime, *, is_open: bool) -> Reply:
        """That the message is kept, and when it is answered."""
        name = "left_open" if is_open else "left_closed"
        text = self.words.say(name, reference=reference_of(row.id), opening="" if is_open else self.words.opening(now))
        return Reply(text=text, buttons=(self._button("button_add", ADD), *self._resume(row.context)))

    def joined(self, row: TicketRow, *, trusted: bool, left: bool) -> Reply:
        """That an agent joined."""
        text = self.words.say("joined_left" if left else "joined", agent=row.agent_name, reference=reference_of(row.id))
        return Reply(text=text if trusted else f"{text} {self.words.say('joined_external')}")

    def replaced(self, row: TicketRow, former: Agent) -> Reply:
        """That an agent took over from another."""
        return self.say("replaced", row, agent=row.agent_name, former=former.name)

    def closed(self, row: TicketRow, why: TicketEventType, minutes: int) -> Reply:
        """That the assistant takes over, with a word on the help where there was some."""
        resume = self._resume(row.context)
        reopen = self._button("button_reopen", REOPEN, ticket=row.id)
        if why is TicketEventType.AGENT_CLOSED:
            if row.first_reply_at is None:
                return Reply(text=self.say("closed_unanswered", row).text, buttons=(reopen, *resume))
            rates = (self._button(title, RATE, ticket=row.id, rating=rating) for rating, title in RATINGS.items())
            agent = agent_of(row)
            text = self.say("agent_closed", row, agent=agent.name if agent else "").text
            return Reply(text=text, buttons=(*rates, reopen, self._transcript(row), *resume))
        if why is TicketEventType.TIMED_OUT:
            return Reply(text=self.words.say("nothing_left"), buttons=resume)
        text = self.words.say("silence" if why is TicketEventType.SILENCE else "user_ended", minutes=minutes)
        return Reply(text=text, buttons=(reopen, self._transcript(row), *resume) if row.first_reply_at else resume)

    def rated(self, row: TicketRow) -> Reply:
        """Thanks; the ticket may still be reopened."""
        return Reply(text=self.words.say("rated"), buttons=(self._button("button_reopen", REOPEN, ticket=row.id), self._transcript(row)))

    def transcript(self, row: TicketRow, url: str) -> Reply:
        """Where the transcript is, in a trusted chat; what is closed may be reopened from there as well."""
        buttons = (self._button("button_reopen", REOPEN, ticket=row.id),) if row.closed_at else ()
        return Reply(text=self.say("transcript", row).text, link=Link(title=self.words.say("link_transcript"), url=url), buttons=buttons)

    def transcript_elsewhere(self, row: TicketRow, url: str) -> Reply:
        """That it is in the trusted web chat, where this link leads."""
        return Reply(text=self.say("transcript_elsewhere", row).text, link=Link(title=self.words.say("link_elsewhere"), url=url))

    def _transcript(self, row: TicketRow) -> Button:
        return self._button("button_transcript", TRANSCRIPT, ticket=row.id)

    def _resume(self, context: Mapping[str, Any]) -> tuple[Button, ...]:
        """Takes up the task that was put aside: the dialogue's own « oui »."""
        task = context.get("task")
        return (Button(title=self.words.say("button_resume", task=task), intent="affirm"),) if task and context.get("resumes") else ()

    def _button(self, title: str, intent: str, **entities: Any) -> Button:
        return Button(title=self.words.say(title), intent=intent, entities=entities)
