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

from bot.channels.teams.manifest import problems
from bot.settings import Settings, SettingsError, load_settings

FOLDER = Path(__file__).with_name("app")
"""The manifest without what depends on the installation, and the icons, as PNG and as the SVG that they were drawn from."""
ICONS = ("color.png", "outline.png")
"""192 × 192 pixels in full colour, and 32 × 32 white on transparent, as Teams wants them."""
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
"""Always the same, so that the same settings make the same file."""

teams_app = typer.Typer(no_args_is_help=True, help="Microsoft Teams\u00a0: le paquet de l’application à installer.")
_console = Console(highlight=False, soft_wrap=True)


class PackageError(Exception):
    """The package cannot be made; each line of the message says what is wrong with what."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@teams_app.callback()
def _teams() -> None:
    """Make a group of commands, so that its only one is called by its name."""


@teams_app.command()
def package(
    out: Annotated[Path, typer.Option(help="Fichier à écrire.")] = Path("sphere-teams.zip"),
    version: Annotated[str, typer.Option(help="Version de l’application\u00a0: à augmenter à chaque nouveau paquet.")] = "1.0.0",
    website: Annotated[str | None, typer.Option(help="Site de l’éditeur (https)\u00a0; sinon PUBLIC_URL.")] = None,
    privacy: Annotated[str | None, typer.Option(help="Politique de confidentialité (https)\u00a0; sinon le site.")] = None,
    terms: Annotated[str | None, typer.Option(help="Conditions d’utilisation (https)\u00a0; sinon le site.")] = None,
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
    """Return the manifest of this installation; the arguments are the options of the command.

    Raises:
        SettingsError: a setting is missing; it names the variable.
    """
    manifest: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    app_id, site = settings.required("teams_app_id"), website or settings.required("public_url")
    manifest["id"], manifest["version"] = app_id, version
    manifest["developer"] |= {"websiteUrl": site, "privacyUrl": privacy or site, "termsOfUseUrl": terms or site}
    manifest["bots"][0]["botId"] = app_id
    manifest["validDomains"] = [_host(settings.required("public_url"))]
    return manifest


def write_package(manifest: Mapping[str, Any], out: Path) -> None:
    """Write the zip: the manifest and the two icons.

    Raises:
        PackageError: Teams would refuse the manifest; nothing is written.
    """
    if found := problems(manifest):
        raise PackageError(found)
    contents = {"manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False).encode()}
    contents |= {name: (FOLDER / name).read_bytes() for name in ICONS}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN_AT), data, zipfile.ZIP_DEFLATED)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
