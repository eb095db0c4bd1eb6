"""What the assistant says: texts come from the domain, buttons carry an intent and its entities."""

from __future__ import annotations

import json
import re
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

Button = dict[str, str]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Speech:
    """Utters responses of the domain and puts together those that are made of parts.

    `external` tells that the words go to an external channel: what is said otherwise there has a response of its own,
    `utter_external_…`, which takes the place of `utter_…`.
    """

    def __init__(self, dispatcher: CollectingDispatcher, domain: dict[str, Any], *, external: bool = False) -> None:
        self._dispatcher = dispatcher
        self._responses: dict[str, list[dict[str, Any]]] = domain.get("responses") or {}
        self._external = external

    @property
    def said(self) -> int:
        """How many messages were uttered yet."""
        return len(self._dispatcher.messages)

    @property
    def said_something(self) -> bool:
        """Whether anything was uttered yet."""
        return bool(self._dispatcher.messages)

    def say(self, response: str, buttons: list[Button] | None = None, **values: Any) -> None:
        """Utter a response of the domain; `values` fill its placeholders. Its own buttons come first."""
        self._dispatcher.utter_message(response=self._here(response), buttons=buttons or [], **values)

    def say_parts(self, parts: list[str], buttons: list[Button] | None = None) -> None:
        """Utter one message made of phrases, a line each."""
        self._dispatcher.utter_message(text="\n".join(part for part in parts if part), buttons=buttons or [])

    def link(self, title: str, url: str) -> None:
        """Put a link under the message that was just uttered."""
        self._dispatcher.utter_message(json_message={"link": {"title": title, "url": url}})

    def hand_over(self, known: dict[str, Any]) -> None:
        """Ask for a person, with what is known of why: the gateway says what becomes of it."""
        self._dispatcher.utter_message(json_message={"handover": known})

    def phrase(self, response: str, **values: Any) -> str:
        """The text of a response, filled in. Raises KeyError where the domain has none of that name."""
        template = str(self._responses[self._here(response)][0]["text"])
        return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), template)

    def has(self, response: str) -> bool:
        """Whether the domain has a response of that name."""
        return response in self._responses

    def _here(self, response: str) -> str:
        """The response that says it on this channel: « utter_faq/cost » has its own in « utter_external_faq_cost »."""
        own = f"utter_external_{response.removeprefix('utter_').replace('/', '_')}"
        return own if self._external and self.has(own) else response

    def button(self, response: str, intent: str, **entities: Any) -> Button:
        """A button whose title is a text of the domain."""
        return titled(self.phrase(response), intent, **entities)


def titled(title: str, intent: str, **entities: Any) -> Button:
    """A button whose title is data (a person's name and place, a reference)."""
    payload = f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}"
    return {"title": title, "payload": payload}
