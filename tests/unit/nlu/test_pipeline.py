"""The trained pipeline as Rasa runs it: the parse data of messages."""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Parser = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def parse(model: Path) -> Parser:
    """Load the fixtures' model; return a function from a text to its parse data."""
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    return lambda text: dict(asyncio.run(agent.parse_message(text)))


def test_a_question_has_the_base_intent_and_the_full_name(parse: Parser) -> None:
    data = parse("cest payant")
    assert data["intent"]["name"] == "faq"
    assert data["response_selector"]["faq"]["response"]["intent_response_key"] == "faq/cost"
    assert data["intent_ranking"][0]["name"] == "faq/cost"


def test_accents_case_and_shorthand_do_not_matter(parse: Parser) -> None:
    for text in ("Bonsoir à vous", "BONSOIR A VOUS", "bsr a vous"):
        assert parse(text)["intent"]["name"] == "greet"


def test_entities_are_on_the_users_own_text(parse: Parser) -> None:
    text = "stp ajoute le dr Leïla Benali, cardiologue à Tours, au dossier sph 2024 137"
    entities = {e["entity"]: (text[e["start"] : e["end"]], e["value"]) for e in parse(text)["entities"]}
    assert entities["dossier_ref"] == ("sph 2024 137", "SPH-2024-000137")
    assert entities["profession"] == ("cardiologue", "cardiologue")
    assert entities["city"] == ("Tours", "Tours")


@pytest.mark.parametrize("text", ["😀", "???", "…", "👍🏽👍🏽"])
def test_a_text_without_content_is_not_understood(parse: Parser, text: str) -> None:
    data = parse(text)
    assert (data["intent"]["name"], data["intent_ranking"], data["entities"]) == ("nlu_fallback", [], [])


def test_the_ranking_is_kept_where_the_first_is_not_confident(parse: Parser) -> None:
    data = parse("zzz qqqq vvvv")
    assert data["intent"]["name"] == "nlu_fallback"
    assert len(data["intent_ranking"]) > 1
    assert "nlu_fallback" not in {ranked["name"] for ranked in data["intent_ranking"]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=60).filter(lambda t: not t.lstrip().startswith("/")))
def test_any_text_is_parsed_without_overlap(parse: Parser, text: str) -> None:
    end = 0
    for entity in parse(text)["entities"]:
        assert end <= entity["start"] < entity["end"] <= len(text)
        end = entity["end"]


def test_the_model_holds_no_training_sentence(model: Path) -> None:
    with tarfile.open(model) as archive:
        content = b"".join(file.read() for member in archive if (file := archive.extractfile(member)))
    assert b"cardiologue" in content
    assert b"que peux-tu faire pour moi" not in content
    assert b"que peux tu faire" not in content
    assert b"ajoute le docteur Martin" not in content
