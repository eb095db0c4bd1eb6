"""Settings: documented in one place, checked at start, errors that name the variable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.identity.deep_links import deep_link, link_channels
from bot.installation.environments import ACTIONS, BOT, RASA
from bot.settings import Settings, SettingsError, load_settings, secret_variables

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def test_every_setting_is_documented() -> None:
    text = REFERENCE.read_text()
    assert [field.alias for field in Settings.model_fields.values() if f"| `{field.alias}` |" not in text] == []


PROCESSES = {"serve", "deliver", "actions", "rasa", "run"}


def processes_of_settings() -> dict[str, set[str]]:
    """Which process needs each setting, as the reference says."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| .*? \| ([a-z, ]+) \| .* \|$", REFERENCE.read_text(), re.MULTILINE)
    return {name: set(processes.split(", ")) for name, processes in rows}


def test_of_every_setting_it_is_said_which_process_needs_it() -> None:
    said = processes_of_settings()
    assert [field.alias for field in Settings.model_fields.values() if not said.get(str(field.alias), set()) <= PROCESSES] == []
    assert [field.alias for field in Settings.model_fields.values() if str(field.alias) not in said] == []


def test_the_processes_that_need_a_secret_are_those_that_bot_run_gives_it_to() -> None:
    said = processes_of_settings()
    given = {"rasa": RASA, "actions": ACTIONS}
    for process, secrets in given.items():
        assert {name for name in secret_variables() if process in said[name]} == secrets
    assert {name for name in secret_variables() if said[name] & {"serve", "deliver"}} == BOT


@pytest.mark.parametrize(("variable", "value"), [("PORT", "0"), ("PORT", "http"), ("SECRET", "short"), ("SUPPORT_HOURS", "nine to five")])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings()
    assert value == "0" or value not in str(caught.value)


READER = {"READER_URL": "https://lm.example/v1", "READER_MODEL": "a-model", "READER_TOKEN": "t", "READER_WITHIN_HOSTING": "true"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("READER_URL", "http://lm.example/v1"),
        ("READER_URL", "https://me:secret@lm.example/v1"),
        ("READER_URL", "http://127.0.0.1.evil.example/v1"),
        ("READER_URL", "http://[::1"),
        ("READER_MODEL", ""),
        ("READER_TOKEN", "a\nb"),
        ("READER_WITHIN_HOSTING", ""),
        ("READER_WITHIN_HOSTING", "false"),
    ],
)
def test_a_second_reader_is_within_the_hosting_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("DATA", str(tmp_path))
    for name, right in {**READER, variable: value}.items():
        monkeypatch.setenv(name, right)
    with pytest.raises(SettingsError, match=variable) as caught:
        load_settings()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://lm.example/v1", "http://127.0.0.1:8080/v1", "http://[::1]:8080/v1", "http://localhost/v1/"])
def test_a_second_reader_of_the_hosting_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, right in {**READER, "READER_URL": url, "DATA": str(tmp_path)}.items():
        monkeypatch.setenv(name, right)
    assert load_settings().reader_url == url


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
