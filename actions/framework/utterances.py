"""What the assistant says: responses of the domain, messages made of several of them, links, buttons.

A button carries an intent and its entities as Rasa's payload, `/intent{"entity": "value"}`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

Button = dict[str, str]
MAX_SHOWN = 5
"""Entries of a list that is shown at once."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Utterances:
    """The messages of one action.

    Args:
        dispatcher: rasa-sdk's collector of messages.
        domain: the domain as Rasa sends it; only its `responses` are read.
        external: whether the messages go to an external channel. A response `utter_external_…` then takes the place of `utter_…`,
            if the domain has one.
    """

    def __init__(self, dispatcher: CollectingDispatcher, domain: dict[str, Any], *, external: bool = False) -> None:
        self._dispatcher = dispatcher
        self._responses: dict[str, list[dict[str, Any]]] = domain.get("responses") or {}
        self._external = external
        self._before = 0

    @property
    def count(self) -> int:
        """Number of messages uttered so far."""
        return len(self._dispatcher.messages)

    @property
    def has_uttered(self) -> bool:
        """Whether anything was uttered so far, beside what `set_apart` left out."""
        return self.count > self._before

    def set_apart(self) -> None:
        """Leave what was uttered so far out of `has_uttered`: it answers another part of the message."""
        self._before = self.count

    def utter(self, response: str, buttons: list[Button] | None = None, **values: Any) -> None:
        """Utter a response of the domain; `values` fill its placeholders. The response's own buttons come before `buttons`."""
        self._dispatcher.utter_message(response=self._variant(response), buttons=buttons or [], **values)

    def utter_lines(self, lines: list[str], buttons: list[Button] | None = None) -> None:
        """Utter one message made of lines; empty ones are left out."""
        self._dispatcher.utter_message(text="\n".join(line for line in lines if line), buttons=buttons or [])

    def utter_link(self, title: str, url: str) -> None:
        """Put a link under the message that was uttered last."""
        self._dispatcher.utter_message(json_message={"link": {"title": title, "url": url}})

    def hand_over(self, request: dict[str, Any]) -> None:
        """Ask for a human agent. The gateway opens the ticket from `request` and tells the user what happens."""
        self._dispatcher.utter_message(json_message={"handover": request})

    def text(self, response: str, **values: Any) -> str:
        """Return the text of a response, filled in. Raise KeyError if the domain has no response of that name."""
        template = str(self._responses[self._variant(response)][0]["text"])
        return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), template)

    def has_response(self, response: str) -> bool:
        """Return whether the domain has a response of that name."""
        return response in self._responses

    def button(self, response: str, intent: str, **entities: Any) -> Button:
        """Return a button whose title is a response of the domain."""
        return make_button(self.text(response), intent, **entities)

    def _variant(self, response: str) -> str:
        """Return the response for this channel: that of « utter_faq/cost » is « utter_external_faq_cost » on an external one."""
        external = f"utter_external_{response.removeprefix('utter_').replace('/', '_')}"
        return external if self._external and self.has_response(external) else response


def make_button(title: str, intent: str, **entities: Any) -> Button:
    """Return a button whose title is data (a person's name and place, a reference)."""
    payload = f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}"
    return {"title": title, "payload": payload}
