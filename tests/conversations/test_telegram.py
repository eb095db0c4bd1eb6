"""What Telegram adds: what is not read, privacy, going on in the web chat, deep links, blocking, kills."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import httpx
import pytest

from tests.conversations.talk import CLAIRE, Talk, as_user
from tests.conversations.telegram import TelegramTalk
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.telegram_only
TRAITS = re.compile(r"durand|garnier|lemaitre|1948|zwingelstein|wilfrid|03/04/1951", re.IGNORECASE)


def telegram(stack: Stack) -> TelegramTalk:
    talk = as_user(stack, CLAIRE)
    assert isinstance(talk, TelegramTalk)
    return talk


def followed(talk: TelegramTalk) -> Talk:
    """The web chat that the last link goes on in."""
    link = next(found for m in reversed(talk.seen()) if (found := re.search(r"/chat#continue=(\S+)", m.get("text", ""))))
    web = Talk.__new__(Talk)
    web.stack, web.last = talk.stack, []
    opened = talk.stack.http.post(f"{talk.stack.api}/chat/sessions", json={"continue": link[1]})
    assert opened.status_code == 200, opened.text
    web.token = opened.json()["token"]
    again = talk.stack.http.post(f"{talk.stack.api}/chat/sessions", json={"continue": link[1]})
    assert again.status_code == 401
    return web


def kept(stack: Stack, talk: TelegramTalk) -> str:
    """Everything that the installation keeps of a chat: transcript, inbox, buttons, tracker, outbox; and every log."""
    rows: list[str] = []
    with closing(connect(stack.data / "sphere.db", timeout=10)) as database:
        query = "SELECT id FROM conversations WHERE channel = 'telegram' AND address = ?"
        (conversation,) = database.execute(query, (str(talk.id),)).fetchone()
        for table in ("messages", "inbox", "buttons", "outbox"):
            rows += [str(row) for row in database.execute(f"SELECT * FROM {table} WHERE conversation_id = ?", (conversation,))]
    with closing(connect(stack.data / "rasa.db", timeout=10)) as trackers:
        rows += [str(row) for row in trackers.execute("SELECT * FROM events WHERE sender_id = ?", (conversation,))]
    return "\n".join(rows)


def test_what_is_not_read_is_said_and_groups_are_told_once(stack: Stack) -> None:
    talk = telegram(stack)
    for body in ({"kind": "photo"}, {"kind": "voice"}, {"kind": "sticker"}, {"text": "un mot d'un autre", "forwarded": True}):
        before, asked = talk._newest(), talk._turns()
        talk.fake("POST", f"/chats/{talk.id}/say", body)
        assert "Je ne lis que les messages écrits" in talk._answer(before, asked)
    before, asked = talk._newest(), talk._turns()
    talk.fake("POST", f"/chats/{talk.id}/say", {"text": "x" * 4050})
    assert "4\u00a0000" in talk._answer(before, asked)
    talk.fake("POST", "/chats", {"id": -talk.id, "name": "Équipe"})
    talk.fake("POST", f"/chats/{-talk.id}/say", {"text": "bonjour à tous", "user": talk.id})
    talk.fake("POST", f"/chats/{-talk.id}/say", {"text": "@sphere_demo_bot ajoute Paul Martin", "user": talk.id})
    wait_for("the group to be told", lambda: len(talk.fake("GET", f"/chats/{-talk.id}/messages")["messages"]) > 2)
    told = [m["text"] for m in talk.fake("GET", f"/chats/{-talk.id}/messages")["messages"] if m["from"]["is_bot"]]
    assert len(told) == 1
    assert "en privé" in told[0]


def test_an_usager_named_there_is_masked_everywhere_and_the_message_deleted(stack: Stack) -> None:
    talk = telegram(stack)
    said = [
        "retrouve le dossier de Mme Durand née le 12/03/1948",
        "dossier durand",
        "crée un dossier pour Wilfrid Zwingelstein né le 03/04/1951",
        "Jeanne Durand va mieux",
        "ajoute le docteur Leïla Benali au dossier de Jeanne Durand",
    ]
    for text in said:
        answer = talk.say(text)
        assert "j’ai effacé votre message" in answer, text
        assert not TRAITS.search(answer), text
    assert "C'est abandonné" in talk.say("annuler")
    assert "SPH-2024-000137" in talk.say("mes dossiers")
    assert [m["text"] for m in talk.seen() if m.get("deleted")] == said
    assert not TRAITS.search(kept(stack, talk))


def test_a_dossier_is_created_through_the_web_chat_and_the_chat_is_told(stack: Stack) -> None:
    talk = telegram(stack)
    assert "leur identité ne s'écrit pas ici" in talk.say("nouveau dossier")
    web = followed(talk)
    web.wait_said("nom de naissance")
    web.say("Zwingelstein")
    web.say("Wilfrid")
    web.say("03/04/1951")
    assert "Zwingelstein" in web.press("Masculin")
    made = re.search(r"SPH-\d{4}-\d{6}", web.press("Oui, créer le dossier"))
    assert made
    told = talk.wait_said("terminé dans la discussion sécurisée")
    assert made[0] in told
    assert not TRAITS.search("\n".join(m.get("text", "") for m in talk.seen()))


def test_used_cards_lose_their_buttons(stack: Stack) -> None:
    talk = telegram(stack)
    talk.say("mes dossiers")
    talk.press("SPH-2024-000137")
    card = next(m for m in talk.seen() if "Vous participez" in m.get("text", ""))
    assert "reply_markup" not in card
    assert card["text"].endswith("→ SPH-2024-000137")


def test_a_replayed_press_and_a_replayed_update_are_done_once(stack: Stack) -> None:
    talk = telegram(stack)
    talk.say("bonjour")
    before, asked = talk._newest(), talk._turns()
    update = talk.fake("POST", f"/chats/{talk.id}/say", {"text": "c'est quoi le ROR ?"})
    talk._answer(before, asked)
    talk.fake("POST", "/updates", [{**update, "update_id": update["update_id"]}])
    assert "Je vous en prie" in talk.say("merci")
    assert sum("Répertoire" in m.get("text", "") for m in talk.seen()) == 1


def test_a_deep_link_from_the_web_chat_links_the_chat_once(stack: Stack) -> None:
    Talk.chosen = Talk
    web = as_user(stack, CLAIRE)
    web.say("je veux m'identifier")
    (link,) = [m["link"]["url"] for m in web.last if m["link"]]
    token = re.search(r"start=([\w-]+)", link)
    assert token
    first, second = TelegramTalk(stack), TelegramTalk(stack)
    assert "reliée au compte SPHERE de Claire Moreau" in first.say(f"/start {token[1]}")
    assert "n’est plus valable" in second.say(f"/start {token[1]}")
    assert "Claire Moreau" in first.say("qui suis-je ?")
    assert token[1] not in kept(stack, first) + kept(stack, second)


def test_blocked_then_back(stack: Stack) -> None:
    talk = telegram(stack)
    talk.fake("POST", f"/chats/{talk.id}/block", {"blocked": True})

    def closed() -> bool:
        with closing(connect(stack.data / "sphere.db", timeout=10)) as database:
            query = "SELECT closed_at FROM conversations WHERE channel = 'telegram' AND address = ?"
            return database.execute(query, (str(talk.id),)).fetchone()[0] is not None

    wait_for("the chat to be closed", closed)
    talk.fake("POST", f"/chats/{talk.id}/block", {"blocked": False})
    assert "Bonjour" in talk.say("bonjour")


def test_malformed_updates_hold_up_nobody(stack: Stack) -> None:
    talk = telegram(stack)
    newest = talk.fake("POST", f"/chats/{talk.id}/say", {"text": "merci"})["update_id"]
    odd = ({"message": {}}, {"callback_query": {"id": 1}}, {"poll": {}}, {"message": {"chat": {"id": "x"}, "text": 1}})
    talk.fake("POST", "/updates", [{"update_id": newest, **content} for content in odd])
    assert "Je vous en prie" in talk.say("merci")


def test_sent_but_not_noted_is_at_most_sent_twice(stack: Stack) -> None:
    talk = telegram(stack)
    talk.fake("POST", "/faults", [{"method": "sendMessage", "code": "lost"}])
    talk.say("bonjour")
    greetings = [m for m in talk.seen() if "Je suis l'assistant" in m.get("text", "")]
    assert 1 <= len(greetings) <= 2


def test_a_429_is_obeyed_and_loses_nothing(stack: Stack) -> None:
    talk = telegram(stack)
    talk.fake("POST", "/faults", [{"method": "sendMessage", "code": 429, "parameters": {"retry_after": 1}}])
    assert "Je vous en prie" in talk.say("merci")


def test_bot_killed_between_receiving_and_answering(stack: Stack) -> None:
    talk = telegram(stack)
    talk.say("bonjour")
    former = stack.kill("rasa")
    talk.fake("POST", f"/chats/{talk.id}/say", {"text": "c'est quoi le ROR ?"})
    wait_for("the message to be stored", lambda: not all(stack.turns_of("telegram", str(talk.id))))
    bot = stack.kill("bot")
    stack.wait_restarted("bot", bot)
    stack.wait_restarted("rasa", former)
    talk.wait_said("Répertoire")
    assert sum("Répertoire" in m.get("text", "") for m in talk.seen()) == 1


def test_by_long_polling_there_is_no_webhook(stack: Stack) -> None:
    assert httpx.post(f"{stack.api}/telegram/webhook", json={"update_id": 1}, trust_env=False).status_code in (404, 405)


def test_by_webhook_the_same_and_only_with_the_secret(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "var", TELEGRAM="fake", TELEGRAM_MODE="webhook", TELEGRAM_PER_SECOND="1000", TELEGRAM_PER_CHAT="1000")
    stack.start()
    try:
        forged = {"update_id": 1, "message": {"message_id": 1, "chat": {"id": 1, "type": "private"}, "text": "bonjour"}}
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
            answer = httpx.post(f"{stack.api}/telegram/webhook", json=forged, headers=headers, trust_env=False)
            assert answer.status_code == 403
            assert answer.headers["content-type"] == "application/problem+json"
        assert stack.turns_of("telegram", "1") == []
        talk = telegram(stack)
        assert "SPH-2024-000137" in talk.say("mes dossiers")
        assert "Partenaires" in talk.press("SPH-2024-000137")
        assert talk.fake("GET", "/calls")["refused_webhooks"] == 0
    finally:
        stack.stop()
