"""The mapping file: defaults, what a region gives otherwise, and errors at start that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.container import Container
from bot.fhir.mapping import DEFAULT_MAPPING, MappingError, load_mapping
from bot.settings import SettingsError, load_settings

REGION = """
[dossier]
system = "urn:oid:1.2.250.1.999.1"
any_system = false
pattern = '(?P<year>\\d{4})/(?P<number>\\d{6})'
value = "{year}/{number}"

[referent]
system = "https://mos.esante.gouv.fr/NOS/TRE_R259-HL7ParticipationFunction/FHIR/TRE-R259-HL7ParticipationFunction"
code = "PCP"
display = "Médecin traitant"

[account]
identifier_system = "urn:oid:1.2.250.1.999.2"
tag = "urn:region|compte"
profile = "https://region.example/StructureDefinition/account"
"""


@pytest.fixture
def region(tmp_path: Path) -> Path:
    file = tmp_path / "region.toml"
    file.write_text(REGION, encoding="utf-8")
    return file


def test_a_region_gives_only_what_is_otherwise(region: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLATFORM_MAPPING", str(region))
    mapping = Container(load_settings(DATA=str(tmp_path))).mapping
    assert mapping.referent.is_in({"coding": [{"system": mapping.referent.system, "code": "PCP"}]})
    assert not mapping.referent.is_in({"text": "Médecin traitant"})
    assert mapping.identifiers == DEFAULT_MAPPING.identifiers
    assert mapping.dossier.use == "secondary"


def test_references_are_translated(region: Path) -> None:
    dossier = load_mapping(region).dossier
    assert dossier.token("SPH-2024-000137") == "urn:oid:1.2.250.1.999.1|2024/000137"
    assert dossier.reference_of({"system": "urn:oid:1.2.250.1.999.1", "value": "2024/000137"}) == "SPH-2024-000137"
    assert dossier.reference_of({"system": "urn:other", "value": "2024/000137"}) is None
    assert dossier.reference_of({"system": "urn:oid:1.2.250.1.999.1", "value": "SPH-2024-000137"}) is None
    assert DEFAULT_MAPPING.dossier.reference_of({"system": "urn:anything", "value": "SPH-2024-000137"}) == "SPH-2024-000137"
    assert DEFAULT_MAPPING.dossier.token("SPH-2024-000137") == "SPH-2024-000137"


def test_who_is_an_account(region: Path) -> None:
    account = load_mapping(region).account
    meta = {"tag": [{"system": "urn:region", "code": "compte"}], "profile": ["https://region.example/StructureDefinition/account|1.0"]}
    whole = {"active": True, "identifier": [{"system": "urn:oid:1.2.250.1.999.2", "value": "7"}], "meta": meta}
    assert account.accepts(whole)
    for left_out in ("active", "identifier", "meta"):
        assert not account.accepts({name: value for name, value in whole.items() if name != left_out})
    assert not account.accepts({**whole, "active": False})
    assert dict(account.criteria) == {
        "active": "true", "identifier": "urn:oid:1.2.250.1.999.2|", "_tag": "urn:region|compte", "_profile": account.profile,
    }  # fmt: skip
    assert DEFAULT_MAPPING.account.accepts({"active": True})
    assert not DEFAULT_MAPPING.account.accepts({})


@pytest.mark.parametrize(("address", "expected"), [
    ("anne@medecin.mssante.fr", True), ("anne@MSSANTE.fr", True),
    ("anne@notmssante.fr", False), ("anne@mssante.fr.example", False), ("", False),
])  # fmt: skip
def test_addresses_of_mssante(address: str, expected: bool) -> None:
    assert DEFAULT_MAPPING.email.is_mssante(address) is expected


@pytest.mark.parametrize(("text", "key"), [
    ("[dossier]\nuse = 'official'", "dossier.use"),
    ("[dossier]\npattern = 'SPH-('", "dossier"),
    ("[dossier]\npattern = 'SPH-\\d+'", "dossier"),
    ("[dossier]\nvalue = '{patient}'", "dossier"),
    ("[dossier]\nvalue = 'X-{year}-{number}'", "dossier"),
    ("[referent]\ncode = ''", "referent.code"),
    ("[account]\nactive = 'yes'", "account.active"),
    ("[account]\ntag = 'compte'", "account.tag"),
    ("[accounts]\nactive = true", "accounts"),
    ("[profiles]\npatients = []", "profiles.patients"),
    ("referent = 3", "referent"),
    ("[identifiers]\nrpps = ''", "identifiers.rpps"),
    ("[email]\nsystems = []", "email.systems"),
    ("dossier", "TOML"),
])  # fmt: skip
def test_a_wrong_key_is_named_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, key: str) -> None:
    file = tmp_path / "region.toml"
    file.write_text(text)
    with pytest.raises(MappingError, match=key):
        load_mapping(file)
    monkeypatch.setenv("PLATFORM_MAPPING", str(file))
    with pytest.raises(SettingsError, match=f"PLATFORM_MAPPING.*{key}"):
        load_settings(DATA=str(tmp_path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"PLATFORM_MAPPING.*none\.toml"):
        load_settings(DATA=str(tmp_path), PLATFORM_MAPPING=str(tmp_path / "none.toml"))
