"""What agents read in the team's groups (texts.yml)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Formatter

from ruamel.yaml import YAML

_FILE = Path(__file__).with_name("texts.yml")
_NAMES = ("reference", "person", "reason", "chat", "agent", "text", "to", "outcome", "dossier", "tags", "help", "error_id", "url", "count")


class GroupTexts:
    """Texts by name. Raises KeyError when made from a file with an unknown placeholder."""

    def __init__(self, file: Path = _FILE) -> None:
        self._texts = _read(file)
        for text in self._texts.values():
            Formatter().vformat(text, (), dict.fromkeys(_NAMES, "x"))

    def render(self, name: str, **values: str) -> str:
        """Return text `name` with its placeholders filled in. Raise KeyError where there is none, or a placeholder has no value."""
        return self._texts[name].format(**values)

    def render_first(self, *names: str, **values: str) -> str:
        """Return the first of these texts that exists. Raise KeyError."""
        return self.render(next((name for name in names if name in self._texts), names[-1]), **values)

    def label(self, kind: str, name: str) -> str:
        """Return what agents call a `reason`, a `chat` or an `outcome`; something unknown by its own name."""
        return self._texts.get(f"{kind}_{name}", name)


@cache
def _read(file: Path) -> dict[str, str]:
    return dict(YAML(typ="safe", pure=True).load(file.read_text("utf-8")))
