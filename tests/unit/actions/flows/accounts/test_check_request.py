"""Where requests stand: one's own, and a colleague's for a dossier that one takes part in today; of others nothing is told."""

from __future__ import annotations

import pytest

from bot.accounts.directory_record import Fiche
from bot.support import tickets
from bot.support.records import SupportRequest, TicketEventType, TicketState
from bot.support.tickets import TicketOrigin
from bot.support.timeouts import Timeouts
from tests.unit.actions.dialogue import TELEGRAM, WEB, Dialogue, an_act
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, KARIM, KARIMS_DOSSIER, Harness

ENZO = Fiche.of(
    {"civility": "M", "given": "Enzo", "family": "Abiven", "profession": "ergothérapeute", "organization": "ESA de Châteauroux"}
)
COLLEAGUE = "sophie.leroux@sphere.example"
OTHER_DOSSIER = "SPH-2024-000142"
"""Claire's and Sophie's."""


async def ask_for(harness: Harness, by: str, dossier: str, fiche: Fiche = ENZO) -> None:
    """Let a colleague ask for an account that a dossier waits for."""
    requester = await harness.account(by)
    await harness.account_requests.submit(
        fiche, requester=requester, conversation_id="other", dossier=dossier, basis="consent_given", key=f"{by}:{dossier}"
    )


@pytest.mark.parametrize("channel", [WEB, TELEGRAM], ids=["web", "telegram"])
@pytest.mark.parametrize(
    ("words", "entities"),
    [
        (
            f"Ma collègue Sophie Leroux a demandé un compte pour M. Abiven, dossier {OTHER_DOSSIER}. Où cela en est ?",
            {"partner_name": ("Sophie Leroux", "Abiven"), "dossier_ref": OTHER_DOSSIER},
        ),
        ("le compte d'abiven que sophie a demandé pr mr garnier, ya du nouveau ?", {"partner_name": "sophie", "usager_name": "garnier"}),
        ("La demande de compte d'Enzo Abivin, elle avance ?", {"partner_name": "Enzo Abivin"}),
        ("la demande de Sophie Leroux, elle avance ?", {"partner_name": "Sophie Leroux"}),
        (f"une demande de compte pour le {OTHER_DOSSIER} ?", {"dossier_ref": OTHER_DOSSIER}),
    ],
)
async def test_a_colleagues_request_for_a_shared_dossier(
    claire: Dialogue, harness: Harness, words: str, entities: dict[str, str | tuple[str, ...]], channel: dict[str, object]
) -> None:
    await ask_for(harness, COLLEAGUE, OTHER_DOSSIER)
    answer = await claire.say(words, "check_request", channel, **entities)
    for told in ("DC-2026-000001", "Enzo Abiven", OTHER_DOSSIER, "reçue", "Sophie Leroux"):
        assert told in answer.text, told
    assert "@" not in answer.text


async def test_a_question_that_was_taken_for_three(claire: Dialogue, harness: Harness) -> None:
    await ask_for(harness, COLLEAGUE, OTHER_DOSSIER)
    words = "la demande faite par Sophie pour Enzo Abiven est-elle passée ?"
    parts = [an_act(words, "check_request", partner_name=name) for name in ("Sophie", "Enzo Abiven")]
    answer = await claire.ask(words, *parts)
    assert answer.text.count("DC-2026-000001") == 1
    assert "Ensuite" not in answer.text


async def test_the_name_is_corrected(claire: Dialogue, harness: Harness) -> None:
    await ask_for(harness, COLLEAGUE, OTHER_DOSSIER)
    answer = await claire.say("et le compte d'Enzo Kérivel ?", "check_request", WEB, partner_name="Enzo Kérivel")
    assert "aucune demande" in answer.text
    answer = await claire.say("Abiven, pas Kérivel", "correct", WEB, partner_name=("Abiven", "Kérivel"))
    assert "DC-2026-000001" in answer.text


async def test_of_others_nothing_tells_whether_there_is_a_request(claire: Dialogue, harness: Harness) -> None:
    seen = []
    for exists in (False, True):
        if exists:
            await ask_for(harness, KARIM, KARIMS_DOSSIER)
        by_name = await claire.say("où en est la demande d'Enzo Abiven ?", "check_request", WEB, partner_name="Enzo Abiven")
        by_dossier = await claire.say(f"une demande pour {KARIMS_DOSSIER} ?", "check_request", WEB, dossier_ref=KARIMS_DOSSIER)
        seen.append((by_name.all, by_dossier.all))
    assert seen[0] == seen[1]
    assert "aucune demande" in seen[0][0]


async def test_who_left_the_dossier_is_told_nothing(claire: Dialogue, harness: Harness) -> None:
    await ask_for(harness, COLLEAGUE, OTHER_DOSSIER)
    account, sophie = await harness.account(CLAIRE), await harness.account(COLLEAGUE)
    await harness.partners.remove(OTHER_DOSSIER, sophie, account.reference, channel="web", key="r")
    answer = await claire.say("où en est la demande d'Enzo Abiven ?", "check_request", WEB, partner_name="Enzo Abiven")
    assert "DC-" not in answer.text


async def test_a_person_who_has_an_account(claire: Dialogue) -> None:
    answer = await claire.say(
        "Paul Martin, le kiné, il a son compte ?", "check_request", WEB, partner_name="Paul Martin", profession="kiné"
    )
    assert "Paul Martin" in answer.text
    assert "a un compte SPHERE" in answer.text


async def test_who_asked_is_not_who_is_to_have_the_account(claire: Dialogue) -> None:
    words = "le compte que Sophie Leroux a demandé pour Enzo Abiven ?"
    answer = await claire.say(words, "check_request", WEB, partner_name=("Sophie Leroux", "Enzo Abiven"))
    assert "aucune demande de compte pour Enzo Abiven" in answer.text
    assert answer.entities_of("Demander un compte") == {"partner_name": "Enzo Abiven"}


async def test_who_is_not_linked_is_told_of_their_own_alone(stranger: Dialogue, harness: Harness) -> None:
    await ask_for(harness, COLLEAGUE, OTHER_DOSSIER)
    for name in ("Enzo Abiven", "Paul Martin", "Sophie"):
        answer = await stranger.say(f"la demande de {name} ?", "check_request", partner_name=name)
        assert "aucune demande" in answer.text


async def test_without_a_name_they_are_ones_own(claire: Dialogue, harness: Harness) -> None:
    await ask_for(harness, COLLEAGUE, OTHER_DOSSIER)
    assert "venant de vous" in (await claire.say("où en est ma demande ?", "check_request", WEB)).text
    await ask_for(harness, CLAIRE, CLAIRES_DOSSIER)
    answer = await claire.say("où en est ma demande ?", "check_request", WEB)
    assert answer.text.count("DC-2026-000001") == 1
    assert "demandée par" not in answer.text
    of_dossier = await claire.say(f"une demande pour {CLAIRES_DOSSIER} ?", "check_request", WEB, dossier_ref=CLAIRES_DOSSIER)
    assert "DC-2026-000001, Enzo Abiven\u00a0: reçue" in of_dossier.text


async def open_ticket(dialogue: Dialogue, state: TicketState = TicketState.LEFT) -> str:
    """Open a ticket of the dialogue's chat and return its reference."""
    now, services = dialogue.services.clock.now(), dialogue.services
    hours = services.opening_hours
    async with services.database.writing() as session:
        origin = TicketOrigin(dialogue.id, "web", "accompagnement")
        timeouts = Timeouts(services.settings, hours)
        row = await tickets.open_ticket(session, origin, SupportRequest(), TicketState.WAITING, now=now, timeouts=timeouts)
        if state is not TicketState.WAITING:
            await tickets.transition(session, row, state, TicketEventType.USER_ENDED, tickets.USER, now=now, timeouts=timeouts)
        return tickets.reference_of(row.id)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("ou en est ma demande SUP-000001", "check_request"),
        ("et SUP-1 alors ? kelkun va me repondre pr le décès?", "contact_support"),
        ("ma demande à l’équipe, elle est partie ?", "contact_support"),
        ("Ai-je bien une demande en cours auprès de l’équipe, ou non ?", "list_partners"),
        ("Et ma demande à l’équipe, pour le décès, elle tient toujours ?", "nlu_fallback"),
    ],
)
async def test_where_a_request_to_the_team_stands(claire: Dialogue, words: str, intent: str) -> None:
    assert await open_ticket(claire) == "SUP-000001"
    answer = await claire.say(words, intent, WEB)
    assert "SUP-000001\u00a0: reçue par l’équipe SPHERE, qui ne l’a pas encore prise" in answer.text
    assert "DC-" not in answer.text
    assert "Je suis désolé" not in answer.text


async def test_references_of_both_kinds_and_an_unknown_one(claire: Dialogue, harness: Harness) -> None:
    await ask_for(harness, CLAIRE, CLAIRES_DOSSIER)
    await open_ticket(claire, TicketState.CLOSED)
    answer = await claire.say("où en sont DC-2026-000001, SUP-000001 et SUP-000007 ?", "check_request", WEB)
    assert "DC-2026-000001, Enzo Abiven\u00a0: reçue" in answer.text
    assert "SUP-000001\u00a0: close" in answer.text
    assert "Je ne connais pas SUP-000007" in answer.text
    both = await claire.say("et mes demandes, elles en sont où ?", "check_request", WEB)
    assert "SUP-000001" in both.text
    assert "DC-2026-000001" in both.text
