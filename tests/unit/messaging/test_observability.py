"""What operators see of conversations: metrics, traces and logs, in which nothing of what was said, and nobody, is ever found."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import random
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.core import otlp, tracing
from bot.core.errors import configure_logging, log_error
from bot.core.metrics import BOUNDED
from bot.messaging.turn_metrics import OUTCOMES
from tests.unit.messaging.collector import Collector, attributes
from tests.unit.messaging.running_bot import Bot, running_bot, served

DRAWN = random.Random(20)
NAMES = ["Hippolyte Vandercammeleu", "Zoé Quénhervé", "Jeanne Durand"]
SAID = [
    f"ajoute {DRAWN.choice(NAMES)} au dossier SPH-2024-{DRAWN.randrange(10**6):06}"
    if number % 2
    else f"mon code est {DRAWN.randrange(10**6)}"
    for number in range(6)
] + ["/start un-jeton-secret-de-liaison", "claire.moreau@sphere.example", '{"stage": "nouveau"}', "answered\n# HELP faux 1"]


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root, written = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure_logging(form="json")
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers, root.level = before, level
    logging.captureWarnings(False)


async def converse(bot: Bot) -> list[str]:
    """Hold a conversation in which some turns fail; return what nobody but its user may read, ids included."""
    chat = await bot.chat()
    for number, text in enumerate(SAID):
        if number == 2:
            bot.rasa.statuses[:] = [500, 500]
        await chat.say(text)
    conversations = {turn["conversation"] for turn in bot.rasa.turns}
    secrets = [word for text in SAID for word in re.split(r"[\s{}\":]+", text) if len(word) > 5 and word not in OUTCOMES]
    return [*SAID, *NAMES, *secrets, *conversations, chat.token]


async def test_metrics_say_nothing_of_what_was_said(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as bot:
        private = await converse(bot)
        answer = await bot.http.get("/metrics")
        assert answer.status_code == 200
        assert [text for text in private if text in answer.text] == []
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        for name, family in families.items():
            for label, values in BOUNDED[name].values.items() if name in BOUNDED else ():
                assert {sample.labels[label] for sample in family.samples} <= values, name
        stages = {sample.labels["stage"] for sample in families["sphere_turn_stage_seconds"].samples if sample.value}
        assert {"inbox", "gateway", "rasa"} <= stages
        outcomes = {
            sample.labels["outcome"]: sample.value for sample in families["sphere_turns"].samples if sample.labels["channel"] == "web"
        }
        assert outcomes["answered"] >= 7
        assert outcomes["failed"] >= 1
        assert outcomes["fixed"] >= 1
        up = {sample.labels["dependency"]: sample.value for sample in families["sphere_dependency_up"].samples}
        assert (up["database"], up["platform"]) == (1, 0)
        assert {sample.labels["queue"] for sample in families["sphere_jobs"].samples} >= {"turns", "mail", "chat", "push", "operations"}


async def test_traces_lead_through_rasa_and_say_nothing_of_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    collector = Collector()
    async with served(collector.app) as url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        stop = otlp.start("sphere-bot")
        try:
            async with running_bot(tmp_path) as bot:
                private = await converse(bot)
                passed = list(bot.rasa.traces)
        finally:
            await asyncio.to_thread(stop)
    turns, asked = collector.named("turn"), collector.named("rasa")
    assert len(turns) == len(SAID)
    by_id = {span.span_id: span for span in turns}
    assert all(
        span.parent_span_id in by_id and span.trace_id == by_id[span.parent_span_id].trace_id for span in asked if span.parent_span_id
    )
    assert len({span.trace_id for span in turns}) == len(turns)
    contexts = [tracing.parse(header) for header in passed]
    assert {context.span_id for context in contexts if context} <= {span.span_id.hex() for span in asked}
    assert all(context and context.sampled for context in contexts)
    assert {attributes(span)["sphere.outcome"] for span in turns} >= {"answered", "failed", "fixed"}
    for span in collector.spans:
        assert span.name in tracing.POINTS
        declared = tracing.POINTS[span.name].values
        for name, value in attributes(span).items():
            assert name == "error.type" or value in declared[name.removeprefix("sphere.")]
        assert not span.events
        assert not span.status.message
    told = repr(collector.spans) + repr(collector.resources)
    assert [text for text in private if text in told] == []
    assert collector.resources[0]["service.name"] == "sphere-bot"
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    failures = [line for line in lines if "answering a turn" in line["message"]]
    assert failures
    assert {line["trace_id"] for line in failures} <= {span.trace_id.hex() for span in turns}
    assert [text for text in private if text in logged.getvalue()] == []


async def test_without_traces_each_turn_still_has_one_id_in_all_logs(tmp_path: Path, logged: io.StringIO) -> None:
    async with running_bot(tmp_path) as bot:
        await converse(bot)
        contexts = [tracing.parse(header) for header in bot.rasa.traces]
    assert contexts
    assert not any(context is None or context.sampled for context in contexts)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    failed = next(line for line in lines if "answering a turn" in line["message"])
    assert failed["trace_id"] in {context.trace_id for context in contexts if context}


def test_a_line_is_one_object_and_an_exception_is_its_class(logged: io.StringIO) -> None:
    log = logging.getLogger("a.library")
    try:
        raise ValueError("Jeanne Durand\nSPH-2024-000137")
    except ValueError as error:
        log.exception("in a\nlibrary")
        error_id = log_error(error, "answering a turn")
    first, second = (json.loads(line) for line in logged.getvalue().splitlines())
    assert first["message"] == "in a\nlibrary"
    assert first["error"].startswith("builtins.ValueError at ")
    assert (second["level"], second["message"].startswith(f"{error_id} answering a turn: builtins.ValueError")) == ("ERROR", True)
    assert "Durand" not in logged.getvalue()


@pytest.mark.parametrize(
    "header", [None, "", "Jeanne Durand", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "01-" + "1" * 32 + "-" + "1" * 16 + "-01"]
)
def test_a_traceparent_that_is_none_begins_nothing(header: str | None) -> None:
    assert tracing.parse(header) is None


def test_a_warning_is_an_object_without_its_text(logged: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("slot of Jeanne Durand: SPH-2024-000137\nand more", UserWarning, stacklevel=1)
    line = json.loads(logged.getvalue())
    assert re.fullmatch(r".*test_observability\.py:\d+: UserWarning", line["message"])


def test_nothing_that_sends_traces_is_imported_unless_it_is_switched_on() -> None:
    code = "import sys, bot.app; sys.exit(any(name.startswith(('opentelemetry.exporter', 'bot.core.otlp')) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3]).returncode == 0
