"""The team's channel in Teams: a card for each ticket, what is pressed on it, what is said in its thread."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.support.records import Outcome, Ticket, TicketState
from tests.unit.messaging.running_bot import until
from tests.unit.support.groups.teams_channel import CHANNEL, Channel, running_channel


async def test_from_the_card_to_the_user_and_back(tmp_path: Path) -> None:
    async with running_channel(tmp_path) as channel:
        desk, ines, stranger = channel.support_bot.desk, channel.people["Inès Support"], channel.people["Paul Support"]
        chat, ticket = await channel.support_bot.open_ticket()
        await chat.say("je n’arrive pas à *ajouter* <b>Paul</b>")
        card = await channel.card(ticket, "Je prends", "Note interne", "Clore")
        assert "ajouter un partenaire" in card.text
        assert "ajouter" not in await channel.said(card, "L’utilisateur a écrit")
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
        assert "Bonjour" not in await channel.said(card, "Inès a répondu à l’utilisateur.")
        await channel.act(ines.send, "et encore", f"{CHANNEL};messageid={card.id}", mention=True)
        assert "et encore" in await chat.texts()
        await channel.act(ines.press, card, "Note interne", inputs={"text": "à rappeler"})
        said = await channel.said(card, "Inès a ajouté une note interne.")
        assert "rappeler" not in said
        assert said.count("a répondu") == 1  # what the group saw being written is not told there
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
    return (await channel.card(ticket)).action_titles == ("Ouvrir au poste",)


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
        await channel.said(card, "L’utilisateur a écrit")
        pressed = await channel.act(ines.press, card, "Répondre", inputs={"text": "la patiente Jeanne Zorglub"})
        assert "nommait un usager" in pressed["shown"]
        await channel.act(ines.press, card, "Note interne", inputs={"text": "la patiente Jeanne Zorglub"})
        await channel.said(card, "Inès a ajouté une note interne.")
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
            return other.id != card.id and "a écrit" in await channel.said(other, "")

        await until(made_anew)


async def refused(channel: Channel) -> bool:
    return bool(await asyncio.to_thread(lambda: channel.teams.control.calls(status=403)))
