"""Microsoft's own SDK works with the fake: as a client of the connector, and as a bot that is posted to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import httpx
import jwt
import pytest
import uvicorn
from fastapi import FastAPI

from bot.sandbox.teams import FakeTeams, TeamsUser
from tests.unit.sandbox.teams.microsoft_sdk import (
    PUBLIC,
    Account,
    ActivityContext,
    AdaptiveCard,
    AdaptiveCardActionMessageResponse,
    AdaptiveCardInvokeActivity,
    ApiClient,
    App,
    ClientOptions,
    CreateConversationParams,
    ExecuteAction,
    MessageActivity,
    MessageActivityInput,
    TextBlock,
    TypingActivityInput,
    with_overrides,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:The bot client is deprecated"),
    pytest.mark.filterwarnings("ignore:The user client is deprecated"),
]


@pytest.fixture
def teams() -> Iterator[FakeTeams]:
    with FakeTeams() as running:
        yield running


def token(teams: FakeTeams) -> str:
    return jwt.encode({"appid": teams.app_id}, "k" * 40, algorithm="HS256")


def card(text: str, *titles: str) -> AdaptiveCard:
    actions = [ExecuteAction(title=title, verb="choose", data={"token": title}) for title in titles]
    return AdaptiveCard(version="1.5", body=[TextBlock(text=text)], actions=actions)


async def test_every_request_of_the_sdks_client(teams: FakeTeams) -> None:
    claire = teams.add_user("Claire Moreau")
    channel = teams.control.add_channel("Équipe", [claire])
    for where in (None, channel):
        teams.control.perform("install", person=claire.id, conversation=where)
    api = ApiClient(teams.service_url, ClientOptions(token=token(teams)))
    chats = api.conversations
    sent = await chats.create_activity(claire.chat, MessageActivityInput(text="Bonjour"))
    await chats.create_activity(claire.chat, TypingActivityInput())
    assert (await chats.update_activity(claire.chat, sent.id, MessageActivityInput(text="Bonsoir"))).id == sent.id
    reply = await chats.reply_to_activity(claire.chat, sent.id, MessageActivityInput().add_card(card("Choisissez", "Oui")))
    assert [(seen.text, seen.action_titles) for seen in claire.receive(2)] == [("Bonsoir", ()), ("Choisissez", ("Oui",))]
    await chats.add_reaction(claire.chat, sent.id, "like")
    await chats.delete_reaction(claire.chat, sent.id, "like")
    await chats.delete_activity(claire.chat, reply.id)
    assert [seen.deleted for seen in claire.receive(2)] == [False, True]

    [member] = await chats.get_members(claire.chat)
    assert (member.id, member.aad_object_id) == (claire.id, claire.aad_object_id)
    assert (await chats.get_member_by_id(claire.chat, claire.aad_object_id)).given_name == "Claire"
    assert [one.id for one in (await chats.get_paged_members(claire.chat, 50)).members] == [claire.id]
    assert [one.id for one in await chats.get_activity_members(claire.chat, sent.id)] == [claire.id]
    assert (await api.teams.get_by_id(channel)).name == "Équipe"
    assert [(one.id, one.name) for one in await api.teams.get_conversations(channel)] == [(channel, None)]

    asked = CreateConversationParams(
        members=[Account(id=claire.id)], tenant_id=teams.tenant_id, activity=MessageActivityInput(text="Du neuf")
    )
    made = await chats.create(asked)
    assert (made.id, made.activity_id) == (claire.chat, claire.receive()[0].id)
    asked = CreateConversationParams(channel_data={"channel": {"id": channel}}, activity=MessageActivityInput(text="Un fil"))
    assert (await chats.create(asked)).id.startswith(f"{channel};messageid=")
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        await chats.create_activity("a:unknown", MessageActivityInput(text="Bonjour"))
    await api.http.http.aclose()


class Served:
    """A bot made with the SDK, on loopback."""

    def __init__(self, teams: FakeTeams) -> None:
        cloud = with_overrides(PUBLIC, openid_metadata_url=teams.settings["TEAMS_OPENID_URL"], token_issuer=teams.settings["TEAMS_ISSUER"])
        self.app = App(
            client_id=teams.app_id,
            tenant_id=teams.tenant_id,
            token=lambda _scope, _tenant: token(teams),
            cloud=cloud,
            messaging_endpoint="/teams/messages",
            client=ClientOptions(headers={"Connection": "close"}),  # it has no way to close connections that it keeps
        )
        self.app.on_message(self._message)
        self.app.on_card_action_execute(self._pressed)

    @staticmethod
    async def _message(context: ActivityContext[MessageActivity]) -> None:
        await context.send(card(f"Vous avez dit {context.activity.text}", "Oui"))

    @staticmethod
    async def _pressed(context: ActivityContext[AdaptiveCardInvokeActivity]) -> AdaptiveCardActionMessageResponse:
        done = MessageActivityInput(id=context.activity.reply_to_id).add_card(card("C’est fait."))
        await context.send(done)
        return AdaptiveCardActionMessageResponse(value="Noté.")


@pytest.fixture
def served(teams: FakeTeams) -> Iterator[Served]:
    bot = Served(teams)
    asyncio.run(bot.app.initialize())
    fastapi = getattr(bot.app.server.adapter, "app", None)
    assert isinstance(fastapi, FastAPI)
    server = uvicorn.Server(uvicorn.Config(fastapi, port=0, log_level="error", lifespan="off"))
    listener = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    teams.control.configure(bot_url=f"http://127.0.0.1:{listener.getsockname()[1]}/teams/messages")
    try:
        yield bot
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def claire(teams: FakeTeams, served: Served) -> TeamsUser:
    return teams.add_user("Claire Moreau", installed=True)


def test_a_bot_of_the_sdk_talks_with_people(teams: FakeTeams, claire: TeamsUser) -> None:
    [asked] = claire.ask("bonjour")
    assert asked.text == "Vous avez dit bonjour"
    pressed = claire.press(asked, "Oui")
    assert pressed["shown"] == "Noté.", pressed["posts"]
    [replaced] = claire.receive()
    assert (replaced.id, replaced.text, replaced.action_titles) == (asked.id, "C’est fait.", ())
    assert {post["status"] for post in teams.control.posts()} == {200}


@pytest.mark.parametrize("flaw", ["no_token", "wrong_key", "expired", "other_audience", "other_issuer", "other_service_url"])
def test_a_bot_of_the_sdk_refuses_flaws(claire: TeamsUser, flaw: str) -> None:
    assert claire.send("bonjour", flaw=flaw)["posts"][0]["status"] == 401
