"""haproxy and nginx with the configurations of `deploy/`, before stand-ins for bots: what passes, what does not, and to whom."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.deploy.deploy_files import DEPLOY
from tests.deploy.installed_wheel import free_port
from tests.deploy.stand_in_bot import StandInBot
from tests.stack import wait_for

TOKEN = "t" * 40
SPOOFED = {"X-Forwarded-For": "9.9.9.9", "Forwarded": "for=9.9.9.9", "X-Proxy-Token": "mine"}


@pytest.fixture
def bots() -> Iterator[list[StandInBot]]:
    both = [StandInBot("1"), StandInBot("2")]
    yield both
    for bot in both:
        bot.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    key, chain, both = folder / "key.pem", folder / "chain.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    return both


def _haproxy(program: str, folder: Path, bots: list[StandInBot], certificate: Path, ports: tuple[int, int]) -> list[str]:
    text = (DEPLOY / "haproxy.cfg").read_text("utf-8")
    for old, new in ((":80\n", f"127.0.0.1:{ports[0]}\n"), (":443 ssl", f"127.0.0.1:{ports[1]} ssl")):
        assert f"bind {old}" in text
        text = text.replace(f"bind {old}", f"bind {new}")
    for port in ("5005", "5055"):
        text = text.replace(f'"${{INTERNAL}}:{port}"', f"127.0.0.1:{free_port()}")
    given = {"TLS_CERTIFICATE": str(certificate), "TRUSTED_PROXY_TOKEN": TOKEN, "BOT1": bots[0].address, "BOT2": bots[1].address}
    for name, value in given.items():
        text = re.sub(rf"^    presetenv {name} .*$", f"    presetenv {name} {value}", text, flags=re.MULTILINE)
    (folder / "haproxy.cfg").write_text(text, "utf-8")
    return [program, "-db", "-f", str(folder / "haproxy.cfg")]


def _nginx(program: str, folder: Path, bots: list[StandInBot], certificate: Path, ports: tuple[int, int]) -> list[str]:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    changes = {
        "127.0.0.1:8001": bots[0].address,
        "127.0.0.1:8002": bots[1].address,
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{ports[0]};",
        "listen 443 ": f"listen 127.0.0.1:{ports[1]} ",
        "listen 127.0.0.1:5005": f"listen 127.0.0.1:{free_port()}",
        "listen 127.0.0.1:5055": f"listen 127.0.0.1:{free_port()}",
        "/etc/nginx/sphere-assistant.crt": str(certificate),
        "/etc/nginx/sphere-assistant.key": str(certificate),
        "/etc/nginx/sphere-assistant-token.conf": f"{folder}/token.conf",
        "/var/log/nginx": str(folder),
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "token.conf").write_text(f'proxy_set_header X-Proxy-Token "{TOKEN}";', "utf-8")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ {temporary} include {folder}/site.conf; }}"
    (folder / "site.conf").write_text(text, "utf-8")
    (folder / "nginx.conf").write_text(whole, "utf-8")
    return [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


@pytest.fixture(params=["haproxy", "nginx"])
def proxy(request: pytest.FixtureRequest, tmp_path: Path, bots: list[StandInBot], certificate: Path) -> Iterator[tuple[str, int, int]]:
    """Run the proxy; its name, and its ports for http and https."""
    program = shutil.which(request.param, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        assert not os.environ.get("REQUIRE_DEPLOY"), request.param
        pytest.skip(f"{request.param} is not installed")
    ports = (free_port(), free_port())
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o755)  # nginx drops its rights
    command = (_haproxy if request.param == "haproxy" else _nginx)(program, folder, bots, certificate, ports)
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        with closing(_client()) as client:
            wait_for("the proxy", lambda: _is_up(client, ports[1], child, tmp_path / "log"))
        for bot in bots:
            bot.asked = 0
        yield request.param, *ports
    finally:
        child.terminate()
        child.wait(10)
        shutil.rmtree(folder)


def _client() -> httpx.Client:
    return httpx.Client(verify=_no_checks(), trust_env=False, timeout=30)


def _no_checks() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _is_up(client: httpx.Client, port: int, child: subprocess.Popen[bytes], log: Path) -> bool:
    assert child.poll() is None, log.read_text("utf-8", "replace")
    try:
        return client.get(f"https://127.0.0.1:{port}/chat").status_code == 200
    except httpx.TransportError:
        return False


def test_users_are_led_to_https_and_kept_there(proxy: tuple[str, int, int]) -> None:
    _, http, https = proxy
    with closing(_client()) as client:
        led = client.get(f"http://127.0.0.1:{http}/chat?x=1")
        assert (led.status_code, led.headers["location"].partition("://")[0]) == (308, "https")
        assert led.headers["location"].endswith("/chat?x=1")
        assert client.get(f"https://127.0.0.1:{https}/chat").headers["strict-transport-security"].startswith("max-age=31536000")


def test_nobody_says_who_else_they_are(proxy: tuple[str, int, int]) -> None:
    with closing(_client()) as client:
        sent = client.get(f"https://127.0.0.1:{proxy[2]}/chat", headers=SPOOFED).json()["headers"]
    assert (sent["x-forwarded-for"], sent["x-proxy-token"]) == ("127.0.0.1", TOKEN)
    assert not sent.get("forwarded")


def test_figures_and_states_are_not_public(proxy: tuple[str, int, int]) -> None:
    with closing(_client()) as client:
        plain = ("/metrics", "/health", "/health/ready")
        encoded = ("/%68ealth", "/heal%74h/ready", "/%6detrics", "/metric%73?x=1", "/health%2Fready", "/%68%65%61%6c%74%68")
        for path in (*plain, *encoded):
            assert client.get(f"https://127.0.0.1:{proxy[2]}{path}").status_code == 404, path
        for path in ("/chat?next=/health", "/chat/health", "/chat%2Fmetrics"):
            assert client.get(f"https://127.0.0.1:{proxy[2]}{path}").status_code != 404, path


def test_a_stream_passes_as_it_comes(proxy: tuple[str, int, int], bots: list[StandInBot]) -> None:
    with closing(_client()) as client, client.stream("GET", f"https://127.0.0.1:{proxy[2]}/chat/events") as response:
        parts = response.iter_text()
        assert next(parts) == "data: first\n\n"
        for bot in bots:
            bot.goes_on.set()
        assert next(parts) == "data: second\n\n"


def test_a_bot_that_died_is_passed_over(proxy: tuple[str, int, int], bots: list[StandInBot]) -> None:
    bots[0].stop()
    with closing(_client()) as client:
        answers = [client.post(f"https://127.0.0.1:{proxy[2]}/chat/messages", json={"id": str(number)}) for number in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["bot"] for answer in answers} == {"2"}
    assert bots[1].asked == 8


def test_a_bot_that_is_not_ready_gets_nothing(proxy: tuple[str, int, int], bots: list[StandInBot]) -> None:
    if proxy[0] == "nginx":
        pytest.skip("nginx asks no server how it is")
    bots[0].ready = False
    with closing(_client()) as client:
        address = f"https://127.0.0.1:{proxy[2]}/chat"
        wait_for("the other bot alone", lambda: [client.get(address).json()["bot"] for _ in range(6)] == ["2"] * 6)
        bots[0].ready = True
        wait_for("both again", lambda: client.get(address).json()["bot"] == "1")
