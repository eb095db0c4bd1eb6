"""The app package: made from the settings, and refused with a clear line for each rule of Teams that it breaks."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from bot.channels.teams import manifest
from bot.channels.teams.package import FOLDER, PackageError, build_manifest, teams_app, write_package
from bot.settings import SettingsError, load_settings
from tests.unit.channels.teams.running_channel import APP_ID

Manifest = dict[str, Any]


def good(tmp_path: Path, **other: str) -> Manifest:
    """The manifest of an installation."""
    settings = load_settings(DATA=tmp_path, TEAMS_APP_ID=APP_ID, PUBLIC_URL="https://assistant.test/chat")
    return build_manifest(settings, **other)


def test_the_manifest_is_of_this_installation(tmp_path: Path) -> None:
    made = good(tmp_path, version="1.2.3", privacy="https://sphere.test/confidentialite")
    assert manifest.problems(made) == []
    assert (made["id"], made["bots"][0]["botId"], made["version"]) == (APP_ID, APP_ID, "1.2.3")
    assert made["validDomains"] == ["assistant.test"]
    assert made["developer"]["privacyUrl"] == "https://sphere.test/confidentialite"
    assert made["developer"]["termsOfUseUrl"] == "https://assistant.test/chat"
    [bot] = made["bots"]
    assert (bot["scopes"], bot["isNotificationOnly"], bot["supportsFiles"]) == (["personal", "team"], False, False)
    titles = [command["title"] for command in bot["commandLists"][0]["commands"]]
    assert titles == ["/aide", "/annuler", "/fin", "/notifications"]


def changed(*path: str | int, to: Any) -> Callable[[Manifest], None]:
    """Puts something in a place of the manifest."""

    def change(made: Manifest) -> None:
        place: Any = made
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


def without(*path: str | int) -> Callable[[Manifest], None]:
    """Takes something out of the manifest."""

    def change(made: Manifest) -> None:
        place: Any = made
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


COMMANDS = ("bots", 0, "commandLists", 0, "commands")
COMMAND = {"title": "x", "description": "y"}
BROKEN: list[tuple[Callable[[Manifest], None], str]] = [
    (without("$schema"), "manifestVersion"),
    (changed("manifestVersion", to="1.7"), "manifestVersion"),
    (changed("packageName", to="fr.sphere"), "packageName"),
    (without("version"), "version"),
    (changed("version", to="1.0"), "version"),
    (changed("version", to="1.0.0-beta"), "version"),
    (changed("version", to="01.0.0"), "version"),
    (changed("id", to="sphere"), "id"),
    (without("id"), "id"),
    (changed("accentColor", to="blue"), "accentColor"),
    (changed("accentColor", to="#12345"), "accentColor"),
    (without("developer"), "developer.name"),
    (changed("developer", "name", to="x" * 33), "developer.name"),
    (changed("developer", "websiteUrl", to="http://x.test"), "developer.websiteUrl"),
    (changed("developer", "privacyUrl", to="https://"), "developer.privacyUrl"),
    (changed("developer", "termsOfUseUrl", to="https://x.test/" + "y" * 2048), "developer.termsOfUseUrl"),
    (changed("developer", "termsOfUseUrl", to="https://[x"), "developer.termsOfUseUrl"),
    (changed("name", "short", to="x" * 31), "name.short"),
    (changed("name", "short", to=" "), "name.short"),
    (without("name", "full"), "name.full"),
    (changed("name", "full", to="x" * 101), "name.full"),
    (changed("name", "full", to="Assistant SPHERE"), "name.full"),
    (changed("description", "short", to="x" * 81), "description.short"),
    (changed("description", "full", to="x" * 4001), "description.full"),
    (without("description", "full"), "description.full"),
    (without("icons", "color"), "icons.color"),
    (changed("icons", "outline", to="../outline.png"), "icons.outline"),
    (without("bots"), "bots"),
    (changed("bots", to=[{}, {}]), "bots"),
    (changed("bots", 0, "botId", to="x"), "bots[0].botId"),
    (changed("bots", 0, "scopes", to=[]), "bots[0].scopes"),
    (changed("bots", 0, "scopes", to=["groupchat"]), "bots[0].scopes"),
    (changed("bots", 0, "commandLists", to=[{}] * 4), "bots[0].commandLists"),
    (changed("bots", 0, "commandLists", 0, "scopes", to=["everywhere"]), "bots[0].commandLists[0].scopes"),
    (changed(*COMMANDS, to=[COMMAND] * 11), "bots[0].commandLists[0].commands"),
    (changed(*COMMANDS, 0, "title", to="x" * 33), "bots[0].commandLists[0].commands[0].title"),
    (changed(*COMMANDS, 1, "description", to="x" * 129), "bots[0].commandLists[0].commands[1].description"),
    (without(*COMMANDS, 1, "description"), "bots[0].commandLists[0].commands[1].description"),
    (without("validDomains"), "validDomains"),
    (changed("validDomains", to=["x.test"] * 17), "validDomains"),
    (changed("validDomains", 0, to="https://x.test"), "validDomains[0]"),
    (changed("validDomains", 0, to="x.test:8443"), "validDomains[0]"),
    (changed("validDomains", 0, to="x.test/chat"), "validDomains[0]"),
    (changed("validDomains", 0, to="localhost"), "validDomains[0]"),
    (changed("validDomains", 0, to="127.0.0.1"), "validDomains[0]"),
]


@pytest.mark.parametrize(("change", "place"), BROKEN)
def test_each_rule_has_a_line_of_its_own(tmp_path: Path, change: Callable[[Manifest], None], place: str) -> None:
    made = good(tmp_path)
    change(made)
    found = manifest.problems(made)
    assert place in [line.partition(": ")[0] for line in found], found
    assert all(line.partition(": ")[2] for line in found)


def test_what_is_at_the_limit_is_allowed(tmp_path: Path) -> None:
    made = good(tmp_path)
    for path, longest in manifest.MAX_LENGTHS.items():
        made[path[0]][path[1]] = "x" * longest
    made["bots"][0]["commandLists"][0]["commands"] = [{"title": "x" * 32, "description": "y" * 128}] * 10
    made["validDomains"] = ["*.x.test"] * 16
    assert manifest.problems(made) == []


def test_the_zip_holds_three_files_and_is_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    write_package(good(tmp_path), first)
    write_package(good(tmp_path), second)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert sorted(archive.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(archive.read("manifest.json"))["id"] == APP_ID


def test_a_package_that_teams_would_refuse_is_not_written(tmp_path: Path) -> None:
    made = good(tmp_path) | {"id": "x", "version": "y"}
    with pytest.raises(PackageError) as error:
        write_package(made, tmp_path / "a.zip")
    assert len(error.value.problems) == 2
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(("name", "side"), [("color.png", 192), ("outline.png", 32)])
def test_the_icons_have_the_size_that_teams_wants(name: str, side: int) -> None:
    with Image.open(FOLDER / name) as icon:
        icon.verify()
        assert (icon.format, icon.size) == ("PNG", (side, side))


def test_the_outline_is_white_on_transparent() -> None:
    with Image.open(FOLDER / "outline.png") as icon:
        red, green, blue, alpha = (channel.getextrema() for channel in icon.convert("RGBA").split())
    assert red == green == blue == (255, 255)
    assert alpha == (0, 255)


def test_the_command_writes_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS_APP_ID", APP_ID)
    monkeypatch.setenv("PUBLIC_URL", "https://assistant.test")
    out = tmp_path / "sphere-teams.zip"
    result = CliRunner().invoke(teams_app, ["package", "--out", str(out)])
    assert (result.exit_code, result.output.strip()) == (0, str(out))
    assert zipfile.is_zipfile(out)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"PUBLIC_URL": "https://assistant.test"}, "TEAMS_APP_ID is not set"),
        ({"TEAMS_APP_ID": APP_ID}, "PUBLIC_URL is not set"),
        ({"TEAMS_APP_ID": APP_ID, "PUBLIC_URL": "http://assistant.test"}, "developer.websiteUrl"),
        ({"TEAMS_APP_ID": "bot", "PUBLIC_URL": "https://assistant.test"}, "must be a GUID"),
    ],
)
def test_the_command_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str) -> None:
    for name in ("TEAMS_APP_ID", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(teams_app, ["package", "--out", str(tmp_path / "a.zip")])
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "a.zip").exists()


def test_without_an_app_there_is_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TEAMS_APP_ID"):
        build_manifest(load_settings(DATA=tmp_path))
