"""Lives of conversations: the real gateway, desk and clock, driven by events that nobody chose, and killed at any moment.

Rasa is the stand-in of the gateway's tests, over HTTP; « lentement » is answered only once `Installation.release_rasa` was called.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.pool import QueuePool

from bot.bot_container import BotContainer
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Incoming
from bot.messaging.tables import DONE, InboxRow, MessageRow
from bot.migrations import upgrade
from bot.support.desk import Desk
from bot.support.errors import DeskError
from bot.support.records import HANDED_OVER, Outcome, TicketEventType, TicketState
from bot.support.service import Support
from bot.support.tables import TicketEventRow, TicketRow
from tests.unit.messaging.running_bot import StandInRasa, buttons, served, settings_for, until
from tests.unit.support.running_desk import ASK, BOSS, HANDOVER_REQUEST, MARIE, OPEN_AT, PAUL

SLOWLY = "lentement"
TEXTS = ("bonjour", ASK, "fin", "oui", "annuler", "/aide", "/start", "mon message", "ajoute", SLOWLY, "1")
AGENTS = (MARIE, PAUL, BOSS)
PAUSES = (1, 11, 31, 60 * 3, 60 * 15)
"""Minutes."""
TAKES_OVER = re.compile("L’assistant reprend|a clos votre demande")
SILENCES = re.compile("transmise à l’équipe|est rouverte|Écrivez|Écrivez ici|a rejoint la discussion|prend la suite|confie votre demande")


@dataclass(frozen=True)
class Action:
    """One thing that happens; `n` chooses among what there is."""

    kind: str
    number: int = 0


class Installation:
    """One database and one bot at a time on it."""

    def __init__(self, stack: AsyncExitStack, folder: Path, rasa: StandInRasa, url: str) -> None:
        self._stack, self.rasa = stack, rasa
        self.clock = ManualClock(OPEN_AT)
        self._settings = settings_for(folder, url, SUPPORT_DAYS="1,2,3,4,5,6,7", SUPPORT_HOLIDAYS="none", BUTTON_HOURS=24)
        self.database = Database(self._settings.sqlalchemy_url)
        event.listen(self.database.engine.sync_engine, "connect", _without_fsync)
        self.gateway: Gateway
        self.support: Support
        self.desk: Desk
        self._ours: set[asyncio.Task[Any]] = set()
        self.conversations = 0

    @classmethod
    async def open(cls, stack: AsyncExitStack, folder: Path) -> Installation:
        rasa = StandInRasa()
        rasa.answers[ASK] = [{"text": "", "buttons": [], "link": None, "handover": HANDOVER_REQUEST}]
        rasa.answers["ajoute"] = [{"text": "Sûr ?", "buttons": buttons("affirm", "deny"), "link": None}]
        rasa.gates[SLOWLY] = asyncio.Event()
        url = await stack.enter_async_context(served(rasa.app))
        made = cls(stack, folder, rasa, url)
        await asyncio.to_thread(upgrade, made._settings.sqlalchemy_url)
        await made.start()
        stack.push_async_callback(made.close)
        return made

    async def start(self) -> None:
        """A bot as the application puts it together."""
        before, parts = asyncio.all_tasks(), BotContainer(self._settings, self.clock, self.database)
        self.gateway, self.support, self.desk = parts.gateway, parts.support, parts.support.desk
        self.support.start()
        await self.gateway.start()
        self._ours = asyncio.all_tasks() - before

    async def kill(self, baseline: set[asyncio.Task[Any]]) -> None:
        """Everything of the bot stops between two of its transactions. Another one starts once the leases ran out."""
        turnstile, pool = self.database._turnstile, self.database.engine.pool
        assert turnstile is not None
        assert isinstance(pool, QueuePool)
        async with turnstile:
            await until(lambda: pool.checkedout() == 0)
            tasks = {task for task in asyncio.all_tasks() - baseline if not _is_stand_in_task(task)} | self._ours
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.gateway._rasa.aclose()  # the machine closes a dead process's connections
        self.clock.advance(timedelta(seconds=25))
        await self.start()

    def release_rasa(self) -> None:
        """Rasa answers what it was slow to answer."""
        self.rasa.gates[SLOWLY].set()

    async def close(self) -> None:
        self.release_rasa()
        self.support.begin_stop()
        await self.gateway.stop()
        await self.support.stop()
        await self.database.close()


class RandomConversation:
    """One conversation, from its first message to its end."""

    def __init__(self, installation: Installation, conversation_id: str) -> None:
        self._installation, self.id = installation, conversation_id
        self.sent = 0

    async def perform(self, action: Action) -> None:
        """Let the event happen; what the desk refuses is refused."""
        if action.kind == "both":  # two things at once
            await asyncio.gather(
                self.perform(Action("say", action.number)),
                self._desk_act("reply", action.number),
                self._desk_act("take", action.number + 1),
            )
        elif action.kind in {"say", "hurry", "press"}:
            await self._user(action)
        elif action.kind == "pause":
            self._installation.clock.advance(timedelta(minutes=PAUSES[action.number % len(PAUSES)]))
            await self._installation.support.timeouts.run_due()
        elif action.kind == "let go":
            self._installation.release_rasa()
            await self.settle()
            self._installation.rasa.gates[SLOWLY].clear()
        else:
            await self._desk_act(action.kind, action.number)

    async def say(self, text: str) -> list[dict[str, Any]]:
        """Type a text and wait for the end of the turn."""
        received = await self._installation.gateway.receive(self.id, self._incoming(text=text))
        return await self._installation.gateway.wait_for_replies(self.id, received) or []

    def _incoming(self, **content: str) -> Incoming:
        self.sent += 1
        return Incoming(f"c{self.sent}", **content)

    async def _user(self, action: Action) -> None:
        if action.kind == "press":
            shown = [
                button["token"] for message in await self._installation.gateway.history(self.id, None) for button in message["buttons"]
            ]
            if not shown:
                return
            incoming = self._incoming(button=shown[-1 - action.number % min(len(shown), 6)])
        else:
            incoming = self._incoming(text=TEXTS[action.number % len(TEXTS)])
        received = await self._installation.gateway.receive(self.id, incoming)
        slow = incoming.text == SLOWLY or await self._unfinished() > 1
        if action.kind != "hurry" and not slow:
            await self._installation.gateway.wait_for_replies(self.id, received)

    async def _desk_act(self, kind: str, number: int) -> None:
        desk, agent, other = self._installation.desk, AGENTS[number % 3], AGENTS[(number + 1) % 3]
        ticket = await self._ticket()
        if ticket is None:
            return
        try:
            if kind == "take":
                await desk.take(ticket, agent, take_over=number % 4 == 3)
            elif kind == "reply":
                await desk.reply(ticket, agent, "Je vous réponds.", key=f"{self.sent}:{number}")
            elif kind == "close":
                await desk.close(ticket, agent, Outcome.SOLVED)
            elif kind == "release":
                await desk.release(ticket, agent)
            elif kind == "transfer":
                await desk.transfer(ticket, agent, **({"to": other} if number % 2 else {"queue": "Technique"}))
            elif kind == "reopen":
                await desk.reopen(ticket, agent)
            elif kind == "note":
                await desk.note(ticket, agent, "note interne")
        except DeskError:
            pass

    async def _ticket(self) -> int | None:
        newest = select(TicketRow.id).where(TicketRow.conversation_id == self.id).order_by(TicketRow.id.desc()).limit(1)
        async with self._installation.database.reading() as session:
            return await session.scalar(newest)

    async def _is_handed_over(self, ticket_id: int) -> bool:
        return (await self._installation.desk.find(ticket_id)).state in HANDED_OVER

    async def _unfinished(self) -> int:
        unfinished = select(InboxRow.id).where(InboxRow.conversation_id == self.id, InboxRow.state != DONE)
        async with self._installation.database.reading() as session:
            return len((await session.scalars(unfinished)).all())

    async def settle(self) -> None:
        """Wait until every turn is over."""

        async def over() -> bool:
            return await self._unfinished() == 0

        await until(over)

    async def end(self, way: int) -> None:
        """Leave whatever state there is: by the user's wish, or by time alone. The assistant has the word again, and answers."""
        self._installation.release_rasa()
        await self.settle()
        self._installation.rasa.gates[SLOWLY].clear()
        if way % 2:
            await self.say("/fin")
        else:
            for _ in range(4):
                if (ticket := await self._ticket()) is None or not await self._is_handed_over(ticket):
                    break
                self._installation.clock.advance(timedelta(minutes=31))
                await self._installation.support.timeouts.run_due()
            await self.say("/aide")  # what may have been offered last is not taken up
        replies = await self.say("bonjour")
        assert [reply["author"] for reply in replies] == ["assistant"], replies
        messages_query = select(MessageRow.author, MessageRow.text, MessageRow.turn).where(MessageRow.conversation_id == self.id)
        events_query = (
            select(TicketEventRow).join(TicketRow, TicketRow.id == TicketEventRow.ticket_id).where(TicketRow.conversation_id == self.id)
        )
        async with self._installation.database.reading() as session:
            messages = [tuple(row) for row in await session.execute(messages_query.order_by(MessageRow.id))]
            tickets = (await session.scalars(select(TicketRow).where(TicketRow.conversation_id == self.id))).all()
            ticket_events = (await session.scalars(events_query.order_by(TicketEventRow.id))).all()
        self._check_assistant_was_silent(messages)
        self._check_nothing_was_lost(messages, tickets, ticket_events)

    def _check_assistant_was_silent(self, messages: Sequence[tuple[Any, ...]]) -> None:
        silent = False
        for author, text, _ in messages:
            assert not (silent and author == "assistant"), text
            assert silent or author != "agent", text
            assert "note interne" not in text
            if author == "system":
                silent = not TAKES_OVER.search(text) and (silent or bool(SILENCES.search(text)))

    def _check_nothing_was_lost(
        self, messages: Sequence[tuple[Any, ...]], tickets: Sequence[TicketRow], ticket_events: Sequence[TicketEventRow]
    ) -> None:
        turns = [turn for author, _, turn in messages if author == "user"]
        answered = {turn for author, _, turn in messages if author != "user"}
        assert len(turns) == self.sent
        assert sum(turn not in answered for turn in turns) <= sum(
            ticket_event.type == TicketEventType.SAID for ticket_event in ticket_events
        )
        for ticket in tickets:
            assert TicketState(ticket.state) not in HANDED_OVER | {TicketState.JOINING}
            self._check_events([ticket_event for ticket_event in ticket_events if ticket_event.ticket_id == ticket.id], ticket)
        assert sum(ticket.open_conversation_id is not None for ticket in tickets) <= 1

    def _check_events(self, ticket_events: Sequence[TicketEventRow], ticket: TicketRow) -> None:
        """What the user said to a ticket was answered, or closed by somebody, or waits for an answer still."""
        unanswered, state = False, None
        for ticket_event in ticket_events:
            assert ticket_event.from_state == state or (ticket_event.from_state == ticket_event.state == state), (
                ticket_event.id,
                ticket_event.from_state,
                state,
            )
            state = ticket_event.state
            if ticket_event.type in {TicketEventType.SAID, TicketEventType.REPLIED}:
                unanswered = ticket_event.type == TicketEventType.SAID
            if state == TicketState.CLOSED and ticket_event.type in {TicketEventType.AGENT_CLOSED, TicketEventType.USER_ENDED}:
                unanswered = False
            assert not (state == TicketState.CLOSED and unanswered), ticket_event.type
        assert state == ticket.state


async def run_conversation(installation: Installation, actions: Sequence[Action], way: int) -> None:
    """One life; raises AssertionError where it is not as it must be."""
    installation.conversations += 1
    if not _is_daytime(installation.clock.now()):  # begin within opening hours, or a little before they end
        installation.clock.advance(timedelta(hours=(33 - installation.clock.now().hour) % 24 or 24))
    baseline = asyncio.all_tasks()
    conversation_id = await installation.gateway.open("web", f"conversation-{installation.conversations}")
    conversation = RandomConversation(installation, conversation_id)
    for action in actions:
        if action.kind == "kill":
            await installation.kill(baseline)
        else:
            await conversation.perform(action)
    await conversation.end(way)


def _without_fsync(connection: Any, _record: Any) -> None:
    """Processes are killed here, machines are not."""
    connection.execute("PRAGMA synchronous=OFF")


def _is_stand_in_task(task: asyncio.Task[Any]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "").startswith("RequestResponseCycle")


def _is_daytime(now: datetime) -> bool:
    return 8 <= now.hour <= 15
