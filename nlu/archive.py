"""The Rasa server as a folder or an archive that runs without a checkout: `python -m nlu.archive --out FILE` or `--folder DIR`.

It holds the trained model, this package, Rasa's configuration, what the model was trained from, and the lock of the environment that it
runs in. The same sources and the same model give the same bytes. `python -m nlu.serve` in the folder starts the server.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from nlu.train import ROOT, ensure_model

SINGLE_FILES = ("config.yml", "endpoints.yml", "credentials.yml", "LICENSE")
FOLDERS = ("nlu", "domain", "data")
MODELS = "models"
"""Folder of the model within the archive; `nlu.serve` looks there."""
_LEFT_OUT = frozenset({".venv", "__pycache__", ".pytest_cache"})
_WHEN = 1577836800
"""Time of every file in the archive: 2020-01-01, as in the wheel."""


def list_files(model: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file with its path within the archive, sorted within each folder."""
    for name in SINGLE_FILES:
        yield ROOT / name, name
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            place = path.relative_to(ROOT)
            if path.is_file() and not _LEFT_OUT & set(place.parts) and not path.is_symlink():
                yield path, place.as_posix()
    yield model, f"{MODELS}/{model.name}"


def lay_down(model: Path, folder: Path) -> None:
    """Copy every file into a folder that must not exist yet. Raises FileExistsError."""
    folder.mkdir(parents=True)
    for source, place in list_files(model):
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def pack(model: Path, archive: Path) -> None:
    """Write the archive: a tar, compressed with gzip, of one folder named after the archive."""
    top = archive.name.split(".tar")[0]
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(archive.name + ".part")
    with (
        unfinished.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=_WHEN) as zipped,
        tarfile.open(mode="w", fileobj=zipped, format=tarfile.PAX_FORMAT) as tar,
    ):
        for source, place in list_files(model):
            entry = tarfile.TarInfo(f"{top}/{place}")
            entry.size, entry.mtime, entry.mode = source.stat().st_size, _WHEN, 0o644
            with source.open("rb") as content:
                tar.addfile(entry, content)
    unfinished.replace(archive)


def main() -> None:
    """Run the command line; the model is trained first where there is none."""
    parser = argparse.ArgumentParser(prog="python -m nlu.archive", description="Lay down or pack the Rasa server.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="FILE", help="archive to write, NAME.tar.gz")
    where.add_argument("--folder", type=Path, metavar="DIR", help="folder to make")
    arguments = parser.parse_args()
    model = ensure_model()
    if arguments.out is not None:
        pack(model, arguments.out)
        print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")
    else:
        lay_down(model, arguments.folder)
        print(arguments.folder)


if __name__ == "__main__":
    from nlu.environment import prepare_process

    prepare_process()
    main()
