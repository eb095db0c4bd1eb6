"""The wait for a person: what is written is acknowledged, questions are answered, leaving it gives nothing up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.support.records import TicketState
from tests.unit.support.running_desk import MARIE, button_token, running_support_bot, titles


async def test_what_is_written_during_the_wait_is_acknowledged_once_for_a_burst(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        (first,) = await chat.say("C’est pour le dossier de Mme Petit.")
        assert f"ajouté à votre demande {ticket.reference}" in first["text"]
        assert (first["author"], titles(first)) == ("system", ["Revenir à l’assistant"])
        assert await chat.say("Elle ne s’ouvre pas.") == await chat.say("Depuis hier.") == []
        support_bot.clock.advance(timedelta(minutes=3))
        (later,) = await chat.say("Il y a aussi M. Paul.")
        assert later["text"].startswith(f"Ajouté à votre demande {ticket.reference}")
        assert await support_bot.state(ticket) is TicketState.WAITING


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("où en est ma demande ?", "personne ne l’a encore prise"),
        ("ya persone?", "personne ne l’a encore prise"),
        ("Qui est en train de s’occuper de ma demande, et quand m’appellera-t-on ?", "personne ne l’a encore prise"),
        ("Décès le 30/11, à clore. je peux quand même continuer ici en attendant ?", "vous pouvez vous servir de l’assistant"),
        ("il ne respire plus !!", "Appelez le 15"),
    ],
)
async def test_a_question_of_the_wait_is_answered(tmp_path: Path, asked: str, told: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        support_bot.bot.rasa.intents["il ne respire plus !!"] = "emergency"
        (answer,) = await chat.say(asked)
        assert told in answer["text"]
        assert ticket.reference in answer["text"]
        assert await support_bot.state(ticket) is TicketState.WAITING


async def test_what_the_assistant_could_do_is_handed_to_it_while_the_request_stays_with_the_team(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        wish = "qui est sur le dossier SPH-2024-000137"
        support_bot.bot.rasa.intents[wish] = "list_partners"
        (kept,) = await chat.say(wish)
        assert titles(kept) == ["C’est pour l’assistant", "Revenir à l’assistant"]
        assert wish not in support_bot.bot.rasa.said()
        (answer,) = await chat.press(button_token(kept, "C’est pour l’assistant"))
        assert (answer["author"], answer["text"]) == ("assistant", f"dit {wish}")
        assert f"{ticket.reference} reste chez l’équipe" in (await chat.history())[-2]["text"]
        assert await support_bot.state(ticket) is TicketState.LEFT
        await support_bot.desk.take(ticket.id, MARIE)
        assert await chat.say("merci") == []


@pytest.mark.parametrize(
    ("said", "wish", "told"),
    [
        ("Oui, demandez à l’équipe. Et qui reste dans le dossier ?", "Et qui reste dans le dossier ?", "Une partie de votre message"),
        ("ok j’attends ! ajoutez le Dr. Benali au 142", "ajoutez le Dr. Benali au 142", "Une partie de votre message"),
        ("Où en est ma demande ? et mes dossiers en cours ?", "et mes dossiers en cours ?", "personne ne l’a encore prise"),
    ],
)
async def test_a_message_for_both_is_for_both(tmp_path: Path, said: str, wish: str, told: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        support_bot.bot.rasa.intents[wish] = "list_partners"
        answers = await chat.say(said)
        assert told in answers[0]["text"]
        assert titles(answers[-1]) == ["C’est pour l’assistant", "Revenir à l’assistant"]
        (answer,) = await chat.press(button_token(answers[-1], "C’est pour l’assistant"))
        assert (answer["author"], answer["text"]) == ("assistant", f"dit {wish}")
        assert await support_bot.state(ticket) is TicketState.LEFT


async def test_a_letter_and_words_for_the_team_are_kept_for_it_alone(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, _ = await support_bot.open_ticket()
        (kept,) = await chat.say("Oui, demandez à l’équipe. Elle est sortie hier soir.")
        assert titles(kept) == ["Revenir à l’assistant"]


async def test_going_back_with_a_question_is_both(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        (answer,) = await chat.say("Je préfère revenir à l’assistant, en fait : qui reste dans le dossier ?")
        assert answer["author"] == "assistant"
        assert support_bot.bot.rasa.said()[-1] == "qui reste dans le dossier ?"
        assert await support_bot.state(ticket) is TicketState.LEFT


@pytest.mark.parametrize(
    "wish", ["fin", "Revenir à l’assistant, s’il vous plaît", "bon je reviens à l’assistant", "je ne veux plus attendre"]
)
async def test_leaving_the_wait_keeps_what_was_written_unless_it_is_taken_back(tmp_path: Path, wish: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        await chat.say("C’est pour savoir qui m’a donné accès.")
        (told,) = await chat.say(wish)
        assert f"{ticket.reference} reste chez l’équipe" in told["text"]
        assert titles(told)[:2] == ["Retirer ma demande", "Compléter mon message"]
        assert await support_bot.state(ticket) is TicketState.LEFT
        assert (await chat.say("bonjour"))[0]["author"] == "assistant"
        (dropped,) = await chat.press(button_token(told, "Retirer ma demande"))
        assert f"{ticket.reference} est retirée" in dropped["text"]
        assert await support_bot.state(ticket) is TicketState.CLOSED
        (again,) = await chat.press(button_token(dropped, "Rouvrir la discussion"))
        assert ticket.reference in again["text"]


async def test_giving_the_request_up_closes_it(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        await chat.say("C’est pour savoir qui m’a donné accès.")
        (told,) = await chat.say("annulez ma demande svp")
        assert f"{ticket.reference} est retirée" in told["text"]
        assert await support_bot.state(ticket) is TicketState.CLOSED


@pytest.mark.parametrize(
    "words",
    [
        "je voudrais parler à l’assistante sociale du dossier",
        "Mme Petit a chuté ce matin et sa fille attend un appel, je reviens à l’assistant, ajoute le kiné",
    ],
)
async def test_words_for_the_team_do_not_leave_the_wait(tmp_path: Path, words: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        await chat.say(words)
        assert await support_bot.state(ticket) is TicketState.WAITING
        assert support_bot.bot.rasa.said()[-1] != words
