"""What identifies an usager is taken out of a reading; the rest keeps its place in the text."""

from __future__ import annotations

from typing import Any

from nlu.pii_masking import Mask, is_masked, mask_parse_data

TEXT = "ajoute Paul Martin au dossier de Mme Durand née le 12/03/1948 à Tours"


def entity(name: str, words: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    start = text.index(words)
    return {"entity": name, "start": start, "end": start + len(words), "value": words, "extractor": "x", **more}


def reading(*entities: dict[str, Any]) -> dict[str, Any]:
    return {"text": TEXT, "intent": {"name": "add_partner"}, "entities": list(entities), "text_tokens": [(0, 6)]}


def test_names_and_births_go_and_the_others_keep_their_place() -> None:
    found = reading(
        entity("partner_name", "Paul Martin"),
        entity("usager_name", "Durand"),
        entity("city", "Tours"),
        entity("birth_date", "12/03/1948", value="1948-03-12"),
    )
    text, masked = mask_parse_data(TEXT, found, ())
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


def test_what_is_known_wins_over_what_was_read() -> None:
    start = TEXT.index("Paul Martin")
    text, masked = mask_parse_data(TEXT, reading(entity("partner_name", "Paul Martin")), [Mask(start, start + 11, "usager_name")])
    assert "Paul" not in text
    assert [e["entity"] for e in masked["entities"]] == ["usager_name"]


def test_a_name_said_twice_is_masked_twice() -> None:
    said = "Mme Durand, oui DURAND"
    text, _ = mask_parse_data(said, {"intent": {}, "entities": [entity("usager_name", "Durand", said)]}, ())
    assert text == "Mme [usager], oui [usager]"


def test_nothing_to_mask_changes_nothing() -> None:
    text, masked = mask_parse_data("mes dossiers", {"intent": {"name": "list_dossiers"}, "entities": []}, ())
    assert (text, masked["entities"], is_masked(text)) == ("mes dossiers", [], False)
