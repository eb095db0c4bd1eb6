"""One turn of the dialogue as the actions read it from the tracker: conversation, channel, message, slots."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

from rasa_sdk.interfaces import Tracker

from actions.framework.negation import affirmed, is_denied
from bot.dossiers.probing import Origin

BUTTON_EXTRACTOR = "button"
"""Extractor of the entities that a pressed button carries (set by Rasa's input channel)."""

MASKS = ("[usager]", "[date de naissance]", "[adresse]", "[téléphone]", "[e-mail]", "[numéro]")
"""What replaces the identity of an usager on an external channel (set by Rasa's input channel)."""
IDENTIFYING_ENTITIES = frozenset({"usager_name", "birth_date"})
"""Entities that identify an usager: they have no value on an external channel, whoever put them there."""
ANSWER_INTENTS = frozenset({"affirm", "deny", "inform", "choose", "correct"})
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
    def origin(self) -> Origin:
        """The turn as the audit trail and the limits of dossiers know it."""
        return Origin(self.conversation_id, self.key, self.channel)

    @property
    def message(self) -> dict[str, Any]:
        """The user's last message with what Rasa understood of it."""
        return self.tracker.latest_message or {}

    @property
    def channel(self) -> str:
        """The channel that this turn came through."""
        return str(self._channel_metadata.get("channel", "web"))

    @property
    def home_channel(self) -> str:
        """The conversation's own channel. It differs from `channel` while the conversation is continued in the web chat."""
        return str(self._channel_metadata.get("home", "web"))

    @property
    def trusted(self) -> bool:
        """Whether the answer to this turn may name an usager."""
        return bool(self._channel_metadata.get("trusted", True))

    @property
    def _channel_metadata(self) -> dict[str, Any]:
        return self.message.get("metadata") or {}

    @property
    def masked(self) -> bool:
        """Whether the message identified an usager where that is not read: those values are gone."""
        return _holds_mask(self.raw_text) or any(self._is_hidden(entity) for entity in self.message.get("entities") or [])

    @property
    def text(self) -> str:
        """The user's own words, trimmed, without masks."""
        text = self.raw_text
        for mask in MASKS:
            text = text.replace(mask, "")
        return text.strip()

    @property
    def raw_text(self) -> str:
        """The words that are meant: the message's, or the part of them that the first of several acts stands in; masks included.

        `start` and `end` of entities count in it.
        """
        return words_of(self.message)

    @property
    def says(self) -> dict[str, Any]:
        """What no intent tells.

        `forbids` (an intent), `unknown`, `condition`, `doubt`, `emergency` (hardly one), references of `partner` and `dossier`,
        `except`.
        """
        return self.message.get("says") or {}

    def said_before(self, name: str) -> bool:
        """Return whether the message before this one said that, too (`says`)."""
        messages = [event for event in self.tracker.events if event.get("event") == "user"]
        return len(messages) > 1 and bool(((messages[-2].get("parse_data") or {}).get("says") or {}).get(name))

    @property
    def intent(self) -> str:
        """Full intent name (`faq/cost`, not `faq`)."""
        return full_intent(self.message)

    @property
    def confidence(self) -> float:
        """Confidence of the intent, 0 to 1."""
        return float((self.message.get("intent") or {}).get("confidence") or 0.0)

    @property
    def same_partner(self) -> str | None:
        """The professional spoken of last, if the message points to them without a name: « ce monsieur », « elle »."""
        last = self.slot("last_partner")
        return str(last) if last and self.says.get("partner") == "same" else None

    def ranked_intents(self, min_confidence: float) -> list[str]:
        """Return the full names of the likeliest intents, best first, without the fallback and those below a confidence."""
        entries = self.message.get("intent_ranking") or []
        likely = [str(entry.get("name", "")) for entry in entries if float(entry.get("confidence") or 0) >= min_confidence]
        return [name for name in likely if name and name != "nlu_fallback"]

    @property
    def is_button(self) -> bool:
        """Whether the message is a pressed button: the user typed no words."""
        entities = self.message.get("entities") or []
        return not self.message.get("text") or any(entity.get("extractor") == BUTTON_EXTRACTOR for entity in entities)

    @property
    def requested_slot(self) -> str | None:
        """The slot that the active form asked for."""
        requested = self.slot("requested_slot")
        return str(requested) if requested else None

    @property
    def play(self) -> object:
        """What tells this playing of the turn from another one: when Rasa took the message up, and after how much; None: not known."""
        taken_up = [(number, event.get("timestamp")) for number, event in enumerate(self.tracker.events) if event.get("event") == "user"]
        return taken_up[-1] if taken_up else None

    @property
    def active_form(self) -> str | None:
        """Name of the active form."""
        return (self.tracker.active_loop or {}).get("name")

    @property
    def user_just_spoke(self) -> bool:
        """Whether no action ran since the user's message, except the form that is being validated.

        Rasa gives a validation action a tracker in which its form has already run.
        """
        executed: list[str] = []
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                break
            if event.get("event") == "action":
                executed.append(str(event.get("name")))
        return executed in ([], [self.active_form])

    def slot(self, name: str) -> Any:
        """Return the value of a slot, None if it is empty."""
        return self.tracker.slots.get(name)

    def entities(self, name: str) -> list[dict[str, Any]]:
        """Return every entity of that name in the order of the text; a mask is no value."""
        found = [e for e in self.message.get("entities") or [] if e.get("entity") == name and not self._is_hidden(e)]
        return sorted(found, key=lambda entity: entity.get("start") or 0)

    @property
    def entity_values(self) -> dict[str, str]:
        """The value of each entity by name, for a button that carries them to another intent."""
        return {entity["entity"]: str(entity["value"]) for entity in self.message.get("entities") or [] if not self._is_hidden(entity)}

    def _is_hidden(self, entity: dict[str, Any]) -> bool:
        return _holds_mask(str(entity.get("value"))) or (not self.trusted and entity.get("entity") in IDENTIFYING_ENTITIES)

    def affirmed_entities(self, name: str) -> list[dict[str, Any]]:
        """Return the entities of that name that the user affirms: Blois in « pas Tours, Blois » and in « Tours, euh non, Blois »."""
        return affirmed(self.raw_text, self.entities(name), strict=self.intent in ANSWER_INTENTS)

    def entity(self, name: str, before: int | None = None) -> str | None:
        """Return the value of the last affirmed entity of that name, of those that start before an offset in the text if one is given."""
        found = [entity for entity in self.affirmed_entities(name) if before is None or (entity.get("start") or 0) < before]
        return str(found[-1]["value"]).strip() if found else None

    def denied_values(self, name: str) -> list[str]:
        """Return the values that the message denies: Tours in « pas Tours, Blois »."""
        return [str(entity["value"]).strip() for entity in self.entities(name) if is_denied(self.raw_text, entity)]

    def distinct_values(self, name: str) -> list[str]:
        """Return the different affirmed values of that name in the user's own words; several contradict each other."""
        found = self.affirmed_entities(name)
        words = {str(e["value"]).casefold(): self.raw_text[e.get("start") or 0 : e.get("end") or 0] or str(e["value"]) for e in found}
        return list(words.values())

    def without_entity(self, name: str) -> Turn:
        """Return the turn without the entities of that name: their words become spaces, so that other offsets stay right."""
        return self.without_entities(self.entities(name), [e for e in self.message.get("entities") or [] if e.get("entity") == name])

    def without_entities(self, dropped: list[dict[str, Any]], hidden: list[dict[str, Any]] | None = None) -> Turn:
        """Return the turn without some of its entities, nor their words; `hidden` are dropped too, their words were masked before."""
        text, gone = self.raw_text, [*dropped, *(hidden or [])]
        kept = [entity for entity in self.message.get("entities") or [] if entity not in gone]
        for entity in dropped:
            start, end = entity.get("start") or 0, entity.get("end") or 0
            text = text[:start] + " " * (end - start) + text[end:]
        tracker = copy(self.tracker)
        tracker.latest_message = {**self.message, "text": text, "said": text, "entities": kept}
        return Turn(tracker)

    def with_message(self, message: dict[str, Any]) -> Turn:
        """Return the turn as if this, a part of its message, were the whole."""
        tracker = copy(self.tracker)
        tracker.latest_message = {**message, "metadata": self._channel_metadata}
        return Turn(tracker)

    @property
    def whole(self) -> Turn:
        """The turn with all that was typed as one, whatever acts were read of it; entities of every act in their places."""
        message = self.message
        acts = [message, *(message.get("agenda") or [])]
        if len(acts) == 1 and "said" not in message:
            return self
        text = str(message.get("text") or "")
        found: dict[tuple[str, int], dict[str, Any]] = {}
        for act in acts:
            begins = text.find(words_of(act))
            for entity in act.get("entities") or []:
                value = words_of(act)[entity.get("start") or 0 : entity.get("end") or 0]
                start = begins + (entity.get("start") or 0) if begins >= 0 else -1
                start = (
                    start
                    if value and text[start : start + len(value)] == value and start >= 0
                    else text.find(value or str(entity["value"]))
                )
                if start >= 0 and value:
                    found.setdefault((entity["entity"], start), {**entity, "start": start, "end": start + len(value)})
        entities = sorted(found.values(), key=lambda entity: int(entity["start"]))
        kept = {name: value for name, value in message.items() if name not in {"said", "agenda", "says"}}
        return self.with_message({**kept, "entities": entities})

    def follows_turn(self, key: str | None) -> bool:
        """Return whether the turn with this key is the one right before."""
        messages = [event for event in self.tracker.events if event.get("event") == "user"]
        before = (messages[-2].get("metadata") or {}).get("turn") if len(messages) > 1 else None
        return key is not None and before is not None and key == f"{self.conversation_id}:{before}"

    @property
    def is_correction(self) -> bool:
        """Whether the message takes something back: « non, plutôt Blois », « finalement à Tours », « oui mais pas Martin »."""
        if self.intent in {"correct", "cancel"}:
            return True
        return self.intent in ANSWER_INTENTS and any(is_denied(self.raw_text, entity) for entity in self.message.get("entities") or [])

    def corrected_value(self, name: str, current: str | None) -> str | None:
        """Return the value that replaces the current one, None if the message has no other."""
        found = [str(entity["value"]).strip() for entity in affirmed(self.raw_text, self.entities(name), strict=True)]
        return next((value for value in reversed(found) if value.lower() != (current or "").lower()), None)


def words_of(message: dict[str, Any]) -> str:
    """Return the words of a message that its intent and entities are of."""
    return str(message.get("said") or message.get("text") or "")


def _holds_mask(text: str) -> bool:
    return any(mask in text for mask in MASKS)


def full_intent(message: dict[str, Any]) -> str:
    """Return the full name of a message's intent: the response selector tells retrieval intents apart."""
    name = str((message.get("intent") or {}).get("name") or "nlu_fallback")
    selected = (message.get("response_selector") or {}).get(name)
    if selected:
        key = (selected.get("response") or {}).get("intent_response_key")
        return str(key or name)
    return name


def last_utterance(turn: Turn) -> tuple[dict[str, Any] | None, dict[str, str] | None]:
    """Return the last text uttered in answer to a turn of the same channel, and the link under it.

    What was uttered in the trusted web chat is not repeated on another channel, nor what was uttered here while the channel was trusted.
    """
    message: dict[str, Any] | None = None
    link: dict[str, str] | None = None
    for event in reversed(turn.tracker.events):
        if event.get("event") == "bot" and message is None:
            found = ((event.get("data") or {}).get("custom") or {}).get("link")
            message, link = (event if event.get("text") else None), found or link
        if event.get("event") == "user":
            metadata = event.get("metadata") or {}
            may_repeat = turn.trusted or not metadata.get("trusted", True)
            if message is not None and metadata.get("channel", "web") == turn.channel and may_repeat:
                return message, link
            message = link = None
    return (message, link) if turn.trusted else (None, None)
