"""Dossiers as a real platform has them: an INS beside the reference, members of every kind without names, dates ahead, several teams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.accounts.registry import Account
from bot.dossiers.care_teams import CareTeams
from bot.dossiers.errors import NotAMember
from bot.dossiers.members import member_of
from bot.dossiers.partners import Outcome, Partners
from bot.dossiers.records import Partner, usager_of
from bot.fhir.client import FhirClient
from bot.fhir.mapping import load_mapping
from bot.fhir.references import References
from tests.unit.harness import START, Harness
from tests.unit.sandbox.sandbox_server import Sandbox, serve_app

REF = "SPH-2025-810004"
NOS = "https://mos.esante.gouv.fr/NOS"
R259 = f"{NOS}/TRE_R259-HL7ParticipationFunction/FHIR/TRE-R259-HL7ParticipationFunction"
R260 = f"{NOS}/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"
R216 = f"{NOS}/TRE_R216-HL7RoleCode/FHIR/TRE-R216-HL7RoleCode"
G15 = f"{NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
REFERENT = {"coding": [{"system": "urn:sphere:team-role", "code": "referent"}]}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def entry(reference: str, start: str | None = "2014-02-03", end: str | None = None, **more: Any) -> dict[str, Any]:
    period = {name: value for name, value in (("start", start), ("end", end)) if value}
    return {"member": {"reference": reference}, **({"period": period} if period else {}), **more}


def a_patient(sandbox: Sandbox, reference: str = REF) -> str:
    """Create an usager with an INS and a reference; return the id."""
    ins = {"use": "official", "system": "urn:oid:1.2.250.1.213.1.4.8", "value": "255127505604210"}
    own = {"use": "secondary", "system": "urn:sphere:dossier", "value": reference}
    name = {"use": "official", "family": "Quillerou", "given": ["Armelle"]}
    body = {"resourceType": "Patient", "identifier": [ins, own], "name": [name], "birthDate": "1955-12-04", "gender": "female"}
    return str(sandbox.post("Patient", body).json()["id"])


def a_team(sandbox: Sandbox, patient: str, participants: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    body = {
        "resourceType": "CareTeam",
        "identifier": [{"system": "urn:region:cercles", "value": "7"}],
        "status": "active",
        "name": "Cercle de soins",
        "subject": {"reference": f"Patient/{patient}"},
        "period": {"start": "2014-02-03"},
        "participant": participants,
        **more,
    }
    answer = sandbox.post("CareTeam", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(harness: Harness, who: str = "claire.moreau") -> list[Partner]:
    return await harness.partners.list(REF, await harness.account(who))


async def claire_of(harness: Harness) -> Account:
    return await harness.account("claire.moreau")


async def test_a_published_circle_is_read_and_changed_as_one_of_ours(harness: Harness, sandbox: Sandbox) -> None:
    claire, sophie = await claire_of(harness), await harness.account("sophie.leroux")
    place = sandbox.post("Organization", {"resourceType": "Organization", "alias": ["MSP du Lac"], "active": True}).json()["id"]
    members = [
        entry(claire.reference, role=[REFERENT]),
        entry("RelatedPerson/close", role=[coded(R260, "NOK")]),
        entry(f"Organization/{place}", end="2032-12-18T13:48:19.342+01:00"),
        entry(sophie.reference, role=[coded(R259, "PCP")]),
        entry("Organization/gone-from-here", "2031-05"),
    ]
    a_team(sandbox, a_patient(sandbox), members)
    partners = await listed(harness)
    assert [(p.display, p.profession) for p in partners] == [
        ("Claire Moreau", "Infirmière libérale"),
        ("Personne de confiance", "Personne de confiance"),
        ("MSP du Lac", ""),
        ("Sophie Leroux", "Médecin traitant"),
        ("Membre sans nom (structure)", ""),
    ]
    assert [(p.since, p.until, p.planned) for p in partners[2:]] == [
        (date(2014, 2, 3), date(2032, 12, 18), False),
        (date(2014, 2, 3), None, False),
        (date(2031, 5, 1), None, True),
    ]
    for number, partner in enumerate(partners[1:]):
        done = await harness.partners.remove(REF, claire, partner.reference, channel="web", key=f"k{number}", conversation_id="c")
        assert done is Outcome.REMOVED
    assert [p.display for p in await listed(harness)] == ["Claire Moreau"]
    back = await harness.partners.add(REF, claire, sophie, basis="consent_given", channel="web", key="back")
    assert back is Outcome.ADDED
    assert len(sandbox.team_of(REF)["participant"]) == 6
    assert [p.display for p in await listed(harness)] == ["Claire Moreau", "Sophie Leroux"]
    left = await harness.partners.remove(REF, sophie, sophie.reference, channel="web", key="leave", conversation_id="c")
    assert left is Outcome.REMOVED


@pytest.mark.parametrize(
    ("period", "member"),
    [
        ({"end": "2032"}, True),
        ({"end": "2026"}, True),
        ({"end": "2026-11"}, True),
        ({"end": "2026-10"}, False),
        ({"end": "2026-11-23"}, True),
        ({"end": "2026-11-23T10:00:01+01:00"}, True),
        ({"end": "2026-11-23T09:00:00Z"}, False),
        ({"start": "2027"}, False),
        ({"start": "2026-11-23T12:00:00+03:00"}, True),
        ({"start": "2026-11-23T12:00:01+03:00"}, False),
        (None, True),
    ],
)
async def test_the_period_of_a_participant_decides(harness: Harness, sandbox: Sandbox, period: dict[str, str] | None, member: bool) -> None:
    claire = await claire_of(harness)
    participant = {"member": {"reference": claire.reference}, **({"period": period} if period else {})}
    a_team(sandbox, a_patient(sandbox), [participant])
    assert (REF in {dossier.reference for dossier in await harness.dossiers.of_member(claire)}) is member
    if member:
        assert [partner.display for partner in await listed(harness)] == ["Claire Moreau"]
    else:
        with pytest.raises(NotAMember):
            await listed(harness)


@pytest.mark.parametrize(
    "team",
    [
        {"status": "proposed"},
        {"status": "suspended"},
        {"status": "inactive"},
        {"status": "entered-in-error"},
        {"period": {"start": "2014", "end": "2026-11-22"}},
        {"period": {"start": "2026-12"}},
    ],
)
async def test_a_team_that_is_not_in_force_gives_no_access(harness: Harness, sandbox: Sandbox, team: dict[str, Any]) -> None:
    claire = await claire_of(harness)
    a_team(sandbox, a_patient(sandbox), [entry(claire.reference)], **team)
    assert REF not in {dossier.reference for dossier in await harness.dossiers.of_member(claire)}
    with pytest.raises(NotAMember):
        await harness.dossiers.get(REF, claire)
    with pytest.raises(NotAMember):
        await harness.care_team_cache._teams.read(REF)


async def test_everybody_in_a_team_in_force_has_access_whichever_of_several_it_is(harness: Harness, sandbox: Sandbox) -> None:
    claire, karim, sophie = [await harness.account(who) for who in ("claire.moreau", "karim.benali", "sophie.leroux")]
    patient = a_patient(sandbox)
    older = [entry(claire.reference, "2014", "2020"), entry(karim.reference, role=[REFERENT]), entry(sophie.reference)]
    first = a_team(sandbox, patient, older)
    second = a_team(sandbox, patient, [entry(claire.reference, role=[REFERENT]), entry(sophie.reference)], period={"start": "2025"})
    assert [p.display for p in await listed(harness)] == ["Claire Moreau", "Karim Benali", "Sophie Leroux"]
    assert {p.account_id for p in await listed(harness)} == {claire.id, karim.id, sophie.id}
    assert [d.reference for d in await harness.dossiers.of_member(claire)].count(REF) == 1
    paul = await harness.account("paul.martin")
    assert await harness.partners.add(REF, claire, paul, basis="consent_given", channel="web", key="k1") is Outcome.ADDED
    assert await harness.partners.add(REF, karim, paul, basis="consent_given", channel="web", key="k2") is Outcome.ALREADY
    assert len(sandbox.get(f"CareTeam/{second['id']}").json()["participant"]) == 3
    assert await harness.partners.remove(REF, claire, sophie.reference, channel="web", key="k3") is Outcome.REMOVED
    ended = [sandbox.get(f"CareTeam/{team['id']}").json()["participant"][at]["period"]["end"] for team, at in ((first, 2), (second, 1))]
    assert ended == ["2026-11-23T09:00:00Z"] * 2
    assert sophie.id not in (await CareTeams(harness.fhir, harness.clock).read(REF)).account_ids


@pytest.mark.parametrize(
    ("member", "found"),
    [
        ({"reference": "https://fhir.region.example/r4/Organization/o1/_history/4"}, "Organization/o1"),
        ({"reference": "RelatedPerson/r.1"}, "RelatedPerson/r.1"),
        ({}, None),
    ],
)
def test_a_member_is_known_whatever_stands_before_and_after(member: dict[str, Any], found: str | None) -> None:
    assert member_of({"member": member}, References("https://fhir.region.example/r4")) == found


def test_members_without_a_reference_are_told_apart() -> None:
    known = [{"identifier": {"system": "https://rpps.esante.gouv.fr", "value": str(n)}} for n in range(2)] + [{"display": "Voisine"}]
    assert len({member_of({"member": member}) for member in known}) == 3


class Region:
    """A small platform of one's own, on which what is given is read as it is, and searches give no versions."""

    def __init__(self, resources: list[dict[str, Any]], refused: dict[str, int]) -> None:
        self.resources = {f"{one['resourceType']}/{one['id']}": one for one in resources}
        self.refused, self.asked, self.version = refused, [], 1

    async def handle(self, request: Request) -> Response:
        parts = request.url.path.strip("/").split("/")
        self.asked.append(f"{request.method} {'/'.join(parts)}")
        if status := self.refused.get(parts[0]):
            return JSONResponse({"resourceType": "OperationOutcome"}, status)
        if parts[1] == "_search":
            return self._search(parts[0], dict(parse_qsl((await request.body()).decode())))
        if request.method == "PUT":
            if request.headers.get("if-match") != f'W/"{self.version}"':
                return JSONResponse({"resourceType": "OperationOutcome"}, 412)
            self.version += 1
            self.resources["/".join(parts)] = json.loads(await request.body())
        return JSONResponse(self.resources["/".join(parts)], headers={"ETag": f'W/"{self.version}"'})

    def _search(self, kind: str, form: dict[str, Any]) -> Response:
        ids = str(form.get("_id", "")).split(",")
        found = [one for one in self.resources.values() if one["resourceType"] == kind and (ids == [""] or one["id"] in ids)]
        if kind == "PractitionerRole" and "practitioner" in form:
            found = [one for one in found if one["practitioner"]["reference"] == form["practitioner"]]
        entries = [{"resource": one} for one in found]
        return JSONResponse({"resourceType": "Bundle", "type": "searchset", "entry": entries})


@pytest.fixture
def region(request: pytest.FixtureRequest) -> Iterator[tuple[Region, str]]:
    patient = {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:region", "value": "41-2025-000081"}]}
    members = [
        entry("PractitionerRole/me", role=[REFERENT]),
        entry("PractitionerRole/nurse", role=[coded(R260, "PROV")]),
        entry("RelatedPerson/mother"),
        entry("RelatedPerson/other"),
        entry("Organization/o1"),
    ]
    team = {"resourceType": "CareTeam", "id": "t1", "status": "active", "subject": {"reference": "Patient/p1"}, "participant": members}
    resources = [
        patient,
        team,
        {"resourceType": "Practitioner", "id": "a1", "active": True, "name": [{"family": "Roy", "given": ["Ana"]}]},
        {
            "resourceType": "Practitioner",
            "id": "a2",
            "active": True,
            "name": [{"family": "Vieux", "use": "old"}, {"family": "Neuf", "given": ["Zoé"]}],
        },
        {"resourceType": "PractitionerRole", "id": "me", "practitioner": {"reference": "Practitioner/a1"}},
        {"resourceType": "PractitionerRole", "id": "nurse", "practitioner": {"reference": "Practitioner/a2"}, "code": [coded(G15, "60")]},
        {
            "resourceType": "RelatedPerson",
            "id": "mother",
            "name": [{"family": "Roche", "given": ["Ida"]}],
            "relationship": [coded(R260, "NOK"), coded(R216, "MTH")],
        },
        {"resourceType": "Organization", "id": "o1", "name": "CCAS de Cour"},
    ]
    made = Region(resources, request.param)
    app = Starlette(routes=[Route("/{path:path}", made.handle, methods=["GET", "POST", "PUT"])])
    with serve_app(app) as url:
        yield made, url


def mapping_of(folder: Path) -> Any:
    lines = ["[dossier]", "pattern = '41-(?P<year>\\d{4})-(?P<number>\\d{6})'", 'value = "41-{year}-{number}"']
    (folder / "region.toml").write_text("\n".join(lines), "utf-8")
    return load_mapping(folder / "region.toml")


@pytest.mark.parametrize(
    ("region", "mother"),
    [
        ({}, ("Ida Roche", "Mère, personne de confiance")),
        ({"RelatedPerson": 404}, None),
        ({"RelatedPerson": 410}, None),
        ({"RelatedPerson": 403}, None),
        ({"RelatedPerson": 400}, None),
    ],
    indirect=["region"],
)
async def test_names_are_read_where_the_team_has_none(
    harness: Harness, region: tuple[Region, str], mother: tuple[str, str] | None, tmp_path: Path
) -> None:
    platform, url = region
    fhir = FhirClient(url, "token")
    teams = CareTeams(fhir, harness.clock, mapping_of(tmp_path))
    for _ in range(2):
        team = await teams.load("SPH-2025-000081", "a1")
        nameless = ("Membre sans nom (proche de l’usager)", "")
        close = [mother, nameless] if mother else [(f"{nameless[0]} ({number})", "") for number in (1, 2)]
        expected = [("Ana Roy", ""), ("Zoé Neuf", "Infirmier"), *close, ("CCAS de Cour", "")]
        assert [(one.display, one.profession) for one in team.participants] == expected
    assert await teams.references_of("a1") == {"SPH-2025-000081"}
    if mother is None:
        assert platform.asked.count("POST RelatedPerson/_search") == 1
    await fhir.aclose()


@pytest.mark.parametrize("region", [{}], indirect=True)
async def test_a_team_whose_version_searches_do_not_tell_is_changed(harness: Harness, region: tuple[Region, str], tmp_path: Path) -> None:
    platform, url = region
    fhir = FhirClient(url, "token")
    partners = Partners(fhir, harness.database, harness.clock, harness.operations, mapping=mapping_of(tmp_path))
    me = Account("a1", "Roy", "Ana", "", "", "", "", "", "", active=True)
    for member in ("RelatedPerson/other", "Organization/o1"):
        removed = await partners.remove("SPH-2025-000081", me, member, channel="web", key=member, conversation_id="c")
        assert removed is Outcome.REMOVED
    assert [("end" in one["period"]) for one in platform.resources["CareTeam/t1"]["participant"]] == [False, False, False, True, True]
    await fhir.aclose()


@pytest.mark.parametrize(
    ("names", "birth", "used"),
    [
        ([{"use": "old", "family": "Avant"}, {"use": "official", "family": "Apres", "given": ["Eve"]}], "Eve Apres", ""),
        (
            [{"use": "usual", "family": "Petit", "given": ["Yve"]}, {"use": "official", "family": "Gros", "given": ["Eve"]}],
            "Eve Gros",
            "Petit",
        ),
        (
            [{"use": "usual", "family": "Petit", "given": ["Eve"]}, {"use": "maiden", "family": "Gros", "given": ["Eve"]}],
            "Eve Gros",
            "Petit",
        ),
        ([{"use": "official", "family": "Fini", "period": {"end": "2025-06"}}, {"family": "Actuel", "given": ["Eve"]}], "Eve Actuel", ""),
        ([{"use": "temp", "family": "X", "given": ["Bebe"]}, {"family": "Dupre", "given": ["Eve"]}], "Eve Dupre", ""),
    ],
)
def test_the_names_of_an_usager_are_those_that_hold_now(names: list[dict[str, Any]], birth: str, used: str) -> None:
    usager = usager_of({"resourceType": "Patient", "name": names}, START)
    assert (usager.name, usager.used) == (birth, used)


@pytest.mark.parametrize(
    "version", ["http://hl7.org/fhir/StructureDefinition/patient", "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient"]
)
def test_every_given_name_of_the_birth_certificate_is_looked_for(version: str) -> None:
    extension = [{"url": f"{version}-birth-list-given-name", "valueString": "Rose Marie Luce"}]
    names = [{"use": "official", "family": "Gros", "extension": extension}, {"use": "usual", "family": "Petit", "given": ["Lulu"]}]
    usager = usager_of({"resourceType": "Patient", "name": [*names, {"use": "old", "family": "Ancien"}]}, datetime.now(UTC))
    assert usager.name == "Rose Gros"
    assert set(usager.all_names.split()) == {"Rose", "Gros", "Petit", "Lulu", "Marie", "Luce", "Ancien"}
    assert {(one.family, one.given) for one in usager.identities} >= {("Gros", "Rose"), ("Petit", "Lulu"), ("Gros", "Rose Marie Luce")}
