"""The gateway's own texts are checked when they are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messaging import texts
from bot.messaging.texts import TextsError, load_texts

ORIGINAL = Path(texts.__file__).with_name("texts.yml").read_text("utf-8")
SUPPORT = {"support_phone": "05", "support_email": "a@b.example"}


def test_every_text_can_be_said() -> None:
    loaded = load_texts(**SUPPORT)
    assert "E-1" in loaded.render("unavailable", error_id="E-1")
    assert "05" in loaded.render("failed", error_id="E-1")


def test_the_typography_is_french() -> None:
    for line in ORIGINAL.splitlines():
        said = line.split(": ", 1)[-1]
        assert "'" not in said or line.startswith("#")
        assert not any(f" {sign}" in said for sign in "?!;:»")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("button_used:", "button_us:", "button_us"),
        ("{limit}", "{limite}", "too_long"),
        ("{error_id}", "{error_id", "unavailable"),
        ('"(bouton)"', '" "', "button_unknown_title"),
        ('"(bouton)"', "3", "button_unknown_title"),
        ("button_used:", "- [", "texts.yml"),
    ],
)
def test_a_wrong_text_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    file = tmp_path / "texts.yml"
    file.write_text(ORIGINAL.replace(old, new, 1), "utf-8")
    with pytest.raises(TextsError, match=named):
        load_texts(**SUPPORT, file=file)
