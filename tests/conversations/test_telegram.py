"""What Telegram adds: what is not read, groups, malformed and disordered updates, faults of the Bot API, the webhook's secret."""

from __future__ import annotations

import httpx
import pytest

from tests.conversations.talk import CLAIRE, as_user
from tests.conversations.telegram import TelegramTalk
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.channels("telegram", "webhook")


def telegram(stack: Stack) -> TelegramTalk:
    talk = as_user(stack, CLAIRE)
    assert isinstance(talk, TelegramTalk)
    return talk


def test_what_is_not_read_is_said_and_groups_are_told_once(stack: Stack) -> None:
    talk = telegram(stack)
    for body in ({"kind": "photo"}, {"kind": "voice"}, {"kind": "sticker"}, {"text": "un mot d'un autre", "forwarded": True}):
        mark = talk.mark()
        talk.act(**body)
        assert "Je ne lis que les messages écrits" in talk.answer(*mark)
    mark = talk.mark()
    talk.write("x" * 4050)
    assert "4\u00a0000" in talk.answer(*mark)
    talk.fake("POST", "/chats", {"id": -talk.id, "name": "Équipe"})
    talk.fake("POST", f"/chats/{-talk.id}/say", {"text": "bonjour à tous", "user": talk.id})
    talk.fake("POST", f"/chats/{-talk.id}/say", {"text": "@sphere_demo_bot ajoute Paul Martin", "user": talk.id})
    wait_for("the group to be told", lambda: len(talk.seen(-talk.id)) > 2)
    texts = [m["text"] for m in talk.seen(-talk.id) if m["from"]["is_bot"]]
    assert len(texts) == 1
    assert "en privé" in texts[0]


def test_an_edited_message_is_not_read_again(stack: Stack) -> None:
    talk = telegram(stack)
    talk.say("merci")
    mark = talk.mark()
    talk.fake("POST", f"/chats/{talk.id}/edit", {"message_id": talk.update["message"]["message_id"], "text": "bonjour"})
    assert "message modifié" in talk.answer(*mark)


def test_updates_out_of_order_are_each_answered_once(stack: Stack) -> None:
    talk = telegram(stack)
    talk.say("bonjour")
    mark = talk.mark()
    number = talk.update["update_id"]
    asked = [
        {**talk.update, "update_id": number + ahead, "message": {**talk.update["message"], "message_id": 9000 + ahead, "text": text}}
        for ahead, text in ((3, "c'est quoi le ROR ?"), (2, "t'es un robot ?"), (3, "c'est quoi le ROR ?"))
    ]
    talk.fake("POST", "/updates", asked)
    wait_for("two turns", lambda: talk.turns() == mark[1] + 2)
    said = talk.answer(mark[0], mark[1] + 1)
    assert said.count("Répertoire") == 1
    assert said.count("automatique") == 1
    talk.fake("POST", "/updates", [{"update_id": number + 4, "poll": {}}])
    assert "Je vous en prie" in talk.say("merci")


def test_malformed_updates_hold_up_nobody(stack: Stack) -> None:
    talk = telegram(stack)
    talk.write("merci")
    newest = talk.update["update_id"]
    odd = ({"message": {}}, {"callback_query": {"id": 1}}, {"poll": {}}, {"message": {"chat": {"id": "x"}, "text": 1}})
    talk.fake("POST", "/updates", [{"update_id": newest, **content} for content in odd])
    assert "Je vous en prie" in talk.say("merci")


def test_sent_but_not_noted_is_at_most_sent_twice(stack: Stack) -> None:
    talk = telegram(stack)
    talk.fake("POST", "/faults", [{"method": "sendMessage", "code": "lost"}])
    talk.say("bonjour")
    greetings = [m for m in talk.messages() if "Je suis l’assistant" in m.text]
    assert 1 <= len(greetings) <= 2


def test_a_429_is_obeyed_and_loses_nothing(stack: Stack) -> None:
    talk = telegram(stack)
    talk.fake("POST", "/faults", [{"method": "sendMessage", "code": 429, "parameters": {"retry_after": 1}}])
    assert "Je vous en prie" in talk.say("merci")


def test_a_webhook_without_its_secret_is_refused(stack: Stack, channel: str) -> None:
    forged = {"update_id": 1, "message": {"message_id": 1, "chat": {"id": 1, "type": "private"}, "text": "bonjour"}}
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
        answer = httpx.post(f"{stack.api}/telegram/webhook", json=forged, headers=headers, trust_env=False)
        if channel == "telegram":  # by long polling there is none
            assert answer.status_code in (404, 405)
        else:
            assert answer.status_code == 403
            assert answer.headers["content-type"] == "application/problem+json"
    assert stack.turns_of("telegram", "1") == []
