"""Lives of conversations: the real gateway, desk and clock, driven by events that nobody chose, and killed at any moment.

Rasa is the stand-in of the gateway's tests, over HTTP; « lentement » is answered only once `Installation.let_go` was called.
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

from bot.accounts.registry import AccountRegistry
from bot.accounts.requests import AccountRequests
from bot.core.clock import ManualClock
from bot.core.database import Database
from bot.dossiers.dossiers import Dossiers
from bot.dossiers.partners import Partners
from bot.dossiers.usager_cache import UsagerCache
from bot.fhir.client import FhirClient
from bot.fhir.operations import Operations
from bot.identity.account_chats import AccountChats
from bot.identity.service import Identity
from bot.messaging.gateway import Gateway
from bot.messaging.messages import Incoming
from bot.messaging.pii.redaction import Redaction
from bot.messaging.tables import DONE, InboxRow, MessageRow
from bot.migrations import upgrade
from bot.support.desk import Desk
from bot.support.errors import DeskError
from bot.support.records import HELD, Outcome, TicketEventType, TicketState
from bot.support.tables import TicketEventRow, TicketRow
from tests.unit.messaging.harness import StandInRasa, buttons, served, settings_for, until
from tests.unit.support.desk_world import ASK, BOSS, DOING, MARIE, OPEN_AT, PAUL

SLOWLY = "lentement"
TEXTS = ("bonjour", ASK, "fin", "oui", "annuler", "/aide", "/start", "mon message", "ajoute", SLOWLY, "1")
AGENTS = (MARIE, PAUL, BOSS)
PAUSES = (1, 11, 31, 60 * 3, 60 * 15)
"""Minutes."""
TAKES_OVER = re.compile("L’assistant reprend|a clos votre demande")
SILENCES = re.compile("transmise à l’équipe|est rouverte|Écrivez|Écrivez ici|a rejoint la discussion|prend la suite|confie votre demande")


@dataclass(frozen=True)
class Event:
    """One thing that happens; `n` chooses among what there is."""

    what: str
    n: int = 0


class Installation:
    """One database and one bot at a time on it."""

    def __init__(self, stack: AsyncExitStack, folder: Path, rasa: StandInRasa, url: str) -> None:
        self._stack, self.rasa = stack, rasa
        self.clock = ManualClock(OPEN_AT)
        self._settings = settings_for(folder, url, SUPPORT_DAYS="1,2,3,4,5,6,7", SUPPORT_HOLIDAYS="none", BUTTON_HOURS=24)
        self.database = Database(self._settings.sqlalchemy_url)
        event.listen(self.database.engine.sync_engine, "connect", _without_waiting_for_the_disk)
        fhir = FhirClient(self._settings.required("platform_url"), self._settings.required("platform_token"))
        registry = AccountRegistry(fhir)
        self._identity = Identity(self.database, registry, self.clock, self._settings)
        partners = Partners(fhir, self.database, self.clock, Operations(self.database, self.clock))
        self._requests = AccountRequests(self.database, registry, partners, self.clock, self._settings, AccountChats(self._settings))
        self._privacy = Redaction(self._identity, UsagerCache(Dossiers(fhir, self.database, self.clock), self.clock), self.clock)
        self.gateway: Gateway
        self.desk: Desk
        self._ours: set[asyncio.Task[Any]] = set()
        self.lives = 0

    @classmethod
    async def open(cls, stack: AsyncExitStack, folder: Path) -> Installation:
        rasa = StandInRasa()
        rasa.answers[ASK] = [{"text": "", "buttons": [], "link": None, "handover": DOING}]
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
        before = asyncio.all_tasks()

        async def redeem(conversation_id: str, token: str) -> str | None:
            return "link_invalid"

        self.gateway = Gateway(self._settings, self.database, self.clock, self._privacy, redeem)
        self.desk = Desk(self.database, self.clock, self.gateway, self._privacy, self._identity, self._requests)
        await self.gateway.start()
        self._ours = asyncio.all_tasks() - before

    async def kill(self, baseline: set[asyncio.Task[Any]]) -> None:
        """Everything of the bot stops between two of its transactions. Another one starts once the leases ran out."""
        turnstile, pool = self.database._turnstile, self.database.engine.pool
        assert turnstile is not None
        assert isinstance(pool, QueuePool)
        async with turnstile:
            await until(lambda: pool.checkedout() == 0)
            tasks = {task for task in asyncio.all_tasks() - baseline if not _of_the_stand_in(task)} | self._ours
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self.gateway._rasa.aclose()  # the machine closes a dead process's connections
        self.clock.advance(timedelta(seconds=25))
        await self.start()

    def let_go(self) -> None:
        """Rasa answers what it was slow to answer."""
        self.rasa.gates[SLOWLY].set()

    async def close(self) -> None:
        self.let_go()
        await self.gateway.stop()
        await self.database.close()


class Life:
    """One conversation, from its first message to its end."""

    def __init__(self, installation: Installation, conversation_id: str) -> None:
        self.home, self.id = installation, conversation_id
        self.sent = 0

    async def happen(self, event: Event) -> None:
        """Let the event happen; what the desk refuses is refused."""
        if event.what == "both":  # two things at once
            await asyncio.gather(self.happen(Event("say", event.n)), self._desk_act("reply", event.n), self._desk_act("take", event.n + 1))
        elif event.what in {"say", "hurry", "press"}:
            await self._user(event)
        elif event.what == "pause":
            self.home.clock.advance(timedelta(minutes=PAUSES[event.n % len(PAUSES)]))
            await self.home.gateway.deadlines.run_due()
        elif event.what == "let go":
            self.home.let_go()
            await self.settle()
            self.home.rasa.gates[SLOWLY].clear()
        else:
            await self._desk_act(event.what, event.n)

    async def say(self, text: str) -> list[dict[str, Any]]:
        """Type a text and wait for the end of the turn."""
        received = await self.home.gateway.receive(self.id, self._incoming(text=text))
        return await self.home.gateway.replies(self.id, received) or []

    def _incoming(self, **content: str) -> Incoming:
        self.sent += 1
        return Incoming(f"c{self.sent}", **content)

    async def _user(self, event: Event) -> None:
        if event.what == "press":
            shown = [button["token"] for message in await self.home.gateway.history(self.id, None) for button in message["buttons"]]
            if not shown:
                return
            incoming = self._incoming(button=shown[-1 - event.n % min(len(shown), 6)])
        else:
            incoming = self._incoming(text=TEXTS[event.n % len(TEXTS)])
        received = await self.home.gateway.receive(self.id, incoming)
        slow = incoming.text == SLOWLY or await self._unfinished() > 1
        if event.what != "hurry" and not slow:
            await self.home.gateway.replies(self.id, received)

    async def _desk_act(self, what: str, n: int) -> None:
        desk, agent, other = self.home.desk, AGENTS[n % 3], AGENTS[(n + 1) % 3]
        ticket = await self._ticket()
        if ticket is None:
            return
        try:
            if what == "take":
                await desk.take(ticket, agent, over=n % 4 == 3)
            elif what == "reply":
                await desk.reply(ticket, agent, "Je vous réponds.", key=f"{self.sent}:{n}")
            elif what == "close":
                await desk.close(ticket, agent, Outcome.SOLVED)
            elif what == "release":
                await desk.release(ticket, agent)
            elif what == "transfer":
                await desk.transfer(ticket, agent, **({"to": other} if n % 2 else {"queue": "Technique"}))
            elif what == "reopen":
                await desk.reopen(ticket, agent)
            elif what == "note":
                await desk.note(ticket, agent, "note interne")
        except DeskError:
            pass

    async def _ticket(self) -> int | None:
        newest = select(TicketRow.id).where(TicketRow.conversation_id == self.id).order_by(TicketRow.id.desc()).limit(1)
        async with self.home.database.reading() as session:
            return await session.scalar(newest)

    async def _is_held(self, ticket_id: int) -> bool:
        return (await self.home.desk.find(ticket_id)).state in HELD

    async def _unfinished(self) -> int:
        unfinished = select(InboxRow.id).where(InboxRow.conversation_id == self.id, InboxRow.state != DONE)
        async with self.home.database.reading() as session:
            return len((await session.scalars(unfinished)).all())

    async def settle(self) -> None:
        """Wait until every turn is over."""

        async def over() -> bool:
            return await self._unfinished() == 0

        await until(over)

    async def end(self, way: int) -> None:
        """Leave whatever state there is: by the user's wish, or by time alone. The assistant has the word again, and answers."""
        self.home.let_go()
        await self.settle()
        self.home.rasa.gates[SLOWLY].clear()
        if way % 2:
            await self.say("/fin")
        else:
            for _ in range(4):
                if (ticket := await self._ticket()) is None or not await self._is_held(ticket):
                    break
                self.home.clock.advance(timedelta(minutes=31))
                await self.home.gateway.deadlines.run_due()
        replies = await self.say("bonjour")
        assert [reply["author"] for reply in replies] == ["assistant"], replies
        said = select(MessageRow.author, MessageRow.text, MessageRow.turn).where(MessageRow.conversation_id == self.id)
        told = select(TicketEventRow).join(TicketRow, TicketRow.id == TicketEventRow.ticket_id).where(TicketRow.conversation_id == self.id)
        async with self.home.database.reading() as session:
            messages = [tuple(row) for row in await session.execute(said.order_by(MessageRow.id))]
            tickets = (await session.scalars(select(TicketRow).where(TicketRow.conversation_id == self.id))).all()
            moves = (await session.scalars(told.order_by(TicketEventRow.id))).all()
        self._check_nobody_spoke_out_of_turn(messages)
        self._check_nothing_was_lost(messages, tickets, moves)

    def _check_nobody_spoke_out_of_turn(self, messages: Sequence[tuple[Any, ...]]) -> None:
        silent = False
        for author, text, _ in messages:
            assert not (silent and author == "assistant"), text
            assert silent or author != "agent", text
            assert "note interne" not in text
            if author == "system":
                silent = not TAKES_OVER.search(text) and (silent or bool(SILENCES.search(text)))

    def _check_nothing_was_lost(
        self, messages: Sequence[tuple[Any, ...]], tickets: Sequence[TicketRow], moves: Sequence[TicketEventRow]
    ) -> None:
        turns = [turn for author, _, turn in messages if author == "user"]
        answered = {turn for author, _, turn in messages if author != "user"}
        assert len(turns) == self.sent
        assert sum(turn not in answered for turn in turns) <= sum(move.why == TicketEventType.SAID for move in moves)
        for ticket in tickets:
            assert TicketState(ticket.state) not in HELD | {TicketState.JOINING}
            self._check_moves([move for move in moves if move.ticket_id == ticket.id], ticket)
        assert sum(ticket.live is not None for ticket in tickets) <= 1

    def _check_moves(self, moves: Sequence[TicketEventRow], ticket: TicketRow) -> None:
        """What the user said to a ticket was answered, or closed by somebody, or waits for an answer still."""
        unanswered, state = False, None
        for move in moves:
            assert move.was == state or (move.was == move.state == state), (move.id, move.was, state)
            state = move.state
            if move.why in {TicketEventType.SAID, TicketEventType.REPLIED}:
                unanswered = move.why == TicketEventType.SAID
            if state == TicketState.CLOSED and move.why in {TicketEventType.AGENT_CLOSED, TicketEventType.USER_ENDED}:
                unanswered = False
            assert not (state == TicketState.CLOSED and unanswered), move.why
        assert state == ticket.state


async def live(installation: Installation, events: Sequence[Event], way: int) -> None:
    """One life; raises AssertionError where it is not as it must be."""
    installation.lives += 1
    if not _hours(installation.clock.now()):  # begin within opening hours, or a little before they end
        installation.clock.advance(timedelta(hours=(33 - installation.clock.now().hour) % 24 or 24))
    baseline = asyncio.all_tasks()
    conversation_id = await installation.gateway.open("web", f"life-{installation.lives}")
    life = Life(installation, conversation_id)
    for one in events:
        if one.what == "kill":
            await installation.kill(baseline)
        else:
            await life.happen(one)
    await life.end(way)


def _without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    """Processes are killed here, machines are not."""
    connection.execute("PRAGMA synchronous=OFF")


def _of_the_stand_in(task: asyncio.Task[Any]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "").startswith("RequestResponseCycle")


def _hours(now: datetime) -> bool:
    return 8 <= now.hour <= 15
