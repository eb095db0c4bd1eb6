"""Settings: documented in one place, checked at start, errors that name the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.identity.deep_links import deep_link, link_channels
from bot.settings import Settings, SettingsError, load_settings

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def test_every_setting_is_documented() -> None:
    text = REFERENCE.read_text()
    assert [field.alias for field in Settings.model_fields.values() if f"| `{field.alias}` |" not in text] == []


@pytest.mark.parametrize(("variable", "value"), [("PORT", "0"), ("PORT", "http"), ("SECRET", "short"), ("SUPPORT_HOURS", "nine to five")])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings()
    assert value == "0" or value not in str(caught.value)


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PLATFORM_URL"):
        load_settings(DATA=tmp_path).required("platform_url")


def test_the_command_line_knows_the_stand_ins_that_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TELEGRAM_TOKEN", "TEAMS_APP_ID", "PLATFORM_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA", str(tmp_path))
    assert link_channels(load_settings()) == ["web"]
    (tmp_path / "run.json").write_text('{"telegram": "http://127.0.0.1:9", "teams": "http://127.0.0.1:8"}')
    settings = load_settings()
    assert link_channels(settings) == ["telegram", "teams", "web"]
    assert deep_link(settings, "telegram", "t").startswith("http://127.0.0.1:9/sphere_demo_bot?start=t")
    assert deep_link(settings, "teams", "t").startswith("http://127.0.0.1:8/l/chat/0/0?")
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:real")
    monkeypatch.setenv("TELEGRAM_BOT", "a_real_bot")
    assert deep_link(load_settings(), "telegram", "t") == "https://t.me/a_real_bot?start=t"
