"""Conversations: one simulated user with one goal and one wording, over the web chat of a running installation."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.chats import Chat
from bench.dialogues.goals import Goal, Manner
from bench.dialogues.judge import Judge, Verdict
from bench.dialogues.replies import Reply, ReplyReader
from bench.dialogues.simulated_user import Act, SimulatedUser
from bench.dialogues.starting_state import StartingState
from bench.dialogues.world import Platform, WorldReader
from tests.stack import Stack, wait_for

PATIENCE = 12
"""Turns beyond the least after which the user gives up."""
_CODE = re.compile(r"\b(\d{6})\b")


@dataclass
class Held:
    """A conversation that was held: its verdict, its turns, and its transcript."""

    goal: str
    manner: Manner
    least: int
    verdict: Verdict = field(default_factory=Verdict)
    turns: int = 0
    transcript: list[tuple[str, str]] = field(default_factory=list)
    """Who (« user », « assistant ») and what, in order; a pressed button between brackets."""
    failure: str | None = None
    """What kept the conversation from being held to its end."""

    @property
    def reached(self) -> bool:
        """Whether the goal was reached."""
        return self.failure is None and self.verdict.reached

    @property
    def excess(self) -> int:
        """Turns beyond the least."""
        return max(0, self.turns - self.least)

    @property
    def document(self) -> dict[str, Any]:
        """All of it, for JSON; the transcript where the goal was not reached."""
        found = asdict(self) | {"manner": self.manner.value, "reached": self.reached, "excess": self.excess}
        if self.reached:
            del found["transcript"]
        return found


def shown(reply: Reply) -> str:
    """Return an answer as it is read, its buttons between brackets."""
    return "\n".join([*reply.texts, *(f"[{button.title}]" for button in reply.buttons)])


class Conversations:
    """Holds conversations one after the other, each from the same starting state.

    Args:
        stack: a running installation.
        goals: all goals, by whose ids others may say what came before.
    """

    def __init__(self, stack: Stack, goals: Sequence[Goal]) -> None:
        self._stack = stack
        self._goals = {goal.id: goal for goal in goals}
        self._replies = ReplyReader.of_domain()
        self._world = WorldReader(stack.data)
        self._start = StartingState(stack)

    def hold(self, goal: Goal, manner: Manner) -> Held:
        """Hold one conversation. What the installation does wrong is its failure, not the benchmark's."""
        held = Held(goal.id, manner, goal.least + goal.wordings[manner].added_turns)
        try:
            self._start.restore()
            self._start.prepare(goal.given, goal.user)
            if goal.given.after:
                before = self._goals[goal.given.after]
                if not self._held(before, Manner.FORMAL, Held(before.id, Manner.FORMAL, before.least)).reached:
                    held.failure = f"what came before was not reached: {before.id}"
                    return held
            return self._held(goal, manner, held)
        except (RuntimeError, AssertionError, OSError) as error:
            held.failure = f"{type(error).__name__}: {error}"
            return held

    def _held(self, goal: Goal, manner: Manner, held: Held) -> Held:
        chat = Chat(self._stack)
        try:
            if goal.linked:
                self._start.link(chat.id, goal.user)
            self._world.begin()
            platform = Platform.read(self._stack.data)
            name = platform.name_of(platform.account_named(goal.user))
            judge = Judge(goal, self._world.read(chat.id), name, (*goal.passes, *goal.wordings[manner].passes))
            for act, texts in self._turns(chat, goal, manner, judge, held):
                judge.see(self._world.read(chat.id), texts, may_change=act.may_change)
            held.verdict = judge.verdict()
        finally:
            chat.close()
        return held

    def _turns(self, chat: Chat, goal: Goal, manner: Manner, judge: Judge, held: Held) -> Iterator[tuple[Act, Sequence[str]]]:
        started = time.time()
        user = SimulatedUser(goal, manner, lambda email: self._code(email, started))
        act: Act | None = user.open()
        while act is not None:
            turn = chat.press({"token": act.button.token}) if act.button else chat.say(act.text)
            reply = self._replies.read(turn.messages)
            held.turns += 1
            held.transcript += [("user", f"[{act.text}]" if act.button else act.text), ("assistant", shown(reply))]
            yield act, reply.texts
            unmet, unsaid = judge.unmet(), bool(judge.unsaid())
            if goal.is_change and not unmet and not unsaid and not user.has_more_to_say:
                return
            if held.turns >= held.least + PATIENCE:
                return
            act = user.answer(reply, unmet, unsaid=unsaid)

    def _code(self, email: str, since: float) -> str:
        """Return the newest code that was mailed to an address, once the mails of this conversation have left."""
        wait_for("the mails that are due", lambda: not self._stack.mails_to_come())

        def look() -> str | None:
            mails = (mail for mail in self._stack.mails() if email in mail["to"])
            return next((found[1] for mail in mails if (found := _CODE.search(mail["text"]))), None)

        return wait_for(f"a code {time.time() - since:.0f} s after the start", look)
