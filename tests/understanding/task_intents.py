"""Which intents start something, as the assistant's own rules have it."""

from __future__ import annotations

from nlu.corpus.examples import read_yaml
from nlu.train import ROOT

# What a rule begins with where the intent only gets an answer; all other intents start something.
_ANSWERS = frozenset(
    [
        "action_cancel",
        "action_fallback",
        "action_help",
        "action_orphan",
        "action_reply",
        "action_repeat",
        "action_support",
        "action_who_am_i",
        "action_yes_no",
    ]
)


def find_task_intents() -> frozenset[str]:
    """The intents whose rule begins a task or acts, in `data/rules`."""
    rules = [rule["steps"] for path in sorted((ROOT / "data" / "rules").glob("*.yml")) for rule in read_yaml(path)["rules"]]
    return frozenset(steps[0]["intent"] for steps in rules if "intent" in steps[0] and steps[1].get("action") not in _ANSWERS)
