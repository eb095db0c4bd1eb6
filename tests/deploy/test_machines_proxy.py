"""The proxy of `make test-machines` is the delivered one: whoever changes that sees here, in a moment, what the machines would say."""

from __future__ import annotations

from pathlib import Path

from tests.machines import proxy


def test_the_delivered_proxy_can_be_put_on_ports_of_loopback() -> None:
    text = proxy.configuration(8001, 8002, 8003, Path("haproxy.socket"))
    assert "bind 127.0.0.1:8001\n" in text
    assert '"${INTERNAL}:8002"' in text
    assert '"${INTERNAL}:8003"' in text
    assert ":443" not in text
