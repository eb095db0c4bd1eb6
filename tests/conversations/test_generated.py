"""The privacy of usagers over conversations that nobody wrote: as many as `GENERATED` says, shared out among the external channels."""

from __future__ import annotations

import os
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conversations.external import ExternalTalk, kept, logs
from tests.conversations.generated import PRESS, Someone, conversation
from tests.conversations.talk import CLAIRE, KARIM, as_user, open_talk
from tests.conversations.usagers import traits_in, usagers_of
from tests.stack import Stack

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
    linking = threading.Lock()

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
        for seed in chats[number]:
            for step in conversation(seed, mine, usagers):
                buttons = [button["token"] for message in talk.last for button in message["buttons"]]
                if step is PRESS and buttons:
                    talk.press_token(random.Random(f"{seed} {len(typed)}").choice(buttons))
                else:
                    talk.say(step or "oui")
                typed.append(step)
                shown = "\n".join(str(message["text"]) for message in talk.last)
                assert not (found := traits_in(shown, usagers)), (seed, typed[-1], found)
        found = traits_in(kept(stack, talk.channel, talk.address), usagers)
        assert not found, "\n".join([f"{email}, seeds {chats[number]}", *found])

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(hold, range(len(chats))))
    assert not traits_in(logs(stack), usagers)


def _of(stack: Stack, email: str) -> list[Someone]:
    """Usagers of somebody's dossiers."""
    practitioner = stack.fhir(f"Practitioner?email={email}")["entry"][0]["resource"]["id"]
    teams = stack.fhir(f"CareTeam?participant=Practitioner/{practitioner}&status=active&_count=100")["entry"]
    subjects = [team["resource"]["subject"]["reference"] for team in teams]
    assert subjects
    return [Someone.of(stack.fhir(re.sub(r"^.*(Patient/)", r"\1", subject))) for subject in subjects]
