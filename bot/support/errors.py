"""How the desk says no: each error's docstring is its message."""

from __future__ import annotations

from bot.support.records import Agent


class DeskError(Exception):
    """The desk could not do it."""

    def __init__(self) -> None:
        super().__init__((self.__doc__ or "").strip())


class UnknownTicket(DeskError):
    """There is no such ticket."""


class TicketOver(DeskError):
    """The ticket is closed: nothing was said or changed."""


class NotOver(DeskError):
    """The ticket is not closed."""


class AlreadyTaken(DeskError):
    """Another agent has the ticket."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self.agent = agent


class NotYours(DeskError):
    """The ticket is not this agent's: nothing was said or changed."""

    def __init__(self, agent: Agent | None) -> None:
        super().__init__()
        self.agent = agent
        """Who has it; None where nobody has."""


class StillJoining(DeskError):
    """The assistant is still answering a message that came before: nothing was said, to be tried again in a moment."""


class ConversationBusy(DeskError):
    """The conversation has another open ticket."""


class WrongReference(DeskError):
    """This is not the reference of a dossier."""


class WrongQueue(DeskError):
    """There is no such queue."""


class EmptyText(DeskError):
    """There is nothing to read in this text."""


class TextTooLong(DeskError):
    """The text is too long."""


class UnknownVariable(DeskError):
    """The text has a variable that there is not."""


class NameTaken(DeskError):
    """There is one of that name already."""


class IllegalMove(DeskError):
    """The ticket cannot come to this state from the one that it is in."""
