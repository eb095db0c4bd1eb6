"""`bot teams package`: the app package that an administrator uploads to Teams, made from the settings and checked."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console

from bot.channels.teams import manifest, png
from bot.channels.teams.icons import FOLDER
from bot.settings import Settings, SettingsError, load_settings

ICONS = {"color": 192, "outline": 32}
"""Pixels of a side."""
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
"""The same settings make the same file."""

teams_app = typer.Typer(no_args_is_help=True, help="Microsoft Teams : le paquet de l’application à installer.")
_console = Console(highlight=False, soft_wrap=True)


class PackageError(Exception):
    """The package cannot be made; each line says what is wrong with what."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@teams_app.callback()
def _teams() -> None:
    """A group, so that its one command is called by its name."""


@teams_app.command()
def package(
    out: Annotated[Path, typer.Option(help="Fichier à écrire.")] = Path("sphere-teams.zip"),
    version: Annotated[str, typer.Option(help="Version de l’application : à augmenter à chaque nouveau paquet.")] = "1.0.0",
    website: Annotated[str | None, typer.Option(help="Site de l’éditeur (https) ; sinon PUBLIC_URL.")] = None,
    privacy: Annotated[str | None, typer.Option(help="Politique de confidentialité (https) ; sinon le site.")] = None,
    terms: Annotated[str | None, typer.Option(help="Conditions d’utilisation (https) ; sinon le site.")] = None,
) -> None:
    """Écrire le paquet (zip) à importer dans le centre d’administration Teams, d’après TEAMS_APP_ID et PUBLIC_URL."""
    try:
        write_package(build_manifest(load_settings(), version=version, website=website, privacy=privacy, terms=terms), out)
    except (PackageError, SettingsError, OSError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"bot: {error}", markup=False)
        raise typer.Exit(1) from None
    _console.print(str(out), markup=False)


def build_manifest(
    settings: Settings, *, version: str = "1.0.0", website: str | None = None, privacy: str | None = None, terms: str | None = None
) -> dict[str, Any]:
    """The manifest of this installation. Raises SettingsError, naming the variable that is missing."""
    filled: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    app_id, site = settings.required("teams_app_id"), website or settings.required("public_url")
    filled["id"], filled["version"] = app_id, version
    filled["developer"] |= {"websiteUrl": site, "privacyUrl": privacy or site, "termsOfUseUrl": terms or site}
    filled["bots"][0]["botId"] = app_id
    filled["validDomains"] = [_host(settings.required("public_url"))]
    return filled


def write_package(filled: Mapping[str, Any], out: Path, icons: Path = FOLDER) -> None:
    """Write the zip. Raises PackageError, and writes nothing, where Teams would refuse it.

    Args:
        icons: folder of color.png and outline.png.
    """
    found = {name: (icons / f"{name}.png").read_bytes() for name in ICONS}
    wrong = manifest.problems(filled) + [line for name, data in found.items() for line in icon_problems(name, data)]
    if wrong:
        raise PackageError(wrong)
    contents = {"manifest.json": json.dumps(filled, indent=2, ensure_ascii=False).encode()}
    contents |= {f"{name}.png": data for name, data in found.items()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN_AT), data, zipfile.ZIP_DEFLATED)


def icon_problems(name: str, data: bytes) -> list[str]:
    """What is wrong with icon `name` (color or outline): its size, and of the outline that it is white on nothing."""
    side = ICONS[name]
    try:
        image = png.read(data)
    except png.NotAnIcon as error:
        return [f"{name}.png: {error}"]
    if (image.width, image.height) != (side, side):
        return [f"{name}.png: is {image.width} × {image.height} pixels, must be {side} × {side}"]
    wrong = []
    if name == "outline":
        if any(pixel[3] and pixel[:3] != (255, 255, 255) for pixel in image.pixels):
            wrong.append("outline.png: must be white and nothing else")
        if not any(pixel[3] == 0 for pixel in image.pixels):
            wrong.append("outline.png: must have a transparent ground")
    return wrong


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
