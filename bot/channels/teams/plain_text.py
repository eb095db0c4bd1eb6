"""Plain text of a Teams message: Teams writes entities and mentions as markup even in what it calls plain text."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_MENTION = re.compile(r"</?at(?:\s[^<>]*)?>", re.IGNORECASE)
_BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_INVISIBLE = frozenset({"script", "style", "head", "title"})
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


class _TextExtractor(HTMLParser):
    """Collects the text between tags; what is shown as a line of its own becomes one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._invisible = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add a line break, or the alternative text of an image."""
        self._invisible += tag in _INVISIBLE
        if tag == "br":
            self.parts.append("\n")
        elif tag in {"img", "emoji"}:
            self.parts.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        """End the line of a block."""
        self._invisible = max(0, self._invisible - (tag in _INVISIBLE))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Add text that is visible."""
        if not self._invisible:
            self.parts.append(data)


def to_plain_text(text: str, *, markup: bool = False) -> str:
    """Return `text` as its author saw it.

    Args:
        text: of the activity.
        markup: whether it is HTML (`textFormat` xml); otherwise only mentions are tags, and entities are read all the same.
    """
    text = _MENTION.sub("", text)
    if markup:
        extractor = _TextExtractor()
        extractor.feed(text)
        extractor.close()
        text = "".join(extractor.parts)
    else:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
