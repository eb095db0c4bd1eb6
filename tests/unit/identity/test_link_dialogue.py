"""What the dialogue says of links: to other channels, made outside of it, and the way to sign in. The words are the domain's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker
from ruamel.yaml import YAML

from actions.flows.identity import LINK_ACCOUNT, AskLoginEmail, SubmitLinkAccount
from actions.framework.context import Context
from actions.framework.events import Events
from actions.framework.flow_actions import ValidateFlow
from actions.framework.lifecycle import start_flow
from actions.framework.turn import BUTTON_EXTRACTOR, Turn
from actions.framework.utterances import Utterances
from bot.settings import Settings
from tests.unit.harness import CLAIRE, Harness

DOMAIN = Path(__file__).resolve().parents[3] / "domain"
FORM = LINK_ACCOUNT.form
CHANNELS = {"telegram_token": "1:x", "telegram_bot": "SphereBot", "teams_app_id": "app"}
OIDC = {"oidc_issuer": "https://issuer.example", "oidc_client_id": "sphere"}


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for path in DOMAIN.glob("*.yml"):
        responses |= YAML(typ="safe").load(path).get("responses") or {}
    return {"responses": responses}


class Chat:
    """A chat's turns, as the actions get them."""

    def __init__(self, harness: Harness, domain: dict[str, Any], **settings: Any) -> None:
        self.harness, self.domain = harness, domain
        self.services = harness.with_settings(Settings(secret="s" * 32, **settings))
        self.identity = self.services.identity
        self.said: list[dict[str, Any]] = []

    def context(
        self, text: str = "", *, requested: str | None = None, stack: list[Any] | None = None, home: str = "web", **entities: str
    ) -> Context:
        """A turn that says a text, or where there is none presses a button with these entities."""
        carried = [{"entity": name, "value": value, "extractor": BUTTON_EXTRACTOR} for name, value in entities.items()]
        door = {"turn": 1, "channel": home, "home": home, "trusted": home == "web"}
        message = {"text": text, "intent": {"name": LINK_ACCOUNT.name}, "entities": carried, "metadata": door}
        slots = {"task_stack": stack, "requested_slot": requested}
        tracker = Tracker("chat", slots, message, [{"event": "user"}], False, None, {"name": FORM} if requested else {}, None)
        dispatcher = CollectingDispatcher()
        self.said = cast(list[dict[str, Any]], dispatcher.messages)
        return Context(Turn(tracker), Utterances(dispatcher, self.domain), self.services)

    @property
    def responses(self) -> list[str]:
        return [message["response"] for message in self.said if message.get("response")]

    @property
    def links(self) -> list[dict[str, str]]:
        return [message["custom"]["link"] for message in self.said if message.get("custom")]


def slots(events: Events) -> dict[str, Any]:
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


async def test_a_linked_chat_is_offered_the_other_channels(harness: Harness, domain: dict[str, Any]) -> None:
    claire = await harness.link("chat", CLAIRE)
    chat = Chat(harness, domain, **CHANNELS)
    await start_flow(LINK_ACCOUNT, chat.context("lier mon compte"))
    assert chat.responses == ["utter_already_linked", "utter_link_other_chat", "utter_link_other_chat"]
    assert [link["title"] for link in chat.links] == ["Ouvrir dans Telegram", "Ouvrir dans Teams"]
    assert chat.said[1]["minutes"] == 10
    token = chat.links[0]["url"].partition("start=")[2]
    assert await chat.identity.redeem("on-telegram", token) == claire


@pytest.mark.parametrize(
    ("text", "home", "titles"),
    [
        ("je veux relier Telegram", "web", ["Ouvrir dans Telegram"]),
        ("relier mon teams", "web", ["Ouvrir dans Teams"]),
        ("relier Telegram", "telegram", ["Ouvrir dans Teams", "Ouvrir la discussion web"]),
        ("sur le web", "telegram", ["Ouvrir la discussion web"]),
    ],
)
async def test_the_channel_that_was_named(harness: Harness, domain: dict[str, Any], text: str, home: str, titles: list[str]) -> None:
    await harness.link("chat", CLAIRE)
    chat = Chat(harness, domain, **CHANNELS)
    await start_flow(LINK_ACCOUNT, chat.context(text, home=home))
    assert [link["title"] for link in chat.links] == titles


async def test_the_channel_as_it_was_understood(harness: Harness, domain: dict[str, Any]) -> None:
    await harness.link("chat", CLAIRE)
    chat = Chat(harness, domain, **CHANNELS)
    await start_flow(LINK_ACCOUNT, chat.context("relier l'autre", channel="Telegram"))
    assert [link["title"] for link in chat.links] == ["Ouvrir dans Telegram"]


async def test_a_channel_that_is_not_there(harness: Harness, domain: dict[str, Any]) -> None:
    await harness.link("chat", CLAIRE)
    chat = Chat(harness, domain)
    await start_flow(LINK_ACCOUNT, chat.context("relier mon Telegram"))
    assert chat.responses == ["utter_already_linked", "utter_link_no_such_channel"]
    assert chat.said[-1]["channel"] == "Telegram"


async def test_a_link_made_elsewhere_is_told(harness: Harness, domain: dict[str, Any]) -> None:
    await harness.link("chat", CLAIRE)
    chat = Chat(harness, domain)
    events = await start_flow(LINK_ACCOUNT, chat.context(linked="1"))
    assert chat.responses == ["utter_linked_web", "utter_what_next"]
    assert (chat.said[0]["name"], chat.said[0]["days"]) == ("Claire Moreau", 90)
    assert events[-1]["name"] == "action_listen"


async def test_a_link_made_elsewhere_fills_the_form(harness: Harness, domain: dict[str, Any]) -> None:
    await harness.link("chat", CLAIRE)
    chat = Chat(harness, domain)
    for requested in LINK_ACCOUNT.required_slots:
        context = chat.context(linked="1", requested=requested)
        heard = slots(await ValidateFlow(LINK_ACCOUNT).act(context))
        assert chat.responses == ["utter_linked_web"]
        assert all(heard[name] for name in LINK_ACCOUNT.required_slots)
    done = chat.context(requested="login_code")
    events = await SubmitLinkAccount().act(done)
    assert chat.responses == ["utter_what_next"]
    assert slots(events)["login_email"] is None


async def test_a_link_that_has_ended_meanwhile_is_said(harness: Harness, domain: dict[str, Any]) -> None:
    chat = Chat(harness, domain)
    await start_flow(LINK_ACCOUNT, chat.context(linked="1"))
    assert chat.responses == ["utter_linked_no_more"]
    heard = slots(await ValidateFlow(LINK_ACCOUNT).act(chat.context(linked="1", requested="login_email")))
    assert chat.responses == ["utter_linked_no_more"]
    assert set(heard) == {"heard"}


async def test_somebody_without_an_account_is_told_so(harness: Harness, domain: dict[str, Any]) -> None:
    chat = Chat(harness, domain, **OIDC)
    await start_flow(LINK_ACCOUNT, chat.context(linked="0"))
    await ValidateFlow(LINK_ACCOUNT).act(chat.context(linked="0", requested="login_email"))
    assert chat.responses == ["utter_sign_in_no_account"]
    assert chat.said[0]["issuer"] == "Pro Santé Connect"


async def test_a_platform_that_is_away_offers_to_look_again(harness: Harness, domain: dict[str, Any]) -> None:
    await harness.link("chat", CLAIRE)
    harness.network.cut_after(0, losing=False)
    chat = Chat(harness, domain)
    heard = slots(await ValidateFlow(LINK_ACCOUNT).act(chat.context(linked="1", requested="login_email")))
    assert chat.responses == ["utter_platform_down"]
    assert chat.said[0]["buttons"][0]["payload"] == '/link_account{"linked": "1"}'
    assert set(heard) == {"heard"}


async def test_the_way_to_sign_in_is_offered_where_there_is_one(harness: Harness, domain: dict[str, Any]) -> None:
    chat = Chat(harness, domain)
    await AskLoginEmail().act(chat.context())
    assert chat.responses == ["utter_login_email"]
    assert chat.links == []
    chat = Chat(harness, domain, **OIDC)
    await AskLoginEmail().act(chat.context())
    (link,) = chat.links
    assert chat.responses == ["utter_login_email_or_sign_in"]
    assert link["title"] == "Me connecter avec Pro Santé Connect"
    assert await chat.identity.sign_ins.conversation_of(link["url"].partition("?t=")[2]) == "chat"


async def test_every_phrase_is_in_the_domain(domain: dict[str, Any]) -> None:
    for channel in ("web", "telegram", "teams"):
        assert f"utter_title_open_{channel}" in domain["responses"]
        assert f"utter_channel_{channel}" in domain["responses"]
