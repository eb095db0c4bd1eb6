"""What is used of the Teams SDK (`microsoft-teams-apps`), imported in one place: it warns of its previews, and changes log levels."""

from __future__ import annotations

import logging
import warnings

with warnings.catch_warnings():
    # Building one of its own constants, which this project does not use, warns that the class may change.
    warnings.simplefilter("ignore", FutureWarning)
    from microsoft_teams.api import (
        ClientCredentials,
        TokenCredentials,
        TokenProtocol,
        TypingActivityInput,
    )
    from microsoft_teams.api.activities.message.message import MessageActivityInput
    from microsoft_teams.api.auth.cloud_environment import PUBLIC, CloudEnvironment, with_overrides
    from microsoft_teams.api.clients.conversation import ConversationClient, CreateConversationParams
    from microsoft_teams.apps.auth import TokenValidator
    from microsoft_teams.apps.token_manager import TokenManager
    from microsoft_teams.apps.token_provider import AppTokenProvider
    from microsoft_teams.common import Client, ClientOptions

# Each of its HTTP clients gives httpx the level of this logger. Unset, it undoes `bot.core.errors.configure_logging`, and httpx writes
# whole URLs again, those of searches for people too.
logging.getLogger("microsoft_teams.common.http.client").setLevel(logging.WARNING)
# What a request claims to be is not for the log; `bot.channels.teams` logs its refusals and failures itself.
for _name in ("microsoft_teams.apps", "microsoft_teams.api", "msal"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

__all__ = [
    "PUBLIC",
    "AppTokenProvider",
    "Client",
    "ClientCredentials",
    "ClientOptions",
    "CloudEnvironment",
    "ConversationClient",
    "CreateConversationParams",
    "MessageActivityInput",
    "TokenCredentials",
    "TokenManager",
    "TokenProtocol",
    "TokenValidator",
    "TypingActivityInput",
    "with_overrides",
]
