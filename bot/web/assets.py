"""Static files of the pages: our own under `static/`, and the few named ones of the npm packages.

Every file is served under a folder named after the content of all of them (`/static/<version>/…`), so that a browser may
keep them for ever and still never mixes two versions. ES modules find each other by relative addresses, so no bundler
and no import map (which a strict Content-Security-Policy would refuse) is needed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

HERE = Path(__file__).parent

_ICONS = ("arrow-down", "bars-3", "bell", "check", "exclamation-triangle", "paper-airplane", "phone", "x-mark")
_FONT = "@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next"

# Served name → place in node_modules. Only what is listed is reachable: never a whole package.
VENDOR: Mapping[str, str] = {
    "vendor/preact.js": "preact/dist/preact.mjs",
    "vendor/htm.js": "htm/dist/htm.module.js",
    "vendor/eventsource-parser.js": "eventsource-parser/dist/index.js",
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/htmx-sse.js": "htmx-ext-sse/dist/sse.min.js",
    "vendor/fonts/text-latin.woff2": f"{_FONT}-latin-wght-normal.woff2",
    "vendor/fonts/text-latin-ext.woff2": f"{_FONT}-latin-ext-wght-normal.woff2",
    **{f"vendor/icons/{name}.svg": f"heroicons/24/outline/{name}.svg" for name in _ICONS},
}

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
}


class FrontendNotInstalled(RuntimeError):
    """The front-end packages are missing: run `npm ci --ignore-scripts --prefix bot/web`."""

    def __init__(self, missing: Path) -> None:
        super().__init__(f"{self.__doc__} (not found: {missing})")


@dataclass(frozen=True)
class Asset:
    """A file that is served: its bytes and its media type."""

    body: bytes
    media_type: str


@dataclass(frozen=True)
class Assets:
    """All files that are served, read once at start (about 150 kB)."""

    files: Mapping[str, Asset]

    @cached_property
    def version(self) -> str:
        """Digest of the names and contents of all files: 16 hexadecimal digits."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(name.encode() + b"\0" + self.files[name].body)
        return digest.hexdigest()[:16]


@cache
def load_assets(static: Path = HERE / "static", packages: Path = HERE / "node_modules") -> Assets:
    """Return our own files and the listed vendor files, read once in a process.

    Raises:
        FrontendNotInstalled: a listed package file is missing.
    """
    files = {
        path.relative_to(static).as_posix(): _read(path, path.suffix) for path in sorted(static.rglob("*")) if path.suffix in MEDIA_TYPES
    }
    for name, place in VENDOR.items():
        path = packages / place
        if not path.is_file():
            raise FrontendNotInstalled(path)
        files[name] = _read(path, PurePosixPath(name).suffix)
    return Assets(files)


def _read(path: Path, suffix: str) -> Asset:
    return Asset(path.read_bytes(), MEDIA_TYPES[suffix])
