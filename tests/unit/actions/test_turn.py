"""Reading a turn: corrections, full intent names, whether the user has just spoken."""

from __future__ import annotations

from typing import Any

from rasa_sdk.interfaces import Tracker

from actions.turn import Turn


def turn(text: str = "", events: list[dict[str, Any]] | None = None, form: str | None = None, **message: Any) -> Turn:
    loop = {"name": form} if form else {}
    return Turn(Tracker("c", {}, {"text": text, **message}, events or [], False, None, loop, "action_listen"))


def entity(name: str, text: str, value: str) -> dict[str, Any]:
    return {"entity": name, "value": value, "start": text.index(value), "end": text.index(value) + len(value)}


def test_the_denied_value_of_a_correction_is_left() -> None:
    for text in ("non pas Tours, Blois", "plutôt Blois, pas Tours", "Blois au lieu de Tours"):
        said = turn(text, entities=[entity("city", text, "Tours"), entity("city", text, "Blois")])
        assert said.corrected("city", None) == "Blois"
        assert said.corrected("city", "Tours") == "Blois"
    assert turn("Tours", entities=[entity("city", "Tours", "Tours")]).corrected("city", "Tours") is None


def test_full_intent_names() -> None:
    selected = {"faq": {"response": {"intent_response_key": "faq/cost"}}}
    assert turn(intent={"name": "faq"}, response_selector=selected).intent == "faq/cost"
    assert turn(intent={"name": "greet"}, response_selector=selected).intent == "greet"
    assert turn().intent == "nlu_fallback"


def test_whether_the_user_has_just_spoken() -> None:
    user, form, other = {"event": "user"}, {"event": "action", "name": "x_form"}, {"event": "action", "name": "action_begin_task"}
    assert turn(events=[form, user], form="x_form").user_just_spoke
    assert turn(events=[user, form], form="x_form").user_just_spoke
    assert not turn(events=[user, other, form], form="x_form").user_just_spoke


def test_a_button_is_told_by_its_entities() -> None:
    assert turn(entities=[{"entity": "choice", "value": "x", "extractor": "button"}]).is_button
    assert not turn("oui", entities=[]).is_button
