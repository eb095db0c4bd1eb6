"""Errors of the connector, in its own JSON, and of user actions."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse


class ConnectorError(Exception):
    """The connector refuses a request: HTTP `status` with `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers = status, code, message, headers

    def response(self) -> JSONResponse:
        """Return the HTTP response."""
        body: dict[str, Any] = {"error": {"code": self.code, "message": self.message}}
        if self.status == 401 and not self.code:  # the gateway in front of the connector answers in another form
            body = {"message": self.message}
        return JSONResponse(body, self.status, self.headers)


class UserActionError(Exception):
    """A user tries what Teams would not let them do; the control API answers 409."""


def bad_syntax(message: str) -> ConnectorError:
    """Return a 400: the request cannot be read, or holds what Teams does not show."""
    return ConnectorError(400, "BadSyntax", message)


def bad_argument(message: str) -> ConnectorError:
    """Return a 400: the request can be read, but asks for something that does not exist."""
    return ConnectorError(400, "Bad Argument", message)


def unauthorized() -> ConnectorError:
    """Return a 401: there is no token, or not a valid one."""
    return ConnectorError(401, "", "Authorization has been denied for this request.", {"WWW-Authenticate": "Bearer"})


def bot_not_registered() -> ConnectorError:
    """Return a 401: the token is another bot's."""
    return ConnectorError(401, "BotNotRegistered", "No registration found for this bot.")


def conversation_not_found() -> ConnectorError:
    """Return a 404: there is no such conversation."""
    return ConnectorError(404, "ConversationNotFound", "Conversation not found.")


def activity_not_found() -> ConnectorError:
    """Return a 404: the conversation has no such activity, or no longer."""
    return ConnectorError(404, "ActivityNotFoundInConversation", "Conversation not found.")


def not_enough_permissions() -> ConnectorError:
    """Return a 403: the bot is not the author of the message."""
    return ConnectorError(403, "NotEnoughPermissions", "The bot is not the author of the message.")


def message_too_big() -> ConnectorError:
    """Return a 413: the message has over 28 KB."""
    return ConnectorError(413, "MessageSizeTooBig", "Message size too large.")


def throttled(seconds: int) -> ConnectorError:
    """Return a 429 with Retry-After in seconds: too many requests."""
    return ConnectorError(429, "Throttled", "Too many requests.", {"Retry-After": str(seconds)})


FORBIDDEN_MESSAGES = {
    "MessageWritesBlocked": "Writes to this thread are blocked.",
    "BotNotInConversationRoster": "The bot is not part of the conversation roster.",
    "ConversationBlockedByUser": "User blocked the conversation with the bot.",
    "BotDisabledByAdmin": "The tenant admin disabled this bot.",
    "ForbiddenOperationException": "Bot is not installed in user's personal scope.",
}


def forbidden(code: str) -> ConnectorError:
    """Return a 403 with one of FORBIDDEN_MESSAGES: the bot cannot write there."""
    return ConnectorError(403, code, FORBIDDEN_MESSAGES[code])


_INJECTABLE = {
    401: ("", "Authorization has been denied for this request."),
    403: ("BotDisabledByAdmin", FORBIDDEN_MESSAGES["BotDisabledByAdmin"]),
    404: ("ConversationNotFound", "Conversation not found."),
    412: ("PreconditionFailed", "Precondition failed, please try again."),
    500: ("ServiceError", "Unknown"),
    502: ("ServiceError", "Internal server error"),
    503: ("ServiceUnavailable", "Service is unavailable."),
    504: ("GatewayTimeout", "Gateway timeout."),
}


def injected_error(status: int, retry_after: int | None) -> ConnectorError:
    """Return the error that a fault asks for. Raises KeyError for a status that the connector does not answer."""
    if status == 429:
        error = throttled(retry_after or 1)
        return error if retry_after else ConnectorError(429, error.code, error.message)
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return ConnectorError(status, *_INJECTABLE[status], headers)


INJECTABLE_STATUSES = frozenset({*_INJECTABLE, 429})
