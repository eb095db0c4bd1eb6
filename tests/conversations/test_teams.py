"""What Teams adds: tokens, tenants, teams and groups, clients without `Action.Execute`, faults of the connector."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.sandbox.teams.flaws import Flaw
from tests.conversations.talk import CLAIRE, as_user
from tests.conversations.teams import TeamsTalk
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.channels("teams")


def teams(stack: Stack) -> TeamsTalk:
    talk = as_user(stack, CLAIRE)
    assert isinstance(talk, TeamsTalk)
    return talk


@pytest.mark.parametrize("flaw", get_args(Flaw))
def test_what_does_not_come_from_teams_is_refused(stack: Stack, flaw: Flaw) -> None:
    talk = teams(stack)
    asked = talk.turns()
    (post,) = talk.user.send("c'est quoi le ROR ?", flaw=flaw)["posts"]
    assert post["status"] == (403 if flaw in ("other_tenant", "other_channel") else 401)
    assert talk.turns() == asked


def test_another_tenant_is_refused(stack: Stack) -> None:
    talk = teams(stack)
    asked = talk.turns()
    activity = talk.user.send("merci")["posts"][0]["activity"]
    wait_for("the turn", lambda: talk.turns() == asked + 1)
    other = "00000000-1111-2222-3333-444444444444"
    for place in ("conversation", "channelData"):
        foreign = {**activity, "id": f"foreign {place}"}
        foreign[place] = {**activity[place], **({"tenantId": other} if place == "conversation" else {"tenant": {"id": other}})}
        assert talk.control.post_activity(foreign)["status"] == 403
    assert talk.turns() == asked + 1


def test_in_a_team_it_answers_when_mentioned_and_nothing_of_dossiers(stack: Stack) -> None:
    talk = teams(stack)
    colleague = talk.control.add_user("Collègue")
    for conversation in (
        talk.control.add_channel("Équipe", [talk.user, colleague]),
        talk.control.add_group_chat("Garde", [talk.user, colleague]),
    ):
        talk.user.install(conversation)
        talk.control.update_conversation(conversation, hears_all=True)
        talk.user.send("mes dossiers", conversation)
        talk.user.send("mes dossiers", conversation, mention=True)
        said = talk.control.messages(conversation, bot=True, wait=60)
        assert len(said) == 1
        assert "en privé" in said[0].text
        assert "SPH-" not in said[0].text
    assert "Je vous en prie" in talk.say("merci")


def test_a_client_without_execute_presses_too_and_only_once(stack: Stack) -> None:
    talk = teams(stack)
    talk.say("mes dossiers")
    mark = talk.mark()
    card = next(m for m in reversed(talk.messages()) if m.buttons)
    title = next(b["title"] for b in card.buttons if "000137" in b["title"])
    talk.user.press(card.id, title, fallback=True)
    assert "Partenaires" in talk.answer(*mark)
    mark = talk.mark()
    talk.user.press(card.id, title, stale=True)
    assert "bouton" in talk.answer(*mark)


def test_what_is_not_read_is_said(stack: Stack) -> None:
    talk = teams(stack)
    for act in (talk.user.send_image, talk.user.send_file):
        mark = talk.mark()
        act()
        assert "Je ne lis que les messages écrits" in talk.answer(*mark)
    talk.say("merci")
    mine = [m for m in talk.messages() if not m.from_bot][-1]
    mark = talk.mark()
    talk.user.edit(mine.id, "bonjour")
    assert "message modifié" in talk.answer(*mark)
    asked = talk.turns()
    talk.user.delete(mine.id)
    talk.user.react(next(m.id for m in talk.messages() if m.from_bot))
    assert talk.turns() == asked


@pytest.mark.parametrize("kind", [412, 429, 502, 504, "lost"])
def test_what_passes_is_tried_again(stack: Stack, kind: int | str) -> None:
    talk = teams(stack)
    talk.control.inject_fault(kind, operation="send", conversation=talk.user.chat, count=1, **({"retry_after": 1} if kind == 429 else {}))
    answer = talk.say("merci")
    assert 1 <= answer.count("Je vous en prie") <= (2 if kind == "lost" else 1)
