"""The words of a Teams message: Teams writes entities and mentions as markup even in what it calls plain text."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_MENTION = re.compile(r"</?at(?:\s[^<>]*)?>", re.IGNORECASE)
_BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style", "head", "title"})
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


class _Words(HTMLParser):
    """Collects the words between tags; what shows as a line of its own becomes one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A line's end, a picture's name, or nothing."""
        self._unseen += tag in _UNSEEN
        if tag == "br":
            self.parts.append("\n")
        elif tag in {"img", "emoji"}:
            self.parts.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        """The end of a block ends its line."""
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._unseen:
            self.parts.append(data)


def plain(text: str, *, markup: bool = False) -> str:
    """`text` as it was seen by who wrote it.

    Args:
        markup: whether it is HTML (`textFormat` xml); otherwise only mentions are tags, and entities are read all the same.
    """
    text = _MENTION.sub("", text)
    if markup:
        words = _Words()
        words.feed(text)
        words.close()
        text = "".join(words.parts)
    else:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
