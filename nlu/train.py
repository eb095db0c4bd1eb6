"""Training of the model, once for each state of its sources: `python -m nlu.train` prints the model's path.

A model is named after the fingerprint of everything it depends on, so an existing one is used at once (one of another checkout too:
`nlu.model_cache`), and two trainings at the same time write the same file.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import importlib.util
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nlu import model_cache
from nlu.environment import prepare_process

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
MODELS = BUILD / "models"
SEED = 20240112
"""The seed of the generated examples."""


def list_sources() -> list[Path]:
    """Return every file that the model depends on, sorted by path."""
    files = [ROOT / "config.yml", ROOT / "nlu" / "requirements.lock", ROOT / "nlu" / "train.py"]
    for folder, patterns in (
        ("domain", ("*.yml",)),
        ("data", ("*.yml",)),
        ("nlu/components", ("*.py",)),
        ("nlu/corpus", ("*.py", "*.yml", "*.txt", "*.csv")),
    ):
        for pattern in patterns:
            files += (ROOT / folder).rglob(pattern)
    return sorted(set(files))


def compute_fingerprint() -> str:
    """Return sixteen hexadecimal digits that change when any source does."""
    digest = hashlib.sha256()
    for path in list_sources():
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def get_model_path() -> Path:
    """Return where the model of the present sources is, or will be."""
    return MODELS / f"{compute_fingerprint()}.tar.gz"


def ensure_model(report: bool = True) -> Path:
    """Return the path of the model of the present sources, trained first where there is none; print progress where `report`."""
    fingerprint = compute_fingerprint()
    path = MODELS / f"{fingerprint}.tar.gz"
    if path.exists():
        _print(report, "The model is up to date.")
    elif model_cache.restore(fingerprint, path):
        _print(report, "The model was trained before, from the same sources.")
    else:
        _train(path, report)
        model_cache.keep(fingerprint, path)
    _set_current(path)
    return path


def _train(path: Path, report: bool) -> None:
    started = time.monotonic()
    MODELS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="training-") as folder, _garbage_collection_disabled():
        data = [str(ROOT / "data")]
        if importlib.util.find_spec("nlu.corpus") is not None:
            from nlu.corpus import generate

            _print(report, "Writing generated examples…")
            generated = Path(folder) / "nlu"
            generate(generated, SEED)
            data.append(str(generated))
        _print(report, "Loading Rasa…")
        os.environ["RASA_CACHE_DIRECTORY"] = str(Path(folder) / "cache")
        os.environ["RASA_MAX_CACHE_SIZE"] = "0"
        from rasa.model_training import train
        from rasa.utils.log_utils import configure_structlog

        # Rasa's debug lines and progress bars fill pages.
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        configure_structlog(logging.WARNING)
        _print(report, "Training (one to four minutes)…")
        with contextlib.redirect_stdout(sys.stderr):
            result = train(
                domain=str(ROOT / "domain"),
                config=str(ROOT / "config.yml"),
                training_files=data,
                output=str(Path(folder) / "models"),
                fixed_model_name="model",
                force_training=True,
            )
        if result.model is None or result.code != 0:
            raise SystemExit("Training failed: see the messages above.")
        Path(result.model).replace(path)
    _print(report, f"Trained in {time.monotonic() - started:.0f} s, {path.stat().st_size / 1e6:.1f} MB.")


@contextlib.contextmanager
def _garbage_collection_disabled() -> Iterator[None]:
    """Disable the garbage collector: millions of objects live to the end of a training, and scanning them takes a sixth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _set_current(path: Path) -> None:
    """Write the model's name into `.build/models/current`, atomically."""
    handle, temporary = tempfile.mkstemp(dir=MODELS, prefix=".current-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(path.name + "\n")
    Path(temporary).replace(MODELS / "current")


def _print(report: bool, line: str) -> None:
    if report:
        print(line, flush=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m nlu.train", description="Train the model where there is none.")
    parser.add_argument("--print-path", action="store_true", help="print only the model's path, last and alone")
    arguments = parser.parse_args()
    prepare_process()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    print(ensure_model(report=not arguments.print_path))


if __name__ == "__main__":
    main()
