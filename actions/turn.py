"""One turn of the dialogue as the actions read it: who, what was said, what was asked, what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk.interfaces import Tracker

BUTTON = "button"
"""Extractor of the entities that a pressed button carries (set by Rasa's input channel)."""

MASKS = ("[usager]", "[date de naissance]")
"""What stands, on an external channel, in the place of what identifies an usager (set by Rasa's input channel)."""
IDENTIFYING = frozenset({"usager_name", "birth_date"})
"""Entities that identify an usager: they have no value on an external channel, whoever put them there."""


@dataclass(frozen=True)
class Turn:
    """A read-only view of the tracker. Nothing in it is an authority: rights are checked in the backend."""

    tracker: Tracker

    @property
    def conversation_id(self) -> str:
        """The conversation's random id."""
        return str(self.tracker.sender_id)

    @property
    def key(self) -> str:
        """Idempotency key of this turn: the same when the turn is played again after a crash."""
        turn = (self.message.get("metadata") or {}).get("turn") or self.message.get("message_id")
        return f"{self.conversation_id}:{turn}"

    @property
    def message(self) -> dict[str, Any]:
        """What was understood of the user's last message."""
        return self.tracker.latest_message or {}

    @property
    def channel(self) -> str:
        """The channel by which this turn came."""
        return str(self._door.get("channel", "web"))

    @property
    def home(self) -> str:
        """The conversation's own channel; another than `channel` while it is gone on with in the web chat."""
        return str(self._door.get("home", "web"))

    @property
    def trusted(self) -> bool:
        """Whether an usager may be named in the answer to this turn."""
        return bool(self._door.get("trusted", True))

    @property
    def _door(self) -> dict[str, Any]:
        return self.message.get("metadata") or {}

    @property
    def masked(self) -> bool:
        """Whether the message tells who an usager is where that is not read: what it says of them is gone."""
        return _holds_mask(self._raw) or any(self._is_hidden(entity) for entity in self.message.get("entities") or [])

    @property
    def text(self) -> str:
        """The user's own words, trimmed, less what was masked in them."""
        text = self._raw
        for mask in MASKS:
            text = text.replace(mask, "")
        return text.strip()

    @property
    def _raw(self) -> str:
        """The text as the tracker has it: the places of entities are counted in it."""
        return str(self.message.get("text") or "")

    @property
    def intent(self) -> str:
        """Full intent name (`faq/cost`, not `faq`)."""
        return full_intent(self.message)

    @property
    def confidence(self) -> float:
        """How sure the reading of the intent is, 0 to 1."""
        return float((self.message.get("intent") or {}).get("confidence") or 0.0)

    def ranking(self, least: float) -> list[str]:
        """Full names of the likeliest intents, best first, without the fallback and those under a confidence."""
        entries = self.message.get("intent_ranking") or []
        likely = [str(entry.get("name", "")) for entry in entries if float(entry.get("confidence") or 0) >= least]
        return [name for name in likely if name and name != "nlu_fallback"]

    @property
    def is_button(self) -> bool:
        """Whether the message is a pressed button: it holds no words."""
        return not self.message.get("text") or any(entity.get("extractor") == BUTTON for entity in self.message.get("entities") or [])

    @property
    def requested(self) -> str | None:
        """The slot that the active form asked for."""
        requested = self.slot("requested_slot")
        return str(requested) if requested else None

    @property
    def active_form(self) -> str | None:
        """Name of the running form."""
        return (self.tracker.active_loop or {}).get("name")

    @property
    def user_just_spoke(self) -> bool:
        """Whether nothing was done yet since the user's message, but for starting the form that is being validated.

        Rasa shows a validation action a tracker in which its form was executed already.
        """
        done: list[str] = []
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                break
            if event.get("event") == "action":
                done.append(str(event.get("name")))
        return done in ([], [self.active_form])

    def slot(self, name: str) -> Any:
        """Value of a slot, None if empty."""
        return self.tracker.slots.get(name)

    def entities(self, name: str) -> list[dict[str, Any]]:
        """Every entity of that name, in the order of the text; a mask is no value."""
        found = [e for e in self.message.get("entities") or [] if e.get("entity") == name and not self._is_hidden(e)]
        return sorted(found, key=lambda entity: entity.get("start") or 0)

    @property
    def values(self) -> dict[str, str]:
        """What was understood of the sentence, by entity, for a button that carries it to another intent."""
        return {entity["entity"]: str(entity["value"]) for entity in self.message.get("entities") or [] if not self._is_hidden(entity)}

    def _is_hidden(self, entity: dict[str, Any]) -> bool:
        return _holds_mask(str(entity.get("value"))) or (not self.trusted and entity.get("entity") in IDENTIFYING)

    def entity(self, name: str, before: int | None = None) -> str | None:
        """The value of the last entity of that name, of those that begin before a place in the text where one is given."""
        found = [entity for entity in self.entities(name) if before is None or (entity.get("start") or 0) < before]
        return str(found[-1]["value"]).strip() if found else None

    @property
    def corrects(self) -> bool:
        """Whether the message takes something back: « non, plutôt Blois », « finalement à Tours »."""
        return self.intent in {"correct", "cancel"}

    def corrected(self, name: str, current: str | None) -> str | None:
        """The value that the user means where two are given (« pas Tours, Blois »): not the denied nor the current one."""
        kept = []
        for entity in self.entities(name):
            before = self._raw[: entity.get("start") or 0].lower().rstrip()
            denied = before.endswith(("pas", "pas à", "pas a", "pas le", "pas la", "pas de", "au lieu de", "plutôt que"))
            value = str(entity["value"]).strip()
            if not denied and value.lower() != (current or "").lower():
                kept.append(value)
        return kept[-1] if kept else None


def _holds_mask(text: str) -> bool:
    return any(mask in text for mask in MASKS)


def full_intent(message: dict[str, Any]) -> str:
    """Full name of the understood intent: retrieval intents are told apart by the response selector."""
    name = str((message.get("intent") or {}).get("name") or "nlu_fallback")
    selected = (message.get("response_selector") or {}).get(name)
    if selected:
        key = (selected.get("response") or {}).get("intent_response_key")
        return str(key or name)
    return name
