"""Follow a Dockerfile where no container engine runs: `python follow_dockerfile.py FILE CONTEXT -- ARGUMENTS` (root, on Linux).

A stage is an overlay over this machine's own root, in a mount namespace of its own, with the checkout hidden: COPY copies, RUN runs, and
in the end the entry point is started with the arguments as the image's user. It is no engine: it shows that the steps work, and that what
they make starts. Of `.dockerignore` it obeys the patterns for any depth; cache mounts are the caches of this machine.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

INHERITED = ("PATH", "LANG", "TZ")
NEVER_COPIED = shutil.ignore_patterns("node_modules", "__pycache__", "*.pyc", ".venv")


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield instruction and argument, continued lines joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, argument = line.strip().partition(" ")
            yield word.upper(), argument.strip()


class Stage:
    """One stage of a build: its root, and what its instructions set."""

    def __init__(self, folder: Path, hidden: Path) -> None:
        self.root = folder / "root"
        parts = {name: folder / name for name in ("upper", "work", "root")}
        for path in parts.values():
            path.mkdir(parents=True)
        options = f"lowerdir=/,upperdir={parts['upper']},workdir={parts['work']}"
        _run("mount", "-t", "overlay", "overlay", "-o", options, str(self.root))
        _run("mount", "-t", "tmpfs", "tmpfs", str(self.root) + str(hidden))
        _run("mount", "--bind", "/proc", str(self.root / "proc"))
        _run("mount", "--bind", "/dev", str(self.root / "dev"))
        (self.root / "root").chmod(0o711)  # where this machine's Python may be
        self.environment = dict(os.environ)
        self.directory, self.user = "/", "0:0"
        self.entry_point: list[str] = []

    def at(self, place: str) -> Path:
        """Return where a path of the image is on this machine."""
        return self.root / (Path(self.directory) / place).relative_to("/")

    def run(self, command: list[str], user: str = "0:0") -> None:
        """Run a command within the stage."""
        done = ["chroot", f"--userspec={user}", str(self.root), "sh", "-c", 'cd "$0" && exec "$@"', self.directory, *command]
        _run(*done, environment=self.environment)


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, env=environment)


def _copy(source: Path, target: Path, *, into: bool) -> None:
    place = target / source.name if into else target
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        ignore = NEVER_COPIED if not into else None
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignore)
    else:
        shutil.copy2(source, place)


def _copied(stages: dict[str, Stage], stage: Stage, context: Path, argument: str) -> None:
    words = shlex.split(argument)
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")]
        target = stage.at(words[1])
        target.parent.mkdir(parents=True, exist_ok=True)
        _run("cp", "--archive", str(source.at(words[0])), str(target))
        return
    *sources, target_word = words
    for one in sources:
        is_folder = (context / one).is_dir()
        _copy(context / one, stage.at(target_word), into=not is_folder and target_word.endswith("/"))


def follow(dockerfile: Path, context: Path, work: Path) -> Stage:
    """Follow every instruction and return the last stage."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    hidden = Path("/", *context.resolve().parts[1:2])
    for word, argument in instructions(dockerfile.read_text("utf-8")):
        print(f"-- {word} {argument[:110]}", flush=True)
        if word == "FROM":
            name = argument.split()[-1] if " AS " in argument else str(len(stages))
            stage = stages[name] = Stage(work / name, hidden)
        if stage is None or word in ("FROM", "ARG", "VOLUME", "EXPOSE"):
            continue
        if word == "ENV":
            for name, value in (pair.split("=", 1) for pair in shlex.split(argument)):
                stage.environment[name] = re.sub(r"\$(\w+)", lambda found: stage.environment.get(found[1], ""), value)  # noqa: B023
        elif word == "WORKDIR":
            stage.directory = argument
            stage.at(".").mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            _copied(stages, stage, context, argument)
        elif word == "RUN":
            stage.run(["sh", "-c", re.sub(r"^(--\w+=\S+\s+)+", "", argument)])
        elif word == "USER":
            stage.user = argument
        elif word == "ENTRYPOINT":
            stage.entry_point = json.loads(argument)
        elif word != "CMD":
            raise SystemExit(f"{word} is not known here")
    assert stage is not None
    return stage


def main() -> None:
    """Run the command line, in a mount namespace of its own."""
    if os.environ.get("FOLLOWING") != "1":
        os.environ["FOLLOWING"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    dockerfile, context, _, *arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="following-", ignore_cleanup_errors=True) as work:
        Path(work).chmod(0o711)
        stage = follow(Path(dockerfile), Path(context), Path(work))
        print(f"-- {stage.entry_point} {arguments}", flush=True)
        stage.environment = {name: stage.environment[name] for name in (*INHERITED, "DATA", "HOME") if name in stage.environment}
        try:
            stage.run([*stage.entry_point, *arguments], stage.user)
        finally:
            _run("sh", "-c", f"for one in {shlex.quote(work)}/*/root; do umount --recursive --lazy $one; done")


if __name__ == "__main__":
    main()
