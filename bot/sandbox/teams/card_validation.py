"""Validation of Adaptive Cards: the rules of the published schema 1.5 that a wrong card breaks first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

MAX_VERSION = (1, 5)
EXECUTE_VERSION = (1, 4)
MAX_ACTIONS = 6
"""Actions that Teams shows at the foot of a card, besides those of mode `secondary`, which are in a menu."""
_VERSION = re.compile(r"(\d)\.(\d)")
# Required properties of each element, with their types.
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


class InvalidCard(Exception):
    """Teams would not show the card; the message says where and why."""


def validate_card(card: Any) -> None:
    """Raise InvalidCard unless Teams would show the card."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise InvalidCard("card: type must be AdaptiveCard")
    version = _version(card.get("version"))
    if not isinstance(card.get("body", []), list) or not (card.get("body") or card.get("actions")):
        raise InvalidCard("card: body must be a list of elements")
    ids: set[str] = set()
    for path, element in _elements(card, "card"):
        _check_element(path, element, ids)
    for path, action in _all_actions(card):
        _check_action(path, action, version)
    if "refresh" in card and version < EXECUTE_VERSION:
        raise InvalidCard("card: refresh needs version 1.4")


def _version(value: Any) -> tuple[int, int]:
    found = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidCard("card: version must be a text such as 1.5")
    version = int(found[1]), int(found[2])
    if not (1, 0) <= version <= MAX_VERSION:
        raise InvalidCard(f"card: version {value} is not shown")
    return version


def _elements(parent: Json, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every element inside `parent`, at any depth, with its path."""
    for key in _CHILDREN:
        found = parent.get(key)
        if found is None:
            continue
        if not isinstance(found, list):
            if key in {"body", "items"}:
                raise InvalidCard(f"{path}.{key}: must be a list")
            continue  # `columns` of a Table are no elements, and other keys mean other things elsewhere
        if key == "columns" and parent.get("type") == "Table":
            continue
        for index, child in enumerate(found):
            yield f"{path}.{key}[{index}]", child
            if isinstance(child, dict):
                yield from _elements(child, f"{path}.{key}[{index}]")


_IMPLIED = {"columns": "Column", "images": "Image", "rows": "TableRow", "cells": "TableCell"}


def _check_element(path: str, element: Any, ids: set[str]) -> None:
    if not isinstance(element, dict):
        raise InvalidCard(f"{path}: must be an object")
    kind = element.get("type") or _IMPLIED.get(path.rsplit(".", 1)[1].partition("[")[0])
    if kind in ("TableRow", "TableCell"):
        return
    if not isinstance(kind, str) or kind not in ELEMENTS:
        if element.get("fallback"):
            return
        raise InvalidCard(f"{path}: {kind!r} is no element")
    _check_properties(path, element, ELEMENTS[kind])
    if kind.startswith("Input."):
        if element["id"] in ids:
            raise InvalidCard(f"{path}: two inputs have the id {element['id']!r}")
        ids.add(element["id"])
    if kind == "FactSet":
        _check_pairs(path, element["facts"], ("title", "value"))
    if kind == "Input.ChoiceSet":
        _check_pairs(path, element["choices"], ("title", "value"))
    if kind == "Image" and not _is_url(element["url"], {"https", "http", "data"}):
        raise InvalidCard(f"{path}.url: must be an address")


def _check_properties(path: str, node: Json, required: Mapping[str, type]) -> None:
    for name, kind in required.items():
        if not isinstance(node.get(name), kind) or (kind is str and name != "text" and not node[name]):
            raise InvalidCard(f"{path}.{name}: missing")


def _check_pairs(path: str, pairs: list[Any], names: tuple[str, str]) -> None:
    for pair in pairs:
        if not isinstance(pair, dict) or not all(isinstance(pair.get(name), str) for name in names):
            raise InvalidCard(f"{path}: each needs {names[0]} and {names[1]}, as texts")


def all_actions(card: Any) -> list[Json]:
    """Return every action of a card, those inside of ShowCards too."""
    return [action for _, action in _all_actions(card) if isinstance(action, dict)] if isinstance(card, dict) else []


def _all_actions(card: Json) -> Iterator[tuple[str, Any]]:
    for path, node in [("card", card), *_elements(card, "card")]:
        if not isinstance(node, dict):
            continue
        for key in _ACTIONS_OF:
            found = node.get(key)
            if found is None:
                continue
            if key != "actions":
                yield f"{path}.{key}", found
                continue
            if not isinstance(found, list):
                raise InvalidCard(f"{path}.actions: must be a list")
            if sum(not (isinstance(action, dict) and action.get("mode") == "secondary") for action in found) > MAX_ACTIONS:
                raise InvalidCard(f"{path}.actions: more than {MAX_ACTIONS} are not shown")
            for index, action in enumerate(found):
                yield f"{path}.actions[{index}]", action
                if isinstance(action, dict) and isinstance(action.get("card"), dict):
                    yield from _all_actions(action["card"])


def _check_action(path: str, action: Any, version: tuple[int, int]) -> None:
    if not isinstance(action, dict):
        raise InvalidCard(f"{path}: must be an object")
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in ACTIONS:
        if action.get("fallback"):
            return
        raise InvalidCard(f"{path}: {kind!r} is no action")
    _check_properties(path, action, ACTIONS[kind])
    if not path.endswith("Action") and not (isinstance(action.get("title"), str) and action["title"].strip()):
        raise InvalidCard(f"{path}.title: missing")
    if kind == "Action.Execute" and version < EXECUTE_VERSION:
        raise InvalidCard(f"{path}: Action.Execute needs version 1.4")
    if kind == "Action.Execute" and "data" in action and not isinstance(action["data"], dict):
        raise InvalidCard(f"{path}.data: must be an object")
    if kind == "Action.OpenUrl" and not _is_url(action["url"], {"https", "http"}):
        raise InvalidCard(f"{path}.url: must be an http address")
    if kind == "Action.ShowCard":
        validate_card({"version": f"{version[0]}.{version[1]}", **action["card"]})
    fallback = action.get("fallback")
    if fallback is not None and fallback != "drop":
        _check_action(f"{path}.fallback", fallback, version)


def _is_url(value: str, schemes: set[str]) -> bool:
    try:
        return urlsplit(value).scheme in schemes and not any(character.isspace() for character in value)
    except ValueError:
        return False
