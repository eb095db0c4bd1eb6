"""Attacks on the sessions of the web chat, of the account page and of transcripts: links that one was sent, and tokens that one kept."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.identity.chat_sessions import hash_token
from bot.messaging.messages import Incoming
from bot.messaging.retention import Retention
from bot.notifications.page_links import make_page_link
from bot.personal_data.purge import erasures
from bot.support.records import Outcome
from tests.attacks.sessions_fixtures import CLAIRE, KARIM, running_site, sandbox, until_end
from tests.databases import every_database
from tests.unit.messaging.running_bot import take, until
from tests.unit.sandbox.sandbox_server import Sandbox
from tests.unit.support.running_desk import MARIE, button_token, running_support_bot

__all__ = ["every_database", "sandbox"]

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's first form."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page)}


# Links that somebody else sent


async def test_a_start_link_does_not_make_a_linked_chat_somebody_elses(every_database: str, tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        sent = await site.start_token(KARIM)
        (answer,) = await chat.say(f"/start {sent}")
        assert "autre compte" in answer["text"]
        assert await site.linked(chat) == await site.account_id(CLAIRE)
        theirs = await site.chat()  # the link is still its owner's
        await theirs.say(f"/start {sent}")
        assert await site.linked(theirs) == await site.account_id(KARIM)


@pytest.mark.parametrize("channel", ["telegram", "teams"])
async def test_nor_does_it_on_other_channels(tmp_path: Path, sandbox: Sandbox, channel: str) -> None:
    async with running_site(tmp_path, sandbox) as site:
        gateway = site.bot.app.state.parts.gateway
        conversation = await gateway.open(channel, "42")
        for number, email in enumerate((CLAIRE, KARIM)):
            received = await gateway.receive(conversation, Incoming(str(number), text=f"/start {await site.start_token(email)}"))
            (*_, answer) = await gateway.wait_for_replies(conversation, received) or []
        assert "autre compte" in answer["text"]
        assert await site.other_process.identity.linked_account_id(conversation) == await site.account_id(CLAIRE)


async def test_a_link_tells_whom_it_is_for_before_anything_is_done(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat, token = await site.chat(CLAIRE), await site.start_token(KARIM)
        told = (await site.preview({"start": token}, chat)).json()
        assert told == {
            "account": {"name": "Karim B.", "email": "k•••@sphere.example"},
            "channel": None,
            "current": {"name": "Claire M.", "email": "c•••@sphere.example"},
            "same": False,
        }
        assert (await site.preview({"start": await site.start_token(CLAIRE)}, chat)).json()["same"] is True
        assert (await site.preview({"start": token})).json()["current"] is None
        assert await site.linked(chat) == await site.account_id(CLAIRE)  # nothing was done, and nothing used up
        for wrong in ({"start": "x" * 32}, {"start": ""}, {"continue": "x"}, {"start": "é"}):
            assert (await site.preview(wrong, chat)).status_code == 410
        assert (await site.preview({})).status_code == 422
        await (await site.chat()).say(f"/start {token}")
        assert (await site.preview({"start": token})).status_code == 410


async def test_a_continuation_tells_whose_conversation_it_opens(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        gateway = site.bot.app.state.parts.gateway
        conversation = await gateway.open("telegram", "42")
        link = (await site.other_process.continuations.create_link(conversation)).partition("#continue=")[2]
        chat = await site.chat(CLAIRE)
        assert (await site.preview({"continue": link}, chat)).json() | {"current": None} == {
            "account": None,
            "channel": "telegram",
            "current": None,
            "same": False,
        }
        opened = await site.ask("POST", "/chat/sessions", body={"continue": link})
        assert opened.status_code == 200
        assert (await site.preview({"continue": link}, chat)).status_code == 410


async def test_after_a_change_of_account_nothing_of_before_is_shown(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        claires = await site.chat(CLAIRE)
        await claires.say("le dossier de Mme Durand")
        await site.ask("DELETE", "/chat/session", claires)
        karims = await site.chat(KARIM)
        assert "Durand" not in str(await karims.history())
        await site.assert_shut(claires, "signed_out")


# Tokens that somebody kept


async def test_the_token_that_was_signed_out_opens_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        conversation = await site.conversation_of(chat)
        assert (await site.ask("DELETE", "/chat/session", chat)).status_code == 204
        await site.assert_shut(chat, "signed_out")
        assert await site.other_process.identity.linked_account_id(conversation) is None


async def test_an_open_stream_ends_with_its_session_and_says_why(every_database: str, tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        async with chat.events() as one, chat.events() as another:
            await take(one, 1)
            await take(another, 1)
            await site.ask("DELETE", "/chat/session", chat)
            for tab in (one, another):
                assert (await until_end(tab))[-1] == ("session", {"ended": "signed_out"})


async def test_words_that_disconnect_end_the_session_after_their_answer(every_database: str, tmp_path: Path, sandbox: Sandbox) -> None:
    """The action server unlinks while the turn is under way: the answer is still read, and nothing after it."""
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        conversation = await site.conversation_of(chat)
        gate = site.bot.rasa.gates["me déconnecter"] = asyncio.Event()
        async with chat.events() as events:
            await take(events, 1)
            before = site.bot.rasa.requests
            asked = asyncio.create_task(chat.post({"id": "out", "text": "me déconnecter"}))
            await until(lambda: site.bot.rasa.requests > before)
            await site.other_process.identity.unlink(conversation)
            gate.set()
            assert (await asked).json()["messages"][0]["text"] == "dit me déconnecter"
            seen = await until_end(events)
        assert seen[-1] == ("session", {"ended": "unlinked"})
        assert "dit me déconnecter" in [data["text"] for kind, data in seen if kind == "message"]
        await site.assert_shut(chat, "unlinked")


async def test_a_token_that_somebody_saw_is_worth_nothing_after_signing_in(every_database: str, tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat()
        seen_by_somebody = chat.token
        await chat.say(f"/start {await site.start_token(CLAIRE)}")
        renewed = await site.ask("POST", "/chat/session/renew", chat)
        await site.assert_shut(chat, "renewed")
        chat.token, chat.headers = renewed.json()["token"], {"Authorization": f"Bearer {renewed.json()['token']}"}
        assert chat.token != seen_by_somebody
        assert (await site.ask("GET", "/chat/session", chat)).json()["account"] == {
            "name": "Claire Moreau",
            "email": "c•••@sphere.example",
        }
        assert len(await chat.history()) > 0


@pytest.mark.parametrize(
    ("shared", "span", "reason"),
    [(False, timedelta(hours=72), "idle"), (True, timedelta(minutes=15), "idle")],
)
async def test_a_session_that_nobody_uses_ends(tmp_path: Path, sandbox: Sandbox, shared: bool, span: timedelta, reason: str) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        conversation = await site.conversation_of(chat)
        await site.ask("POST", "/chat/session", chat, {"shared": shared})
        site.clock.advance(span - timedelta(minutes=1))
        # A page that is open keeps nothing alive by itself.
        assert (await site.ask("GET", "/chat/messages", chat, **{"X-Chat-Passive": "1"})).status_code == 200
        site.clock.advance(timedelta(minutes=1))
        await site.assert_shut(chat, reason)
        assert await site.other_process.identity.linked_account_id(conversation) is None


async def test_who_sits_down_next_does_not_lengthen_the_session(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        before = (await site.ask("POST", "/chat/session", chat, {"shared": True})).json()
        site.clock.advance(timedelta(minutes=10))
        answer = await site.ask("POST", "/chat/session", chat, {"shared": False})
        assert answer.status_code == 200
        assert {**answer.json(), "shared": True} == before == answer.json()
        renewed = (await site.ask("POST", "/chat/session/renew", chat)).json()["token"]
        chat.token, chat.headers = renewed, {"Authorization": f"Bearer {renewed}"}
        assert (await site.ask("POST", "/chat/session", chat, {"shared": False})).json()["shared"]
        site.clock.advance(timedelta(minutes=15))
        await site.assert_shut(chat, "idle")


async def test_no_use_keeps_a_session_for_ever(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox, SHARED_SESSION_HOURS=2) as site:
        chat = await site.chat(CLAIRE)
        await site.ask("POST", "/chat/session", chat, {"shared": True})
        for _ in range(11):
            site.clock.advance(timedelta(minutes=10))
            assert (await site.ask("GET", "/chat/session", chat)).status_code == 200
        await site.ask("POST", "/chat/session", chat, {"shared": True})  # said again, it lasts no longer
        site.clock.advance(timedelta(minutes=10))
        await site.assert_shut(chat, "expired")


async def test_an_idle_page_is_told_by_its_stream(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox, SHARED_MACHINES=True) as site:
        chat = await site.chat(CLAIRE)
        async with chat.events() as events:
            await take(events, 1)
            site.clock.advance(timedelta(minutes=15))
            assert (await until_end(events))[-1] == ("session", {"ended": "idle"})


async def test_a_continued_session_leaves_the_other_channel_linked_and_its_unlinking_ends_it(
    every_database: str, tmp_path: Path, sandbox: Sandbox
) -> None:
    async with running_site(tmp_path, sandbox) as site:
        gateway, parts = site.bot.app.state.parts.gateway, site.other_process
        conversation = await gateway.open("telegram", "42")
        await parts.identity.redeem(conversation, await site.start_token(CLAIRE))
        readers = []
        for _ in range(2):
            link = (await parts.continuations.create_link(conversation)).partition("#continue=")[2]
            token = (await site.ask("POST", "/chat/sessions", body={"continue": link})).json()["token"]
            readers.append({"Authorization": f"Bearer {token}"})
        assert (await site.bot.http.delete("/chat/session", headers=readers[0])).status_code == 204
        assert await parts.identity.linked_account_id(conversation) == await site.account_id(CLAIRE)
        assert [(await site.bot.http.get("/chat/messages", headers=reader)).status_code for reader in readers] == [401, 200]
        await parts.identity.unlink(conversation)
        assert (await site.bot.http.get("/chat/messages", headers=readers[1])).status_code == 401


WAYS_TO_END = ["asked", "support", "expired", "purged"]
"""By whom a link ends: its user, support, time alone, or the erasure of what is over."""


@pytest.mark.parametrize("ended", WAYS_TO_END)
async def test_after_the_link_nobody_reads_what_was_said_before(every_database: str, tmp_path: Path, sandbox: Sandbox, ended: str) -> None:
    """Not by a link that was made before or after, not once the chat is somebody else's."""
    async with running_site(tmp_path, sandbox) as site:
        gateway, parts = site.bot.app.state.parts.gateway, site.other_process
        conversation = await gateway.open("telegram", "42")
        await parts.identity.redeem(conversation, await site.start_token(CLAIRE))

        async def say(number: int, text: str) -> None:
            received = await gateway.receive(conversation, Incoming(str(number), text=text))
            await gateway.wait_for_replies(conversation, received)

        async def read(url: str) -> str:
            opened = await site.ask("POST", "/chat/sessions", body={"continue": url.partition("#continue=")[2]})
            if not opened.is_success:
                return ""
            bearer = {"Authorization": f"Bearer {opened.json()['token']}"}
            return (await site.bot.http.get("/chat/messages", headers=bearer)).text

        await say(1, "un mot de Claire")
        assert "un mot de Claire" in await read(await parts.continuations.create_link(conversation))
        before = await parts.continuations.create_link(conversation)
        spare = await site.start_token(CLAIRE)
        if ended == "asked":
            await parts.identity.unlink(conversation)
        elif ended == "support":
            assert await parts.identity.unlink_account_of(CLAIRE) == 1
        else:
            site.clock.advance(timedelta(days=91))
            if ended == "purged":
                await Retention(parts.database, site.clock, parts.settings, erasures(parts.settings)).run_due()
            assert await parts.identity.person_of(conversation) is None
        assert "un mot de Claire" not in await read(before)
        assert "un mot de Claire" not in await read(await parts.continuations.create_link(conversation))
        if ended == "support":
            await say(2, f"/start {spare}")
            assert await parts.identity.linked_account_id(conversation) is None
        await parts.identity.redeem(conversation, await site.start_token(KARIM))
        await say(3, "un mot de Karim")
        shown = await read(await parts.continuations.create_link(conversation))
        assert "un mot de Karim" in shown
        assert "un mot de Claire" not in shown


async def test_the_database_holds_no_token_of_a_session(tmp_path: Path, sandbox: Sandbox) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chat = await site.chat(CLAIRE)
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("sphere.db*"))  # noqa: ASYNC240
        assert chat.token.encode() not in kept
        assert hash_token(chat.token).encode() in kept


# The account page and transcripts


async def test_the_account_page_closes_by_itself_and_keeps_what_was_filled_in_for_its_owner_alone(
    every_database: str, tmp_path: Path, sandbox: Sandbox
) -> None:
    async with running_site(tmp_path, sandbox) as site:
        chats = {email: await site.chat(email) for email in (CLAIRE, KARIM)}

        async def open_page(email: str) -> str:
            account, conversation = await site.account_id(email), await site.conversation_of(chats[email])
            parts = site.other_process
            link = await make_page_link(parts.database, site.clock, parts.settings, account, conversation_id=conversation)
            ask = await site.bot.http.get("/account", params={"t": parse_qs(urlsplit(link).query)["t"][0]})
            assert (await site.bot.http.post("/account/open", data=hidden(ask.text))).status_code == 303
            return (await site.bot.http.get("/account")).text

        page = await open_page(CLAIRE)
        assert "Claire Moreau" in page
        assert "c•••@sphere.example" in page
        assert "Se déconnecter" in page
        site.clock.advance(timedelta(minutes=20))
        assert "Votre session est terminée" in (await site.bot.http.get("/account")).text
        filled = hidden(page[page.index('class="settings"') :]) | {"do": "save", "mute.dossier": "SPH-2024-000142"}
        refused = await site.bot.http.post("/account", data=filled)
        assert refused.status_code == 401
        assert "n’ont pas été enregistrés" in refused.text
        again = await open_page(CLAIRE)
        assert "SPH-2024-000142" in again
        site.clock.advance(timedelta(minutes=20))
        filled |= hidden(again[again.index('class="settings"') :])
        assert "n’ont pas été enregistrés" in (await site.bot.http.post("/account", data=filled)).text
        assert "SPH-2024-000142" not in await open_page(KARIM)


async def test_a_transcript_is_opened_once_and_read_by_that_browser_alone(every_database: str, tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as world:
        chat, ticket = await world.with_agent()
        await world.desk.reply(ticket.id, MARIE, "Je regarde.", key="1")
        await world.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        (given,) = await chat.press(button_token((await chat.history())[-1], "Recevoir la transcription"))
        path, http = urlsplit(given["link"]["url"]).path, world.bot.http
        asked = [await http.get(path) for _ in range(2)]  # a platform opened it to preview it: nothing is shown or used up
        assert all(page.status_code == 200 and "Je regarde." not in page.text for page in asked)
        assert (await http.post("/transcript", data={"t": path.rpartition("/")[2]})).status_code == 403  # another site's form
        assert (await http.post("/transcript", data=hidden(asked[-1].text))).status_code == 303
        assert "Je regarde." in (await http.get("/transcript")).text
        assert "Je regarde." in (await http.get("/transcript/file")).text
        assert (await http.get(path)).status_code == 401
        http.cookies.clear()
        assert (await http.get("/transcript")).status_code == 401


@pytest.mark.parametrize("ends", ["time", "signing out"])
async def test_a_transcript_is_not_read_for_long(tmp_path: Path, ends: str) -> None:
    async with running_support_bot(tmp_path) as world:
        chat, ticket = await world.with_agent()
        await world.desk.reply(ticket.id, MARIE, "Je regarde.", key="1")
        await world.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        closed, http = (await chat.history())[-1], world.bot.http
        paths = []
        for _ in range(2):
            (given,) = await chat.press(button_token(closed, "Recevoir la transcription"))
            paths.append(urlsplit(given["link"]["url"]).path)
        await http.post("/transcript", data=hidden((await http.get(paths[0])).text))
        assert (await http.get("/transcript")).status_code == 200
        if ends == "time":
            world.clock.advance(timedelta(minutes=15))
        else:
            await http.delete("/chat/session", headers=chat.headers)
        assert (await http.get("/transcript")).status_code == 401
        assert (await http.get(paths[1])).status_code == 401
