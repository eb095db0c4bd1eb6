"""The parts of Microsoft's SDK that tests of the fake Teams use, imported without its warnings about previews."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    from microsoft_teams.api import Account, ApiClient, TypingActivityInput
    from microsoft_teams.api.activities.invoke.adaptive_card import AdaptiveCardInvokeActivity
    from microsoft_teams.api.activities.message.message import MessageActivity, MessageActivityInput
    from microsoft_teams.api.auth.cloud_environment import PUBLIC, with_overrides
    from microsoft_teams.api.clients.conversation import CreateConversationParams
    from microsoft_teams.api.models.adaptive_card import AdaptiveCardActionMessageResponse
    from microsoft_teams.apps import ActivityContext, App
    from microsoft_teams.apps.auth import TokenValidator
    from microsoft_teams.cards import AdaptiveCard, ExecuteAction, TextBlock
    from microsoft_teams.common import ClientOptions

__all__ = [
    "PUBLIC",
    "Account",
    "ActivityContext",
    "AdaptiveCard",
    "AdaptiveCardActionMessageResponse",
    "AdaptiveCardInvokeActivity",
    "ApiClient",
    "App",
    "ClientOptions",
    "CreateConversationParams",
    "ExecuteAction",
    "MessageActivity",
    "MessageActivityInput",
    "TextBlock",
    "TokenValidator",
    "TypingActivityInput",
    "with_overrides",
]
