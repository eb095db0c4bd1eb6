"""Commands: the contract's form, where commands and values stand, decoding, and the figures."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from nlu.commands.command import Asked, Command, Reading, parse_command
from nlu.commands.decoding import Probabilities, Span, Thresholds, decode, find_spans, withhold
from nlu.commands.evaluate import format_report, is_dangerous, main, measure
from nlu.commands.labelled_messages import DATA, LabelledMessage, align, read_messages
from nlu.commands.labels import TEXT_SLOTS
from nlu.commands.network import CLOSED, SLOT_TAGS, STEPS, place_pair
from nlu.commands.questions import question_of
from nlu.commands.word_vectors import hash_word, load_word_vectors
from nlu.components.analysis import analyse
from nlu.components.gazetteers import Gazetteers

WRITERS = sorted((DATA / "messages").glob("*.yml"))
BLIND = Path(__file__).resolve().parents[2] / "commands" / "blind.yml"
NO_LISTS = Gazetteers({})
ADD = Command("start", "add_partner", {"partner": ["Benali"], "dossier": ["137"]})
LABELS = ["start:add_partner", "start:remove_partner", "deny"]


# The contract's form


def test_a_command_is_read_and_written_in_the_contracts_form() -> None:
    data = {"start": "add_partner", "partner": ["Benali", "Petit"], "basis": "consent", "at": "ajoute"}
    command = parse_command(data)
    assert (command.label, command.slots["partner"], command.anchor) == ("start:add_partner", ["Benali", "Petit"], "ajoute")
    assert command.to_dict() == {"start": "add_partner", "partner": ["Benali", "Petit"], "basis": "consent"}
    assert parse_command({"affirm": True, "condition": "s'il veut"}).to_dict() == {"affirm": True, "condition": "s'il veut"}


@pytest.mark.parametrize(
    "data",
    [
        {"partner": "x"},
        {"start": True},
        {"affirm": "add_partner"},
        {"start": "a", "deny": True},
        {"set": True, "colour": "x"},
        {"set": True, "basis": "x"},
    ],
)
def test_what_is_no_command_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_command(data)


@pytest.mark.parametrize("content", ["{", "text: bonjour", "- text: bonjour", "- {text: a, commands: [{start: 1}]}", "- 3"])
def test_a_file_of_another_form_is_refused_with_its_place(tmp_path: Path, content: str) -> None:
    path = tmp_path / "messages.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="messages"):
        read_messages(path)
    assert main([str(path)]) == 2


# The labelled messages


@cache
def _messages_of(path: Path) -> list[LabelledMessage]:
    return read_messages(path)


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.stem)
def test_every_labelled_message_stands_in_its_text(path: Path) -> None:
    for message in _messages_of(path):
        assert align(message, analyse(message.text, NO_LISTS)) is not None, message.text


def test_there_are_four_thousand_messages_and_none_is_in_the_blind_set() -> None:
    texts = [message.text for path in WRITERS for message in _messages_of(path)]
    assert len(texts) >= 4000
    blind = {message.text for message in read_messages(BLIND)}
    assert not blind & set(texts)


def test_anchors_do_not_overlap_and_values_are_those_nearest() -> None:
    commands = (
        Command("start", "remove_partner", {"partner": ["Petit"]}, "enlève"),
        Command("start", "add_partner", {"partner": ["Petit"]}, "ajoute"),
    )
    text = "enlève Petit, ajoute Petit"
    alignment = align(LabelledMessage(text, Asked(), commands), analyse(text, NO_LISTS))
    assert alignment is not None
    assert alignment.anchors == ((0, 0), (3, 3))
    assert [(span.first, span.commands) for span in alignment.spans] == [(1, (0,)), (4, (1,))]


# Word vectors


def test_words_are_hashed_as_in_the_package() -> None:
    assert hash_word("coffee") == 3197928453018144401  # as spaCy's documentation shows it
    vectors = load_word_vectors()
    add, put, town = (vectors.find(word) for word in ("ajouter", "mettre", "Blois"))
    assert add is not None
    assert put is not None
    assert town is not None
    assert float(np.dot(add, put)) > 0.5 > float(np.dot(add, town))
    assert vectors.find("xqzwk") is None


# The question on the table


def test_whatever_a_form_asks_for_is_a_question_of_the_contract() -> None:
    forms = {
        form: content["required_slots"]
        for path in (Path(__file__).resolve().parents[3] / "domain").glob("*.yml")
        for form, content in (YAML(typ="safe").load(path.read_text("utf-8")).get("forms") or {}).items()
    }
    asked = {(form, slot): question_of(form, slot)["question"] for form, slots in forms.items() for slot in slots}
    assert len(asked) > 20
    assert [place for place, question in asked.items() if not question] == []


# Decoding


def _found(
    length: int, anchors: dict[int, tuple[str, float]], tags: dict[int, str], belongs: dict[tuple[int, int], float]
) -> Probabilities:
    chances = np.zeros((length, len(LABELS) + 1), np.float32)
    chances[:, 0] = 1
    for at, (label, chance) in anchors.items():
        chances[at, 0], chances[at, LABELS.index(label) + 1] = 1 - chance, chance
    slots = np.full((length, len(SLOT_TAGS)), 0.001, np.float32)
    for at in range(length):
        slots[at, SLOT_TAGS.index(tags.get(at, "O"))] = 0.95
    attachment = np.full((length, length), -5, np.float32)
    for place, logit in belongs.items():
        attachment[place] = logit
    closed = {slot: np.eye(1, len(values), dtype=np.float32).repeat(length, axis=0) for slot, values in CLOSED.items()}
    steps = np.zeros((len(TEXT_SLOTS), 3, STEPS), np.float32)
    return Probabilities(chances, slots, attachment, closed, np.zeros((len(TEXT_SLOTS), len(LABELS)), np.float32), steps)


def test_values_go_to_their_commands_and_one_may_go_to_two() -> None:
    text = "enlève Petit mets Benali dossier 137"
    tokens = analyse(text, NO_LISTS)
    found = _found(
        len(tokens), {0: ("start:remove_partner", 0.9), 2: ("start:add_partner", 0.8)}, {1: "B-partner", 3: "B-partner", 5: "B-dossier"},
        {(1, 0): 5, (3, 2): 5, (5, 0): 5, (5, 2): 5},
    )  # fmt: skip
    commands = decode(text, tokens, found, LABELS)
    assert [command.to_dict() for command in commands] == [
        {"start": "remove_partner", "partner": "Petit", "dossier": "137"},
        {"start": "add_partner", "partner": "Benali", "dossier": "137"},
    ]
    assert 0.5 < commands[1].confidence < 0.8


def test_a_wish_that_stands_on_two_words_is_one_command() -> None:
    text = "non surtout pas Petit"
    tokens = analyse(text, NO_LISTS)
    found = _found(len(tokens), {0: ("deny", 0.9), 2: ("deny", 0.7)}, {}, {})
    assert [command.label for command in decode(text, tokens, found, LABELS)] == ["deny"]


@pytest.mark.parametrize(("number", "slots"), [("900404", {}), ("48 29 13", {}), ("« 7 »", {}), ("Lu 2", {"usager": ["Lu 2"]})])
def test_what_holds_no_letter_is_nobodys_name(number: str, slots: dict[str, list[str]]) -> None:
    text = f"voilà {number}"
    tokens = analyse(text, NO_LISTS)
    tags = {at: "I-usager" if at > 1 else "B-usager" for at in range(1, len(tokens))}
    (command,) = decode(text, tokens, _found(len(tokens), {0: ("deny", 0.9)}, tags, {(1, 0): 5}), LABELS)
    assert command.slots == slots


@pytest.mark.parametrize(
    ("text", "read", "question", "slot"),
    [
        ("Zoé", "usager", "partner", "partner"),
        ("Lamy.", "partner", "dossier", "usager"),
        ("Anne Marie", "partner", "given_names", "given_names"),
        ("Picard", "usager", "birth_name", "birth_name"),
        ("Zoé", "usager", "confirm", "usager"),
        ("Mme Zoé", "usager", "partner", "usager"),
    ],
)
def test_a_name_that_is_the_whole_answer_is_what_was_asked_for(text: str, read: str, question: str, slot: str) -> None:
    tokens = analyse(text, NO_LISTS)
    first = 1 if text.startswith("Mme") else 0
    names = [at for at, token in enumerate(tokens) if at >= first and token.text[0].isalpha()]
    tags = {at: ("B-" if at == first else "I-") + read for at in names}
    labels = [*LABELS, "set"]
    chances = _found(len(tokens), {}, tags, {(first, first): 5})
    anchors = np.zeros((len(tokens), len(labels) + 1), np.float32)
    anchors[:, 0] = 1
    anchors[first, 0], anchors[first, len(labels)] = 0.1, 0.9
    fits = np.zeros((len(TEXT_SLOTS), len(labels)), np.float32)
    (command,) = decode(text, tokens, replace(chances, anchors=anchors, fits=fits), labels, question)
    assert list(command.slots) == [slot]
    assert list(command.places) == [slot]


def test_where_nothing_is_likely_there_is_no_command() -> None:
    text = "la cadre voulait"
    tokens = analyse(text, NO_LISTS)
    assert decode(text, tokens, _found(len(tokens), {1: ("start:add_partner", 0.1)}, {}, {}), LABELS) == []
    assert decode("", [], _found(0, {}, {}, {}), LABELS) == []


def test_an_inside_follows_its_own_slot_alone() -> None:
    chances = np.full((3, len(SLOT_TAGS)), 0.001, np.float32)
    chances[0, SLOT_TAGS.index("B-city")] = 0.9
    chances[1, SLOT_TAGS.index("I-partner")] = 0.5
    chances[1, SLOT_TAGS.index("I-city")] = 0.4
    chances[2, SLOT_TAGS.index("O")] = 0.9
    assert find_spans(chances) == [Span("city", 0, 1, pytest.approx(0.4))]


def test_places_of_commands_are_bounded() -> None:
    assert place_pair(0, 0, 1) == (0, STEPS // 2)
    assert place_pair(40, 0, 9) == (2, STEPS - 1)
    assert place_pair(0, 40, 2) == (1, 0)


def test_a_doubtful_change_or_yes_is_withheld_and_nothing_else() -> None:
    commands = [
        Command("affirm", confidence=0.6),
        Command("affirm", slots={"condition": ["s'il veut"]}, confidence=0.6),
        Command("start", "remove_partner", confidence=0.7),
        Command("start", "list_partners", confidence=0.1),
        Command("forbid", "remove_partner", confidence=0.1),
    ]
    reading = withhold(commands, Thresholds(change=0.8, affirm=0.9))
    assert reading.withheld == [commands[0], commands[2]]
    assert reading.commands == [commands[1], commands[3], commands[4]]


# The figures


def _measured(expected: list[Command], got: list[Command], withheld: list[Command] | None = None) -> dict[str, object]:
    message = LabelledMessage("x", Asked(), tuple(expected))
    return measure([message], lambda text, asked: Reading(got, withheld or []))


def test_case_accents_reason_and_order_of_values_do_not_count() -> None:
    got = Command("start", "add_partner", {"partner": ["BENALI"], "dossier": ["137"], "reason": ["vite"]})
    assert _measured([ADD], [got])["exact"] == 1
    assert _measured([ADD], [Command("start", "add_partner", {"partner": ["Bénali"], "dossier": ["137"]})])["exact"] == 1


def test_order_of_commands_and_slots_count() -> None:
    deny = Command("deny")
    assert _measured([deny, ADD], [ADD, deny])["exact"] == 0
    assert _measured([ADD], [Command("start", "add_partner", {"partner": ["Benali"]})])["exact"] == 0
    assert _measured([ADD], [Command("start", "add_partner", {"partner": ["Benali"]})])["slots"] == pytest.approx(0.6667)


def test_a_withheld_command_is_asked_and_missing() -> None:
    result = _measured([ADD], [], [ADD])
    assert (result["asked"], result["exact"], result["dangerous"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("expected", "got", "dangerous"),
    [
        ([], [Command("affirm")], True),
        ([Command("affirm", slots={"condition": ["lundi"]})], [Command("affirm")], True),
        ([Command("affirm")], [Command("affirm")], False),
        ([], [Command("affirm", slots={"condition": ["lundi"]})], False),
        ([Command("forbid", "add_partner")], [Command("start", "add_partner")], True),
        ([ADD], [Command("start", "add_partner", {"partner": ["Petit"], "dossier": ["137"]})], True),
        ([ADD], [Command("start", "add_partner", {"partner": ["benali"], "dossier": ["137"], "city": ["Tours"]})], False),
        ([], [Command("start", "list_partners")], False),
        ([], [Command("start", "mute_notifications")], True),
    ],
)
def test_dangerous_is_what_would_do_something_that_nobody_meant(expected: list[Command], got: list[Command], dangerous: bool) -> None:
    assert is_dangerous(expected, got) is dangerous


def test_the_report_shows_figures_heads_and_errors() -> None:
    report = format_report(_measured([ADD], [Command("deny")]))
    assert "exact      0.000" in report
    assert "add_partner" in report
    assert "deny" in report
