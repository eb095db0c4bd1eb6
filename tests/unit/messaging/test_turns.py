"""A message in, its answer out: order, once each, and what the user reads when Rasa gives no answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.installation.supervisor import free_port
from tests.unit.messaging.running_bot import RASA_TOKEN, StandInRasa, running_bot, served, until

INTERRUPTED = "Elle est peut-être faite, peut-être pas"
UNAVAILABLE = "momentanément indisponible\u00a0: votre message n’a pas pu être traité et rien n’a été modifié"


async def test_a_turn_is_answered_and_both_messages_are_in_the_transcript(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        (reply,) = await chat.say("bonjour")
        assert reply["text"] == "dit bonjour"
        assert (reply["author"], reply["agent"], reply["buttons"], reply["link"]) == ("assistant", None, [], None)
        question, answer = await chat.history()
        assert (question["author"], question["text"], question["client_id"]) == ("user", "bonjour", "m1")
        assert answer == reply
        assert int(question["id"]) < int(answer["id"])
        assert question["at"].endswith("+00:00")
        assert await chat.history(after=question["id"]) == [answer]


async def test_a_conversation_is_answered_in_order(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bot.rasa.gates["un"] = asyncio.Event()
        chat = await bot.chat()
        for text in ("un", "deux", "trois"):
            await chat.say(text, wait=False)
        bot.rasa.gates["un"].set()
        await until(lambda: len(bot.rasa.turns) == 3)
        assert bot.rasa.said() == ["un", "deux", "trois"]
        assert bot.rasa.most_at_once == 1
        assert await chat.say("quatre")
        assert [text for text in await chat.texts() if text.startswith("dit")] == ["dit un", "dit deux", "dit trois", "dit quatre"]


async def test_conversations_are_answered_in_parallel(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        gate = bot.rasa.gates["long"] = asyncio.Event()
        slow, quick = await bot.chat(), await bot.chat()
        await slow.say("long", wait=False)
        assert (await quick.say("court"))[0]["text"] == "dit court"
        gate.set()
        await until(lambda: len(bot.rasa.turns) == 2)


@pytest.mark.thorough
@pytest.mark.timeout(600)
async def test_fifty_conversations_at_once_lose_cross_and_shuffle_nothing(tmp_path: Path) -> None:
    async with running_bot(tmp_path, TURN_SECONDS=400) as bot:  # as long as a slow machine needs for them all
        bot.http.timeout = 500
        chats = [await bot.chat() for _ in range(50)]

        async def talk(number: int) -> None:
            posted = [chats[number].post({"id": f"{n}", "text": f"{number}.{n}"}) for n in range(5)]
            first = posted.pop(0)
            answers = [await first, *await asyncio.gather(*posted)]
            for n, answer in enumerate(answers):
                assert [m["text"] for m in answer.json()["messages"]] == [f"dit {number}.{n}"]

        await asyncio.gather(*(talk(number) for number in range(50)))
        for number, chat in enumerate(chats):
            texts = await chat.texts()
            asked = [text for text in texts if not text.startswith("dit")]
            assert sorted(asked) == [f"{number}.{n}" for n in range(5)]
            assert [text for text in texts if text.startswith("dit")] == [f"dit {text}" for text in asked]


async def test_the_same_id_twice_is_done_once(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        gate = bot.rasa.gates["bonjour"] = asyncio.Event()
        bodies = [{"id": "a", "text": "bonjour"}, {"id": "a", "text": "bonjour"}, {"id": "a", "text": "autre"}]
        posted = [asyncio.create_task(chat.post(body)) for body in bodies]
        await until(lambda: bot.rasa.requests == 1)
        gate.set()
        answers = [(await answer).json() for answer in posted]
        assert answers[0] == answers[1] == answers[2]
        assert (await chat.post({"id": "a", "text": "encore"})).json() == answers[0]
        assert (await chat.post({"id": "a", "text": "encore"}, wait=False)).status_code == 202
        assert len(bot.rasa.turns) == 1
        assert len(await chat.history()) == 2
        other = await bot.chat()
        await other.post({"id": "a", "text": "encore"})
        assert len(bot.rasa.turns) == 2


@pytest.mark.parametrize(
    ("typed", "intent"),
    [("/start", "greet"), ("/notifications", "manage_notifications"), ("/aide", "help"), (" /Annuler ", "cancel"), ("/fin", "cancel")],
)
async def test_known_commands_are_structured_intents(tmp_path: Path, typed: str, intent: str) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        await chat.say(typed)
        assert bot.rasa.turns[0]["intent"] == intent
        assert "text" not in bot.rasa.turns[0]
        assert (await chat.texts())[0] == typed.strip().lower()


@pytest.mark.parametrize("typed", ["/restart", '/inject{"x":1}', "/startle", "🙂", "bonjour /start"])
async def test_anything_else_is_plain_text(tmp_path: Path, typed: str) -> None:
    async with running_bot(tmp_path) as bot:
        await (await bot.chat()).say(typed)
        assert bot.rasa.turns[0]["text"] == typed
        assert "intent" not in bot.rasa.turns[0]


async def test_rasa_down_then_up_answers_the_same_turn(tmp_path: Path) -> None:
    rasa = StandInRasa()
    port = free_port()
    async with running_bot(tmp_path, rasa=rasa, rasa_url=f"http://127.0.0.1:{port}") as bot:
        chat = await bot.chat()
        asked = asyncio.create_task(chat.say("bonjour"))
        await until(lambda: chat.texts())
        async with served(rasa.app, port):
            assert (await asked)[0]["text"] == "dit bonjour"
            assert rasa.said() == ["bonjour"]


@pytest.mark.parametrize("status", [503, 500, 502, 409])
async def test_an_error_that_passes_is_not_seen(tmp_path: Path, status: int) -> None:
    async with running_bot(tmp_path) as bot:
        bot.rasa.statuses = [status]
        assert (await (await bot.chat()).say("bonjour"))[0]["text"] == "dit bonjour"


@pytest.mark.parametrize(
    ("statuses", "requests", "said"),
    [
        ([500, 500], 2, INTERRUPTED),
        ([502] * 99, None, INTERRUPTED),
        ([409] * 99, None, INTERRUPTED),
        ([409, *[503] * 99], None, INTERRUPTED),
        ([401], 1, UNAVAILABLE),
        ([503] * 99, None, UNAVAILABLE),
    ],
)
async def test_an_error_that_stays_is_told_with_an_id_that_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, statuses: list[int], requests: int | None, said: str
) -> None:
    patience = 0.5 if requests is None else 60  # what is tried a number of times needs the time for them
    async with running_bot(tmp_path, TURN_SECONDS=patience) as bot:
        bot.rasa.statuses = statuses
        chat = await bot.chat()
        (reply,) = await chat.say("ajoute Marie Dupont")
        assert said in reply["text"]
        assert bot.settings.support_phone in reply["text"]
        error_id = next(word.rstrip(".") for word in reply["text"].split() if word.startswith("E-"))
        assert error_id in caplog.text
        assert requests in {None, bot.rasa.requests}
        for secret in ("Marie", "Dupont", "Durand", RASA_TOKEN, chat.token):
            assert secret not in caplog.text
        bot.rasa.statuses = []
        assert (await chat.say("bonjour"))[0]["text"] == "dit bonjour"


async def test_a_silent_rasa_is_told_shortly_after_the_turn_s_time(tmp_path: Path) -> None:
    async with running_bot(tmp_path, TURN_SECONDS=3, RASA_TIMEOUT=0.3) as bot:
        bot.rasa.gates["long"] = asyncio.Event()
        chat = await bot.chat()
        started = asyncio.get_running_loop().time()
        (reply,) = await chat.say("long")
        assert asyncio.get_running_loop().time() - started < 30
        assert INTERRUPTED in reply["text"]
        assert bot.rasa.requests > 1
        bot.rasa.gates["long"].set()


@pytest.mark.parametrize("answer", [[], [{"text": ""}], [{"text": None, "buttons": None}], [{"buttons": [{"title": "sans sens"}]}]])
async def test_an_empty_or_malformed_answer_is_an_error(tmp_path: Path, answer: list[dict[str, object]]) -> None:
    async with running_bot(tmp_path) as bot:
        bot.rasa.answers["bonjour"] = answer
        assert INTERRUPTED in (await (await bot.chat()).say("bonjour"))[0]["text"]


async def test_what_rasa_cannot_read_is_told_as_such(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        bot.rasa.statuses = [422]
        assert "n’a pas pu être lu" in (await (await bot.chat()).say("//"))[0]["text"]


async def test_links_and_several_messages_are_kept_in_order(tmp_path: Path) -> None:
    link = {"title": "Guide", "url": "https://sphere.example/guide"}
    async with running_bot(tmp_path) as bot:
        bot.rasa.answers["aide"] = [{"text": "Un"}, {"text": "Deux", "link": link}, {"text": "Trois\0"}]
        replies = await (await bot.chat()).say("aide")
        assert [(reply["text"], reply["link"]) for reply in replies] == [("Un", None), ("Deux", link), ("Trois", None)]


def on_disk(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.rglob("sphere.db*"))


async def test_a_deep_link_that_is_not_valid_is_said_and_its_token_is_not_kept(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        chat = await bot.chat()
        (said,) = await chat.say("/start lien-42-inconnu")
        assert "n’est plus valable" in said["text"]
        assert [message["text"] for message in await chat.history() if message["author"] == "user"] == ["/start"]
        assert bot.rasa.turns == []
    assert not on_disk(tmp_path, "lien-42-inconnu")
