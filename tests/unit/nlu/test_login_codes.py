"""A login code that a user typed is not kept in the tracker."""

from __future__ import annotations

import json

import pytest
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.login_codes import _LENGTHS, BULLET, _hidden, awaits_code, hide_code, is_hidden


def _tracker(text: str) -> DialogueStateTracker:
    tracker = DialogueStateTracker("c", [])
    tracker.update(SlotSet("dossier", "SPH-2024-123456"))
    entities = [{"entity": "number", "value": text, "start": 0, "end": len(text)}]
    data = {"text": text, "entities": entities, "intent": {"name": "inform"}}
    tracker.update(UserUttered(text, intent={"name": "inform"}, entities=entities, parse_data=data, message_id="t"))
    tracker.update(SlotSet("login_code", text))
    return tracker


@pytest.mark.parametrize(
    "typed",
    ["123456", "mon code : 123 456 !", "c’est 123-456", "12.34.56", "code 1 2 3 4 5 6", "123–456", "123 - 456", "１２３４５６", "12/34/56"],
)
def test_the_code_is_nowhere_in_the_turn(typed: str) -> None:
    tracker = _tracker(typed)
    kept = hide_code(tracker, "t")
    assert kept is not None
    assert is_hidden(kept)
    assert len(kept) == len(typed)
    turn = json.dumps([event.as_dict() for event in list(tracker.events)[1:]], ensure_ascii=False)
    assert typed not in turn
    assert "123456" not in turn
    assert tracker.events[0].value == "SPH-2024-123456"


@pytest.mark.parametrize("typed", ["45000", "0612345678", "dossier SPH-2024-000137", "dossier sph 2024 000137", "je n'ai rien reçu"])
def test_other_texts_are_kept(typed: str) -> None:
    assert hide_code(_tracker(typed), "t") is None


def test_a_code_is_awaited_where_it_is_asked_for() -> None:
    tracker = DialogueStateTracker("c", [])
    assert not awaits_code(tracker)


class _CountedCodes(frozenset[str]):
    """Codes that count how often one looks whether a text is among them."""

    looks = 0

    def __contains__(self, text: object) -> bool:
        type(self).looks += 1
        return super().__contains__(text)


def test_many_codes_in_one_text_cost_no_more_than_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(f"{number:06d}" for number in range(571))
    for amount in (10, 571):
        monkeypatch.setattr(_CountedCodes, "looks", 0)
        hidden = _hidden([text], _CountedCodes(f"{number:06d}" for number in range(amount)))
        assert hidden[0].count(BULLET) == amount * 6
        assert _CountedCodes.looks <= len(text) * len(_LENGTHS)
