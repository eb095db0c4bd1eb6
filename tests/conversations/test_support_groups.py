"""The team answers from its groups, with the real Rasa: the same tickets as at the desk, and nothing that names an usager."""

from __future__ import annotations

import pytest

from tests.conversations.colleague import ask_for_a_person, colleague
from tests.conversations.talk import CLAIRE, Talk, open_talk
from tests.conversations.team_groups import Channel, Forum
from tests.stack import Stack


@pytest.mark.channels("telegram")
def test_the_team_answers_from_a_forum_of_telegram(stack: Stack) -> None:
    forum, talk = Forum(stack), open_talk(stack)
    ticket = ask_for_a_person(talk)
    assert "ajouté à votre demande" in talk.say("Je n'arrive pas à ouvrir mon espace.")
    texts = forum.shows(ticket, "L’utilisateur a écrit")
    assert "messagerie externe" in texts
    assert "mon espace" not in texts
    forum.write(ticket, "/prendre")
    talk.wait_said("a rejoint la discussion")
    forum.write(ticket, "Bonjour, je regarde <votre> espace.")
    talk.wait_said("Bonjour, je regarde <votre> espace.")
    with colleague(stack) as julie:
        assert "en cours" in julie.see(ticket, "Bonjour, je regarde <votre> espace.")
        julie.act(ticket, "note", text="note du poste")
        assert "note du poste" not in forum.shows(ticket, "a ajouté une note interne")
        forum.write(ticket, "/note note du forum")
        julie.see(ticket, "note du forum")
    assert talk.say("oui") == ""
    forum.write(ticket, "/fermer")
    talk.wait_said("L’assistant reprend")
    forum.closes(ticket)
    assert "Bonjour" in talk.say("bonjour")
    assert "note du" not in "\n".join(str(message["text"]) for message in talk.history())


@pytest.mark.channels("telegram")
def test_what_is_said_in_the_web_chat_names_nobody_in_the_forum(stack: Stack) -> None:
    forum, web = Forum(stack), Talk(stack)
    web.link(CLAIRE)
    ticket = ask_for_a_person(web)
    web.say("Le dossier de Mme Jeanne Durand, née le 12/03/1948, est vide.")
    web.say("et jeanne d, 12 rue des Lilas, a du diabète")
    texts = forum.shows(ticket, "L’utilisateur a écrit")
    assert "Claire Moreau" in texts
    assert f"/desk/conversations/{ticket}" in texts
    forum.write(ticket, "/prendre")
    web.wait_said("a rejoint la discussion")
    forum.write(ticket, "Je vois le dossier de Jeanne Durand.")
    web.wait_said("Je vois le dossier de")
    texts = forum.shows(ticket, "nommait un usager")
    for secret in ("Durand", "1948", "Lilas", "diabète", "est vide"):
        assert secret not in texts
    assert "Durand" not in str(web.history()[-1]["text"])
    web.say("fin")
    forum.closes(ticket)


@pytest.mark.channels("teams")
def test_the_team_answers_from_a_channel_of_teams(stack: Stack) -> None:
    channel, talk = Channel(stack), open_talk(stack)
    ticket = ask_for_a_person(talk)
    assert "ajouté à votre demande" in talk.say("Je n'arrive pas à ouvrir mon espace.")
    assert "mon espace" not in channel.shows(ticket, "L’utilisateur a écrit")
    assert channel.agent.press(channel.card(ticket, "Je prends"), "Je prends")["replaced"]
    talk.wait_said("a rejoint la discussion")
    card = channel.card(ticket, "Répondre")
    channel.agent.press(card, "Répondre", inputs={"text": "Bonjour, je regarde <votre> espace.", "outcome": "solved"})
    talk.wait_said("je regarde")
    with colleague(stack) as julie:
        julie.see(ticket, "Bonjour, je regarde <votre> espace.")
        julie.act(ticket, "note", text="note du poste")
        assert "note du poste" not in channel.shows(ticket, "a ajouté une note interne")
    channel.agent.press(card, "Clore", inputs={"outcome": "explained"})
    talk.wait_said("L’assistant reprend")
    channel.shows(ticket, "a clos la demande (expliqué)")
    assert "Bonjour" in talk.say("bonjour")
    web = Talk(stack)
    web.link(CLAIRE)
    other = ask_for_a_person(web)
    web.say("Le dossier de Mme Jeanne Durand est vide.")
    assert "Durand" not in channel.shows(other, "L’utilisateur a écrit")
    assert "Durand" not in channel.card(other).text
    web.say("fin")
    channel.shows(other, "a mis fin à la discussion")
