"""Usagers named in people's own words: nothing of them reaches an external channel, whoever wrote it and from wherever."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.core.audit import AuditEvent
from bot.identity.tables import ChatLink
from bot.jobs.outbox import CHAT, enqueue
from bot.support.errors import NamesUnreadable, TooManyDossiers
from bot.support.named_dossiers import BROUGHT
from tests.attacks.outgoing_fixtures import EXTERNAL, SECRETS, WORDS, OutgoingWorld, outgoing_world, without_secrets
from tests.databases import every_database
from tests.unit.messaging.running_bot import until
from tests.unit.sandbox.sandbox_server import TOKEN, running_sandbox
from tests.unit.support.running_desk import MARIE
from tests.unit.web.desk.running_desk import AgentBrowser

__all__ = ["every_database"]

SEEN = re.compile(r'name="seen" value="(\w{64})"')


@pytest.mark.parametrize("channel", EXTERNAL)
async def test_an_agent_names_two_persons_to_an_external_chat(tmp_path: Path, channel: str) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent(channel)
        sent = await world.desk.reply(ticket.id, MARIE, WORDS, key="1")
        told = await chat.receives("c’est fait pour")
        assert sent.replaced == 5
        assert "pour [usager] et [usager], née le [date de naissance], [adresse], [téléphone]." in told
        assert without_secrets(told)
        assert without_secrets(await chat.kept())


async def test_what_is_kept_of_it_names_nobody_on_either_database(tmp_path: Path, every_database: str) -> None:
    async with outgoing_world(tmp_path, DATABASE_URL=every_database) as world:
        chat, ticket = await world.with_agent("telegram")
        await world.desk.reply(ticket.id, MARIE, WORDS, key="1")
        again = await world.desk.reply(ticket.id, MARIE, WORDS, key="1")
        await chat.receives("c’est fait pour")
        assert without_secrets(str(again.message))
        assert without_secrets(await chat.kept())
        assert (await chat.kept()).count("c’est fait") == 1


@pytest.mark.parametrize("channel", EXTERNAL)
@pytest.mark.parametrize(
    ("words", "secret"),
    [
        ("Elle habite 3 bis, avenue du Général Leclerc, 41000 Blois", "Leclerc"),
        ("Il est rue des Lilas", "Lilas"),
        ("Son numéro : +33 6 12 34 56 78", "34 56"),
        ("Appelez-la au 0612345678", "0612345678"),
        ("Écrivez à jeanne.d@orange.fr", "jeanne.d"),
        ("Son INS est 2 48 03 41 012 345 67", "012"),
        ("Le NIR 248034101234567", "248034101234567"),
        ("Elle est née en 1948", "1948"),
        ("C’est le dossier né le 12.03.48", "12.03.48"),
        ("Du\u200brand et Zor\u00adglub vont mieux", "rand"),
        (unicodedata.normalize("NFD", "Élodie Hébert va mieux"), "bert"),
    ],
)
async def test_what_leads_to_somebody_without_a_name(tmp_path: Path, channel: str, words: str, secret: str) -> None:
    async with outgoing_world(tmp_path) as world:
        world.support_bot.bot.rasa.usagers = ["Durand", "Zorglub", "Élodie Hébert"]
        chat, ticket = await world.with_agent(channel)
        await world.desk.reply(ticket.id, MARIE, f"{words}. Fin du mot.", key="1")
        assert secret not in await chat.receives("Fin du mot")
        assert secret not in await chat.kept()


@pytest.mark.parametrize(
    "words",
    [
        "Appelez-nous au 05 57 96 59 47, ou au +33 5 57 96 59 47.",
        "Écrivez à accompagnement-sphere@esante-centre.fr.",
        "Nous sommes là de 9h30 à 12h30 et de 13h30 à 17h30.",
        "Je vous rappelle le 12/03/2027 à 10h, ou le 3 avril 2027.",
        "Le dossier SPH-2024-000137 est ouvert, demande SUP-000001.",
        "Appelez le 0 800 123 456 ou le 15.",
        "Bonjour, ici Marie.",
    ],
)
async def test_what_is_nobodys_secret_passes(tmp_path: Path, words: str) -> None:
    async with outgoing_world(tmp_path) as world:
        world.support_bot.bot.rasa.usagers = ["Marie"]  # the model may take an agent for an usager
        chat, ticket = await world.with_agent("telegram")
        assert (await world.desk.reply(ticket.id, MARIE, words, key="1")).replaced == 0
        assert words in await chat.receives(words)


async def _page_of(browser: AgentBrowser, ticket_id: int) -> str:
    return html.unescape((await browser.open(f"/desk/conversations/{ticket_id}")).text)


@pytest.mark.parametrize("htmx", [True, False])
async def test_the_agent_sees_what_will_be_replaced_before_anything_is_sent(tmp_path: Path, htmx: bool) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent("telegram")
        ines = await world.pages.agent_browser()
        await ines.act(ticket.id, "take", over="1")
        shown = await ines.act(ticket.id, "reply", htmx=htmx, text=f"<b>{WORDS}</b>", key="k")
        assert shown.status_code == 200
        assert "Rien n’est encore envoyé" in shown.text
        assert shown.text.count("<mark>") == 5
        assert "<mark>[usager]</mark> et <mark>[usager]</mark>" in shown.text
        assert "&lt;b&gt;" in shown.text
        assert "<b>Bonjour" not in shown.text
        assert html.escape("Jeanne Durand") in shown.text  # the agent's own text, to be changed
        assert "c’est fait" not in await chat.kept()
        seen = SEEN.search(shown.text)
        assert seen is not None
        changed = await ines.act(ticket.id, "reply", htmx=htmx, text="Et Jeanne Durand ?", key="k", seen=seen[1])
        assert "Rien n’est encore envoyé" in changed.text  # what was seen was another text
        forged = await ines.act(ticket.id, "reply", htmx=htmx, text=WORDS, key="k", seen="0" * 64)
        assert "Rien n’est encore envoyé" in forged.text
        assert "c’est fait" not in await chat.kept()
        sent = await ines.act(ticket.id, "reply", htmx=htmx, text=f"<b>{WORDS}</b>", key="k", seen=seen[1])
        assert sent.status_code == (200 if htmx else 303)
        assert without_secrets(await chat.receives("c’est fait"))


async def test_the_text_may_be_read_in_the_web_chat_alone(tmp_path: Path) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent("telegram")
        ines, http = await world.pages.agent_browser(), world.support_bot.bot.http
        await ines.act(ticket.id, "take", over="1")
        for _ in range(2):  # sent twice, it is said once
            told = await ines.act(ticket.id, "reply", htmx=True, text=WORDS, key="k", elsewhere="1")
            assert "reçu un lien" in told.text
        await chat.receives("vous a répondu dans la discussion web")
        assert without_secrets(chat.received)
        assert without_secrets(await chat.kept(web=False))
        links = [part.link for _, part in chat.platform.sent if part.link is not None]
        assert len(links) == 1
        token = links[0][1].partition("#continue=")[2]
        opened = await http.post("/chat/sessions", json={"continue": token})
        assert opened.status_code == 200
        assert (await http.post("/chat/sessions", json={"continue": token})).status_code == 401
        headers = {"Authorization": f"Bearer {opened.json()['token']}"}
        read = (await http.get("/chat/messages", headers=headers)).json()["messages"]
        assert WORDS in [message["text"] for message in read]
        assert WORDS in await _page_of(ines, ticket.id)


async def test_a_link_to_the_web_chat_is_short_lived_and_another_one_can_be_had(tmp_path: Path) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent("teams")
        http = world.support_bot.bot.http
        await world.desk.reply_elsewhere(ticket.id, MARIE, WORDS, key="1")
        await chat.receives("vous a répondu dans la discussion web")
        part = next(part for _, part in chat.platform.sent if part.link is not None)
        assert part.link is not None
        world.support_bot.clock.advance(timedelta(minutes=11))
        old = part.link[1].partition("#continue=")[2]
        assert (await http.post("/chat/sessions", json={"continue": old})).status_code == 401
        (again,) = await chat.say(button=part.quick_replies[0].token)
        new = again["link"]["url"].partition("#continue=")[2]
        assert (await http.post("/chat/sessions", json={"continue": new})).status_code == 200
        assert without_secrets(chat.received)


@pytest.mark.parametrize("channel", EXTERNAL)
async def test_while_the_model_is_away_nothing_leaves_and_nothing_is_lost(tmp_path: Path, channel: str) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent(channel)
        ines = await world.pages.agent_browser()
        await ines.act(ticket.id, "take", over="1")
        world.support_bot.bot.rasa.masks_nothing = True
        refused = await ines.act(ticket.id, "reply", htmx=True, text=WORDS, key="k")
        assert refused.status_code == 409
        assert "rien n’a été envoyé" in refused.text
        assert "Marguerite Zwinger" in refused.text
        with pytest.raises(NamesUnreadable):
            await world.desk.reply(ticket.id, MARIE, "Bonjour", key="2")
        assert "c’est fait" not in chat.received + await chat.kept()
        told = await ines.act(ticket.id, "reply", htmx=True, text=WORDS, key="k", elsewhere="1")
        assert "reçu un lien" in told.text  # this way needs no model
        assert without_secrets(await chat.receives("discussion web"))


async def test_an_usager_of_the_tickets_dossier_is_known_whatever_the_model_reads(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "platform") as platform:
        async with outgoing_world(tmp_path, PLATFORM_URL=platform.fhir, PLATFORM_TOKEN=TOKEN) as world:
            world.support_bot.bot.rasa.usagers = []
            chat, ticket = await world.with_agent("telegram")  # the request was about SPH-2024-000137
            await world.desk.reply(ticket.id, MARIE, "Jeanne Durand est bien là, Durand Jeanne aussi.", key="1")
            await world.desk.edit(ticket.id, MARIE, dossier="SPH-2024-000142")
            (patient,) = platform.found("Patient", identifier="SPH-2024-000205")
            name = f"{patient['name'][0]['given'][0]} {patient['name'][0]['family']}"
            await world.desk.reply(ticket.id, MARIE, f"Au dossier SPH-2024-000205, {name} va bien.", key="2")
            told = await chat.receives("va bien")
            assert "[usager] est bien là" in told
            assert "Durand" not in told
            assert name not in told


@pytest.mark.parametrize("channel", EXTERNAL)
async def test_the_reason_of_a_refusal_is_in_somebodys_own_words_too(tmp_path: Path, channel: str) -> None:
    async with outgoing_world(tmp_path) as world:
        chat = await world.external_chat(channel)
        reason = "Elle suit Jeanne Durand, 12 rue des Lilas."
        payload = {"text": f"Votre demande est refusée : {reason}", "buttons": [], "link": None, "own_words": [reason]}
        async with world.support_bot.bot.parts.database.writing() as session:
            now = world.support_bot.clock.now()
            await enqueue(session, kind=CHAT, key="r", payload=payload, now=now, conversation_id=chat.conversation_id)
        told = await chat.receives("est refusée")
        assert "Elle suit [usager], [adresse]." in told
        assert not any(secret in told for secret in SECRETS)


async def test_between_the_desk_and_the_trusted_chat_names_may_be_said(tmp_path: Path) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.support_bot.with_agent()
        assert (await world.desk.reply(ticket.id, MARIE, WORDS, key="1")).replaced == 0
        assert WORDS in await chat.texts()


async def test_a_canned_reply_is_filtered_as_any_other(tmp_path: Path) -> None:
    async with outgoing_world(tmp_path) as world:
        chat, ticket = await world.with_agent("telegram")
        await world.desk.save_canned_reply("Réponse", "Bonjour, {agent} : c’est fait pour Jeanne Durand, {telephone}.")
        (canned,) = await world.desk.canned_replies()
        text = world.desk.fill_canned_reply(canned, await world.desk.view(ticket.id), MARIE)
        await world.desk.reply(ticket.id, MARIE, text, key="1")
        assert "Bonjour, Marie : c’est fait pour [usager], 05 57 96 59 47." in await chat.receives("c’est fait")


async def test_a_person_greeted_by_name_is_no_usager_unless_an_usager_has_that_name(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "platform") as platform:
        async with outgoing_world(tmp_path, PLATFORM_URL=platform.fhir, PLATFORM_TOKEN=TOKEN) as world:
            world.support_bot.bot.rasa.usagers = ["Claire Moreau", "Jeanne Durand"]
            chat, ticket = await world.with_agent("telegram")
            claire = platform.practitioner("claire.moreau@sphere.example")
            await _link(world, chat.conversation_id, claire["id"])
            sent = await world.desk.reply(ticket.id, MARIE, "Bonjour Claire Moreau, je vois Jeanne Durand.", key="1")
            assert sent.message["text"] == "Bonjour Claire Moreau, je vois [usager]."


async def _link(world: OutgoingWorld, conversation_id: str, account_id: str) -> None:
    support_bot = world.support_bot
    now = support_bot.clock.now()
    link = ChatLink(conversation_id=conversation_id, account_id=account_id, linked_at=now, expires_at=now + timedelta(days=1))
    async with support_bot.bot.parts.database.writing() as session:
        session.add(link)


async def test_what_waits_for_the_model_is_sent_once_it_is_back(tmp_path: Path) -> None:
    async with outgoing_world(tmp_path) as world:
        chat = await world.external_chat("telegram")
        gateway, reason, rasa = world.support_bot.gateway, "Elle suit Jeanne Durand.", world.support_bot.bot.rasa
        rasa.masks_nothing = True
        payload = {"text": f"Refusée : {reason}", "buttons": [], "link": None, "own_words": [reason]}
        async with world.support_bot.bot.parts.database.writing() as session:
            now = world.support_bot.clock.now()
            await enqueue(session, kind=CHAT, key="r", payload=payload, now=now, conversation_id=chat.conversation_id)
        assert await gateway.sender.send_due() >= 0
        assert chat.received == ""
        rasa.masks_nothing = False

        async def sent() -> bool:
            world.support_bot.clock.advance(timedelta(minutes=5))
            await gateway.sender.send_due()
            return "Refusée" in chat.received

        await until(sent)
        assert "Elle suit [usager]." in chat.received


async def test_whether_a_name_is_an_usagers_is_no_unrecorded_guess(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "platform") as platform:
        async with outgoing_world(tmp_path, PLATFORM_URL=platform.fhir, PLATFORM_TOKEN=TOKEN) as world:
            world.support_bot.bot.rasa.usagers = []
            chat, ticket = await world.with_agent("telegram")  # about SPH-2024-000137
            names = select(AuditEvent).where(AuditEvent.action == "support.names").order_by(AuditEvent.id)

            async def recorded() -> list[tuple[str | None, str | None, str]]:
                async with world.support_bot.bot.parts.database.reading() as session:
                    return [(event.actor, event.dossier, event.outcome) for event in await session.scalars(names)]

            await chat.say("et le SPH-2024-000142 ?")
            for about in ("SPH-2024-000137", "SPH-2024-000142"):  # the conversation is about them
                await world.desk.preview(ticket.id, MARIE, f"{about} : Jeanne Durand")
            assert await recorded() == []
            (patient,) = platform.found("Patient", identifier="SPH-2024-000205")
            name = f"{patient['name'][0]['given'][0]} {patient['name'][0]['family']}"
            for guess in ("A. B.", name):
                guessed = await world.desk.preview(ticket.id, MARIE, f"SPH-2024-000205 : {guess}")
            assert guessed.replaced == 1
            assert await recorded() == [(f"agent:{MARIE.id}", "SPH-2024-000205", "read")]
            await world.desk.edit(ticket.id, MARIE, dossier="SPH-2024-000300")  # attached instead of written
            await world.desk.preview(ticket.id, MARIE, "A.")
            assert (await recorded())[1:] == [(f"agent:{MARIE.id}", "SPH-2024-000300", "read")]
            for number in range(BROUGHT.amount - 2):
                await world.desk.preview(ticket.id, MARIE, f"SPH-2024-{number + 1:06d} : A.")
            for _ in range(2):
                with pytest.raises(TooManyDossiers):
                    await world.desk.preview(ticket.id, MARIE, "SPH-2024-000400 : A.")
            assert [(dossier, outcome) for _, dossier, outcome in await recorded()][-1] == (None, "limited")
            assert len(await recorded()) == BROUGHT.amount + 1
            world.support_bot.clock.advance(timedelta(minutes=61))
            assert (await world.desk.preview(ticket.id, MARIE, "SPH-2024-000400 : A.")).replaced == 0
