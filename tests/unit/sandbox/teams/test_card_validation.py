"""Which Adaptive Cards Teams would show."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.teams.card_validation import InvalidCard, all_actions, validate_card

Json = dict[str, Any]
EXECUTE: Json = {"type": "Action.Execute", "title": "Oui", "verb": "choose", "data": {"token": "x"}}
TEXT: Json = {"type": "TextBlock", "text": "Bonjour"}


def card(*body: Any, version: Any = "1.5", **more: Any) -> Json:
    return {"type": "AdaptiveCard", "version": version, "body": list(body), **more}


def in_body(**element: Any) -> Json:
    return card(element)


def with_action(**action: Any) -> Json:
    return card(TEXT, actions=[action])


GOOD = {
    "text": card(TEXT),
    "actions alone": card(actions=[EXECUTE]),
    "every part": card(
        {"type": "Container", "items": [TEXT, {"type": "ColumnSet", "columns": [{"type": "Column", "items": [TEXT]}, {"items": [TEXT]}]}]},
        {"type": "FactSet", "facts": [{"title": "Lieu", "value": "Tours"}]},
        {"type": "Table", "columns": [{"width": 1}], "rows": [{"type": "TableRow", "cells": [{"type": "TableCell", "items": [TEXT]}]}]},
        {"type": "RichTextBlock", "inlines": ["a", {"type": "TextRun", "text": "b"}]},
        {"type": "Image", "url": "https://sphere.example/a.png"},
        {"type": "ImageSet", "images": [{"url": "https://sphere.example/a.png"}]},
        {"type": "Input.ChoiceSet", "id": "where", "choices": [{"title": "Tours", "value": "37"}]},
        {"type": "Input.Text", "id": "answer", "inlineAction": {"type": "Action.Submit"}},
        {"type": "ActionSet", "actions": [EXECUTE]},
        actions=[{"type": "Action.ShowCard", "title": "Plus", "card": {"type": "AdaptiveCard", "body": [TEXT], "actions": [EXECUTE]}}],
    ),
    "unknown with fallback": in_body(type="CompoundButton", fallback="drop"),
    "execute with submit": with_action(**EXECUTE, fallback={"type": "Action.Submit", "title": "Oui"}),
    "six and a menu": card(TEXT, actions=[*[EXECUTE] * 6, EXECUTE | {"mode": "secondary"}]),
    "old": card(TEXT, version="1.0", actions=[{"type": "Action.Submit", "title": "Oui"}]),
    "empty text": in_body(type="TextBlock", text=""),
}
BAD: dict[str, tuple[Any, str]] = {
    "no object": ("card", "type"),
    "other type": ({**card(TEXT), "type": "HeroCard"}, "type"),
    "no version": ({"type": "AdaptiveCard", "body": [TEXT]}, "version"),
    "version as number": (card(TEXT, version=1.5), "version"),
    "version 1.6": (card(TEXT, version="1.6"), "1.6"),
    "version 2.0": (card(TEXT, version="2.0"), "2.0"),
    "body is no list": ({**card(), "body": TEXT}, "body"),
    "nothing in it": (card(), "body"),
    "element is no object": (card("Bonjour"), r"body\[0\]"),
    "unknown element": (in_body(type="Carousel"), "Carousel"),
    "type is no text": (in_body(type=["TextBlock"]), "no element"),
    "element without type": (in_body(text="Bonjour"), "no element"),
    "text missing": (in_body(type="TextBlock"), "text"),
    "text is no text": (in_body(type="TextBlock", text=3), "text"),
    "nested": (in_body(type="Container", items=[{"type": "TextBlock"}]), r"items\[0\].text"),
    "items is no list": (in_body(type="Container", items=TEXT), "items"),
    "facts": (in_body(type="FactSet", facts=[{"title": "Lieu"}]), "value"),
    "choices": (in_body(type="Input.ChoiceSet", id="a", choices=[{"title": "Tours", "value": 37}]), "texts"),
    "input without id": (in_body(type="Input.Text"), "id"),
    "input twice": (card({"type": "Input.Text", "id": "a"}, {"type": "Input.Date", "id": "a"}), "two inputs"),
    "image": (in_body(type="Image", url="javascript:alert(1)"), "url"),
    "actions is no list": (card(TEXT, actions=EXECUTE), "actions"),
    "action is no object": (card(TEXT, actions=["Oui"]), r"actions\[0\]"),
    "unknown action": (with_action(type="Action.Http", title="Oui"), "Action.Http"),
    "seven": (card(TEXT, actions=[EXECUTE] * 7), "more than 6"),
    "seven in a set": (in_body(type="ActionSet", actions=[EXECUTE] * 7), "more than 6"),
    "execute without verb": (with_action(type="Action.Execute", title="Oui"), "verb"),
    "execute in 1.3": (card(TEXT, version="1.3", actions=[EXECUTE]), "1.4"),
    "refresh in 1.3": (card(TEXT, version="1.3", refresh={"action": EXECUTE}), "1.4"),
    "data is no object": (with_action(**EXECUTE | {"data": "x"}), "data"),
    "title missing": (with_action(type="Action.Submit", data={}), "title"),
    "url missing": (with_action(type="Action.OpenUrl", title="Ouvrir"), "url"),
    "url of another kind": (with_action(type="Action.OpenUrl", title="Ouvrir", url="ftp://a"), "url"),
    "shown card": (with_action(type="Action.ShowCard", title="Plus", card={"type": "AdaptiveCard", "body": [{"type": "X"}]}), "'X'"),
    "fallback": (with_action(**EXECUTE, fallback={"type": "Action.Submit"}), "fallback"),
    "select action": (in_body(type="Container", items=[TEXT], selectAction={"type": "Action.Execute"}), "verb"),
}


@pytest.mark.parametrize("name", GOOD)
def test_shown(name: str) -> None:
    validate_card(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_not_shown(name: str) -> None:
    wrong, why = BAD[name]
    with pytest.raises(InvalidCard, match=why):
        validate_card(wrong)


def test_actions_wherever_they_are() -> None:
    assert [action["type"] for action in all_actions(GOOD["every part"])] == [
        "Action.ShowCard",
        "Action.Execute",
        "Action.Submit",
        "Action.Execute",
    ]
    assert all_actions(None) == []
