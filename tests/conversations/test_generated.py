"""The privacy of usagers over conversations that nobody wrote: as many as `GENERATED` says, shared out among the external channels.

In one of three a member of the team joins, at the desk or from the channel's group, and names usagers too.
"""

from __future__ import annotations

import os
import random
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from sqlite3 import connect

import pytest

from tests.conversations.colleague import ticket_of
from tests.conversations.conftest import TALKS
from tests.conversations.external import ExternalTalk, kept, logs
from tests.conversations.generated import DESK, NOBODYS, PRESS, AgentStep, Someone, conversation
from tests.conversations.talk import CLAIRE, KARIM, as_user, open_talk
from tests.conversations.team_members import Team, TeamMember
from tests.conversations.usagers import folded, traits_in, usagers_of
from tests.stack import Stack, wait_for

EXTERNAL = ("telegram", "webhook", "teams")
GENERATED = int(os.environ.get("GENERATED", "30"))
AT_ONCE = 10
A_CHAT = 4
"""Conversations one after the other in one chat."""
pytestmark = [pytest.mark.channels(*EXTERNAL, each=True), pytest.mark.timeout(1500)]


def test_no_usager_leaves_or_stays(stack: Stack, channel: str) -> None:
    usagers = usagers_of(stack)
    own = {email: _of(stack, email) for email in (CLAIRE, KARIM)}
    seeds = range(EXTERNAL.index(channel), GENERATED, len(EXTERNAL))
    chats = [list(seeds[at : at + A_CHAT]) for at in range(0, len(seeds), A_CHAT)]
    linking, team = threading.Lock(), Team(stack, channel)

    def hold(number: int) -> None:
        email = (CLAIRE, KARIM, None)[number % 3]
        with linking:
            talk = as_user(stack, email) if email else open_talk(stack)
        assert isinstance(talk, ExternalTalk)
        talk.may_be_silent = True  # once a person was asked for

        def mine() -> list[Someone]:
            """A button may have ended the link."""
            return own[email] if email and talk.linked() else []

        typed: list[str] = []
        for seed, step, at_desk in _steps(chats[number], mine, usagers, team):
            if isinstance(step, AgentStep):
                _act(at_desk if step.by == DESK else team.in_group(), step, talk)
                typed.append(f"{step.by}: {step.text}")
            else:
                buttons = [button["token"] for message in talk.last for button in message["buttons"]]
                if step is PRESS and buttons:
                    talk.press_token(random.Random(f"{seed} {len(typed)}").choice(buttons))
                else:
                    talk.say(step or "oui")
                typed.append(step)
                shown = "\n".join(str(message["text"]) for message in talk.last)
                assert not (found := _identifying(shown, usagers)), (seed, typed[-1], found)
        read = "\n".join(str(message["text"]) for message in talk.history() if message["author"] == "assistant")
        found = _identifying(kept(stack, talk.channel, talk.address) + read, usagers)
        assert not found, "\n".join([f"{email}, seeds {chats[number]}", *found, *typed])

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(hold, range(len(chats))))
    assert not _identifying(logs(stack), usagers)
    assert not _identifying("\n".join(TALKS[channel].everything_sent(stack)), usagers)  # to the groups too


def _steps(
    seeds: list[int], mine: Callable[[], list[Someone]], usagers: list[Someone], team: Team
) -> Iterator[tuple[int, str | AgentStep, TeamMember]]:
    """The steps of some conversations, each with its seed and a member of the team at the desk."""
    with team.at_desk() as at_desk:
        for seed in seeds:
            for step in conversation(seed, mine, usagers):
                yield seed, step, at_desk


def _act(member: TeamMember, step: AgentStep, talk: ExternalTalk) -> None:
    """Let a member of the team do a step in the chat's newest ticket, where one was opened, and wait until the chat has it."""
    told = [str(message["text"]) for message in talk.history() if "SUP-" in str(message["text"])]
    if not told:
        return  # a button or a word ended it before
    ticket = ticket_of(told[-1])
    if _state_of(talk.stack, ticket) == "closed":
        return
    before = len(talk.messages())
    if step.takes:
        member.take(ticket)
    elif not step.text:
        member.close(ticket)
    elif step.note:
        member.note(ticket, step.text)
        return
    else:
        member.write(ticket, step.text)
    wait_for(f"what the team does in {talk.channel}", lambda: len(talk.messages()) > before)
    wait_for("what is to be sent", lambda: not talk.stack.to_be_pushed(talk.channel, talk.address))


def _state_of(stack: Stack, ticket: int) -> str:
    with closing(connect(stack.data / "sphere.db", timeout=60)) as database:
        return str(database.execute("SELECT state FROM support_tickets WHERE id = ?", (ticket,)).fetchone()[0])


def _identifying(text: str, usagers: list[Someone]) -> list[str]:
    """What identifies an usager in a text, or leads to somebody."""
    return [*traits_in(text, usagers), *(words for words in NOBODYS if words in folded(text))]


def _of(stack: Stack, email: str) -> list[Someone]:
    """Usagers of somebody's dossiers."""
    practitioner = stack.fhir(f"Practitioner?email={email}")["entry"][0]["resource"]["id"]
    roles = stack.fhir(f"PractitionerRole?practitioner=Practitioner/{practitioner}").get("entry", [])
    members = ",".join([f"Practitioner/{practitioner}", *(f"PractitionerRole/{role['resource']['id']}" for role in roles)])
    teams = stack.fhir(f"CareTeam?participant={members}&status=active&_count=100")["entry"]
    subjects = [team["resource"]["subject"]["reference"] for team in teams]
    assert subjects
    return [Someone.of(stack.fhir(re.sub(r"^.*(Patient/)", r"\1", subject))) for subject in subjects]
