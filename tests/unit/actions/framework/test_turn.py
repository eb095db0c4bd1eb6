"""Reading a turn: corrections, full intent names, buttons, channels, masks."""

from __future__ import annotations

from typing import Any

from rasa_sdk.interfaces import Tracker

from actions.framework.turn import Turn


def turn(text: str = "", events: list[dict[str, Any]] | None = None, form: str | None = None, **message: Any) -> Turn:
    """Return a turn with this message and these events."""
    loop = {"name": form} if form else {}
    return Turn(Tracker("c", {}, {"text": text, **message}, events or [], False, None, loop, "action_listen"))


def entity(name: str, text: str, value: str) -> dict[str, Any]:
    """Return an entity whose value stands in the text."""
    return {"entity": name, "value": value, "start": text.index(value), "end": text.index(value) + len(value)}


def test_a_correction_leaves_the_denied_value() -> None:
    for text in ("non pas Tours, Blois", "plutôt Blois, pas Tours", "Blois au lieu de Tours"):
        correction = turn(text, entities=[entity("city", text, "Tours"), entity("city", text, "Blois")])
        assert correction.corrected_value("city", None) == "Blois"
        assert correction.corrected_value("city", "Tours") == "Blois"
    assert turn("Tours", entities=[entity("city", "Tours", "Tours")]).corrected_value("city", "Tours") is None


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


def test_a_button_is_recognized_by_its_entities() -> None:
    assert turn(entities=[{"entity": "choice", "value": "x", "extractor": "button"}]).is_button
    assert not turn("oui", entities=[]).is_button


def test_the_channel_of_a_turn() -> None:
    own, continued = turn("bonjour"), turn("bonjour", metadata={"channel": "web", "home": "telegram", "trusted": True})
    assert (own.channel, own.home_channel, own.trusted) == ("web", "web", True)
    assert (continued.channel, continued.home_channel, continued.trusted) == ("web", "telegram", True)
    assert not turn(metadata={"channel": "telegram", "home": "telegram", "trusted": False}).trusted


def test_a_mask_is_no_value_wherever_it_is_read() -> None:
    text = "ajoute Paul Martin au dossier de [usager], [date de naissance]"
    entities = [entity("partner_name", text, "Paul Martin"), entity("usager_name", text, "[usager]")]
    entities.append(entity("birth_date", text, "[date de naissance]"))
    for trusted in (True, False):  # a deferred message may be read on a trusted channel
        read = turn(text, entities=entities, metadata={"trusted": trusted})
        assert read.masked
        assert read.text == "ajoute Paul Martin au dossier de ,"
        assert read.entity("usager_name") is read.entity("birth_date") is None
        assert read.entity_values == {"partner_name": "Paul Martin"}
    assert turn(text, entities=[entity("partner_name", text, "[usager]")]).entity("partner_name") is None


def test_what_identifies_an_usager_has_no_value_on_an_external_channel() -> None:
    """Not even if it was understood, or put on a button, on a trusted channel."""
    message = {"text": "", "entities": [{"entity": "usager_name", "value": "Durand", "extractor": "button"}]}
    assert turn(**message).entity("usager_name") == "Durand"
    external = turn(**message, metadata={"trusted": False})
    assert external.masked
    assert external.entity("usager_name") is None
    assert external.entity_values == {}


def test_offsets_count_in_the_masked_text() -> None:
    text = "pour [usager], pas Tours, Blois"
    read = turn(text, entities=[entity("city", text, "Tours"), entity("city", text, "Blois")], metadata={"trusted": False})
    assert read.corrected_value("city", None) == "Blois"
    text = "pour [usager], Blois, pas Tours"
    read = turn(text, entities=[entity("city", text, "Tours"), entity("city", text, "Blois")], metadata={"trusted": False})
    assert read.corrected_value("city", None) == "Blois"
