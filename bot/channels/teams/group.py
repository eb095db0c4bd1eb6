"""The team's channel: a card for each ticket, at the head of its thread. Agents press, or mention the bot in the thread."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from typing import TypeVar

from bot.channels.teams.activities import Activity
from bot.channels.teams.connector import Sender
from bot.channels.teams.group_cards import group_card, order_in
from bot.messaging.channel import Chat, ChatClosed, OutboundMessage
from bot.settings import Settings
from bot.support.groups.group import Answer, GroupInput, GroupUnusable, InputKind, Listener, ThreadGone, TicketCard
from bot.support.groups.group_texts import GroupTexts

NAME = "teams"
_THREAD = ";messageid="
Result = TypeVar("Result")


class TeamsGroup:
    """The channel (`bot.support.groups.group.Group`). `address`: its id, `19:…@thread.tacv2`."""

    def __init__(self, sender: Sender, settings: Settings, address: str) -> None:
        self._sender, self._settings, self.address = sender, settings, address
        self.name, self.trusted, self.max_text_length, self.has_cards = NAME, settings.teams_trusted, 8_000, True
        self.words = GroupTexts()
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """Who hears what is written there."""
        self._listener = listener

    def holds(self, activity: Activity) -> bool:
        """Whether an activity is of this channel, or of a thread in it."""
        return activity.conversation_id.partition(";")[0] == self.address

    async def mentioned(self, activity: Activity) -> None:
        """Somebody spoke to the bot in the channel."""
        text = activity.text
        kind = InputKind.TEXT if text else InputKind.NOT_TEXT
        await self._hear(GroupInput(activity.client_id(), _person(activity), activity.conversation_id, text, kind))

    async def edited(self, activity: Activity) -> None:
        """Somebody changed what they had said to the bot."""
        await self._hear(GroupInput(activity.edit_id, _person(activity), activity.conversation_id, kind=InputKind.EDITED))

    async def pressed(self, activity: Activity) -> Answer | None:
        """Somebody pressed a card's button, or sent its data; None where it is no button of these cards."""
        found = order_in(activity.data)
        if found is None:
            return None
        ticket_id, text = found
        return await self._hear(
            GroupInput(activity.client_id("p"), _person(activity), activity.conversation_id, text, ticket_id=ticket_id, visible=False)
        )

    async def _hear(self, heard: GroupInput) -> Answer:
        return await self._listener(heard) if self._listener is not None else Answer()

    async def create_thread(self, card: TicketCard) -> str:
        """A new card, which begins a thread."""
        tenant = self._settings.teams_tenant_id
        return await self._usable(self._sender.begin(self._chat(self.address), group_card(card, self.words), tenant))

    async def post(self, thread: str, text: str) -> None:
        """Write in a thread; outside of any, a new one."""
        await self._usable(self._sender.create(self._chat(thread or self.address), OutboundMessage(text), gone=ThreadGone))

    async def update_card(self, thread: str, card: TicketCard) -> None:
        """The card as it is now."""
        root = thread.partition(_THREAD)[2]
        if root:
            await self._usable(self._sender.update_card(self._chat(thread), root, group_card(card, self.words)))

    async def close_thread(self, thread: str) -> None:
        """Nothing: a closed ticket's card has nothing to press."""

    async def reopen_thread(self, thread: str) -> None:
        """Nothing: the card has its buttons again when it is changed."""

    async def delete_message(self, message: str) -> bool:
        """A bot cannot delete what somebody else wrote."""
        return False

    def _chat(self, conversation: str) -> Chat:
        """All threads share the limits of their channel."""
        reference = {
            "conversation": conversation,
            "service_url": self._settings.teams_service_url,
            "bot": f"28:{self._settings.teams_app_id}",
        }
        return Chat(hashlib.sha256(self.address.encode()).hexdigest(), reference)

    async def _usable(self, call: Awaitable[Result]) -> Result:
        try:
            return await call
        except ChatClosed as error:
            raise GroupUnusable from error


def _person(activity: Activity) -> str:
    """The directory's object id, which is the same in every conversation."""
    return (activity.text_of("from", "aadObjectId") or activity.text_of("from", "id"))[:128]
