"""What people do, what the bot is told of it, and what is remembered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from bot.fake_channels import TEAMS_APP_ID, TEAMS_TENANT_ID
from bot.sandbox.teams import FakeTeams, TeamsUser
from tests.unit.sandbox.teams.recording_bot import RecordingBot, recording_bot

Json = dict[str, Any]
BOT = f"28:{TEAMS_APP_ID}"
EXECUTE = {"type": "Action.Execute", "title": "Oui", "verb": "choose", "data": {"token": "t1"}}
FALLBACK = {"type": "Action.Submit", "title": "Oui", "data": {"token": "t1"}}
CARD: Json = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Confirmez-vous ?"}]}
AFTER: Json = CARD | {"body": [{"type": "TextBlock", "text": "C’est fait."}]}


@pytest.fixture
def bot() -> Iterator[RecordingBot]:
    with recording_bot() as running:
        yield running


@pytest.fixture
def teams(bot: RecordingBot) -> Iterator[FakeTeams]:
    with FakeTeams(bot.url) as running:
        yield running


@pytest.fixture
def claire(teams: FakeTeams, bot: RecordingBot) -> TeamsUser:
    user = teams.add_user("Claire Moreau", installed=True)
    bot.requests.clear()
    return user


def send_as_bot(teams: FakeTeams, conversation: str, activity: Json, message: str | None = None) -> str:
    """Send a message as the bot, or update `message`; return its id."""
    token = jwt.encode({"appid": TEAMS_APP_ID}, "k" * 40, algorithm="HS256")
    url = f"{teams.service_url}v3/conversations/{conversation}/activities{f'/{message}' if message else ''}"
    answer = httpx.request("PUT" if message else "POST", url, json=activity, headers={"Authorization": f"Bearer {token}"})
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def card_message(content: Json, *actions: Json) -> Json:
    full = content | {"actions": list(actions)} if actions else content
    return {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": full}]}


def test_a_message_as_teams_posts_it(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    done = claire.send("Bonjour <b> & l’équipe")
    [activity] = bot.activities
    assert (activity["type"], activity["text"], activity["textFormat"]) == ("message", "Bonjour <b> & l’équipe", "plain")
    assert activity["attachments"] == [{"contentType": "text/html", "content": "<p>Bonjour &lt;b&gt; &amp; l’équipe</p>"}]
    assert activity["from"] == {"id": claire.id, "name": "Claire Moreau", "aadObjectId": claire.aad_object_id}
    assert activity["recipient"] == {"id": BOT, "name": "SPHERE"}
    assert activity["conversation"] == {"conversationType": "personal", "tenantId": TEAMS_TENANT_ID, "id": claire.chat}
    assert activity["channelData"] == {"tenant": {"id": TEAMS_TENANT_ID}}
    assert (activity["channelId"], activity["serviceUrl"]) == ("msteams", teams.service_url)
    assert activity["id"].isdecimal()
    assert claire.id.startswith("29:")
    assert done["posts"][0]["status"] == 200


def test_installing_is_told_twice_uninstalling_once(teams: FakeTeams, bot: RecordingBot) -> None:
    paul = teams.add_user("Paul Girard")
    with pytest.raises(httpx.HTTPStatusError, match="not installed"):
        paul.send("bonjour")
    paul.install()
    assert sorted(activity["type"] for activity in bot.activities) == ["conversationUpdate", "installationUpdate"]
    assert bot.of_type("installationUpdate")[0]["action"] == "add"
    assert bot.of_type("conversationUpdate")[0]["membersAdded"] == [{"id": BOT}]
    with pytest.raises(httpx.HTTPStatusError, match="installed"):
        paul.install()
    bot.requests.clear()
    paul.uninstall()
    assert [(activity["type"], activity["action"]) for activity in bot.activities] == [("installationUpdate", "remove")]


def test_in_a_team_the_bot_hears_what_mentions_it(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    channel = teams.control.add_channel("Équipe", [claire])
    claire.install(channel)
    assert bot.of_type("conversationUpdate")[0]["channelData"]["eventType"] == "teamMemberAdded"
    bot.requests.clear()
    claire.send("entre nous", channel)
    assert bot.activities == []
    root = claire.send("bonjour", channel, mention=True)["message"]["id"]
    claire.send("encore", f"{channel};messageid={root}", mention=True)
    first, second = bot.activities
    assert first["text"] == "<at>SPHERE</at> bonjour"
    assert first["entities"][1] == {"type": "mention", "mentioned": {"id": BOT, "name": "SPHERE"}, "text": "<at>SPHERE</at>"}
    assert first["conversation"]["id"] == second["conversation"]["id"] == f"{channel};messageid={root}"
    assert (first["conversation"]["isGroup"], first["channelData"]["team"]["id"]) == (True, channel)
    send_as_bot(teams, f"{channel};messageid={root}", {"type": "message", "text": "En privé, s’il vous plaît"})
    assert claire.receive(conversation=channel)[0].raw["thread"] == root
    assert len(teams.control.messages(f"{channel};messageid={root}")) == 3
    teams.control.update_conversation(channel, hears_all=True)
    claire.send("entre nous", channel)
    assert bot.activities[-1]["text"] == "entre nous"


def test_a_group_chat(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    group = teams.control.add_group_chat("Garde", [claire])
    claire.install(group)
    claire.send("bonjour", group, mention=True)
    assert bot.of_type("message")[0]["conversation"] == {
        "isGroup": True,
        "conversationType": "groupChat",
        "tenantId": TEAMS_TENANT_ID,
        "id": group,
    }
    with pytest.raises(httpx.HTTPStatusError, match="not in that conversation"):
        teams.add_user("Paul Girard").send("bonjour", group)


def test_edit_delete_react_and_files(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    own = claire.send("bonjuor")["message"]["id"]
    claire.edit(own, "bonjour")
    claire.delete(own)
    claire.control.perform("undelete", person=claire.id, message=own)
    claire.react(own)
    claire.react(send_as_bot(teams, claire.chat, {"type": "message", "text": "Bonjour"}), "heart")
    claire.send_image()
    claire.send_file("radio.pdf")
    assert [activity["type"] for activity in bot.activities] == [
        *("message", "messageUpdate", "messageDelete", "messageUpdate", "messageReaction", "message", "message")
    ]
    _, edited, deleted, back, reaction, image, file = bot.activities
    assert (edited["id"], edited["text"], edited["channelData"]["eventType"]) == (own, "bonjour", "editMessage")
    assert ("text" in deleted, deleted["channelData"]["eventType"]) == (False, "softDeleteMessage")
    assert back["channelData"]["eventType"] == "undeleteMessage"
    assert reaction["reactionsAdded"] == [{"type": "heart"}]
    assert ("text" in image, image["attachments"][0]["contentType"]) == (False, "image/*")
    assert (file["attachments"][0]["name"], file["attachments"][0]["content"]["fileType"]) == ("radio.pdf", "pdf")
    with pytest.raises(httpx.HTTPStatusError, match="not theirs"):
        claire.edit(claire.receive()[0].id, "autre")


def test_pressing_a_card(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    message = send_as_bot(teams, claire.chat, card_message(CARD, EXECUTE | {"fallback": FALLBACK}))
    [seen] = claire.receive()
    assert (seen.text, seen.action_titles) == ("Confirmez-vous ?", ("Oui",))
    bot.respond = lambda _: (200, {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Noté."})
    assert claire.press(seen, "Oui", inputs={"why": "soins"})["shown"] == "Noté."
    [invoke] = bot.of_type("invoke")
    assert (invoke["name"], invoke["replyToId"]) == ("adaptiveCard/action", message)
    action = {"type": "Action.Execute", "verb": "choose", "data": {"token": "t1", "why": "soins"}}
    assert invoke["value"] == {"action": action, "trigger": "manual"}
    claire.press(seen, "Oui", fallback=True)
    [submit] = bot.of_type("message")
    assert (submit["value"], submit["replyToId"], "text" in submit) == ({"token": "t1"}, message, False)
    with pytest.raises(httpx.HTTPStatusError, match="no card shows that button"):
        claire.press(seen, "Non")


def test_the_answer_to_a_press_may_be_a_card_of_ones_own(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    send_as_bot(teams, claire.chat, card_message(CARD, EXECUTE))
    bot.respond = lambda _: (200, {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": AFTER})
    [seen] = claire.receive()
    assert claire.press(seen, "Oui")["replaced"]
    assert claire.receive()[0].text == "C’est fait."
    assert teams.control.messages(claire.chat, bot=True)[0].text == "Confirmez-vous ?"


@pytest.mark.parametrize(
    "answer",
    [
        (500, None),
        (200, None),
        (200, {"type": "message"}),
        (200, {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": {}}),
        (200, {"statusCode": 400, "type": "application/vnd.microsoft.error", "value": {"code": "BadRequest"}}),
    ],
)
def test_an_answer_that_the_client_cannot_show(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot, answer: tuple[int, Any]) -> None:
    message = send_as_bot(teams, claire.chat, card_message(CARD, EXECUTE))
    bot.respond = lambda _: answer
    done = claire.press(message, "Oui")
    assert (done["shown"], done["replaced"]) == ("Une erreur s’est produite. Veuillez réessayer.", False)


def test_a_replaced_card_can_be_pressed_on_a_stale_screen_only(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    message = send_as_bot(teams, claire.chat, card_message(CARD, EXECUTE))
    send_as_bot(teams, claire.chat, card_message(AFTER), message)
    with pytest.raises(httpx.HTTPStatusError, match="no card shows"):
        claire.press(message, "Oui")
    claire.press(message, "Oui", stale=True)
    assert len(bot.of_type("invoke")) == 1


def test_replay_and_two_at_once(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    done = claire.send("bonjour")
    teams.control.replay(done["posts"][0]["number"])
    assert bot.activities[0] == bot.activities[1]
    barrier = threading.Barrier(2)

    def both_are_there(_activity: Json) -> tuple[int, Any]:
        barrier.wait(60)
        return 200, None

    bot.respond = both_are_there
    done_both = teams.control.perform_together([{"act": "send", "person": claire.id, "text": text} for text in ("un", "deux")])
    assert [one["posts"][0]["status"] for one in done_both] == [200, 200]


def test_waiting_for_what_the_bot_does(teams: FakeTeams, claire: TeamsUser) -> None:
    claire.send("bonjour")
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(claire.receive()))
    waiting.start()
    message = send_as_bot(teams, claire.chat, {"type": "message", "text": "Bonjour"})
    waiting.join(60)
    assert [seen.text for seen in found[0]] == ["Bonjour"]
    send_as_bot(teams, claire.chat, {"type": "message", "text": "Bonsoir"}, message)
    [seen] = claire.receive()
    assert (seen.id, seen.text, seen.edited) == (message, "Bonsoir", True)
    with pytest.raises(AssertionError, match="0 messages"):
        claire.receive(wait=0)
    calls = teams.control.calls(conversation=claire.chat, count=2, wait=5)
    assert [(call["operation"], call["status"]) for call in calls] == [("send", 201), ("update", 200)]
    assert all(call["at"] > 1e9 and call["seconds"] >= 0 for call in calls)


def test_a_bot_that_is_away(teams: FakeTeams, claire: TeamsUser, bot: RecordingBot) -> None:
    bot.respond = lambda _: (503 if len(bot.requests) < 3 else 200, None)
    assert claire.send("bonjour")["posts"][0]["status"] == 503
    teams.control.configure(retries=3)
    [post] = claire.send("bonjour")["posts"]
    assert (post["status"], post["attempts"]) == (200, 2)
    teams.control.configure(bot_url="http://127.0.0.1:9/teams/messages", retries=0)
    [post] = claire.send("bonjour")["posts"]
    assert (post["status"], post["error"]) == (None, "ConnectError")


def test_unknown_acts_and_people(teams: FakeTeams, claire: TeamsUser) -> None:
    for body, status in (
        ({"act": "dance"}, 422),
        ({"act": "send", "person": "29:x", "text": "a"}, 409),
        ({"act": "send", "wrong": 1}, 422),
    ):
        assert httpx.post(f"{teams.url}/fake/acts", json=body).status_code == status
    assert httpx.get(f"{teams.url}/fake/state", headers={"Host": "teams.example"}).status_code == 400
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        teams.control.inject_fault(418)
