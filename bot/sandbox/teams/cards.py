"""Whether Teams would show an Adaptive Card: the rules of the published schema 1.5 that a wrong card breaks first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

HIGHEST = (1, 5)
WITH_EXECUTE = (1, 4)
MOST_ACTIONS = 6
"""Teams shows no more at the foot of a card (those of mode `secondary` aside, which are in a menu)."""
_VERSION = re.compile(r"(\d)\.(\d)")
# What each element cannot do without: property → its type.
ELEMENTS: Mapping[str, Mapping[str, type]] = {
    "TextBlock": {"text": str},
    "RichTextBlock": {"inlines": list},
    "Image": {"url": str},
    "ImageSet": {"images": list},
    "Media": {"sources": list},
    "Container": {"items": list},
    "ColumnSet": {},
    "Column": {},
    "FactSet": {"facts": list},
    "ActionSet": {"actions": list},
    "Table": {"rows": list},
    "Input.Text": {"id": str},
    "Input.Number": {"id": str},
    "Input.Date": {"id": str},
    "Input.Time": {"id": str},
    "Input.Toggle": {"id": str, "title": str},
    "Input.ChoiceSet": {"id": str, "choices": list},
}
ACTIONS: Mapping[str, Mapping[str, type]] = {
    "Action.OpenUrl": {"url": str},
    "Action.Submit": {},
    "Action.ShowCard": {"card": dict},
    "Action.ToggleVisibility": {"targetElements": list},
    "Action.Execute": {"verb": str},
}
_CHILDREN = ("body", "items", "columns", "images", "rows", "cells")
_ACTIONS_OF = ("actions", "inlineAction", "selectAction")


class BadCard(Exception):
    """Teams would not show the card; the message says where and why."""


def check_card(card: Any) -> None:
    """Raises BadCard."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise BadCard("card: type must be AdaptiveCard")
    version = _version(card.get("version"))
    if not isinstance(card.get("body", []), list) or not (card.get("body") or card.get("actions")):
        raise BadCard("card: body must be a list of elements")
    ids: set[str] = set()
    for place, element in _elements(card, "card"):
        _check_element(place, element, ids)
    for place, action in _all_actions(card):
        _check_action(place, action, version)
    if "refresh" in card and version < WITH_EXECUTE:
        raise BadCard("card: refresh needs version 1.4")


def _version(value: Any) -> tuple[int, int]:
    found = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BadCard("card: version must be a text such as 1.5")
    version = int(found[1]), int(found[2])
    if not (1, 0) <= version <= HIGHEST:
        raise BadCard(f"card: version {value} is not shown")
    return version


def _elements(parent: Json, place: str) -> Iterator[tuple[str, Any]]:
    """All that is in `parent`, and in what is in it."""
    for key in _CHILDREN:
        found = parent.get(key)
        if found is None:
            continue
        if not isinstance(found, list):
            if key in {"body", "items"}:
                raise BadCard(f"{place}.{key}: must be a list")
            continue  # `columns` of a Table are no elements, and other words mean other things elsewhere
        if key == "columns" and parent.get("type") == "Table":
            continue
        for index, child in enumerate(found):
            yield f"{place}.{key}[{index}]", child
            if isinstance(child, dict):
                yield from _elements(child, f"{place}.{key}[{index}]")


_IMPLIED = {"columns": "Column", "images": "Image", "rows": "TableRow", "cells": "TableCell"}


def _check_element(place: str, element: Any, ids: set[str]) -> None:
    if not isinstance(element, dict):
        raise BadCard(f"{place}: must be an object")
    kind = element.get("type") or _IMPLIED.get(place.rsplit(".", 1)[1].partition("[")[0])
    if kind in ("TableRow", "TableCell"):
        return
    if not isinstance(kind, str) or kind not in ELEMENTS:
        if element.get("fallback"):
            return
        raise BadCard(f"{place}: {kind!r} is no element")
    _check_properties(place, element, ELEMENTS[kind])
    if kind.startswith("Input."):
        if element["id"] in ids:
            raise BadCard(f"{place}: two inputs have the id {element['id']!r}")
        ids.add(element["id"])
    if kind == "FactSet":
        _check_pairs(place, element["facts"], ("title", "value"))
    if kind == "Input.ChoiceSet":
        _check_pairs(place, element["choices"], ("title", "value"))
    if kind == "Image" and not _is_url(element["url"], {"https", "http", "data"}):
        raise BadCard(f"{place}.url: must be an address")


def _check_properties(place: str, thing: Json, needed: Mapping[str, type]) -> None:
    for name, kind in needed.items():
        if not isinstance(thing.get(name), kind) or (kind is str and name != "text" and not thing[name]):
            raise BadCard(f"{place}.{name}: missing")


def _check_pairs(place: str, pairs: list[Any], names: tuple[str, str]) -> None:
    for pair in pairs:
        if not isinstance(pair, dict) or not all(isinstance(pair.get(name), str) for name in names):
            raise BadCard(f"{place}: each needs {names[0]} and {names[1]}, as texts")


def all_actions(card: Any) -> list[Json]:
    """Every action of a card, those inside of ShowCards too."""
    return [action for _, action in _all_actions(card) if isinstance(action, dict)] if isinstance(card, dict) else []


def _all_actions(card: Json) -> Iterator[tuple[str, Any]]:
    for place, thing in [("card", card), *_elements(card, "card")]:
        if not isinstance(thing, dict):
            continue
        for key in _ACTIONS_OF:
            found = thing.get(key)
            if found is None:
                continue
            if key != "actions":
                yield f"{place}.{key}", found
                continue
            if not isinstance(found, list):
                raise BadCard(f"{place}.actions: must be a list")
            if sum(not (isinstance(action, dict) and action.get("mode") == "secondary") for action in found) > MOST_ACTIONS:
                raise BadCard(f"{place}.actions: more than {MOST_ACTIONS} are not shown")
            for index, action in enumerate(found):
                yield f"{place}.actions[{index}]", action
                if isinstance(action, dict) and isinstance(action.get("card"), dict):
                    yield from _all_actions(action["card"])


def _check_action(place: str, action: Any, version: tuple[int, int]) -> None:
    if not isinstance(action, dict):
        raise BadCard(f"{place}: must be an object")
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in ACTIONS:
        if action.get("fallback"):
            return
        raise BadCard(f"{place}: {kind!r} is no action")
    _check_properties(place, action, ACTIONS[kind])
    if not place.endswith("Action") and not (isinstance(action.get("title"), str) and action["title"].strip()):
        raise BadCard(f"{place}.title: missing")
    if kind == "Action.Execute" and version < WITH_EXECUTE:
        raise BadCard(f"{place}: Action.Execute needs version 1.4")
    if kind == "Action.Execute" and "data" in action and not isinstance(action["data"], dict):
        raise BadCard(f"{place}.data: must be an object")
    if kind == "Action.OpenUrl" and not _is_url(action["url"], {"https", "http"}):
        raise BadCard(f"{place}.url: must be an http address")
    if kind == "Action.ShowCard":
        check_card({"version": f"{version[0]}.{version[1]}", **action["card"]})
    fallback = action.get("fallback")
    if fallback is not None and fallback != "drop":
        _check_action(f"{place}.fallback", fallback, version)


def _is_url(value: str, schemes: set[str]) -> bool:
    try:
        return urlsplit(value).scheme in schemes and not any(character.isspace() for character in value)
    except ValueError:
        return False
