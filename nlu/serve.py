"""Start the Rasa server of this folder: `python -m nlu.serve`, in what `nlu.archive` made or in a checkout whose model is trained.

The process becomes `rasa run` with the variables that it needs; a setting that is missing is named on standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from nlu.environment import VARIABLES

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("RASA_TOKEN", "ACTIONS_TOKEN", "ACTIONS_URL")
START_FAILED = 78
"""Exit code where it is no use to try again (EX_CONFIG of sysexits.h), as of the other processes."""


class CannotServe(Exception):
    """The server cannot start; the message says why."""


def find_model(root: Path = ROOT) -> Path:
    """Return the model of an unpacked archive, else the one that was trained last in a checkout. Raises CannotServe."""
    packed = sorted((root / "models").glob("*.tar.gz"))
    if len(packed) == 1:
        return packed[0]
    trained = root / ".build" / "models"
    current = trained / "current"
    if current.is_file():
        return trained / current.read_text("utf-8").strip()
    raise CannotServe(f"there is no model in {root / 'models'}, and none was trained: `make train`")


def complete_environment(given: Mapping[str, str], root: Path = ROOT) -> dict[str, str]:
    """Return the environment of the server: what is given, quiet libraries, where trackers and the directory's index are.

    Raises:
        CannotServe: a needed variable is not set.
    """
    missing = [name for name in NEEDED if not given.get(name)]
    if missing:
        raise CannotServe(f"not set: {', '.join(missing)}")
    data = Path(given.get("DATA") or "var").resolve()
    database = given.get("RASA_DATABASE_URL") or str(data / "rasa.db")
    return {
        **VARIABLES,
        "RASA_TRACKER_DB": database,
        "DIRECTORY_INDEX": str(data / "directory"),
        "PYTHONWARNINGS": "ignore",
        **given,
        "PYTHONPATH": str(root),
    }


def command_line(model: Path, host: str, port: int, root: Path = ROOT) -> list[str]:
    """Return the command of the server."""
    rasa = [sys.executable, "-m", "rasa", "run", "--model", str(model), "--interface", host, "--port", str(port)]
    return [*rasa, "--endpoints", str(root / "endpoints.yml"), "--credentials", str(root / "credentials.yml")]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m nlu.serve", description="Start the Rasa server.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on: loopback or a private network")
    parser.add_argument("--port", type=int, default=5005)
    arguments = parser.parse_args()
    try:
        command = command_line(find_model(), arguments.host, arguments.port)
        environment = complete_environment(os.environ)
    except CannotServe as error:
        print(f"rasa: {error}", file=sys.stderr)
        raise SystemExit(START_FAILED) from None
    if not environment.get("RASA_DATABASE_URL"):
        Path(environment["RASA_TRACKER_DB"]).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.umask(0o077)
    os.execve(command[0], command, environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
