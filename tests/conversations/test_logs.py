"""After all conversations: no log and no metric holds anything that was typed or shown, and no external channel anything of an usager."""

from __future__ import annotations

import re

import pytest

from tests.conversations.conftest import TALKS
from tests.conversations.external import ExternalTalk, kept, logs
from tests.conversations.talk import CLAIRE, Talk, as_user
from tests.conversations.usagers import traits_in, usagers_of
from tests.stack import Stack

ALLOWED = re.compile(r"[\W\d_]*")


def metrics(stack: Stack) -> str:
    """What bot and action server tell operators."""
    places = (stack.run["metrics"], stack.run["actions"].rpartition("/")[0] + "/metrics")
    answers = [stack.http.get(place) for place in places]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("sphere_" in answer.text for answer in answers)
    return "\n".join(answer.text for answer in answers)


@pytest.mark.after_all
def test_no_text_name_number_code_or_token_in_any_log_or_metric(stack: Stack) -> None:
    claire = as_user(stack, CLAIRE)
    claire.say("ajoute Hippolyte Vandercammeleu, orthoptiste à Montrichard, au dossier SPH-2024-000137")
    written = (logs(stack) + metrics(stack)).replace(CLAIRE, "")
    run = stack.run
    wanted = {text for text in Talk.everything if len(text) >= 6 and not ALLOWED.fullmatch(text)}
    wanted |= {line for text in Talk.everything for line in text.splitlines() if len(line) >= 12}
    wanted |= {run["fhir_token"], run["rasa_token"], run["events_token"], "Vandercammeleu", "Montrichard", "Durand", "Benali"}
    codes = {text for text in Talk.everything if re.fullmatch(r"\d{6}", text) and text != "000000"}
    found = [text[:40] for text in wanted if text in written]
    found += [code for code in codes if re.search(rf"(?<![\d.]){code}(?![\d.])", written)]
    assert not found, found


@pytest.mark.after_all
def test_no_usager_in_any_log_or_metric(stack: Stack) -> None:
    assert traits_in(logs(stack) + metrics(stack), usagers_of(stack)) == []


@pytest.mark.after_all
@pytest.mark.channels("telegram", "webhook", "teams")
def test_no_usager_in_anything_sent_to_or_kept_of_an_external_chat(stack: Stack, channel: str) -> None:
    """Over all the conversations that were held through the channel, and every usager of the demo or made since."""
    talk = TALKS[channel]
    assert issubclass(talk, ExternalTalk)
    sent = talk.everything_sent(stack)
    assert len(sent) > 50
    assert traits_in("\n".join(sent), usagers_of(stack)) == []
    assert traits_in(kept(stack, talk.channel), usagers_of(stack)) == []
