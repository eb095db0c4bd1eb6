"""Reading the assistant's answers as a user does: what is asked, which buttons there are, what a card shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.dialogues.goals import FOLDER
from bench.dialogues.judge import fold_said
from bench.dialogues.yaml_files import read_yaml

DOMAIN = FOLDER.parent.parent / "domain"
QUESTIONS = FOLDER / "questions.yml"
_PLACEHOLDER = re.compile(r"\\\{\w+\\\}")
_LINE = re.compile(r"^•?\s*([^:\n]{2,30}?)\s*:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Button:
    """A quick reply: its title, and the token that pressing it sends."""

    title: str
    token: str


@dataclass(frozen=True)
class Reply:
    """What the assistant answered in one turn."""

    texts: tuple[str, ...]
    buttons: tuple[Button, ...] = ()
    question: str | None = None
    """Kind of what is asked (questions.yml); None where nothing is."""
    asking: str = ""
    """The message that asks it, folded."""

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.texts)

    @property
    def facts(self) -> Mapping[str, str]:
        """The lines « label: value » of the message that asks, folded: what a card shows."""
        return {label.strip(): value.strip() for label, value in _LINE.findall(self.asking)}

    def button(self, *words: str) -> Button | None:
        """Return the first button whose title has all the words, folded; None where there is none."""
        wanted = [fold_said(word) for word in words if word]
        found = (button for button in self.buttons if all(word in fold_said(button.title) for word in wanted))
        return next(found, None) if wanted else None


@dataclass
class ReplyReader:
    """Recognises the responses of the domain in what was said.

    Args:
        responses: text of each response by name.
        kinds: names of the responses by kind of question.
    """

    responses: Mapping[str, str]
    kinds: Mapping[str, Sequence[str]]
    _patterns: list[tuple[str, re.Pattern[str], int]] = field(init=False)

    def __post_init__(self) -> None:
        self._patterns = [
            (kind, *_pattern(self.responses[name])) for kind, names in self.kinds.items() for name in names
        ]  # fmt: skip

    @classmethod
    def of_domain(cls, domain: Path = DOMAIN, questions: Path = QUESTIONS) -> ReplyReader:
        """Read the domain and the table of questions. Raise KeyError for a response that the domain does not have."""
        responses: dict[str, str] = {}
        for file in sorted(domain.glob("*.yml")):
            for name, variants in (read_yaml(file).get("responses") or {}).items():
                responses[name] = str(variants[0].get("text", ""))
        return cls(responses, read_yaml(questions))

    def read(self, messages: Iterable[Mapping[str, Any]]) -> Reply:
        """Return one turn's answer; `messages` are those of the chat API."""
        heard = [message for message in messages if message.get("author", "assistant") != "user"]
        buttons = tuple(Button(str(b["title"]), str(b["token"])) for message in heard for b in message.get("buttons", []))
        texts = tuple(str(message["text"]) for message in heard)
        kind, asking = None, ""
        for text in texts:
            folded = fold_said(text)
            found = self._last_question(folded)
            if found is not None:
                kind, asking = found, folded
        return Reply(texts, buttons, kind, asking)

    def _last_question(self, folded: str) -> str | None:
        """Return the kind of the question that ends last; of those that end together, the one with the most words of its own."""
        best: tuple[int, int] | None = None
        kind = None
        for candidate, pattern, weight in self._patterns:
            for found in pattern.finditer(folded):
                place = (found.end(), weight)
                if best is None or place > best:
                    best, kind = place, candidate
        return kind


def _pattern(text: str) -> tuple[re.Pattern[str], int]:
    """Return what finds a response in a folded text whatever its placeholders are filled with, and how many letters are its own."""
    escaped = re.escape(fold_said(text.strip()))
    own = _PLACEHOLDER.sub("", escaped)
    return re.compile(_PLACEHOLDER.sub(lambda _: r"[\\s\\S]*?", escaped).replace(r"[\\s\\S]", r"[\s\S]")), len(own)
