"""The month of a start that is told as a bare day after somebody else's end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.flows.partners.access_dates import FROM, UNTIL, read_dates
from actions.flows.partners.relayed_dates import with_month_of_end

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("Mme Vidal ne reste que jusqu'au 15 janvier, après c'est M. Olivier (donc à partir du 16)", "2027-01-16"),
        ("Coutteret jusqu’au 28 février puis Lebon à compter du 1er", "2027-03-01"),
        ("elle finit le 31 décembre, lui commence le 2", "2027-01-02"),
        ("Caron s'arrête le 20 mars et Flossooux démarre le 21", "2027-03-21"),
    ],
)
def test_a_bare_start_after_an_end_is_in_its_month_or_the_next(words: str, start: str) -> None:
    assert read_dates(words, NOW).slots[FROM] == start


@pytest.mark.parametrize(
    "words",
    [
        "du 19 au 3 janvier",
        "à partir du 16, jusqu'au 15 janvier",
        "jusqu'au 15 janvier à partir du 16 décembre",
        "à partir du 16",
        "jusqu'au 15 janvier, dès le 16/12",
    ],
)
def test_other_days_stay_as_they_are_written(words: str) -> None:
    assert with_month_of_end(words) == words


def test_an_end_with_a_bare_start_before_it_is_one_span() -> None:
    assert read_dates("à partir du 16, jusqu'au 15 janvier", NOW).slots == {FROM: "2026-12-16", UNTIL: "2027-01-15"}
