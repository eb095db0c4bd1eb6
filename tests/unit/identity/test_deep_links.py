"""Deep links: to which channels they lead, and their form."""

from __future__ import annotations

from typing import Any

import pytest

from bot.identity.deep_links import deep_link, link_channels, other_channels
from bot.settings import Settings

TELEGRAM: dict[str, Any] = {"telegram_token": "1:x", "telegram_bot": "SphereBot"}
TEAMS: dict[str, Any] = {"teams_app_id": "0b5c-75"}


@pytest.mark.parametrize(
    ("configured", "channels"),
    [
        ({}, ["web"]),
        ({"telegram_token": "1:x"}, ["web"]),
        ({"telegram_bot": "SphereBot"}, ["telegram", "web"]),
        (TELEGRAM, ["telegram", "web"]),
        (TELEGRAM | TEAMS, ["telegram", "teams", "web"]),
    ],
)
def test_links_lead_to_configured_channels_only(configured: dict[str, Any], channels: list[str]) -> None:
    settings = Settings(**configured)
    assert link_channels(settings) == channels
    assert other_channels(settings, "web") == channels[:-1]


@pytest.mark.parametrize(
    ("channel", "link"),
    [
        ("telegram", "https://t.me/SphereBot?start=to-k_en"),
        ("teams", "https://teams.microsoft.com/l/chat/0/0?users=28:0b5c-75&message=%2Fstart%20to-k_en"),
        ("web", "https://sphere.example/assistant/chat#start=to-k_en"),
    ],
)
def test_the_form_of_links(channel: str, link: str) -> None:
    settings = Settings(public_url="https://sphere.example/assistant/", **TELEGRAM, **TEAMS)
    assert deep_link(settings, channel, "to-k_en") == link
    with pytest.raises(KeyError):
        deep_link(settings, "fax", "to-k_en")


def test_links_lead_to_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(telegram_link_url="http://127.0.0.1:1/t/", teams_link_url="http://127.0.0.1:1/m", **TELEGRAM, **TEAMS)
    assert deep_link(settings, "telegram", "x") == "http://127.0.0.1:1/t/SphereBot?start=x"
    assert deep_link(settings, "teams", "x").startswith("http://127.0.0.1:1/m/l/chat/0/0?")
