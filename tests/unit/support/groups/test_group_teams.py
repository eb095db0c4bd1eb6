"""The team's channel in Teams: a card for each ticket, what is pressed on it, what is said in its thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.installation.supervisor import free_port
from bot.sandbox.teams import FakeTeams
from bot.sandbox.teams.control_client import ChatMessage, Json, TeamsUser
from bot.support.agent_links import AgentLinks
from bot.support.agents import AgentAccount
from bot.support.records import Outcome, Ticket, TicketState
from tests.unit.messaging.running_bot import until
from tests.unit.support.running_desk import OPEN_AT, SupportBot, running_support_bot

CHANNEL = "19:c0ffee00c0ffee00c0ffee00c0ffee00@thread.tacv2"


@dataclass
class Channel:
    """A running bot with its channel; two of its agents, one of whom has linked her account, and a stranger."""

    support_bot: SupportBot
    teams: FakeTeams
    links: AgentLinks
    ines: AgentAccount
    people: dict[str, TeamsUser]

    async def act(self, do: Callable[..., Json], *args: Any, **more: Any) -> Json:
        """What somebody does in Teams; it blocks, and the bot answers meanwhile."""
        return await asyncio.to_thread(do, *args, **more)

    async def card(self, ticket: Ticket, *titles: str) -> ChatMessage:
        """The ticket's card, as soon as it shows these buttons."""
        found: list[ChatMessage] = []

        async def look() -> bool:
            seen = await asyncio.to_thread(self.teams.control.messages, CHANNEL, bot=True)
            found[:] = [one for one in seen if ticket.reference in one.text and one.raw["card"] and set(titles) <= set(one.action_titles)]
            return bool(found)

        await until(look)
        return found[-1]

    async def said(self, card: ChatMessage, text: str) -> str:
        """Wait until the thread of a card says a text; all that it says."""
        told: list[str] = []

        async def look() -> bool:
            seen = await asyncio.to_thread(self.teams.control.messages, f"{CHANNEL};messageid={card.id}", bot=True)
            told[:] = [one.text for one in sorted(seen, key=lambda one: int(one.id)) if one.id != card.id]
            return text in "\n".join(told)

        await until(look)
        return "\n".join(told)


@asynccontextmanager
async def running_channel(folder: Path) -> AsyncIterator[Channel]:
    port = free_port()
    with FakeTeams(f"http://127.0.0.1:{port}/teams/messages", support_channel=CHANNEL) as teams:
        settings = {**teams.settings, "TEAMS_SERVICE_URL": teams.service_url, "SUPPORT_TEAMS_CHANNEL": CHANNEL}
        async with running_support_bot(folder, OPEN_AT, **settings) as support_bot:
            teams.control.configure(bot_url=f"{support_bot.bot.url}/teams/messages")
            support_bot.parts.groups.views["teams"].gather_seconds = 0.1
            links = support_bot.parts.agent_links
            ines = await support_bot.parts.agents.add("ines", "Inès", "agent", None)
            state = teams.control.request("GET", "/state")
            people = {one["name"]: TeamsUser(teams.control, one["id"], one["chat"], one["aad_object_id"]) for one in state["people"]}
            yield Channel(support_bot, teams, links, ines, people)


async def test_from_the_card_to_the_user_and_back(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as channel:
        desk, ines, stranger = channel.support_bot.desk, channel.people["Inès Support"], channel.people["Paul Support"]
        chat, ticket = await channel.support_bot.open_ticket()
        await chat.say("je n’arrive pas à *ajouter* <b>Paul</b>")
        card = await channel.card(ticket, "Je prends", "Note interne", "Clore")
        assert "associer un partenaire" in card.text
        assert "je n’arrive pas à *ajouter* <b>Paul</b>" in await channel.said(card, "ajouter")
        assert "relié à aucun compte" in (await channel.act(stranger.press, card, "Je prends"))["shown"]
        assert (await desk.find(ticket.id)).state is TicketState.WAITING
        code = await channel.links.new_code(channel.ines.id)
        await channel.act(ines.send, f"/relier {code}", f"{CHANNEL};messageid={card.id}", mention=True)
        await channel.said(card, "au nom de Inès")
        assert (await channel.act(ines.press, card, "Je prends"))["replaced"]
        assert (await desk.find(ticket.id)).agent == channel.ines.agent
        card = await channel.card(ticket, "Répondre", "Rendre à la file")
        assert "Inès répond" in card.text
        pressed = await channel.act(ines.press, card, "Répondre", inputs={"text": "Bonjour <i>vous</i>", "outcome": "solved"})
        assert pressed["replaced"]
        assert "Bonjour <i>vous</i>" in await chat.texts()
        await channel.said(card, "Inès répond : Bonjour <i>vous</i>")
        await channel.act(ines.send, "et encore", f"{CHANNEL};messageid={card.id}", mention=True)
        assert "et encore" in await chat.texts()
        await channel.act(ines.press, card, "Note interne", inputs={"text": "à rappeler"})
        assert "Inès répond : et encore" not in await channel.said(card, "Note de Inès : à rappeler")
        assert "rien à lire" in (await channel.act(ines.press, card, "Répondre", inputs={"text": " "}))["shown"]
        assert (await channel.act(ines.press, card, "Clore", inputs={"outcome": "explained"}))["replaced"]
        assert (await desk.find(ticket.id)).outcome is Outcome.EXPLAINED
        await channel.said(card, "Inès a clos la demande (expliqué)")
        await until(lambda: closed(channel, ticket))
        assert "à rappeler" not in "\n".join(await chat.texts())
        late = await channel.act(ines.press, card, "Répondre", inputs={"text": "trop tard"}, stale=True)
        assert "est close" in late["shown"]
        assert "trop tard" not in await chat.texts()


async def closed(channel: Channel, ticket: Ticket) -> bool:
    return (await channel.card(ticket)).action_titles == ()


async def test_a_press_comes_twice_and_buttons_that_are_none(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as channel:
        ines = channel.people["Inès Support"]
        await channel.links.redeem("teams", ines.aad_object_id, await channel.links.new_code(channel.ines.id))
        chat, ticket = await channel.support_bot.with_agent(channel.ines.agent)
        card = await channel.card(ticket, "Répondre")
        done = await channel.act(ines.press, card, "Répondre", inputs={"text": "une fois"})
        again = await asyncio.to_thread(channel.teams.control.replay, done["posts"][0]["number"])
        assert again["status"] == 200
        assert (await chat.texts()).count("une fois") == 1
        await channel.act(ines.press, card, "Répondre", inputs={"text": "par un autre client"}, fallback=True)
        assert "par un autre client" in await chat.texts()
        activity = done["posts"][0]["activity"]
        for data in ({"ticket": "x", "act": "prendre"}, {"ticket": True, "act": "prendre"}, {"ticket": ticket.id, "act": "supprimer"}, {}):
            wrong = activity | {"id": f"wrong-{data}", "value": {"action": {"type": "Action.Execute", "verb": "support", "data": data}}}
            post = await asyncio.to_thread(channel.teams.control.post_activity, wrong)
            assert (post["status"], post["body"]["statusCode"]) == (200, 400)
        missing = activity | {"id": "m", "value": {"action": {"data": {"ticket": 999, "act": "prendre"}}}}
        post = await asyncio.to_thread(channel.teams.control.post_activity, missing)
        assert "pas possible ici" in post["body"]["value"]


async def test_nothing_that_names_an_usager_enters_or_leaves(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as channel:
        ines = channel.people["Inès Support"]
        await channel.links.redeem("teams", ines.aad_object_id, await channel.links.new_code(channel.ines.id))
        chat, ticket = await channel.support_bot.with_agent(channel.ines.agent)
        await chat.say("le dossier de Mme Jeanne Zorglub est vide")
        card = await channel.card(ticket, "Répondre")
        await channel.said(card, "est vide")
        pressed = await channel.act(ines.press, card, "Répondre", inputs={"text": "la patiente Jeanne Zorglub"})
        assert "nommait un usager" in pressed["shown"]
        await channel.act(ines.press, card, "Note interne", inputs={"text": "la patiente Jeanne Zorglub"})
        await channel.said(card, "Note de Inès")
        calls = await asyncio.to_thread(channel.teams.control.calls)
        assert "Zorglub" not in str([call["body"] for call in calls])
        assert "la patiente [usager]" in await chat.texts()


async def test_a_channel_without_the_bot_and_a_thread_that_is_gone(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as channel:
        channel.teams.control.update_conversation(CHANNEL, closed="BotNotInConversationRoster")
        chat, ticket = await channel.support_bot.open_ticket()
        await until(lambda: refused(channel))
        channel.teams.control.update_conversation(CHANNEL, closed="")
        await until(lambda: channel.support_bot.parts.groups.views["teams"].show_due())
        card = await channel.card(ticket, "Je prends")
        channel.teams.control.inject_fault(404, operation="send", count=1)
        await chat.say("bonjour ?")

        async def made_anew() -> bool:
            other = await channel.card(ticket)
            return other.id != card.id and "bonjour ?" in await channel.said(other, "")

        await until(made_anew)


async def refused(channel: Channel) -> bool:
    return bool(await asyncio.to_thread(lambda: channel.teams.control.calls(status=403)))
