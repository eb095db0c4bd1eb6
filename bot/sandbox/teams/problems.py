"""The connector's refusals, in its own form, and what a person cannot do."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse


class ConnectorProblem(Exception):
    """An error of the connector: `{"error": {"code", "message"}}` under `status`."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message, headers

    def response(self) -> JSONResponse:
        """The answer that is sent."""
        body: dict[str, Any] = {"error": {"code": self.code, "message": self.message}}
        if self.status == 401 and not self.code:  # what the gateway before the connector says has another form
            body = {"message": self.message}
        return JSONResponse(body, self.status, self.headers)


class NotPossible(Exception):
    """Somebody tries what Teams would not let them do; the control API answers 409."""


def bad_syntax(message: str) -> ConnectorProblem:
    """The request cannot be read, or says what Teams does not show."""
    return ConnectorProblem(400, "BadSyntax", message)


def bad_argument(message: str) -> ConnectorProblem:
    """The request can be read, but asks for something that there is not."""
    return ConnectorProblem(400, "Bad Argument", message)


def unauthorized() -> ConnectorProblem:
    """No token, or none that is one."""
    return ConnectorProblem(401, "", "Authorization has been denied for this request.", {"WWW-Authenticate": "Bearer"})


def not_registered() -> ConnectorProblem:
    """A token of another bot."""
    return ConnectorProblem(401, "BotNotRegistered", "No registration found for this bot.")


def no_conversation() -> ConnectorProblem:
    """There is no such conversation."""
    return ConnectorProblem(404, "ConversationNotFound", "Conversation not found.")


def no_activity() -> ConnectorProblem:
    """The conversation has no such activity, or not any more."""
    return ConnectorProblem(404, "ActivityNotFoundInConversation", "Conversation not found.")


def not_enough_permissions() -> ConnectorProblem:
    """The bot changes what is not its own."""
    return ConnectorProblem(403, "NotEnoughPermissions", "The bot is not the author of the message.")


def too_big() -> ConnectorProblem:
    """Over 28 KB."""
    return ConnectorProblem(413, "MessageSizeTooBig", "Message size too large.")


def throttled(seconds: int) -> ConnectorProblem:
    """Too many requests."""
    return ConnectorProblem(429, "Throttled", "Too many requests.", {"Retry-After": str(seconds)})


CLOSED_MESSAGES = {
    "MessageWritesBlocked": "Writes to this thread are blocked.",
    "BotNotInConversationRoster": "The bot is not part of the conversation roster.",
    "ConversationBlockedByUser": "User blocked the conversation with the bot.",
    "BotDisabledByAdmin": "The tenant admin disabled this bot.",
    "ForbiddenOperationException": "Bot is not installed in user's personal scope.",
}


def closed(code: str) -> ConnectorProblem:
    """Nothing can be written there."""
    return ConnectorProblem(403, code, CLOSED_MESSAGES[code])


_PASSING = {
    401: ("", "Authorization has been denied for this request."),
    403: ("BotDisabledByAdmin", CLOSED_MESSAGES["BotDisabledByAdmin"]),
    404: ("ConversationNotFound", "Conversation not found."),
    412: ("PreconditionFailed", "Precondition failed, please try again."),
    500: ("ServiceError", "Unknown"),
    502: ("ServiceError", "Internal server error"),
    503: ("ServiceUnavailable", "Service is unavailable."),
    504: ("GatewayTimeout", "Gateway timeout."),
}


def asked_for(status: int, retry_after: int | None) -> ConnectorProblem:
    """The error that a test asked for. Raises KeyError for a status that the connector has not."""
    if status == 429:
        problem = throttled(retry_after or 1)
        return problem if retry_after else ConnectorProblem(429, problem.code, problem.message)
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return ConnectorProblem(status, *_PASSING[status], headers)


STATUSES = frozenset({*_PASSING, 429})
