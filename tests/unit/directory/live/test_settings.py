"""Settings of the live directories: whole or refused, with the variable at fault named and no secret told."""

from __future__ import annotations

import pytest

from bot.core.clock import SystemClock
from bot.core.database import Database
from bot.installation.environments import ACTIONS, environment_of
from bot.live_directories import LiveDirectories
from bot.settings import Settings, SettingsError, load_settings
from tests.unit.directory.live.ror_server import ror_settings

ROR = {
    "ROR_URL": "https://ror.example/ws",
    "ROR_TOKEN_URL": "https://auth.ror.example/token",
    "ROR_CLIENT_ID": "us",
    "ROR_CLIENT_SECRET": "a-secret-value",
    "ROR_PROFILE_CODE": "CU22",
    "ROR_PROFILE_SYSTEM": "1.2.250.1.213.1.6.1.66",
    "ROR_ROLE_CODE": "AUTOMATE",
    "ROR_ROLE_SYSTEM": "1.2.250.1.213.1.1.4.6",
}


def test_none_is_asked_unless_it_is_set() -> None:
    settings = Settings()
    assert settings.annuaire_sante_key is None
    assert settings.ror_url is None
    assert settings.ror_headers == {}


def test_a_whole_ror_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ROR.items():
        monkeypatch.setenv(name, value)
    assert load_settings().ror_headers == {
        "Ror-Profil-Utilisateur-Code": "CU22",
        "Ror-Profil-Utilisateur-System": "1.2.250.1.213.1.6.1.66",
        "Ror-Role-Metier-Code": "AUTOMATE",
        "Ror-Role-Metier-System": "1.2.250.1.213.1.1.4.6",
    }
    monkeypatch.delenv("ROR_CLIENT_SECRET")
    monkeypatch.setenv("ROR_CERT", "/etc/ror.pem")
    monkeypatch.setenv("ROR_KEY", "/etc/ror.key")
    assert load_settings().ror_client_secret is None


@pytest.mark.parametrize("missing", [name for name in ROR if name not in {"ROR_URL", "ROR_CLIENT_SECRET"}])
def test_half_a_ror_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in ROR.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(SettingsError, match=missing) as caught:
        load_settings()
    assert "a-secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ROR_URL", "http://ror.example/ws"),
        ("ROR_TOKEN_URL", "http://auth.ror.example/token"),
        ("ROR_ROLE_CODE", "A\nB: c"),
        ("ROR_CERT", "/etc/ror.pem"),
        ("ROR_REGION", "Centre"),
        ("ANNUAIRE_SANTE_URL", "http://gateway.example/fhir/v2"),
        ("ANNUAIRE_SANTE_KEY", "short"),
        ("ANNUAIRE_SANTE_KEY", "a-key\nwith: more"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    for name, right in {**ROR, variable: value}.items():
        monkeypatch.setenv(name, right)
    with pytest.raises(SettingsError, match=variable):
        load_settings()


def test_a_server_of_this_machine_needs_no_tls() -> None:
    assert ror_settings("http://127.0.0.1:9").ror_url == "http://127.0.0.1:9/ws"


def test_processes_that_do_not_ask_the_ror_need_no_secret_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(ACTIONS, {**ROR, "ANNUAIRE_SANTE_KEY": "a-key-of-tests"}).items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.ror_client_secret is None
    assert settings.annuaire_sante_key is not None  # it looks people up


async def test_who_asks_the_ror_needs_it(database: Database) -> None:
    parts = LiveDirectories(ror_settings("http://127.0.0.1:9", ror_client_secret=None), database, SystemClock())
    with pytest.raises(SettingsError, match="ROR_CLIENT_SECRET"):
        _ = parts.regional
    wrong = ror_settings("http://127.0.0.1:9", ror_cert="/nowhere/ror.pem", ror_key="/nowhere/ror.key")
    with pytest.raises(SettingsError, match="ROR_CERT"):
        _ = LiveDirectories(wrong, database, SystemClock()).regional
