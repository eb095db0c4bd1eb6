"""An index that is there and does not open is told of, once until it opens again; none that is there is nothing to tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.directory import Directory, Query, search
from bot.directory.errors import DirectoryUnavailable


def test_it_is_told_once_why_an_index_does_not_open(
    demo: Directory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class ReadOnly:
        def __init__(self, *_given: Any) -> None:
            raise ValueError("Read-only file system: .tantivy-meta.lock")

    directory = Directory(demo._dir)
    with monkeypatch.context() as patched:
        patched.setattr(search, "Opened", ReadOnly)
        for _ in range(3):
            with pytest.raises(DirectoryUnavailable):
                directory.search(Query("Benali"))
    (told,) = caplog.records
    assert ".tantivy-meta.lock" in told.getMessage()
    assert directory.search(Query("Benali"))


def test_before_the_first_import_nothing_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DirectoryUnavailable):
        Directory(tmp_path).search(Query("Benali"))
    assert not caplog.records
