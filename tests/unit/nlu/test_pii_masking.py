"""What identifies an usager is masked in parse data; the other entities keep their place in the text."""

from __future__ import annotations

from typing import Any

from nlu.pii_masking import Mask, is_masked, mask_parse_data

TEXT = "ajoute Paul Martin au dossier de Mme Durand née le 12/03/1948 à Tours"


def make_entity(name: str, words: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    """Return an entity of parse data whose span is where `words` stand in `text`."""
    start = text.index(words)
    return {"entity": name, "start": start, "end": start + len(words), "value": words, "extractor": "x", **more}


def make_parse_data(*entities: dict[str, Any]) -> dict[str, Any]:
    """Return parse data of `TEXT` with these entities."""
    return {"text": TEXT, "intent": {"name": "add_partner"}, "entities": list(entities), "text_tokens": [(0, 6)]}


def test_names_and_birth_dates_are_masked_and_the_others_keep_their_place() -> None:
    parse_data = make_parse_data(
        make_entity("partner_name", "Paul Martin"),
        make_entity("usager_name", "Durand"),
        make_entity("city", "Tours"),
        make_entity("birth_date", "12/03/1948", value="1948-03-12"),
    )
    text, masked = mask_parse_data(TEXT, parse_data, ())
    assert text == "ajoute Paul Martin au dossier de Mme [usager] née le [date de naissance] à Tours"
    assert "Durand" not in str(masked)
    assert "1948" not in str(masked)
    assert "text_tokens" not in masked
    assert {e["entity"]: text[e["start"] : e["end"]] for e in masked["entities"]} == {
        "partner_name": "Paul Martin",
        "usager_name": "[usager]",
        "birth_date": "[date de naissance]",
        "city": "Tours",
    }
    assert is_masked(text)


def test_a_known_span_wins_over_an_entity() -> None:
    start = TEXT.index("Paul Martin")
    text, masked = mask_parse_data(
        TEXT, make_parse_data(make_entity("partner_name", "Paul Martin")), [Mask(start, start + 11, "usager_name")]
    )
    assert "Paul" not in text
    assert [e["entity"] for e in masked["entities"]] == ["usager_name"]


def test_a_repeated_name_is_masked_twice() -> None:
    text = "Mme Durand, oui DURAND"
    masked_text, _ = mask_parse_data(text, {"intent": {}, "entities": [make_entity("usager_name", "Durand", text)]}, ())
    assert masked_text == "Mme [usager], oui [usager]"


def test_nothing_to_mask_changes_nothing() -> None:
    text, masked = mask_parse_data("mes dossiers", {"intent": {"name": "list_dossiers"}, "entities": []}, ())
    assert (text, masked["entities"], is_masked(text)) == ("mes dossiers", [], False)


def test_what_is_masked_in_a_message_is_masked_in_its_acts() -> None:
    text = "enlève Paul Martin du dossier de Mme Durand et ajoute Bo à celui de Durand si Durand veut"
    act = "et ajoute Bo à celui de Durand si Durand veut dossier de Durand"
    parse_data = {
        "intent": {"name": "remove_partner"},
        "said": "enlève Paul Martin du dossier de Mme Durand",
        "entities": [make_entity("partner_name", "Paul Martin", text), make_entity("usager_name", "Durand", text)],
        "read_entities": [make_entity("partner_name", "Paul Martin", text), make_entity("usager_name", "Durand", text)],
        "says": {"condition": "si Durand veut", "doubt": True, "except": ["Durand", "Bo"]},
        "agenda": [{"text": act, "full_intent": "add_partner", "entities": [make_entity("partner_name", "Bo", act)], "says": {}}],
        "commands": [{"start": "remove_partner", "usager": "Durand"}],
    }
    masked_text, masked = mask_parse_data(text, parse_data, ())
    assert "Durand" not in masked_text + str(masked)
    assert masked["says"]["doubt"] is True
    assert masked["said"] == "enlève Paul Martin du dossier de Mme [usager]"
    (kept,) = masked["agenda"]
    assert [kept["text"][e["start"] : e["end"]] for e in kept["entities"] if e["entity"] == "partner_name"] == ["Bo"]
    assert {e["entity"]: masked["said"][e["start"] : e["end"]] for e in masked["entities"]} == {
        "partner_name": "Paul Martin",
        "usager_name": "[usager]",
    }


def test_what_an_act_alone_reads_of_an_usager_is_masked_in_the_message() -> None:
    text = "ma patiente Reynaud cherche une infirmière, et ajoute Martin"
    parse_data = {
        "intent": {"name": "find_professional"},
        "said": "ma patiente Reynaud cherche une infirmière,",
        "entities": [make_entity("usager_name", "Reynaud", text)],
        "read_entities": [make_entity("usager_name", "Reynaud", text), make_entity("partner_name", "Martin", text)],
    }
    masked_text, masked = mask_parse_data(text, parse_data, ())
    assert masked_text == "ma patiente [usager] cherche une infirmière, et ajoute Martin"
    assert "Reynaud" not in str(masked)
