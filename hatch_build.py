"""Build hook: puts into the wheel what git does not hold, the front end's files, and what lies outside the packages, the locks."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = Path("bot/web/node_modules")
LOCKS = ("requirements.lock", "nlu/requirements.lock")
LOCKS_FOLDER = "bot/supply/locked"
_LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "license", "license.md")


class FrontEndHook(BuildHookInterface[Any]):
    """Include of the npm packages the files that the pages serve, at their places, with each package's licence."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to include. Raises FileNotFoundError where the packages are not installed."""
        if version == "editable":  # reads the checkout
            return
        root = Path(self.root)
        included = {str(PACKAGES / place): str(PACKAGES / place) for place in _served(root)}
        if self.target_name == "wheel":
            included |= {lock: f"{LOCKS_FOLDER}/{lock}" for lock in LOCKS}
        build_data["force_include"].update({str(root / source): target for source, target in included.items()})


def _served(root: Path) -> list[str]:
    """Return the places in node_modules of all that the pages serve, and of the licences."""
    vendor: dict[str, str] = dict(runpy.run_path(str(root / "bot/web/assets.py"))["VENDOR"])
    places = set(vendor.values())
    for place in vendor.values():
        parts = place.split("/")
        package = "/".join(parts[: 2 if place.startswith("@") else 1])
        places |= {f"{package}/{name}" for name in (*_LICENCES, "package.json") if (root / PACKAGES / package / name).is_file()}
    missing = sorted(place for place in places if not (root / PACKAGES / place).is_file())
    if missing:
        raise FileNotFoundError(f"{PACKAGES / missing[0]} is missing: install the front end first (`make install`)")
    return sorted(places)
