"""Linking a chat to an account by code, and undoing it."""

from __future__ import annotations

from tests.conversations.talk import CLAIRE, SOPHIE, Talk, as_user, open_talk
from tests.stack import Stack


def test_link_by_code_who_am_i_unlink(stack: Stack) -> None:
    sophie = as_user(stack, SOPHIE)
    assert "Sophie Leroux" in sophie.say("je suis connecté avec quel compte ?")
    assert "plus reliée" in sophie.say("déconnecte mon compte")
    again = open_talk(stack) if type(sophie) is Talk else sophie  # in the web chat the session is over as well
    assert "reliée à aucun compte" in again.say("qui suis-je ?")


def test_the_answer_never_tells_whether_an_address_exists(stack: Stack) -> None:
    known, unknown = open_talk(stack), open_talk(stack)
    known.say("je veux m'identifier")
    unknown.say("je veux m'identifier")
    assert known.say("paul.martin@sphere.example") == unknown.say("personne.inconnue@sphere.example")
    assert "pas le bon code" in unknown.say("123456")


def test_the_code_is_never_shown_and_wrong_ones_lock(stack: Stack) -> None:
    talk = open_talk(stack)
    talk.say("connecte-moi à mon compte")
    talk.say("nobody.here@sphere.example")
    for _ in range(4):
        assert "pas le bon code" in talk.say("000000")
    assert "bloquée" in talk.say("000000")
    assert not any("nobody.here@sphere.example" in mail["to"] for mail in stack.mails())


def test_an_account_is_asked_for_what_needs_it_only(stack: Stack) -> None:
    talk = open_talk(stack)
    assert "Bonjour" in talk.say("bonjour")
    assert "qui vous êtes" in talk.say("mes dossiers")
    talk.say("annuler")
    assert "Benali" in talk.say("tu connais un cardiologue à Tours nommé Benali ?")


def test_a_second_chat_of_the_same_person(stack: Stack) -> None:
    first, second = as_user(stack, CLAIRE), as_user(stack, CLAIRE)
    assert "Claire Moreau" in first.say("qui suis-je ?")
    assert "Claire Moreau" in second.say("qui suis-je ?")
