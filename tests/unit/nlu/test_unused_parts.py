"""Rasa runs without the parts that nobody uses here, and whoever uses one all the same is told."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
from rasa.core.channels import BUILTIN_CHANNELS

from nlu.unused_parts import CONNECTORS, PARTS, PartNotInstalled


def test_connectors_are_named_and_cannot_be_made() -> None:
    for name in CONNECTORS:
        if name in BUILTIN_CHANNELS:
            with pytest.raises(PartNotInstalled, match=name):
                BUILTIN_CHANNELS[name]()
    assert {"rest", "slack", "twilio"} <= set(BUILTIN_CHANNELS)


def test_every_placeholder_is_one() -> None:
    for module, attributes in PARTS.items():
        found = importlib.import_module(module)
        assert set(attributes) <= set(vars(found)), module


def test_what_is_left_out_is_not_installed() -> None:
    for name in ("twilio", "slack_sdk", "sentry_sdk", "confluent_kafka", "psycopg2", "fbmessenger", "matplotlib"):
        assert importlib.util.find_spec(name) is None, name


def test_the_servers_command_line_starts() -> None:
    done = subprocess.run([sys.executable, "-m", "nlu.server", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "3.6.21" in done.stdout
