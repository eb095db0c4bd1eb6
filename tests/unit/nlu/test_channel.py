"""The gateway channel, in a real Rasa server."""

from __future__ import annotations

import concurrent.futures
import json
import sqlite3
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
from conftest import ACTIONS_TOKEN, TOKEN, ActionServer, RasaServer, free_port, start_rasa

from nlu.message_signatures import ANSWER_HEADER, MessageSigner
from nlu.turn_processor import SESSION_EVENTS


@pytest.fixture
def conversation() -> str:
    """Return a new conversation's id."""
    return uuid.uuid4().hex


def test_answers_a_text_with_structured_buttons(rasa: RasaServer, conversation: str) -> None:
    assert rasa.say(conversation, "bonjour") == [
        {
            "text": "Bonjour, que puis-je faire ?",
            "buttons": [
                {"title": "Ajouter un partenaire", "intent": "add_partner", "entities": {"city": "Tours", "ordinal": "2"}},
                {"title": "Le coût", "intent": "faq/cost", "entities": {}},
            ],
            "link": None,
        }
    ]


def test_a_link_joins_the_text_before_it(rasa: RasaServer, conversation: str) -> None:
    link = {"title": "Guide", "url": "https://sphere.example/guide"}
    assert rasa.say(conversation, "aide") == [{"text": "Voici une aide.", "buttons": [], "link": link}]


def test_a_button_skips_understanding(rasa: RasaServer, conversation: str) -> None:
    body = {"conversation": conversation, "intent": "add_partner", "entities": {"city": "Blois"}}
    assert rasa.send(body)[1]["messages"][0]["text"] == "Ville : Blois"


@pytest.mark.parametrize(
    ("body", "intent"), [({"text": "bonjour"}, "greet"), ({"text": "c'est payant ?"}, "faq"), ({"intent": "add_partner"}, "add_partner")]
)
def test_the_intent_is_returned_and_returned_again(rasa: RasaServer, conversation: str, body: dict[str, Any], intent: str) -> None:
    body = {"conversation": conversation, "turn": "t-1", **body}
    first, again = rasa.send(body)[1], rasa.send(body)[1]
    assert first == again
    assert first["intent"] == intent


@pytest.mark.parametrize("body", [{"text": "c'est payant ?"}, {"intent": "faq/cost"}])
def test_a_question_is_answered_typed_or_by_button(rasa: RasaServer, conversation: str, body: dict[str, Any]) -> None:
    _, answer = rasa.send({"conversation": conversation, **body})
    assert [m["text"] for m in answer["messages"]] == ["C'est gratuit."]


@pytest.mark.parametrize("token", [None, "", "wrong", "secret-of-the-tes", "é"])
def test_a_wrong_token_gets_no_answer(rasa: RasaServer, conversation: str, token: str | None) -> None:
    encoded = token.encode().decode("latin-1") if token else token
    status, answer = rasa.send({"conversation": conversation, "text": "bonjour"}, token=encoded)
    assert (status, answer["title"]) == (401, "Unknown token")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"conversation": "c", "text": "a" * 4001}, 413),
        ({"conversation": "c", "text": " / // "}, 422),
        ({"conversation": "c", "text": 3}, 422),
        ({"conversation": "c"}, 422),
        ({"text": "bonjour"}, 422),
        ({"conversation": "", "text": "bonjour"}, 422),
        ({"conversation": "c", "text": "a", "intent": "greet"}, 422),
        ({"conversation": "c", "intent": "no_such_intent"}, 422),
        ({"conversation": "c", "intent": "restart"}, 422),
        ({"conversation": "c", "intent": "faq/no_such_topic"}, 422),
        ({"conversation": "c", "intent": "faq"}, 422),
        ({"conversation": "c", "intent": "greet", "entities": {"password": "x"}}, 422),
        ({"conversation": "c", "intent": "greet", "entities": ["x"]}, 422),
        ([], 422),
    ],
)
def test_malformed_requests_are_refused(rasa: RasaServer, body: Any, status: int) -> None:
    code, answer = rasa.send(body)
    assert code == status
    assert answer["status"] == status
    assert answer["title"]
    assert len(answer["id"]) == 32


def test_a_body_that_is_no_json_is_refused(rasa: RasaServer) -> None:
    assert rasa.send(None, raw=b"{")[0] == 422


@pytest.mark.parametrize(
    "text",
    ["/restart", '/inject{"x":1}', "  /goodbye", "//greet", '/EXTERNAL_x{"a": 1}', "/session_start", "\u00a0/ /affirm", "\ufeff/back"],
)
def test_typed_payloads_are_text(rasa: RasaServer, conversation: str, text: str) -> None:
    rasa.say(conversation, "ajoute le dr Martin cardiologue à Tours")
    rasa.say(conversation, text)
    events = _read_events(rasa, conversation)
    users = [event for event in events if event["event"] == "user"]
    assert not users[-1]["text"].startswith(("/", " "))
    assert users[-1]["parse_data"]["intent_ranking"], "understood as text, not taken for a payload"
    assert not any(event["event"] in ("restart", "rewind", "session_started") for event in events[events.index(users[0]) :])


def test_actions_get_the_turn_and_it_runs_once(rasa: RasaServer, actions: ActionServer, conversation: str) -> None:
    first = rasa.say(conversation, "au revoir", turn="t-1")
    calls = len(actions.calls)
    assert first[0]["text"] == "tour t-1"
    assert rasa.say(conversation, "au revoir", turn="t-1") == first
    assert len(actions.calls) == calls
    assert rasa.say(conversation, "au revoir", turn="t-2")[0]["text"] == "tour t-2"


def test_a_failed_action_is_an_error_and_leaves_no_trace(rasa: RasaServer, conversation: str) -> None:
    rasa.say(conversation, "bonjour")
    before = _read_events(rasa, conversation)
    status, answer = rasa.send({"conversation": conversation, "text": "merci beaucoup", "turn": "t"})
    assert (status, set(answer)) == (502, {"type", "title", "status", "id"})
    assert _read_events(rasa, conversation) == before
    assert answer["id"] in rasa.log.read_text()


def test_an_absent_action_server_is_an_error(model: Path, tmp_path: Path) -> None:
    server = start_rasa(model, free_port(), tmp_path)
    try:
        assert server.send({"conversation": "c", "text": "au revoir"})[0] == 502
        assert server.say("c", "bonjour")
    finally:
        server.process.terminate()
        server.process.wait(60)


def test_a_conversation_is_served_in_turn_and_others_beside_it(rasa: RasaServer, conversation: str) -> None:
    def send(number: int) -> str:
        name = f"{conversation}-{number % 3}"
        return str(rasa.say(name, "au revoir", turn=f"{number}")[0]["text"])

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert list(pool.map(send, range(12))) == [f"tour {number}" for number in range(12)]


def test_emoji_alone_is_not_understood(rasa: RasaServer, conversation: str) -> None:
    assert [m["text"] for m in rasa.say(conversation, "😀👍")] == ["Je n'ai pas compris."]


def test_a_tracker_outlives_the_server_and_logs_hold_no_text(rasa: RasaServer, model: Path, actions: ActionServer, tmp_path: Path) -> None:
    word = "Zwyx" + uuid.uuid4().hex
    server = start_rasa(model, actions.port, tmp_path)
    server.say("c", f"ajoute le dr {word} dentiste à {word}", turn="before")
    assert server.send({"conversation": "c", "intent": "thank", "entities": {"city": word}})[0] == 502
    server.send({"conversation": "c", "intent": "greet", "entities": {word: word}})
    server.send({"conversation": "c", "text": f"bonjour {word}"}, token=word)
    answer = server.say("c", f"bonjour {word}", turn="last")
    server.process.kill()
    server.process.wait(60)
    again = start_rasa(model, actions.port, tmp_path)
    try:
        assert again.say("c", f"bonjour {word}", turn="last") == answer
        assert again.say("c", "au revoir")
    finally:
        again.process.terminate()
        again.process.wait(60)
    log = again.log.read_text(errors="replace")
    assert "Turn failed" in log
    assert word.lower() not in log.lower()


@pytest.mark.parametrize("before", ["", "/", "/inject "])
def test_a_text_that_is_no_turn_is_masked_and_stored_nowhere(rasa: RasaServer, before: str) -> None:
    text = f"{before}Jeanne Durand va mieux"
    masks = [{"start": len(before), "end": len(before) + 13, "entity": "usager_name"}]
    status, answer = rasa.send({"text": text, "masks": masks}, route="masks")
    assert status == 200
    assert answer["text"].startswith(before[:1])
    assert answer["text"].endswith("[usager] va mieux")
    assert "Durand" not in answer["text"]
    (mask,) = answer["masks"]
    assert (mask["end"], mask["entity"]) == (len(before) + 13, "usager_name")
    assert isinstance(answer["intent"]["name"], str)
    assert 0 < answer["intent"]["confidence"] <= 1
    assert "Jeanne" not in rasa.log.read_text()


def test_masking_asks_for_the_token_and_for_a_text(rasa: RasaServer) -> None:
    assert rasa.send({"text": "bonjour"}, token="wrong", route="masks")[0] == 401
    assert [rasa.send(body, route="masks")[0] for body in ({}, {"text": 7}, {"text": "x" * 4001})] == [422, 422, 413]
    assert rasa.send({"text": " "}, route="masks") == (200, {"text": " ", "masks": []})


@pytest.mark.parametrize("path", ["/", "/version", "/webhooks/gateway/health", "/webhooks/gateway/", "/nothing"])
def test_nothing_of_the_server_answers_without_the_token(rasa: RasaServer, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(f"{rasa.url}{path}", timeout=60):
        pass
    assert refused.value.code == 401
    refused.value.close()


def test_an_answer_to_a_signed_request_is_signed(rasa: RasaServer, conversation: str) -> None:
    signer, body = MessageSigner(TOKEN), json.dumps({"conversation": conversation, "text": "bonjour"}).encode()
    nonce, authorization = signer.sign_request("messages", body)
    request = urllib.request.Request(f"{rasa.url}/webhooks/gateway/messages", body, {"Authorization": authorization})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert signer.is_answer(nonce, answer.status, answer.read(), answer.headers[ANSWER_HEADER])


def test_what_another_program_says_in_the_action_servers_place_is_not_said(
    rasa: RasaServer, actions: ActionServer, conversation: str
) -> None:
    before, actions.key = _read_events(rasa, conversation), "key of another program"
    try:
        status, answer = rasa.send({"conversation": conversation, "text": "au revoir", "turn": "t-1"})
    finally:
        actions.key = ACTIONS_TOKEN
    assert (status, "messages" in answer) == (502, False)
    assert _read_events(rasa, conversation) == before
    assert rasa.say(conversation, "au revoir", turn="t-1")[0]["text"] == "tour t-1"


def test_a_long_conversation_keeps_what_it_knows_and_short_turns(rasa: RasaServer, actions: ActionServer, conversation: str) -> None:
    rasa.send({"conversation": conversation, "intent": "add_partner", "entities": {"city": "Blois"}})
    sizes = []
    for number in range(45):
        assert rasa.say(conversation, "au revoir", turn=f"t-{number}")[0]["text"] == f"tour t-{number}"
        tracker = actions.calls[-1]["tracker"]
        assert tracker["slots"]["city"] == "Blois"
        sizes.append(len(tracker["events"]))
    assert max(sizes) < SESSION_EVENTS + 10
    said = [event["text"] for event in _read_events(rasa, conversation) if event["event"] == "user"]
    assert said == ["", *["au revoir"] * 45]
    calls = len(actions.calls)
    assert rasa.say(conversation, "au revoir", turn="t-44")[0]["text"] == "tour t-44"
    assert len(actions.calls) == calls, "what was answered before is answered from the record"


def test_no_session_ends_while_a_turn_is_answered_again(rasa: RasaServer, conversation: str) -> None:
    """The last turn is asked for again at each length of the session: it runs once."""
    for number in range(25):
        first = rasa.say(conversation, "au revoir", turn=f"t-{number}")
        assert rasa.say(conversation, "au revoir", turn=f"t-{number}") == first
    said = [event for event in _read_events(rasa, conversation) if event["event"] == "user"]
    assert len(said) == 25


def test_the_files_of_the_server_are_its_owners_alone(rasa: RasaServer, conversation: str) -> None:
    rasa.say(conversation, "bonjour")
    files = list(rasa.log.parent.glob("rasa.db*"))
    assert files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def _read_events(rasa: RasaServer, conversation: str) -> list[dict[str, Any]]:
    """Return the conversation's events from the tracker store."""
    with sqlite3.connect(rasa.log.parent / "rasa.db") as database:
        rows = database.execute("select events from trackers where conversation = ? order by session", (conversation,))
        return [event for (events,) in rows for event in json.loads(events)]
