"""A conversation with the real actions over a real platform and database; a fake does the little of Rasa that rules and forms need.

The fake understands nothing: each message is given with its intent and entities. Conversations with the real Rasa are in
tests/conversations.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker
from ruamel.yaml import YAML

from actions.framework.action import AssistantAction
from actions.framework.context import Context
from actions.framework.server import all_actions
from actions.framework.turn import Turn
from actions.framework.utterances import Utterances
from bot.container import Container

ROOT = Path(__file__).resolve().parents[3]
TELEGRAM = {"channel": "telegram", "home": "telegram", "trusted": False}
WEB = {"channel": "web", "home": "telegram", "trusted": True}
"""Channel metadata of the turns of one conversation: on its own channel, and in the trusted web chat in which it is continued."""
MAX_STEPS = 12


@cache
def domain() -> dict[str, Any]:
    """Return the responses and forms of the domain."""
    merged: dict[str, Any] = {"responses": {}, "forms": {}}
    for path in sorted((ROOT / "domain").glob("*.yml")):
        loaded = YAML(typ="safe").load(path)
        for section, found in merged.items():
            found.update(loaded.get(section) or {})
    return merged


@cache
def rules() -> dict[str, str]:
    """Return the action that each intent's rule calls."""
    steps = [r["steps"] for path in (ROOT / "data/rules").glob("*.yml") for r in YAML(typ="safe").load(path)["rules"]]
    return {first["intent"]: second["action"] for first, second, *_ in steps if "intent" in first}


def an_act(text: str, intent: str, says: dict[str, Any] | None = None, **entities: str) -> dict[str, Any]:
    """Return an act as Rasa's part publishes it; entities stand in its text, or nowhere."""
    found = [
        {"entity": name, "value": value, "start": max(text.find(value), 0), "end": max(text.find(value), 0) + len(value)}
        for name, value in entities.items()
    ]
    named = {"name": intent.split("/")[0], "confidence": 0.95}
    selected = {named["name"]: {"response": {"intent_response_key": intent}}} if "/" in intent else {}
    return {
        "text": text, "intent": named, "full_intent": intent, "entities": found, "says": says or {}, "response_selector": selected,
    }  # fmt: skip


class Answer:
    """What the assistant uttered in one turn."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.texts = [text_of(m) for m in messages if text_of(m)]
        custom = [m["custom"] for m in messages if m.get("custom")]
        self.links: list[dict[str, str]] = [c["link"] for c in custom if "link" in c]
        self.handover: dict[str, Any] | None = next((c["handover"] for c in custom if "handover" in c), None)
        buttons = [[*(_response(m).get("buttons") or []), *(m.get("buttons") or [])] for m in messages]
        self.titles = [str(button["title"]) for shown in buttons for button in shown]
        self.payloads = [str(button["payload"]) for shown in buttons for button in shown]
        self.text = "\n".join(self.texts)
        self.all = "\n".join([self.text, *self.titles, *self.payloads, *(link["title"] for link in self.links)])

    def entities_of(self, title: str) -> dict[str, str]:
        """Return the entities that the button with this title carries."""
        payload = self.payloads[self.titles.index(title)]
        return dict(json.loads(payload[payload.index("{") :])) if "{" in payload else {}


def _response(message: dict[str, Any]) -> dict[str, Any]:
    name = message.get("response")
    return domain()["responses"][name][0] if name else {}


def text_of(message: dict[str, Any]) -> str:
    """Return the text of an uttered message, filled in."""
    template = str(_response(message).get("text") or message.get("text") or "")
    return re.sub(r"\{(\w+)\}", lambda found: str(message.get(found[1], found[0])), template)


class Dialogue:
    """One conversation. `slots`, `form` and `events` are its tracker."""

    def __init__(self, services: Container, conversation_id: str = "chat") -> None:
        self.services, self.id = services, conversation_id
        self.slots: dict[str, Any] = {}
        self.form: str | None = None
        self.events: list[dict[str, Any]] = []
        self._turns = itertools.count(1)
        self._actions: dict[str, AssistantAction] = {action.name(): action for action in all_actions()}
        self._message: dict[str, Any] = {}
        self._uttered: list[dict[str, Any]] = []

    async def say(
        self, words: str, intent: str, metadata: dict[str, Any] = TELEGRAM, confidence: float = 0.95, **entities: str | tuple[str, ...]
    ) -> Answer:
        """Type a message; entities, one or several of a name, are found where their value stands in it."""
        found = [
            {"entity": name, "value": value, "start": words.find(value), "end": words.find(value) + len(value)}
            for name, values in entities.items()
            for value in ((values,) if isinstance(values, str) else values)
        ]
        return await self._turn({"text": words, "intent": {"name": intent, "confidence": confidence}, "entities": found}, metadata)

    async def ask(self, words: str, *acts: dict[str, Any], metadata: dict[str, Any] = WEB) -> Answer:
        """Type a message that comes to acts, the first of which is its intent (`an_act`)."""
        first, *agenda = acts
        message = {**first, "text": words, "said": first["text"], "agenda": agenda}
        return await self._turn(message, metadata)

    async def press(self, intent: str, metadata: dict[str, Any] = TELEGRAM, **entities: str) -> Answer:
        """Press a button, or let the gateway speak in the user's name."""
        found = [{"entity": name, "value": value, "extractor": "button"} for name, value in entities.items()]
        return await self._turn({"text": "", "intent": {"name": intent, "confidence": 1.0}, "entities": found}, metadata)

    async def _turn(self, message: dict[str, Any], metadata: dict[str, Any]) -> Answer:
        metadata = {"turn": f"t{next(self._turns)}", **metadata}
        self._message, self._uttered = {**message, "metadata": metadata}, []
        self.events.append({"event": "user", "parse_data": self._message, "metadata": metadata})
        action = await self._validate() or rules()[message["intent"]["name"].split("/")[0]]
        for _ in range(MAX_STEPS):
            if action == "action_listen":
                return Answer(self._uttered)
            action = await self._run_form(action) if action.endswith("_form") else await self.run_action(action)
        raise AssertionError("the turn does not come to an end")

    async def _validate(self) -> str | None:
        """Let the active form validate the message; return the next action, None for a digression."""
        form = self.form
        if form is None:
            return None
        self.events.append({"event": "action", "name": form})
        events = await self.act(f"validate_{form}")
        if not events:
            self.events.pop()
            return None
        self._apply(events)
        requested = self.slots.get("requested_slot")
        return await self._run_form(form) if requested is not None or not self.slots.get("aborted") else self._submit(form)

    async def _run_form(self, form: str) -> str:
        self.form = form
        missing = next((name for name in domain()["forms"][form]["required_slots"] if self.slots.get(name) is None), None)
        if missing is None:
            return self._submit(form)
        self.slots["requested_slot"] = missing
        for name in (f"action_ask_{form}_{missing}", f"action_ask_{missing}"):
            if name in self._actions:
                self._apply(await self.act(name))
                return "action_listen" if self.slots.get(missing) is None else await self._run_form(form)
        names = (f"utter_ask_{form}_{missing}", f"utter_ask_{missing}")
        self._utter([{"response": next(name for name in names if name in domain()["responses"])}])
        return "action_listen"

    def _submit(self, form: str) -> str:
        self.form, self.slots["requested_slot"] = None, None
        return f"action_{form.removesuffix('_form')}"

    async def run_action(self, action: str) -> str:
        """Run an action, apply its events and return the action that follows."""
        events = await self.act(action)
        self.events.append({"event": "action", "name": action})
        self._apply(events)
        followups = [event["name"] for event in events if event["event"] == "followup"]
        return followups[-1] if followups else "action_listen"

    async def act(self, action: str) -> list[dict[str, Any]]:
        """Let an action act and return its events. What it raises is raised, unlike in `AssistantAction.run`."""
        dispatcher = CollectingDispatcher()
        loop = {"name": self.form} if self.form else {}
        tracker = Tracker(self.id, copy.deepcopy(self.slots), self._message, [*self.events], False, None, loop, "action_listen")
        turn = Turn(tracker)
        context = Context(turn, Utterances(dispatcher, domain(), external=not turn.trusted), self.services)
        events = await self._actions[action].answer(context)
        self._utter(dispatcher.messages)
        return events

    def _utter(self, messages: list[dict[str, Any]]) -> None:
        self._uttered += messages
        for message in messages:
            data = {"buttons": message.get("buttons"), "custom": message.get("custom")}
            self.events.append({"event": "bot", "text": text_of(message) or None, "data": data})

    def _apply(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            if event["event"] == "active_loop":
                self.form = event["name"]
