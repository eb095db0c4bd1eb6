"""References: which of them lead to a resource of one server, and what that is called there; every other one is somebody else's.

Two servers may give the same id to two people, so that an absolute reference is cut to type and id only below an address of the server
itself (FHIR R4, *References*: a relative one is of the server that the resource is on).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_LOCAL = re.compile(rf"([A-Z][A-Za-z]{{1,40}})/({_ID.pattern})(?:/_history/{_ID.pattern})?/?")
_PORTS = {"http": 80, "https": 443}
_Place = tuple[str, int | None, str]
"""Host, port where it is not the usual one, and path of a server: behind a gateway it may not know whether it is asked by https."""


def is_id(text: object) -> bool:
    """Return whether a text is an id of a resource, which may stand in an address: never one that would lead elsewhere in it."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None and text.strip(".") != ""


class References:
    """Reads references that stand in resources of one server."""

    def __init__(self, base: str = "", aliases: Iterable[str] = ()) -> None:
        """Read those of the server at `base`, which its own resources may also call by `aliases`; by neither: relative ones alone."""
        self._places = tuple(dict.fromkeys(_place(urlsplit(url)) for url in (base, *aliases) if url))

    def of(self, reference: Mapping[str, Any] | None) -> str | None:
        """Return what a FHIR Reference leads to on this server, as "Type/id" without its version; None: it leads nowhere there."""
        return self.read((reference or {}).get("reference"))

    def read(self, text: object) -> str | None:
        """Return what the text of a reference leads to on this server; None: it leads nowhere there."""
        found = _LOCAL.fullmatch(self._local(text)) if isinstance(text, str) else None
        return f"{found[1]}/{found[2]}" if found and is_id(found[2]) else None

    def id_of(self, reference: Mapping[str, Any] | None, resource_type: str) -> str | None:
        """Return the id of what a FHIR Reference leads to on this server, where that is of this type."""
        kind, _, resource_id = (self.of(reference) or "").partition("/")
        return resource_id if kind == resource_type else None

    def is_foreign(self, text: object) -> bool:
        """Return whether the text of a reference is the address of a resource of another server."""
        return isinstance(text, str) and text.lower().startswith(("http://", "https://", "//")) and not self._local(text)

    def _local(self, text: str) -> str:
        """Return a reference as it is below the base; "" where it is not below it."""
        try:
            parts = urlsplit(text)
            host, port, path = _place(parts)
        except ValueError:
            return ""
        if parts.query or parts.fragment or parts.scheme not in ("", *_PORTS) or bool(parts.scheme) != bool(parts.netloc):
            return ""
        if not parts.netloc and not path.startswith("/"):
            return path
        below = (own for *where, own in self._places if (not parts.netloc or where == [host, port]) and path.startswith(f"{own}/"))
        return next((path[len(own) + 1 :] for own in below), "")


def _place(parts: SplitResult) -> _Place:
    port = None if parts.port == _PORTS.get(parts.scheme) else parts.port
    return (parts.hostname or "").rstrip("."), port, parts.path.rstrip("/")


RELATIVE = References()
"""References of a server whose address is not known: only relative ones are its own."""
