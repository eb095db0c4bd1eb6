"""One turn of the dialogue as the actions read it: who, what was said, what was asked, what is known."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

from rasa_sdk.interfaces import Tracker

from actions.framework.negation import denied, meant

BUTTON = "button"
"""Extractor of the entities that a pressed button carries (set by Rasa's input channel)."""

MASKS = ("[usager]", "[date de naissance]")
"""What stands, on an external channel, in the place of what identifies an usager (set by Rasa's input channel)."""
IDENTIFYING = frozenset({"usager_name", "birth_date"})
"""Entities that identify an usager: they have no value on an external channel, whoever put them there."""
ANSWERS = frozenset({"affirm", "deny", "inform", "choose", "correct"})
"""Intents of answers: what they deny was said before."""


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
        return _holds_mask(self.raw) or any(self._is_hidden(entity) for entity in self.message.get("entities") or [])

    @property
    def text(self) -> str:
        """The user's own words, trimmed, less what was masked in them."""
        text = self.raw
        for mask in MASKS:
            text = text.replace(mask, "")
        return text.strip()

    @property
    def raw(self) -> str:
        """The text as the tracker has it, masks included: the places of entities are counted in it."""
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

    def meant(self, name: str) -> list[dict[str, Any]]:
        """The entities of that name that the speaker stands by: « pas Tours, Blois » means Blois, « Tours, euh non, Blois » too."""
        return meant(self.raw, self.entities(name), strict=self.intent in ANSWERS)

    def entity(self, name: str, before: int | None = None) -> str | None:
        """The value of the last entity of that name that is meant, of those that begin before a place in the text where one is given."""
        found = [entity for entity in self.meant(name) if before is None or (entity.get("start") or 0) < before]
        return str(found[-1]["value"]).strip() if found else None

    def denied(self, name: str) -> list[str]:
        """The values that the message says not to be the one: Tours in « pas Tours, Blois »."""
        return [str(entity["value"]).strip() for entity in self.entities(name) if denied(self.raw, entity)]

    def different(self, name: str) -> list[str]:
        """The different values of that name that are meant, in the user's own words; more than one contradict each other."""
        said = {str(e["value"]).casefold(): self.raw[e.get("start") or 0 : e.get("end") or 0] or str(e["value"]) for e in self.meant(name)}
        return list(said.values())

    def without(self, name: str) -> Turn:
        """The turn as if nothing of that name had been said: its words are blank, all others stand where they stood."""
        text, kept = self.raw, [entity for entity in self.message.get("entities") or [] if entity.get("entity") != name]
        for entity in self.entities(name):
            start, end = entity.get("start") or 0, entity.get("end") or 0
            text = text[:start] + " " * (end - start) + text[end:]
        tracker = copy(self.tracker)
        tracker.latest_message = {**self.message, "text": text, "entities": kept}
        return Turn(tracker)

    def follows(self, key: str | None) -> bool:
        """Whether the turn of this key was the one right before."""
        said = [event for event in self.tracker.events if event.get("event") == "user"]
        before = (said[-2].get("metadata") or {}).get("turn") if len(said) > 1 else None
        return key is not None and before is not None and key == f"{self.conversation_id}:{before}"

    @property
    def corrects(self) -> bool:
        """Whether the message takes something back: « non, plutôt Blois », « finalement à Tours », « oui mais pas Martin »."""
        entities = self.message.get("entities") or []
        return self.intent in {"correct", "cancel"} or (self.intent in ANSWERS and any(denied(self.raw, entity) for entity in entities))

    def corrected(self, name: str, current: str | None) -> str | None:
        """The value that takes the place of the current one; None where none is said but that."""
        found = [str(entity["value"]).strip() for entity in meant(self.raw, self.entities(name), strict=True)]
        return next((value for value in reversed(found) if value.lower() != (current or "").lower()), None)


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
