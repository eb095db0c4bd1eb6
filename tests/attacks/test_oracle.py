"""Attacks that try to learn whether a person has a dossier, or whether a reference exists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from bot.dossiers.dossiers import Usager
from bot.dossiers.errors import LimitReached, NotAMember
from bot.dossiers.probing import Origin, ProbeLimits
from bot.fhir.operations import OperationFailed, Pending
from bot.jobs.outbox import CHAT
from tests.attacks.oracle_fixtures import (
    CHANNELS,
    CLAIRE,
    KARIM,
    LIMITS,
    Probing,
    database_kind,
    directory,
    limits,
    probing,
    sandbox,
    shape,
)
from tests.unit.actions.dialogue import Answer, Dialogue
from tests.unit.harness import CLAIRES_DOSSIER, KARIMS_DOSSIER, SETTINGS, Harness

__all__ = ["database_kind", "directory", "limits", "probing", "sandbox"]

FOREIGN, UNKNOWN = CLAIRES_DOSSIER, "SPH-2024-999137"
WEB = CHANNELS["web"]
JEANNE = ("Durand", "Jeanne", "12/03/1948", "1948-03-12")
NOBODY = ("Wexler", "Jeanne", "12/03/1949", "1949-03-12")
NAMES = ("Durand", "Jeanne", "Wexler", "1948", "1949")
ON_BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
SOON = pytest.mark.parametrize("limits", [LIMITS])

Ask = Callable[[Dialogue, dict[str, object], str], Awaitable[Answer]]


def _say(words: str, intent: str, **entities: str) -> Ask:
    async def ask(chat: Dialogue, channel: dict[str, object], reference: str) -> Answer:
        return await chat.say(words.format(reference), intent, channel, dossier_ref=reference, **entities)

    return ask


def _press(intent: str, **entities: str) -> Ask:
    async def ask(chat: Dialogue, channel: dict[str, object], reference: str) -> Answer:
        return await chat.press(intent, channel, dossier_ref=reference, **entities)

    return ask


ASKS: dict[str, Ask] = {
    "find": _say("ouvre le dossier {}", "find_dossier"),
    "find with a name": _say("dossier {} de Durand", "find_dossier", usager_name="Durand"),
    "list partners": _say("qui suit {} ?", "list_partners"),
    "add": _say("ajoute Paul Martin au dossier {}", "add_partner", partner_name="Paul Martin"),
    "remove": _say("retire Paul Martin du dossier {}", "remove_partner", partner_name="Paul Martin"),
    "leave": _say("retire-moi du dossier {}", "remove_partner"),
    "mute": _say("sourdine pour {}", "mute_notifications"),
    "resume": _say("réactive {}", "resume_notifications"),
    "notifications": _say("du neuf sur {} ?", "list_notifications"),
    "mark read": _say("marque {} comme lu", "mark_notifications_read"),
    "request an account": _say("demander un compte pour le dossier {}", "request_account"),
    "button of the list": _press("list_partners"),
    "button of an addition": _press("add_partner"),
    "button of a mute": _press("mute_notifications", lasting="day"),
}


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
@pytest.mark.parametrize("limits", [ProbeLimits(refused=1_000)], ids=["unlimited"])
async def test_a_reference_of_others_is_answered_like_one_that_does_not_exist(probing: Probing, channel: dict[str, object]) -> None:
    for name, ask in ASKS.items():
        seen = []
        for number, reference in enumerate((FOREIGN, UNKNOWN)):
            chat = await probing.chat(name=f"{name[:20]}{number}")
            answer = await ask(chat, channel, reference)
            assert "ne faites pas partie" in answer.text or name == "resume", name
            seen.append((shape(answer, chat, reference), probing.line.take()))
            after = await chat.press("contact_support", channel)  # what support is told with it
            seen[-1] += (str(after.handover).replace(reference, "<ref>"),)
        assert seen[0] == seen[1], name
        assert "Jeanne" not in str(seen[0]), name


async def test_a_member_is_answered_otherwise(probing: Probing) -> None:
    chat = await probing.chat(CLAIRE)
    answer = await ASKS["find"](chat, WEB, FOREIGN)
    assert "Jeanne Durand" in answer.text


@ON_BOTH
async def test_an_act_on_a_dossier_of_others_is_refused_like_one_that_does_not_exist(probing: Probing) -> None:
    karim, paul = await probing.world.account(KARIM), await probing.world.account("paul.martin@sphere.example")
    partners, seen = probing.world.partners, []
    for reference in (FOREIGN, UNKNOWN):
        tried = []
        probing.line.take()
        for act in (
            lambda key, ref=reference: partners.add(ref, karim, paul, basis="consent_given", channel="web", key=key),
            lambda key, ref=reference: partners.remove(ref, karim, paul.reference, channel="web", key=key),
        ):
            with pytest.raises(NotAMember) as refused:
                await act(f"{len(seen)}-{len(tried)}")
            tried.append((str(refused.value), probing.line.take()))
        seen.append(tried)
    assert seen[0] == seen[1]


async def test_the_end_of_a_retried_act_tells_nothing_either(probing: Probing, sandbox: object) -> None:
    karim, paul = await probing.world.account(KARIM), await probing.world.account("paul.martin@sphere.example")
    for reference in (FOREIGN, UNKNOWN):
        probing.line.cut_after(0, losing=False)
        with pytest.raises(Pending):
            await probing.world.partners.add(
                reference, karim, paul, basis="consent_given", channel="web", key=reference, conversation_id=reference
            )
        probing.line.restore()
    probing.world.clock.advance(timedelta(minutes=1))
    assert await probing.world.operations.run_due() == 2
    told = [(await probing.world.chats(reference))[0].replace(reference, "<ref>") for reference in (FOREIGN, UNKNOWN)]
    assert told[0] == told[1]


async def _create(chat: Dialogue, person: tuple[str, str, str, str], channel: dict[str, object] = WEB) -> list[Answer]:
    """Create a dossier; return every answer."""
    family, given, typed, born = person
    return [
        await chat.say("nouveau dossier", "create_dossier", channel),
        await chat.say(family, "inform", channel, usager_name=family),
        await chat.say(given, "inform", channel),
        await chat.say(typed, "inform", channel, birth_date=born),
        await chat.press("inform", channel, sex="female"),
        await chat.press("affirm", channel),
    ]


def _without_names(answers: list[Answer], reference: str) -> list[str]:
    texts = []
    for answer in answers:
        text = answer.all
        for part in (*JEANNE, *NOBODY, reference):
            text = text.replace(part, "<>")
        texts.append(text)
    return texts


@ON_BOTH
async def test_creating_a_dossier_for_a_patient_of_others_looks_like_any_creation(probing: Probing) -> None:
    seen = []
    for number, person in enumerate((JEANNE, NOBODY)):
        chat = await probing.chat(name=f"chat{number}")
        answers = await _create(chat, person)
        assert "c’est fait" in answers[-1].text.lower()
        reference = chat.slots["last_dossier"]
        seen.append((_without_names(answers, reference), probing.line.take()))
    assert seen[0] == seen[1]
    assert await probing.world.operations.run_due() == 2  # the comparisons, done by a worker
    assert [row.payload["text"] for row in await probing.world.outbox(CHAT)] == []
    assert [pair.existing for pair in await probing.duplicates.open_pairs()] == [FOREIGN]


@pytest.mark.parametrize("channel", [CHANNELS["telegram"], CHANNELS["teams"]], ids=["telegram", "teams"])
async def test_outside_no_person_is_looked_for_at_all(probing: Probing, channel: dict[str, object]) -> None:
    seen = []
    for number, person in enumerate((JEANNE, NOBODY)):
        chat = await probing.chat(name=f"chat{number}")
        answer = await chat.say(f"nouveau dossier pour {person[1]} {person[0]}", "create_dossier", channel, usager_name=person[0])
        seen.append((answer.all, probing.line.take()))
    assert seen[0] == seen[1]


async def test_the_new_dossier_itself_does_not_show_that_there_is_another(probing: Probing) -> None:
    chat = await probing.chat()
    await _create(chat, JEANNE)
    await probing.world.operations.run_due()
    (patient,) = probing.world.sandbox.found("Patient", identifier=chat.slots["last_dossier"])
    assert not {"link", "contact"} & patient.keys()
    (status,) = patient["extension"][0]["extension"]
    assert (len(patient["extension"]), status["valueCoding"]["code"]) == (1, "PROV")  # as of every new dossier
    assert "tag" not in patient["meta"]
    team = probing.world.sandbox.team_of(chat.slots["last_dossier"])
    assert FOREIGN not in str(team)


async def test_support_is_told_the_pair_without_a_name(probing: Probing) -> None:
    chat = await probing.chat()
    await _create(chat, JEANNE)
    await probing.world.operations.run_due()
    created = chat.slots["last_dossier"]
    (mail,) = [mail for mail in await probing.world.mails(SETTINGS.support_email) if created in mail["text"]]
    assert FOREIGN in mail["text"]
    assert not any(name in str(mail) for name in NAMES)
    (linkage,) = probing.world.sandbox.found("Linkage")
    assert (linkage["active"], linkage["meta"]["tag"][0]["code"]) == (False, "DPOT")
    assert not any(name in str(linkage) for name in NAMES)
    (event,) = await probing.trail(action="dossiers.flag")
    assert (event.dossier, event.subject, event.actor) == (created, FOREIGN, None)


async def test_a_member_of_the_existing_dossier_is_asked_first(probing: Probing) -> None:
    chat = await probing.chat(CLAIRE)
    answers = await _create(chat, JEANNE)
    assert f"{FOREIGN} – Jeanne Durand" in answers[-2].text
    assert "Attention, vous avez peut-être déjà ce dossier" in answers[-2].text


async def test_who_takes_part_in_both_is_told_by_references(probing: Probing) -> None:
    chat = await probing.chat(CLAIRE)
    await _create(chat, JEANNE)
    await probing.world.operations.run_due()
    (told,) = await probing.world.chats("chat")
    assert {FOREIGN, chat.slots["last_dossier"]} <= set(told.replace(".", " ").split())
    assert not any(name in told for name in NAMES)


async def test_who_joins_the_second_of_two_later_is_told_then_and_nobody_else(probing: Probing) -> None:
    chat = await probing.chat()
    await probing.world.link("claire", CLAIRE)
    await _create(chat, JEANNE)
    await probing.world.operations.run_due()
    assert await probing.world.chats("claire") == []
    karim, claire = await probing.world.account(KARIM), await probing.world.account(CLAIRE)
    created = chat.slots["last_dossier"]
    await probing.world.partners.add(created, karim, claire, basis="consent_given", channel="web", key="add")
    await probing.world.operations.run_due()
    assert len(await probing.world.chats("claire")) == 1
    assert await probing.world.chats("chat") == []
    assert len(await probing.duplicates.open_pairs()) == 1


@ON_BOTH
async def test_the_same_creation_twice_makes_one_dossier_and_one_pair(probing: Probing) -> None:
    karim = await probing.world.account(KARIM)
    usager = Usager("Durand", "Jeanne", date(1948, 3, 12), "female")
    made = await asyncio.gather(*(probing.dossiers.create(usager, karim, "k", conversation_id="chat") for _ in range(3)))
    assert len({dossier.reference for dossier in made}) == 1
    await probing.world.operations.run_due()
    assert len(await probing.duplicates.open_pairs()) == 1
    assert len([mail for mail in await probing.world.mails(SETTINGS.support_email) if FOREIGN in mail["text"]]) == 1


async def test_two_that_are_created_before_either_is_compared_are_one_pair(probing: Probing) -> None:
    created = []
    for number in range(2):
        chat = await probing.chat(name=f"chat{number}")
        await _create(chat, NOBODY)
        created.append(chat.slots["last_dossier"])
    await probing.world.operations.run_due()
    (pair,) = await probing.duplicates.open_pairs()
    assert {pair.existing, pair.created} == set(created)
    assert len(probing.world.sandbox.found("Linkage")) == 1


async def test_a_platform_that_knows_no_linkage_changes_nothing_for_anybody(probing: Probing) -> None:
    probing.world.sandbox.fault("none")
    chat = await probing.chat()
    await _create(chat, JEANNE)
    create = probing.world.fhir.create

    async def refusing(resource: dict[str, object], **options: object) -> object:
        return await create({**resource, "resourceType": "Nothing"}, **options)  # type: ignore[arg-type]

    probing.world.fhir.create = refusing  # type: ignore[method-assign, assignment]
    await probing.world.operations.run_due()
    assert [pair.existing for pair in await probing.duplicates.open_pairs()] == [FOREIGN]


@ON_BOTH
@SOON
async def test_trying_many_references_is_stopped_in_one_and_the_same_way(probing: Probing) -> None:
    chat = await probing.chat()
    for number in range(LIMITS.refused):
        refused = await ASKS["find"](chat, WEB, f"SPH-2024-00{number:04d}")
        assert "ne faites pas partie" in refused.text
    probing.line.take()
    stopped = []
    for reference in (FOREIGN, UNKNOWN):
        answer = await ASKS["find"](chat, WEB, reference)
        stopped.append((answer.all.replace(reference, "<ref>"), probing.line.take()))
    assert stopped[0] == stopped[1]
    assert "beaucoup de références" in stopped[0][0]
    assert "Robert Fontaine" in (await ASKS["find"](chat, WEB, KARIMS_DOSSIER)).text  # one's own stay open
    (reached,) = await probing.trail(action="dossiers.limit")
    assert (reached.outcome, reached.conversation, reached.channel) == ("refused", "chat", "web")
    assert [event.dossier for event in await probing.trail(outcome="limited")] == [FOREIGN, UNKNOWN]


@ON_BOTH
@SOON
async def test_another_process_and_another_chat_do_not_lift_the_limit(probing: Probing) -> None:
    chat = await probing.chat()
    for number in range(LIMITS.refused):
        await ASKS["list partners"](chat, WEB, f"SPH-2024-00{number:04d}")
    process = Harness(probing.world.database, probing.world.sandbox, probing.world.clock)
    other = await Probing(process, probing.directory, LIMITS).chat(name="another")
    assert "beaucoup de références" in (await ASKS["list partners"](other, CHANNELS["teams"], FOREIGN)).text
    probing.world.clock.advance(timedelta(hours=1, seconds=1))
    assert "ne faites pas partie" in (await ASKS["list partners"](other, CHANNELS["teams"], FOREIGN)).text
    await process.fhir.aclose()


@ON_BOTH
@SOON
async def test_guesses_sent_at_once_are_all_counted(probing: Probing) -> None:
    karim = await probing.world.account(KARIM)
    asks = [probing.dossiers.get(f"SPH-2024-00{n:04d}", karim, Origin("chat", f"t{n}", "web")) for n in range(LIMITS.refused)]
    outcomes = await asyncio.gather(*asks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {NotAMember}
    with pytest.raises(LimitReached):
        await probing.dossiers.get(FOREIGN, karim, Origin("chat", "last", "web"))


@SOON
async def test_the_same_turn_played_again_is_one_guess(probing: Probing) -> None:
    karim = await probing.world.account(KARIM)
    for _ in range(LIMITS.refused + 2):
        with pytest.raises(NotAMember):
            await probing.dossiers.get(UNKNOWN, karim, Origin("chat", "t1", "web"))
    assert len(await probing.trail(outcome="not_a_member")) == 1


@ON_BOTH
@SOON
async def test_creating_many_dossiers_is_stopped_and_loses_none(probing: Probing) -> None:
    chat = await probing.chat()
    people = [(f"Wexler{letter}", "Anne", "12/03/1949", "1949-03-12") for letter in "abc"]
    answers = [(await _create(chat, person))[-1].text for person in people]
    assert ["beaucoup de dossiers" in answer for answer in answers] == [False, False, True]
    assert len(probing.world.sandbox.found("Patient", family="Wexler")) == LIMITS.created
    assert [event.outcome for event in await probing.trail(action="dossiers.create")] == ["created", "created", "limited"]
    karim = await probing.world.account(KARIM)
    usager = Usager("Wexlera", "Anne", date(1949, 3, 12), "female")
    key = next(event.key for event in await probing.trail(action="dossiers.create")).removeprefix("operation:")
    try:
        again = await probing.dossiers.create(usager, karim, key, conversation_id="chat")
    except OperationFailed:
        pytest.fail("the act that was done before is answered as before")
    assert again.reference


@SOON
async def test_searching_many_people_is_stopped(probing: Probing) -> None:
    chat = await probing.chat()
    for name in ("Durand", "Garnier", "Lemaitre"):
        assert "aucun dossier" in (await chat.say(f"dossier de {name}", "find_dossier", WEB, usager_name=name)).text
    assert "beaucoup de recherches" in (await chat.say("dossier de Wexler", "find_dossier", WEB, usager_name="Wexler")).text
    assert {event.dossier for event in await probing.trail(action="dossiers.search")} == {None}


async def test_a_search_finds_nobody_outside_one_s_own_dossiers(probing: Probing) -> None:
    seen = []
    for number, (family, given, _, born) in enumerate((JEANNE, NOBODY)):
        chat = await probing.chat(name=f"chat{number}")
        answer = await chat.say(f"dossier de {given} {family}", "find_dossier", WEB, usager_name=f"{given} {family}", birth_date=born)
        seen.append((answer.all, probing.line.take()))
    assert seen[0] == seen[1]
