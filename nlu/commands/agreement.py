"""The embedded reading held against the second reader's: what both say is done, what they differ on is asked about.

The second reading only ever takes away: no command, value or act comes from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from nlu.commands.acts import ANSWERS, WITH_A_YES, Act, Understood, find_acts, is_doubtful_yes
from nlu.commands.clauses import WITH_CARD
from nlu.commands.command import Command
from nlu.commands.labels import CHANGING
from nlu.components.folding import fold

CONTESTED = 0.3
"""Confidence at most of a command on which the readings differ: below every threshold of `acts.py`."""
_TAKES_BACK = frozenset(["deny", "cancel", "forbid", "correct"])
"""Heads beside which a yes is no plain one."""
_NAMES_SOMEBODY = frozenset(["set", "correct", "choose"])
_CIVILITIES = frozenset(["m", "mr", "mme", "mlle", "madame", "monsieur", "dr", "docteur", "pr", "professeur", "me", "l", "le", "la"])
_ROLES = ("partner", "usager", "dossier", "except")
Name = frozenset[str]
"""The folded words of a name, a number or a reference, without civility and article."""
Target = dict[str, frozenset[Name]]
"""About whom a command is: the names of each of `_ROLES`."""


def find_agreed_acts(
    message: Understood, commands: Sequence[Command], second: Sequence[Command], question: str = ""
) -> tuple[list[Act], bool]:
    """Return the acts that both readings bear; where there is none, also whether what the message was understood as is doubtful.

    Beside acts that are sure, wishes on which the readings differ come last and say `doubt`: they are offered, not begun.

    Args:
        message: what the other models read.
        commands: what the embedded reader read, in the text's order.
        second: what the second reader read.
        question: the question on the table.
    """
    doubted = doubt_commands(commands, second)
    contested = [before for before, after in zip(commands, doubted, strict=True) if before is not after]
    acts = find_acts(message, doubted, question)
    wishes = {command.intent for command in contested if command.head == "start"}
    if wishes:
        with_wishes = [before if before.head == "start" else after for before, after in zip(commands, doubted, strict=True)]
        every = find_acts(message, with_wishes, question)
        sure = [act for act in every if act.intent not in wishes]
        acts = sure + [replace(act, says={**act.says, "doubt": True}) for act in every if act.intent in wishes] if sure else acts
    if acts or message.intent == "affirm":
        no_yes = is_doubtful_yes(doubted) or not _says_yes(second, commands) or any(map(_is_plain_yes, contested))
        return acts, not acts and no_yes
    wished = any(command.head == "start" and command.intent == message.intent for command in second)
    return [], message.intent in CHANGING - WITH_CARD and not wished


def doubt_commands(commands: Sequence[Command], second: Sequence[Command]) -> list[Command]:
    """Return the embedded reader's commands, those with less confidence on which the second reader differs.

    These are wishes that change something, plain yeses, and who is named with a wish or an answer. What takes back, or forbids, stays.
    """
    doubted = [_doubt(command) if _is_contested(command, second) else command for command in commands]
    answers_differ = any(before is not after for before, after in zip(commands, doubted, strict=True) if before.head in ANSWERS)
    said_yes = _says_yes(second, commands) and not answers_differ
    return [_doubt(command) if _is_plain_yes(command) and not said_yes else command for command in doubted]


def _doubt(command: Command) -> Command:
    return replace(command, confidence=min(command.confidence, CONTESTED))


def _is_contested(command: Command, second: Sequence[Command]) -> bool:
    targets = _targets(command)
    if command.head == "start":
        others = [target for other in second if other.label == command.label for target in _targets(other)]
        about_nobody = not any(names for target in targets for names in target.values())
        if about_nobody and command.intent not in CHANGING:
            return False
        return not all(any(_is_same(target, other) for other in others) for target in targets)
    if command.head in _NAMES_SOMEBODY:
        answers = [target for other in second if other.head in ANSWERS for target in _targets(other)]
        named = {role: [name for target in answers for name in target[role]] for role in _ROLES}
        return not all(_are_among(target[role], named[role]) for target in targets for role in _ROLES)
    return False


def _is_plain_yes(command: Command) -> bool:
    return command.head == "affirm" and "condition" not in command.slots


def _says_yes(second: Sequence[Command], commands: Sequence[Command]) -> bool:
    """Return whether the second reader hears a plain yes, and beside it no change of it that the embedded reader did not hear."""
    yeses = [command for command in second if command.head == "affirm"]
    takes_back = {command.head for command in second} & _TAKES_BACK - {command.head for command in commands}
    return bool(yeses) and all(map(_is_plain_yes, yeses)) and not takes_back and (_gives_facts(commands) or not _gives_facts(second))


def _gives_facts(commands: Iterable[Command]) -> bool:
    return any(command.head in ANSWERS and set(command.slots) - WITH_A_YES for command in commands)


def _targets(command: Command) -> list[Target]:
    """Return about whom a command is, once for each partner."""
    slots = command.slots
    born = " ".join([*slots.get("birth_name", ()), *slots.get("given_names", ())])
    usagers = [*slots.get("usager", ()), born]
    shared = {"usager": _names(usagers), "dossier": _names(slots.get("dossier", ())), "except": _names(slots.get("except", ()))}
    return [{"partner": _names([partner]), **shared} for partner in slots.get("partner") or [""]]


def _names(values: Iterable[str]) -> frozenset[Name]:
    words = [frozenset("".join(c if c.isalnum() else " " for c in fold(value)).split()) for value in values]
    return frozenset(name - _CIVILITIES or name for name in words if name)


def _is_same(one: Target, other: Target) -> bool:
    return all(_are_among(one[role], other[role]) and _are_among(other[role], one[role]) for role in _ROLES)


def _are_among(names: Collection[Name], others: Collection[Name]) -> bool:
    """Return whether each name is one of the others: « Martin » and « Paul Martin » may be one."""
    return all(any(name <= other or other <= name for other in others) for name in names)
