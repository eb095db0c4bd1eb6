"""A person takes over and the assistant takes back, with the real Rasa, through the desk's pages, on every channel."""

from __future__ import annotations

import pytest

from tests.conversations.colleague import ask_for_a_person, colleague
from tests.conversations.talk import CLAIRE, as_user, open_talk
from tests.stack import Stack


def test_from_the_assistant_to_a_person_and_back_twice(stack: Stack) -> None:
    talk = open_talk(stack)
    with colleague(stack) as julie:
        for words in ("Je n'arrive pas à ouvrir mon espace.", "Cela recommence."):
            ticket = ask_for_a_person(talk)
            assert "ajouté à votre demande" in talk.say(words)  # by nobody in particular: a person is waited for
            assert talk.say("/aide") != ""  # how things stand, said by nobody in particular
            julie.act(ticket, "take")
            talk.wait_said("a rejoint la discussion")
            julie.see(ticket, words)
            assert talk.say("bonjour") == talk.say("oui") == ""
            julie.act(ticket, "reply", text=f"Réponse {ticket} de l’équipe", key="1")
            talk.wait_said(f"Réponse {ticket} de l’équipe")
            julie.act(ticket, "note", text=f"note {ticket} entre nous")
            julie.act(ticket, "close", outcome="solved", tags="")
            talk.wait_said("L’assistant reprend")
            assert "Bonjour" in talk.say("bonjour")
            assert "entre nous" not in "\n".join(str(message["text"]) for message in talk.history())


def test_a_task_is_put_aside_and_taken_up_afterwards(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("je veux ajouter un partenaire au dossier SPH-2024-000137")
    ticket = ask_for_a_person(claire)
    with colleague(stack) as julie:
        page = julie.see(ticket, "SPH-2024-000137")
        assert "ajouter un partenaire" in page
        assert "Claire Moreau" in page
    assert "L’assistant reprend" in claire.say("/fin")
    assert "à ajouter au dossier SPH-2024-000137" in claire.press("Reprendre")


def test_what_was_not_understood_twice_goes_to_the_team(stack: Stack) -> None:
    talk = open_talk(stack)
    talk.say("asdf qsdf jklm")
    talk.say("wxcv uiop azer")
    talk.may_be_silent = True
    said = talk.press("Joindre l’équipe")
    assert "SUP-" in said
    assert "L’assistant reprend" in talk.say("fin")


@pytest.mark.channels("telegram", "teams")
def test_a_name_of_an_usager_reaches_nobody_by_an_external_channel(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    ticket = ask_for_a_person(claire)
    claire.say("le dossier de Mme Jeanne Durand est vide")
    with colleague(stack) as julie:
        page = julie.see(ticket, "est vide")
        assert "Durand" not in page
        julie.act(ticket, "take")
        assert "<mark>[usager]</mark>" in julie.reply(ticket, "Je regarde le dossier de Jeanne Durand", key="1")
        assert "Durand" not in claire.wait_said("Je regarde le dossier")
        julie.act(ticket, "close", outcome="solved", tags="")
    claire.wait_said("L’assistant reprend")
