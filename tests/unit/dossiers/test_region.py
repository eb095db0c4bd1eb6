"""A platform that calls things otherwise: the mapping file is what all reading and writing goes by."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.dossiers.dossiers import Usager
from bot.fhir.mapping import load_mapping
from tests.unit.harness import Harness
from tests.unit.sandbox.sandbox_server import Sandbox

REGION = """
[dossier]
system = "urn:oid:1.2.250.1.999.1"
any_system = false
pattern = '(?P<year>\\d{4})/(?P<number>\\d{6})'
value = "{year}/{number}"
use = "usual"
type_code = ""

[marks]
team = "urn:region:cercle"

[referent]
system = "https://mos.esante.gouv.fr/NOS/TRE_R259-HL7ParticipationFunction/FHIR/TRE-R259-HL7ParticipationFunction"
code = "PCP"
display = "Médecin traitant"

[function]
code = ""

[profiles]
patient = []
care_team = ["https://region.example/StructureDefinition/cercle"]
"""


async def test_a_dossier_of_another_region(harness: Harness, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "region.toml").write_text(REGION, "utf-8")
    harness.mapping = load_mapping(tmp_path / "region.toml")
    claire, paul = await harness.account("claire.moreau"), await harness.account("paul.martin")
    assert await harness.dossiers.of_member(claire) == []  # those of the sandbox are no dossiers here
    new = Usager("Sabourin", "Léon", date(1950, 1, 31), "male")
    dossier = await harness.dossiers.create(new, claire, "k1")
    assert await harness.dossiers.get(dossier.reference, claire) == dossier
    assert dossier.referent_id == claire.id
    assert await harness.partners.add(dossier.reference, claire, paul, basis="consent_given", channel="web", key="k2")
    assert [one.is_referent for one in await harness.partners.list(dossier.reference, claire)] == [True, False]
    (stay, *_) = [each for each in await harness.partner_history.of_dossier(dossier.reference, claire, None) if each.is_referent]
    assert stay.account_id == claire.id
    assert await harness.dossiers.usager(dossier.reference) == new
    assert claire.id in (await harness.care_team_cache.get(dossier.reference)).names

    year, number = dossier.reference.split("-")[1:]
    (patient,) = sandbox.found("Patient", identifier=f"urn:oid:1.2.250.1.999.1|{year}/{number}")
    assert patient["identifier"][0] == {"use": "usual", "system": "urn:oid:1.2.250.1.999.1", "value": f"{year}/{number}"}
    assert "profile" not in patient["meta"]
    (team,) = sandbox.found("CareTeam", identifier=f"urn:region:cercle|{dossier.reference}")
    assert team["meta"]["profile"] == ["https://region.example/StructureDefinition/cercle"]
    assert [role["coding"][0]["code"] for role in team["participant"][0]["role"]] == ["PCP", "60"]
