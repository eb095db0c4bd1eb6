"""What holds on every external channel: privacy, going on in the web chat, replays, blocking, kills, several at once."""

from __future__ import annotations

import os
import re
import signal
import threading

import pytest

from tests.conversations.external import ExternalTalk, followed, kept, logs
from tests.conversations.talk import CLAIRE, Talk, as_user, open_talk
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.channels("telegram", "webhook", "teams")
TRAITS = re.compile(r"durand|garnier|lemaitre|(?<!\d)1948(?!\d)|zwingelstein|wilfrid|03/04/1951", re.IGNORECASE)
DELETING = ("telegram", "webhook")
"""Channels on which a bot can delete what a user wrote."""
AT_ONCE = 20
"""Chats that write at the same moment."""


def external(stack: Stack) -> ExternalTalk:
    talk = as_user(stack, CLAIRE)
    assert isinstance(talk, ExternalTalk)
    return talk


def test_an_usager_named_there_is_masked_everywhere(stack: Stack, channel: str) -> None:
    talk = external(stack)
    said = [
        "retrouve le dossier de Mme Durand née le 12/03/1948",
        "dossier durand",
        "crée un dossier pour Wilfrid Zwingelstein né le 03/04/1951",
        "Jeanne Durand va mieux",
        "ajoute le docteur Leïla Benali au dossier de Jeanne Durand",
    ]
    warning = "j’ai effacé votre message" if channel in DELETING else "supprimez votre message ici"
    for text in said:
        answer = talk.say(text)
        assert warning in answer, text
        assert not TRAITS.search(answer), text
    assert "C’est abandonné" in talk.say("annuler")
    assert "SPH-2024-000137" in talk.say("mes dossiers")
    assert [m.text for m in talk.messages() if m.deleted] == (said if channel in DELETING else [])
    assert not TRAITS.search(kept(stack, talk.channel, talk.address) + logs(stack))


def test_a_dossier_is_created_through_the_web_chat_and_the_chat_is_told(stack: Stack) -> None:
    talk = external(stack)
    assert "leur identité ne s’écrit pas ici" in talk.say("nouveau dossier")
    web = followed(talk)
    web.wait_said("nom de naissance")
    web.say("Zwingelstein")
    web.say("Wilfrid")
    web.say("03/04/1951")
    assert "Zwingelstein" in web.press("Masculin")
    made = re.search(r"SPH-\d{4}-\d{6}", web.press("Oui, créer le dossier"))
    assert made
    report = talk.wait_said("terminé dans la discussion web")
    assert made[0] in report
    assert not TRAITS.search("\n".join(m.text for m in talk.messages()))


def test_used_cards_lose_their_buttons(stack: Stack) -> None:
    talk = external(stack)
    talk.say("mes dossiers")
    talk.press("SPH-2024-000137")
    card = next(m for m in talk.messages() if "Vous participez" in m.text)
    assert not card.buttons
    assert card.text.endswith("→ SPH-2024-000137")


def test_what_comes_twice_is_done_once(stack: Stack) -> None:
    talk = external(stack)
    talk.say("c'est quoi le ROR ?")
    talk.replay()
    assert "Je vous en prie" in talk.say("merci")
    assert sum("Répertoire" in m.text for m in talk.messages()) == 1
    talk.say("mes dossiers")
    talk.press("SPH-2024-000137")
    talk.replay()
    assert "Je vous en prie" in talk.say("merci")
    assert sum("Partenaires" in m.text for m in talk.messages()) == 1


def test_blocked_then_back(stack: Stack) -> None:
    talk = external(stack)
    talk.block()
    wait_for("the chat to be closed", talk.closed)
    talk.unblock()
    assert "Bonjour" in talk.say("bonjour")
    assert "Claire Moreau" in talk.say("qui suis-je ?")


def test_two_at_once_in_one_chat_are_answered_in_their_order(stack: Stack) -> None:
    talk = external(stack)
    before, asked = talk.mark()
    for text in ("c'est quoi le ROR ?", "t'es un robot ?", "merci"):
        talk.write(text)
    wait_for("three turns", lambda: talk.turns() == asked + 3)
    talk.answer(before, asked + 2)
    said = "\n".join(str(m["text"]) for m in talk.last)
    assert said.index("Répertoire") < said.index("automatique") < said.index("Je vous en prie")


def test_twenty_chats_at_once_each_get_their_own_answers(stack: Stack) -> None:
    talks = [open_talk(stack) for _ in range(AT_ONCE)]
    said: dict[int, str] = {}

    def chat(number: int) -> None:
        said[number] = talks[number].say(f"tu connais un professionnel nommé Inconnu{number}x ?")

    threads = [threading.Thread(target=chat, args=(n,)) for n in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == AT_ONCE
    for number, talk in enumerate(talks):
        asked = [m["text"] for m in talk.history() if m["author"] == "user" and "Inconnu" in str(m["text"])]
        assert asked == [f"tu connais un professionnel nommé Inconnu{number}x ?"]
        others = re.findall(r"Inconnu(\d+)x", said[number])
        assert set(others) <= {str(number)}


def test_bot_killed_between_receiving_and_answering(stack: Stack) -> None:
    talk = external(stack)
    talk.say("bonjour")
    os.kill(stack.run["pids"]["rasa"], signal.SIGSTOP)
    try:
        asked = talk.turns()
        talk.write("c'est quoi le ROR ?")
        wait_for("the message to be stored", lambda: talk.turns() > asked)
        former = stack.kill("bot")
    finally:
        os.kill(stack.run["pids"]["rasa"], signal.SIGCONT)
    stack.wait_restarted("bot", former)
    talk.wait_said("Répertoire")
    assert "Je vous en prie" in talk.say("merci")
    assert sum("Répertoire" in m.text for m in talk.messages()) == 1


def test_bot_killed_between_sending_and_noting_sends_the_one_in_flight_twice_at_most(stack: Stack) -> None:
    talk = external(stack)
    mark = talk.mark()
    talk.hold_next_answer()
    talk.write("c'est quoi le ROR ?")
    wait_for("the answer to be sent", lambda: any("Répertoire" in m.text for m in talk.messages()))
    assert stack.to_be_pushed(talk.channel, talk.address)
    stack.wait_restarted("bot", stack.kill("bot"))
    stack.let_leases_pass()
    talk.answer(*mark)
    assert sum("Répertoire" in m.text for m in talk.messages()) == 2
    assert "Je vous en prie" in talk.say("merci")
    assert sum("Répertoire" in m.text for m in talk.messages()) == 2


def test_a_deep_link_from_the_web_chat_links_the_chat_once(stack: Stack) -> None:
    chosen, Talk.chosen = Talk.chosen, Talk
    web = as_user(stack, CLAIRE)
    Talk.chosen = chosen
    web.say("je veux m'identifier")
    (link,) = [m["link"]["url"] for m in web.last if m["link"]]
    token = re.search(r"start(?:=|%20)([\w-]+)", link)
    assert token
    first, second = open_talk(stack), open_talk(stack)
    assert isinstance(first, ExternalTalk)
    assert isinstance(second, ExternalTalk)
    assert "reliée au compte SPHERE de Claire Moreau" in first.say(f"/start {token[1]}")
    assert "n’est plus valable" in second.say(f"/start {token[1]}")
    assert "Claire Moreau" in first.say("qui suis-je ?")
    assert token[1] not in kept(stack, first.channel, first.address) + kept(stack, second.channel, second.address)
