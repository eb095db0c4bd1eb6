"""Attacks on login codes, link tokens and passwords: guessing, locking somebody else out, flooding a mailbox, asking who has an account."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot.core.clock import ManualClock
from bot.directory import Directory, import_file
from bot.identity.deep_links import LINK_TTL
from bot.identity.errors import IdentityError, LinkTokenInvalid, Locked
from bot.identity.service import Identity
from bot.sandbox.demo_directory import write_demo_file
from bot.settings import Settings
from bot.support import passwords
from bot.support.agents import AGENT, Agents
from bot.support.errors import AgentError
from tests.attacks.codes_fixtures import UNKNOWN, Installation, each_installation, installation, platform
from tests.databases import fresh_database
from tests.unit.actions.dialogue import Dialogue
from tests.unit.harness import CLAIRE, CLAIRES_DOSSIER, KARIM, START, open_harness
from tests.unit.sandbox.sandbox_server import Sandbox

__all__ = ["each_installation", "installation", "platform"]

SOPHIE = "sophie.leroux@sphere.example"
WEB = {"channel": "web", "home": "web", "trusted": True}
TELEGRAM = {"channel": "telegram", "home": "telegram", "trusted": False}
PASSWORD = "un mot de passe de test"


# Guessing and locking out


async def test_a_stranger_does_not_lock_the_holder_out(installation: Installation) -> None:
    assert await installation.ask("stranger", CLAIRE) == "sent"
    wrong = await installation.wrong_code(CLAIRE)
    assert [await installation.guess("stranger", wrong) for _ in range(6)][-1] == "Locked"
    assert await installation.ask("own", CLAIRE, process=installation.other) == "sent"
    assert await installation.guess("own", await installation.one.code(CLAIRE)) == "linked"


async def test_a_locked_chat_is_locked_in_every_process_even_for_the_right_code(each_installation: Installation) -> None:
    await each_installation.ask("chat", CLAIRE)
    right, wrong = await each_installation.one.code(CLAIRE), await each_installation.wrong_code(CLAIRE)
    for number in range(5):
        await each_installation.guess("chat", wrong, process=(each_installation.one, each_installation.other)[number % 2])
    assert await each_installation.guess("chat", right, process=each_installation.other) == "Locked"
    assert (await each_installation.ask("chat", KARIM, process=each_installation.other)).startswith("Locked")


async def test_guesses_at_once_in_two_processes_are_counted_together(each_installation: Installation) -> None:
    await each_installation.ask("chat", CLAIRE)
    wrong = await each_installation.wrong_code(CLAIRE)
    processes = (each_installation.one, each_installation.other)
    answers = await asyncio.gather(*(each_installation.guess("chat", wrong, process=processes[n % 2]) for n in range(20)))
    assert answers.count("WrongCode") <= 4
    assert set(answers) <= {"WrongCode", "Locked"}


async def test_guessing_many_accounts_from_one_source_stops_early(each_installation: Installation) -> None:
    people, processes = (CLAIRE, KARIM, SOPHIE, UNKNOWN), (each_installation.one, each_installation.other)
    answers = []
    for number in range(12):
        chat, process = f"chat{number}", processes[number % 2]
        await process.identity.note_source(chat, "203.0.113.7")
        await each_installation.ask(chat, people[number % 4], process=process)
        answers += [await each_installation.guess(chat, "000000", process=process) for _ in range(4)]
    assert answers.count("WrongCode") == 20
    assert answers[-1] == "Locked"
    await each_installation.one.identity.note_source("elsewhere", "203.0.113.8")
    await each_installation.ask("elsewhere", "paul.martin@sphere.example")
    assert await each_installation.guess("elsewhere", await each_installation.one.code("paul.martin@sphere.example")) == "linked"
    each_installation.clock.advance(timedelta(hours=1))
    await each_installation.one.identity.note_source("later", "203.0.113.7")
    await each_installation.ask("later", "paul.martin@sphere.example")
    assert await each_installation.guess("later", await each_installation.one.code("paul.martin@sphere.example")) == "linked"


async def test_the_holders_own_chat_goes_on_while_its_source_is_stopped(installation: Installation) -> None:
    await installation.one.link("own", CLAIRE)
    await installation.one.identity.note_source("own", "203.0.113.7")
    for number in range(6):
        await installation.one.identity.note_source(f"noisy{number}", "203.0.113.7")
        await installation.ask(f"noisy{number}", f"x{number}@sphere.example")
        for _ in range(4):
            await installation.guess(f"noisy{number}")
    assert await installation.guess("noisy5") == "Locked"
    await installation.ask("own", CLAIRE)
    assert await installation.guess("own", await installation.one.code(CLAIRE)) == "linked"


async def test_limits_for_tests_lift_the_source_but_not_the_chat(installation: Installation) -> None:
    process = installation.one
    lifted = Identity(process.database, process.registry, installation.clock, Settings(secret="s" * 32, limits="test"))
    for number in range(8):
        await lifted.note_source(f"chat{number}", "127.0.0.1")
        await lifted.start_code(f"chat{number}", f"x{number}@sphere.example")
        for _ in range(4):
            with pytest.raises(IdentityError) as caught:
                await lifted.check_code(f"chat{number}", "000000")
            assert not isinstance(caught.value, Locked)
    with pytest.raises(Locked):
        await lifted.check_code("chat7", "000000")


async def test_guessing_link_tokens_from_many_chats_stops(installation: Installation) -> None:
    refused: list[str] = []
    for number in range(8):
        await installation.one.identity.note_source(f"chat{number}", "203.0.113.7")
        for guess in range(4):
            try:
                await installation.one.identity.redeem(f"chat{number}", f"guess{guess}")
            except (LinkTokenInvalid, Locked) as error:
                refused.append(type(error).__name__)
    assert refused.count("LinkTokenInvalid") == 20
    assert refused[-1] == "Locked"


# Mails


async def test_a_mailbox_is_not_flooded_from_many_chats_in_two_processes(each_installation: Installation) -> None:
    processes = (each_installation.one, each_installation.other)
    answers = await asyncio.gather(*(each_installation.ask(f"chat{n}", CLAIRE, process=processes[n % 2]) for n in range(30)))
    assert answers.count("sent") == 5
    assert len(await each_installation.one.mails(CLAIRE)) == 5
    each_installation.clock.advance(timedelta(hours=23))
    assert (await each_installation.ask("later", CLAIRE)).startswith("TooManyCodes")
    each_installation.clock.advance(timedelta(hours=1))
    assert await each_installation.ask("later", CLAIRE) == "sent"


async def test_a_flooded_mailbox_does_not_stop_a_chat_that_was_linked(each_installation: Installation) -> None:
    await each_installation.one.link("own", CLAIRE)
    await each_installation.one.identity.unlink("own")
    for number in range(8):
        await each_installation.ask(f"stranger{number}", CLAIRE)
    assert await each_installation.ask("own", CLAIRE) == "sent"
    assert await each_installation.guess("own", await each_installation.one.code(CLAIRE)) == "linked"


async def test_an_answer_tells_nothing_of_an_address_at_any_limit(installation: Installation) -> None:
    told: list[list[str]] = []
    for who, email in (("a", CLAIRE), ("b", UNKNOWN)):
        answers = [await installation.ask(f"{who}{n}", email) for n in range(8)]
        told.append([*answers, *[await installation.guess(f"{who}0") for _ in range(6)], await installation.ask(f"{who}9", email)])
    assert told[0] == told[1]
    assert any(answer.startswith("TooManyCodes") for answer in told[0])


async def test_the_holder_is_told_of_many_wrong_codes_once_a_day(installation: Installation) -> None:
    for number in range(3):
        await installation.ask(f"stranger{number}", CLAIRE)
        wrong = await installation.wrong_code(CLAIRE)
        for _ in range(4):
            await installation.guess(f"stranger{number}", wrong)
        await installation.ask(f"other{number}", UNKNOWN)
        for _ in range(4):
            await installation.guess(f"other{number}")
    told = [mail for mail in await installation.one.mails(CLAIRE) if "faux" in mail["subject"]]
    assert len(told) == 1
    assert "pas bloqué" in told[0]["text"]
    assert await installation.one.mails(UNKNOWN) == []


async def test_the_holder_is_told_of_each_chat_that_is_linked(installation: Installation) -> None:
    claire = await installation.one.link("chat", CLAIRE)
    token = await installation.one.identity.new_link_token(claire.id, LINK_TTL)
    await installation.other.identity.redeem("phone", token)
    await installation.other.link("chat", CLAIRE)  # the same chat again: nothing new
    told = [mail for mail in await installation.one.mails(CLAIRE) if "reliée" in mail["subject"]]
    assert len(told) == 2
    assert all("le 23/11/2026 à 10h" in mail["text"] and "déconnecter mon compte" in mail["text"] for mail in told)


async def test_what_is_kept_of_codes_and_sources_names_nobody(installation: Installation) -> None:
    await installation.one.identity.note_source("chat", "203.0.113.7")
    await installation.ask("chat", CLAIRE)
    await installation.guess("chat", await installation.wrong_code(CLAIRE))
    kept = ""
    async with installation.one.database.reading() as session:
        connection = await session.connection()
        for table in ("login_codes", "login_guards", "limit_counters", "chat_sources", "security_figures", "audit_events"):
            kept += str((await connection.exec_driver_sql(f"SELECT * FROM {table}")).all())
    assert "203.0.113" not in kept
    assert "moreau" not in kept.lower()
    assert await installation.one.code(CLAIRE) not in kept.replace("'", " ").replace(":", " ").split()


async def test_attacks_show_in_the_figures(each_installation: Installation) -> None:
    for number in range(7):
        await each_installation.ask(f"chat{number}", CLAIRE)
    wrong = await each_installation.wrong_code(CLAIRE)
    for _ in range(5):
        await each_installation.guess("chat4", wrong)
    figures = await each_installation.figures()
    assert figures["code_sent"] == 5
    assert figures["code_wrong"] == 5
    assert figures["lock_chat"] == 1
    assert figures["limit_codes_address"] == 1  # a window that was used up counts once, however long the flood


async def test_support_ends_what_somebody_else_linked(installation: Installation) -> None:
    await installation.one.link("own", CLAIRE)
    await installation.one.link("thief", CLAIRE)
    await installation.one.link("karim", KARIM)
    assert await installation.other.identity.unlink_account_of(CLAIRE) == 2
    assert await installation.one.identity.linked_account_id("thief") is None
    assert await installation.one.identity.linked_account_id("karim") is not None
    assert await installation.other.identity.unlink_account_of(UNKNOWN) is None


# A chat that somebody left behind


async def test_a_silent_chat_must_prove_whose_it_is(installation: Installation) -> None:
    await installation.one.link("chat", CLAIRE)
    installation.clock.advance(timedelta(days=29))
    assert not await installation.one.identity.needs_proof("chat")
    await installation.one.identity.note_use("chat")
    installation.clock.advance(timedelta(days=29))
    assert not await installation.other.identity.needs_proof("chat")
    installation.clock.advance(timedelta(days=1))
    await installation.one.identity.note_use("chat")  # using it proves nothing
    assert await installation.other.identity.needs_proof("chat")
    await installation.one.link("chat", CLAIRE)
    assert not await installation.other.identity.needs_proof("chat")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    folder = tmp_path_factory.mktemp("directory")
    write_demo_file(folder / "demo.txt", people=50)
    import_file(folder / "demo.txt", folder / "index")
    return Directory(folder / "index")


@pytest.mark.parametrize("channel", [WEB, TELEGRAM], ids=["web", "telegram"])
async def test_a_silent_chat_changes_nothing_before_the_code_and_goes_on_after_it(
    tmp_path: Path, platform: Sandbox, directory: Directory, channel: dict[str, object]
) -> None:
    async with open_harness(tmp_path, platform, ManualClock(START)) as process:
        claire = await process.link("chat", CLAIRE)
        process.directory = directory
        dialogue = Dialogue(process)
        members = await dialogue.services.partners.list(CLAIRES_DOSSIER, claire)
        name = next(member.display for member in members if "Moreau" not in member.display)
        words = f"retire {name} de {CLAIRES_DOSSIER}"
        card = await dialogue.say(words, "remove_partner", channel, partner_name=name, dossier_ref=CLAIRES_DOSSIER)
        assert "retirer l’accès" in card.text
        process.clock.advance(timedelta(days=31))
        asked = await dialogue.say("oui", "affirm", channel)  # the card was left on the screen
        assert "pas servi depuis longtemps" in asked.text
        assert len(await dialogue.services.partners.list(CLAIRES_DOSSIER, claire)) == len(members)
        again = await dialogue.say(await process.code(CLAIRE), "inform", channel)
        assert "retirer l’accès" in again.text  # the same card, to be confirmed afresh
        declined = await dialogue.say("non", "deny", channel)
        assert "pas servi" not in declined.text
        assert len(await dialogue.services.partners.list(CLAIRES_DOSSIER, claire)) == len(members)


async def test_a_silent_chat_is_asked_before_a_task_begins_and_loses_no_word_of_it(
    tmp_path: Path, platform: Sandbox, directory: Directory
) -> None:
    async with open_harness(tmp_path, platform, ManualClock(START)) as process:
        claire = await process.link("chat", CLAIRE)
        process.directory = directory
        dialogue = Dialogue(process)
        members = await dialogue.services.partners.list(CLAIRES_DOSSIER, claire)
        name = next(member.display for member in members if "Moreau" not in member.display)
        process.clock.advance(timedelta(days=31))
        asked = await dialogue.say(
            f"retire {name} de {CLAIRES_DOSSIER}", "remove_partner", TELEGRAM, partner_name=name, dossier_ref=CLAIRES_DOSSIER
        )
        assert "pas servi depuis longtemps" in asked.text
        assert name not in asked.text
        card = await dialogue.say(await process.code(CLAIRE), "inform", TELEGRAM)
        assert f"{name}" in card.text
        assert "retirer l’accès" in card.text


async def test_a_silent_chat_shows_no_dossier_on_the_web_and_references_alone_elsewhere(
    tmp_path: Path, platform: Sandbox, directory: Directory
) -> None:
    async with open_harness(tmp_path, platform, ManualClock(START)) as process:
        await process.link("chat", CLAIRE)
        process.directory = directory
        dialogue = Dialogue(process)
        process.clock.advance(timedelta(days=31))
        outside = await dialogue.say("mes dossiers", "list_dossiers", TELEGRAM)
        assert CLAIRES_DOSSIER in outside.all
        assert "Durand" not in outside.all
        inside = await dialogue.say("mes dossiers", "list_dossiers", WEB)
        assert "Durand" not in inside.all
        assert "pas servi depuis longtemps" in inside.text


async def test_a_silent_chat_is_not_unlinked_by_whoever_found_it(tmp_path: Path, platform: Sandbox, directory: Directory) -> None:
    async with open_harness(tmp_path, platform, ManualClock(START)) as process:
        await process.link("chat", CLAIRE)
        process.directory = directory
        dialogue = Dialogue(process)
        process.clock.advance(timedelta(days=31))
        assert "pas servi" in (await dialogue.say("déconnecte mon compte", "unlink_account", WEB)).text
        assert await process.identity.linked_account_id("chat") is not None
        assert "plus reliée" in (await dialogue.say(await process.code(CLAIRE), "inform", WEB)).text
        assert await process.identity.linked_account_id("chat") is None


async def test_giving_the_code_up_does_not_let_a_silent_chat_go_on(tmp_path: Path, platform: Sandbox, directory: Directory) -> None:
    async with open_harness(tmp_path, platform, ManualClock(START)) as process:
        await process.link("chat", CLAIRE)
        process.directory = directory
        dialogue = Dialogue(process)
        process.clock.advance(timedelta(days=31))
        await dialogue.say("mes dossiers", "list_dossiers", WEB)
        cancelled = await dialogue.say("annule", "cancel", WEB)
        assert "Durand" not in cancelled.all
        pressed = await dialogue.press("link_account", WEB, linked="0")  # what a failed sign-in with the issuer tells the dialogue
        assert "reliée au compte" not in pressed.text
        assert "Durand" not in (await dialogue.say("mes dossiers", "list_dossiers", WEB)).all


# Passwords of the desk


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes that take no time: here it is counted, not hashed."""
    passwords._hash_of_nobody.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    passwords._hash_of_nobody.cache_clear()


async def _try(agents: Agents, login: str, password: str = "faux", *, source: str = "203.0.113.9", device: str | None = None) -> str:
    try:
        await agents.sign_in(login, password, source=source, device=device)
    except AgentError as error:
        return type(error).__name__
    return "in"


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_stranger_does_not_lock_an_agent_out(kind: str, tmp_path: Path) -> None:
    async with fresh_database(kind, tmp_path) as database:
        settings, clock = Settings(secret="s" * 32), ManualClock(START)
        one, other = Agents(database, clock, settings), Agents(database, clock, settings)
        await one.add("ines", "Inès", AGENT, PASSWORD)
        assert [await _try((one, other)[n % 2], "ines") for n in range(6)][-2:] == ["SignInLocked", "SignInLocked"]
        assert await _try(other, "ines", PASSWORD) == "SignInLocked"  # from there, even the right one
        assert await _try(other, "ines", PASSWORD, source="198.51.100.1") == "in"


@pytest.mark.usefixtures("quick_hashes")
async def test_many_strangers_stop_at_one_login_but_not_its_own_browser(tmp_path: Path) -> None:
    async with fresh_database("sqlite", tmp_path) as database:
        agents = Agents(database, ManualClock(START), Settings(secret="s" * 32))
        await agents.add("ines", "Inès", AGENT, PASSWORD)
        device = agents.device_token("ines")
        answers = [await _try(agents, "ines", source=f"203.0.113.{n // 4}") for n in range(60)]
        assert answers.count("SignInFailed") == 50
        assert await _try(agents, "ines", PASSWORD, source="198.51.100.1") == "SignInLocked"
        assert await _try(agents, "ines", PASSWORD, source="198.51.100.1", device=agents.device_token("paul")) == "SignInLocked"
        assert await _try(agents, "ines", PASSWORD, source="198.51.100.1", device=device) == "in"
        assert [await _try(agents, "ines", device=device) for _ in range(6)][-1] == "SignInLocked"  # guessing stays limited there too


@pytest.mark.usefixtures("quick_hashes")
async def test_guessing_many_logins_from_one_source_stops_early(tmp_path: Path) -> None:
    async with fresh_database("sqlite", tmp_path) as database:
        agents = Agents(database, ManualClock(START), Settings(secret="s" * 32))
        answers = [await _try(agents, f"agent{n}") for n in range(25)]
        assert answers == ["SignInFailed"] * 20 + ["SignInLocked"] * 5


@pytest.mark.usefixtures("quick_hashes")
async def test_passwords_guessed_at_once_are_all_counted(tmp_path: Path) -> None:
    async with fresh_database("sqlite", tmp_path) as database:
        agents = Agents(database, ManualClock(START), Settings(secret="s" * 32))
        answers = await asyncio.gather(*(_try(agents, "ines") for _ in range(12)))
        assert sum(answer != "SignInLocked" for answer in answers) <= 5
