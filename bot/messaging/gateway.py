"""The gateway: what channels and pages call. Puts inbox, router, responders and transcript together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.core.clock import Clock
from bot.core.database import Database
from bot.core.encryption import Cipher
from bot.jobs.lease_owner import new_owner
from bot.messaging.assistant import Assistant
from bot.messaging.channel_registry import ChannelRegistry
from bot.messaging.channel_sender import ChannelSender
from bot.messaging.command_executor import CommandExecutor
from bot.messaging.conversations import Conversations
from bot.messaging.db_poller import DatabasePoller
from bot.messaging.delivery_tracking import DeliveryTracking
from bot.messaging.hub import Hub
from bot.messaging.inbox import MINUTE, Door, Inbox, TooManyMessages
from bot.messaging.messages import Incoming, Message, Received, RoutedMessage, Turn
from bot.messaging.outbound_commands import FETCHED
from bot.messaging.pii.contact_details import OwnContacts
from bot.messaging.pii.outgoing_filter import OutgoingFilter
from bot.messaging.pii.redaction import Redaction
from bot.messaging.pii.spans import Span
from bot.messaging.ports import Handover, IntentReading, LinkAccount, NoHandover, UnreadCounts
from bot.messaging.proactive_writer import ProactiveWriter
from bot.messaging.rasa import RasaClient
from bot.messaging.router import Router
from bot.messaging.texts import Texts, load_texts
from bot.messaging.transcript import PAGE, Transcript
from bot.messaging.turn_worker import TurnWorker
from bot.settings import Settings

STOP_SECONDS = 4.0
"""How long a stop waits for the turns in hand; below the supervisor's patience of 7 s."""
WAIT_MARGIN_SECONDS = 3.0
"""How much longer than a turn may last its caller waits, so that it gets the text which says so."""


@dataclass(frozen=True)
class Typing:
    """An event of a stream: whether an answer is being prepared."""

    on: bool


@dataclass(frozen=True)
class Unread:
    """An event of a stream: how many notifications the chat's person has not read; None: the chat is linked to nobody any more."""

    notices: int | None


class Gateway:
    """Receives, answers, reads and streams the conversations of every channel. One a process.

    Implements `bot.messaging.channel.Intake` and `bot.messaging.ports.Messaging`.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        redaction: Redaction,
        link_account: LinkAccount,
        unread_counts: UnreadCounts,
    ) -> None:
        """Raise TextsError or SettingsError when the installation is not complete."""
        self._clock = clock
        self._turn_seconds, self._per_minute = settings.turn_seconds, settings.chat_messages_per_minute
        self._link_account = link_account
        self.button_life = timedelta(hours=settings.button_hours)
        self.texts: Texts = load_texts(support_phone=settings.support_phone, support_email=settings.support_email)
        self.hub = Hub()
        self.conversations = Conversations(database)
        self.transcript = Transcript(database)
        self.registry = ChannelRegistry(database)
        self.handover: Handover = NoHandover()
        cipher = Cipher(settings.required("secret"))
        self._inbox = Inbox(database, self.texts, cipher, owner=new_owner(), button_life=self.button_life)
        self._rasa = RasaClient(
            settings.required("rasa_url"), settings.required("rasa_token"), timeout_seconds=settings.rasa_timeout_seconds
        )
        own = OwnContacts.of(settings.support_phone, settings.support_email)
        self.outgoing_filter = OutgoingFilter(redaction, self._rasa.mask_names, own)
        """What passes to external channels passes here."""
        self._router = Router(database, clock, self.registry.capabilities, link_account)
        self._assistant = Assistant(
            router=self._router,
            rasa=self._rasa,
            texts=self.texts,
            clock=clock,
            turn_seconds=settings.turn_seconds,
            registry=self.registry,
            outgoing_filter=self.outgoing_filter,
        )
        self._worker = TurnWorker(database=database, inbox=self._inbox, responders=[self._assistant], hub=self.hub, clock=clock)
        self._poller = DatabasePoller(
            database, clock, self.hub, self._inbox, self.transcript, lambda: self._worker.in_hand, unread_counts=unread_counts
        )
        self.tracking = DeliveryTracking()
        self._writer = ProactiveWriter(
            database,
            clock,
            self.outgoing_filter,
            self.hub,
            self.tracking,
            is_trusted=self.is_trusted,
            button_life=self.button_life,
        )
        executor = CommandExecutor(database, self.registry.channels, self.outgoing_filter, self.tracking, settings.own_url)
        self.sender = ChannelSender(database, clock, self.registry, self._writer, executor, self.tracking)

    def set_handover(self, handover: Handover) -> None:
        """Let human agents answer the conversations that they hold; to be called before `start`."""
        self.handover = self._router.handover = self._assistant.handover = self._writer.handover = handover
        self._worker.responders = [handover, self._assistant]

    def set_turn_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` at the end of each turn, during which actions may have written what is to be delivered."""
        self._worker.on_turn = listener

    async def start(self, *, serves: bool = True, delivers: bool = True) -> None:
        """Take up what was left unanswered, and go on.

        Args:
            serves: whether messages are received and answered here.
            delivers: whether what nobody waits for is sent from here.
        """
        self.sender.start(serves=serves, delivers=delivers)
        if not serves:
            return
        self._assistant.start()
        await self._worker.start()
        self._poller.start()
        for channel in self.registry.channels.values():
            await channel.start()

    def begin_stop(self) -> None:
        """End every stream, begin no turn any more, and release those who wait for a turn that is not in hand."""
        self.hub.end_streams()
        self._worker.begin_stop(STOP_SECONDS)
        for turn_id in set(self.hub.awaited) - self._worker.in_hand:
            self.hub.abandon_turn(turn_id)

    async def stop(self) -> None:
        """Finish the turns in hand within `STOP_SECONDS` of the beginning of the stop; leave the others to the next start."""
        self.begin_stop()
        receiving = [channel.stop_receiving() for channel in self.registry.channels.values()]
        await asyncio.gather(*receiving, self._worker.stop(STOP_SECONDS))
        await self.sender.stop()
        await asyncio.gather(*(channel.stop() for channel in self.registry.channels.values()))
        await self._poller.stop()
        await self._rasa.aclose()

    # What channels and the web chat call

    async def open(self, channel: str, address: str) -> str:
        """Start a conversation and return its id."""
        return await self.conversations.open(channel, address, self._clock.now())

    async def find(self, channel: str, address: str) -> str | None:
        """Return the id of the conversation with `address`, or None."""
        return await self.conversations.find(channel, address)

    async def find_or_open(self, channel: str, address: str, reference: Mapping[str, Any] | None = None) -> str:
        """Return the id of a conversation: see `Intake`."""
        return await self.conversations.find_or_open(channel, address, dict(reference or {}), self._clock.now())

    async def mark_closed(self, channel: str, address: str) -> None:
        """Note that nothing can be sent to a chat: see `Intake`."""
        await self.conversations.mark_closed(channel, address, self._clock.now())

    async def sent_lately(self, conversation_id: str, number: int) -> bool:
        """Return whether so many messages were received in a conversation within the last minute."""
        return await self._inbox.has_since(conversation_id, self._clock.now() - MINUTE, number)

    async def receive(self, conversation_id: str, incoming: Incoming, channel: str | None = None) -> Received:
        """Write a message down, to be answered: see `Intake`.

        Raises TooManyMessages where `CHAT_MESSAGES_PER_MINUTE` came already and the chat can be told to wait, as the web chat's client can.
        A chat platform cannot: of what a chat there sends beyond `CHAT_MESSAGES_PER_MINUTE`, nothing is kept but that
        it came, once a minute, which the user is told.
        """
        home = await self.conversations.channel_of(conversation_id)
        way = channel or home
        door = Door(home, way, self.is_trusted(way), self._per_minute if incoming.event is None else None)
        try:
            received = await self._inbox.receive(conversation_id, incoming, door, self._clock.now())
        except TooManyMessages:
            if way in FETCHED:
                raise
            now = self._clock.now()
            flooded = Incoming(f"flooded:{now:%Y-%m-%dT%H:%M}", event="flooded")
            received = await self._inbox.receive(conversation_id, flooded, replace(door, per_minute=None), now)
        if received.work is not None:
            self._worker.begin(received.work)
        if received.new:
            self.hub.message_added(conversation_id)
        return received

    async def wait_for_replies(self, conversation_id: str, received: Received) -> list[Message] | None:
        """Wait for the end of a turn and return its replies, or None if it is not over shortly after the longest time that it may last."""
        if received.done:
            return await self.transcript.replies(conversation_id, received.turn_id)
        with self.hub.waiter(received.turn_id) as waiter:
            try:
                async with asyncio.timeout(self._turn_seconds + WAIT_MARGIN_SECONDS):
                    messages = await waiter
            except TimeoutError:
                return None
        if messages is not None:
            return messages
        return await self.transcript.replies(conversation_id, received.turn_id)

    async def stream(self, conversation_id: str, after: int | None) -> AsyncGenerator[Message | Typing | Unread, None]:
        """Yield the messages after an id, then each new one, the typing indicator and the number of unread notifications.

        The stream ends when the process stops.
        """
        typing_shown, unread_shown = False, None
        with self.hub.stream(conversation_id) as stream:
            while not stream.ended:
                stream.changed.clear()
                typing = stream.typing
                if typing and not typing_shown:
                    yield Typing(on=True)
                messages = await self.history(conversation_id, after)
                for message in messages:
                    after = int(message["id"])
                    yield message
                if typing_shown and not typing:
                    yield Typing(on=False)
                typing_shown = typing
                if stream.unread != unread_shown:
                    unread_shown = stream.unread
                    yield Unread(unread_shown)
                after = after if after is not None else 0
                if len(messages) < PAGE:
                    await stream.changed.wait()

    async def is_answering(self, conversation_id: str) -> bool:
        """Return whether any process still has a turn of this conversation to answer."""
        return await self._inbox.has_open_turns(conversation_id)

    # What features call (`Messaging`)

    async def history(self, conversation_id: str, after: int | None) -> list[Message]:
        """Return the messages after an id, oldest first; with None the latest ones. At most `PAGE`."""
        if after is None:
            return await self.transcript.latest(conversation_id)
        return await self.transcript.after(conversation_id, after)

    def is_trusted(self, channel: str) -> bool:
        """Return whether an usager may be named on a channel."""
        return self.registry.is_trusted(channel)

    def can_delete(self, turn: Turn) -> bool:
        """Return whether the user's message can be deleted from its chat."""
        return self.registry.can_delete(turn)

    def text(self, name: str, **values: object) -> str:
        """Return one of the gateway's own texts."""
        return self.texts.render(name, **values)

    async def handled_button(self, turn: Turn) -> RoutedMessage | None:
        """Return the button of an intent that the handover handles, if the turn presses it or asks for it in words."""
        return await self._router.handled_button(turn)

    async def link_account(self, conversation_id: str, token: str) -> str | None:
        """Link a conversation by the token of a deep link; return None, or the name of the text that says why not."""
        return await self._link_account(conversation_id, token)

    async def mask_names(self, text: str, known: Sequence[Span] = ()) -> str:
        """Return a user's text without the usagers who are named in it. Raise RasaError where nobody can say."""
        return await self._rasa.mask_names(text, known)

    async def read_intent(self, text: str) -> IntentReading:
        """Return what a user's text is understood as. Raise RasaError where nobody can say."""
        return await self._rasa.read_intent(text)

    def message_added(self, conversation_id: str) -> None:
        """Wake the open streams of a conversation that has a new message."""
        self.hub.message_added(conversation_id)

    def set_typing(self, conversation_id: str, typing: bool) -> None:
        """Show, or no longer show, the typing indicator in the open streams of a conversation."""
        self.hub.set_typing(conversation_id, typing)

    async def send_typing(self, channel: str, conversation_id: str) -> None:
        """Show the typing indicator for some seconds on the chat's own channel."""
        await self.registry.send_typing(channel, conversation_id)

    async def user_typing(self, conversation_id: str) -> None:
        """Show the agents who hold the conversation that its user is writing."""
        await self.handover.user_typing(conversation_id)
