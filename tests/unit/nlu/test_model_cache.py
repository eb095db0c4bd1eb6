"""Models that checkouts share: whole or not at all, and only from a folder that is one's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nlu import model_cache, train


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of this test."""
    chosen = tmp_path / "cache"
    monkeypatch.setenv(model_cache.VARIABLE, str(chosen))
    return chosen


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """What was just trained."""
    path = tmp_path / "model.tar.gz"
    path.write_bytes(b"a model" * 1000)
    return path


def test_another_checkout_gets_what_was_trained(folder: Path, model: Path, tmp_path: Path) -> None:
    model_cache.keep("0123", model)
    target = tmp_path / "elsewhere" / "models" / "0123.tar.gz"
    assert model_cache.restore("0123", target)
    assert target.read_bytes() == model.read_bytes()
    assert target.stat().st_mode & 0o077 == 0
    assert [path.name for path in target.parent.iterdir()] == ["0123.tar.gz"]


def test_nothing_is_found_of_other_sources(folder: Path, model: Path, tmp_path: Path) -> None:
    model_cache.keep("0123", model)
    assert not model_cache.restore("4567", tmp_path / "4567.tar.gz")
    assert not (tmp_path / "4567.tar.gz").exists()


@pytest.mark.parametrize("harm", ["cut", "changed", "no checksum", "checksum of nothing"])
def test_a_damaged_model_is_not_taken(folder: Path, model: Path, tmp_path: Path, harm: str) -> None:
    model_cache.keep("0123", model)
    archive = next(folder.glob("*.tar.gz"))
    checksum = next(folder.glob("*.sha256"))
    match harm:
        case "cut":
            archive.write_bytes(archive.read_bytes()[:100])
        case "changed":
            archive.write_bytes(b"another one" * 1000)
        case "no checksum":
            checksum.unlink()
        case _:
            checksum.write_bytes(b"\xff\xfe")
    target = tmp_path / "0123.tar.gz"
    assert not model_cache.restore("0123", target)
    assert not target.exists()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_is_neither_read_nor_written(folder: Path, model: Path, tmp_path: Path, mode: int) -> None:
    model_cache.keep("0123", model)
    folder.chmod(mode)
    assert not model_cache.restore("0123", tmp_path / "0123.tar.gz")
    model_cache.keep("4567", model)
    assert not list(folder.glob("4567*"))


def test_only_the_last_used_are_kept(folder: Path, model: Path, tmp_path: Path) -> None:
    for number in range(model_cache.KEPT):
        model_cache.keep(str(number), model)
    for age, archive in enumerate(sorted(folder.glob("*.tar.gz"))):
        os.utime(archive, (1_000_000 + age, 1_000_000 + age))
    assert model_cache.restore("0", tmp_path / "0.tar.gz")
    model_cache.keep("new", model)
    kept = {path.name.split("-")[0] for path in folder.glob("*.tar.gz")}
    assert {"0", "new"} <= kept
    assert "1" not in kept
    assert len(kept) == len(list(folder.glob("*.sha256"))) == model_cache.KEPT


def test_without_a_cache_nothing_is_written(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(model_cache.VARIABLE, "none")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    model_cache.keep("0123", model)
    assert not model_cache.restore("0123", tmp_path / "0123.tar.gz")
    assert not (tmp_path / "xdg").exists()


def test_where_nothing_can_be_written_the_training_stands(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(model_cache.VARIABLE, str(tmp_path / "file" / "cache"))
    model_cache.keep("0123", model)
    assert not model_cache.restore("0123", tmp_path / "0123.tar.gz")


def test_a_second_checkout_does_not_train(folder: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "MODELS", tmp_path / "build" / "models")
    model_cache.keep(train.compute_fingerprint(), model)
    monkeypatch.setattr(train, "_train", lambda *_: pytest.fail("it was trained before"))
    path = train.ensure_model(report=False)
    assert path.read_bytes() == model.read_bytes()
    assert (tmp_path / "build" / "models" / "current").read_text().strip() == path.name
