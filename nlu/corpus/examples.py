"""Example sentences as segments, so that an entity's span stays exact whatever is done to the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from nlu.components.folding import strip_accents

_ANNOTATION = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<entity>\w+)\)")


@dataclass(frozen=True)
class Segment:
    """A stretch of text; `entity` is its label, or None for plain text."""

    text: str
    entity: str | None = None


Segments = tuple[Segment, ...]
"""A sentence."""
Examples = dict[str, list[Segments]]
"""Sentences by intent."""


@cache
def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file as plain Python values; it is cached, so callers must not change it."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def parse_example(line: str) -> Segments:
    """Return the segments of a sentence annotated in Rasa's format, `le [kiné](profession)`."""
    segments: list[Segment] = []
    end = 0
    for match in _ANNOTATION.finditer(line):
        if match.start() > end:
            segments.append(Segment(line[end : match.start()]))
        segments.append(Segment(match["text"], match["entity"]))
        end = match.end()
    if end < len(line):
        segments.append(Segment(line[end:]))
    return tuple(segments)


def render_example(segments: Segments) -> str:
    """Return the sentence annotated in Rasa's format, the inverse of `parse_example`."""
    return "".join(f"[{part.text}]({part.entity})" if part.entity else part.text for part in segments)


def plain_text(segments: Segments) -> str:
    """Return the sentence without labels."""
    return "".join(part.text for part in segments)


def deduplication_key(text: str) -> str:
    """Return `text` in lower-case ASCII letters and digits: two sentences with the same key are duplicates.

    A text without any, such as emoji, is its own key.
    """
    ascii_text = strip_accents(text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", ascii_text).strip() or text


def read_handwritten(folder: Path) -> Examples:
    """Return every hand-written example in `folder` (Rasa NLU YAML) by intent, in the order of files and lines."""
    return read_files(sorted(folder.glob("*.yml")))


def read_files(paths: Iterable[Path]) -> Examples:
    """Return the examples of these Rasa NLU YAML files by intent, in their order."""
    found: Examples = {}
    for path in paths:
        for block in read_yaml(path)["nlu"]:
            lines = (line.removeprefix("- ").strip() for line in block["examples"].splitlines())
            found.setdefault(block["intent"], []).extend(parse_example(line) for line in lines if line)
    return found


def write_examples(path: Path, by_intent: Examples) -> None:
    """Write the examples as Rasa NLU YAML."""
    lines = ['version: "3.1"', "nlu:"]
    for intent, examples in by_intent.items():
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {render_example(example)}" for example in examples]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def merge_segments(segments: Iterable[Segment]) -> Segments:
    """Join neighbouring plain segments and fix their spaces: none at the ends, one between words, none before a comma."""
    joined: list[Segment] = []
    for part in segments:
        if part.entity is None and joined and joined[-1].entity is None:
            joined[-1] = Segment(joined[-1].text + part.text)
        else:
            joined.append(part)
    tidy = [part if part.entity else Segment(_fix_spaces(part.text)) for part in joined]
    if tidy and tidy[0].entity is None:
        tidy[0] = Segment(tidy[0].text.lstrip(" ,"))
    if tidy and tidy[-1].entity is None:
        tidy[-1] = Segment(tidy[-1].text.rstrip(" ,"))
    return tuple(part for part in tidy if part.text)


def _fix_spaces(text: str) -> str:
    return re.sub(r" +(?=[,.])", "", re.sub(r"(?<=') +", "", re.sub(r" {2,}", " ", text)))
