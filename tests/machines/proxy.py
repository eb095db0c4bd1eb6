"""The proxy as it is delivered (deploy/haproxy.cfg), on ports of loopback."""

from __future__ import annotations

import csv
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from tests.stack import ROOT

DELIVERED = ROOT / "deploy" / "haproxy.cfg"


def configuration(users: int, rasa: int, actions: int, control: Path) -> str:
    """Return the delivered configuration with these ports, without TLS: stand-ins for Telegram and Teams trust no authority of ours.

    At the socket `control` it says what it thinks of the servers.

    Raises AssertionError where the delivered file has other words than are replaced here.
    """
    text, capped = re.subn(r"(?m)^    maxconn \d+$", "    maxconn 2000", DELIVERED.read_text("utf-8"))  # tests may have few descriptors
    assert capped == 1, f"{DELIVERED} limits its connections {capped} times"
    for said, now in (
        ("\nglobal\n", f"\nglobal\n    stats socket {control} mode 600 level user\n"),
        ("    bind :80\n", f"    bind 127.0.0.1:{users}\n"),
        ('    bind :443 ssl crt "${TLS_CERTIFICATE}" alpn h2,http/1.1\n', ""),
        ("    http-request redirect scheme https code 308 unless { ssl_fc }\n", ""),
        ("X-Forwarded-Proto https", "X-Forwarded-Proto http"),
        ('"${INTERNAL}:5005"', f'"${{INTERNAL}}:{rasa}"'),
        ('"${INTERNAL}:5055"', f'"${{INTERNAL}}:{actions}"'),
    ):
        assert text.count(said) == 1, f"{DELIVERED} has « {said.strip()} » {text.count(said)} times"
        text = text.replace(said, now)
    return text


def write(file: Path, users: int, rasa: int, actions: int, servers: Mapping[str, str], token: str) -> dict[str, str]:
    """Write the configuration; return its variables. `servers`: addresses by name (BOT1, RASA1, ACTIONS1, BOT2…)."""
    file.write_text(configuration(users, rasa, actions, file.with_suffix(".socket")))
    return {"TRUSTED_PROXY_TOKEN": token, **servers}


def server_states(file: Path) -> dict[str, str]:
    """Return what the proxy of that configuration thinks of each server, by name: "UP", "DOWN", "UP 1/2"…"""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(10)
        control.connect(str(file.with_suffix(".socket")))
        control.sendall(b"show stat\n")
        told = b"".join(iter(lambda: control.recv(65536), b"")).decode()
    return {row["svname"]: row["status"] for row in csv.DictReader(told.removeprefix("# ").splitlines())}
