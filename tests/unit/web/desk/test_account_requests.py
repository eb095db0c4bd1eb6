"""Account requests at the desk, over the sandbox's platform and the demo directory: compared, decided, taken back."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot.accounts.directory_record import Fiche
from bot.container import Container
from bot.core.mail import MailCipher
from bot.identity.continuations import hash_token
from bot.identity.tables import ChatLink
from bot.jobs.outbox import MAIL, OutboxRow
from tests.unit.accounts.test_requests import LEILA
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER
from tests.unit.messaging.running_bot import Chat, until
from tests.unit.sandbox.sandbox_server import Sandbox
from tests.unit.support.running_desk import button_token
from tests.unit.web.desk.running_desk import AgentBrowser, RunningDesk, running_desk

REFERENCE = "DC-2026-000001"
PAGE = f"/desk/requests/{REFERENCE}"
UNDO = 10


class Requests:
    """The account requests of an office: another process than its bot, over the same database."""

    def __init__(self, desk: RunningDesk, sandbox: Sandbox) -> None:
        self.desk, self.sandbox, self.database = desk, sandbox, desk.support_bot.parts.database
        parts = Container(desk.support_bot.bot.settings, desk.support_bot.clock, self.database)
        self.fhir, self.registry, self.requests, self.decisions = parts.fhir, parts.registry, parts.account_requests, parts.decisions

    async def ask(self, fiche: Fiche = LEILA, key: str = "k1") -> Chat:
        """A request of Claire's, from a chat that is hers for as long as links last."""
        requester = await self.registry.by_email(CLAIRE)
        chat = await self.desk.support_bot.chat()
        conversation_id = await self.desk.support_bot.gateway.find("web", hash_token(chat.token))
        assert conversation_id
        await self.requests.submit(
            fiche, requester=requester, conversation_id=conversation_id, dossier=CLAIRES_DOSSIER, basis="consent_given", key=key
        )
        async with self.database.writing() as session:
            now = self.desk.support_bot.clock.now()
            assert requester is not None
            session.add(
                ChatLink(conversation_id=conversation_id, account_id=requester.id, linked_at=now, expires_at=now + timedelta(days=1))
            )
        return chat

    async def carried_out(self) -> None:
        """Let the time to take a decision back pass, and what was decided be done."""
        self.desk.support_bot.clock.advance(timedelta(seconds=UNDO))
        await self.decisions.run_due()


@asynccontextmanager
async def requests(folder: Path, sandbox: Sandbox, directory: Path) -> AsyncIterator[Requests]:
    (folder / "directory").symlink_to(directory)
    async with running_desk(folder, PLATFORM_URL=sandbox.fhir, PLATFORM_TOKEN=sandbox.token) as desk:
        made = Requests(desk, sandbox)
        try:
            yield made
        finally:
            await made.fhir.aclose()


async def decide(colleague: AgentBrowser, action: str, text: str | None = None) -> httpx.Response:
    return await colleague.send(PAGE, f"{PAGE}/{action}", **({"text": text} if text else {}))


async def test_a_request_beside_the_directory(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        fiche = Fiche.of(
            {
                "family": "Martin",
                "given": "Paul",
                "profession": "masseur-kinésithérapeute",
                "city": "Bourges",
                "email": "paul.martin@cabinet.example",
            }
        )
        await made.ask(fiche)
        ines = await made.desk.agent_browser()
        listed = await ines.open("/desk/requests")
        assert REFERENCE in listed.text
        assert "Paul Martin" in listed.text
        page = (await ines.open(PAGE)).text
        assert re.search(r"<mark>Vierzon</mark>\s*<span[^>]*>différent", page)
        assert "<mark>Bourges" not in page
        assert "même numéro" not in page
        assert CLAIRES_DOSSIER in page
        assert "à vérifier" in page
        counted = (await ines.open("/desk")).text
        assert re.search(r'<span id="requests-count" class="count some">1<', counted)


async def test_what_cannot_be_asked_for_is_said(tmp_path: Path, sandbox: Sandbox) -> None:
    async with requests(tmp_path, sandbox, tmp_path / "nowhere") as made:
        await made.ask()
        sandbox.fault("down")
        page = (await (await made.desk.agent_browser()).open(PAGE)).text
        assert "L’annuaire n’est pas disponible" in page
        assert "La plateforme ne répond pas" in page
        assert "Créer le compte" in page


async def test_create_gives_account_codes_access_and_word(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        ines = await made.desk.agent_browser()
        answer = await decide(ines, "create")
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        page = (await ines.open(PAGE)).text
        assert "Vous avez décidé de créer le compte" in page
        assert not sandbox.found("Practitioner", email=LEILA.email)
        await made.carried_out()
        assert "compte créé" in (await ines.open(PAGE)).text
        (account,) = sandbox.found("Practitioner", email=LEILA.email)
        assert f"Practitioner/{account['id']}" in sandbox.members(CLAIRES_DOSSIER)
        assert (await made.decisions.of(REFERENCE)) is None


async def test_a_decision_is_taken_back_before_anything_has_happened(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        ines, paul = await made.desk.agent_browser(), await made.desk.agent_browser("paul", "Paul")
        await decide(ines, "refuse", "Cette personne n'exerce plus.")
        assert "Inès a décidé de refuser" in (await paul.open(PAGE)).text
        assert (await paul.send(PAGE, f"{PAGE}/undo")).status_code == 303
        await made.carried_out()
        assert (await made.requests.show(REFERENCE)).status.state == "to_verify"
        late = await paul.http.post(f"{PAGE}/undo", data={"seal": await paul.csrf_token()})
        assert late.status_code == 409
        assert "C’est trop tard" in late.text


async def test_two_agents_at_once(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        ines, paul = await made.desk.agent_browser(), await made.desk.agent_browser("paul", "Paul")
        seen = ines.hidden(await ines.open(PAGE), f"{PAGE}/create")
        assert (await decide(paul, "ask", "Quel service ?")).status_code == 303
        second = await ines.http.post(f"{PAGE}/create", data=seen)
        assert second.status_code == 409
        assert "Paul vient de décider" in second.text
        await made.carried_out()
        third = await ines.http.post(f"{PAGE}/create", data=seen)
        assert third.status_code == 409
        assert "a changé pendant que vous la regardiez" in third.text
        state = await ines.open(f"{PAGE}/state?seen={seen['seen']}")
        assert "Cette demande a changé" in state.text
        assert "complément demandé" in state.text


@pytest.mark.parametrize(("action", "text"), [("ask", "<b>Quel</b> service ?"), ("refuse", "<script>alert(1)</script>")])
async def test_what_an_agent_writes_is_text(tmp_path: Path, sandbox: Sandbox, directory: Path, action: str, text: str) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        ines = await made.desk.agent_browser()
        await decide(ines, action, text)
        for _ in range(2):
            page = (await ines.open(PAGE)).text
            assert html.escape(text) in page
            assert text not in page
            await made.carried_out()


async def test_a_text_that_nobody_could_read_is_refused_and_kept(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        ines = await made.desk.agent_browser()
        answer = await decide(ines, "refuse", "x" * 501)
        assert answer.status_code == 409
        assert "de 1 à 500 caractères" in answer.text
        assert "x" * 501 in answer.text
        assert (await made.requests.show(REFERENCE)).status.state == "to_verify"


async def test_what_could_not_be_done_is_said_and_may_be_decided_again(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        other = Fiche.of({"family": "Zimmer", "given": "Anne", "profession": "psychologue", "city": "Blois", "email": CLAIRE})
        await made.ask(other)
        ines = await made.desk.agent_browser()
        await decide(ines, "create")
        await made.carried_out()
        page = (await ines.open(PAGE)).text
        assert "celle du compte d’une autre personne" in page
        assert (await decide(ines, "ask", "Quelle est son adresse à elle ?")).status_code == 303
        await made.carried_out()
        assert (await made.requests.show(REFERENCE)).status.state == "more_info"


async def test_a_platform_that_is_away_delays_and_loses_nothing(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        ines = await made.desk.agent_browser()
        await decide(ines, "create")
        sandbox.fault("down")
        await made.carried_out()
        assert "nouvel essai dans une minute" in (await ines.open(PAGE)).text
        sandbox.fault("none")
        made.desk.support_bot.clock.advance(timedelta(minutes=4))
        await made.decisions.run_due()
        await made.requests.finish_created()
        await made.decisions.run_due()
        assert (await made.requests.show(REFERENCE)).status.state == "created"


async def test_other_requests_for_the_person_stand_beside(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        elsewhere = LEILA.model_copy(update={"rpps": "10009999999", "email": "l.zerane@clinique.example", "city": "Blois"})
        await made.ask(elsewhere, key="k2")
        page = (await (await made.desk.agent_browser()).open(PAGE)).text
        assert "DC-2026-000002" in page


async def test_where_several_addresses_were_given_one_is_picked_first(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        strangers = Fiche.model_validate(LEILA.model_dump() | {"email": "leila@boite.example"})
        await made.requests.submit(strangers, requester=None, conversation_id="stranger", dossier=None, basis=None, key="s1")
        await made.ask()
        ines = await made.desk.agent_browser()
        page = (await ines.open(PAGE)).text
        assert f"{PAGE}/create" not in page
        assert "leila@boite.example, donnée par une personne sans compte" in page
        assert f"{LEILA.email}, donnée par Claire Moreau" in page
        seen = ines.hidden(await ines.open(PAGE), f"{PAGE}/address")
        refused = await ines.http.post(f"{PAGE}/create", data=seen)
        assert refused.status_code == 409
        assert "retenez d’abord l’adresse" in refused.text
        assert (await ines.send(PAGE, f"{PAGE}/address", email="nobody@boite.example")).status_code == 409
        assert (await ines.send(PAGE, f"{PAGE}/address", email=LEILA.email)).status_code == 303
        assert "Adresse retenue par Inès" in (await ines.open(PAGE)).text
        await decide(ines, "create")
        await made.carried_out()
        assert sandbox.found("Practitioner", email=LEILA.email)
        assert not sandbox.found("Practitioner", email="leila@boite.example")


async def test_a_missing_address_is_typed_at_the_desk(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask(LEILA.model_copy(update={"email": None}))
        ines = await made.desk.agent_browser()
        page = (await ines.open(PAGE)).text
        assert "l’adresse e-mail manque" in page
        assert f"{PAGE}/create" not in page
        refused = await ines.http.post(f"{PAGE}/create", data=ines.hidden(await ines.open(PAGE), f"{PAGE}/address"))
        assert (refused.status_code, "complétez d’abord l’adresse" in refused.text) == (409, True)
        refused = await ines.send(PAGE, f"{PAGE}/address", email="leila@")
        assert (refused.status_code, "n’est pas valable" in refused.text, 'value="leila@"' in refused.text) == (409, True, True)
        assert (await ines.send(PAGE, f"{PAGE}/address", email=LEILA.email)).status_code == 303
        assert "Adresse retenue par Inès" in (await ines.open(PAGE)).text
        await decide(ines, "create")
        await made.carried_out()
        assert sandbox.found("Practitioner", email=LEILA.email)


async def test_a_request_that_is_not_there(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        ines = await made.desk.agent_browser()
        seal = {"seal": await ines.csrf_token(), "seen": "x", "text": "x"}
        for path in ("/desk/requests/DC-2026-000009", "/desk/requests/%3Cb%3E", "/desk/requests/x/state"):
            assert (await ines.open(path)).status_code == 404
        for action in ("create", "ask", "refuse", "undo", "delete"):
            assert (await ines.http.post(f"/desk/requests/DC-2026-000009/{action}", data=seal)).status_code == 404


async def test_the_mail_to_the_team_links_to_the_page(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        await made.ask()
        async with made.database.reading() as session:
            sealed = (await session.scalars(select(OutboxRow.payload).where(OutboxRow.kind == MAIL))).one()
        mail = MailCipher(made.desk.support_bot.bot.settings.required("secret")).open(sealed)
        assert f"{made.desk.support_bot.bot.settings.own_url}{PAGE}" in mail["text"]


async def test_a_question_is_asked_in_the_chat_and_its_answer_comes_back(tmp_path: Path, sandbox: Sandbox, directory: Path) -> None:
    async with requests(tmp_path, sandbox, directory) as made:
        chat = await made.ask()
        ines = await made.desk.agent_browser()
        await decide(ines, "ask", "Quel est son service ?")
        await made.carried_out()

        async def asked() -> bool:
            return any("Quel est son service ?" in message["text"] for message in await chat.history())

        await until(asked)
        question = (await chat.history())[-1]
        await chat.press(button_token(question, "Répondre à l’équipe SPHERE"))
        await chat.say("Elle travaille en cardiologie interventionnelle.")
        page = (await ines.open(PAGE)).text
        assert "Elle travaille en cardiologie interventionnelle." in page
        (number,) = re.findall(r"/desk/conversations/(\d+)", page)
        talk = (await ines.open(f"/desk/conversations/{number}")).text
        assert f"répondre sur la demande de compte {REFERENCE}" in talk
        assert f"/desk/requests/{REFERENCE}" in talk
