"""Rules of Teams' app manifest (published schema v1.19) that matter to this app, so that an upload is not refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

VERSION = "1.19"
SCHEMA = f"https://developer.microsoft.com/en-us/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
SCOPES = frozenset({"personal", "team", "groupChat"})
MAX_COMMANDS, MAX_COMMAND_LISTS, MAX_DOMAINS, MAX_URL_LENGTH = 10, 3, 16, 2048
MAX_LENGTHS = {
    ("developer", "name"): 32,
    ("name", "short"): 30,
    ("name", "full"): 100,
    ("description", "short"): 80,
    ("description", "full"): 4000,
}
"""Maximum lengths in characters; each of these texts is required."""
URLS = (("developer", "websiteUrl"), ("developer", "privacyUrl"), ("developer", "termsOfUseUrl"))
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = r"(0|[1-9]\d*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_DOMAIN = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_ALLOWED = frozenset(
    {"$schema", "manifestVersion", "version", "id", "localizationInfo", "developer", "name", "description", "icons", "accentColor"}
    | {"bots", "validDomains"}
)
"""The properties that this app has; the schema takes none that it does not know."""


def problems(manifest: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a manifest, a line each that begins with where; nothing where Teams would take it."""
    return [
        *_app_problems(manifest),
        *_text_problems(manifest),
        *_bot_problems(manifest.get("bots")),
        *_domain_problems(manifest.get("validDomains")),
    ]


def _app_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name}: not known to this version of the schema" for name in sorted(set(manifest) - _ALLOWED))
    if manifest.get("$schema") != SCHEMA or manifest.get("manifestVersion") != VERSION:
        yield f"manifestVersion: must be {VERSION}, with its $schema"
    if not _matches(_VERSION, manifest.get("version")):
        yield "version: must be three numbers, such as 1.0.0"
    if not _matches(_GUID, manifest.get("id")):
        yield "id: must be a GUID"
    if not _matches(_COLOR, manifest.get("accentColor")):
        yield "accentColor: must be a colour such as #0B5C75"
    for name in ("color", "outline"):
        icon = _at(manifest, "icons", name)
        if not isinstance(icon, str) or not icon or "/" in icon or "\\" in icon:
            yield f"icons.{name}: must name a file of the package"


def _text_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    for path, max_length in MAX_LENGTHS.items():
        yield from _text(".".join(path), _at(manifest, *path), max_length)
    for part in ("name", "description"):
        if _at(manifest, part, "short") and _at(manifest, part, "short") == _at(manifest, part, "full"):
            yield f"{part}.full: must differ from {part}.short"
    for path in URLS:
        url = _at(manifest, *path)
        if not isinstance(url, str) or len(url) > MAX_URL_LENGTH or not _https(url):
            yield f"{'.'.join(path)}: must be an https address of at most {MAX_URL_LENGTH} characters"


def _bot_problems(bots: Any) -> Iterator[str]:
    if not isinstance(bots, list) or len(bots) != 1 or not isinstance(bots[0], Mapping):
        yield "bots: must be one bot"
        return
    bot = bots[0]
    if not _matches(_GUID, bot.get("botId")):
        yield "bots[0].botId: must be a GUID"
    yield from _scopes("bots[0].scopes", bot.get("scopes"))
    lists = bot.get("commandLists", [])
    if not isinstance(lists, list) or len(lists) > MAX_COMMAND_LISTS:
        yield f"bots[0].commandLists: must be at most {MAX_COMMAND_LISTS} lists"
        return
    for index, commands in enumerate(lists):
        yield from _command_problems(f"bots[0].commandLists[{index}]", commands if isinstance(commands, Mapping) else {})


def _command_problems(path: str, commands: Mapping[str, Any]) -> Iterator[str]:
    yield from _scopes(f"{path}.scopes", commands.get("scopes"))
    found = commands.get("commands")
    if not isinstance(found, list) or len(found) > MAX_COMMANDS:
        yield f"{path}.commands: must be at most {MAX_COMMANDS} commands"
        return
    for index, command in enumerate(found):
        for name, max_length in (("title", 32), ("description", 128)):
            yield from _text(f"{path}.commands[{index}].{name}", _at(command, name), max_length)


def _domain_problems(domains: Any) -> Iterator[str]:
    if not isinstance(domains, list) or len(domains) > MAX_DOMAINS:
        yield f"validDomains: must be at most {MAX_DOMAINS} domains"
        return
    for index, domain in enumerate(domains):
        if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain):
            yield f"validDomains[{index}]: must be a domain without scheme, port or path"


def _text(path: str, value: Any, max_length: int) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"{path}: missing"
    elif len(value) > max_length:
        yield f"{path}: has {len(value)} characters, {max_length} are allowed"


def _scopes(path: str, scopes: Any) -> Iterator[str]:
    if not isinstance(scopes, list) or not scopes or not all(isinstance(s, str) and s in SCOPES for s in scopes):
        yield f"{path}: must be some of {', '.join(sorted(SCOPES))}"


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and not any(character.isspace() for character in url)
    except ValueError:
        return False
