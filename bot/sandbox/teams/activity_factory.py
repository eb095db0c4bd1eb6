"""Builds the activities that Teams posts to the bot."""

from __future__ import annotations

import html
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.teams.state import Conversation, Json, Message, Person, State

_PARIS = ZoneInfo("Europe/Paris")
_CLIENT = {"type": "clientInfo", "locale": "fr-FR", "country": "FR", "platform": "Windows", "timezone": "Europe/Paris"}


class ActivityFactory:
    """Builds activities; it posts nothing and keeps nothing."""

    def __init__(self, state: State, service_url: str) -> None:
        self._state, self._service_url = state, service_url

    def _envelope(self, kind: str, conversation: Conversation, person: Person, thread: str | None, own_id: str | None) -> Json:
        now = datetime.now(UTC)
        about: Json = {"conversationType": conversation.kind, "tenantId": self._state.tenant_id, "id": conversation.id}
        data: Json = {"tenant": {"id": self._state.tenant_id}}
        if conversation.kind != "personal":
            about = {"isGroup": True, **about}
        if conversation.kind == "channel":
            data |= {"teamsChannelId": conversation.id, "teamsTeamId": (conversation.team or {})["id"]}
            data |= {"channel": {"id": conversation.id}, "team": conversation.team}
        if thread is not None:
            about["id"] = f"{conversation.id};messageid={thread}"
        return {
            "type": kind,
            "id": own_id or f"f:{uuid.uuid4()}",
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "localTimestamp": now.astimezone(_PARIS).isoformat(timespec="milliseconds"),
            "localTimezone": "Europe/Paris",
            "serviceUrl": self._service_url,
            "channelId": "msteams",
            "from": person.account(),
            "recipient": self._state.bot,
            "conversation": about,
            "channelData": data,
        }

    def message(
        self,
        conversation: Conversation,
        person: Person,
        text: str,
        own_id: str,
        thread: str | None,
        *,
        mention: bool = False,
        attachments: list[Json] | None = None,
        formatted: str | None = None,
    ) -> Json:
        """Build a `message`. Teams sends it as plain text and, as an attachment, as the HTML that it was written in."""
        name = self._state.bot_name
        entities: list[Json] = [_CLIENT]
        if mention:
            text = f"<at>{name}</at> {text}"
            entities.append({"type": "mention", "mentioned": self._state.bot, "text": f"<at>{name}</at>"})
        body = formatted or "".join(f"<p>{html.escape(line) or '&nbsp;'}</p>" for line in text.splitlines())
        attached = [*(attachments or []), *([{"contentType": "text/html", "content": body}] if body else [])]
        envelope = self._envelope("message", conversation, person, thread, own_id)
        more = {"textFormat": "plain", "locale": "fr-FR", "entities": entities, "attachments": attached}
        return envelope | more | ({"text": text} if text else {})

    def message_changed(
        self, conversation: Conversation, person: Person, message: Message, event: str, content: Json | None = None
    ) -> Json:
        """Build a `messageUpdate` or `messageDelete`; `event`: `editMessage`, `softDeleteMessage` or `undeleteMessage`."""
        kind = "messageDelete" if event == "softDeleteMessage" else "messageUpdate"
        activity = self._envelope(kind, conversation, person, message.thread, message.id)
        activity["channelData"]["eventType"] = event
        fields = {
            key: (content or {})[key] for key in ("text", "textFormat", "locale", "entities", "attachments") if key in (content or {})
        }
        return activity | fields

    def card_action(self, conversation: Conversation, person: Person, message: Message, action: Json, inputs: Json) -> Json:
        """Build the `adaptiveCard/action` invoke of an Action.Execute."""
        activity = self._envelope("invoke", conversation, person, message.thread, None)
        value: Json = {"type": "Action.Execute", "verb": action["verb"], "data": {**action.get("data", {}), **inputs}}
        if "id" in action:
            value["id"] = action["id"]
        more: Json = {"name": "adaptiveCard/action", "replyToId": message.id, "locale": "fr-FR", "entities": [_CLIENT]}
        activity["channelData"]["source"] = {"name": "message"}
        return activity | more | {"value": {"action": value, "trigger": "manual"}}

    def card_submission(self, conversation: Conversation, person: Person, message: Message, data: Any, inputs: Json) -> Json:
        """Build the message of an Action.Submit, which nobody sees: it has a value and no text."""
        activity = self._envelope("message", conversation, person, message.thread, self._state.new_id())
        activity["channelData"]["source"] = {"name": "message"}
        value = {**data, **inputs} if isinstance(data, dict) else data if data is not None else inputs
        return activity | {"replyToId": message.id, "locale": "fr-FR", "entities": [_CLIENT], "value": value}

    def reaction(self, conversation: Conversation, person: Person, message: Message, kind: str, added: bool) -> Json:
        """Build a `messageReaction` to a message of the bot."""
        activity = self._envelope("messageReaction", conversation, person, message.thread, None)
        return activity | {"replyToId": message.id, "reactionsAdded" if added else "reactionsRemoved": [{"type": kind}]}

    def installation(self, conversation: Conversation, person: Person, added: bool) -> list[Json]:
        """Build what tells the bot that it was installed or uninstalled: two activities; one where a personal chat ends."""
        update = self._envelope("installationUpdate", conversation, person, None, None)
        update["action"] = "add" if added else "remove"
        update |= {"locale": "fr-FR", "entities": [_CLIENT]}
        if conversation.kind == "personal" and not added:
            return [update]
        return [self.membership_change(conversation, person, [self._state.bot], added), update]

    def membership_change(self, conversation: Conversation, person: Person, accounts: list[Json], added: bool) -> Json:
        """Build a `conversationUpdate`: members were added or removed."""
        update = self._envelope("conversationUpdate", conversation, person, None, None)
        if conversation.kind == "channel":
            update["channelData"]["eventType"] = "teamMemberAdded" if added else "teamMemberRemoved"
        brief = [{key: value for key, value in one.items() if key != "name"} for one in accounts]
        return update | {"membersAdded" if added else "membersRemoved": brief}
