"""The training data follow the label scheme, and the held-out sentences are in no training data."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from nlu.corpus.examples import Examples, Segment, Segments, deduplication_key, plain_text, read_files, read_handwritten, read_yaml
from nlu.corpus.generator import build_corpus

ROOT = Path(__file__).resolve().parents[2]
LABELLED = sorted(Path(__file__).parent.glob("*.yml"))
# Training may know the regressions, which are a gate, not a measure.
HELD_OUT = [path for path in LABELLED if path.stem != "regressions"]
SEED = 20240112

TASKS = frozenset(
    [
        "add_partner",
        "list_partners",
        "remove_partner",
        "find_professional",
        "create_dossier",
        "find_dossier",
        "list_dossiers",
        "request_account",
        "check_request",
        "lost_access",
        "link_account",
        "list_notifications",
        "manage_notifications",
        "mute_notifications",
        "contact_support",
        "report_problem",
        "inform",
        "choose",
        "correct",
        "out_of_scope",
        "medical_question",
    ]
)
OTHERS = frozenset(
    [
        "unlink_account",
        "who_am_i",
        "mark_notifications_read",
        "resume_notifications",
        "support_hours",
        "affirm",
        "deny",
        "cancel",
        "repeat",
        "help",
        "greet",
        "goodbye",
        "thank",
        "complain",
        "bot_challenge",
        "emergency",
        "faq/what_is_sphere",
        "faq/what_is_ror",
        "faq/how_add_partner",
        "faq/how_create_dossier",
        "faq/partner_not_found",
        "faq/who_has_access",
        "faq/consent",
        "faq/account_delay",
        "faq/how_notifications_work",
        "faq/data_protection",
        "faq/mobile",
        "faq/cost",
    ]
)
ENTITIES = frozenset(
    [
        "partner_name",
        "usager_name",
        "profession",
        "city",
        "organization",
        "dossier_ref",
        "rpps",
        "adeli",
        "finess",
        "email",
        "phone",
        "birth_date",
        "channel",
        "frequency",
        "time",
        "ordinal",
    ]
)
CIVILITY = re.compile(r"(?i)^(m\.|mr|mme|mlle|dr|docteur|pr|me|monsieur|madame)(\s|$)")
# In these the article is part of the name: « Le Goff », « La Riche », « de La Rochefoucauld ».
NAMES = frozenset({"partner_name", "usager_name", "city"})
ARTICLE = re.compile(r"(?i)^(l'|d'|(le|la|les|du|des|de|au|à|chez|pour)\s)")


@pytest.fixture(scope="module")
def handwritten() -> Examples:
    """Return the hand-written training examples by intent."""
    return read_handwritten(ROOT / "data" / "nlu")


@pytest.fixture(scope="module")
def generated() -> Examples:
    """Return the generated training examples by intent."""
    return build_corpus(SEED)


@pytest.fixture(scope="module")
def held_out() -> list[tuple[str, Segments]]:
    """Return the held-out examples with their intents."""
    return [(intent, example) for intent, examples in read_files(HELD_OUT).items() for example in examples]


@pytest.fixture(scope="module")
def labelled() -> list[Segments]:
    """Return the examples of all test sets."""
    return [example for examples in read_files(LABELLED).values() for example in examples]


def _labelled_segments(by_intent: Examples) -> list[Segment]:
    return [part for examples in by_intent.values() for example in examples for part in example if part.entity]


def test_the_intents_are_those_of_the_label_scheme(handwritten: Examples) -> None:
    assert set(handwritten) == TASKS | OTHERS


def test_every_file_says_its_format() -> None:
    for path in [*(ROOT / "data" / "nlu").glob("*.yml"), *LABELLED]:
        assert read_yaml(path)["version"] == "3.1", path


def test_every_intent_has_enough_handwritten_examples(handwritten: Examples) -> None:
    counts = {intent: len({deduplication_key(plain_text(example)) for example in examples}) for intent, examples in handwritten.items()}
    assert {intent: n for intent, n in counts.items() if n < (60 if intent in TASKS else 25)} == {}


def test_no_sentence_stands_under_two_intents(handwritten: Examples, generated: Examples) -> None:
    intents = defaultdict(set)
    for source in (handwritten, generated):
        for intent, examples in source.items():
            for example in examples:
                intents[deduplication_key(plain_text(example))].add(intent)
    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_held_out_sentences_are_in_no_training_data(
    handwritten: Examples, generated: Examples, held_out: list[tuple[str, Segments]]
) -> None:
    trained = {
        deduplication_key(plain_text(example))
        for source in (handwritten, generated)
        for examples in source.values()
        for example in examples
    }
    assert [plain_text(example) for _, example in held_out if deduplication_key(plain_text(example)) in trained] == []


def test_held_out_sentences_cover_every_intent(held_out: list[tuple[str, Segments]]) -> None:
    assert set(Counter(intent for intent, _ in held_out)) == TASKS | OTHERS


def test_only_known_entities_are_labelled(handwritten: Examples, labelled: list[Segments]) -> None:
    found = {part.entity for part in _labelled_segments(handwritten)} | {
        part.entity for example in labelled for part in example if part.entity
    }
    assert found <= ENTITIES
    assert {part.entity for part in _labelled_segments(handwritten)} >= ENTITIES


def test_spans_hold_no_civility_article_or_outer_space(handwritten: Examples, labelled: list[Segments]) -> None:
    spans = _labelled_segments(handwritten) + [part for example in labelled for part in example if part.entity]
    wrong = [
        part
        for part in spans
        if part.text != part.text.strip() or CIVILITY.match(part.text) or (part.entity not in NAMES and ARTICLE.match(part.text))
    ]
    assert wrong == []


def test_no_annotation_is_left_half_written(handwritten: Examples, labelled: list[Segments]) -> None:
    sentences = [plain_text(example) for examples in handwritten.values() for example in examples] + [
        plain_text(example) for example in labelled
    ]
    assert [text for text in sentences if re.search(r"[\[\]{}]|\]\(", text) or text != text.strip()] == []
