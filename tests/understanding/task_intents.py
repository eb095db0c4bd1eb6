"""The intents that start a task or act, according to the rules in `data/rules`."""

from __future__ import annotations

from nlu.corpus.examples import read_yaml
from nlu.train import ROOT

# The first action of a rule whose intent only gets an answer; all other intents start a task or act.
_ANSWER_ACTIONS = frozenset(
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
    """Return the intents whose rule starts a task or acts."""
    rules = [rule["steps"] for path in sorted((ROOT / "data" / "rules").glob("*.yml")) for rule in read_yaml(path)["rules"]]
    return frozenset(steps[0]["intent"] for steps in rules if "intent" in steps[0] and steps[1].get("action") not in _ANSWER_ACTIONS)
