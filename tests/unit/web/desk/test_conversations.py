"""Conversations at the desk: what agents see and do, what none of them may, and what the user never sees."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from bot.support.records import TicketState
from tests.unit.messaging.running_bot import Chat
from tests.unit.support.running_desk import ASK
from tests.unit.web.desk.running_desk import running_desk

MARKUP = """<script>alert(1)</script><img src=x onerror="alert(2)">"'><b hx-get="/desk">&amp; {{ 7*7 }} javascript:x"""


async def everything_of(chat: Chat) -> str:
    """All that a user can fetch: history, history after an id, and the stream from its start."""
    texts = [str(await chat.history()), str(await chat.history("0"))]
    async with chat.events() as events:
        count = len(await chat.history())
        async for kind, event_id, data in events:
            texts.append(f"{kind} {event_id} {data}")
            count -= kind == "message"
            if count == 0:
                break
    return "\n".join(texts)


async def test_take_reply_close(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        queue = (await ines.open()).text
        assert ticket.reference in queue
        assert html.escape(ASK) in queue
        assert re.search(r'class="count some">1<', queue)
        page = (await ines.open(f"/desk/conversations/{ticket.id}")).text
        for shown in ("ajouter un partenaire", "SPH-2024-000137", "e1", "non identifiée", 'data-mine="no"'):
            assert shown in page, shown
        state = await ines.act(ticket.id, "take", htmx=True)
        assert state.status_code == 200
        assert 'data-mine="yes"' in state.text
        assert "<html" not in state.text
        assert (await ines.act(ticket.id, "reply", text="Bonjour", key="k")).headers["location"] == f"/desk/conversations/{ticket.id}"
        assert ("agent", "Inès", "Bonjour") in [(m["author"], m["agent"], m["text"]) for m in await chat.history()]
        edited = await ines.act(ticket.id, "edit", dossier="sph-2024-000142", tags="urgent, <i>compte</i>", htmx=True)
        assert "SPH-2024-000142" in edited.text
        closed = await ines.act(ticket.id, "close", outcome="solved", tags="ajout", htmx=True)
        assert 'data-state="closed"' in closed.text
        found = await desk.support_bot.desk.find(ticket.id)
        assert (found.state, found.tags) == (TicketState.CLOSED, ("urgent", "<i>compte</i>", "ajout"))
        listed = (await ines.open("/desk?view=closed")).text
        assert ticket.reference in listed
        assert "<i>compte" not in listed
        assert 'data-state="agent"' in (await ines.act(ticket.id, "reopen", htmx=True)).text


async def test_two_agents_cannot_answer_one_unaware(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines, paul = await desk.agent_browser(), await desk.agent_browser("paul", "Paul")
        assert "Paul" not in (await ines.act(ticket.id, "looking")).text
        assert "Inès regarde aussi" in (await paul.act(ticket.id, "looking")).text
        assert "Inès regarde" in (await paul.open()).text
        await ines.act(ticket.id, "take")
        refused = await paul.act(ticket.id, "take", htmx=True)
        assert refused.status_code == 409
        assert "Inès a pris cette conversation avant vous" in refused.text
        for name, fields in (("reply", {"text": "Coucou", "key": "1"}), ("release", {}), ("transfer", {"to": "queue:Comptes"})):
            answer = await paul.act(ticket.id, name, htmx=True, **fields)
            assert answer.status_code == 409
            assert "Inès" in answer.text
        assert (await paul.act(ticket.id, "close", outcome="solved")).status_code == 409
        assert "Coucou" not in await everything_of(chat)
        assert (await paul.act(ticket.id, "take", over="1")).status_code == 303
        assert "Inès" not in (await paul.act(ticket.id, "gone")).text
        late = await ines.act(ticket.id, "reply", text="Trop tard", key="2", htmx=True)
        assert late.status_code == 409
        assert "Trop tard" in late.text
        assert "Paul a cette conversation" in late.text


async def test_passing_on(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        ines, paul = await desk.agent_browser(), await desk.agent_browser("paul", "Paul")
        assert paul.agent is not None
        await ines.act(ticket.id, "take")
        for nowhere in ("", "agent:nobody", "queue:Nulle part", "x"):
            refused = await ines.act(ticket.id, "transfer", to=nowhere, htmx=True)
            assert refused.status_code == 409
            assert "Choisissez à qui" in refused.text
        assert "<strong>Paul</strong> répond" in (await ines.act(ticket.id, "transfer", to=f"agent:{paul.agent.id}", htmx=True)).text
        moved = await paul.act(ticket.id, "transfer", to="queue:Comptes", htmx=True)
        assert "file Comptes" in moved.text
        assert ticket.reference in (await ines.open("/desk?view=waiting&queue=Comptes")).text
        assert ticket.reference not in (await ines.open("/desk?view=waiting&queue=Technique")).text
        await paul.act(ticket.id, "take")
        assert ticket.reference in (await paul.open("/desk?view=mine")).text
        assert ticket.reference not in (await ines.open("/desk?view=mine")).text
        assert ticket.reference in (await ines.open(f"/desk?q={ticket.reference.lower()}")).text
        assert "Rien ici" in (await ines.open("/desk?q=inconnu")).text


async def test_a_note_never_leaks_to_the_user(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines, paul = await desk.agent_browser(), await desk.agent_browser("paul", "Paul")
        secret = "Appeler le cabinet avant midi, code 7714"
        await ines.act(ticket.id, "take")
        assert (await ines.act(ticket.id, "note", text=secret)).status_code == 303
        await ines.act(ticket.id, "reply", text="Je regarde", key="1")
        assert secret in (await paul.open(f"/desk/conversations/{ticket.id}")).text
        await ines.act(ticket.id, "close", outcome="solved")
        await chat.say("bonjour")
        seen = await everything_of(chat)
        assert "Je regarde" in seen
        assert "7714" not in seen
        assert "cabinet" not in seen
        page = await desk.support_bot.bot.http.get("/chat")
        assert "7714" not in page.text
        assert "7714" not in str(desk.support_bot.bot.rasa.turns)


async def test_markup_of_a_user_and_of_an_agent_is_text(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        await chat.say(MARKUP)
        await ines.act(ticket.id, "take")
        await ines.act(ticket.id, "reply", text=MARKUP, key="1")
        await ines.act(ticket.id, "note", text=MARKUP)
        await ines.act(ticket.id, "edit", tags=MARKUP[:29], dossier="")
        failed = await ines.act(ticket.id, "reply", text=MARKUP + "x" * 4000, key="2", htmx=True)
        pages = [failed.text, *[(await ines.open(path)).text for path in (f"/desk/conversations/{ticket.id}", "/desk")]]
        for page in pages:
            assert html.escape(MARKUP[:20]) in page
            assert MARKUP[:20] not in page
            assert not re.search(r"<(?:img|b)[^>]*(?:onerror|hx-get=\"/desk\")", page)
            assert "{{ 7*7 }}" in page or "49" not in page
        assert pages[1].count(html.escape(MARKUP[:40])) >= 3
        assert MARKUP in [m["text"] for m in await chat.history() if m["author"] == "agent"]


@pytest.mark.parametrize("number", ["999999", "0", "-1", "1.5", "x", "9" * 30, "%00"])
async def test_another_conversations_number_leads_nowhere(tmp_path: Path, number: str) -> None:
    async with running_desk(tmp_path) as desk:
        await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        data = {"seal": await ines.csrf_token(), "text": "x", "key": "1", "to": "queue:Comptes", "outcome": "solved", "dossier": ""}
        assert (await ines.open(f"/desk/conversations/{number}")).status_code == 404
        for name in ("take", "release", "transfer", "edit", "close", "reopen", "reply", "note", "looking", "typing"):
            answer = await ines.http.post(f"/desk/conversations/{number}/{name}", data=data)
            assert answer.status_code == 404, name


async def test_a_reply_sent_twice_is_said_once_and_one_that_fails_is_kept(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        early = await ines.act(ticket.id, "reply", text="Trop tôt", key="0", htmx=True)
        assert early.status_code == 409
        assert "Prenez d’abord la conversation" in early.text
        assert "Trop tôt" in early.text
        await ines.act(ticket.id, "take")
        for _ in range(3):
            assert (await ines.act(ticket.id, "reply", text="Une fois", key="k", htmx=True)).status_code == 200
        assert [m["text"] for m in await chat.history() if m["author"] == "agent"] == ["Une fois"]
        assert "rien à envoyer" in (await ines.act(ticket.id, "reply", text=" \n ", key="1", htmx=True)).text
        whole = await ines.act(ticket.id, "edit", dossier="pas une référence")
        assert whole.status_code == 409
        assert "Ce n’est pas une référence de dossier" in whole.text
        assert "<html" in whole.text
        assert (await ines.act(ticket.id, "close", outcome="")).status_code == 409
        await chat.say("/fin")
        assert "close" in (await ines.act(ticket.id, "reply", text="Après", key="2", htmx=True)).text
        assert "Après" not in await everything_of(chat)


async def test_canned_replies_are_filled_in_and_kept_by_supervisors(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        _, ticket = await desk.support_bot.open_ticket()
        chef, ines = await desk.agent_browser("chef", "Chef", supervisor=True), await desk.agent_browser()
        added = await chef.send("/desk/canned", "/desk/canned", name="Accueil <b>", text="Bonjour, ici {agent}, pour {reference}.")
        assert added.status_code == 303
        page = (await ines.open(f"/desk/conversations/{ticket.id}")).text
        assert f"Bonjour, ici Inès, pour {ticket.reference}." in page
        assert "Accueil &lt;b&gt;" in page
        assert (await chef.send("/desk/canned", "/desk/canned", name="x", text="{inconnu}")).status_code == 422
        assert (await chef.send("/desk/canned", "/desk/canned", name="", text="x")).status_code == 422
        (canned,) = await desk.support_bot.desk.canned_replies()
        assert (await chef.send("/desk/canned", f"/desk/canned/{canned.id}/delete")).status_code == 303
        assert await desk.support_bot.desk.canned_replies() == []


async def test_the_user_sees_that_somebody_writes(tmp_path: Path) -> None:
    async with running_desk(tmp_path) as desk:
        chat, ticket = await desk.support_bot.open_ticket()
        ines = await desk.agent_browser()
        await ines.act(ticket.id, "take")
        async with chat.events() as events:
            assert (await ines.act(ticket.id, "typing")).status_code == 204
            async for kind, _, data in events:
                if kind == "typing" and data["on"]:
                    break
