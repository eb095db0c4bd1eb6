"""From the assistant to a person and back, through the web chat API and the desk's service."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.support.errors import AlreadyTaken, ConversationBusy, NotYours, TicketOver
from bot.support.records import Outcome, Reason, TicketEventType, TicketState
from tests.unit.messaging.running_bot import until
from tests.unit.support.running_desk import ASK, BOSS, MARIE, NIGHT, PAUL, button_token, running_support_bot, titles


async def test_the_ticket_is_there_before_the_user_is_told(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat = await support_bot.chat()
        (told,) = await chat.say(ASK)
        (entry,) = await support_bot.desk.queue()
        assert (told["author"], titles(told)) == ("system", ["Revenir à l’assistant"])
        assert entry.ticket.reference in told["text"]
        assert "la prochaine" in told["text"]
        assert "pas encore estimer" in told["text"]
        assert (entry.ticket.state, entry.ticket.reason, entry.ticket.dossier) == (TicketState.WAITING, Reason.ASKED, "SPH-2024-000137")
        context = (await support_bot.desk.view(entry.ticket.id)).context
        assert (context.task, context.error_ids, context.tried) == ("ajouter un partenaire", ("e1",), ("help",))
        (second,) = await (await support_bot.chat()).say(ASK)
        assert "Une demande est avant la vôtre" in second["text"]


@pytest.mark.parametrize("said", ["bonjour", "/aide", "/notifications", "/start", "oui", "Bouton affirm", "SPH-2024-000137", "1"])
async def test_nothing_typed_reaches_rasa_while_a_person_is_waited_for_or_answers(tmp_path: Path, said: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat = await support_bot.chat()
        shown = (await chat.say("ajoute"))[0]
        await chat.say(ASK)
        ticket = await support_bot.newest_ticket()
        before = support_bot.bot.rasa.said()
        replies = [*await chat.say(said), *await chat.press(button_token(shown, "Bouton deny"))]
        await support_bot.desk.take(ticket.id, MARIE)
        replies += [*await chat.say(said), *await chat.press(button_token(shown, "Bouton affirm"))]
        assert support_bot.bot.rasa.said() == before
        assert {reply["author"] for reply in replies} <= {"system"}
        texts = [m["text"] for m in await support_bot.desk.messages(ticket.id) if m["author"] == "user"]
        assert texts == ["ajoute", ASK, said, "Bouton deny", said, "Bouton affirm"]
        assert await support_bot.state(ticket) is TicketState.AGENT


async def test_a_conversation_with_an_agent_is_said_by_name_and_announced(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        await chat.say("je n’arrive pas à ajouter Paul")
        await support_bot.desk.take(ticket.id, MARIE)
        sent = await support_bot.desk.reply(ticket.id, MARIE, "Bonjour, je regarde.", key="1")
        again = await support_bot.desk.reply(ticket.id, MARIE, "Bonjour, je regarde.", key="1")
        assert again.message == sent.message
        assert await chat.say("merci") == []
        await support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED, ["ajout"])
        said = [(m["author"], m["agent"], m["text"]) for m in await chat.history()][2:]
        assert f"ajouté à votre demande {ticket.reference}" in said.pop(1)[2]
        assert [(author, agent) for author, agent, _ in said] == [
            ("user", None),
            ("system", None),
            ("agent", "Marie"),
            ("user", None),
            ("system", None),
        ]
        assert "Marie, de l’équipe SPHERE, a rejoint" in said[1][2]
        assert said[2][2] == "Bonjour, je regarde."
        assert "Marie a quitté la discussion" in said[4][2]
        assert await chat.say("bonjour") != []
        assert support_bot.bot.rasa.said() == [ASK, "bonjour"]
        moves = (await support_bot.desk.view(ticket.id)).events
        assert [(move.actor, move.type) for move in moves] == [
            ("user", TicketEventType.REQUESTED),
            ("user", TicketEventType.SAID),
            ("agent:a1", TicketEventType.TAKEN),
            ("agent:a1", TicketEventType.REPLIED),
            ("user", TicketEventType.SAID),
            ("agent:a1", TicketEventType.AGENT_CLOSED),
        ]


async def test_a_second_handover_works_as_the_first(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, first = await support_bot.with_agent()
        await support_bot.desk.reply(first.id, MARIE, "Voilà.", key="1")
        await support_bot.desk.close(first.id, MARIE, Outcome.SOLVED)
        support_bot.bot.rasa.answers["encore"] = support_bot.bot.rasa.answers[ASK]
        (told,) = await chat.say("encore")
        second = await support_bot.newest_ticket()
        assert second.id != first.id
        assert second.reference in told["text"]
        await support_bot.desk.take(second.id, PAUL)
        await support_bot.desk.reply(second.id, PAUL, "Re-bonjour.", key="1")
        assert await chat.say("oui") == []
        await chat.say("fin")
        assert await support_bot.state(second) is TicketState.CLOSED
        assert (await chat.say("bonjour"))[0]["author"] == "assistant"
        assert [other.id for other in (await support_bot.desk.view(second.id)).others] == [first.id]


@pytest.mark.parametrize("wish", ["/fin", "Fin.", "revenir à l’assistant", "Mettre fin à la conversation"])
async def test_the_user_ends_it(tmp_path: Path, wish: str) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        waiting, first = await support_bot.open_ticket()
        (told,) = await waiting.say(wish)
        talking, second = await support_bot.with_agent()
        (again,) = await talking.say(wish)
        for message, ticket in ((told, first), (again, second)):
            assert message["author"] == "system"
            assert "L’assistant reprend" in message["text"]
            assert titles(message) == ["Reprendre\u00a0: ajouter un partenaire"]
            assert await support_bot.state(ticket) is TicketState.CLOSED
        assert (await waiting.press(button_token(told, "Reprendre\u00a0: ajouter un partenaire")))[0]["text"] == "dit affirm"
        with pytest.raises(TicketOver):
            await support_bot.desk.reply(second.id, MARIE, "trop tard", key="1")
        assert "trop tard" not in await talking.texts()


async def test_a_word_that_may_answer_the_agent_ends_only_a_wait(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        waiting, first = await support_bot.open_ticket()
        await waiting.say("Annuler")
        assert await support_bot.state(first) is TicketState.CLOSED
        talking, second = await support_bot.with_agent()
        assert await talking.say("Annuler") == []
        (told,) = await talking.say("/annuler")
        assert "écrivez «\u00a0fin\u00a0»" in told["text"]
        assert await support_bot.state(second) is TicketState.AGENT


async def test_two_agents_cannot_answer_the_same_one(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        results = await asyncio.gather(*(support_bot.desk.take(ticket.id, agent) for agent in (MARIE, PAUL)), return_exceptions=True)
        (refused,) = [result for result in results if isinstance(result, AlreadyTaken)]
        (taken,) = [result for result in results if not isinstance(result, BaseException)]
        assert taken.agent == refused.agent
        winner, loser = (MARIE, PAUL) if refused.agent.id == MARIE.id else (PAUL, MARIE)
        with pytest.raises(NotYours):
            await support_bot.desk.reply(ticket.id, loser, "coucou", key="1")
        await support_bot.desk.take(ticket.id, loser, take_over=True)
        with pytest.raises(NotYours):
            await support_bot.desk.reply(ticket.id, winner, "coucou", key="1")
        assert f"{winner.name} a quitté la discussion. {loser.name}" in (await chat.texts())[-1]
        await support_bot.desk.transfer(ticket.id, BOSS, to=MARIE)
        assert (await support_bot.desk.transfer(ticket.id, MARIE, queue="Technique")).state is TicketState.WAITING
        assert [entry.ticket.id for entry in await support_bot.desk.queue(queue="Technique")] == [ticket.id]
        assert "la prochaine" in (await chat.texts())[-1]
        assert await support_bot.support.timeouts.run_due() == 0


async def test_nobody_takes_it_the_user_leaves_a_message_and_is_answered_there(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        await support_bot.pass_time(minutes=10)
        offered = (await chat.history())[-1]
        assert (offered["author"], titles(offered)) == ("system", ["Attendre encore", "Revenir à l’assistant"])
        (waiting,) = await chat.press(button_token(offered, "Attendre encore"))
        assert "la prochaine" in waiting["text"]
        await support_bot.pass_time(minutes=11)
        (kept,) = await chat.say("Mon dossier 137 est vide.")
        assert await support_bot.state(ticket) is TicketState.LEFT
        assert ticket.reference in kept["text"]
        assert (await chat.say("bonjour"))[0]["author"] == "assistant"
        await support_bot.desk.take(ticket.id, MARIE)
        assert "pour répondre à votre message" in (await chat.texts())[-1]
        await support_bot.desk.reply(ticket.id, MARIE, "C’est réparé.", key="1")
        assert await chat.say("merci") == []


async def test_a_message_that_is_not_written_ends_the_wait_and_what_was_said_stays(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        support_bot.bot.rasa.answers["contact_support"] = support_bot.bot.rasa.answers[ASK]
        support_bot.bot.rasa.answers["ajoute"][0]["buttons"] = [{"title": "Aide", "intent": "contact_support", "entities": {}}]
        silent = await support_bot.chat()
        await silent.press(button_token((await silent.say("ajoute"))[0], "Aide"))
        nothing = await support_bot.newest_ticket()
        talking, something = await support_bot.open_ticket()
        await talking.say("il manque un bouton")
        await support_bot.pass_time(minutes=10)
        await support_bot.pass_time(minutes=10)
        assert (await support_bot.state(nothing), await support_bot.state(something)) == (TicketState.CLOSED, TicketState.LEFT)
        assert "Aucun message" in (await silent.texts())[-1]
        assert (await silent.say("bonjour"))[0]["author"] == (await talking.say("bonjour"))[0]["author"] == "assistant"


async def test_out_of_hours_the_next_opening_is_said_and_a_message_left(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path, at=NIGHT) as support_bot:
        chat = await support_bot.chat()
        (told,) = await chat.say(ASK)
        assert "demain à 9h30" in told["text"]
        assert titles(told) == ["Laisser un message", "Reprendre\u00a0: ajouter un partenaire"]
        assert await support_bot.desk.queue() == []
        (asked,) = await chat.press(button_token(told, "Laisser un message"))
        assert await chat.press(button_token(asked, "Revenir à l’assistant")) != []
        (told,) = await chat.say(ASK)
        await chat.press(button_token(told, "Laisser un message"))
        (kept,) = await chat.say("Rappelez-moi, c’est « fin » du mois.")
        ticket = await support_bot.newest_ticket()
        assert (ticket.state, ticket.reason, ticket.dossier) == (TicketState.LEFT, Reason.ASKED, "SPH-2024-000137")
        assert "demain à 9h30" in kept["text"]
        await chat.press(button_token(kept, "Compléter mon message"))
        (kept,) = await chat.say("fin")  # what was left before is kept
        assert await support_bot.state(ticket) is TicketState.LEFT
        await chat.press(button_token(kept, "Compléter mon message"))
        await chat.say("Et mon numéro est en pied de mail.")
        assert await support_bot.state(ticket) is TicketState.LEFT
        support_bot.clock.advance(timedelta(hours=13, minutes=30))
        assert (await support_bot.desk.take(ticket.id, MARIE)).state is TicketState.AGENT
        await support_bot.desk.reply(ticket.id, MARIE, "Bonjour !", key="1")
        assert (await chat.history())[-1]["agent"] == "Marie"


async def test_the_office_closes_for_those_who_wait_not_for_those_who_talk(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        support_bot.clock.advance(timedelta(hours=2, minutes=25))  # 12h25
        talking, with_agent = await support_bot.with_agent()
        waiting, waits = await support_bot.open_ticket()
        await support_bot.pass_time(minutes=5)
        assert "vient de fermer" in (await waiting.texts())[-1]
        assert "aujourd’hui à 13h30" in (await waiting.texts())[-1]
        assert (await support_bot.state(waits), await support_bot.state(with_agent)) == (TicketState.WRITING, TicketState.AGENT)
        await support_bot.desk.reply(with_agent.id, MARIE, "Je finis avec vous.", key="1")
        assert await talking.say("merci") == []


async def test_silence_gives_the_assistant_the_word_back_and_unanswered_words_stay_with_the_team(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, answered = await support_bot.with_agent()
        await support_bot.desk.reply(answered.id, MARIE, "Autre chose ?", key="1")
        other, unanswered = await support_bot.with_agent(PAUL)
        await other.say("Vous êtes là ?")
        await support_bot.pass_time(minutes=29)
        assert await support_bot.state(answered) is TicketState.AGENT
        await support_bot.pass_time(minutes=1)
        assert (await support_bot.state(answered), await support_bot.state(unanswered)) == (TicketState.CLOSED, TicketState.LEFT)
        assert "30 min" in (await chat.texts())[-1]
        assert "Paul n’a pas pu vous répondre à temps" in (await other.texts())[-1]
        assert (await chat.say("bonjour"))[0]["author"] == (await other.say("bonjour"))[0]["author"] == "assistant"
        assert (await support_bot.desk.take(unanswered.id, MARIE)).state is TicketState.AGENT


async def test_an_agent_joins_when_the_assistant_has_finished_its_sentence(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        await support_bot.pass_time(minutes=10)
        await chat.say("Mon message")
        gate = support_bot.bot.rasa.gates["question"] = asyncio.Event()
        asked = asyncio.create_task(chat.say("question"))
        await until(lambda: support_bot.bot.rasa.requests == 2)
        assert (await support_bot.desk.take(ticket.id, MARIE)).state is TicketState.JOINING
        queued = asyncio.create_task(chat.say("et aussi"))
        await until(lambda: _said(support_bot, ticket.id, "et aussi"))
        gate.set()
        answers, nothing = await asked, await queued
        assert [answer["author"] for answer in answers] == ["assistant", "system"]
        assert "a rejoint la discussion" in answers[1]["text"]
        assert nothing == []
        assert support_bot.bot.rasa.said() == [ASK, "question"]
        assert await support_bot.state(ticket) is TicketState.AGENT


async def _said(support_bot: object, ticket_id: int, text: str) -> bool:
    return text in [message["text"] for message in await support_bot.desk.messages(ticket_id)]  # type: ignore[attr-defined]


async def test_rating_and_reopening_keep_the_thread(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.with_agent()
        await support_bot.desk.reply(ticket.id, MARIE, "Voilà.", key="1")
        await support_bot.desk.close(ticket.id, MARIE, Outcome.SOLVED)
        closed = (await chat.history())[-1]
        assert titles(closed) == [
            *("Très utile", "Utile", "Pas utile", "Rouvrir la discussion", "Recevoir la transcription"),
            "Reprendre\u00a0: ajouter un partenaire",
        ]
        (thanks,) = await chat.press(button_token(closed, "Utile"))
        assert (await support_bot.desk.find(ticket.id)).rating == 2
        (reopened,) = await chat.press(button_token(thanks, "Rouvrir la discussion"))
        assert ticket.reference in reopened["text"]
        assert await support_bot.state(ticket) is TicketState.WAITING
        assert "ajouté à votre demande" in (await chat.say("ça ne marche toujours pas"))[0]["text"]
        await support_bot.desk.take(ticket.id, PAUL)
        await support_bot.desk.close(ticket.id, PAUL, Outcome.EXPLAINED)
        assert (await support_bot.desk.reopen(ticket.id, PAUL)).state is TicketState.AGENT
        await support_bot.desk.close(ticket.id, PAUL, Outcome.SOLVED)
        last = (await chat.history())[-1]
        support_bot.bot.rasa.answers["encore"] = support_bot.bot.rasa.answers[ASK]
        await chat.say("encore")
        with pytest.raises(ConversationBusy):
            await support_bot.desk.reopen(ticket.id, PAUL)
        await chat.say("fin")
        support_bot.clock.advance(timedelta(hours=23))
        await chat.press(button_token(last, "Rouvrir la discussion"))
        assert (await support_bot.desk.find(ticket.id)).queue == "Général"


async def test_a_notice_arrives_meanwhile_and_is_marked(tmp_path: Path) -> None:
    from bot.jobs.outbox import CHAT, enqueue

    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.with_agent()
        payload = {"text": "Document déposé au dossier SPH-2024-000137.", "buttons": [], "link": None}
        async with support_bot.parts.database.writing() as session:
            now = support_bot.clock.now()
            await enqueue(session, kind=CHAT, key="n1", payload=payload, now=now, conversation_id=ticket.conversation_id)
        await until(lambda: _said(support_bot, ticket.id, "Notification SPHERE\u00a0: Document déposé au dossier SPH-2024-000137."))
        assert (await chat.history())[-1]["author"] == "system"
        await chat.say("/fin")


async def test_notes_and_tags_never_reach_the_user(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.with_agent()
        await support_bot.desk.note(ticket.id, PAUL, "secret d’équipe")
        await support_bot.desk.edit(ticket.id, MARIE, dossier="sph-2024-000205", tags=["urgent"])
        view = await support_bot.desk.view(ticket.id)
        assert [(note.agent.name, note.text) for note in view.notes] == [("Paul", "secret d’équipe")]
        assert (view.ticket.dossier, view.ticket.tags) == ("SPH-2024-000205", ("urgent",))
        assert "secret" not in str(await chat.history())
        assert "urgent" not in str(await chat.history())


async def test_who_is_looking_and_what_changed(tmp_path: Path) -> None:
    async with running_support_bot(tmp_path) as support_bot:
        chat, ticket = await support_bot.open_ticket()
        assert await support_bot.desk.mark_viewing(ticket.id, MARIE) == ()
        assert [agent.name for agent in await support_bot.desk.mark_viewing(ticket.id, PAUL)] == ["Marie"]
        (entry,) = await support_bot.desk.queue()
        assert [viewer.name for viewer in entry.viewers] == ["Marie", "Paul"]
        await support_bot.desk.stop_viewing(ticket.id, MARIE)
        support_bot.clock.advance(timedelta(seconds=30))
        assert await support_bot.desk.mark_viewing(ticket.id, MARIE) == ()
        with support_bot.desk.events() as changes:
            await chat.say("bonjour ?")
            async with asyncio.timeout(60):
                change = await anext(changes)
        assert (change.ticket_id, change.conversation_id) == (ticket.id, ticket.conversation_id)
        assert change.version == (await support_bot.desk.find(ticket.id)).version
