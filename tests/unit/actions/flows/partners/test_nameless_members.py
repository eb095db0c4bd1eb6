"""Members whose names the team does not tell: how the list, the buttons and the card show them, in the web chat and outside."""

from __future__ import annotations

import pytest

from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue, an_act
from tests.unit.harness import CLAIRES_DOSSIER
from tests.unit.sandbox.sandbox_server import Sandbox

R260 = "https://mos.esante.gouv.fr/NOS/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"


@pytest.fixture
def nameless(sandbox: Sandbox) -> None:
    """Claire's team with a place until 2032, two relatives whom the platform does not know, and one with a name."""
    team = sandbox.team_of(CLAIRES_DOSSIER)
    trusted = {"coding": [{"system": R260, "code": "NOK"}]}
    team["participant"] += [
        {"member": {"reference": "Organization/away"}, "period": {"start": "2014-02-03", "end": "2032-12-18T13:48:19+01:00"}},
        {"member": {"reference": "RelatedPerson/one"}, "period": {"start": "2014"}},
        {"member": {"reference": "RelatedPerson/two"}, "period": {"start": "2014"}},
        {"member": {"reference": "RelatedPerson/three", "display": "Ida Durand"}, "role": [trusted]},
        {"member": {"reference": "RelatedPerson/four"}, "role": [trusted]},
    ]
    sandbox.put(team).raise_for_status()


async def test_nobody_is_an_empty_line_and_an_end_ahead_is_said(claire: Dialogue, nameless: None) -> None:
    answer = await claire.say(f"qui suit le {CLAIRES_DOSSIER}", "list_partners", WEB, dossier_ref=CLAIRES_DOSSIER)
    lines = answer.text.splitlines()
    assert "• Membre sans nom (structure), depuis le 3 février 2014 – jusqu’au 18 décembre 2032 inclus" in lines
    assert "• Membre sans nom (proche de l’usager) (2), depuis le 1er janvier 2014" in lines
    assert "• Ida Durand – Personne de confiance" in lines
    assert "• Personne de confiance" in lines


async def test_outside_a_relative_is_shown_without_a_name(claire: Dialogue, nameless: None) -> None:
    answer = await claire.say(f"qui suit le {CLAIRES_DOSSIER}", "list_partners", TELEGRAM, dossier_ref=CLAIRES_DOSSIER)
    assert "Ida" not in answer.all
    assert "• Un proche de l’usager – Personne de confiance" in answer.text


@pytest.mark.parametrize("title", ["Membre sans nom (structure)", "Membre sans nom (proche de l’usager) (1)"])
async def test_each_has_a_button_that_removes_them(claire: Dialogue, nameless: None, title: str) -> None:
    asked = await claire.say(f"retirer quelqu’un du {CLAIRES_DOSSIER}", "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert all(asked.titles)
    assert title in asked.titles
    card = await claire.press("choose", WEB, **asked.entities_of(title))
    assert title in card.text
    done = await claire.press("affirm", WEB)
    assert "n’a plus accès" in done.text
    after = await claire.say(f"qui suit le {CLAIRES_DOSSIER}", "list_partners", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert f"• {title}\n" not in after.text + "\n"


@pytest.mark.parametrize("words", ["retire Ana Ailleurs du", "retirez Ana Ailleurs, dossier", "Ana Ailleurs n’intervient plus au"])
async def test_a_member_of_another_system_stays(claire: Dialogue, sandbox: Sandbox, words: str) -> None:
    team = sandbox.team_of(CLAIRES_DOSSIER)
    team["participant"].append({"member": {"reference": "RelatedPerson/three", "display": "Ida Durand"}})
    team["participant"].append({"member": {"reference": "https://hopital.example/fhir/Practitioner/1", "display": "Ana Ailleurs"}})
    sandbox.put(team).raise_for_status()
    asked = f"{words} {CLAIRES_DOSSIER}"
    answer = await claire.say(asked, "remove_partner", WEB, partner_name="Ana Ailleurs", dossier_ref=CLAIRES_DOSSIER)
    assert "par un autre système" in answer.text
    assert claire.slots.get("member") is None
    acts = [an_act(f"retire {name} du {CLAIRES_DOSSIER}", "remove_partner", partner_name=name, dossier_ref=CLAIRES_DOSSIER)
            for name in ("Ana Ailleurs", "Ida Durand")]  # fmt: skip
    card = await claire.ask(" ".join(str(act["text"]) for act in acts), *acts)
    assert "inscrit par un autre système" in card.text


async def test_no_button_removes_a_member_of_another_system(claire: Dialogue, sandbox: Sandbox) -> None:
    team = sandbox.team_of(CLAIRES_DOSSIER)
    elsewhere = {"member": {"reference": "https://hopital.example/fhir/Practitioner/1", "display": "Ana Ailleurs"}}
    team["participant"] += [elsewhere, {"member": {"reference": "RelatedPerson/three", "display": "Ida Durand"}}]
    sandbox.put(team).raise_for_status()
    asked = await claire.say(f"retirer quelqu’un du {CLAIRES_DOSSIER}", "remove_partner", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "Ida Durand" in asked.titles
    assert not any("Ailleurs" in title for title in asked.titles)
