"""Activities as Teams makes them, for the bot to read."""

from __future__ import annotations

import html
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.teams.state import Conversation, Json, Message, Person, State

_PARIS = ZoneInfo("Europe/Paris")
_CLIENT = {"type": "clientInfo", "locale": "fr-FR", "country": "FR", "platform": "Windows", "timezone": "Europe/Paris"}


class Incoming:
    """Makes activities; posts and keeps nothing."""

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
        """Something that was written. Teams gives it as plain text and, beside it, as the HTML that it was written in."""
        name = self._state.bot_name
        entities: list[Json] = [_CLIENT]
        if mention:
            text = f"<at>{name}</at> {text}"
            entities.append({"type": "mention", "mentioned": self._state.bot, "text": f"<at>{name}</at>"})
        body = formatted or "".join(f"<p>{html.escape(line) or '&nbsp;'}</p>" for line in text.splitlines())
        shown = [*(attachments or []), *([{"contentType": "text/html", "content": body}] if body else [])]
        envelope = self._envelope("message", conversation, person, thread, own_id)
        more = {"textFormat": "plain", "locale": "fr-FR", "entities": entities, "attachments": shown}
        return envelope | more | ({"text": text} if text else {})

    def changed(self, conversation: Conversation, person: Person, message: Message, event: str, content: Json | None = None) -> Json:
        """A message was edited, deleted or taken back from deletion: `editMessage`, `softDeleteMessage`, `undeleteMessage`."""
        kind = "messageDelete" if event == "softDeleteMessage" else "messageUpdate"
        made = self._envelope(kind, conversation, person, message.thread, message.id)
        made["channelData"]["eventType"] = event
        shown = {key: (content or {})[key] for key in ("text", "textFormat", "locale", "entities", "attachments") if key in (content or {})}
        return made | shown

    def pressed(self, conversation: Conversation, person: Person, message: Message, action: Json, inputs: Json) -> Json:
        """A card's Action.Execute."""
        made = self._envelope("invoke", conversation, person, message.thread, None)
        value: Json = {"type": "Action.Execute", "verb": action["verb"], "data": {**action.get("data", {}), **inputs}}
        if "id" in action:
            value["id"] = action["id"]
        more: Json = {"name": "adaptiveCard/action", "replyToId": message.id, "locale": "fr-FR", "entities": [_CLIENT]}
        made["channelData"]["source"] = {"name": "message"}
        return made | more | {"value": {"action": value, "trigger": "manual"}}

    def submitted(self, conversation: Conversation, person: Person, message: Message, data: Any, inputs: Json) -> Json:
        """A card's Action.Submit: a message that nobody sees, with a value and no text."""
        made = self._envelope("message", conversation, person, message.thread, self._state.new_id())
        made["channelData"]["source"] = {"name": "message"}
        value = {**data, **inputs} if isinstance(data, dict) else data if data is not None else inputs
        return made | {"replyToId": message.id, "locale": "fr-FR", "entities": [_CLIENT], "value": value}

    def reacted(self, conversation: Conversation, person: Person, message: Message, kind: str, added: bool) -> Json:
        """A smiley under a message of the bot."""
        made = self._envelope("messageReaction", conversation, person, message.thread, None)
        return made | {"replyToId": message.id, "reactionsAdded" if added else "reactionsRemoved": [{"type": kind}]}

    def membership(self, conversation: Conversation, person: Person, added: bool) -> list[Json]:
        """The app was installed or uninstalled: two activities, but for a personal chat that is over (one)."""
        installation = self._envelope("installationUpdate", conversation, person, None, None)
        installation["action"] = "add" if added else "remove"
        installation |= {"locale": "fr-FR", "entities": [_CLIENT]}
        if conversation.kind == "personal" and not added:
            return [installation]
        return [self.members(conversation, person, [self._state.bot], added), installation]

    def members(self, conversation: Conversation, person: Person, who: list[Json], added: bool) -> Json:
        """Somebody came or went."""
        update = self._envelope("conversationUpdate", conversation, person, None, None)
        if conversation.kind == "channel":
            update["channelData"]["eventType"] = "teamMemberAdded" if added else "teamMemberRemoved"
        brief = [{key: value for key, value in one.items() if key != "name"} for one in who]
        return update | {"membersAdded" if added else "membersRemoved": brief}
