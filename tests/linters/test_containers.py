"""hadolint on the Dockerfiles, the compose specification on the compose file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAMS = Path(sys.executable).parent


def _passes(*command: str) -> None:
    done = subprocess.run([str(PROGRAMS / command[0]), *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dockerfiles_have_no_known_faults() -> None:
    files = [str(file) for file in sorted((DEPLOY / "containers").glob("*.Dockerfile"))]
    assert len(files) == 2
    _passes("hadolint", *files)


def test_the_compose_file_is_one() -> None:
    _passes("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml"))


def test_nginx_has_no_known_weakness(tmp_path: Path) -> None:
    token, whole = tmp_path / "token.conf", tmp_path / "nginx.conf"
    token.write_text("", "utf-8")
    site = (DEPLOY / "nginx.conf").read_text("utf-8").replace("/etc/nginx/sphere-assistant-token.conf", str(token))
    whole.write_text(f"events {{}}\nhttp {{\n{site}}}\n", "utf-8")
    done = subprocess.run([str(PROGRAMS / "gixy"), "--format", "json", str(whole)], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
