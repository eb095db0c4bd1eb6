"""Dates of birth that are not whole, or do not exist."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.written_dates import MONTHS, in_words, read_birth_date
from nlu.components import birth_dates

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1948", "1948"),
        ("en 1931", "1931"),
        ("je n'ai que l'année : 1948", "1948"),
        ("00/00/1948", "1948"),
        ("00/03/1948", "1948-03"),
        ("mars 1948", "1948-03"),
        ("03/1948", "1948-03"),
        ("AOÛT 1931", "1931-08"),
        ("12.03.31", "1931-03-12"),
        ("le 1er mars 31", "1931-03-01"),
    ],
)
def test_what_is_known_is_kept(text: str, value: str) -> None:
    found = read_birth_date(text, TODAY, asked=True)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("né le 31/04/1950", "31 avril 1950"),
        ("29/02/1947", "29 février 1947"),
        ("30 février 1948", "30 février 1948"),
        ("31.11.48", "31 novembre 1948"),
        ("1950-06-31", "31 juin 1950"),
        ("31041950", "31 avril 1950"),
        ("12/13/1948", "12/13/1948"),
    ],
)
def test_a_day_that_does_not_exist_is_named(text: str, written: str) -> None:
    found = read_birth_date(text, TODAY, asked=False)
    assert found is not None
    assert (found.exists, found.value, found.written) == (False, "", written)


@pytest.mark.parametrize("text", ["12/03/2048", "mars 2027", "2031", "01/01/1850"])
def test_no_birth_to_come_nor_of_long_ago(text: str) -> None:
    found = read_birth_date(text, TODAY, asked=True)
    assert found is not None
    assert found.exists
    assert not found.value


@pytest.mark.parametrize("text", ["nouveau dossier SPH-2024-000137", "02 47 05 12 34", "en 2024 on a vu le dossier", "Jeanne", "la 2e"])
def test_other_numbers_are_no_birth_date(text: str) -> None:
    assert read_birth_date(text, TODAY, asked=False) is None


def test_a_year_counts_unasked_after_a_word_for_birth() -> None:
    found = read_birth_date("Mme Durand née en 1948", TODAY, asked=False)
    assert found is not None
    assert found.value == "1948"


def test_dates_are_shown_as_precisely_as_they_are_known() -> None:
    assert [in_words(value) for value in ("1948-03-12", "1948-03", "1948")] == ["12/03/1948", "mars 1948", "1948"]


def test_both_readers_know_the_same_months() -> None:
    assert MONTHS == birth_dates.MONTHS
