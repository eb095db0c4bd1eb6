"""The support team's channel: a card for each ticket, at the head of its thread. Agents press its buttons, or mention the bot there."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from typing import TypeVar

from bot.channels.teams.activities import Activity
from bot.channels.teams.connector import Connector
from bot.channels.teams.group_cards import group_card, pressed_command
from bot.messaging.channel import Chat, ChatClosed, OutboundMessage
from bot.settings import Settings
from bot.support.groups.group import Answer, GroupInput, GroupUnusable, InputKind, Listener, ThreadGone, TicketCard
from bot.support.groups.group_texts import GroupTexts

NAME = "teams"
_THREAD = ";messageid="
Result = TypeVar("Result")


class TeamsGroup:
    """The channel (`bot.support.groups.group.Group`); its `address` is its id, `19:…@thread.tacv2`."""

    def __init__(self, connector: Connector, settings: Settings, address: str) -> None:
        self._connector, self._settings, self.address = connector, settings, address
        self.name, self.trusted, self.max_text_length, self.has_cards = NAME, settings.teams_trusted, 8_000, True
        self.texts = GroupTexts()
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with what is written there."""
        self._listener = listener

    def holds(self, activity: Activity) -> bool:
        """Return whether an activity is of this channel, or of a thread in it."""
        return activity.conversation_id.partition(";")[0] == self.address

    async def mentioned(self, activity: Activity) -> None:
        """Handle a message that mentions the bot."""
        text = activity.text
        kind = InputKind.TEXT if text else InputKind.NOT_TEXT
        await self._give(GroupInput(activity.client_id(), _person(activity), activity.conversation_id, text, kind))

    async def edited(self, activity: Activity) -> None:
        """Handle the edit of such a message."""
        await self._give(GroupInput(activity.edit_id, _person(activity), activity.conversation_id, kind=InputKind.EDITED))

    async def pressed(self, activity: Activity) -> Answer | None:
        """Handle a card's button, pressed or sent as data. Return its answer; None where it is no button of these cards."""
        command = pressed_command(activity.data)
        if command is None:
            return None
        ticket_id, text = command
        return await self._give(
            GroupInput(activity.client_id("p"), _person(activity), activity.conversation_id, text, ticket_id=ticket_id, visible=False)
        )

    async def _give(self, received: GroupInput) -> Answer:
        return await self._listener(received) if self._listener is not None else Answer()

    async def create_thread(self, card: TicketCard) -> str:
        """Send a ticket's card, which begins a thread; return the thread's conversation id."""
        tenant = self._settings.teams_tenant_id
        return await self._usable(self._connector.create_thread(self._chat(self.address), group_card(card, self.texts), tenant))

    async def post(self, thread: str, text: str) -> None:
        """Write in a thread; where `thread` is empty, begin a new one."""
        await self._usable(self._connector.send(self._chat(thread or self.address), OutboundMessage(text), gone=ThreadGone))

    async def update_card(self, thread: str, card: TicketCard) -> None:
        """Replace the card of a thread."""
        root = thread.partition(_THREAD)[2]
        if root:
            await self._usable(self._connector.update_card(self._chat(thread), root, group_card(card, self.texts)))

    async def close_thread(self, thread: str) -> None:
        """Do nothing: a closed ticket's card has no buttons to act with."""

    async def reopen_thread(self, thread: str) -> None:
        """Do nothing: the card has its buttons again when it is changed."""

    async def delete_message(self, message: str) -> bool:
        """Return False: a bot cannot delete what somebody else wrote."""
        return False

    def _chat(self, conversation: str) -> Chat:
        """Return how a thread is reached; all threads share the rate limits of their channel."""
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
    """Return the directory's object id, which is the same in every conversation."""
    return (activity.text_of("from", "aadObjectId") or activity.text_of("from", "id"))[:128]
