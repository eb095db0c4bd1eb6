"""Parts that die, are down or lie, while somebody is being served."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.conversations.talk import CLAIRE, as_user, open_talk
from tests.stack import Stack, wait_for

DOSSIER = "SPH-2024-000137"


@pytest.mark.channels("web")
def test_rasa_killed_in_the_middle_of_a_form(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("nouveau dossier")
    claire.say("Lemaire")
    former = stack.kill("rasa")
    assert "date de naissance" in claire.say("Odile").lower()
    stack.wait_restarted("rasa", former)
    assert "sexe" in claire.say("14/07/1950")
    claire.say("annuler")


@pytest.mark.channels("web")
def test_bot_killed_between_receiving_and_answering(stack: Stack) -> None:
    talk = open_talk(stack)
    talk.say("bonjour")
    os.kill(stack.run["pids"]["rasa"], signal.SIGSTOP)
    try:
        talk.request("POST", "/chat/messages", json={"id": "in-flight", "text": "c'est quoi le ROR ?"}).raise_for_status()
        former = stack.kill("bot")
    finally:
        os.kill(stack.run["pids"]["rasa"], signal.SIGCONT)
    stack.wait_restarted("bot", former)
    talk.wait_said("Répertoire")
    assert "Bonjour" in talk.say("bonjour")
    answers = [m for m in talk.history() if "Répertoire" in m["text"]]
    assert len(answers) == 1


def test_platform_down_is_told_and_retried(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    card = claire.say(f"ajoute Sophie Leroux assistante sociale à Châteauroux au dossier {DOSSIER}")
    if "déjà accès" in card:
        claire.say(f"retire Sophie Leroux du dossier {DOSSIER}")
        claire.say("oui")
        claire.say(f"ajoute Sophie Leroux assistante sociale à Châteauroux au dossier {DOSSIER}")
    stack.fault("down")
    try:
        answer = claire.press("même équipe")
        assert "SPHERE ne répond pas" in answer
    finally:
        stack.fault("none")
    assert "je vous le dis ici" in answer
    claire.wait_said("C.est fait.*Sophie Leroux", 90)
    assert sum("Sophie Leroux" in name for name in stack.participants(DOSSIER)) == 1


@pytest.mark.channels("web", "telegram", each=True)
def test_a_frozen_platform_costs_a_turn_no_more_than_its_time(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    assert DOSSIER in claire.say("mes dossiers")
    stack.fault("slow")
    try:
        for words in ("mes dossiers", f"qui suit le dossier {DOSSIER} ?", f"retire Karim Benali du dossier {DOSSIER}"):
            began = time.monotonic()
            assert "SPHERE ne répond pas" in claire.say(words)
            assert time.monotonic() - began < 12  # ten, and what a busy machine takes for itself
    finally:
        stack.fault("none")
    assert DOSSIER in claire.say("mes dossiers")


def test_twenty_conversations_at_once(stack: Stack) -> None:
    talks = [open_talk(stack) for _ in range(20)]
    greetings = [len(talk.history()) for talk in talks]
    said: list[list[str]] = [[] for _ in talks]

    def chat(number: int) -> None:
        for turn in range(2):
            said[number].append(talks[number].say(f"tu connais un professionnel nommé Inconnu{number}x{turn} ?"))

    threads = [threading.Thread(target=chat, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, talk in enumerate(talks):
        assert len(said[number]) == 2
        history = talk.history()[greetings[number] :]
        assert [m["text"] for m in history if m["author"] == "user"] == [
            f"tu connais un professionnel nommé Inconnu{number}x{turn} ?" for turn in range(2)
        ]
        assert history[0]["author"] == "user"


@pytest.mark.channels("web")
def test_a_stop_and_a_restart_keep_everything(fresh_stack: Stack, tmp_path: Path) -> None:
    claire = as_user(fresh_stack, CLAIRE)
    claire.say("nouveau dossier")
    fresh_stack.stop()
    assert not (fresh_stack.data / "run.json").exists()
    fresh_stack.start()
    assert "prénoms" in claire.say("Lemaire").lower()
    wait_for("health", fresh_stack.healthy)


@pytest.mark.channels("web")
def test_an_hour_of_silence_keeps_what_was_begun(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("nouveau dossier")
    claire.say("Lemaitre")
    stack.let_silence_pass(2 * 3600)
    assert "prénoms" in claire.say("bonjour")
    assert "date de naissance" in claire.say("Odile").lower()
    claire.say("annuler")
