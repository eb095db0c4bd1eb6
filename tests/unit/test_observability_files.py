"""Alert rules and dashboard ask for metrics that are exported, by labels and values that these have; the reference tells of all of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

import actions.framework.action_metrics  # noqa: F401 - declares what the action server counts
from bot.channels.telegram.polling_status import PollingStatus
from bot.core.audit_metrics import AuditCollector
from bot.core.clock import SystemClock
from bot.core.metrics import BOUNDED, Count, Duration, Level
from bot.credential_metrics import ends_of
from bot.http.metrics import render
from bot.notifications.delivery_metrics import DeliveryMetrics, QueueCounts, WaitingCounts
from bot.notifications.metrics_collector import NotificationMetricsCollector
from bot.settings import Settings
from tests.unit.messaging.running_bot import running_bot

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "observability"
OF_PROMETHEUS = {"up", "probe_ssl_earliest_cert_expiry"}
OF_TARGETS = {"job", "instance", "le"}
_METRIC = re.compile(r"\b((?:sphere|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?")
_BY = re.compile(r"\bby \(([^)]*)\)")
_MATCHER = re.compile(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"')


def rules() -> list[dict[str, object]]:
    return [rule for group in YAML(typ="safe").load(FOLDER / "alerts.yml")["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, object]]:
    return [panel for panel in json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    yield from (str(rule["expr"]) for rule in rules())
    for panel in panels():
        targets = panel["targets"]
        assert isinstance(targets, list)
        yield from (target["expr"] for target in targets)


def _samples_of(metric: object) -> list[str]:
    """Names of a metric's samples, of which the first is the one that the reference tells of."""
    assert isinstance(metric, Count | Duration | Level)
    if isinstance(metric, Duration):
        return [f"{metric.name}_bucket", f"{metric.name}_sum", f"{metric.name}_count"]
    return [f"{metric.name}_total" if isinstance(metric, Count) else metric.name]


@pytest.fixture
async def exported(tmp_path: Path) -> dict[str, dict[str, set[str]]]:
    """Every sample that bot and action server export: by its name, its labels with the values that they may have."""
    found: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
    async with running_bot(tmp_path, PLATFORM_TOKEN="e30.eyJleHAiOjE4MDAwMDAwMDB9.") as bot:
        answer = await bot.http.get("/metrics")
        assert ends_of(bot.settings) == {"platform_token": 1_800_000_000.0}
    one = DeliveryMetrics(
        deliveries={"5m": (), "1h": ()},
        waiting=(WaitingCounts("telegram", "daily", 1, 1),),
        oldest_overdue_seconds=0,
        events=0,
        oldest_event_seconds=0,
        queues=(QueueCounts("mail", 1, 0, 0, 0.0),),
        dead={("mail", "MailRefused"): 1},
    )
    texts = [answer.text, render(NotificationMetricsCollector(one), AuditCollector(0), PollingStatus(SystemClock()).collector()).decode()]
    for text in texts:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = found[sample.name]
                for label, value in sample.labels.items():
                    labels.setdefault(label, set()).add(value)
            if not family.samples and family.type == "gauge":
                found[family.name] |= {}
    for metric in BOUNDED.values():  # some are declared, and nothing was counted yet
        for name in _samples_of(metric):
            found[name] = {label: set(values) for label, values in metric.values.items()}
    found["sphere_notifications_on_time_ratio"] |= {"window": {"5m", "1h"}}
    found["sphere_notifications_messages"] |= {"window": {"5m", "1h"}, "way": set(), "outcome": set()}
    found["sphere_security_events_total"] |= {"event": set()}
    found["sphere_security_limits_hit_total"] |= {"limit": set()}
    found["sphere_directory_imported_timestamp_seconds"] |= {}
    found["sphere_directory_people"] |= {}
    return found


async def test_what_is_asked_for_is_exported(exported: dict[str, dict[str, set[str]]]) -> None:
    asked = 0
    for expression in expressions():
        names = set()
        for name, matchers in _METRIC.findall(expression):
            if name in OF_PROMETHEUS:
                continue
            assert name in exported, (name, expression)
            names.add(name)
            asked += 1
            for label, operator, wanted in _MATCHER.findall(matchers):
                if label in OF_TARGETS:
                    continue
                assert label in exported[name], (name, label)
                known = exported[name][label]
                if known and operator in ("=", "=~") and name in {f"{each}_total" for each in BOUNDED} | {"sphere_jobs"}:
                    for each in wanted.split("|"):
                        assert each in known, (name, label, each)
        for labels in _BY.findall(expression):
            for label in filter(None, (each.strip() for each in labels.split(","))):
                assert label in OF_TARGETS or any(label in exported[name] for name in names), (label, expression)
    assert asked > 80


async def test_the_reference_tells_of_every_metric(exported: dict[str, dict[str, set[str]]]) -> None:
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    named = set(re.findall(r"`(sphere_\w+)`", text))
    for line in text.splitlines():  # `sphere_outbox_open`, `…_oldest_seconds`: the beginning of the one before, the end of this one
        for suffix in re.findall(r"`…_(\w+)`", line):
            words = re.findall(r"`(sphere_\w+)`", line)[0].split("_")
            named |= {"_".join([*words[:length], suffix]) for length in range(2, len(words) + 1)}
    wanted = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in exported if name.startswith("sphere_")}
    wanted = {name for name in wanted if not name.startswith("sphere_test_")}
    assert sorted(wanted - named) == []


def test_every_rule_says_what_is_wrong_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        labels, annotations = rule["labels"], rule["annotations"]
        assert isinstance(labels, dict)
        assert isinstance(annotations, dict)
        assert labels["severity"] in ("page", "ticket"), rule
        assert annotations["summary"].endswith(".")
        assert annotations["action"]


def test_panels_have_their_own_places_and_ids() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        grid = panel["gridPos"]
        assert isinstance(grid, dict)
        places = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
        assert not taken & places, panel["title"]
        assert grid["x"] + grid["w"] <= 24
        taken |= places


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (apt-get install prometheus) is not there")
def test_rules_do_what_they_are_for() -> None:
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_token_that_is_no_jwt_has_no_end() -> None:
    for token in ("opaque", "a.b.c", "a..c", "e30.bnVsbA.x", "e30.eyJleHAiOiJ4In0.x"):
        assert ends_of(Settings(PLATFORM_TOKEN=token)) == {}
