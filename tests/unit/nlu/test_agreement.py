"""The embedded reading held against the second reader's: what both say is done, what they differ on is asked about."""

from __future__ import annotations

import pytest
from test_acts import command, understood, values

from nlu.commands import acts as thresholds
from nlu.commands.agreement import CONTESTED, doubt_commands, find_agreed_acts
from nlu.commands.command import Command, parse_command
from nlu.commands.component import take_first_act

REMOVE = "la psy Lanmezac doit être enlevée du dossier Leclercq, c'est Thierry qui me l'a dit"
BOTH = "enlever Durand du dossier 142 et mettre Coutteret à la place"


def removal() -> Command:
    return command(REMOVE, "start", "enlevée", intent="remove_partner", partner="Lanmezac", usager="Leclercq", by="Thierry")


def second(*commands: dict[str, object]) -> list[Command]:
    return [parse_command(one) for one in commands]


def test_what_is_contested_is_below_every_threshold() -> None:
    assert min(value for name, value in vars(thresholds).items() if name.startswith("MIN_")) > CONTESTED


@pytest.mark.parametrize(
    "read",
    [
        {"start": "remove_partner", "partner": "Lanmezac", "usager": "Leclercq"},
        {"start": "remove_partner", "partner": "LANMEZAC", "usager": "dossier Leclercq", "profession": "psy"},
    ],
    ids=["with fewer facts", "written otherwise"],
)
def test_what_both_read_is_done_as_before(read: dict[str, object]) -> None:
    message = understood(REMOVE, "remove_partner", partner_name=["Lanmezac", "Thierry"], usager_name="Leclercq")
    assert doubt_commands([removal()], second(read)) == [removal()]
    acts, doubt = find_agreed_acts(message, [removal()], second(read, {"start": "add_partner", "partner": "Thierry"}))
    assert [(act.intent, values(act)["partner_name"]) for act in acts] == [("remove_partner", ["Lanmezac"])]
    assert not doubt


@pytest.mark.parametrize(
    "read",
    [
        [],
        [{"start": "remove_partner", "partner": "Thierry", "usager": "Leclercq"}],
        [{"start": "remove_partner", "partner": "Lanmezac", "usager": "Thierry"}],
        [{"start": "remove_partner", "partner": "Lanmezac"}],
        [{"start": "remove_partner", "partner": "all", "usager": "Leclercq"}],
        [{"start": "add_partner", "partner": "Lanmezac", "usager": "Leclercq"}],
        [{"forbid": "remove_partner", "partner": "Lanmezac", "usager": "Leclercq"}],
    ],
    ids=["nothing", "somebody else", "another dossier", "no dossier", "all", "something else", "its prohibition"],
)
def test_a_change_that_only_one_reads_is_no_act(read: list[dict[str, object]]) -> None:
    message = understood(REMOVE, "remove_partner", partner_name=["Lanmezac", "Thierry"], usager_name="Leclercq")
    assert find_agreed_acts(message, [removal()], second(*read))[0] == []


def test_of_several_partners_each_must_be_read_by_both() -> None:
    text = "ajoute Souleault et Coutteret au dossier 142"
    read = command(text, "start", "ajoute", intent="add_partner", partner=["Souleault", "Coutteret"], dossier="142")
    message = understood(text, "add_partner", partner_name=["Souleault", "Coutteret"], dossier_ref="142")
    one, two = ({"start": "add_partner", "partner": name, "dossier": "142"} for name in ("Souleault", "Coutteret"))
    (agreed,), _ = find_agreed_acts(message, [read], second(one, two))
    assert values(agreed)["partner_name"] == ["Souleault", "Coutteret"]
    assert find_agreed_acts(message, [read], second(one))[0] == []


def test_a_wish_that_only_one_reads_is_offered_beside_what_both_read() -> None:
    commands = [
        command(BOTH, "start", "enlever", intent="remove_partner", partner="Durand", dossier="142"),
        command(BOTH, "start", "mettre", intent="add_partner", partner="Coutteret", dossier="142"),
    ]
    message = understood(BOTH, "remove_partner", partner_name=["Durand", "Coutteret"], dossier_ref="142")
    acts, _ = find_agreed_acts(message, commands, second({"start": "remove_partner", "partner": "Durand", "dossier": "142"}))
    assert [(act.intent, act.says, values(act)["partner_name"]) for act in acts] == [
        ("remove_partner", {}, ["Durand"]),
        ("add_partner", {"doubt": True}, ["Coutteret"]),
    ]
    acts, _ = find_agreed_acts(message, commands, second({"start": "add_partner", "partner": "Coutteret", "dossier": "142"}))
    assert [(act.intent, act.says) for act in acts] == [("add_partner", {}), ("remove_partner", {"doubt": True})]


@pytest.mark.parametrize(
    ("read", "confirms"),
    [
        ([{"affirm": True}], True),
        ([{"affirm": True, "basis": "consent"}, {"start": "thank"}], True),
        ([], False),
        ([{"affirm": True, "condition": "quand il rentre"}], False),
        ([{"affirm": True}, {"correct": True, "city": "Blois"}], False),
        ([{"affirm": True, "phone": "02 48 00 00 01"}], False),
        ([{"affirm": True}, {"deny": True}], False),
        ([{"affirm": True}, {"forbid": "add_partner"}], False),
        ([{"set": True, "basis": "consent"}], False),
    ],
)
@pytest.mark.parametrize("by_network", [True, False], ids=["read by both models", "by the intent model alone"])
def test_only_a_yes_that_both_hear_confirms(read: list[dict[str, object]], confirms: bool, by_network: bool) -> None:
    text = "oui c'est bon"
    commands = [command(text, "affirm", "oui")] if by_network else []
    acts, doubt = find_agreed_acts(understood(text, "affirm"), commands, second(*read), "confirm")
    assert (not doubt and all(act.intent == "affirm" and not act.says for act in acts)) is confirms


def test_a_yes_beside_a_fact_on_which_the_readings_differ_confirms_nothing() -> None:
    text = "oui mais c'est Durand, pas Dupond"
    commands = [command(text, "affirm", "oui"), command(text, "correct", "mais", partner="Durand")]
    read = second({"affirm": True}, {"correct": True, "partner": "Dupond"})
    assert find_agreed_acts(understood(text, "affirm", partner_name="Durand"), commands, read, "confirm") == ([], True)


@pytest.mark.parametrize("head", ["deny", "forbid", "unknown", "cancel"])
def test_what_takes_back_needs_no_second_reader(head: str) -> None:
    text = "non, n'ajoutez pas Durand"
    read = command(text, head, "non", intent="add_partner" if head == "forbid" else "", partner="Durand")
    assert doubt_commands([read], second({"affirm": True}, {"start": "add_partner", "partner": "Durand"})) == [read]


def test_nothing_comes_from_the_second_reader_alone() -> None:
    text = "il faudrait voir pour Durand"
    read = second({"start": "remove_partner", "partner": "Durand"}, {"affirm": True}, {"start": "emergency"})
    assert find_agreed_acts(understood(text, "inform", partner_name="Durand"), [], read, "confirm") == ([], False)


@pytest.mark.parametrize(
    ("intent", "asked"), [("unlink_account", "nlu_fallback"), ("mute_notifications", "mute_notifications"), ("who_am_i", "who_am_i")]
)
def test_a_doubtful_wish_that_would_be_carried_out_at_once_was_not_understood(intent: str, asked: str) -> None:
    text = "coupe tout"
    acts, doubt = find_agreed_acts(understood(text, intent), [command(text, "start", "coupe", intent=intent)], [])
    assert doubt is (intent != "who_am_i")
    data = {"text": text, "intent": {"name": intent}, "entities": [], "acts": [act.to_dict() for act in acts], "says": {"doubt": doubt}}
    take_first_act(data)
    assert data["intent"]["name"] == asked
